"""Both ways, or deeper? Three cells, each in four arrangements, on clock sentences and on tweets.

Results hold metrics, counts and sizes. They hold no text of the archive.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.text import Splits, Vocabulary, baselines, clock, metrics, pad, ratings

#: How many layers lie on one another, and in how many directions each of them reads.
ARRANGEMENTS = {
    "one layer": (1, 1),
    "two stacked": (2, 1),
    "both ways": (1, 2),
    "both ways, two stacked": (2, 2),
}
CELLS = {"RNN": rnn.count, "GRU": gru.count, "LSTM": lstm.count}
MATCHED = ("parameters", "units")
TASKS = ("clock", "tweets")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    tasks, cells, arrangements
        Names in :data:`TASKS`, :data:`CELLS` and :data:`ARRANGEMENTS`.
    clock_sizes
        Numbers of clock sentences to train on, to validate with and to test on.
    split_seed
        Of both splits; one for all trainings.
    embedding
        D, of every model.
    units
        H in each direction and layer, where units are matched. One LSTM of so many units has the
        parameters that all recurrent layers of a model may have, where parameters are matched.
    epochs, batch
        Of a training, by task. The epoch is kept that answers the validation texts best.
    rates
        Steps of the optimizer, by task. Where there are several, each arrangement takes the one
        that does best on the validation texts with ``trial_seed``, which is none of ``seeds``.
    trial_seed
        See ``rates``.
    matched
        What is made equal, by task: names in :data:`MATCHED`.
    seeds
        One training of each kind for each.

    """

    tasks: tuple[str, ...] = TASKS
    cells: tuple[str, ...] = tuple(CELLS)
    arrangements: tuple[str, ...] = tuple(ARRANGEMENTS)
    clock_sizes: tuple[int, int, int] = (4096, 512, 1024)
    split_seed: int = 0
    embedding: int = 32
    units: int = 32
    matched: tuple[tuple[str, ...], ...] = (("parameters",), ("parameters",))
    epochs: tuple[int, ...] = (10, 4)
    batch: tuple[int, ...] = (64, 32)
    rates: tuple[tuple[float, ...], ...] = ((1e-2,), (2e-3,))
    trial_seed: int = 99
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=("clock",), cells=("RNN",), arrangements=("both ways",),
    clock_sizes=(64, 16, 16), embedding=2, units=2, matched=(MATCHED,), epochs=(2,),
    batch=(32,), rates=((1e-2, 1e-1),), seeds=(0,),
)  # fmt: skip


