"""Numbers and tables as the pages write them."""

from collections.abc import Iterable, Sequence

import numpy as np

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Table(str):
    """The Markdown of a table, which Jupyter and the book show as one."""

    def _repr_markdown_(self) -> str:
        return str(self)


def number(value: float, digits: int = 2) -> str:
    """Write a number with some ``digits``, and with a power of ten where it is tiny or huge.

    A whole number of type ``int`` is written whole.

    >>> [number(v) for v in (-0.0, 602, 0.5, -0.031, 3505.4, 9.1e-19, 2.04e15)]
    ['0', '602', '0.50', '−0.031', '3,505', '9.1·10⁻¹⁹', '2.0·10¹⁵']
    """
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if not value:
        text = "0"
    elif isinstance(value, int | np.integer):
        text = f"{value:,}"
    elif -5 < (size := int(exponent)) < 6:
        text = f"{value:,.{max(0, digits - 1 - size)}f}"
    else:
        text = f"{mantissa}·10{str(size).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def table(head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> Table:
    """Return a table of named columns; a number in it is written by :func:`number`.

    Raises ``ValueError`` for a row of another length than the head.

    >>> print(table(["cell", "left"], [["RNN", 2e-8]]))
    | cell | left |
    |---|---|
    | RNN | 2.0·10⁻⁸ |
    """
    lines = [[*head], ["---"] * len(head)]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"expected {len(head)} entries in each row, got {len(row)}: {row}")
        lines.append([one if isinstance(one, str) else number(one) for one in row])
    first, rule, *others = ("| " + " | ".join(line) + " |" for line in lines)
    return Table("\n".join([first, rule.replace(" ", ""), *others]))
