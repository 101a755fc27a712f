"""Trained models that read what is typed: one tells the time, one rates a text."""

from collections.abc import Sequence

from unrolled.lists import as_texts
from unrolled.live.picture import Live

TYPING = ("live/typing.js",)


def reader(
    *,
    name: str = "reader",
    model: str = "clock",
    start: str = "let us meet at ten to six",
    beside: str = "let us meet at six to ten",
    examples: Sequence[str] = ("ten to six", "six to ten", "half past seven", "wake me at noon"),
) -> Live:
    """Let a reader type a sentence that tells the time, and watch a network read it.

    Parameters
    ----------
    name
        Tells it from other live pictures of the page, in the address too.
    model
        The name of a recorded model.
    start, beside
        The sentence that it begins with, and the one to compare it with.
    examples
        Sentences to try.

    Raises ``TypeError`` or ``ValueError`` for what is no text, or an empty one.

    Examples
    --------
    >>> reader(start="six").files[-2:]
    ['live/typing.js', 'live/reader.js']

    """
    as_texts([start, beside, *examples], "sentences", filled=True)
    data = {
        "title": "A network that reads the time",
        "invitation": "Type a sentence that tells the time",
        "model": model,
        "start": start,
        "beside": beside,
        "examples": [*examples],
    }
    return Live("reader", name, data, scripts=TYPING)


def rater(
    *,
    name: str = "rater",
    model: str = "rater",
    start: str = "Not the worst way to spend two hours.",
    examples: Sequence[str] = (),
) -> Live:
    """Let a reader type a text and see how a model rates it, and what each word moved.

    ``name``, ``model``, ``start`` and ``examples`` are as for :func:`reader`, and so is what it
    raises.

    >>> rater(start="so good").data["start"]
    'so good'
    """
    as_texts([start, *examples], "texts", filled=True)
    data = {
        "title": "A model that rates a text",
        "invitation": "Type a text and have it rated",
        "model": model,
        "start": start,
        "examples": [*examples],
    }
    return Live("rater", name, data, scripts=TYPING)
