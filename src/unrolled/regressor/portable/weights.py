"""The weights of a model file: numbers of float32, low byte first, one array behind another."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.checks import LARGEST
from unrolled.regressor.intervals import SIGNS, Doubt
from unrolled.regressor.portable.archive import ModelFileError

#: Of every number in the file.
KIND = np.dtype("<f4")


class Reader(NamedTuple):
    """One bidirectional LSTM: vectors (V, D), two cells, readout (4H, 1) and its bias (1,)."""

    vectors: Array
    forward: lstm.Params
    backward: lstm.Params
    readout: Array
    bias: Array


class Weights(NamedTuple):
    """The counter's table (G, 2), bias (1,) and covariates (F,), what is doubted, the readers."""

    table: Array
    bias: Array
    beside: Array
    doubt: Doubt
    readers: list[Reader]

    @property
    def parts(self) -> list[list[Array]]:
        """The arrays of the counter, the doubts and each reader, in the order of the file."""
        each = [[r.vectors, *r.forward, *r.backward, r.readout, r.bias] for r in self.readers]
        return [[self.table, self.bias, self.beside], list(self.doubt), *each]


class Sizes(NamedTuple):
    """What the arrays are as large as: G, F, S, V, D and H, and the number of readers."""

    features: int
    beside: int
    scores: int
    vocabulary_size: int
    embedding_dim: int
    units: int
    readers: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Sizes":
        """Return the sizes of a model by its config."""
        others = (config[name] for name in cls._fields[1:])
        return cls(config["words"] + config["letters"], *others)


def bytes_of(sizes: Sizes) -> int:
    """Return how many bytes the weights of these sizes take.

    >>> bytes_of(Sizes(1000, 2, 98, vocabulary_size=1000, embedding_dim=8, units=4, readers=1))
    42152
    """
    features, beside, scores, vocabulary_size, embedding_dim, units, readers = sizes
    cell = 4 * units * (embedding_dim + units + 1)
    reader = vocabulary_size * embedding_dim + 2 * cell + 4 * units + 1
    counted = 2 * features + 1 + beside + 1 + SIGNS + scores
    return KIND.itemsize * (counted + readers * reader)


def read(data: bytes, sizes: Sizes) -> Weights:
    """Return the weights that stand in bytes, as views of them.

    Raises ``ModelFileError`` where there are more or fewer, where a number is not finite or beyond
    1e15, and where ratios of errors fall.
    """
    if len(data) != (expected := bytes_of(sizes)):
        raise ModelFileError(f"expected {expected} bytes, got {len(data)}")
    arrays = _Arrays(data)
    features, beside, scores, *size, readers = sizes
    table, bias, more = (arrays.next("counter", each) for each in ((features, 2), (1,), (beside,)))
    doubt = Doubt(arrays.next("doubt", (1 + SIGNS,)), arrays.next("doubt", (scores,)))
    if (np.diff(doubt.scores, prepend=np.float32(0)) < 0).any():
        raise ModelFileError("doubt: expected ratios from 0 upwards, got others")
    found = [_reader(arrays, number, *size) for number in range(readers)]
    return Weights(table, bias, more, doubt, found)


class _Arrays:
    """Takes one array after another from the bytes of a file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def next(self, part: str, shape: tuple[int, ...]) -> Array:
        """Return the next array, of numbers that are not vast; or raise."""
        count = math.prod(shape)
        values = np.frombuffer(self.data, KIND, count, self.place) if count else np.empty(0, KIND)
        self.place += values.nbytes
        # Within these bounds no product overflows. Written so that NaN fails too.
        largest = max(float(values.max(initial=0)), -float(values.min(initial=0)))
        if not largest <= LARGEST:
            raise ModelFileError(
                f"{part}: expected numbers up to {LARGEST:g} in size, got {largest:g}"
            )
        return values.reshape(shape)


def _reader(
    arrays: _Arrays, number: int, vocabulary_size: int, embedding_dim: int, units: int
) -> Reader:
    cell = (embedding_dim, 4 * units), (units, 4 * units), (4 * units,)
    shapes = (vocabulary_size, embedding_dim), *cell, *cell, (4 * units, 1), (1,)
    vectors, *cells, readout, bias = (arrays.next(f"reader {number}", shape) for shape in shapes)
    return Reader(vectors, lstm.Params(*cells[:3]), lstm.Params(*cells[3:]), readout, bias)
