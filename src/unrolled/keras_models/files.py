"""A model file is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write(save: Callable[[str], Any], path: str | os.PathLike[str]) -> None:
    """Let ``save`` write a temporary file beside ``path``, then rename it.

    An interrupted or failed save leaves the old file as it was and nothing new.

    Raises
    ------
    ValueError
        If the path does not end in ``.keras``, by which Keras knows its format.
    FileNotFoundError
        If its folder does not exist.

    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"path: expected a name that ends in '.keras', got {path.name!r}")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as folder:
        written = Path(folder) / path.name
        save(str(written))
        os.replace(written, path)
