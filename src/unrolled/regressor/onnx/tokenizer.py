"""From texts to the inputs of a graph: what an ONNX file tells of it, checked, and the reference.

It needs NumPy alone. The twin for a browser is ``tokenizer.js``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.columns import Coded
from unrolled.regressor.counting import Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.pieces import START, Pieces, tokens

#: Where in a file's metadata the JSON stands, and the version of its layout.
KEY, FORMAT = "unrolled", 1
_KINDS: dict[str, Any] = {
    "max_length": int, "pieces": list, "words": list, "letters": list, "columns": dict,
    "scores": int, "scale": (int, float),
}  # fmt: skip


def sealed(data: bytes) -> bytes:
    """Return the bytes of a model with one more entry of its metadata, which tells their hash.

    Messages of protocol buffers, end to end, are one message.
    """
    key, found = f"{KEY}.sha256".encode(), hashlib.sha256(data).hexdigest().encode()
    entry = b"\x0a%c%b\x12%c%b" % (len(key), key, len(found), found)
    return data + b"\x72%c%b" % (len(entry), entry)


def check_seal(data: bytes) -> None:
    """Raise ``ValueError`` unless the bytes of a file are those that were sealed.

    >>> check_seal(sealed(b"graph"))
    >>> check_seal(sealed(b"graph").replace(b"h", b"t", 1))
    Traceback (most recent call last):
    ValueError: expected a file as `unrolled export` wrote it, got one damaged or changed since
    """
    rest = data[: len(data) - (len(sealed(data)) - len(data))]
    if sealed(rest) != data:
        raise ValueError(
            "expected a file as `unrolled export` wrote it, got one damaged or changed since"
        )


class Tokenizer(NamedTuple):
    """What turns texts into the inputs of a graph.

    ``max_length`` is the most tokens of one text, the sign of its start included; ``scores`` the
    number of texts that intervals rest on, ``scale`` that of the answers.
    """

    pieces: Pieces
    grams: Grams
    covariates: Covariates
    max_length: int
    scores: int
    scale: float

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> "Tokenizer":
        """Read a file's metadata; raises ``ValueError`` unless it is what ``export`` wrote.

        >>> Tokenizer.of({"unrolled": '{"format": 2}'})
        Traceback (most recent call last):
        ValueError: expected format 1, got 2: the file was written by a newer unrolled
        """
        if KEY not in metadata:
            raise ValueError(
                f"expected an ONNX file of `unrolled export`, got one without {KEY!r} in its "
                "metadata"
            )
        try:
            found = json.loads(metadata[KEY])
        except (ValueError, RecursionError) as error:
            raise ValueError(f"expected JSON in the metadata, got damage: {error}") from None
        version = found.get("format") if isinstance(found, dict) else None
        if type(version) is not int or version != FORMAT:
            newer = isinstance(version, int) and version > FORMAT
            why = ": the file was written by a newer unrolled" if newer else ""
            raise ValueError(f"expected format {FORMAT}, got {version!r:.40}{why}")
        for key, kind in _KINDS.items():
            value = found.get(key)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ValueError(f"expected {key} in the metadata, got {value!r:.40}")
        for name in chain(found["pieces"], found["words"], found["letters"]):
            if not isinstance(name, str):
                raise ValueError(f"expected strings as names in the metadata, got {name!r:.40}")
        if found["max_length"] < 2 or found["scores"] < 0:
            raise ValueError("expected sizes in the metadata, got numbers that are too small")
        return cls(
            Pieces(found["pieces"]), Grams(found["words"], found["letters"]),
            Covariates.from_json(found["columns"]), found["max_length"], found["scores"],
            float(found["scale"]),
        )  # fmt: skip

    def cut(self, text: str) -> list[str]:
        """Return the tokens that are read of a text, the sign of its start first."""
        return [START, *islice(tokens(text), self.max_length - 1)]

    def inputs(
        self, cut: Sequence[Sequence[str]], cells: Mapping[str, Coded], level: float = 0.9
    ) -> dict[str, NDArray[Any]]:
        """Return the inputs for N texts, given as their tokens, and the columns beside them."""
        numbers: dict[str, int] = {}
        rows = [[numbers.setdefault(token, 1 + len(numbers)) for token in text] for text in cut]
        counts = self.grams.counts([text[1:] for text in cut])
        ends = np.bincount(counts.rows, minlength=len(cut)).cumsum()[:-1]
        found: dict[str, NDArray[Any]] = {
            "tokens": _padded(rows),
            "pieces": _padded([self.pieces.ids(token) for token in numbers]),
            "grams": _padded(np.split(counts.columns + 1, ends)),
            "times": _padded(np.split(counts.values, ends)),
            "level": np.array(level, np.float64),
        }
        if self.covariates.width:
            found["beside"] = self.covariates.features(cells, len(cut))
        return found


def _padded(rows: Sequence[Sequence[int] | NDArray[Any]]) -> NDArray[np.int32]:
    """Return rows of numbers as one array, filled up with 0, with a column at least."""
    lengths = np.array([len(row) for row in rows])
    found = np.zeros((len(rows), max(1, lengths.max())), np.int32)
    found[np.arange(found.shape[1]) < lengths[:, None]] = np.fromiter(
        chain.from_iterable(rows), np.int32
    )
    return found
