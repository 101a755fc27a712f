"""One class that answers tables in parts, as engines for many machines hand them out.

It needs none of these engines: Ray Data, Dask and Spark each call it with a kind of table that
they like, and get the same kind back.
"""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_number
from unrolled.lists import is_missing
from unrolled.regressor import portable
from unrolled.regressor.batches.answering import load

Table = TypeVar("Table")
#: The column of texts where neither the user nor the model names one.
TEXT = "text"


class Answers:
    """A model that adds columns of answers to tables: DataFrames, mappings of arrays, Arrow tables.

    A call takes one table and returns one of the same kind, with as many rows in the same order,
    and these columns behind the others: ``answer`` and, with an ``interval``, its ends ``low`` and
    ``high`` and ``strange``, which is true for a text in which there is nothing that the model has
    learnt from. Given an iterator of tables, it returns an iterator of them.

    It can be pickled, and is small then: a process loads the model's file when it answers for the
    first time, so the path has to lead there on every machine. No TensorFlow is loaded.

    Parameters
    ----------
    model
        The path of a ``.keras`` file that ``TextRegressor.save`` wrote.
    text
        The column of texts; left out, the one that the model has learnt from beside other columns,
        else ``"text"``. Those other columns have to be there by their names, too.
    interval
        The level of the intervals, between 0 and 1, or None for none.
    empty
        What becomes of an empty or missing text: an ``"error"``, or the answer ``"nan"``.

    Raises
    ------
    ModelFileError
        If the file is no sound model.
    TypeError, ValueError
        For a level that the model has no intervals of, or an unknown ``empty``. A call raises for
        a table that lacks a column, has one of a new one's name, or holds what is no text.

    Examples
    --------
    In the engines' own words, for a column ``review``::

        answers = Answers("/shared/reviews.keras", "review")
        frame.map_partitions(answers, meta=answers.meta(frame.dtypes))  # Dask
        dataset.map_batches(answers, batch_format="pandas")  # Ray Data
        table.mapInPandas(answers, answers.schema(table.schema))  # Spark

    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        text: str | None = None,
        *,
        interval: float | None = None,
        empty: Literal["error", "nan"] = "error",
    ) -> None:
        """Check all that can be checked before a table comes."""
        if empty not in ("error", "nan"):
            raise ValueError(f"empty: expected 'error' or 'nan', got {empty!r:.40}")
        self.path, self.interval, self.empty = os.path.abspath(model), interval, empty
        opened = _opened(self.path)
        self.text = text or opened.covariates.text or TEXT
        if not isinstance(self.text, str):
            raise TypeError(f"text: expected the name of a column, got {text!r:.60}")
        if interval is not None:
            opened.doubt.ratio(as_number(interval, "interval", below=1))

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are added, in order, and of which type of NumPy each is."""
        ends = {} if self.interval is None else {"low": "float64", "high": "float64"}
        return {"answer": "float64", **ends, **({"strange": "bool"} if ends else {})}

    def meta(self, types: Mapping[str, Any]) -> dict[str, Any]:
        """Return the types of all columns of a table that was answered, as Dask takes them."""
        return {**dict(types.items()), **self.columns}

    def schema(self, schema: Any) -> Any:
        """Return the schema of a table of Spark that was answered, from its own."""
        spark = {"float64": "double", "bool": "boolean"}
        for name, kind in self.columns.items():
            schema = type(schema)([*schema.fields]).add(name, spark[kind])
        return schema

    @overload
    def __call__(self, table: Iterator[Table]) -> Iterator[Table]: ...

    @overload
    def __call__(self, table: Table) -> Table: ...

    def __call__(self, table: Any) -> Any:
        """Return a table with its answers, or an iterator of tables of an iterator of them."""
        if isinstance(table, Iterator):
            return map(self, table)
        names = _names(table)
        model = _opened(self.path)
        beside = model.covariates.names
        for name in (self.text, *beside):
            if name not in names:
                raise ValueError(f"expected a column {name!r}, got {names!r:.200}")
        for name in self.columns:
            if name in names:
                raise ValueError(f"expected no column {name!r} yet, got one; rename it before")
        cells = {name: _cells(table, name) for name in (self.text, *beside)}
        found = self._answers(model, cells)
        return _added(table, dict(zip(self.columns, found, strict=True)))

    def _answers(self, model: portable.Model, cells: dict[str, list[Any]]) -> list[NDArray[Any]]:
        """Return the new columns, (n,) each, of the cells by column."""
        texts = cells.pop(self.text)
        known = [n for n, text in enumerate(texts) if not _is_empty(text)]
        if self.empty == "error" and len(known) < len(texts):
            row = next(n for n, text in enumerate(texts) if _is_empty(text))
            raise ValueError(
                f"column {self.text!r}, row {row}: expected a text, got {texts[row]!r:.40}; "
                "with empty='nan' it is answered by NaN"
            )
        columns: list[NDArray[Any]] = [
            np.full(len(texts), kind == "bool" or np.nan, kind) for kind in self.columns.values()
        ]
        if known:
            asked: Any = [texts[n] for n in known]
            if cells:
                names = model.covariates.names
                others = {name: [cells[name][n] for n in known] for name in names}
                asked = {model.covariates.text: asked, **others}
            level = self.interval
            found: Any = model.predict(asked, level) if level else [model.predict(asked)]
            for column, values in zip(columns, found, strict=True):
                column[known] = values
        return columns


def _is_empty(text: Any) -> bool:
    return not text.strip() if isinstance(text, str) else is_missing(text)


def _opened(path: str) -> Any:
    """Return a model, which is loaded once in a process while its file stays the same."""
    try:
        state = Path(path).stat()
    except OSError:
        return load(path)  # It says what is wrong.
    return _kept(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _kept(path: str, *_: int) -> Any:
    return load(path)


def _names(table: Any) -> list[str]:
    """Return the names of a table's columns, in order; raises ``TypeError`` for what is none."""
    if isinstance(table, Mapping):
        return list(table)
    if hasattr(table, "column_names"):  # Of Arrow.
        return list(table.column_names)
    if hasattr(table, "assign"):
        return list(table.columns)
    raise TypeError(
        "expected a DataFrame, a mapping of names to arrays, an Arrow table, or an iterator of "
        f"such, got {type(table).__name__}"
    )


def _cells(table: Any, name: str) -> list[Any]:
    column = table[name]
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column)


def _added(table: Any, new: dict[str, NDArray[Any]]) -> Any:
    """Return a table of the same kind with further columns."""
    if isinstance(table, Mapping):
        return {**table, **new}
    if hasattr(table, "assign"):
        return table.assign(**new)
    for name, values in new.items():
        table = table.append_column(name, [values])
    return table
