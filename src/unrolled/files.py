"""A file is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def replace(path: str | os.PathLike[str], save: Callable[[str], Any]) -> None:
    """Let ``save`` write a temporary file beside ``path``, then rename it.

    An interrupted or failed save leaves the old file as it was and nothing new.
    Raises ``FileNotFoundError`` if the folder does not exist, ``ValueError`` if something that is
    no file has that name: a folder or a device, whose place no file may take.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: expected a file or nothing of that name, got something else")
    place = path.resolve()  # A link stays a link: the file that it names is replaced.
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".saving-") as folder:
        written = Path(folder) / path.name
        save(str(written))
        os.replace(written, place)


def write(save: Callable[[str], Any], path: str | os.PathLike[str]) -> None:
    """Let ``save`` write a model file, whole or not at all.

    Raises
    ------
    ValueError
        If the path does not end in ``.keras``, by which Keras knows its format.
    FileNotFoundError
        If its folder does not exist.

    """
    name = Path(path).name
    if not name.endswith(".keras"):
        raise ValueError(f"path: expected a name that ends in '.keras', got {name!r}")
    replace(path, save)
