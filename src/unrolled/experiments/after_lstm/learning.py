"""What the cells after the LSTM learn: budgets, search and seeds are those of ``learning-power``.

So its numbers of the LSTM and the GRU stand beside these, and nothing is trained twice.
"""

from unrolled.experiments.choosing import study
from unrolled.experiments.choosing.cells import LATER
from unrolled.experiments.experiment import Experiment

CONFIG = study.Config(
    tasks=(("adding", 50, 800), ("order", 100, 800), ("copy", 10, 1600)),
    kinds=tuple(LATER),
    equal_units=(),
)
#: Two layers of one cell, for two steps.
QUICK = study.Config(
    tasks=(("adding", 5, 2),),
    kinds=("minGRU, two layers",), units=1, equal_units=(),
    rates=(1e-2,), first=(1e-2,), search_seeds=(100,), learnt=2.0, seeds=(0, 1),
    batch=4, looks=2, held_out=8,
)  # fmt: skip

EXPERIMENT = Experiment(
    "after-lstm", CONFIG, QUICK, study.jobs, study.work, study.gather,
    cost=study._cost,
)  # fmt: skip
