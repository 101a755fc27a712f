"""Every work in the bibliography is cited where a reader sees it, and every citation is in it."""

import ast
import re
from pathlib import Path

import pytest

import unrolled

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
SRC = Path(unrolled.__file__).parents[1]
KEYS = re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text("utf-8"), re.MULTILINE)


def cited(text):
    """Return the keys that a text cites, in the writing of MyST or of reStructuredText."""
    roles = re.findall(r"(?:\{cite(?::\w+)?\}|:cite(?::\w+)?:)`([^`]+)`", text)
    return {key.strip() for role in roles for key in role.split(",")}


def docstrings(module, names=None):
    """Return what autodoc prints of a module's members, of those ``names`` alone where given."""
    path = SRC.joinpath(*module.split("."))
    tree = ast.parse(
        (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
    )
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):  # A package hands on what its modules define.
            inside = {a.name for a in node.names if names is None or a.name in names}
            if path.is_dir() and inside and node.module.startswith(f"{module}."):
                found += docstrings(node.module, inside)
        elif getattr(node, "name", "_")[0] != "_" and (names is None or node.name in names):
            parts = [node, *(n for n in node.body if isinstance(n, ast.FunctionDef))]
            found += [ast.get_docstring(part) or "" for part in parts if part.name[0] != "_"]
    return [ast.get_docstring(tree) or "", *found] if names is None else found


def printed(api):
    """Return the docstrings that a page of autodoc prints."""
    found = []
    blocks = re.findall(r"^\.\. auto(\w+):: (\S+)\n((?: +:.*\n)*)", api, re.MULTILINE)
    for kind, name, options in blocks:
        if kind != "module":
            module, _, name = name.rpartition(".")
            found += docstrings(module, {name})
            continue
        members = re.search(r":members: *(.*)", options)
        everything = docstrings(name)
        if members is None:
            found += everything[:1]
        elif members[1]:
            found += [everything[0], *docstrings(name, set(members[1].split(", ")))]
        else:
            found += everything
    return found


API = (BOOK / "api.rst").read_text("utf-8")
SHOWN = {path.name: path.read_text("utf-8") for path in [*BOOK.glob("*.md"), BOOK / "api.rst"]}
SHOWN["docstrings in api.rst"] = "\n".join(printed(API))
SOURCES = {str(p.relative_to(SRC)): p.read_text("utf-8") for p in SRC.rglob("*.py")}


def test_a_key_stands_once():
    assert sorted(KEYS) == sorted(set(KEYS))


def test_every_work_is_cited_where_a_reader_sees_it():
    assert set(KEYS) - set().union(*map(cited, SHOWN.values())) == set()


@pytest.mark.parametrize("name", [*SHOWN, *(name for name, text in SOURCES.items() if cited(text))])
def test_every_citation_is_in_the_bibliography(name):
    assert cited((SHOWN | SOURCES)[name]) - set(KEYS) == set()


def test_the_docstrings_that_a_page_prints_are_found():
    """Those of a module, of what a package hands on and of one class; no others."""
    assert any("Lay our parameters out" in text for text in printed(API))
    of_a_package = printed(".. automodule:: unrolled.unroll\n   :members:\n")
    assert {"werbos1990", "schuster1997", "williams1990"} - cited("\n".join(of_a_package)) == {
        "werbos1990"  # It stands in the docstring of a module that the page does not print.
    }
    assert len(printed(".. automodule:: unrolled.unroll\n")) == 1
    assert len(printed(".. automodule:: unrolled.text\n   :members: Batch, pad\n")) > 2
