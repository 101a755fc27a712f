"""Texts that a reader types, as ids in one array, and what a cell's state does over the padding."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.checks import as_count
from unrolled.equations import EquationError, Equations
from unrolled.equations.program import VARIABLE
from unrolled.live.picture import Live
from unrolled.text import Vocabulary, clock

#: The most that is read of what a reader types: letters, texts, and words of a text.
LIMITS = {"letters": 2000, "texts": 6, "words": 24}


def padding(
    equations: Equations,
    *,
    texts: Sequence[str],
    fit: Sequence[str] | None = None,
    name: str = "padding",
    title: str = "Texts, padded, and read by a cell",
    units: int = 3,
    features: int = 3,
    seed: int = 0,
    zeros: int = 4,
    asks: Mapping[str, str] | None = None,
) -> Live:
    r"""Let a reader type texts, pad them on either side, and take the mask away.

    Parameters
    ----------
    equations
        Of a cell with an input ``x_t`` and a state ``h_t``.
    texts
        What stands there at first.
    fit
        The texts of the vocabulary; left out, the training sentences of the clock.
    name, title
        As for :func:`~unrolled.live.cell`.
    units, features, seed
        The cell and the embedding are normal numbers of this seed with three decimals; a matrix
        has the deviation 1 / sqrt(rows), the embedding 1, and every bias is 0.
    zeros
        By how much all rows are longer than the longest text, at first.
    asks
        ``question`` is asked; ``answer`` is told once the mask is off and all rows are longer than
        the longest text by ten or more.

    Raises
    ------
    EquationError
        Where there is no x_t, or no h goes from step to step.
    TypeError, ValueError
        As :class:`~unrolled.text.Vocabulary` does.

    Examples
    --------
    >>> from unrolled import equations
    >>> plain = equations.read(r"h_t = \tanh(x_t W + h_{t-1} U + b)")
    >>> fit = ["ten to six", "six to ten"]
    >>> found = padding(plain, texts=["ten to six"], fit=fit, units=2).data
    >>> found["words"], len(found["embedding"]), len(found["weights"]["U"])
    (['', '[UNK]', 'to', 'ten', 'six'], 5, 2)

    """
    D, H = as_count(features, "features"), as_count(units, "units")
    states, inputs = equations.states(), equations.inputs()
    if "h" not in states or "x_t" not in inputs:
        raise EquationError(f"expected an input x_t and a state h, got {inputs} and {states}")
    vocabulary = Vocabulary.fit(clock.load().train.texts if fit is None else fit)
    rng = np.random.default_rng(seed)

    def drawn(*shape: int, deviation: float) -> Any:
        return rng.normal(0, deviation, shape).round(3).tolist()

    data = {
        "title": title,
        "invitation": "Type your own texts",
        "texts": [*texts],
        "words": vocabulary.words,
        "embedding": drawn(len(vocabulary), D, deviation=1),
        "weights": {
            letter: np.zeros(H).tolist()
            if letter.startswith("b")
            else drawn(*((D, H) if letter.startswith("W") else (H, H)),
                       deviation=(D if letter.startswith("W") else H) ** -0.5)
            for letter in inputs if not VARIABLE.match(letter)
        },
        "states": states,
        "units": H,
        "zeros": zeros,
        "limits": LIMITS,
        "asks": asks and dict(asks),
    }  # fmt: skip
    return Live("padding", name, data, equations, scripts=("live/chart.js",))
