"""What the tests of tables draw from: texts, streams, Parquet files, what is said of a file."""

import io

import pytest
from hypothesis import strategies as st

from unrolled.regressor.tables import TableError, open_table

# Every text that a line of UTF-8 can hold: no NUL, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
AWKWARD = [
    "",
    "a, b",
    'she said "ten"',
    '"',
    "two\nlines",
    "cr\r\nlf",
    "\r",
    "🙂👩‍👩‍👧",
    "שלום לכם",
    " x ",
]


class Arriving(io.RawIOBase):
    """A stream whose parts arrive one by one; ``asked`` is called before each, and at the end."""

    def __init__(self, parts, asked):
        """Hold the parts back until they are asked for."""
        self.parts, self.asked = iter(parts), asked

    def readable(self):
        return True

    def readinto(self, buffer):
        self.asked()
        part = next(self.parts, b"")
        buffer[: len(part)] = part
        return len(part)


def told(path, **columns):
    """Return the message of the error that opening and reading the file raises."""
    with pytest.raises(TableError) as caught, open_table(path, **({"text": "text"} | columns)) as t:
        list(t)
    message = str(caught.value)
    assert message.isprintable(), "expected one line"
    assert len(message) < 600
    return message


def pyarrow():
    """Return the library and its module for Parquet, or skip the test."""
    return pytest.importorskip("pyarrow", reason="needs pyarrow"), pytest.importorskip(
        "pyarrow.parquet"
    )


def parquet(path, **columns):
    """Write a Parquet file in groups of 1000 rows and return its path."""
    arrow, module = pyarrow()
    module.write_table(arrow.table(columns), path, row_group_size=1000)
    return path
