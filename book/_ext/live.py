"""Put live pictures into a page: ``{live}`` names one of ``unrolled.live`` and says how it starts.

``{live} cell eq-lstm`` compiles the labelled equation of the page, ``rnn:eq-rnn`` that of another;
several are given by their labels. The content is YAML: what else the function takes, with the name
of a result on file for what is ``recorded``, and for a ``series`` what ``unrolled.series.made``
takes. Pages with such a picture load its scripts, and no others do.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import minify_html
import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from unrolled import equations, live, series
from unrolled.equations import EquationError, Equations, labelled
from unrolled.live.picture import STYLE, source
from unrolled.regressor import web

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "live"
COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
#: A style or script that a live picture brings with it where a cell has made it.
BROUGHT = re.compile(r'<(style|script) data-live="(?P<files>[^"]+)">.*?</\1>', re.DOTALL)


class picture(nodes.General, nodes.Element):  # noqa: N801 - nodes are named so.
    """A live picture: its HTML and the files of the package that it loads."""


class Live(SphinxDirective):
    """Make a live picture."""

    required_arguments = 1
    optional_arguments = 9
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Call the function that the first argument names."""
        kind, *labels = self.arguments
        try:
            given = yaml.safe_load("\n".join(self.content)) or {}
            if "recorded" in given:
                given["recorded"] = json.loads(self.read(f"results/{given['recorded']}.json"))
            if "series" in given:
                given["series"], _ = series.made(**given["series"])
            programs = dict(map(self.program, labels))
            if len(programs) == 1:
                ((label, program),) = programs.items()
                made = getattr(live, kind)(program, **{"name": label, **given})
            else:
                made = getattr(live, kind)(*[programs] * bool(programs), **given)
        except (AttributeError, EquationError, KeyError, OSError, TypeError, ValueError,
                yaml.YAMLError) as error:  # fmt: skip
            raise self.error(f"no live picture {kind}: {error}") from error
        found = picture(html=made.place(), files=[STYLE, *made.files], title=made.data["title"])
        self.set_source_info(found)
        # What Python takes of it is watched, so that a change of it is seen on the page.
        for room in (live, equations, series):
            for file in Path(str(room.__file__)).parent.glob("*.py"):
                self.env.note_dependency(str(file))
        return [found]

    def program(self, where: str) -> tuple[str, Equations]:
        """Return a label and its equations, of this page or of the one before a colon."""
        *other, label = where.split(":")
        page = Path(self.env.doc2path(self.env.docname)).stem
        return label, labelled(self.read(f"{other[0] if other else page}.md"), label)

    def read(self, file: str) -> str:
        """Return the text of a file beside the page; a change of it is seen on the page."""
        path = Path(self.env.doc2path(self.env.docname)).parent / file
        self.env.note_dependency(str(path))
        return path.read_text(encoding="utf-8")


def address(file: str) -> str:
    """Return where in the site a file of the package is found."""
    return f"_static/{FOLDER}/{PurePosixPath(file).name}"


def load_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Let a page load what its live pictures need, each file once, and bring none itself."""
    files = [file for found in (tree.findall(picture) if tree else ()) for file in found["files"]]
    if body := context.get("body"):
        files += [file for brought in BROUGHT.finditer(body) for file in brought["files"].split()]
        context["body"] = BROUGHT.sub("", body)
    for file in dict.fromkeys(files):
        where = context["pathto"](address(file), resource=True)
        context["metatags"] = context.get("metatags", "") + (
            f'<link rel="stylesheet" href="{where}">'
            if file == STYLE
            else f'<script defer src="{where}"></script>'
        )


def lean(script: str) -> str:
    """Return a script without comments, spaces and what else a browser does not need."""
    tag, end = "<script>", "</script>"  # A comment at the top would be kept, as a licence is.
    page = minify_html.minify(f"{tag}{COMMENT.sub('', script)}{end}", minify_js=True)
    return page.removeprefix(tag).removesuffix(end)


def copy_files(app: Sphinx, exception: Exception | None) -> None:
    """Copy the files that the pages load."""
    if exception is None and app.builder.format == "html":
        for file in sorted(live.FILES):
            target = Path(app.outdir, address(file))
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source(file)
            target.write_text(text if file == STYLE else lean(text), encoding="utf-8")
        # What is loaded when a picture is touched: trained models, and what runs them.
        folder = Path(app.outdir, "_static", FOLDER)
        (folder / "predictor.js").write_text(lean(web.runtime()), encoding="utf-8")
        for model in Path(app.srcdir, "book", "results").glob("*.js"):
            shutil.copy(model, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("live", Live)
    app.add_node(
        picture,
        html=(lambda self, node: self.body.append(node["html"]), lambda self, node: None),
    )
    app.connect("html-page-context", load_files)
    app.connect("build-finished", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
