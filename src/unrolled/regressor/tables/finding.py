"""Which column holds the texts and which the numbers, where a look at some rows leaves one choice.

The rule is plain, so that it can be told. Names decide nothing, but for an ``id``.

- A column of **texts** has three words or more in most of its cells, and most cells differ. A word
  with a digit in it is none here, so dates and part numbers are no texts.
- A column of **numbers** has numbers in nearly all of its cells. It is not the same everywhere, and
  no row number or id: whole numbers that all differ, and stand in order or under such a name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from unrolled.lists import is_missing
from unrolled.regressor.pieces import ALONE
from unrolled.regressor.tables.errors import TableError, listed
from unrolled.regressor.tables.rows import Columns, as_target

#: What can be found, and what is called so.
Role = Literal["text", "target"]
SORTS: dict[Role, str] = {"text": "texts", "target": "numbers"}
#: How many rows, and letters in them but for the last one's, are looked at.
ROWS, LETTERS = 1000, 2**20
#: The fewest words of a text, and the share of the cells that may be no numbers among numbers.
WORDS, STRANGE = 3, 0.1
#: So many numbers in order are no chance.
_IN_ORDER = 5

_ALONE = re.compile(f"[{ALONE}]")
_ID = re.compile(r"(?:^|[\W_])id$|^ID$|[a-z]I[dD]$")
#: What people write as a number and no program reads as one: ``1,5``, ``$ 20``, ``4/5``.
_NEARLY = re.compile(r"\W{0,3}\d[\d\s.,'’]*\S{0,3}")


def head(records: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, list[Any]]:
    """Return the cells of the first rows, column by column, in the order of the columns.

    A cell with nothing but white space is left out.

    >>> head([(2, {"a": "x", "b": ""}), (3, {"a": "y", "b": 1})])
    {'a': ['x', 'y'], 'b': [1]}
    """
    found: dict[str, list[Any]] = {}
    letters = 0
    for count, (_, record) in enumerate(records, start=1):
        for name, value in record.items():
            cells = found.setdefault(name, [])
            if not (is_missing(value) or (isinstance(value, str) and not value.strip())):
                cells.append(value)
                letters += len(value) if isinstance(value, str) else 0
        if count == ROWS or letters >= LETTERS:
            break
    return found


def find(cells: Mapping[str, list[Any]], columns: Columns, wanted: Iterable[Role]) -> Columns:
    """Return the columns with those that are wanted found among the cells of :func:`head`.

    Raises ``TableError`` that asks by name for what is not clear.

    >>> cells = {"no": [7, 8], "said": ["ten to six", "six to ten"], "minutes": [350, 594]}
    >>> find(cells, Columns(None, None, "no", None), ["text", "target"])[:2]
    ('said', 'minutes')
    """
    free = {name: values for name, values in cells.items() if name not in columns.named()}
    chosen: dict[str, Any] = {}
    faults = []
    for role in wanted:
        why = {name: _judge(role, name, values) for name, values in free.items()}
        candidates = [name for name, fault in why.items() if fault == ""]
        if len(candidates) == 1:
            chosen[role] = candidates[0]
            continue
        faults.append(f"--{role}: expected one column of {SORTS[role]}, {_got(candidates, why)}")
    if faults:
        raise TableError("; ".join(faults))
    return columns._replace(**chosen)


def check_is_header(name: str, header: Iterable[str]) -> None:
    """Raise ``TableError`` where a column's name is a number, for that is a row and no header."""
    for found in header:
        try:
            as_target(found)
        except ValueError:
            continue
        raise TableError(
            f"{name}: expected the names of the columns in line 1, got {found!r:.40} there; write "
            "a line such as text,number above it, or say --text and --target if these are names"
        )


def told(found: Mapping[Role, str]) -> str:
    """Say what was found, and how to say otherwise.

    >>> told({"text": "review", "target": "stars"})
    "Texts: column 'review'; numbers: column 'stars'. Others: --text, --target."
    >>> told({"target": "stars"})
    "Numbers: column 'stars'. Another: --target."
    """
    said = "; ".join(f"{SORTS[role]}: column {name!r}" for role, name in found.items())
    options = ", ".join(f"--{role}" for role in found)
    others = "Others" if len(found) > 1 else "Another"
    return f"{said[:1].upper()}{said[1:]}. {others}: {options}."


def _got(candidates: Sequence[str], why: Mapping[str, str | None]) -> str:
    if candidates:
        return f"got {len(candidates)}: {listed(candidates)}"
    near = [f"{name!r} {fault}" for name, fault in why.items() if fault]
    if near:
        return f"got none: {', '.join(near):.300}"
    return f"got none among {listed(why)}" if why else "got no other column"


def _judge(role: Role, name: str, cells: list[Any]) -> str | None:
    """Return "" for a column that can serve, why not where it nearly could, and else None."""
    if not cells:
        return None
    return _texts(cells) if role == "text" else _numbers(name, cells)


def _texts(cells: list[Any]) -> str | None:
    if not all(isinstance(value, str) for value in cells):
        return None
    long = sum(_words(value) >= WORDS for value in cells)
    return "" if 2 * long > len(cells) and 2 * len(set(cells)) > len(cells) else None


def _words(text: str) -> int:
    """Return about how many words a text has; two signs of Chinese or Japanese are one.

    >>> [_words(text) for text in ("so late", "on 3 May 2024", "終電は何時ですか")]
    [2, 2, 4]
    """
    parts = [part for part in text[:2000].split() if not any(map(str.isdigit, part))]
    alone = [len(_ALONE.findall(part)) for part in parts]
    pairs = zip(parts, alone, strict=True)
    return sum(
        max(1, (count + 1) // 2) for part, count in pairs if count or any(map(str.isalpha, part))
    )


def _numbers(name: str, cells: list[Any]) -> str | None:
    found: list[float] = []
    strange: list[Any] = []
    for value in cells:
        try:
            found.append(as_target(value))
        except ValueError:
            strange.append(value)
    if len(strange) > STRANGE * len(cells):
        near = [text for text in strange if isinstance(text, str) and _NEARLY.fullmatch(text)]
        if 2 * (len(near) + len(found)) > len(cells):
            return f"(where {(near or strange)[0]!r:.40} is no number)"
        return None
    different = set(found)
    if len(different) == 1:
        return f"(always {found[0]:g})"
    if len(different) == len(found) and all(map(float.is_integer, found)):
        if _ID.search(name):
            return "(an id)"
        if len(found) >= _IN_ORDER and found in (sorted(found), sorted(found, reverse=True)):
            return "(whole numbers in order)"
    return ""
