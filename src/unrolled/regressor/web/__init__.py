r"""A trained text model in a browser: one classic script, which needs no server and no other file.

``unrolled export MODEL.keras --to web`` writes what ``script`` returns: ``runtime``, which defines
``unrolled.model``, and ``data``, kept in ``unrolled.models`` under the model's name. A page with
several models may carry the runtime once and the data of each.

``unrolled.model(data)`` makes an object of three functions. Each takes one text, reads at most
``max_length - 1`` tokens of it, and throws an ``Error`` of one sentence for what is no string or
has nothing but white space in it, and where weights are so large that an answer is not finite.
Where columns stood beside the texts that the model has learnt from, each takes a second argument,
an object with all of them by name: ``model.predict(text, {price: 3, brand: "x"})``. ``null``,
``NaN`` and ``""`` are missing. A column that is not there, or a word for a number, throws, too.

``predict(text)``
    the number.
``read(text)``
    an object. ``tokens`` are T strings, ``known`` tells for each whether a piece or a counted word
    of it is known, and ``whole`` whether it was learnt as it stands. ``answer`` is the number, and
    ``interval`` is ``[low, high]``, which holds the truth nine times in ten, or null where the
    model cannot tell. ``gates`` is what the first reader's cells do, as ``portable.Model.gates``
    has it: ``gates["i forward"]`` and so on are T + 1 rows of H numbers. Row 0 belongs to the sign
    of the start, so token t has row t + 1. A model that only counts has no gates: ``{}``.
``without(text)``
    for each of the T tokens, the number if that token were not there.

The data are JSON. ``pieces``, ``words`` and ``letters`` are sorted names: of each the number of
units that it shares with the one before, a digit of base 36, and the rest. Matrices are
``{bits, columns, values, scales}``, base64 of little-endian numbers row by row: integers of 8 or 16
bits times a float32 for each row, or float32. ``table`` has two rows, IDF and weight of words, then
of letters. ``vectors`` has a row for a token of which no piece is known, then one for each piece;
they are most of a file, and 8 bits are for them alone: all else keeps 16, for it costs little and
answers depend on it more. ``W``, ``U`` and ``b`` of a cell are blocks i, f, c and o. ``doubt``
holds the weights of an interval's signs, the constant first, and the ratio of level 0.9.
``columns`` are those of ``Covariates``, and ``beside`` the weights of their features; data of
format 1 have neither.

A browser cuts texts as Python does, but for signs that are younger than the Unicode of one of the
two: no model has learnt from these.
"""

import re
from base64 import b64encode
from importlib.resources import files
from itertools import takewhile
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.cells import lstm
from unrolled.equations.writing import literal
from unrolled.regressor.columns import Texts
from unrolled.regressor.intervals import Doubt
from unrolled.regressor.pieces import RESERVED
from unrolled.regressor.portable import Model
from unrolled.regressor.portable.file import ModelFile
from unrolled.regressor.portable.weights import Reader

#: The versions of the data's layout, which the script checks: the second has columns.
FORMATS = 1, 2
#: The share of texts whose intervals hold the truth.
LEVEL = 0.9
Bits = Literal[8, 16, 32]
Floats = NDArray[np.float32]

_HALF = re.compile("[\ud800-\udfff]")


class _Matrix(NamedTuple):
    """A matrix (R, C) as whole numbers of so many bits, times a scale for each row, float32."""

    values: NDArray[Any]
    scales: Floats

    @classmethod
    def of(cls, rows: Floats, bits: int) -> "_Matrix":
        """Round a matrix; with 32 bits it stays as it is."""
        if bits == 32:
            return cls(rows.astype("<f4"), np.ones(len(rows), "<f4"))
        largest = 2 ** (bits - 1) - 1
        scales = (np.abs(rows).max(axis=1, initial=0) / largest).astype("<f4")
        steps = rows / np.where(scales, scales, 1)[:, None]
        return cls(np.clip(np.rint(steps), -largest, largest).astype(f"<i{bits // 8}"), scales)

    @property
    def rows(self) -> Floats:
        """The matrix that a browser sees."""
        return self.values.astype(np.float32) * self.scales[:, None]

    def to_json(self) -> dict[str, Any]:
        """Return what stands in the file."""
        values, scales = (b64encode(array.tobytes()).decode() for array in self)
        bits, columns = 8 * self.values.itemsize, self.values.shape[1]
        return {"bits": bits, "columns": columns, "values": values, "scales": scales}


def script(content: ModelFile, name: str, bits: Bits = 16) -> str:
    """Return a classic script that holds a model by its name and all that it needs to answer."""
    key, kept = literal(name), literal(data(content, bits))
    names = content.covariates.names
    beside = f", {literal(dict.fromkeys(names))}" if names else ""
    usage = f"""\
// A trained text model that answers in a browser, written by `unrolled export --to web`.
// It needs nothing else and sends nothing. Load it by a script tag; then, in a script of yours:
//     const model = unrolled.model(unrolled.models[{key}]);
//     const number = model.predict("Any text that is not empty."{beside});
//     document.body.append(number.toFixed(2));
// `unrolled` is its only global. model.read(text) tells the tokens, which are known, the gates;
// model.without(text) tells what the answer were without each token.
"""
    return f"{usage}{runtime()}(unrolled.models ??= {{}})[{key}] = {kept};\n"


