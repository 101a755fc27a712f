"""Where a step stands, as numbers: attention alone cannot tell, for it has no order.

Source: :cite:t:`vaswani2017`.
"""

import numpy as np

from unrolled.activations import Array
from unrolled.checks import check_counts

#: How much slower the slowest wave is than the fastest.
SLOWEST = 10_000


def waves(steps: int, features: int) -> Array:
    """Return positions (T, D): sines in the first half of the features, cosines in the second.

    The first wave of each half turns by 1 radian a step, the others ever more slowly, down to
    about 1 / 10,000. So a shift by k steps is one and the same rotation wherever it begins.
    Raises ``TypeError`` or ``ValueError`` unless both are counts and ``features`` is even.

    >>> waves(2, 4).round(2)
    array([[0.  , 0.  , 1.  , 1.  ],
           [0.84, 0.01, 0.54, 1.  ]])
    """
    check_counts(steps=steps, features=features)
    if features % 2:
        raise ValueError(f"features: expected an even number, got {features}")
    half = features // 2
    angles = np.outer(np.arange(steps), SLOWEST ** (-np.arange(half) / half))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
