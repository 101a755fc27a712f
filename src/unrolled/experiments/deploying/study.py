"""Where a trained model may run, and what that costs, in one run of all contestants.

The result holds times, sizes and counts, and no text.
"""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.speed import text
from unrolled.text import Splits, clock, ratings


@dataclasses.dataclass(frozen=True)
class Config:
    """What is timed, on what, and how often.

    Parameters
    ----------
    corpus
        A name in :data:`unrolled.text.ratings.DOMAINS`, or ``"clock"`` for made sentences.
    reader
        The settings of the reading part: those of the regressor.
    timed
        False leaves out what finds nothing but times.
    starts, call_sizes, call_turns, sentence
        Cold starts of each runtime, texts in a call, calls that count of each size, and the text
        that a cold start answers.
    runs, epochs
        How often training is timed beside PyTorch, each time anew, and epochs that count.

    """

    corpus: str = "tweets"
    reader: dict[str, Any] = dataclasses.field(default_factory=text.CONFIG.reader.copy)
    timed: bool = True
    starts: int = 3
    call_sizes: tuple[int, ...] = (1, 32, 256)
    call_turns: int = 7
    sentence: str = "so glad that it rained today :)"
    runs: int = 3
    epochs: int = 3


CONFIG = Config()
QUICK = Config(
    corpus="clock", timed=False, runs=0,
    reader={**CONFIG.reader, "embedding_dim": 4, "units": 4, "epochs": 1},
)  # fmt: skip
#: How far apart the runtimes' answers to clock sentences may be, in minutes.
AGREE = 0.01
#: What is measured, and which time.
Job = tuple[str, int]


def _corpus(config: Config) -> Splits:
    return clock.load(120, 30, 30) if config.corpus == "clock" else ratings.load(config.corpus)


def runtimes(config: Config) -> dict[str, Any]:
    """Save a model of one epoch, for its answers take as long as a better one's, and time it.

    It both reads and counts, whatever that is worth here.

    Returns
    -------
    dict
        ``farthest``, how far two runtimes' answers to a test text are apart at most; ``sizes``,
        MiB of each runtime's file; ``cold``, ``calls`` and ``installed`` as in
        :mod:`~unrolled.experiments.deploying.runtimes`.

    """
    from unrolled.experiments.deploying import runtimes
    from unrolled.experiments.speed import regressor_parts

    splits = _corpus(config)
    prepared = regressor_parts.prepare(splits.train, splits.validation)
    targets = splits.train.targets
    model = regressor_parts.whole(
        prepared, config.reader, float(targets.mean()), float(targets.std())
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        files = runtimes.exported(path)
        found = {
            "farthest": runtimes.farthest(files, splits.test.texts),
            "sizes": {name: each.stat().st_size / 2**20 for name, each in files.items()},
        }
        if config.timed:
            texts = [*splits.train.texts, *splits.validation.texts, *splits.test.texts]
            found |= _timed(config, files, texts)
    return found


def _timed(config: Config, files: dict[str, Path], texts: list[str]) -> dict[str, Any]:
    from unrolled.experiments.deploying import runtimes

    calling = config.call_sizes, config.call_turns
    programs = {name: files[name] for name in runtimes.PROGRAMS if name in files}
    cold = runtimes.cold_starts(programs, config.sentence, config.starts)
    calls = runtimes.calls(runtimes.opened(files), texts, *calling)
    page = runtimes.in_browser(files["browser"], config.sentence, texts, *calling)
    if page is not None:
        for size, seconds in page.pop("calls").items():
            calls[size]["browser"] = seconds
        cold["browser"] = page
    installed = {name: runtimes.installed(runtimes.NEEDS[name]) for name in programs}
    return {"cold": cold, "calls": calls, "installed": installed}


def training(config: Config) -> dict[str, float]:
    """Return the texts that are learnt from in a second, by our reader and by PyTorch."""
    from unrolled.experiments.speed import throughput

    return throughput.training(_corpus(config), config.reader, config.epochs)


def work(config: Config, job: Job) -> dict[str, Any]:
    """Measure one thing, once."""
    return {"runtimes": runtimes, "training": training}[job[0]](config)


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all together: what :func:`runtimes` found, and ``training``, a list of its runs."""
    runs = [found["training", run] for run in range(config.runs)]
    return {**found["runtimes", 0], "training": runs}


EXPERIMENT = Experiment(
    "deploying", CONFIG, QUICK,
    lambda config: [("runtimes", 0), *(("training", run) for run in range(config.runs))],
    work, gather,
    steady=lambda values: {
        "runtimes": sorted(values["sizes"]), "agree": values["farthest"] < AGREE
    },
    ratings=lambda config: {config.corpus} - {"clock"},
    workers=1,
)  # fmt: skip
