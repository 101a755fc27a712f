"""Show the part of the package that a page speaks of, and lead from names to their entries.

``{body}`` takes the name of a function or class and shows its source as it stands in its file,
without docstrings and without the checks of what comes in. ``:from:`` and ``:to:`` name the first
and the last line by a piece of each. A folded cell is named by the comment that it
begins with. Names written as code in prose lead to the package's page; `sphinx_codeautolink` does
the same for names within code.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx_codeautolink import extension
from sphinx_codeautolink.extension import resolve
from sphinx_codeautolink.extension.block import BUILTIN_BLOCKS, SourceTransform, clean_ipython
from sphinx_codeautolink.extension.cache import CodeExample, Name
from sphinx_codeautolink.extension.directive import PrefaceMarker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)
NAME = re.compile(r"[A-Za-z_][\w.]*")
#: A block of code on a written page, and what stands between two of them: a line of its own.
BLOCK = re.compile(
    r'<div class="[^"]*\bhighlight-[^>]*>\s*<div.*?</pre>\s*</div>\s*</div>', re.DOTALL
)
BETWEEN = "\n<!--prose-->\n"
#: One word names a function or class of the package; all else is named with its owner.
ALONE = ("function", "class", "exception")


class MissingError(LookupError):
    """What a page asks to show is not there."""


def find(src: Path, name: str) -> tuple[Path, ast.stmt]:
    """Return the file of a dotted name and the place of its definition there."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        path = src.joinpath(*parts[:cut])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                node: Any = ast.parse(file.read_text(encoding="utf-8"))
                for part in parts[cut:]:
                    inner = [one for one in node.body if getattr(one, "name", None) == part]
                    if not inner:
                        raise MissingError(f"{file.name} defines no {part}, as in {name}")
                    node = inner[0]
                return file, node
    raise MissingError(f"no file of the package defines {name}")