def runtime() -> str:
    """Return the classic script that defines ``unrolled.model``, whatever the model.

    >>> runtime().splitlines()[0]
    '(() => {'
    """
    arrays, here = files("unrolled.equations") / "arrays.js", files("unrolled.regressor.web")
    names = "lstm", "tokens", "columns", "predictor"
    return classic(arrays, *(here / f"{name}.js" for name in names))


def classic(*parts: Any) -> str:
    """Return files of JavaScript, paths in a package, as one script that shares its names."""
    code = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    return f'(() => {{\n"use strict";\n{code}}})();\n'


def data(content: ModelFile, bits: Bits = 16) -> dict[str, Any]:
    """Return what a file holds as the JSON that ``unrolled.model`` takes."""
    config, pieces, grams, covariates, weights = content
    words, letters = _order(grams.words), _order(grams.letters)
    table = weights.table[[*words, *(len(words) + n for n in letters)]]
    known = _order(pieces.names[2:])
    rows = [RESERVED.index("[UNK]"), *(2 + n for n in known)]

    def matrix(array: Floats, bits: int = max(bits, 16)) -> dict[str, Any]:
        return _Matrix.of(np.atleast_2d(array), bits).to_json()

    def cell(params: lstm.Params) -> dict[str, Any]:
        return dict(zip("WUb", map(matrix, params), strict=True))

    is_alone = not covariates.names
    columns = {
        "columns": [column._asdict() for column in covariates.columns],
        "beside": weights.beside.tolist(),
    }
    return {
        "format": FORMATS[not is_alone], **({} if is_alone else columns), "units": config.units,
        "max_length": config.max_length,
        "share": config.share, "mean": config.mean, "scale": config.scale,
        "pieces": _names([pieces.names[2 + n] for n in known]),
        "words": _names([grams.words[n] for n in words]),
        "letters": _names([grams.letters[n] for n in letters]),
        "table": matrix(table.T), "bias": float(weights.bias[0]),
        "doubt": _doubt(weights.doubt),
        "readers": [
            {
                "vectors": matrix(reader.vectors[rows], bits), "forward": cell(reader.forward),
                "backward": cell(reader.backward), "readout": matrix(reader.readout.T),
                "bias": float(reader.bias[0]),
            }
            for reader in weights.readers
        ],
    }  # fmt: skip


def rounded(content: ModelFile, bits: Bits) -> ModelFile:
    """Return a model with the weights that a browser has, so that it answers as that does."""

    def near(array: Floats, bits: int = max(bits, 16)) -> Floats:
        return _Matrix.of(np.atleast_2d(array), bits).rows.reshape(array.shape)

    weights = content.weights
    readers = [
        Reader(
            near(vectors, bits), lstm.Params(*map(near, forward)),
            lstm.Params(*map(near, backward)), near(readout.T).T, bias,
        )
        for vectors, forward, backward, readout, bias in weights.readers
    ]  # fmt: skip
    table = near(weights.table.T).T
    return content._replace(weights=weights._replace(table=table, readers=readers))


def moves(content: ModelFile, texts: Texts, bits: Bits) -> NDArray[np.float64]:
    """Return by how much each answer moves, (n,), when weights are rounded to so many bits."""
    before, after = (Model(each).predict(texts) for each in (content, rounded(content, bits)))
    return np.abs(after - before)


def _doubt(doubt: Doubt) -> dict[str, Any] | None:
    """Return what an interval is made of, or None where too few texts were asked for one."""
    try:
        return {"weights": doubt.weights.tolist(), "ratio": doubt.ratio(LEVEL)}
    except ValueError:
        return None


def _order(names: list[str]) -> list[int]:
    """Return the places of names in the order of their letters."""
    return sorted(range(len(names)), key=names.__getitem__)


def _names(names: list[str]) -> dict[str, Any]:
    """Return sorted names, each by what it shares with the one before.

    >>> _names(["late", "later", "lot"])
    {'shared': '041', 'rest': ['late', 'r', 'ot']}
    """
    # Half a character is in no text that was cut; in a browser two of them would be a whole one.
    kept = ["" if _HALF.search(name) else name for name in names]
    shared = [_shared(*pair) for pair in zip(["", *kept], kept, strict=False)]
    return {
        "shared": "".join(np.base_repr(n, 36) for n in shared),
        "rest": [name[n:] for name, n in zip(kept, shared, strict=True)],
    }


def _shared(one: str, other: str) -> int:
    """Return how long a beginning two names share, 35 at most and within U+FFFF.

    What lies beyond is two units in JavaScript.
    """
    pairs = zip(one[:35], other, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1] <= "\uffff", pairs)))
