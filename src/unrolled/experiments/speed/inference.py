"""The same model file through Keras and through NumPy alone: the first answer, and each later one.

A cold start is a new process: the interpreter, its imports, the file, one answer.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unrolled.experiments.timing import clocked, take_turns
from unrolled.regressor import portable

#: What a new process runs: sys.argv[1] is the model file, sys.argv[2] the text.
PROGRAMS = {
    "portable": """
import sys
from unrolled.regressor import portable
print(float(portable.load(sys.argv[1]).predict(sys.argv[2:])[0]))
""",
    "keras": """
import sys
import keras
import tensorflow as tf
import unrolled.regressor.text_model
model = keras.models.load_model(sys.argv[1])
print(float(model.predict(tf.constant(sys.argv[2:]), verbose=0)[0, 0]))
""",
}


def cold_starts(path: Path, text: str, turns: int) -> dict[str, float]:
    """Return the median ``seconds`` from a process's start to its end, by name.

    ``apart`` is how far the two answers differ.
    """
    answers: dict[str, float] = {}

    def starter(name: str) -> Callable[[], None]:
        def start() -> None:
            command = [sys.executable, "-c", PROGRAMS[name], str(path), text]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            answers[name] = float(done.stdout)

        return start

    # No turn to warm up: this process has just read the same files from the disk.
    seconds = take_turns({name: clocked(starter(name)) for name in PROGRAMS}, turns, warm_up=0)
    return {
        **{name: statistics.median(each) for name, each in seconds.items()},
        "apart": abs(answers["portable"] - answers["keras"]),
    }


def calls(
    path: Path, texts: Sequence[str], sizes: Sequence[int], turns: int
) -> dict[str, dict[str, float]]:
    """Return seconds per text of one call with N strings, for each N in ``sizes``.

    Every turn brings other texts, the same to all. By name: ``portable``; ``keras predict``,
    ``Model.predict``; and ``keras predict_on_batch``, which spares Keras its own loop.

    Raises ``ValueError`` where there are too few texts.
    """
    if len(texts) < sum(sizes) * (1 + turns):
        raise ValueError(
            f"expected at least {sum(sizes) * (1 + turns)} texts for {1 + turns} turns, "
            f"got {len(texts)}"
        )
    small, large = portable.load(path), keras.models.load_model(path)
    fresh = iter(texts)
    return {str(size): _per_text(small, large, fresh, size, turns) for size in sizes}


def _per_text(
    small: portable.Model, large: Any, fresh: Iterator[str], size: int, turns: int
) -> dict[str, float]:
    """Return seconds per text at one size of calls."""
    drawn = [list(islice(fresh, size)) for _ in range(1 + turns)]

    def over(act: Callable[[list[str]], Any]) -> Callable[[], float]:
        left = iter(drawn)

        def turn() -> float:
            batch = next(left)
            return clocked(lambda: act(batch))() / size

        return turn

    contestants = {
        "portable": over(small.predict),
        "keras predict": over(
            lambda batch: large.predict(tf.constant(batch), batch_size=size, verbose=0)
        ),
        "keras predict_on_batch": over(lambda batch: large.predict_on_batch(tf.constant(batch))),
    }
    return {
        name: statistics.median(seconds) for name, seconds in take_turns(contestants, turns).items()
    }


def farthest(path: Path, texts: Sequence[str]) -> float:
    """Return how far the two answers to a text are apart at most."""
    small = portable.load(path).predict(texts)
    large = keras.models.load_model(path).predict(tf.constant(texts), verbose=0)[:, 0]
    return float(np.abs(small - large).max())