def spare(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the docstrings and the checks within a definition."""
    for place in ast.walk(node):
        body = getattr(place, "body", None)
        if not isinstance(body, list):
            continue
        for line in body:
            if isinstance(line, ast.Expr):
                what = line.value
                if isinstance(what, ast.Constant) and isinstance(what.value, str):
                    yield line
                elif isinstance(what, ast.Call):
                    called = ast.unparse(what.func).split(".")[-1]
                    if called.startswith("check"):
                        yield line
            elif isinstance(line, ast.If) and all(isinstance(x, ast.Raise) for x in line.body):
                yield line


def body(file: Path, node: ast.stmt, first: str = "", last: str = "") -> str:
    """Return the source of a definition without what is spare, or a piece of it."""
    lines: list[str | None] = [*file.read_text(encoding="utf-8").splitlines()]
    for one in spare(node):
        lines[one.lineno - 1 : one.end_lineno] = [None] * (one.end_lineno - one.lineno + 1)
        if not lines[one.end_lineno]:  # The blank line that set it apart.
            lines[one.end_lineno] = None
    start = min([node.lineno, *(line.lineno for line in getattr(node, "decorator_list", []))])
    kept = [line for line in lines[start - 1 : node.end_lineno] if line is not None]
    for piece, cut in ((first, lambda at: slice(at, None)), (last, lambda at: slice(at + 1))):
        if piece:
            found = [at for at, line in enumerate(kept) if piece in line]
            if not found:
                raise MissingError(f"no line with {piece!r} in {node.name} of {file.name}")
            kept = kept[cut(found[0])]
    return textwrap.dedent("\n".join(kept))


class Body(SphinxDirective):
    """Show a definition, or a piece of it, and say where it stands."""

    required_arguments = 1
    option_spec: ClassVar = {"from": directives.unchanged, "to": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the code and, under it, the name that leads to the package's page."""
        name = self.arguments[0]
        try:
            file, node = find(Path(self.env.srcdir) / "src", name)
            code = body(file, node, self.options.get("from", ""), self.options.get("to", ""))
        except MissingError as why:
            return [self.state.document.reporter.error(str(why), line=self.lineno)]
        self.env.note_dependency(str(file))
        block = nodes.literal_block(code, code, language="python")
        module = ast.parse(file.read_text(encoding="utf-8")).body
        imports = [line for line in module if isinstance(line, ast.Import | ast.ImportFrom)]
        known = "\n".join(ast.unparse(line) for line in imports)
        where = nodes.paragraph(classes=["source-name"])
        where += nodes.literal(name, name)
        for made in (block, where):
            self.set_source_info(made)
        return [PrefaceMarker(known, "next"), block, where]


class NamedFolds(SphinxTransform):
    """Name a fold by the comment that its code begins with; a whole cell is a solution."""

    default_priority = 210

    def apply(self, **options: Any) -> None:
        """Name every fold that has no name of its own."""
        for cell in self.document.findall(nodes.container):
            if "{type}" not in cell.get("prompt_show", ""):
                continue
            name = "Solution"
            if cell["hide_mode"] == "input":
                first = next(cell.findall(nodes.literal_block)).astext().partition("\n")[0]
                if not first.startswith("# "):
                    logger.warning("a folded cell begins with a comment, its name", location=cell)
                name = first.removeprefix("# ").rstrip(".")
            cell["prompt_show"] = cell["prompt_hide"] = name


class NamesInProse(SphinxPostTransform):
    """Lead from a name in prose to its entry, at its first use in each section."""

    default_priority = 20
    formats = ("html",)

    def run(self, **options: Any) -> None:
        """Link every literal that names one thing of the package."""
        page = self.env.docname.rpartition("/")[2]
        if page == "api":
            return
        done = set[tuple[int, str]]()
        for literal in [*self.document.findall(nodes.literal)]:
            text = literal.astext().removesuffix("()")
            if not NAME.fullmatch(text) or _inside(literal, nodes.reference, nodes.title):
                continue
            entry = self._entry(text, page)
            named = "source-name" in literal.parent.get("classes", ())
            use = (id(literal if named else _inside(literal, nodes.section)), entry)
            if entry and use not in done:
                done.add(use)
                target = self.env.get_domain("py").objects[entry]
                link = make_refnode(
                    self.app.builder, self.env.docname, target.docname, target.node_id,
                    literal.deepcopy(), entry,
                )  # fmt: skip
                literal.replace_self(link)

    def _entry(self, text: str, page: str) -> str:
        """Return the full name of what a text means, or an empty text."""
        known = self.env.get_domain("py").objects
        if text in known:
            return text
        ends = [
            name
            for name, entry in known.items()
            if name.endswith(f".{text}") and entry.objtype != "module"
        ]
        if not ends and text.count(".") > 2:  # It is documented where its room offers it.
            top, room, *_, name = text.split(".")
            ends = [offered] if (offered := f"{top}.{room}.{name}") in known else []
        if "." not in text:  # A method needs its owner, for `fit` is anyone's.
            ends = [name for name in ends if name.endswith(f".{page}.{text}")] or ends
            ends = ends if all(known[name].objtype in ALONE for name in ends) else []
        return ends[0] if len(ends) == 1 else ""


def _inside(node: nodes.Node, *kinds: type) -> nodes.Node | None:
    above = node.parent
    while above is not None and not isinstance(above, kinds):
        above = above.parent
    return above


def call(cursor: resolve.Cursor, plainly: Callable[..., None] = resolve.call_value) -> None:
    """Follow a call, and give up where what is called cannot be, as the alias of a type."""
    try:
        plainly(cursor)
    except AttributeError as why:
        raise resolve.CouldNotResolve from why


def remember(app: Sphinx) -> None:
    """Give back what the last build knew of pages that are not read again.

    `sphinx_codeautolink` does so for pages whose names end in .rst alone.
    """
    cache = Path(app.doctreedir) / "codeautolink-cache.json"
    known = getattr(app.env, "sphinx_codeautolink_transforms", None)
    if known is None or not cache.is_file():
        return
    for page, found in json.loads(cache.read_text(encoding="utf-8")).items():
        if page in app.env.all_docs and page not in known:
            for one in found:
                one["example"] = CodeExample(**one["example"])
                one["names"] = [Name(**name) for name in one["names"]]
            known[page] = [SourceTransform(**one) for one in found]


def link_code(
    page: str, html: str, *how: Any, plainly: Callable[..., str] = extension.link_html, **also: Any
) -> str:
    """Link the names in a page's blocks of code, and spare the parser all that is not code."""
    first, *others = BLOCK.split(html)
    blocks = plainly(page, BETWEEN.join(BLOCK.findall(html)), *how, **also).split(BETWEEN)
    return first + "".join(map("".join, zip(blocks, others or [""], strict=True)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("body", Body)
    app.add_transform(NamedFolds)
    app.add_post_transform(NamesInProse)
    app.connect("builder-inited", remember, priority=600)
    resolve.call_value = call
    extension.link_html = link_code
    BUILTIN_BLOCKS["ipython3"] = clean_ipython  # As a setting it is a function, which none pickles.
    return {"parallel_read_safe": True, "parallel_write_safe": True}
