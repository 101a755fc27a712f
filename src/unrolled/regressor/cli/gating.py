"""What the gates of a trained model do at every token, in a terminal and as a picture."""

import html
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np

from unrolled import files
from unrolled.regressor import portable
from unrolled.regressor.batches.asking import is_cut
from unrolled.regressor.cli import terminal
from unrolled.regressor.cli.output import check_writable, note, say

#: The first letters of what may lie below 0: the candidate, the cell state, the hidden state.
SIGNED = "gch"


def gates(model: Path, text: str, out: Path | None) -> None:
    """Show the mean of every gate over its units at every token; draw a heat map into a file."""
    if out is not None:
        check_writable(out, model)
    try:
        text.encode()
    except UnicodeEncodeError:  # So Python passes bytes on that are none.
        raise ValueError(f"TEXT: expected UTF-8, got {text!r:.60}") from None
    opened = portable.load(model)
    read = opened.gates(text)
    if is_cut(text, opened.config.max_length):
        note(f"the text is very long; only the first {len(read.tokens) - 1} tokens were read")
    words = [terminal.printable(token) for token in read.tokens]
    # What has a sign would come near 0 in a mean, whatever it does.
    means: dict[str, dict[str, Any]] = {}
    for name, values in read.values.items():
        letter, way = name.split()
        shown = f"|{letter}|" if letter in SIGNED else letter
        means.setdefault(way, {})[shown] = np.abs(values).mean(axis=1)
    if out is not None:  # First, for a terminal may fail.
        svg = _drawn(words, read.values)
        files.write(out, lambda part: Path(part).write_text(svg, encoding="utf-8"))
    say(terminal.heat_map(words, means))
    if out is not None:
        say(f"Wrote {click.format_filename(out)}.")


def _drawn(words: list[str], values: dict[str, Any]) -> str:
    """Return an SVG file: every unit where all can be drawn, else a mean over units."""
    from unrolled.figures import gates
    from unrolled.figures.gate_maps import MOST_CELLS

    # A cell state may leave -1 to 1; the hidden state is made of its tanh.
    maps = {
        f"{name}, tanh" if name[0] == "c" else name: np.tanh(array) if name[0] == "c" else array
        for name, array in values.items()
    }
    if sum(array.size for array in maps.values()) > MOST_CELLS:
        note("the units are too many to draw each; a row is their mean, or mean size")
        if len(words) > (most := MOST_CELLS // len(maps)):
            note(f"the tokens are too many to draw each; the first {most} are drawn")
            words = words[:most]
        maps = {
            f"{name}, size" if name[0] in SIGNED else name: np.abs(array[: len(words)]).mean(axis=1)
            for name, array in maps.items()
        }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        picture = gates(words, maps)
    if told:  # Of signs that the font has not.
        note("the picture's font lacks some signs of the text; boxes stand in their place")
    title, said = html.escape(" ".join(words)), html.escape(picture.alt)
    svg = picture.standalone()
    # Alone it has no page behind it, and nobody who says what it shows.
    svg = svg.replace("<style>", "<style>svg{background:var(--unrolled-surface)}", 1)
    return svg.replace("</style>", f"</style><title>{title}</title><desc>{said}</desc>", 1)
