"""Texts and numbers from a user's file, row after row: a file may be larger than memory."""

from unrolled.text.tables.errors import TableError
from unrolled.text.tables.formats import READERS, Kind
from unrolled.text.tables.lines import LONGEST, read_lines
from unrolled.text.tables.opening import SUFFIXES, open_table, standard_input
from unrolled.text.tables.rows import Columns, Row
from unrolled.text.tables.table import Table

__all__ = [
    "LONGEST",
    "READERS",
    "SUFFIXES",
    "Columns",
    "Kind",
    "Row",
    "Table",
    "TableError",
    "open_table",
    "read_lines",
    "standard_input",
]
