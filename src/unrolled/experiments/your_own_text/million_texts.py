"""What a file of a million texts takes of memory and time: the command line, from CSV to answers.

The texts are made up: words of random syllables, of which a few are frequent and most are rare, as
in a language (Zipf's law), and a number that is the sum of what each word is worth.
"""

import csv
import dataclasses
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.experiments.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Config:
    """How many texts, of how many of how many different words, and how long to learn from them.

    ``minutes`` and ``memory`` (MiB that the numbers of the texts may take before they go to disk)
    are those of ``unrolled fit``.
    """

    texts: int = 1_000_000
    words: int = 12
    vocabulary: int = 200_000
    minutes: float = 1.5
    memory: int = 16
    seed: int = 0


CONFIG = Config()
# A process of its own, for a child's peak begins with what its parent held when it was started.
WATCH = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
#: The same path through the code, in seconds.
QUICK = Config(texts=400, words=5, vocabulary=300, minutes=0.001)


def work(config: Config, job: tuple[str]) -> dict[str, Any]:
    """Write the file, fit a model to it and let that answer all of it.

    Returns
    -------
    dict
        ``bytes`` of the file; for ``fit`` and for ``predict`` the ``seconds`` and ``peak``, the
        most bytes of memory that the process held at a time; ``answers``, how many came back.

    Raises
    ------
    RuntimeError
        If a command fails, with what it said.

    """
    with tempfile.TemporaryDirectory() as folder:
        data, model, out = (Path(folder) / name for name in ("made.csv", "m.keras", "answers.txt"))
        with data.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "worth"), *made(config)])
        options = ["--epochs", "1", "--minutes", str(config.minutes), "--seed", str(config.seed)]
        options += ["--memory", str(config.memory), "--out", str(model)]
        fit = measured("fit", str(data), "--text", "text", "--target", "worth", *options)
        predict = measured("predict", str(model), str(data), "--text", "text", "--out", str(out))
        with out.open(encoding="utf-8") as lines:
            answers = sum(1 for line in lines if np.isfinite(float(line)))
        return {
            "bytes": data.stat().st_size, "fit": fit, "predict": predict, "answers": answers,
        }  # fmt: skip


def made(config: Config) -> Iterator[tuple[str, float]]:
    """Yield texts and what they are worth.

    >>> [text for text, worth in made(Config(texts=2, words=3, vocabulary=50))]
    ['gu bi lu', 'be bo be']
    """
    rng = np.random.default_rng(config.seed)
    consonants, vowels = "bdfgklmnprstvz", "aeiou"
    syllables = [c + v for c in consonants for v in vowels]
    words = [""] * config.vocabulary
    for place in range(config.vocabulary):  # The more frequent a word, the shorter.
        rest = place + 1
        while rest:
            rest, last = divmod(rest, len(syllables))
            words[place] += syllables[last]
    worth = rng.standard_normal(config.vocabulary)
    chances = np.cumsum(1 / np.arange(1, config.vocabulary + 1))
    for _ in range(config.texts):
        places = np.searchsorted(chances, chances[-1] * rng.random(config.words))
        yield " ".join(words[place] for place in places), float(worth[places].sum())


def measured(*arguments: str) -> dict[str, float]:
    """Run ``unrolled`` with these arguments and return its ``seconds`` and ``peak`` of memory."""
    command = [sys.executable, "-m", "unrolled.regressor.cli", *arguments]
    start = time.perf_counter()
    watch = [sys.executable, "-c", WATCH, *command]
    done = subprocess.run(watch, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"unrolled {arguments[0]}: {done.stderr[-500:]}")
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in KiB.
    return {"seconds": time.perf_counter() - start, "peak": float(int(done.stdout) * unit)}


EXPERIMENT = Experiment(
    "million-texts", CONFIG, QUICK, lambda config: [("a file of texts",)], work,
    gather=lambda config, found: dict(*found.values()),
    steady=lambda values: {name: values[name] for name in ("bytes", "answers")},
    workers=1,
)  # fmt: skip
