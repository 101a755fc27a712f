"""The weights of a model file: plain arrays of float32 at known places of an HDF5 file."""

import io
import math
from typing import Any, NamedTuple

import h5py
import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.checks import LARGEST
from unrolled.regressor.intervals import SIGNS, Doubt
from unrolled.regressor.portable import names
from unrolled.regressor.portable.archive import ModelFileError, short
from unrolled.regressor.portable.names import WEIGHTS


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
        """The arrays of the counter and of each reader, in the order of Keras."""
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


def bytes_of(sizes: Sizes) -> tuple[int, int]:
    """Return the least and the most bytes that a file of weights of these sizes may have.

    >>> bytes_of(Sizes(1000, 2, 98, vocabulary_size=1000, embedding_dim=8, units=4, readers=1))
    (42152, 1156264)
    """
    features, beside, scores, vocabulary_size, embedding_dim, units, readers = sizes
    cell = 4 * units * (embedding_dim + units + 1)
    reader = vocabulary_size * embedding_dim + 2 * cell + 4 * units + 1
    least = 4 * (2 * features + 1 + beside + 1 + SIGNS + scores + readers * reader)
    # HDF5 adds names, places and sizes: about 25,000 bytes for each reader.
    return least, least + (1 << 20) + readers * (1 << 16)


def read(data: bytes, sizes: Sizes) -> Weights:
    """Return the weights that stand in the bytes of an HDF5 file, as views of these bytes.

    Raises ``ModelFileError`` where one is missing or is no plain array of its shape, where a
    number is not finite or beyond 1e15, and where anything in the file points out of it.
    """
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            if file.userblock_size:
                raise ModelFileError("expected nothing before the arrays, got a user's block")
            readers = sizes.readers
            found = _Arrays(data, _arrays(file.id, most=100 * (readers + 1)))
            weights = Weights(
                found.values(names.COUNTER[0], (sizes.features, 2)),
                found.values(names.COUNTER[1], (1,)),
                found.values(names.COUNTER[2], (sizes.beside,)),
                _doubt(found, sizes.scores),
                [_reader(found, names.reader(n), *sizes[3:6]) for n in range(readers)],
            )
            # Keras may add arrays of whole numbers, the states of its random generators.
            more = sorted(path for path, item in found.places.items() if item.dtype.kind == "f")
            if more:
                raise ModelFileError(f"expected {readers} reader(s), got more: {short(more[0])}")
            return weights
    except ModelFileError as error:
        raise ModelFileError(f"{WEIGHTS}: {error}") from None
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, OverflowError) as error:
        reason = short(error)
        raise ModelFileError(f"{WEIGHTS}: expected an HDF5 file, got damage: {reason}") from None


class _Arrays:
    """The arrays of an HDF5 file by path, and the bytes that they stand in."""

    def __init__(self, data: bytes, places: dict[str, Any]) -> None:
        self.data, self.places = data, places

    def values(self, path: str, shape: tuple[int, ...]) -> Array:
        """Return one array, float32 and not vast, and strike it off; or raise."""
        array = self.places.pop(path, None)
        if array is None:
            raise ModelFileError(f"expected an array at {path}, got none")
        if array.dtype != np.dtype("<f4") or array.shape != shape:
            got = f"{short(array.dtype)} of shape {array.shape}"
            raise ModelFileError(f"expected float32 of shape {shape} at {path}, got {got}")
        start = array.get_offset() if math.prod(shape) else 0
        if start is None:
            raise ModelFileError(f"expected numbers at {path}, got none written")
        values = np.frombuffer(self.data, "<f4", math.prod(shape), start).reshape(shape)
        # Within these bounds no product overflows. Written so that NaN fails too.
        largest = max(float(values.max(initial=0)), -float(values.min(initial=0)))
        if not largest <= LARGEST:
            raise ModelFileError(
                f"expected numbers up to {LARGEST:g} in size at {path}, got {largest:g}"
            )
        return values


def _doubt(arrays: _Arrays, scores: int) -> Doubt:
    weights, ratios = names.DOUBT
    doubt = Doubt(arrays.values(weights, (1 + SIGNS,)), arrays.values(ratios, (scores,)))
    if (np.diff(doubt.scores, prepend=np.float32(0)) < 0).any():
        raise ModelFileError(f"expected ratios from 0 upwards at {ratios}, got others")
    return doubt


def _reader(
    arrays: _Arrays, paths: list[str], vocabulary_size: int, embedding_dim: int, units: int
) -> Reader:
    cell = (embedding_dim, 4 * units), (units, 4 * units), (4 * units,)
    shapes = (vocabulary_size, embedding_dim), *cell, *cell, (4 * units, 1), (1,)
    vectors, *cells, readout, bias = map(arrays.values, paths, shapes)
    return Reader(vectors, lstm.Params(*cells[:3]), lstm.Params(*cells[3:]), readout, bias)


def _arrays(root: Any, most: int) -> dict[str, Any]:
    """Return all arrays of a file by their paths, or raise if anything in it is not plain.

    Each link is looked at before it is followed: to look a name up the usual way would open
    the other file that it may point to.
    """
    arrays: dict[str, Any] = {}
    groups, count = [("", root)], 0
    while groups:
        place, group = groups.pop()
        for name in group:
            path = place + name.decode("utf-8", "replace")
            count += 1
            if count > most:
                raise ModelFileError(f"expected at most {most} groups and arrays, got more")
            if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                raise ModelFileError(f"expected no link to elsewhere, got one at {short(path)}")
            item = h5py.h5o.open(group, name)
            if isinstance(item, h5py.h5g.GroupID):
                groups.append((f"{path}/", item))
            else:
                _check_plain(item, path)
                arrays[path] = item
    return arrays


def _check_plain(item: Any, path: str) -> None:
    """Raise unless ``item`` is an array of numbers in one piece, here in the file."""
    kind = "something else"
    if isinstance(item, h5py.h5d.DatasetID):
        kept = item.get_create_plist()
        whole = kept.get_layout() == h5py.h5d.CONTIGUOUS and not kept.get_external_count()
        if whole and item.dtype.kind in "fiu":
            return
        kind = short(item.dtype) if whole else "one in pieces or elsewhere"
    raise ModelFileError(f"expected an array of numbers in one piece at {short(path)}, got {kind}")
