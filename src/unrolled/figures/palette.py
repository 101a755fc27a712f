"""The colours of every figure: one role, one colour, in a light and in a dark theme.

matplotlib draws with a placeholder per role; :mod:`unrolled.figures.picture` turns each one into
a CSS variable, so the page's theme decides which of the two colours is seen.
The hues follow the colour-blind-safe set of Okabe and Ito, darkened or lightened until text in
them reaches a contrast of 4.5 on the background, as WCAG 2.2 asks.
"""

from typing import NamedTuple


class Colour(NamedTuple):
    """What a role looks like on a light and on a dark page."""

    light: str
    dark: str


#: What the colours lie on: the page, and the panel that stands for one step.
BACKGROUNDS = {
    "surface": Colour("#ffffff", "#121212"),
    "panel": Colour("#f4f6f9", "#1d232b"),
}
#: What may be text, and so must be readable on every background.
INKS = {
    "ink": Colour("#1f2933", "#e6ebf0"),
    "muted": Colour("#566270", "#a3b0be"),
    "x": Colour("#3f5468", "#b4c4d4"),
    "h": Colour("#00639c", "#5cb8f0"),
    "c": Colour("#5b4bb5", "#b3a6ff"),
    "i": Colour("#00735a", "#33c79c"),
    "f": Colour("#b04300", "#ff9354"),
    "g": Colour("#7d5f00", "#e3b52e"),
    "o": Colour("#a13d7c", "#ee94c6"),
    "z": Colour("#00707f", "#3fc6d8"),
    "r": Colour("#b3253f", "#ff8593"),
}
#: Lines that carry no text: grids, frames.
LINES = {"grid": Colour("#d9dfe6", "#38424e")}

ROLES = BACKGROUNDS | INKS | LINES
#: Where the page itself says what a role is: the background of the book's theme, or of JupyterLab.
PAGE = {"surface": "var(--pst-color-background, var(--jp-layout-color0, {}))"}
#: The order in which a chart's series take their colours.
SERIES = ("h", "f", "i", "o", "g", "c", "z", "r")


def placeholder(role: str) -> str:
    """Return the colour that matplotlib draws a role with; no page has it.

    Raises ``ValueError`` for a role that has no colour.

    >>> placeholder("surface")
    '#fe00ef'
    """
    if role not in ROLES:
        raise ValueError(f"expected a colour role, one of {', '.join(ROLES)}; got {role!r}")
    return f"#fe{list(ROLES).index(role):02x}ef"


def variable(role: str) -> str:
    """Return the CSS value of a role, with its light colour where the variable is not set.

    >>> variable("ink")
    'var(--unrolled-ink, #1f2933)'
    """
    return f"var(--unrolled-{role}, {ROLES[role].light})"


def stylesheet() -> str:
    """Return the rules of a picture: its two themes, and how it fits a narrow page."""
    light = ";".join(
        f"--unrolled-{role}:{PAGE.get(role, '{}').format(colour.light)}"
        for role, colour in ROLES.items()
    )
    dark = ";".join(
        f"--unrolled-{role}:{PAGE.get(role, '{}').format(colour.dark)}"
        for role, colour in ROLES.items()
    )
    return "\n".join(
        [
            f".unrolled-picture{{{light};background:var(--unrolled-surface);margin:.5rem 0}}",
            'html[data-theme="dark"] .unrolled-picture,'
            f'body[data-jp-theme-light="false"] .unrolled-picture{{{dark}}}',
            # The system is asked only where the page names no theme of its own.
            "@media (prefers-color-scheme: dark){html:not([data-theme]) "
            f"body:not([data-jp-theme-light]) .unrolled-picture{{{dark}}}}}",
            ".unrolled-picture svg{display:block;width:100%;height:auto;margin:0 auto}",
            ".unrolled-scroll{overflow-x:auto}",
            ".unrolled-scroll:focus-visible{outline:2px solid var(--unrolled-h);"
            "outline-offset:2px}",
            # The theme lays a light card under HTML output on a dark page; a picture needs none.
            ".cell_output .text_html:has(.unrolled-picture)"
            "{background:none!important;padding:0!important}",
        ]
    )
