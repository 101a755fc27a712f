"""Link each term of the glossary where a page first uses it.

This happens when a page is written, so that nobody keeps such links by hand.
A term that came, went or changed its place makes Sphinx write every page anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

GLOSSARY = "book/glossary"
#: Pages that are looked up, not read.
LEFT_ALONE = {GLOSSARY, "book/api", "book/references"}
#: What is no running text, or leads somewhere already.
NO_TEXT = (
    nodes.title, nodes.caption, nodes.table, nodes.math, nodes.math_block, nodes.literal,
    nodes.literal_block, nodes.reference, addnodes.pending_xref, nodes.raw, nodes.Invisible,
    nodes.citation,
)  # fmt: skip
#: A notebook's cells, and cards that are links as a whole.
NO_TEXT_CLASSES = {"cell", "sd-card"}

Entries = dict[str, str]


def forms(term: str) -> list[str]:
    """Return a term and its plural, in small letters: ``["entropy", "entropies"]``."""
    term = term.lower()
    plural = re.sub(r"([^aeiou])y$", r"\1ie", term) + "s"
    return [term, plural, *[f"{term}es"] * term.endswith(("s", "x", "ch"))]


def entries(glossary: nodes.document) -> Entries:
    """Return the place in the glossary of each form of each term; synonyms share an entry."""
    found: Entries = {}
    for part in glossary.findall(addnodes.glossary):
        for entry in part.findall(nodes.definition_list_item):
            terms = [child for child in entry if isinstance(child, nodes.term)]
            for term in terms:
                for form in forms(term.astext()):
                    found.setdefault(form, terms[0]["ids"][0])
    return found


def pattern(known: Entries) -> re.Pattern[str]:
    """Return what finds whole words that are a form of a term, the longest first."""
    longest_first = sorted(known, key=len, reverse=True)
    words = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in longest_first)
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)


def running_text(node: nodes.Element) -> Iterator[nodes.Text]:
    """Yield the parts of a page that are read from the first line to the last."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child
        elif not isinstance(child, NO_TEXT) and not NO_TEXT_CLASSES & {*child.get("classes", ())}:
            yield from running_text(child)


def first_uses(texts: list[str], known: Entries) -> Iterator[tuple[int, re.Match[str], str]]:
    """Yield for each entry the text that first uses it, where in that text, and its place."""
    found, used = pattern(known), set[str]()
    for number, text in enumerate(texts):
        for match in found.finditer(text):
            place = known[" ".join(match[0].lower().split())]
            if place not in used:
                used.add(place)
                yield number, match, place


class FirstUse(SphinxPostTransform):
    """Make links of the first uses on one page."""

    default_priority = 20  # After other links are known for what they are.
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Put the links into the page."""
        known: Entries = getattr(self.env, "first_use", {})
        page = self.env.docname
        if not known or page in LEFT_ALONE:
            return
        texts = list(running_text(self.document))
        parts: dict[int, list[nodes.Node]] = {}
        ends: dict[int, int] = {}
        for number, match, place in first_uses([str(text) for text in texts], known):
            before = texts[number][ends.get(number, 0) : match.start()]
            word = nodes.Text(match[0])
            link = make_refnode(self.app.builder, page, GLOSSARY, place, word)
            link["classes"].append("first-use")
            parts.setdefault(number, []).extend([nodes.Text(before), link])
            ends[number] = match.end()
        for number, made in parts.items():
            text = texts[number]
            text.parent.replace(text, [*made, nodes.Text(text[ends[number] :])])


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Keep the terms, and name every page for writing where they are others than before."""
    known = entries(env.get_doctree(GLOSSARY)) if GLOSSARY in env.found_docs else {}
    if known == getattr(env, "first_use", {}):
        return []
    env.first_use = known  # type: ignore[attr-defined]
    return sorted(env.found_docs)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(FirstUse)
    app.connect("env-updated", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
