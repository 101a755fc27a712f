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
from typing import Any

from unrolled.experiments.experiment import Experiment
from unrolled.text import Splits, clock, ratings, words


@dataclasses.dataclass(frozen=True)
class Config:
    """What is timed, on what, and how often.

    Parameters
    ----------
    measured
        Names in :data:`PARTS`.
    corpus
        A name in :data:`unrolled.text.ratings.DOMAINS`, or ``"clock"`` for made sentences.
    split_seed
        Of the split into training, validation and test documents.
    note
        Arguments of the note's script, see :func:`unrolled.experiments.note_recipe.train`.
    reader
        The settings of our reading part: those of the regressor.
    seeds, looks, passes
        As for :func:`unrolled.experiments.speed.time_to_accuracy.run`; in that race the note's
        script passes over the texts so many times.
    epochs
        Epochs that count for the throughput.
    starts, call_sizes, call_turns, sentence
        Cold starts of each kind, texts in a call, calls that count of each size, and the text
        that a cold start answers.
    base, grid, lengths, turns
        Sizes of the LSTM whose cost is measured, as for
        :func:`unrolled.experiments.speed.scaling.scaling`, the lengths for
        :func:`~unrolled.experiments.speed.scaling.compile_cost`, turns that count.

    """

    measured: tuple[str, ...] = ("lengths", "growth", "race", "throughput", "portable")
    corpus: str = "tweets"
    split_seed: int = 0
    note: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"units": 256, "embedding": 256, "epochs": 100, "patience": 3}
    )
    reader: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "embedding_dim": 64, "units": 64, "dropout": 0.5, "epochs": 8, "batch_size": 32,
            "learning_rate": 1e-2, "patience": 4, "random_state": 0,
        }
    )  # fmt: skip
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    looks: tuple[int, int] = (10, 5)
    passes: int = 4
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
#: The same on a small scale, without the parts that find nothing but times.
QUICK = Config(
    measured=("lengths", "growth", "race"),
    corpus="clock",
    note={"units": 4, "embedding": 4, "epochs": 2, "patience": 3},
    reader={**CONFIG.reader, "embedding_dim": 4, "units": 4, "epochs": 1},
    seeds=(0,),
    looks=(4, 2),
    passes=2,
    base={"N": 2, "T": 3, "D": 4, "H": 5},
    grid={"T": (2, 4)},
    lengths=(2,),
    turns=1,
)


#: The name of a part in :data:`PARTS`.
Job = tuple[str]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all parts together.

    Returns
    -------
    dict
        ``lengths``, how many training texts have how many tokens, as pairs; ``longest``, the
        words of the longest text, to which the note's script pads all; ``race`` (see
        :func:`unrolled.experiments.speed.time_to_accuracy.run`), ``throughput``
        (:func:`unrolled.experiments.speed.throughput.run`), ``portable`` with ``cold``, ``calls``
        and ``farthest`` (:mod:`unrolled.experiments.deploying.runtimes`), ``growth``, ``compile``
        and ``mask`` (:mod:`unrolled.experiments.speed.scaling`).

    """
    del config
    return {name: value for values in found.values() for name, value in values.items()}


def steady(values: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes and the correlations, without the times."""
    return {
        **{name: values[name] for name in ("lengths", "longest")},
        "race": {
            name: [[[point["passes"], point["r"]] for point in curve] for curve in curves]
            for name, curves in values["race"].items()
        },
        "multiply_adds": {name: at["multiply_adds"] for name, at in values["growth"].items()},
    }


def _corpus(config: Config) -> Splits:
    if config.corpus == "clock":
        return clock.load(120, 30, 30, config.split_seed)
    return ratings.load(config.corpus, config.split_seed)


def _counted(config: Config) -> dict[str, Any]:
    from unrolled.experiments.speed import regressor_parts

    splits = _corpus(config)
    texts = regressor_parts.prepare(splits.train, splits.validation).encoded.texts
    lengths = Counter(texts.lengths[: len(splits.train)].tolist())
    return {
        "lengths": sorted(lengths.items()),
        "longest": max(len(words(text)) for text in splits.train.texts + splits.validation.texts),
    }


def _scaled(config: Config) -> dict[str, Any]:
    from unrolled.experiments.speed import scaling

    return {
        "growth": scaling.scaling(config.base, config.grid, config.turns),
        "compile": scaling.compile_cost(config.base, config.lengths, config.turns),
        "mask": scaling.masked(config.base, config.turns),
    }


def _raced(config: Config) -> dict[str, Any]:
    from unrolled.experiments.speed import time_to_accuracy

    note = {**config.note, "epochs": config.passes}
    return {
        "race": time_to_accuracy.run(
            _corpus(config), note, config.reader, config.seeds, config.looks
        )
    }


def _through(config: Config) -> dict[str, Any]:
    from unrolled.experiments.speed import throughput

    return {
        "throughput": throughput.run(_corpus(config), config.note, config.reader, config.epochs)
    }


#: What the ways to answer are called in the result.
NAMES = {
    "NumPy": "portable", "Keras, predict": "keras predict", "Keras": "keras predict_on_batch",
}  # fmt: skip


def _portable(config: Config) -> dict[str, Any]:
    """Save a model of one epoch, for its answers take as long as a better one's, and time it.

    It both reads and counts, whatever that is worth here.
    """
    from unrolled.experiments.deploying import runtimes
    from unrolled.experiments.speed import regressor_parts

    splits = _corpus(config)
    prepared, targets = (
        regressor_parts.prepare(splits.train, splits.validation),
        splits.train.targets,
    )
    model = regressor_parts.whole(
        prepared, config.reader, float(targets.mean()), float(targets.std())
    )
    texts = [*splits.train.texts, *splits.validation.texts, *splits.test.texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        files = {name: path for name in ("NumPy", "Keras")}
        cold = runtimes.cold_starts(files, config.sentence, config.starts)
        calls = runtimes.calls(runtimes.opened(files), texts, config.call_sizes, config.call_turns)
        farthest = runtimes.farthest(files, splits.test.texts)
    answers = [cold[name]["answer"] for name in files]
    starts = {"portable": cold["NumPy"]["seconds"], "keras": cold["Keras"]["seconds"]}
    found = {
        "cold": {**starts, "apart": abs(answers[0] - answers[1])},
        "calls": {
            size: {shown: each[name] for name, shown in NAMES.items()}
            for size, each in calls.items()
        },
        "farthest": farthest,
    }
    return {"portable": found}


#: Each part and about how many minutes it takes.
PARTS: dict[str, tuple[Callable[[Config], dict[str, Any]], float]] = {
    "lengths": (_counted, 0.1),
    "growth": (_scaled, 2),
    "race": (_raced, 12),
    "throughput": (_through, 3),
    "portable": (_portable, 3),
}


def work(config: Config, job: Job) -> dict[str, Any]:
    """Measure one part."""
    return PARTS[job[0]][0](config)


EXPERIMENT = Experiment(
    "text-speed", CONFIG, QUICK, lambda config: [(part,) for part in config.measured], work, gather,
    cost=lambda config, job: PARTS[job[0]][1],
    steady=steady,
    ratings=lambda config: {config.corpus} - {"clock"},
    workers=1,
)  # fmt: skip
