"""Who speaks, and which note: frames that are read, padded or not, and samples beside frames.

The first half learns speakers from Japanese Vowels: three cells, one way and both ways, with a mask
and without, all of one number of parameters. The second learns the pitch of made notes, from raw
samples and from frames. Every rate of learning is chosen on what no test has.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.cells import gru, lstm
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.sound import pitch, speakers
from unrolled.experiments.sound.learning import CELLS, WAYS, reader
from unrolled.series import vowels

MASKS = ("mask", "no mask")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, and how often.

    Parameters
    ----------
    cells, ways
        Names in :data:`~unrolled.experiments.sound.learning.CELLS` and ``WAYS``.
    units
        Of an LSTM that reads one way; the others get as many as come nearest to its parameters.
    rates, folds
        Learning rates that are tried on folds of the training utterances.
    strengths
        Inverse penalties of the logistic regression, tried on the same folds.
    seeds, updates, batch
        Trainings that are reported, steps of each, and utterances of a step.
    note_cell, note_units
        Which cell hears notes, and its units where it reads samples.
    lengths
        Samples of a note.
    note_rates, note_search, note_seeds, note_updates, note_batch
        As above, for notes; the rates are tried with the seeds of ``note_search``.
    held_out
        Notes that a search, and those that a report, is measured on.

    """

    cells: tuple[str, ...] = tuple(CELLS)
    ways: tuple[str, ...] = tuple(WAYS)
    units: int = 24
    rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    folds: int = 3
    strengths: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    seeds: tuple[int, ...] = tuple(range(10))
    updates: int = 160
    batch: int = 30
    note_cell: str = "GRU"
    note_units: int = 24
    lengths: tuple[int, ...] = (100, 200, 400)
    note_rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    note_search: tuple[int, ...] = (1000, 1001)
    note_seeds: tuple[int, ...] = tuple(range(8))
    note_updates: int = 160
    note_batch: int = 16
    held_out: int = 256


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    cells=("RNN",), ways=("both ways",), units=1, rates=(0.03,), folds=2, strengths=(1.0,),
    seeds=(1, 2), updates=2, batch=4, note_cell="RNN", note_units=1, lengths=(100,),
    note_rates=(0.03,), note_search=(1000,), note_seeds=(1,), note_updates=2, note_batch=2,
    held_out=8,
)  # fmt: skip

#: ``vowels`` with a cell, ways and one of :data:`MASKS`, or ``notes`` with a form and a length.
Job = tuple[Any, ...]


def jobs(config: Config) -> list[Job]:
    """Return all trainings, the longest first."""
    heard = [("notes", form, n) for form in pitch.FORMS for n in sorted(config.lengths)[::-1]]
    said = [
        ("vowels", cell, ways, mask)
        for cell in config.cells[::-1]
        for ways in config.ways
        for mask in MASKS
    ]
    return sorted([*heard, *said], key=lambda job: -cost(config, job))


def cost(config: Config, job: Job) -> float:
    """Return about how many seconds a job takes."""
    if job[0] == "notes":
        return 0.1 * job[2] if job[1] == "samples" else 4.0
    return 10.0 if job[1] == "RNN" else 18.0


def work(config: Config, job: Job) -> dict[str, Any]:
    """Choose a rate, then train once for each seed."""
    if job[0] == "notes":
        _, form, length = job
        return pitch.heard(
            form, length, cell=config.note_cell, rates=config.note_rates,
            budget=gru.count(1, config.note_units), search_seeds=config.note_search,
            seeds=config.note_seeds,
            updates=config.note_updates, batch=config.note_batch, held_out=config.held_out,
        )  # fmt: skip
    _, cell, ways, mask = job
    budget = lstm.count(vowels.COEFFICIENTS, config.units)
    return speakers.read(
        reader(cell, ways, budget, vowels.COEFFICIENTS), mask == "mask", rates=config.rates,
        parts=config.folds, seeds=config.seeds, updates=config.updates, batch=config.batch,
    )  # fmt: skip


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all together.

    Returns
    -------
    dict
        ``speakers`` by cell, ways and mask: ``units``, ``parameters``, ``rate``, ``search``, the
        held-out losses by rate, and ``answers``, a text for each seed with a digit for each test
        utterance. ``baseline``: the same of the logistic regression, whose setting is
        ``strength``. ``data``: see :func:`~unrolled.experiments.sound.speakers.about`.
        ``notes`` by form and length, the length as text: the same, with ``steps``, ``features``
        and ``scores``, the share of right answers of each seed, and ``mean spectrum``, which
        has one share alone.

    """
    heard: dict[str, Any] = {
        form: {str(n): found["notes", form, n] for n in config.lengths} for form in pitch.FORMS
    }
    heard["mean spectrum"] = {
        str(n): pitch.mean_spectrum(n, 4 * config.held_out, config.held_out) for n in config.lengths
    }
    return {
        "speakers": {
            cell: {
                ways: {mask: found["vowels", cell, ways, mask] for mask in MASKS}
                for ways in config.ways
            }
            for cell in config.cells
        },
        "baseline": speakers.counted(config.strengths, config.folds),
        "data": speakers.about(),
        "notes": heard,
    }


def right(answers: list[str], truth: str) -> NDArray[np.float64]:
    """Return 1 where a seed's answer is right and 0 where not, (seeds, utterances).

    >>> right(["19", "99"], truth="19")
    array([[1., 1.],
           [0., 1.]])
    """
    given = np.array([speakers.as_array(each) for each in answers])
    correct: NDArray[np.float64] = (given == speakers.as_array(truth)).astype(np.float64)
    return correct


def difference(
    first: NDArray[np.float64], second: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Return by how much the first is right more often than the second, and its standard error.

    Both are (seeds, n) for the same n utterances, see :func:`right`; without a second, the error
    is that of the first alone. Seeds and utterances add their variances, which counts a little of
    the seeds' twice, on the careful side. A model without chance has one seed.

    >>> mean, error = difference(np.ones((2, 4)), np.array([[1.0, 0.0, 1.0, 0.0]]))
    >>> mean, round(error, 3)
    (0.5, 0.289)
    """
    models = [first] if second is None else [first, second]
    by_utterance = first.mean(axis=0) - (0 if second is None else second.mean(axis=0))
    variance = by_utterance.var(ddof=1) / len(by_utterance)
    variance += sum(each.mean(axis=1).var(ddof=1) / len(each) for each in models if len(each) > 1)
    return float(by_utterance.mean()), float(np.sqrt(variance))


def confusion(answers: list[str], truth: str) -> NDArray[np.float64]:
    """Return how many utterances of each speaker were taken for each, (9, 9), a mean over seeds.

    >>> confusion(["11", "12"], truth="12")[:2, :2]
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    counts = np.zeros((vowels.SPEAKERS, vowels.SPEAKERS))
    for each in answers:
        np.add.at(counts, (speakers.as_array(truth), speakers.as_array(each)), 1 / len(answers))
    return counts


EXPERIMENT = Experiment("sound", CONFIG, QUICK, jobs, work, gather, cost=cost)
