"""Offer each page that runs code as a notebook that is whole in Jupyter, VS Code and Colab.

Its text is written from the page's resolved document tree, so whatever a directive or a role
made is there as plain Markdown; its outputs are those that the page shows.
It lies where the theme's download button looks for it, under `_sources`.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from myst_nb.core.utils import coalesce_streams

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx

#: A piece of a page: its Markdown, or the place of a code cell in the page's source.
Block = str | int
DRAWING = '<svg role="img"'  # And not an icon, which only decorates.
RUNS_ON = (nodes.Text, nodes.Inline, nodes.image)
SKIPPED = (nodes.Invisible, nodes.meta, nodes.colspec)  # Comments, targets, index entries.
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
    "codemirror_mode": {"name": "ipython", "version": 3},
}
HIDDEN = {  # What JupyterLab folds, and what Colab does.
    "input": {"jupyter": {"source_hidden": True}, "cellView": "form"},
    "cell": {
        "jupyter": {"source_hidden": True, "outputs_hidden": True},
        "cellView": "form",
        "collapsed": True,
    },
}
GLUE = "from myst_nb import glue"  # The builder of the site, which a reader need not have.
NO_GLUE = "glue = lambda *_, **__: None  # It puts values into the site's text; this text has them."
HEAD = """\
{title}

This page of {book} as a notebook: its text, its code, and what the code gave.
To run it, run the next cell first."""
SETUP = """\
# The package that this page shows and runs.
import importlib.util
import os

