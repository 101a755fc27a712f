"""Texts and numbers from a user's file, row after row: a file may be larger than memory."""

from unrolled.regressor.tables.errors import NoRowsError, TableError
from unrolled.regressor.tables.finding import Role, told
from unrolled.regressor.tables.formats import FORMATS, LONGEST, Kind, read_lines
from unrolled.regressor.tables.rows import Columns, filled
from unrolled.regressor.tables.table import SUFFIXES, Table, open_table, standard_input

__all__ = [
    "FORMATS",
    "LONGEST",
    "SUFFIXES",
    "Columns",
    "Kind",
    "NoRowsError",
    "Role",
    "Table",
    "TableError",
    "filled",
    "open_table",
    "read_lines",
    "standard_input",
    "told",
]
