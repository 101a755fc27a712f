"""What is wrong with a user's file, in one line that says where and what."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class TableError(ValueError):
    """Something in the user's file is not as expected: one line that says where and what."""


class NoRowsError(TableError):
    """There is not one row in a file."""


@contextmanager
def as_table_errors(name: str) -> Iterator[None]:
    """Turn what the system or gzip says of a file into one line."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise TableError(f"{name}: expected a file that can be read, got: {reason}") from error


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, as many as a line holds.

    >>> listed(["text", "score"])
    "'text', 'score'"
    """
    return _short(", ".join(repr(name) for name in names))


def one_line(error: BaseException) -> str:
    r"""Return what an error says, in one line and not too long.

    >>> one_line(ValueError("cut\n  off"))
    'cut off'
    """
    return _short(" ".join(str(error).split()))


def _short(words: str) -> str:
    return words if len(words) <= 200 else f"{words[:200]} …"


def printable(name: str) -> str:
    r"""Return the name of a file so that it stays in one line.

    >>> print(printable("a b.csv"), printable("a\nb.csv"))
    a b.csv 'a\nb.csv'
    """
    return name if name.isprintable() else repr(name)
