"""One trained model in every runtime that takes it: the first answer, each later one, the room.

A cold start is a new process: the interpreter, its imports, the file, one answer.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.experiments.timing import clocked, take_turns
from unrolled.experiments.your_own_text.million_texts import WATCH
from unrolled.extras import is_there
from unrolled.regressor import portable, web

Answer = Callable[[list[str]], Any]
#: What a new process runs: sys.argv[1] is the model file, sys.argv[2] the text.
PROGRAMS = {
    "NumPy": """
from unrolled.regressor import portable
answer = portable.load(sys.argv[1]).predict(sys.argv[2:])[0]
""",
    "ONNX Runtime": """
from unrolled.regressor import onnx
answer = onnx.load(sys.argv[1]).predict(sys.argv[2:])[0]
""",
    "Keras": """
import keras
import tensorflow as tf
import unrolled.regressor.text_model
model = keras.models.load_model(sys.argv[1])
answer = model.predict(tf.constant(sys.argv[2:]), verbose=0)[0, 0]
""",
}
#: What each needs beside Python and this package.
NEEDS = {
    "NumPy": ("numpy",),
    "ONNX Runtime": ("numpy", "onnxruntime"),
    "Keras": ("keras", "tensorflow"),
}


def cold_starts(files: dict[str, Path], text: str, turns: int) -> dict[str, dict[str, float]]:
    """Return of each runtime the median ``seconds`` of a new process, its ``MiB``, its ``answer``.

    ``files`` has the path of the model for each name in :data:`PROGRAMS`.
    """

    def run(name: str, *before: str) -> float:
        """Run a program, and return the number that is printed."""
        program = f"import sys\n{PROGRAMS[name]}\nprint(float(answer))"
        command = [*before, sys.executable, "-c", program, str(files[name]), text]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    found = {}
    for name in files:
        answer, kib = run(name), run(name, sys.executable, "-c", WATCH)
        found[name] = {"answer": answer, "MiB": kib / 2**10}
    starts = {name: clocked(partial(run, name)) for name in files}
    for name, seconds in take_turns(starts, turns, warm_up=0).items():
        found[name]["seconds"] = statistics.median(seconds)
    return found


def opened(files: dict[str, Path]) -> dict[str, Answer]:
    """Return what answers a call of several strings, by runtime; Keras in two ways.

    ``Keras, predict`` is ``Model.predict``; ``Keras`` is ``predict_on_batch``, which spares Keras
    its own loop.
    """
    found: dict[str, Answer] = {"NumPy": portable.load(files["NumPy"]).predict}
    if "ONNX Runtime" in files:
        from unrolled.regressor import onnx

        found["ONNX Runtime"] = onnx.load(files["ONNX Runtime"]).predict
    if "Keras" in files:
        import keras
        import tensorflow as tf

        large = keras.models.load_model(files["Keras"])
        found["Keras, predict"] = lambda batch: large.predict(
            tf.constant(batch), batch_size=len(batch), verbose=0
        )
        found["Keras"] = lambda batch: large.predict_on_batch(tf.constant(batch))
    if is_there("torch"):
        found["PyTorch"] = _torch(files["NumPy"])
    return found


def _torch(path: Path) -> Answer:
    """Return what answers with an equal network in PyTorch, beside what NumPy counts."""
    from unrolled.experiments.speed.torch_model import TorchModel
    from unrolled.regressor.encoding import Encoded
    from unrolled.regressor.examples import tokenize
    from unrolled.regressor.portable import Model, file

    content = file.read(path)
    config, counting = content.config, Model(content).counting
    sizes = {"embedding_dim": config.embedding_dim, "units": config.units}
    settings = {**sizes, "random_state": 0, "dropout": 0.0, "learning_rate": 0.0}
    model = TorchModel(len(content.pieces), settings)
    [reader] = content.weights.readers
    model.set_weights(
        [reader.vectors, *reader.forward, *reader.backward, reader.readout, reader.bias]
    )

    def answer(batch: list[str]) -> Any:
        texts, rows = tokenize(batch), np.arange(len(batch))
        encoded = Encoded(texts, content.pieces)
        read = np.empty(len(batch), np.float32)
        for places, reading in encoded.batches(rows, len(batch), seed=None):
            [read[places]] = model.answers([reading])
        counted = counting.answers(texts.words(rows))
        return config.mean + config.scale * (config.share * read + (1 - config.share) * counted)

    return answer


def farthest(files: dict[str, Path], texts: list[str]) -> float:
    """Return how far the answers of two runtimes to a text are apart at most."""
    answers = [np.ravel(act(texts)) for act in opened(files).values()]
    return float(np.ptp(answers, axis=0).max())


def calls(
    answers: dict[str, Answer],
    texts: Sequence[str],
    sizes: Sequence[int],
    turns: int,
) -> dict[str, dict[str, float]]:
    """Return seconds per text of one call with N strings, by runtime, for each N in ``sizes``.

    Every turn brings other texts, the same to all.

    Raises ``ValueError`` where there are too few texts.
    """
    if len(texts) < sum(sizes) * (1 + turns):
        raise ValueError(
            f"expected at least {sum(sizes) * (1 + turns)} texts for {1 + turns} turns, "
            f"got {len(texts)}"
        )
    fresh = iter(texts)
    return {str(size): _per_text(answers, fresh, size, turns) for size in sizes}


def _per_text(
    answers: dict[str, Answer], fresh: Iterator[str], size: int, turns: int
) -> dict[str, float]:
    """Return seconds per text at one size of calls."""
    drawn = [list(islice(fresh, size)) for _ in range(1 + turns)]

    def over(act: Answer) -> Callable[[], float]:
        left = iter(drawn)
        return lambda: clocked(partial(act, next(left)))() / size

    contestants = {name: over(act) for name, act in answers.items()}
    return {
        name: statistics.median(seconds) for name, seconds in take_turns(contestants, turns).items()
    }


#: What a page does: it answers, and writes what it took where it can be read back.
_PAGE = """<!doctype html><meta charset="utf-8"><body><script>
const started = performance.now();</script><script src="model.js"></script><script>
const {{text, drawn}} = {asked};
const model = unrolled.model(Object.values(unrolled.models)[0]);
const answer = model.predict(text), seconds = (performance.now() - started) / 1e3;
const calls = {{}};
for (const [size, turns] of Object.entries(drawn)) {{
  const each = turns.map((texts) => {{
    const begun = performance.now();
    for (const text of texts) model.predict(text);
    return (performance.now() - begun) / 1e3 / texts.length;
  }}).slice(1).sort((a, b) => a - b);
  calls[size] = each[each.length >> 1];
}}
const MiB = performance.memory.usedJSHeapSize / 2 ** 20;
document.body.textContent = JSON.stringify({{seconds, MiB, answer, calls}});
</script>"""


def in_browser(
    script: Path, text: str, texts: Sequence[str], sizes: Sequence[int], turns: int
) -> dict[str, Any] | None:
    """Return what :func:`cold_starts` and :func:`calls` do of a script in headless Chromium.

    The seconds are those of the page, without the browser's own start, and its memory is what
    the page's script holds. None where there is no Chromium.
    """
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if browser is None:
        print("The browser takes no part: Chromium is not installed", flush=True)
        return None
    fresh = iter(texts)
    drawn = {size: [list(islice(fresh, size)) for _ in range(1 + turns)] for size in sizes}
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        asked = json.dumps({"text": text, "drawn": drawn}).replace("<", "\\u003c")
        page.write_text(_PAGE.format(asked=asked), encoding="utf-8")
        shutil.copy(script, page.with_name("model.js"))
        options = ["--headless", "--no-sandbox", "--dump-dom", "--enable-precise-memory-info"]
        command = [browser, *options, f"--user-data-dir={folder}/home", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    if shown is None:
        raise RuntimeError(f"expected a page with an answer, got {done.stdout[-300:]!r}")
    found: dict[str, Any] = json.loads(shown[1])
    return found


def installed(names: Sequence[str]) -> float:
    """Return the MiB that packages and all that they need take on the disk.

    >>> installed(["numpy"]) > 10
    True
    """
    left, seen, total = [*names], set[str](), 0
    while left:
        name = left.pop()
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # For another system or Python.
            continue
        if found.metadata["Name"] in seen:
            continue
        seen.add(found.metadata["Name"])
        paths = (Path(str(file.locate())) for file in found.files or ())
        total += sum(path.stat().st_size for path in paths if path.is_file())
        needed = (need for need in found.requires or () if "extra ==" not in need)
        left += [re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in needed]
    return total / 2**20


def exported(path: Path) -> dict[str, Path]:
    """Write a model for each runtime beside its file, and return the paths by runtime."""
    from unrolled.regressor.portable import file

    found = {"NumPy": path, "Keras": path, "browser": path.with_suffix(".js")}
    content = file.read(path)
    found["browser"].write_text(web.script(content, "model"), encoding="ascii")
    if is_there("onnxruntime"):
        from unrolled.regressor.onnx.graph import file_of

        found["ONNX Runtime"] = path.with_suffix(".onnx")
        found["ONNX Runtime"].write_bytes(file_of(content))
    return found
