"""How far people agree: one rater against the others, and what their noise lets a model reach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_numbers
from unrolled.lists import refuse_named


def one_against_others(
    raters: Sequence[Sequence[int]], seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw one rater for each text and return their rating and the mean of all the others'.

    Parameters
    ----------
    raters
        For each of n texts at least two ratings.
    seed
        Of the draw.

    Raises
    ------
    TypeError, ValueError
        If there is no text, a text has fewer than two ratings, or one is no finite number.

    Examples
    --------
    >>> one, others = one_against_others([[2, 2, 2], [0, 0]])
    >>> one, others
    (array([2., 0.]), array([2., 0.]))

    """
    rated = _rated_twice(raters)
    rng = np.random.default_rng(seed)
    one = np.array([rng.choice(given) for given in rated])
    sums = np.array([given.sum() for given in rated])
    counts = np.array([len(given) for given in rated])
    return one, (sums - one) / (counts - 1)


def ceiling(raters: Sequence[Sequence[int]]) -> float:
    r"""Return the highest correlation with the mean rating that the raters' noise allows.

    A text's mean over :math:`k` raters is its true score plus noise, and the noise has the
    variance :math:`s^2 / k`, where :math:`s^2` is the unbiased variance of that text's ratings.
    What the noise leaves of the variance of the means is their reliability,

    .. math:: 1 - \frac{\operatorname{mean}_i(s_i^2 / k_i)}{\operatorname{var}_i(m_i)},

    and a model that knew all true scores would correlate with the means by its square root
    :cite:p:`spearman1904`. The noise is taken to be independent from rating to rating.

    Parameters
    ----------
    raters
        For each of n texts at least two ratings; n is at least 2.

    Returns
    -------
    float
        From 0 (the means differ by no more than noise would make them) to 1 (all agree).

    Raises
    ------
    TypeError, ValueError
        If a text has fewer than two ratings, one is no finite number, or all texts have the same
        mean.

    Examples
    --------
    >>> ceiling([[2, 2, 2], [0, 0]])
    1.0
    >>> round(ceiling([[1, 2, 3], [-4, -2], [0, 1]]), 3)
    0.959

    """
    rated = _rated_twice(raters)
    means = np.array([np.mean(given) for given in rated])
    if np.ptp(means) == 0:
        raise ValueError(
            "raters: expected at least two texts whose means differ, "
            f"got {len(means)} with the mean {means[0]:g}"
        )
    noise = np.mean([np.var(given, ddof=1) / len(given) for given in rated])
    return float(np.sqrt(max(1 - noise / np.var(means, ddof=1), 0)))


def _rated_twice(raters: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
    refuse_named(raters, "raters", "ratings of each text")
    if not len(raters) or min(len(given) for given in raters) < 2:
        raise ValueError(
            "raters: expected at least one text and two ratings for each, got "
            f"{len(raters)} texts with {sorted({len(given) for given in raters})[:3]}"
        )
    return [as_numbers(given, f"raters, text {place}") for place, given in enumerate(raters)]
