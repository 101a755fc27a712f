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
#: What comes out as short rows padded behind do, if a mask hides the padding.
SAME = (("short", "pre"), ("long", "pre"), ("long", "post"))


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
        How many marks are said after every sentence in the controls: steps that no mask hides,
        the same number for all.
    embedding, units
        Of every model; a BiLSTM has so many units in each direction.
    epochs, batch, learning_rate
        Of every training, see :meth:`unrolled.experiments.compiled.Learner.learn`.
    seeds, long_seeds
        One training for each: on short rows, and on long ones, which take long.

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
    seeds: tuple[int, ...] = tuple(range(16))
    long_seeds: tuple[int, ...] = tuple(range(5))


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    cells=("RNN",), train=64, test=16, times=2, marks=2, embedding=2, units=2, epochs=2,
    batch=32, learning_rate=0.1, seeds=(1, 2), long_seeds=(1,),
)  # fmt: skip


class Data(NamedTuple):
    """Rows of ids of different lengths, their targets in minutes, and what is known of both.

    ``mark`` is the first id that no word has, and ``longest`` the number of words of the longest
    sentence.
    """

    train: list[list[int]]
    test: list[list[int]]
    targets: NDArray[np.float64]
    truth: NDArray[np.float64]
    mark: int
    longest: int


#: A cell; its rows, ``short``, ``long``, ``marked`` or ``told``; and one of :data:`MASKS`.
Job = tuple[str, str, str]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring every cell together, with and without a mask, on short and long rows.

    Returns
    -------
    dict
        ``errors`` by cell, rows (``short``, ``long``), side (``pre``, ``post``) and mask
        (``mask``, ``no mask``): for each seed the mean absolute error on the test sentences, in
        minutes, after every epoch. Behind a mask all but the short ``post`` rows have one seed:
        they come out the same. ``marked`` and ``told`` by cell: the same for short rows behind a
        mask whose sentences end in marks, see :func:`arrays`. ``guessing`` is the error of one
        answer for all, ``steps`` the length of the rows of each kind, and ``words`` the mean
        length of the sentences.

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
        **{
            rows: {cell: found[cell, rows, "mask"]["post"] for cell in config.cells}
            for rows in ("marked", "told")
        },
        "guessing": rounded(float(off_by_median(data, [0] * len(lengths)).mean())),
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
        len(vocabulary),
        max(map(len, train + test)),
    )


def steps(rows: str, data: Data, config: Config) -> int:
    """Return how long rows of a kind are."""
    more = {"short": 0, "long": (config.times - 1) * data.longest}
    return data.longest + more.get(rows, config.marks)


def arrays(
    rows: str, side: str, data: Data, config: Config
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the ids of the training and of the test sentences, (N, T) each, padded with 0.

    In ``marked`` rows every sentence ends in marks, which are not padding: no mask hides them.
    So it is in ``told`` rows, but there each sentence length has a mark of its own.
    """

    def end(row: list[int]) -> list[int]:
        marks = {"marked": config.marks, "told": config.marks}.get(rows, 0)
        return [data.mark + (len(row) if rows == "told" else 0)] * marks

    length = steps(rows, data, config)
    train, test = (
        pad([row + end(row) for row in part], length, "pre" if side == "pre" else "post").ids
        for part in (data.train, data.test)
    )
    return train, test


def build(cell: str, mask: bool, size: int, embedding: int, units: int) -> Any:
    """Return an untrained model from ids to one number; raises ``ValueError`` for an unknown cell.

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
    kinds = [("long", "no mask"), ("short", "no mask"), ("told", "mask"), ("marked", "mask")]
    kinds += [("short", "mask"), ("long", "mask")]
    return [(cell, *kind) for kind in kinds for cell in config.cells[::-1]]


def learn(config: Config, job: Job) -> dict[str, list[list[float]]]:
    """Train with the seeds on rows padded on either side; return the errors by side."""
    from unrolled.experiments.compiled import Learner

    (cell, rows, mask), data = job, load(config)
    sizes = (data.mark + 1 + data.longest, config.embedding, config.units)
    updates = config.epochs * config.train // config.batch
    learner = Learner(
        lambda: build(cell, mask == "mask", *sizes), steps(rows, data, config), updates
    )
    found: dict[str, list[list[float]]] = {}
    for side in ("post",) if rows in ("marked", "told") else SIDES:
        train, test = arrays(rows, side, data, config)
        found[side] = []
        seeds = config.long_seeds if rows == "long" else config.seeds
        for seed in seeds[:1] if mask == "mask" and (rows, side) in SAME else seeds:
            answers = learner.learn(
                train, data.targets, test, epochs=config.epochs, batch=config.batch,
                learning_rate=config.learning_rate, seed=seed,
            )  # fmt: skip
            found[side].append([rounded(metrics.mae(data.truth, each)) for each in answers])
    return found


def off_by_median(data: Data, lengths: list[int]) -> NDArray[np.float64]:
    """Return how far each test sentence is from the median of its length's in training, (n,).

    ``lengths`` are those of the training and then of the test sentences; where a length does not
    occur in training, the median of all stands in.
    """
    known, asked = np.split(np.array(lengths), [len(data.train)])
    answers = np.full(len(asked), np.median(data.targets))
    for length in np.intersect1d(known, asked):
        answers[asked == length] = np.median(data.targets[known == length])
    off: NDArray[np.float64] = np.abs(data.truth - answers)
    return off


EXPERIMENT = Experiment("masking", CONFIG, QUICK, jobs, learn, gather)
