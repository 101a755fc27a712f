"""A trained translator of sentences into digits, and where it looked for each sign."""

from collections.abc import Mapping, Sequence

from unrolled.equations import Equations
from unrolled.lists import as_texts
from unrolled.live.picture import Live

#: The most words of a sentence that are read, and signs of an answer that are written.
LIMITS = {"words": 40, "signs": 40}
#: What the equations are for, and what they have to compute.
ROLES = {"cell": {"z_t", "h_t"}, "first": {"h_{0}"}, "look": {"a_t", "c_t"}}


def attention(
    equations: Mapping[str, Equations],
    *,
    name: str = "attention",
    start: str = "let us meet at ten to six",
    examples: Sequence[str] = (
        "let us meet at five to ten",
        "wake me at half past five please",
        "we had tea at five oh five and it is ten to six now",
    ),
) -> Live:
    """Let a reader type a sentence, and see which words each sign of the answer looked at.

    Parameters
    ----------
    equations
        Three: those of a GRU that resets after the product, with ``h_t``, that of the decoder's
        first state, ``h_{0}``, and those of attention, with ``a_t`` and ``c_t``.
    name
        Tells it from other live pictures of the page, in the address too.
    start, examples
        The sentence that it begins with, and others to try.

    Raises ``ValueError`` for other equations, and for a sentence that is empty.

    >>> from unrolled import equations
    >>> attention({"eq": equations.read("h_t = x_t W")})
    Traceback (most recent call last):
    ValueError: equations: expected those of a GRU, a first state and attention, got ['eq']

    """
    as_texts([start, *examples], "sentences", filled=True)
    roles = {
        role: label
        for label, lines in equations.items()
        for role, letters in ROLES.items()
        if letters <= {left for left, _ in lines.lines}
    }
    if {*roles} != {*ROLES}:
        raise ValueError(
            f"equations: expected those of a GRU, a first state and attention, got {[*equations]}"
        )
    data = {
        "title": "Where a network looks while it writes the time",
        "invitation": "Type a sentence, and see where it looks",
        "script": "attention-model.js",
        "roles": roles,
        "start": start,
        "examples": [*examples],
        "limits": LIMITS,
    }
    return Live("attention", name, data, equations, scripts=("live/typing.js", "live/padding.js"))
