"""Recall what is near: half the sign of a number at the last step but one.

All that comes from farther back is a distraction.
"""

import numpy as np

from unrolled.tasks import Sequences

FEATURES = 2
LAG = 2
#: The mean squared error of the best constant answer, 0.
BASELINE = 0.25


def make(count: int, steps: int, rng: np.random.Generator) -> Sequences:
    """Return normal sequences (N, T, 2), and half the sign of a number near the end, (N, 1).

    >>> x, targets, _ = make(3, 10, np.random.default_rng(0))
    >>> bool((targets[:, 0] == 0.5 * np.sign(x[:, 8, 0])).all())
    True
    """
    x = rng.standard_normal((count, steps, FEATURES))
    return Sequences(x, 0.5 * np.sign(x[:, -LAG, :1]), np.full(count, steps))
