"""Texts and numbers from a user's file, row after row: a file may be larger than memory."""

from unrolled.regressor.tables.errors import TableError
from unrolled.regressor.tables.formats import READERS, Kind
from unrolled.regressor.tables.lines import LONGEST, read_lines
from unrolled.regressor.tables.opening import SUFFIXES, open_table, standard_input
from unrolled.regressor.tables.rows import Columns, Row
from unrolled.regressor.tables.table import Table

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
