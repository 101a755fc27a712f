"""Set the formulas while the book is built: a page brings them ready and runs no script for them.

MathJax itself does it, in an engine for JavaScript that is a Python package.
Each page has the style rules of its own formulas in its head, and each formula its MathML,
which is hidden from the eye and read by screen readers.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from html import unescape
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import quickjs
from docutils import nodes
from light_site import cut_font
from sphinx.ext import mathjax
from sphinx.util import logging

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
FOLDER = "static/mathjax/"
FONTS = "output/chtml/fonts/woff-v2/"
FOUND = "mathjax"  # In the site.
#: A font whose letters have no height: it is small, and no letter of it is drawn.
ZERO = "MathJax_Zero.woff"
#: What Sphinx writes around a formula; an environment stands without marks.
MARKED = re.compile(
    r"\\\((?P<inline>.+)\\\)|\\\[(?P<display>.+)\\\]|(?P<environment>\\begin\{.+\})", re.DOTALL
)
FONT_FACE = re.compile(r"@font-face[^{]*\{.*?\}", re.DOTALL)
FAMILY = re.compile(r'font-family: "?(MJX[\w-]+)')
#: A part of a formula that MathJax could not read says so here.
FAULT = re.compile(r'data-mjx-error="([^"]*)"')
#: A letter that a style rule draws, or its code.
LETTER = re.compile(r'content: "((?:\\[0-9A-F]+ ?|[^"])+)"')
#: The families of every formula: MathJax reaches for these unless told otherwise.
PLAIN = {"MJXZERO", "MJXTEX"}
SET = """
globalThis.global = globalThis;
globalThis.console = {log() {}, warn() {}, error() {}};
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = () => {};
function load(name) {
  (0, eval)(fileText(name.replace("mathjax/", "")));
  return {};
}
globalThis.MathJax = {
  loader: {
    paths: {mathjax: "mathjax"}, require: load,
    load: ["input/tex", "output/chtml", "adaptors/liteDOM"],
  },
  chtml: {fontURL: "FONTS"},
  // What it does not know is a fault, and nothing is fetched.
  tex: {packages: {"[-]": ["noundefined", "autoload", "require"]}},
  startup: {typeset: false},
};
load("startup.js");
function set(tex, display) {
  const found = MathJax.tex2chtml(tex, {display}), spoken = MathJax.tex2mml(tex, {display});
  MathJax.startup.adaptor.setAttribute(found.children[0], "aria-hidden", "true");
  const html = MathJax.startup.adaptor.outerHTML(found), end = "</mjx-container>";
  const kind = display ? "block" : "inline", heard = spoken.replace(/\\n */g, "");
  const beside = `<mjx-assistive-mml display="${kind}">${heard}</mjx-assistive-mml>`;
  return [html.slice(0, -end.length), beside, end].join("");
}
function rules() {
  const found = MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet());
  MathJax.startup.output.clearCache();
  MathJax.startup.output.chtmlStyles = null;
  return found.replace(/\\s+/g, " ");
}
"""


class Typesetter(NamedTuple):
    """MathJax, waiting for formulas: ``set`` makes one HTML; ``rules`` are those since asked."""

    set: Callable[[str, bool], str]
    rules: Callable[[], str]


def files() -> dict[str, Path]:
    """Return the files of MathJax, by name, out of the installed package that carries it whole."""
    found = {}
    for file in distribution("sphinx-mathjax-offline").files or []:
        _, known, name = file.as_posix().partition(FOLDER)
        if known:
            found[name] = Path(str(file.locate()))
    return found


@cache
def typesetter() -> Typesetter:
    """Return MathJax, started once."""
    engine, known = quickjs.Context(), files()
    engine.set_max_stack_size(4 * 2**20)
    engine.add_callable("fileText", lambda name: known[name].read_text(encoding="utf-8"))
    engine.eval(SET)
    while engine.execute_pending_job():  # Its promises.
        pass
    return Typesetter(engine.get("set"), engine.get("rules"))


def formula(html: str, node: nodes.Node) -> str:
    """Return the HTML of one formula, in which it stands as TeX, with the formula set."""

    def found(match: re.Match[str]) -> str:
        ready = typesetter().set(unescape(match[match.lastgroup]), match["inline"] is None)
        for fault in {*FAULT.findall(ready)}:
            logger.warning("a formula cannot be set: %s", unescape(fault), location=node)
        return ready

    return MARKED.sub(found, html)


def ready(visit: Callable[[HTML5Translator, Any], None]) -> Callable[[HTML5Translator, Any], None]:
    """Return what writes a formula set where Sphinx's own visitor writes its TeX."""

    def visited(self: HTML5Translator, node: Any) -> None:
        before = len(self.body)
        try:
            visit(self, node)
        except nodes.SkipNode:
            self.body[before:] = [formula("".join(self.body[before:]), node)]
            raise

    return visited


def add_rules(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give a page the style rules of its own formulas, and the fonts that they name."""
    if tree is None or "<mjx-container" not in context.get("body", ""):
        return
    fonts = context["pathto"](f"_static/{FOUND}", resource=True)
    used = PLAIN | {f"MJX{name}" for name in re.findall(r"TEX-\w+", context["body"])}
    rules = FONT_FACE.sub(
        lambda rule: rule[0] if used & set(FAMILY.findall(rule[0])) else "", typesetter().rules()
    )
    style = rules.replace("FONTS", fonts)
    context["metatags"] = context.get("metatags", "") + f"<style>{style}</style>"


def letters_of(styles: str) -> set[str]:
    """Return the letters that the style rules of formulas draw."""
    found = set[str]()
    for drawn in LETTER.findall(styles):
        found |= {*re.sub(r"\\([0-9A-F]+) ?", lambda code: chr(int(code[1], 16)), drawn)}
    return found


def copy_fonts(app: Sphinx, exception: Exception | None) -> None:
    """Copy the fonts that the pages name, with the letters that these draw."""
    if exception is not None or app.builder.format != "html":
        return
    site, known = Path(app.outdir), files()
    pages = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    letters = letters_of(pages)
    for font in {*re.findall(r"MathJax_[\w-]+\.woff", pages)}:
        target = site / "_static" / FOUND / font
        target.parent.mkdir(parents=True, exist_ok=True)
        if font == ZERO:
            shutil.copyfile(known[FONTS + font], target)
        else:
            cut_font(known[FONTS + font], letters, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_html_math_renderer(
        "built",
        (ready(mathjax.html_visit_math), None),
        (ready(mathjax.html_visit_displaymath), None),
    )
    app.connect("html-page-context", add_rules)
    app.connect("build-finished", copy_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