#: A task, a cell, its arrangement and its units.
Job = tuple[str, str, str, int]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring every arrangement of every cell together, matched by parameters and by units.

    Returns
    -------
    dict
        For each task ``counts`` of texts; ``rivals``, the test metrics of a constant and of
        ridges on words and on words and pairs; and ``scores`` by what is matched
        (``parameters``, ``units``), cell and arrangement: ``units``, ``parameters`` of the
        recurrent layers, ``rate``, and for each seed ``mae``, ``pearson`` and the kept ``epoch``.
        Errors are in minutes or in rating points.

    """
    splits = {task: load(task, config) for task in config.tasks}
    return {
        task: {
            "counts": {p: len(getattr(split, p)) for p in ("train", "validation", "test")},
            "rivals": _rivals(split),
            "scores": {
                matched: {
                    cell: {
                        name: found[_job(config, task, cell, name, matched)]
                        for name in config.arrangements
                    }
                    for cell in config.cells
                }
                for matched in config.matched[place]
            },
        }
        for place, (task, split) in enumerate(splits.items())
    }


def load(task: str, config: Config) -> Splits:
    """Return the texts of a task; raises ``ValueError`` for an unknown one."""
    if task not in TASKS:
        raise ValueError(f"expected a task among {', '.join(TASKS)}, got {task!r}")
    if task == "clock":
        return clock.load(*config.clock_sizes, seed=config.split_seed)
    return ratings.load("tweets", config.split_seed)


def parameters(cell: str, arrangement: str, features: int, units: int) -> int:
    """Return the number of weights in all recurrent layers of an arrangement.

    A second layer reads what the first one shows: ``units`` numbers a step, or twice as many
    where the first reads both ways.

    >>> parameters("LSTM", "one layer", features=32, units=32)
    8320
    """
    layers, ways = ARRANGEMENTS[arrangement]
    count = CELLS[cell]
    return ways * (count(features, units) + (layers - 1) * count(ways * units, units))


def units_for(cell: str, arrangement: str, features: int, budget: int) -> int:
    """Return the most units, at least 1, with which an arrangement has no more parameters.

    >>> units_for("LSTM", "both ways", features=32, budget=8320)
    19
    """
    units = 1
    while parameters(cell, arrangement, features, units + 1) <= budget:
        units += 1
    return units


def build(cell: str, arrangement: str, size: int, embedding: int, units: int) -> Any:
    """Return an untrained model with a mask, from ids to one number.

    >>> model = build("GRU", "both ways, two stacked", size=9, embedding=2, units=3)
    >>> [layer.forward_layer.return_sequences for layer in model.layers[1:3]]
    [True, False]
    """
    import keras

    kinds = {"RNN": keras.layers.SimpleRNN, "GRU": keras.layers.GRU, "LSTM": keras.layers.LSTM}
    layers, ways = ARRANGEMENTS[arrangement]
    readers = [
        kinds[cell](units, return_sequences=number < layers) for number in range(1, layers + 1)
    ]
    if ways == 2:
        readers = [keras.layers.Bidirectional(reader) for reader in readers]
    table = keras.layers.Embedding(size, embedding, mask_zero=True)
    return keras.Sequential([table, *readers, keras.layers.Dense(1)])


def _job(config: Config, task: str, cell: str, arrangement: str, matched: str) -> Job:
    """Return the job whose trainings stand in one place of the result."""
    units = config.units
    if matched == "parameters":
        budget = parameters("LSTM", "one layer", config.embedding, config.units)
        units = units_for(cell, arrangement, config.embedding, budget)
    return task, cell, arrangement, units


def jobs(config: Config) -> list[Job]:
    """Return all jobs once, those with the most layers first."""
    each = {
        _job(config, task, cell, name, matched): None
        for name in reversed(config.arrangements)
        for cell in config.cells[::-1]
        for task, equal in zip(config.tasks, config.matched, strict=True)
        for matched in equal
    }
    return list(each)


def learn(config: Config, job: Job) -> dict[str, Any]:
    """Choose a step on the validation texts, then train with every seed and measure the test."""
    from unrolled.experiments.compiled import Learner

    task, cell, arrangement, units = job
    place, split = config.tasks.index(task), load(task, config)
    epochs, batch, rates = config.epochs[place], config.batch[place], config.rates[place]
    vocabulary = Vocabulary.fit(split.train.texts)
    parts = (split.train, split.validation, split.test)
    ids = pad(vocabulary.encode([text for part in parts for text in part.texts])).ids
    train, held_out = np.split(ids, [len(split.train)])
    sizes = (len(vocabulary), config.embedding, units)
    updates = epochs * len(train) // batch
    learner = Learner(lambda: build(cell, arrangement, *sizes), ids.shape[1], updates)

    def trained(rate: float, seed: int) -> tuple[float, int, NDArray[np.float32]]:
        """Return the least validation error, its epoch, and the answers to the test then."""
        answers = learner.learn(
            train, split.train.targets, held_out,
            epochs=epochs, batch=batch, learning_rate=rate, seed=seed,
        )  # fmt: skip
        validated, tested = np.split(answers, [len(split.validation)], axis=1)
        errors = [metrics.mae(split.validation.targets, each) for each in validated]
        best = int(np.argmin(errors))
        return errors[best], best, tested[best]

    rate = rates[0]
    if len(rates) > 1:
        rate = min(rates, key=lambda each: trained(each, config.trial_seed)[0])
    runs = [trained(rate, seed)[1:] for seed in config.seeds]
    scores = [metrics.all_metrics(split.test.targets, answers) for _, answers in runs]
    return {
        "units": units,
        "parameters": parameters(cell, arrangement, config.embedding, units),
        "rate": rate,
        "epoch": [best + 1 for best, _ in runs],
        **{name: [rounded(score[name]) for score in scores] for name in ("mae", "pearson")},
    }


def _rivals(split: Splits) -> dict[str, dict[str, float | None]]:
    """Return the test metrics of what reads nothing and of what counts."""
    texts, targets = split.train.texts, split.train.targets
    fitted = {
        "constant": baselines.constant(texts, targets),
        "word_ridge": baselines.word_ridge(texts, targets),
        "word_and_pair_ridge": baselines.word_ridge(texts, targets, ngrams=2),
    }
    found = {}
    for name, model in fitted.items():
        scores = metrics.all_metrics(split.test.targets, model.predict(split.test.texts))
        found[name] = {metric: rounded(scores[metric]) for metric in ("mae", "pearson")}
    return found


EXPERIMENT = Experiment(
    "arrangements", CONFIG, QUICK, jobs, learn, gather,
    ratings=lambda config: {"tweets"} & {*config.tasks},
)  # fmt: skip
