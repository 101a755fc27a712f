"""A figure as text: an SVG that follows the page's theme, and words for those who cannot see it."""

import hashlib
import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure

from unrolled.figures.palette import ROLES, placeholder, stylesheet, variable

P = ParamSpec("P")

#: Text becomes paths, so that a figure looks the same where the fonts are not installed.
STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "unrolled",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "mathtext.fontset": "stix",
    "text.color": placeholder("ink"),
    "axes.edgecolor": placeholder("muted"),
    "axes.labelcolor": placeholder("ink"),
    "xtick.color": placeholder("muted"),
    "ytick.color": placeholder("muted"),
    "hatch.color": placeholder("muted"),
    "axes.facecolor": "none",
    "figure.facecolor": "none",
}
FILE_NAME = re.compile(r"^\S*[/\\]\S*$|^\S+\.(png|svg|jpe?g|gif|pdf|webp)$", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """An inline SVG and its alternative text.

    ``min_width`` is the width in CSS pixels below which the picture scrolls sideways instead of
    shrinking further; 0 lets it shrink.

    Raises
    ------
    TypeError, ValueError
        If ``svg`` or ``alt`` is no string, if ``svg`` does not start with an ``<svg`` tag, or if
        ``alt`` is empty or is the name of a file.

    Examples
    --------
    >>> Picture("<svg></svg>", "A falling curve.").alt
    'A falling curve.'
    >>> Picture("<svg></svg>", "curve.svg")
    Traceback (most recent call last):
    ...
    ValueError: alt: expected words that say what the picture shows, got...

    """

    svg: str
    alt: str
    min_width: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be shown, or cannot be read aloud."""
        for name in ("svg", "alt"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name}: expected a string, got {getattr(self, name)!r}")
        if not self.svg.startswith("<svg"):
            raise ValueError(f"svg: expected text that starts with '<svg', got {self.svg[:20]!r}")
        if not self.alt.strip() or FILE_NAME.match(self.alt.strip()):
            raise ValueError(
                f"alt: expected words that say what the picture shows, got {self.alt!r}"
            )

    def standalone(self) -> str:
        """Return the SVG as a file of its own, which follows the viewer's colour scheme."""
        themes = re.findall(r"\.unrolled-picture\{(--[^}]*?)(?:;background[^}]*)?\}", stylesheet())
        light, dark = themes[:2]
        style = f"svg{{{light}}}@media (prefers-color-scheme: dark){{svg{{{dark}}}}}"
        return self.svg.replace(">", f"><style>{style}</style>", 1) + "\n"

    def _repr_html_(self) -> str:
        """Return HTML that stands by itself on any page, in a notebook too."""
        alt = html.escape(self.alt)
        drawing = self.svg.replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
        if self.min_width:
            # A region that scrolls must be reachable by the keyboard, so it needs a name.
            title = html.escape(self.alt.split(". ")[0].rstrip("."))
            drawing = (
                f'<div class="unrolled-scroll" tabindex="0" role="region" '
                f'aria-label="Wide picture: {title}">{drawing}</div>'
            )
        return f'<div class="unrolled-picture"><style>{stylesheet()}</style>{drawing}</div>'


def drawn(function: Callable[P, Picture]) -> Callable[P, Picture]:
    """Let a function draw in the book's style, whatever style its caller has set."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with matplotlib.style.context(["default", STYLE]):
            return function(*args, **kwargs)

    return inner


def from_figure(figure: Figure, alt: str, min_width: int = 0, max_width: int = 0) -> Picture:
    """Return a matplotlib figure as a picture; widths are in CSS pixels, 0 for no limit.

    Call it under :func:`drawn`. Equal figures give equal text, and different figures share no id.
    """
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    widths = f"max-width:{max_width}px;" * bool(max_width) + f"min-width:{min_width}px" * bool(
        min_width
    )
    return Picture(_clean(buffer.getvalue(), widths), alt, min_width)


def _clean(svg: str, style: str) -> str:
    """Return matplotlib's file as an inline element: theme colours, own ids, no global rule."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    # matplotlib styles `*`, which in an inline SVG would be the whole page.
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    root = f'<svg style="{style}" stroke-linejoin="round" stroke-linecap="butt"'
    svg = svg.replace("<svg", root, 1)
    for role in ROLES:
        svg = svg.replace(placeholder(role), variable(role))
    return re.sub(r"\n\s*", "\n", _own_ids(svg))


def _own_ids(svg: str) -> str:
    """Keep only the ids that something refers to, and prefix them with the content's hash."""
    prefix = "u" + hashlib.sha256(svg.encode()).hexdigest()[:10] + "-"
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))

    def attribute(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith(("edge:", "node:")):
            kind, _, rest = name.partition(":")
            return f' data-{kind}="{rest}"'
        return f' id="{prefix}{name}"' if name in used else ""

    svg = re.sub(r' id="([^"]*)"', attribute, svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)
