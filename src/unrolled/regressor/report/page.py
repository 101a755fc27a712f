"""One page of HTML from what was found: the template, its colours, its script and its policy."""

import hashlib
import html
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import NamedTuple

from unrolled.figures.palette import ROLES
from unrolled.regressor import web
from unrolled.regressor.cli.terminal import printable
from unrolled.regressor.portable.file import ModelFile
from unrolled.regressor.report import drawing
from unrolled.regressor.report.gathering import Found

#: The name of the model in the page's script.
_NAME = "model"


class Told(NamedTuple):
    """What the page says besides: lines of a table as printed, sentences, and what was learnt.

    ``facts`` stand under the title by their names; ``learnt`` is None where no training was seen,
    and else the history of each network with its name.
    """

    title: str
    footer: str
    facts: Mapping[str, str]
    sentences: Sequence[str]
    scores: Sequence[Sequence[str]]
    learnt: tuple[Sequence[Sequence[dict[str, float]]], Sequence[str]] | None = None


def page(told: Told, found: Found, content: ModelFile) -> str:
    """Return the whole page, in UTF-8, of a model that answered texts which were kept apart."""
    script, box = _box(content)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sections = {
        "Is it right on average?": drawing.calibration(found),
        "Where does it err?": drawing.residuals(found),
        "How sure is it?": drawing.coverage(found),
        "Which words count?": _WORDS + drawing.words(found.words),
        "Which texts went wrong?": _WORST + drawing.worst(found),
    }
    if told.learnt is not None:
        sections["How did it learn?"] = drawing.learning(*told.learnt)
    return _template("page.html").substitute(
        title=html.escape(printable(told.title)),
        footer=html.escape(told.footer),
        policy=f"'sha256-{digest}'" if script else "'none'",
        style=_themes() + _read("page.css"),
        facts="".join(
            f"<div><dt>{html.escape(name)}</dt><dd>{drawing.quoted(said)}</dd></div>"
            for name, said in told.facts.items()
        ),
        sentences="".join(f"<p>{html.escape(one)}</p>" for one in told.sentences),
        scores=drawing.scores(told.scores, len(found.truth)),
        box=box,
        sections="".join(
            f"<section><h2>{title}</h2>{body}</section>" for title, body in sections.items()
        ),
        script=f"<script>{script}</script>" if script else "",
    )


_WORDS = (
    "<p>What each adds to the answers, on average over the texts kept apart that it stands in, in "
    "the unit of the numbers. Runs of letters within a word add to it besides, and so does what "
    "is read in order.</p>"
)
_WORST = (
    "<p>Read these first: wrong numbers and texts of another kind are easier to mend than a "
    "model.</p>"
)


def _box(content: ModelFile) -> tuple[str, str]:
    """Return the script of a model and the box to try it in."""
    return web.script(content, _NAME) + _read("try.js"), _read("box.html")


def _themes() -> str:
    """Return the colours of the book, in the light, in the dark and on paper."""
    light, dark = (
        ";".join(f"--unrolled-{role}:{getattr(colour, theme)}" for role, colour in ROLES.items())
        for theme in ("light", "dark")
    )
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def _read(name: str) -> str:
    return (files("unrolled.regressor.report") / name).read_text(encoding="utf-8")


def _template(name: str) -> Template:
    return Template(_read(name))
