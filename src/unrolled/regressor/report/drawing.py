"""Pictures and tables of what was found, as HTML; every string of a user is escaped here."""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled import figures
from unrolled.figures.labels import short
from unrolled.figures.picture import Picture
from unrolled.regressor.cli.terminal import printable
from unrolled.regressor.report.gathering import LETTERS, LEVEL, Found, Word

#: Into how many parts texts are cut, and how many trainings are drawn.
PARTS, MOST_CURVES = 3, 8
#: Of fewer texts no picture is drawn.
FEWEST = 5


def quoted(text: str) -> str:
    r"""Return a user's text as HTML: escaped, its controls marked, apart from the line around it.

    >>> quoted("</script> \x1b[2J\u202e")
    '<bdi>&lt;/script&gt; \ufffd[2J\ufffd</bdi>'
    """
    return f"<bdi>{html.escape(printable(' '.join(text.split())))}</bdi>"


def figure(picture: Picture, caption: str) -> str:
    """Return a picture with its words for those who cannot see it."""
    alt = html.escape(printable(picture.alt))
    svg = picture.svg.replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of HTML cells, the first of each row its name, that scrolls where it must."""
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    name = html.escape(caption)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>'
        f"<caption>{name}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def counted(texts: int) -> str:
    """Return so many texts in words.

    >>> counted(1), counted(1200)
    ('1 text', '1,200 texts')
    """
    return f"{texts:,} text{'' if texts == 1 else 's'}"


def scores(rows: Sequence[Sequence[str]], texts: int) -> str:
    """Return the table of models as it was printed, each interval under its number."""
    (_, *names), *lines = rows
    pairs = zip(lines[::2], lines[1::2], strict=True)
    cells = (
        [html.escape(first), *(f"{a}<br><small>{b}</small>" for a, b in zip(x, y, strict=True))]
        for (first, *x), (_, *y) in pairs
    )
    caption = f"{counted(texts)} kept apart, with 95 % intervals"
    return table(caption, ["model", *names], cells)


def calibration(found: Found) -> str:
    """Return the truth over the answers, or why it would show nothing."""
    if nothing := _nothing(found.answers, "answer"):
        return nothing
    return figure(
        figures.cloud(found.answers, found.truth, "answer", "truth", diagonal=True),
        "Each point is a text. Where the line of means lies on the dashed one, answers are right "
        "on average; bars are 95 % intervals of the means.",
    )


def residuals(found: Found) -> str:
    """Return the errors over the length of a text, and over the answer."""
    off, lengths = found.answers - found.truth, np.maximum(found.lengths, 1)
    wide = bool(lengths.max() > 20 * lengths.min())
    said = []
    for values, name, log in (lengths, "tokens", wide), (found.answers, "answer", False):
        caption = f"Errors by {_OVER[name]}. Above the dashed line an answer is too high."
        said.append(
            _nothing(values, name)
            or figure(figures.cloud(values, off, name, "answer less truth", log=log), caption)
        )
    return "".join(dict.fromkeys(said))


#: What the errors are drawn over.
_OVER = {"tokens": "the length of a text", "answer": "the answer"}


def _nothing(values: NDArray[Any], name: str) -> str:
    """Return why points over these values would show nothing, or nothing."""
    if len(values) < FEWEST:
        return "<p>There are too few texts to see anything of this.</p>"
    if np.ptp(values) == 0:
        return f"<p>For every text {_OVER[name]} is the same: {short(float(values[0]))}.</p>"
    return ""


def learning(history: Sequence[Sequence[dict[str, float]]], names: Sequence[str]) -> str:
    """Return the errors over the epochs of each training, or why there are none."""
    asked = "on texts not learnt from"
    panels: dict[str, dict[str, Any]] = {"while learning": {}, asked: {}}
    epochs: dict[str, Any] = {}
    for number, (records, name) in enumerate(zip(history, names, strict=False)):
        if not records or number >= MOST_CURVES:
            continue
        name = re.sub(r"^(fold \d+) of \d+", r"\1", name)
        name = name if name not in epochs else f"{name} ({number + 1})"
        epochs[name] = np.arange(1.0, len(records) + 1)
        panels["while learning"][name] = [[np.sqrt(record["loss"]) for record in records]]
        if all("validation_rmse" in record for record in records):
            panels[asked][name] = [[record["validation_rmse"] for record in records]]
    curves = {title: lines for title, lines in panels.items() if lines}
    told = np.array(
        [v for lines in curves.values() for values in lines.values() for v in values[0]]
    )
    if not epochs or not np.isfinite(told).all():
        return "<p>Nothing was read, so there is no training by epochs to show.</p>"
    drawn = figures.panels(
        epochs, curves, xlabel="epoch", ylabel="root mean squared error", columns=1
    )
    return figure(
        drawn,
        "The error of each training of a network, epoch by epoch, in deviations of the numbers.",
    )


def words(found: Sequence[Word] | None) -> str:
    """Return the words that raise and lower answers most."""
    if found is None:
        return "<p>This model counts no words: it only reads texts in order.</p>"
    most = max((abs(word.adds) for word in found), default=0) or 1.0
    parts = {
        "Words and pairs that raise the answer": [word for word in found if word.adds > 0][::-1],
        "Words and pairs that lower it": [word for word in found if word.adds < 0],
    }
    shown = [
        table(title, ["words", "adds", "texts"], (_word(word, most) for word in chosen))
        for title, chosen in parts.items()
        if chosen
    ]
    if not shown:
        return "<p>No word moves the answer to any of these texts.</p>"
    return f'<div class="pair">{"".join(shown)}</div>'


def _word(word: Word, most: float) -> list[str]:
    width = round(100 * abs(word.adds) / most)
    bar = f'<span class="bar" style="--w:{width}%"></span>'
    adds = f"{'+' if word.adds > 0 else '−'}{short(abs(word.adds))}"
    return [quoted(word.name), f"{adds}{bar}", f"{word.texts:,}"]


def worst(found: Found) -> str:
    """Return the texts with the largest errors."""
    rows = [
        [
            quoted(error.text + " …" * (len(error.text) == LETTERS)), short(error.truth),
            short(error.answer), short(error.size),
            "" if error.half is None else "inside" if error.size <= error.half else "outside",
        ]
        for error in found.worst
        if error.size
    ]  # fmt: skip
    if not rows:
        return "<p>None: every answer is exact.</p>"
    head = ["text", "truth", "answer", "off by", f"{LEVEL:.0%} interval"]
    return f'<div class="texts">{table("The largest errors", head, rows)}</div>'


def coverage(found: Found) -> str:
    """Return how many numbers lie in their intervals: by level, by length and by the answer."""
    if found.halves is None:
        return "<p>Too few texts were asked while it learnt for this model to have intervals.</p>"
    off, halves = np.abs(found.answers - found.truth), found.halves
    everything = np.arange(len(off))
    levels = [
        _held(f"{level:.0%}", off, halves * ratio, everything)
        for level, ratio in found.ratios.items()
    ]
    head = ["level", "texts", "held", "95 % interval", "width"]
    said = [table("Numbers in their intervals, by level", head, levels)]
    parts = {"length in tokens": found.lengths, "answer": found.answers}
    for name, values in parts.items():
        rows = [_held(title, off, halves, rows) for title, rows in _thirds(values)]
        if len(rows) > 1:
            said.append(table(f"The same at {LEVEL:.0%}, by {name}", [name, *head[1:]], rows))
    return "".join(said)


def _held(name: str, off: NDArray[Any], halves: NDArray[Any], rows: NDArray[np.intp]) -> list[str]:
    from scipy.stats import binomtest

    inside = int((off[rows] <= halves[rows]).sum())
    between = binomtest(inside, len(rows)).proportion_ci(method="wilson")
    return [
        html.escape(name), f"{len(rows):,}", f"{inside / len(rows):.0%}",
        f"[{between.low:.0%}, {between.high:.0%}]", short(2 * float(halves[rows].mean())),
    ]  # fmt: skip


def _thirds(values: NDArray[Any]) -> list[tuple[str, NDArray[np.intp]]]:
    """Return the rows of each third of values, with a name; equal values stay together."""
    edges = np.unique(np.quantile(values, np.arange(1, PARTS) / PARTS))
    places = np.searchsorted(edges, values)
    parts = [np.flatnonzero(places == place) for place in np.unique(places)]
    each = [(values[rows].min(), values[rows].max(), rows) for rows in parts]
    return [
        (short(low) if low == high else f"{short(low)} to {short(high)}", rows)
        for low, high, rows in each
    ]
