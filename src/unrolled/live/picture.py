"""A live picture as text: a place in the page, its data, and the scripts that move it."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from unrolled.equations import Equations
from unrolled.equations.writing import literal
from unrolled.figures.palette import stylesheet
from unrolled.figures.picture import Picture

#: What every live picture loads, in this order, before the script of its kind.
SHARED = ("equations/arrays.js", "live/core.js")
STYLE = "live/live.css"


def source(name: str) -> str:
    """Return the text of a file of the package.

    >>> source("live/core.js").startswith("//")
    True
    """
    return files("unrolled").joinpath(*PurePosixPath(name).parts).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Live:
    """What a reader may move; in a notebook it stands by itself, with all its scripts.

    Parameters
    ----------
    kind
        The name of its script, in this folder, and of what it does there.
    name
        Tells it from others on its page, in the address too.
    data
        What the script is given: values of JSON, with its ``title`` and the ``invitation`` of the
        button that opens it.
    program
        Equations that the browser runs, or several by their names.
    picture
        What stands where no script runs, if it is not on the page already.
    scripts
        Further files of the package that it loads.

    """

    kind: str
    name: str
    data: dict[str, Any]
    program: Equations | Mapping[str, Equations] | None = None
    picture: Picture | None = None
    scripts: tuple[str, ...] = field(default=())

    @property
    def files(self) -> list[str]:
        """The files of the package that it loads, in order."""
        return [*SHARED, *self.scripts, f"live/{self.kind}.js"]

    def place(self) -> str:
        """Return its place in a page whose head loads its files: HTML."""
        data = literal(self.data)
        name = html.escape(self.name)
        program = ""
        if self.program:
            register = f"((window.unrolled ??= {{}}).programs ??= {{}})[{literal(self.name)}]"
            program = f"<script>{register} = {_compiled(self.program)};</script>"
        drawing = self.picture._repr_html_() if self.picture else ""
        return (
            f'{drawing}<div class="unrolled-picture unrolled-live" data-kind="{self.kind}" '
            f'data-name="{name}"><script type="application/json">{data}</script>{program}</div>'
        )

    def _repr_html_(self) -> str:
        """Return HTML that moves by itself on any page, in a notebook too."""
        scripts = "\n".join(map(source, self.files))
        return (
            f'{self.place()}<style data-live="{STYLE}">{stylesheet()}\n{source(STYLE)}</style>'
            f'<script data-live="{" ".join(self.files)}">{scripts}</script>'
        )


def _compiled(program: Equations | Mapping[str, Equations]) -> str:
    """Return a function of JavaScript that takes what equations call and makes the program."""
    if isinstance(program, Equations):
        return program.javascript()
    each = ", ".join(f"{literal(k)}: ({v.javascript()})(calls)" for k, v in program.items())
    return f"calls => ({{{each}}})"
