"""A trained text model, run by the cells of this package alone."""

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from threading import Lock
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.cells import fused, lstm
from unrolled.checks import as_count
from unrolled.lists import as_texts, each_text
from unrolled.regressor.columns import Coded, Texts
from unrolled.regressor.counting import Counting
from unrolled.regressor.intervals import Intervals, signs, unknown
from unrolled.regressor.portable import file
from unrolled.regressor.portable.words import Words
from unrolled.text.batches import by_length
from unrolled.unroll import unroll
from unrolled.unroll.fast import run_arranged

Numbers = TypeVar("Numbers", bound=NDArray[Any])
#: The most texts whose lengths are compared, so that like ones are read together.
BLOCK = 4096
#: The most letters in such a block, but for those of its last text: it bounds the memory.
MOST_LETTERS = 1 << 18
#: The most texts that are read together, and the most steps of them, padding included.
BATCH, MOST_STEPS = 64, 8192


class Gates(NamedTuple):
    """What the first reader's cells do while they read one text of T tokens.

    ``tokens`` begins with ``START``. ``values`` holds arrays (T, H) in the order of the text, for
    each direction the gates i, f and o, the candidate g, the cell state c and the hidden state h,
    by the names ``"i forward"``, ``"i backward"`` and so on.
    """

    tokens: list[str]
    values: dict[str, Array]


def load(path: str | os.PathLike[str]) -> "Model":
    """Return the model in a ``.keras`` file that ``TextRegressor.save`` wrote.

    Raises ``ModelFileError``, a ``ValueError`` of one line, for a file that is not sound.
    Nothing in the file is executed.
    """
    return Model(file.read(path))


