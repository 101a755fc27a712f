"""How far off an answer may be: conformal intervals from answers to texts that taught nothing.

Each out-of-fold error is taken over how unsure its answer was, and an interval reaches as far as
such a ratio seldom does: normalised cross-conformal prediction. Where texts are drawn as those were
that it learnt from, an interval of 90 % holds about nine of ten; of others it promises nothing.
Source: :cite:t:`vovk2015`, :cite:t:`papadopoulos2011`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_number
from unrolled.regressor.counting import Grams
from unrolled.regressor.pieces import Pieces

#: The most ratios that are kept: more tell little and take room.
MOST_SCORES = 10_000
#: What is told of a text besides: the parts' distance, the log of its tokens, the share unknown.
SIGNS = 3

Floats = NDArray[np.float32]


class Doubt(NamedTuple):
    """How unsure an answer is, as ``exp`` of a weighted sum of signs, and the ratios, rising.

    ``weights`` is float32 (1 + SIGNS,), the constant first, and ``scores`` float32 (S,).
    """

    weights: Floats
    scores: Floats

    def unsure(self, signs: Floats) -> NDArray[np.float64]:
        """Return how far off answers may be, (N,), up to a factor, from their signs (N, SIGNS)."""
        logs = self.weights[0] + signs @ self.weights[1:]
        found: NDArray[np.float64] = np.exp(np.clip(logs, -30, 30).astype(np.float64))
        return found

    def half_widths(self, signs: Floats, level: float) -> NDArray[np.float64]:
        """Return how far intervals of a level reach to either side, (N,); raises as ``ratio``."""
        return self.ratio(level) * self.unsure(signs)

    def ratio(self, level: float) -> float:
        """Return the ratio of error to doubt below which a new one falls with a chance of a level.

        Raises ``ValueError`` for a level that the ratios are too few for, and ``TypeError`` or
        ``ValueError`` for what is no number between 0 and 1.
        """
        as_number(level, "interval", below=1)
        count = len(self.scores)
        # The least rank that as many new ratios in a hundred fall below as the level says.
        rank = math.ceil((count + 1) * level)
        if rank > count:
            most = f"at most {count / (count + 1):.3g}" if count else "none"
            raise ValueError(
                f"interval: expected {most}, for {count} texts were asked that taught nothing, "
                f"got {level:g}"
            )
        return float(self.scores[rank - 1])


class Intervals(NamedTuple):
    """The answers to n texts, the ends of an interval around each, and what is strange, all (n,).

    ``strange`` is true for a text in which there is nothing that was learnt from.
    """

    answers: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    strange: NDArray[np.bool_]

    @classmethod
    def around(
        cls, answers: NDArray[np.float64], half_widths: NDArray[np.float64], signs: Floats
    ) -> "Intervals":
        """Return intervals that reach so far to either side."""
        return cls(answers, answers - half_widths, answers + half_widths, signs[:, 2] == 1)


#: Of a model that cannot tell how unsure it is.
NONE = Doubt(np.zeros(1 + SIGNS, np.float32), np.zeros(0, np.float32))


def signs(
    read: Floats | None, counted: Floats, lengths: NDArray[np.integer], unknown: Floats
) -> Floats:
    """Return the signs (N, SIGNS) of N texts.

    Parameters
    ----------
    read, counted
        What each part answers; ``read`` is None where one part is all.
    lengths, unknown
        How many tokens each text has, and the share of them that no text had before.

    """
    apart = np.zeros(len(counted)) if read is None else np.abs(read - counted)
    return np.stack([apart, np.log1p(lengths), unknown], axis=1).astype(np.float32)


def unknown(texts: Sequence[Sequence[str]], grams: Grams, pieces: Pieces) -> Floats:
    """Return the share of unknown tokens of each text, (N,): words, or of which no piece is known.

    >>> texts = [["so", "late"], ["so", "xyzzy"], []]
    >>> unknown(texts, Grams(["so", "late"], []), Pieces(["", "[UNK]", "⟦⟧"]))
    array([0. , 0.5, 1. ], dtype=float32)
    """
    knows = grams.knows if len(grams) else pieces.knows
    shares = [1 - sum(map(knows, text)) / len(text) if text else 1.0 for text in texts]
    return np.array(shares, np.float32)


def learn(found: Floats, errors: Floats, seed: int = 0) -> Doubt:
    """Return what signs (n, SIGNS) tell of the errors (n,) of out-of-fold answers.

    The weights are those of a ridge on the logarithm of the errors' sizes.
    """
    sizes = np.abs(errors.astype(np.float64))
    least = 1e-3 * float(np.sqrt(np.mean(sizes**2))) or 1.0
    centre = found.mean(axis=0, dtype=np.float64)
    away, logs = found - centre, np.log(np.maximum(sizes, least))
    gram = away.T @ away + len(away) * 1e-2 * np.eye(SIGNS)
    slopes = np.linalg.solve(gram, away.T @ (logs - logs.mean()))
    weights = np.array([logs.mean() - slopes @ centre, *slopes], np.float32)
    doubt = Doubt(weights, np.zeros(0, np.float32))
    scores = (sizes / doubt.unsure(found)).astype(np.float32)
    if len(scores) > MOST_SCORES:
        scores = np.random.default_rng(seed).permutation(scores)[:MOST_SCORES]
    return doubt._replace(scores=np.sort(scores))
