"""Does a mask help, by the side of the padding, its length, and the cell that reads.

The same sentences, the same first weights and the same order of batches every time; only the
padding and the mask differ.
"""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.text import Vocabulary, clock, metrics, pad

CELLS = ("RNN", "GRU", "LSTM", "BiLSTM")
SIDES = ("pre", "post")
MASKS = ("mask", "no mask")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    cells
        Names in :data:`CELLS`.
    train, test
        Numbers of clock sentences; their grammar is seeded with ``split_seed``.
    times
        Short rows are as long as the longest sentence, long ones so many times as long.
    marks
        How many marks are said after every sentence in the control: steps that no mask hides, the
        same number for all.
    embedding, units
        Of every model; a BiLSTM has so many units in each direction.
    epochs, batch, learning_rate
        Of every training, see :meth:`unrolled.experiments.compiled.Learner.learn`.
    seeds
        One training of each kind for each.

    """

    cells: tuple[str, ...] = CELLS
    train: int = 4096
    test: int = 512
    split_seed: int = 0
    times: int = 4
    marks: int = 5
    embedding: int = 16
    units: int = 32
    epochs: int = 10
    batch: int = 64
    learning_rate: float = 1e-2
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    cells=("RNN",), train=64, test=16, times=2, marks=2, embedding=2, units=2, epochs=2,
    batch=32, learning_rate=0.1, seeds=(1,),
)  # fmt: skip


class Data(NamedTuple):
    """Rows of ids of different lengths, their targets in minutes, and what is known of both.

    ``size`` is the number of ids, the mark included, which is the highest; ``longest`` the
    number of words of the longest sentence.
    """

    train: list[list[int]]
    test: list[list[int]]
    targets: NDArray[np.float32]
    truth: NDArray[np.float32]
    size: int
    longest: int


#: A cell; its rows, ``short``, ``long`` or ``marked``; and one of :data:`MASKS`.
Job = tuple[str, str, str]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring every cell together, with and without a mask, on short and long rows.

    Returns
    -------
    dict
        ``errors`` by cell, rows (``short``, ``long``), side (``pre``, ``post``) and mask
        (``mask``, ``no mask``): for each seed the mean absolute error on the test sentences, in
        minutes, after every epoch. ``marked`` by cell: the same for short rows behind a mask
        whose sentences end in marks. ``guessing`` is the error of one answer for all, and
        ``by_length`` of one answer for all sentences of a length; ``steps`` holds the length of
        the rows of each kind and ``words`` the mean length of the sentences.

    """
    data = load(config)
    lengths = [len(row) for row in data.train + data.test]
    return {
        "errors": {
            cell: {
                rows: {
                    side: {mask: found[cell, rows, mask][side] for mask in MASKS} for side in SIDES
                }
                for rows in ("short", "long")
            }
            for cell in config.cells
        },
        "marked": {cell: found[cell, "marked", "mask"]["post"] for cell in config.cells},
        "guessing": rounded(_by_length(data, [0] * len(lengths))),
        "by_length": rounded(_by_length(data, lengths)),
        "steps": {rows: steps(rows, data, config) for rows in ("short", "long", "marked")},
        "words": rounded(float(np.mean(lengths))),
    }


def load(config: Config) -> Data:
    """Return the sentences as ids; words that training does not have are unknown in the test."""
    splits = clock.load(config.train, validation=1, test=config.test, seed=config.split_seed)
    vocabulary = Vocabulary.fit(splits.train.texts)
    train, test = (vocabulary.encode(part.texts) for part in (splits.train, splits.test))
    return Data(
        train,
        test,
        splits.train.targets,
        splits.test.targets,
        len(vocabulary) + 1,
        max(map(len, train + test)),
    )


def steps(rows: str, data: Data, config: Config) -> int:
    """Return how long rows of a kind are."""
    more = {"short": 0, "long": (config.times - 1) * data.longest, "marked": config.marks}
    return data.longest + more[rows]


def arrays(
    rows: str, side: str, data: Data, config: Config
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the ids of the training and of the test sentences, (N, T) each, padded with 0.

    In ``marked`` rows every sentence ends in marks, which are no padding: no mask hides them.
    """
    end = [data.size - 1] * config.marks if rows == "marked" else []
    length = steps(rows, data, config)
    train, test = (
        pad([row + end for row in part], length, side="pre" if side == "pre" else "post").ids
        for part in (data.train, data.test)
    )
    return train, test


def build(cell: str, mask: bool, size: int, embedding: int, units: int) -> Any:
    """Return an untrained model from ids to one number; raises ``ValueError`` for a strange cell.

    >>> build("BiLSTM", True, size=9, embedding=2, units=3).layers[1].backward_layer.units
    3
    """
    import keras

    if cell not in CELLS:
        raise ValueError(f"expected a cell among {', '.join(CELLS)}, got {cell!r}")
    layers = keras.layers
    table = layers.Embedding(size, embedding, mask_zero=mask)
    kinds = {"RNN": layers.SimpleRNN, "GRU": layers.GRU}
    recurrent = kinds.get(cell, layers.LSTM)(units)
    if cell == "BiLSTM":
        recurrent = layers.Bidirectional(recurrent)
    return keras.Sequential([table, recurrent, layers.Dense(1)])


def jobs(config: Config) -> list[Job]:
    """Return all trainings, the longest first."""
    kinds = [("long", "no mask"), ("long", "mask"), ("short", "no mask"), ("short", "mask")]
    kinds.append(("marked", "mask"))
    return [(cell, *kind) for kind in kinds for cell in config.cells[::-1]]


def learn(config: Config, job: Job) -> dict[str, list[list[float]]]:
    """Train with every seed on rows padded on either side; return the errors by side."""
    from unrolled.experiments.compiled import Learner

    (cell, rows, mask), data = job, load(config)
    sizes = (data.size, config.embedding, config.units)
    updates = config.epochs * config.train // config.batch
    learner = Learner(
        lambda: build(cell, mask == "mask", *sizes), steps(rows, data, config), updates
    )
    found: dict[str, list[list[float]]] = {}
    for side in ("post",) if rows == "marked" else SIDES:
        train, test = arrays(rows, side, data, config)
        found[side] = []
        for seed in config.seeds:
            answers = learner.learn(
                train, data.targets, test, epochs=config.epochs, batch=config.batch,
                learning_rate=config.learning_rate, seed=seed,
            )  # fmt: skip
            found[side].append([rounded(metrics.mae(data.truth, each)) for each in answers])
    return found


def _by_length(data: Data, lengths: list[int]) -> float:
    """Return the error of answering every sentence with the median of its length's in training."""
    known, asked = np.array(lengths[: len(data.train)]), np.array(lengths[len(data.train) :])
    answers = np.full(len(data.test), np.median(data.targets))
    for length in np.unique(asked):
        same = data.targets[known == length]
        answers[asked == length] = np.median(same) if len(same) else np.median(data.targets)
    return metrics.mae(data.truth, answers)


EXPERIMENT = Experiment("masking", CONFIG, QUICK, jobs, learn, gather)
