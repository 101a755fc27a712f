"""An ONNX file of a trained text model, run by ONNX Runtime."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.extras import needed
from unrolled.regressor.columns import Coded, Texts
from unrolled.regressor.intervals import NONE, Intervals
from unrolled.regressor.onnx.tokenizer import Tokenizer, check_seal
from unrolled.text.batches import by_length

#: The most texts that are answered together, and the most steps of them, padding included.
BATCH, MOST_STEPS = 64, 4096
_OUTPUTS = ["answer", "low", "high", "strange"]


class Sizes(NamedTuple):
    """The most tokens that are read of one text, and the scale of the answers."""

    max_length: int
    scale: float


def load(path: str | os.PathLike[str], threads: int = 1) -> "Model":
    """Return the model in a file that ``unrolled export --to onnx`` wrote, run by so many threads.

    It needs ``onnxruntime``, and neither ``onnx`` nor what wrote the file.
    Raises ``ValueError`` of one line for a file that is not there, damaged, of another kind or
    written by a newer version, and ``ImportError`` where ``onnxruntime`` is missing.

    >>> load("missing.onnx")
    Traceback (most recent call last):
    ValueError: missing.onnx: expected a model file, got: No such file...
    """
    name = os.fsdecode(path)
    name = name if name.isprintable() else ascii(name)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ValueError(f"{name}: expected a model file, got: {error.strerror}") from None
    try:
        model = Model(data, threads)
        check_seal(data)
    except ValueError as error:
        raise ValueError(f"{name}: {' '.join(str(error).split())[:300]}") from None
    return model


class Model:
    """Texts in, numbers out, as ``portable.Model`` answers them.

    Several threads may share one model.

    Attributes
    ----------
    session
        The ``onnxruntime.InferenceSession``.
    tokenizer
        What makes its inputs of texts.
    covariates, config, doubt
        What ``portable.Model`` has there; of ``config`` two numbers, and of ``doubt`` how many
        ratios there are, for their values stand in the graph.

    """

    def __init__(self, data: bytes, threads: int = 1) -> None:
        """Open the bytes of a file; see :func:`load`. They may have been changed since."""
        runtime: Any = needed("onnxruntime", "an ONNX file")
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # What is wrong is raised.
        options.intra_op_num_threads = as_count(threads, "threads")
        self._made_of = data, threads
        self.about: dict[str, Any] = {}  # What the model's own file tells besides stays there.
        with _told("expected an ONNX file"):
            self.session = runtime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        self.tokenizer = Tokenizer.of(self.session.get_modelmeta().custom_metadata_map)
        _, _, self.covariates, max_length, scores, scale = self.tokenizer
        self.config = Sizes(max_length, scale)
        self.doubt = NONE._replace(scores=np.zeros(scores, np.float32))
        self._check()

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: the bytes of the file, of which all else is made again."""
        return type(self), self._made_of

    def _check(self) -> None:
        """Raise ``ValueError`` unless the graph takes what the tokenizer makes, up to the last."""
        last = np.array([[len(self.tokenizer.grams)]], np.int32)
        fed = {
            "tokens": np.ones((1, 1), np.int32), "level": np.array(0.5), "grams": last,
            "pieces": np.array([[len(self.tokenizer.pieces) - 1]], np.int32), "times": last,
            "beside": np.zeros((1, self.tokenizer.covariates.width), np.float32),
        }  # fmt: skip
        if not self.tokenizer.covariates.width:
            del fed["beside"]
        with _told("expected a graph that fits its metadata"):
            self.session.run(_OUTPUTS, fed)

    @overload
    def predict(self, texts: Texts, interval: None = None) -> NDArray[np.float64]: ...

    @overload
    def predict(self, texts: Texts, interval: float) -> Intervals: ...

    def predict(
        self, texts: Texts, interval: float | None = None
    ) -> NDArray[np.float64] | Intervals:
        """Return one number for each text, (n,), in float64; with a level, an interval around each.

        Takes and raises what ``portable.Model.predict`` does.
        """
        known, cells = self.covariates.apart(texts, "texts")
        if interval is not None:
            self.doubt.ratio(interval)  # It raises for a level that too few texts were asked for.
        cut = [self.tokenizer.cut(text) for text in known]
        found = Intervals(*(np.empty(len(cut), kind) for kind in (float, float, float, bool)))
        lengths = np.array([len(text) for text in cut])
        for places in by_length(lengths, BATCH, None, MOST_STEPS):
            of_batch = {key: Coded(each.codes[places], each.values) for key, each in cells.items()}
            batch = [cut[place] for place in places]
            fed = self.tokenizer.inputs(batch, of_batch, 0.9 if interval is None else interval)
            for array, values in zip(found, self.session.run(_OUTPUTS, fed), strict=True):
                array[places] = values
        if not (whole := np.isfinite(found.answers)).all():
            raise ValueError(
                "expected a model whose answers are finite, "
                f"got {found.answers[~whole][0]}: its weights are too large"
            )
        return found.answers if interval is None else found


@contextmanager
def _told(expected: str) -> Iterator[None]:
    """Let what ONNX Runtime raises, each of a class of its own, be a ``ValueError`` of one line."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime") and not isinstance(
            error, ValueError | RuntimeError
        ):
            raise
        raise ValueError(f"{expected}, got: {' '.join(str(error).split())[:150]}") from None
