"""The file of a training between two epochs, whose arrays and history are checked as they come."""

import json
from collections.abc import Mapping
from io import BytesIO
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled import files
from unrolled.regressor.portable.archive import Archive

#: How a training step is made; raised with it, for no run goes on from another's.
VERSION = 6
Arrays = Mapping[str, NDArray[Any]]
History = list[dict[str, float]]
#: What an epoch leaves in the history; the error only where texts are asked.
RECORD = {"seconds", "loss", "validation_rmse"}


def write(path: str | PathLike[str], arrays: Arrays, history: History) -> None:
    """Write arrays by name and a history, whole or not at all."""
    parts: dict[str, Any] = {**arrays, "history": np.array(json.dumps(history))}
    files.write(path, lambda part: np.savez(part, **parts))


def read(
    path: str | PathLike[str], like: Arrays, epochs: int
) -> tuple[dict[str, NDArray[Any]], History]:
    """Return what :func:`write` wrote: arrays like these, and a history of at most ``epochs``.

    Raises ``ValueError`` for any other file. No size that it tells is believed.
    """
    try:
        with open(path, "rb") as file:
            archive = Archive(file, [f"{name}.npy" for name in (*like, "history")])
            found = {
                name: _array(archive.read(f"{name}.npy", array.nbytes + 1000), array)
                for name, array in like.items()
            }
            return found, _history(archive, epochs)
    except (OSError, ValueError) as error:
        raise ValueError(f"expected {path} to be a checkpoint of this run: {error}") from None


def _array(data: bytes, like: NDArray[Any]) -> NDArray[Any]:
    """Return the array in what ``np.save`` wrote; raise ``ValueError`` unless it is like another.

    ``np.load`` would make room for as many numbers as the bytes say that there are.
    """
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(like))
    begin = header.getvalue()
    if not data.startswith(begin) or len(data) != len(begin) + like.nbytes:
        raise ValueError(f"expected {like.dtype} of shape {like.shape}, got something else")
    return np.frombuffer(data, like.dtype, offset=len(begin)).reshape(like.shape)


def _history(archive: Archive, epochs: int) -> History:
    """Return the history of a checkpoint; raise ``ValueError`` for what is none."""
    data = archive.read("history.npy", 1000 * (epochs + 20))
    letters = max(len(data) - 128, 4) // 4  # Behind a header of 128 bytes.
    history: History = json.loads(str(_array(data, np.empty((), f"<U{letters}"))))
    is_one = isinstance(history, list) and len(history) <= epochs and all(
        isinstance(record, dict) and RECORD - {"validation_rmse"} <= set(record) <= RECORD
        and all(type(value) is float for value in record.values())
        for record in history
    )  # fmt: skip
    if not is_one:
        raise ValueError(f"history: expected at most {epochs} records of an epoch, got another")
    return history
