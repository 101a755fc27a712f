"""Where a command writes besides standard output."""

import sys
import tempfile
from pathlib import Path


def note(message: str) -> None:
    """Say something in one line of standard error, whoever worded it."""
    print(f"unrolled: {' '.join(message.split())}", file=sys.stderr)


def check_writable(out: Path) -> None:
    """Raise ``ValueError`` now, not after hours of work, if a file cannot be written there.

    >>> check_writable(Path("missing/model.keras"))
    Traceback (most recent call last):
    ...
    ValueError: --out: expected a folder at 'missing', got none
    """
    folder = out.resolve().parent
    if not folder.is_dir():
        raise ValueError(f"--out: expected a folder at '{out.parent}', got none")
    if out.exists() and not out.is_file():
        raise ValueError(f"--out: expected a file or nothing of that name at '{out}', got neither")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"--out: expected to be able to write in '{folder}', got: {error.strerror}"
        ) from None
