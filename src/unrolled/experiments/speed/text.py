"""How fast is the text regressor? Beside the note's script, PyTorch and Keras, in one run.

Contestants take turns and medians are told: on a noisy machine a ratio from one run holds where a
time alone does not. The result holds times, counts and correlations, and no text.
:mod:`unrolled.experiments.speed.tables` prints it.
"""

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from unrolled.experiments.resume import resumable
from unrolled.experiments.speed import growth, parts, portable_speed, race, throughput
from unrolled.regressor import TextRegressor
from unrolled.regressor.training import Hyperparameters
from unrolled.text import Splits, clock, ratings, words


@dataclasses.dataclass(frozen=True)
class Config:
    """What is timed, on what, and how often.

    Parameters
    ----------
    corpus
        A name in :data:`unrolled.text.ratings.DOMAINS`, or ``"clock"`` for made sentences.
    split_seed
        Of the split into training, validation and test documents.
    note
        Arguments of the note's script, see :func:`unrolled.experiments.note_recipe.train`.
    reader
        The settings of our reader: those of the regressor.
    seeds, look_every
        As for :func:`unrolled.experiments.speed.race.run`.
    epochs
        Epochs that count for the throughput.
    starts, call_sizes, call_turns, sentence
        Cold starts of each kind, texts in a call, calls that count of each size, and the text
        that a cold start answers.
    base, grid, lengths, turns
        Sizes of the LSTM whose cost is measured, as for
        :func:`unrolled.experiments.speed.growth.grow`, the lengths for :func:`~unrolled.experiments.speed.growth.compile_cost`, turns that count.

    """

    corpus: str = "tweets"
    split_seed: int = 0
    note: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"units": 256, "embedding": 256, "epochs": 100, "patience": 3}
    )
    reader: Hyperparameters = parts.SETTINGS
    seeds: tuple[int, ...] = (0, 1, 2)
    look_every: int = 5
    epochs: int = 3
    starts: int = 5
    call_sizes: tuple[int, ...] = (1, 32, 256)
    call_turns: int = 9
    sentence: str = "so glad that it rained today :)"
    base: dict[str, int] = dataclasses.field(
        default_factory=lambda: {"N": 16, "T": 64, "D": 64, "H": 128}
    )
    grid: dict[str, tuple[int, ...]] = dataclasses.field(
        default_factory=lambda: {
            "T": (16, 32, 64, 128, 256),
            "H": (32, 64, 128, 256, 512),
            "N": (1, 4, 16, 64, 256),
        }
    )
    lengths: tuple[int, ...] = (10, 20, 30, 40)
    turns: int = 15


CONFIG = Config()
#: The same on a small scale: to see that it runs, not how fast.
QUICK = Config(
    corpus="clock",
    note={"units": 4, "embedding": 4, "epochs": 2, "patience": 3},
    reader=dataclasses.replace(parts.SETTINGS, embedding_dim=4, units=4, epochs=1),
    seeds=(0,),
    look_every=2,
    epochs=1,
    starts=1,
    call_sizes=(1, 2),
    call_turns=1,
    base={"N": 2, "T": 3, "D": 4, "H": 5},
    grid={"T": (2, 4), "H": (2, 4), "N": (1, 2)},
    lengths=(2, 3),
    turns=1,
)


def run(
    config: Config, tell: Callable[[str], None] = print, keep: Path | None = None
) -> dict[str, Any]:
    """Measure all, one part after the other.

    ``tell`` and ``keep`` are those of :func:`unrolled.experiments.resume.resumable`.

    Returns
    -------
    dict
        ``race`` (see :func:`unrolled.experiments.speed.race.run`), ``throughput``
        (:func:`unrolled.experiments.speed.throughput.run`), ``portable`` with ``cold``, ``calls``
        and ``farthest`` (:mod:`unrolled.experiments.speed.portable_speed`), ``growth``, ``compile`` and
        ``mask`` (:mod:`unrolled.experiments.speed.growth`); ``lengths``, how many training texts
        have how many tokens, as pairs; and ``longest``, the words of the longest text, to which the
        note's script pads all.

    Raises
    ------
    DataUnavailable
        If the archive cannot be had.

    """
    splits = _corpus(config)  # Before the long work, since this is where data may be missing.
    texts = parts.prepare(splits.train, splits.validation).encoded.texts
    lengths = Counter(texts.lengths[: len(splits.train)].tolist())
    found: dict[str, Any] = {
        "lengths": sorted(lengths.items()),
        "longest": max(len(words(text)) for text in splits.train.texts + splits.validation.texts),
    }
    jobs = [Job(part, config) for part in PARTS]
    done = resumable(_measure, jobs, "experiments.speed.text", 1, keep, _cost, tell)
    return found | {name: value for _, values in done for name, value in values.items()}


class Job(NamedTuple):
    """One part of the work."""

    part: str
    config: Config

    def __str__(self) -> str:
        """Return what is told when it is done."""
        return self.part


def _cost(job: Job) -> float:
    """Return about how many minutes a part takes."""
    return PARTS[job.part][1]


def _measure(job: Job) -> dict[str, Any]:
    return PARTS[job.part][0](job.config)


def _grown(config: Config) -> dict[str, Any]:
    return {
        "growth": growth.grow(config.base, config.grid, config.turns),
        "compile": growth.compile_cost(config.base, config.lengths, config.turns),
        "mask": growth.masked(config.base, config.turns),
    }


def _raced(config: Config) -> dict[str, Any]:
    splits = _corpus(config)
    return {"race": race.run(splits, config.note, config.reader, config.seeds, config.look_every)}


def _through(config: Config) -> dict[str, Any]:
    splits = _corpus(config)
    return {"throughput": throughput.run(splits, config.note, config.reader, config.epochs)}


def _corpus(config: Config) -> Splits:
    if config.corpus == "clock":
        return clock.load(120, 30, 30, config.split_seed)
    return ratings.load(config.corpus, config.split_seed)


def _portable(config: Config) -> dict[str, Any]:
    """Save a model of one epoch, for its answers take as long as a better one's, and time it."""
    splits = _corpus(config)
    settings = {**dataclasses.asdict(config.reader), "epochs": 1, "verbose": 0}
    model = TextRegressor(**settings).fit(splits.train.texts, splits.train.targets)
    texts = [*splits.train.texts, *splits.validation.texts, *splits.test.texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        found = {
            "cold": portable_speed.cold_starts(path, config.sentence, config.starts),
            "calls": portable_speed.calls(path, texts, config.call_sizes, config.call_turns),
            "farthest": portable_speed.farthest(path, splits.test.texts),
        }
    return {"portable": found}


#: Each part and about how many minutes it takes.
PARTS: dict[str, tuple[Callable[[Config], dict[str, Any]], float]] = {
    "growth with T, H and N": (_grown, 2),
    "race against the note's script": (_raced, 5),
    "throughput": (_through, 3),
    "portable against Keras": (_portable, 3),
}
