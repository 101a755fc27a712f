"""Where a command writes besides standard output."""

import os
import sys
import tempfile
import textwrap
from contextlib import suppress
from pathlib import Path

#: How long a line of prose may be: a terminal has 80 columns, a page of the book 75.
WIDTH = 75


def say(message: str) -> None:
    """Print on standard output, if there is one, in its own encoding.

    click's ``echo`` would write UTF-8 where that is ASCII.
    """
    print(message, flush=True)


def tell(message: str) -> None:
    """Print a sentence on standard output, in lines that fit a terminal.

    >>> tell("The baseline is simpler. " * 4)
    The baseline is simpler. The baseline is simpler. The baseline is simpler.
    The baseline is simpler.
    """
    say(textwrap.fill(message, WIDTH, break_long_words=False, break_on_hyphens=False))


def note(message: str) -> None:
    """Say something in one line of standard error, whoever worded it, if that takes it."""
    with suppress(OSError):
        print(f"unrolled: {' '.join(message.split())}", file=sys.stderr)


def check_writable(out: Path, *read: str | Path, option: str = "--out") -> None:
    """Raise ``ValueError`` now, not after hours of work, if a file cannot be written there.

    Nor may it be one of the files that are ``read``: it would take their place.

    >>> check_writable(Path("missing/model.keras"))
    Traceback (most recent call last):
    ...
    ValueError: --out: expected a folder at 'missing', got none
    """
    try:
        folder = out.resolve().parent
        if not folder.is_dir():
            raise ValueError(f"{option}: expected a folder at '{out.parent}', got none")
        if out.exists() and not out.is_file():
            raise ValueError(
                f"{option}: expected a file or nothing of that name at '{out}', got neither"
            )
        if out.exists() and any(os.path.exists(name) and out.samefile(name) for name in read):
            raise ValueError(f"{option}: expected a file other than those read, got '{out}'")
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"{option}: expected to be able to write '{out}', got: {error.strerror}"
        ) from None