# As where the book is built: Keras on a quiet TensorFlow that adds in one order.
os.environ |= {{"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}}
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
if importlib.util.find_spec("unrolled") is None:
    {install}"""
FETCH = """
# The recorded results that this page reads; they come with the package.
import shutil
from importlib import resources

recorded = resources.files("unrolled") / "recorded"
if recorded.is_dir():
    shutil.copytree(recorded, "results", dirs_exist_ok=True)"""
PIP = '%pip install --quiet "unrolled[notebook] @ git+{repository}"'
BY_HAND = """\
raise ModuleNotFoundError(
        "In a copy of Unrolled's repository, run: pip install '.[notebook]'"
    )"""


def slug(title: str) -> str:
    """Return the fragment by which Jupyter finds a heading."""
    return quote(title.replace(" ", "-"))


def fence(code: str, mark: str) -> str:
    """Return a mark, repeated until the code does not hold it."""
    while mark in code:
        mark += mark[0]
    return mark


class Markdown:
    """Write the pieces of a page: CommonMark, `$` around formulas, tables with bars."""

    def __init__(self, app: Sphinx, page: str, tree: nodes.document) -> None:
        self.app, self.page = app, page
        self.numbers = app.env.toc_fignumbers.get(page, {})
        self.headings = {  # A deeper section is found later, and overwrites.
            each: section[0].astext()
            for section in tree.findall(nodes.section)
            for part in section.findall(nodes.Element)
            for each in part["ids"]
        }

    def blocks(self, node: nodes.Node, level: int = 0) -> list[Block]:
        """Return the pieces of a block, at this depth of sections."""
        match node:
            case nodes.container() if node.get("nb_element") == "cell_code":
                return [node["cell_index"]]
            case nodes.section():
                return self.inside(node, level + 1)
            case nodes.title() if isinstance(node.parent, nodes.section):
                return [f"{'#' * level} {self.inline(node)}"]
            case nodes.title() | nodes.caption() | nodes.rubric():
                number, text = self.number(node.parent), self.inline(node)
                return [f"**{number}** {text}" if number else f"**{text}**"]
            case nodes.Element() if is_title(node):  # Of a card or a fold.
                return [f"**{' '.join(map(str, self.inside(node, level)))}**"]
            case nodes.literal_block() | nodes.doctest_block():
                code, language = node.astext().rstrip("\n"), node.get("language", "")
                marks = fence(code, "```")
                return [f"{marks}{language.replace('ipython3', 'python')}\n{code}\n{marks}"]
            case nodes.math_block():
                return [display(node.astext(), node.get("number"))]
            case nodes.bullet_list():
                return self.listed(node, level, ["- "] * len(node))
            case nodes.enumerated_list():
                start = node.get("start", 1)
                return self.listed(node, level, [f"{start + n}. " for n in range(len(node))])
            case nodes.definition_list_item():
                return self.listed(nodes.Element("", node), level, ["- "])
            case nodes.citation():
                key, *rest = [self.inline(part) for part in node]
                return [f"- [{key}] {' '.join(rest)}"]
            case nodes.term():
                return [f"**{self.inline(node)}**"]
            case nodes.block_quote():
                return prefixed(self.inside(node, level), "> ", "> ")
            case nodes.Admonition() | nodes.topic() | nodes.sidebar():
                named = [] if isinstance(node[0], nodes.title) else [f"**{node.tagname.title()}**"]
                return prefixed([*named, *self.inside(node, level)], "> ", "> ")
            case nodes.tgroup():
                return [self.table(node)]
            case nodes.transition():
                return ["---"]
            case nodes.TextElement() if not isinstance(node, SKIPPED):
                return line_of(self.inline(node))
            case nodes.Element() if not isinstance(node, SKIPPED):
                return self.inside(node, level)
        return []

    def inside(self, node: nodes.Element, level: int) -> list[Block]:
        """Return the pieces of all children; what runs on within a line is one of them."""
        found: list[Block] = []
        for runs_on, children in groupby(node.children, lambda each: isinstance(each, RUNS_ON)):
            if runs_on:
                found += line_of("".join(map(self.span, children)))
            else:
                found += [block for child in children for block in self.blocks(child, level)]
        return found

    def listed(self, node: nodes.Element, level: int, marks: list[str]) -> list[Block]:
        """Return a list, in one piece where no code cell is in it."""
        items = [
            prefixed(self.inside(item, level), mark, " " * len(mark))
            for item, mark in zip(node, marks, strict=True)
        ]
        flat = [block for item in items for block in item]
        if any(isinstance(block, int) for block in flat):
            return flat
        close = all("\n\n" not in str(block) for block in flat)
        return [("\n" if close else "\n\n").join(map(str, flat))]

    def table(self, group: nodes.Element) -> str:
        """Return a table whose first row is its head."""
        rows = list(group.findall(nodes.row))
        lines: list[list[str]] = [
            [
                re.sub(r"(?<!\\)\|", r"\|", "<br>".join(map(str, self.inside(entry, 0))))
                for entry in row.findall(nodes.entry)
            ]
            for row in rows
        ]
        rules = ["---:" if "text-right" in entry["classes"] else "---" for entry in rows[0]]
        if not any(isinstance(part, nodes.thead) for part in group):
            lines.insert(0, [""] * len(rules))
        lines.insert(1, rules)
        return "\n".join(f"| {' | '.join(line)} |".replace("\n", " ") for line in lines)

    def number(self, node: nodes.Element) -> str:
        """Return the name and number of a figure, table or listing, where it has one."""
        for kind, numbers in self.numbers.items():
            for each in node["ids"]:
                if each in numbers:
                    dotted = ".".join(map(str, numbers[each]))
                    return f"{self.app.config.numfig_format[kind] % dotted}."
        return ""

    def inline(self, node: nodes.Element) -> str:
        """Return what stands within a line."""
        return "".join(map(self.span, node.children))

    def span(self, node: nodes.Node) -> str:
        """Return one piece of a line."""
        match node:
            case nodes.Text():
                text = re.sub(r"[\\`*<$]|(?<!\w)_|_(?!\w)|(?<=\])\(", r"\\\g<0>", node.astext())
                return re.sub(r"\s*\n\s*", "\n", text)
            case nodes.literal():
                code = node.astext()
                marks = fence(code, "`")
                space = " " * (code[:1] == "`" or code[-1:] == "`")
                return f"{marks}{space}{code}{space}{marks}"
            case nodes.math():
                bars = {r"\|": r"\Vert ", "|": r"\vert "}  # A bar would end a table's cell.
                formula = re.sub(r"\\?\|", lambda bar: bars[bar[0]], node.astext())
                return f"${' '.join(formula.split())}$"
            case nodes.strong() | nodes.emphasis():
                mark = "**" if isinstance(node, nodes.strong) else "*"
                return f"{mark}{self.inline(node)}{mark}"
            case nodes.reference():
                target = self.target(node)
                return f"[{self.inline(node)}]({target})" if target else self.inline(node)
            case nodes.image():
                return f"*{node['alt']}*" if node.get("alt") else ""
            case nodes.raw():
                return image_of(node.astext()) if DRAWING in node.astext() else ""
            case nodes.Invisible():
                return ""
            case nodes.Element():
                return self.inline(node)
        return ""

    def target(self, node: nodes.reference) -> str:
        """Return where a link leads: in this notebook, on the site, or to the notebook beside."""
        uri = node.get("refuri") or f"#{node.get('refid', '')}"
        if uri.startswith("#"):
            heading = self.headings.get(uri[1:])
            return f"#{slug(heading)}" if heading else ""
        return uri if re.match(r"\w+:", uri) else self.elsewhere(uri)

    def elsewhere(self, uri: str) -> str:
        """Return where a link to another page leads: to the site, or else to its notebook."""
        if address := self.app.config.html_baseurl:
            return urljoin(f"{address.rstrip('/')}/{self.page}.html", uri)
        beside, _, _ = uri.partition("#")
        notebook = executed(self.app, Path(self.page).with_name(Path(beside).stem).as_posix())
        return notebook.name if notebook.exists() else ""

    def shown(self, output: NotebookNode) -> NotebookNode | None:
        """Return an output as a notebook keeps it, or None for what only the site reads."""
        if output.output_type == "stream":
            return None if output.name == "stderr" else output
        data = output.get("data", {})
        if any(kind.startswith("application/papermill.record") for kind in data):
            return None
        if DRAWING in data.get("text/html", ""):
            data["text/html"], data["text/plain"] = image_of(data["text/html"]), "A picture"
        if text := data.get("text/markdown"):
            data["text/markdown"] = re.sub(
                r"(?<=\]\()([\w-]+)\.md(?=\))", lambda m: self.elsewhere(f"{m[1]}.html"), text
            )
        return output

    def code_cell(self, cell: NotebookNode) -> NotebookNode:
        """Return a code cell with its outputs; what the site folds or leaves out is folded."""
        tags = cell.metadata.get("tags", [])
        fold = "cell" if "hide-cell" in tags else "input"
        folded = {"hide-cell", "hide-input", "remove-cell", "remove-input"} & {*tags}
        return nbformat.v4.new_code_cell(
            cell.source.replace(GLUE, NO_GLUE),
            execution_count=cell.execution_count,
            outputs=[*filter(None, map(self.shown, coalesce_streams(cell.outputs)))],
            metadata={"tags": tags, **(HIDDEN[fold] if folded else {})} if tags else {},
        )


def is_title(node: nodes.Element) -> bool:
    """Say whether a node is a title of some kind."""
    return any(name.endswith("title") for name in (node.tagname, *node["classes"]))


def line_of(text: str) -> list[Block]:
    """Return a paragraph, no line of which reads as a heading, a list or a quotation."""
    text = re.sub(r"(?m)^(\d*)([#>+.)-])(?=[#>+-]*\s)", r"\1\\\2", text.strip())
    return [text] if text else []


def display(formula: str, number: int | None) -> str:
    """Return a formula on lines of its own, with its number."""
    formula = re.sub(r"\n\s*\n", "\n", formula.strip())
    if r"\\" in formula and r"\begin" not in formula:
        formula = f"\\begin{{aligned}}\n{formula}\n\\end{{aligned}}"
    tag = f"\n\\tag{{{number}}}" if number else ""
    return f"$$\n{formula}{tag}\n$$"


def prefixed(blocks: list[Block], first: str, rest: str) -> list[Block]:
    """Set a mark before the first line of the text, and another before the others."""
    found: list[Block] = []
    for is_cell, group in groupby(blocks, lambda block: isinstance(block, int)):
        if is_cell:
            found += group
        else:
            lines = "\n\n".join(map(str, group)).split("\n")
            marks = [first if not found else rest, *[rest] * (len(lines) - 1)]
            found.append(
                "\n".join((m + line).rstrip() for m, line in zip(marks, lines, strict=True))
            )
    return found


def image_of(page: str) -> str:
    """Return an inline drawing as an image in its light colours.

    Jupyter takes drawings out of the HTML of a notebook that it did not run itself.
    """
    svg = page[page.index("<svg") : page.rindex("</svg>") + 6]
    alt = re.search(r'aria-label="([^"]*)"', svg)
    box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    width = f' width="{float(box[1]) * 4 / 3:.0f}"' if box else ""
    if "xmlns=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<img alt="{alt[1] if alt else ""}"{width} style="background:white;max-width:100%" '
        f'src="data:image/svg+xml;base64,{data}">'
    )


def whole_notebook(
    app: Sphinx, page: str, tree: nodes.document, source: NotebookNode
) -> NotebookNode:
    """Return a page's notebook: its text from the tree, its code and outputs from the source."""
    writer = Markdown(app, page, tree)
    title, *blocks = writer.inside(tree, 0)
    todo = [(at, cell) for at, cell in enumerate(source.cells) if cell.cell_type == "code"]
    code = "\n".join(cell.source for _, cell in todo)
    book, address = app.config.html_title, app.config.html_baseurl.rstrip("/")
    repository = app.config.html_theme_options.get("repository_url")  # Jupyter Book always has one.
    install = PIP.format(repository=repository) if address else BY_HAND
    setup = SETUP.format(install=install) + FETCH * ("results.read" in code)
    head = HEAD.format(title=title, book=f"[{book}]({address}/{page}.html)" if address else book)
    cells = [nbformat.v4.new_markdown_cell(head), nbformat.v4.new_code_cell(setup)]
    text: list[str] = []

    def flush() -> None:
        if text:
            cells.append(nbformat.v4.new_markdown_cell("\n\n".join(text)))
            text.clear()

    for block in [*blocks, len(source.cells)]:
        if isinstance(block, str):
            if block.startswith("#"):
                flush()
            text.append(block)
            continue
        while todo and todo[0][0] <= block:
            cell = todo.pop(0)[1]
            if name := cell.metadata.get("mystnb", {}).get("code_prompt_show"):
                text.append(f"*{name}:*")
            flush()
            cells.append(writer.code_cell(cell))
    flush()
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # The same source builds the same file.
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": spec, "language_info": LANGUAGE, "colab": {"toc_visible": True}}
    return nbformat.v4.new_notebook(cells=cells, metadata=about)


def executed(app: Sphinx, page: str) -> Path:
    """Return where MyST-NB puts a page that runs code."""
    return Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"


def offer_notebook(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Write the page's notebook, and show the button, as the theme does for a launch service."""
    if tree is None or not executed(app, page).exists():
        return
    source = nbformat.read(executed(app, page), as_version=4)
    with suppress(KeyError):  # A page that is not to be executed has no outputs.
        _, source = get_cache(app.config.nb_execution_cache_path).merge_match_into_notebook(source)
    context["ipynb_source"] = f"{page}.ipynb"
    target = Path(app.outdir) / "_sources" / f"{page}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(whole_notebook(app, page, tree, source), target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", offer_notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
