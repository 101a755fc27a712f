"""A file is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write(path: str | os.PathLike[str], save: Callable[[str], Any], suffix: str = "") -> None:
    """Let ``save`` write a temporary file beside ``path``, then rename it.

    An interrupted or failed save leaves the old file as it was and nothing new.

    Raises
    ------
    ValueError
        If the name does not end in ``suffix``, by which a library may know its format, or if
        something that is no file has that name: a folder or a device, whose place no file may take.
    FileNotFoundError
        If the folder does not exist.

    """
    path = Path(path)
    if not path.name.endswith(suffix):
        raise ValueError(f"path: expected a name that ends in {suffix!r}, got {path.name!r}")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: expected a file or nothing of that name, got something else")
    place = path.resolve()  # A link stays a link: the file that it names is replaced.
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".saving-") as folder:
        written = Path(folder) / path.name
        save(str(written))
        os.replace(written, place)
