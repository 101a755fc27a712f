"""Numbers and words as a label shows them, or as they are read aloud."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def short(value: float) -> str:
    """Return a number in three significant digits, for a label or for reading aloud.

    >>> short(1234.5), short(0.0001234), short(2.0), short(-1e-9)
    ('1,230', '0.000123', '2', '-1e-09')
    """
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3g}"
    digits = 2 - int(np.floor(np.log10(abs(value))))
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(text: str) -> str:
    r"""Return text as matplotlib must be given it so that a dollar sign stays one.

    >>> plain("$5")
    '\\$5'
    """
    return text.replace("$", r"\$")
