"""What the tests of tables draw from: texts, Parquet files, what is said of a file."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from unrolled.regressor.tables import TableError, open_table

# Every text that a line of UTF-8 can hold: no NUL, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
# Writing and reading a file takes as long as the disk takes.
unhurried = settings(deadline=None)
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
