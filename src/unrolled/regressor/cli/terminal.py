"""A heat map in a terminal: a row for each token, a column for each gate."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from wcwidth import wcswidth

#: Shades of a cell, from nothing to full.
SHADES = " ░▒▓█"
#: What makes one emoji of two.
JOINER = "\u200d"


def heat_map(tokens: Sequence[str], values: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a map for each title, of values (T,) by name, for T tokens, as lines of text.

    >>> print(heat_map(["so", "late"], {"forward": {"f": [0.5, 1.0]}}))
    forward          f
         so   ▒▒  0.50
       late   ██  1.00
    """
    left = max(map(wcswidth, [*tokens, *values]))
    maps = []
    for title, columns in values.items():
        lines = [title.ljust(left) + "".join(f"{name:>11}" for name in columns)]
        for t, token in enumerate(tokens):
            cells = (_cell(float(column[t])) for column in columns.values())
            lines.append(" " * (left - wcswidth(token)) + token + "".join(cells))
        maps.append("\n".join(lines))
    return "\n\n".join(maps)


def _cell(value: float) -> str:
    """Return a number, after cells as dark as it is far from 0, up to 1."""
    shown = f"{value:.2f}" if abs(value) < 99.995 else f"{value:.0e}"
    return f"   {2 * SHADES[round(min(abs(value), 1) * (len(SHADES) - 1))]}{shown:>6}"


def printable(text: str) -> str:
    r"""Return a text with a mark for each sign that would move the cursor or turn the line.

    U+FFFE and U+FFFF are marked too: no SVG file may hold them.

    >>> printable("a\x1b[2Jb\uffff")
    'a�[2Jb�'
    """
    return "".join("\ufffd" if _is_control(sign) else sign for sign in text)


def _is_control(sign: str) -> bool:
    if sign in "\ufffe\uffff":
        return True
    return sign != JOINER and unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")
