"""Caption what stands above: a figure or a table that a cell has made, or a table of the page.

``{caption}`` takes a label and holds the words, which may cite, link and glue as any prose.
Sphinx numbers what it captions, and ``{numref}`` cites it by that number.
A column of numbers is set to the right, and a number is not parted from its sign.
"""

from __future__ import annotations

import copy
import functools
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from live import picture
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)
#: A number as a table has it: signs, digits, powers of ten, units; an interval of two.
NUMBER = re.compile(r"[-−+±<>≈~]?\s*[\d.,]*\d[^A-Za-z]*(?:[a-zA-Z%µ/×]{1,4})?")
#: A column with this share of numbers is one, beside a column of numbers alone.
SOME = 1 / 3
EMPTY = {"", "—", "–", "-"}


TOGETHER = re.compile(r"(?<=\d) ?(?=%)|(?<=\b[A-Z]) (?== ?\d)|(?<=\b[A-Z][ \u00a0]=) (?=\d)")
CODE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


class words(nodes.General, nodes.Element):  # noqa: N801 - nodes are named so.
    """A caption that has not found its place yet."""


class Caption(SphinxDirective):
    """Put words to the picture or table before it."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the words."""
        found = words(label=self.arguments[0])
        self.set_source_info(found)
        self.state.nested_parse(self.content, self.content_offset, found)
        return [found]


class Place(SphinxTransform):
    """Wrap what stands before a caption in a figure, or give a table its title."""

    default_priority = 210

    def apply(self, **options: Any) -> None:
        """Place every caption of the page."""
        for found in [*self.document.findall(words)]:
            at = found.parent.index(found)
            above = found.parent[at - 1] if at else None
            shown = above if isinstance(above, (nodes.table, picture)) else _output(above)
            text = [part for line in found.children for part in line.children]
            found.parent.remove(found)
            if shown is None or not text:
                fault = f"{found['label']}: no picture or table above, or no words"
                logger.warning(fault, location=found)
                continue
            tables = [*shown.findall(nodes.table)]
            named: nodes.Element
            if tables:
                named = tables[0]
                named.insert(0, nodes.title("", "", *text))
            else:
                named = nodes.figure(align="default")
                shown.replace_self(named)
                named += [shown, nodes.caption("", "", *text)]
            named.source, named.line = found.source, found.line
            named["names"].append(nodes.fully_normalize_name(found["label"]))
            self.document.note_explicit_target(named)


def _output(cell: nodes.Node | None) -> nodes.Element | None:
    """Return what a cell has printed."""
    found = cell.findall(nodes.container) if isinstance(cell, nodes.container) else ()
    return next((one for one in found if one.get("nb_element") == "cell_code_output"), None)


class Together(SphinxPostTransform):
    """Keep a number on the line of its sign: "T = 200" and "95 %" are not broken."""

    default_priority = 310

    def run(self, **options: Any) -> None:
        """Write such spaces as ones that do not break."""
        for text in [*self.document.findall(nodes.Text)]:
            if not isinstance(text.parent, CODE) and (kept := TOGETHER.sub("\u00a0", text)) != text:
                text.parent.replace(text, nodes.Text(kept))


class NumbersToTheRight(SphinxPostTransform):
    """Mark the columns of a table that hold numbers, and beside such those that mostly do."""

    default_priority = 300

    def run(self, **options: Any) -> None:
        """Give each entry of such a column the class of numbers."""
        for table in self.document.findall(nodes.table):
            rows = [
                row.children
                for body in table.findall(nodes.tbody)
                for row in body.findall(nodes.row)
            ]
            heads = [row.children for head in table.findall(nodes.thead) for row in head.children]
            columns = [*zip(*rows, strict=False)]
            shares = [share_of_numbers(column) for column in columns]
            for at, (column, share) in enumerate(zip(columns, shares, strict=True)):
                if share == 1 or (share >= SOME and 1 in shares):
                    for entry in (*column, *(head[at] for head in heads if at < len(head))):
                        entry["classes"] = [*set(entry["classes"]) - ALIGNED, "number"]
                        if entry.astext().endswith((")", "]")):  # It may be broken there.
                            entry["classes"].append("with-interval")


ALIGNED = {"text-left", "text-right", "text-center"}


def share_of_numbers(column: Iterable[nodes.Element]) -> float:
    """Return the share of a column's entries that are numbers; empty ones are not counted."""
    texts = [entry.astext().strip() for entry in column]
    filled = [text for text in texts if text not in EMPTY]
    return sum(map(is_number, filled)) / len(filled) if filled else 0


def is_number(text: str) -> bool:
    """Tell whether a cell of a table holds a number, with its interval or without one."""
    return bool(
        NUMBER.fullmatch(text.replace("\\cdot", "·").replace(" to ", "–").replace(" of ", "/"))
    )


class Numbers(StandardDomain):
    """Sphinx's own domain, which reads a page's whole tree again for each number in it."""

    def _resolve_numref_xref(self, env: BuildEnvironment, *what: Any) -> nodes.Element | None:
        if not hasattr(self, "_trees"):
            self._trees = copy.copy(env)
            self._trees.get_doctree = functools.lru_cache(4)(env.get_doctree)
        return super()._resolve_numref_xref(self._trees, *what)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_domain(Numbers, override=True)
    app.add_directive("caption", Caption)
    app.add_transform(Place)
    app.add_post_transform(Together)
    app.add_post_transform(NumbersToTheRight)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
