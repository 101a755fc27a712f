"""What reading costs by the length of a sequence: seconds and memory of cells and of attention.

A step of a cell waits for the step before it; attention takes all steps at once, and compares each
with each. So the first grows with T, the second in the end with its square, and where the lines
cross is a question for a measurement.
"""

import dataclasses
from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.experiments.timing import clocked, take_turns
from unrolled.experiments.training import answered, init_network
from unrolled.experiments.transformer import encoder
from unrolled.experiments.transformer.readers import READERS
from unrolled.tasks import Sequences

#: What is asked for: the answers, or the gradient of a loss.
WAYS = ("answer", "gradient")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is timed: which readers, at which lengths T, on how many sequences of D features.

    ``widths`` are the Transformer's, and the others have about its parameters; ``turns`` count.
    """

    readers: tuple[str, ...] = tuple(READERS)
    lengths: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512)
    batch: int = 4
    features: int = 16
    widths: tuple[int, ...] = (16, 64)
    turns: int = 9


CONFIG = Config()
#: One turn at one tiny length.
QUICK = Config(("Transformer",), (4,), batch=2, features=2, widths=(4,), turns=1)
#: One of :data:`WAYS`, a width, and a length.
Job = tuple[str, int, int]


def jobs(config: Config) -> list[Job]:
    """Return every length and width, both ways; all readers take turns at each."""
    return [(way, *size) for way in WAYS for size in product(config.widths, config.lengths)]


def work(config: Config, job: Job) -> dict[str, Any]:
    """Return by reader the ``seconds`` of each turn, and the ``bytes`` beside inputs and outputs.

    The bytes are what the compiler sets aside for all that lies between, which it knows before
    anything has run.
    """
    way, width, steps = job
    acts, sizes = {}, {}
    for name in config.readers:
        compiled, arguments = _compiled(config, name, way, width, steps)
        acts[name] = clocked(partial(_finished, compiled, arguments))
        sizes[name] = int(compiled.memory_analysis().temp_size_in_bytes)
    return {
        name: {"seconds": rounded(seconds), "bytes": sizes[name]}
        for name, seconds in take_turns(acts, config.turns).items()
    }


def _compiled(config: Config, name: str, way: str, width: int, steps: int) -> tuple[Any, Any]:
    """Return a compiled function of a network and sequences, and what it is called with."""
    import jax

    reader, rng = READERS[name], np.random.default_rng(0)
    budget = encoder.count(config.features, width)
    units = reader.units_for(budget, config.features)
    network = init_network(reader.init, rng, config.features, units, 1)
    x = rng.normal(0, 1, (config.batch, steps, config.features))
    arrays = network, Sequences(x, rng.normal(0, 1, (config.batch, 1)), np.array([]))
    network, sequences = jax.tree.map(lambda array: np.asarray(array, np.float32), arrays)
    sequences = sequences._replace(lengths=np.full(config.batch, steps, np.int32))

    def asked(network: Any, sequences: Any) -> Any:
        return answered(reader.cell, "squared", network, sequences)[way == "gradient"]

    act = jax.grad(asked) if way == "gradient" else asked
    return jax.jit(act).lower(network, sequences).compile(), (network, sequences)


def _finished(compiled: Any, arguments: Any) -> None:
    """Run a compiled function and wait for it."""
    import jax

    jax.block_until_ready(compiled(*arguments))


def crossing(sizes: Sequence[float], one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the size from which on the first costs more than the other, and None if it never does.

    Between two sizes both costs are taken for straight on logarithmic scales. Where the first costs
    more at every size, that is the least size.

    >>> crossing([1, 2, 4], [1.0, 4.0, 16.0], [2.0, 4.0, 8.0])
    2.0
    >>> crossing([1, 2], [1.0, 1.0], [2.0, 2.0]), crossing([1, 2], [3.0, 3.0], [2.0, 2.0])
    (None, 1.0)
    """
    ahead = np.log(one) - np.log(other)
    if ahead[-1] <= 0:
        return None
    below = np.flatnonzero(ahead <= 0)
    if not len(below):
        return float(sizes[0])
    last = below[-1]
    share = -ahead[last] / (ahead[last + 1] - ahead[last])
    return float(sizes[last] * (sizes[last + 1] / sizes[last]) ** share)


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Return by way, width and reader ``seconds`` (lengths, turns) and ``bytes`` (lengths,)."""

    def along(way: str, width: int, name: str) -> dict[str, Any]:
        each = [found[way, width, steps][name] for steps in config.lengths]
        return {what: [one[what] for one in each] for what in ("seconds", "bytes")}

    return {
        way: {
            str(width): {name: along(way, width, name) for name in config.readers}
            for width in config.widths
        }
        for way in WAYS
    }


EXPERIMENT = Experiment(
    "attention-speed", CONFIG, QUICK, jobs, work, gather,
    # Who takes part.
    steady=lambda values: {
        way: {width: sorted(readers) for width, readers in widths.items()}
        for way, widths in values.items()
    },
    workers=1,
)  # fmt: skip
