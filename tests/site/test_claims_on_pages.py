"""Pages compare in the room of claims, and print of it what they mean to print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "book").glob("*.md"))
CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(---\n.*?^---\n|(?::[^\n]*\n)*)(.*?)^```$", re.M | re.S
)
STATISTICS = re.compile(r"(from|import) scipy(\.stats\b| import .*\bstats\b)")
ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE


def faults(page: str) -> Iterator[str]:
    """Yield what the code cells of a page, in MyST, do that they may not."""
    cells = [(options, ast.parse(code)) for options, code in CELL.findall(page)]
    nodes = [node for _, cell in cells for node in ast.walk(cell)]
    for options, cell in cells:
        said = ast.unparse(cell.body[-1])
        if "remove-cell" not in options and re.match(r"\(?(claims|says)\.", said):
            yield f"ends a cell with a bare value, which the page prints: {said}"
    names = {a.name for node in nodes if isinstance(node, ast.ImportFrom) for a in node.names}
    called = {ast.unparse(node.func).split(".")[-1] for node in nodes if isinstance(node, ast.Call)}
    if "Claims" in called and "told" not in called:
        yield "makes claims and never says how many: no call of told()"
    if "results" not in names:
        return
    for node in nodes:
        said = ast.unparse(node) if isinstance(node, ast.stmt) else ""
        loads = isinstance(node, ast.Import | ast.ImportFrom) and STATISTICS.match(said)
        if loads or (isinstance(node, ast.Attribute) and ast.unparse(node) == "scipy.stats"):
            yield f"has statistics of its own, not those of the room of claims: {said}"
        if isinstance(node, ast.Assert) and any(
            isinstance(inner, ast.Compare) and any(isinstance(op, ORDER) for op in inner.ops)
            for inner in ast.walk(node)
        ):
            yield f"asserts an order outside the room of claims: {said}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_compares_in_the_room_of_claims(path):
    assert not list(faults(path.read_text(encoding="utf-8")))


def page(*cells: str, options: str = "") -> str:
    return "# A page\n\n" + "\n".join(
        f"```{{code-cell}} python3\n{options}{c}\n```\n" for c in cells
    )


READS = "from unrolled.experiments import claims, results"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("assert 1 < x, 'why'", "order"),
        ("assert all(a >= b for a, b in pairs)", "order"),
        ("assert x == 1 and (np.diff(y) > 0).all()", "order"),
        ("def f():\n    assert x <= 2", "order"),
        ("from scipy.stats import norm", "statistics"),
        ("from scipy import special, stats", "statistics"),
        ("import scipy.stats as s", "statistics"),
        ("p = scipy.stats.norm.sf(1)", "statistics"),
        ("says = claims.Claims(comparisons=2)", "never says how many"),
    ],
)
@pytest.mark.parametrize("options", ["", ":tags: [remove-cell]\n", "---\ntags: [hide-cell]\n---\n"])
def test_each_fault_is_seen(line, says, options):
    (found,) = faults(page(READS, line, options=options))
    assert says in found


@pytest.mark.parametrize("line", ["claims.between(x, 1)", "(says.compare(a, b), 1)"])
def test_a_bare_value_is_seen_where_it_is_printed(line):
    (found,) = faults(page(line, options=":tags: [hide-cell]\n"))
    assert "a bare value" in found
    assert not list(faults(page(line, options=":tags: [remove-cell]\n")))
    assert not list(faults(page(f"{line}\nprint(x)")))


@pytest.mark.parametrize(
    "cells",
    [
        (READS, "assert words == claims.LOWER", "few = [x for x in y if x < 1]"),
        (READS, "says = claims.Claims(1)", "words = says.told()", "import scipy.special"),
        ("from unrolled import text", "assert 1 < 2"),
        (READS, "print('assert 1 < 2')"),
    ],
)
def test_what_is_allowed_is_no_fault(cells):
    assert not list(faults(page(*cells)))