class Model:
    """Texts in, numbers out, as the Keras model in the same file answers them.

    Several threads may share one model.

    Attributes
    ----------
    config
        Sizes, and how the answers of the readers and the counter are put together.
    about
        What the file tells of how its model was made: parameters, versions, metrics.
    doubt
        What makes an answer unsure; see :class:`~unrolled.regressor.Intervals`.
    counting
        What each word and run of letters adds, before its share is taken.
    covariates
        What was learnt of columns beside the texts: their names and scales.
    content
        All that the file holds.

    """

    def __init__(self, content: file.ModelFile) -> None:
        """Make a model of what a file holds; see :func:`load`."""
        self.content = content
        self.config, pieces, grams, self.covariates, self._weights = content
        self.about: dict[str, Any] = self.config.about
        tables = [reader.vectors for reader in self._weights.readers]
        self.doubt = self._weights.doubt
        self._words = Words(pieces, tables, self.config.max_length)
        self._cells = [
            fused.arranged(lstm, reader.forward, reader.backward)
            for reader in self._weights.readers
        ]
        table, bias, beside = self._weights[:3]
        self.counting = Counting(grams, table, float(bias[0]), beside)
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: what the file held, of which all else is made again."""
        return type(self), (self.content,)

    @overload
    def predict(self, texts: Texts, interval: None = None) -> NDArray[np.float64]: ...

    @overload
    def predict(self, texts: Texts, interval: float) -> Intervals: ...

    def predict(
        self, texts: Texts, interval: float | None = None
    ) -> NDArray[np.float64] | Intervals:
        """Return one number for each text, (n,), in float64; with a level, an interval around each.

        Where columns stood beside the texts that the model has learnt from, ``texts`` is a table
        with the same: a DataFrame, or a mapping of names to lists.

        Where texts are drawn as those were that the model has learnt from, an interval of level 0.9
        holds the truth nine times in ten; see :class:`~unrolled.regressor.Intervals`.

        Raises ``TypeError`` or ``ValueError`` for what is no list of texts or an empty text, and
        ``ValueError`` where weights are so large that an answer is not finite, or for a level that
        too few texts were asked for.
        """
        known, cells = self.covariates.apart(texts, "texts")
        added = self._added(cells, len(known))
        place, each = 0, list[Any]()
        for block in _blocks(known, BLOCK):
            of_block = added[place : place + len(block)]
            place += len(block)
            if interval is None:
                each.append(self._answers(block, of_block))
            else:
                each.append(self._unsure(block, of_block, interval))
        if interval is None:
            return np.concatenate(each)
        return Intervals(*map(np.concatenate, zip(*each, strict=True)))

    def _added(self, cells: Mapping[str, Coded], count: int) -> NDArray[np.float32]:
        """Return what the columns of so many texts add to the answers, (N,)."""
        return self.covariates.features(cells, count) @ self.counting.beside

    def predict_stream(self, texts: Iterable[str], size: int = 256) -> Iterator[float]:
        """Yield one number for each text, in order; at most ``size`` texts are read ahead.

        Raises as :meth:`predict` does, when the wrong text is reached, and ``ValueError`` where
        columns stood beside the texts that the model has learnt from.
        """
        if names := self.covariates.names:
            raise ValueError(f"texts: expected tables with {names!r:.100}, for predict, got texts")
        for block in _blocks(each_text(texts, filled=True), as_count(size, "size")):
            yield from self._answers(block, np.zeros(len(block), np.float32)).tolist()

    def gates(self, text: str) -> Gates:
        """Return what the cells do at every token of a text.

        Raises ``TypeError`` or ``ValueError`` for what is no text or an empty one, and
        ``ValueError`` where weights are so large that a value is not finite.
        """
        as_texts([text], "text", filled=True)
        if not self._weights.readers:
            raise ValueError("expected a model that reads, got one that only counts")
        cut = self._words.cut(text)
        with self._lock:
            rows = self._words.numbers([cut])  # First: it makes the vectors of new words.
            x = self._words.vectors[0][rows]
        reader = self._weights.readers[0]
        values = {}
        for way, params in ("forward", reader.forward), ("backward", reader.backward):
            with np.errstate(all="ignore"):
                run = unroll(lstm, params, x, reverse=way == "backward")
            for name in "ifgoch":
                steps = [getattr(cache, name)[0] for cache in run.caches]
                values[f"{name} {way}"] = finite(np.stack(steps))
        return Gates(cut, values)

    def _answers(self, block: list[str], added: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the answers to some texts, with what their columns add."""
        return self._together(*self._parts([self._words.cut(text) for text in block]), added)

    def _unsure(self, block: list[str], added: NDArray[np.float32], level: float) -> Intervals:
        """Return the answers to some texts, with intervals."""
        cut = [self._words.cut(text) for text in block]
        read, counted = self._parts(cut)
        texts, grams = [text[1:] for text in cut], self.counting.grams
        told = signs(
            read if len(grams) else None, counted, np.array([len(text) for text in cut]),
            unknown(texts, grams, self._words.pieces),
        )  # fmt: skip
        half_widths = self.config.scale * self.doubt.half_widths(told, level)
        return Intervals.around(self._together(read, counted, added), half_widths, told)

    def _parts(
        self, cut: list[list[str]]
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.float32]]:
        """Return what is read of some texts, if there is a reader, and what is counted, (N,)."""
        with self._lock, np.errstate(all="ignore"):
            counted = self.counting.answers(text[1:] for text in cut)
            return self._read(cut) if self._weights.readers else None, counted

    def _together(
        self,
        read: NDArray[np.float32] | None,
        counted: NDArray[np.float32],
        added: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        """Return the answers (N,)."""
        config = self.config
        with np.errstate(all="ignore"):
            both = (1 - config.share) * counted
            if read is not None:
                both = config.share * read + both
            # Here, for float32 would round a time in seconds to two minutes.
            both = (both + added).astype(np.float64)
            return finite(np.asarray(config.mean + config.scale * both))

    def _read(self, cut: list[list[str]]) -> NDArray[np.float32]:
        """Return what is read of some texts, those of like length together."""
        rows = self._words.numbers(cut)
        found = np.empty(len(rows), np.float32)
        lengths = np.array([len(row) for row in rows])
        for places in by_length(lengths, BATCH, None, MOST_STEPS):
            found[places] = self._read_batch([rows[place] for place in places], lengths[places])
        return found

    def _read_batch(self, rows: list[list[int]], lengths: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return what is read (N,) of one batch of numbers of words."""
        steps = np.arange(lengths.max())[:, None]
        real = steps < lengths  # (T, N)
        # Read from its own end, every text starts at step 0 and no step before it is padding.
        both = np.zeros((2, *real.shape), np.intp)
        for words, each in zip(both, (rows, [row[::-1] for row in rows]), strict=True):
            words.T[real.T] = np.fromiter(chain.from_iterable(each), np.intp)
        read = np.zeros(len(rows), np.float32)
        readers = self._weights.readers
        for reader, cells, vectors in zip(readers, self._cells, self._words.vectors, strict=True):
            state = list(np.zeros((2, 2, len(rows), self.config.units), np.float32))
            outputs, _ = run_arranged(cells, vectors[both], state)
            read += _pooled(outputs, real) @ reader.readout[:, 0] + reader.bias
        return read / np.float32(len(readers))


def finite(values: Numbers) -> Numbers:
    """Return ``values``, or raise ``ValueError`` if one of them is no finite number."""
    bad = values[~np.isfinite(values)]
    if bad.size:
        raise ValueError(
            f"expected a model whose answers are finite, got {bad[0]}: its weights are too large"
        )
    return values


def _pooled(outputs: Array, real: NDArray[np.bool_]) -> Array:
    """Return the means over the real steps of two outputs (2, T, N, H), then the highest, (N, 4H).

    It may use up ``outputs``.
    """
    padding = ~real
    outputs[:, padding] = 0
    means = outputs.sum(axis=1) / real.sum(axis=0, dtype=np.float32)[:, None]
    outputs[:, padding] = -2  # an output of an LSTM lies above -1
    return np.hstack([*means, *outputs.max(axis=1)])


def _blocks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield texts in blocks of ``size``, or fewer long ones."""
    block: list[str] = []
    letters = 0
    for text in texts:
        block.append(text)
        letters += len(text)
        if len(block) == size or letters >= MOST_LETTERS:
            yield block
            block, letters = [], 0
    if block:
        yield block
