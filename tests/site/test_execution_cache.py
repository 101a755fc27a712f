"""A number on a page is never older than the code behind it, and prose costs no execution."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from execution_key import KEPT, execution_key, prune
from parallel_run import LONG, waiting

from unrolled.experiments import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
myst:
  html_meta:
    description: "One number, made by a package of one line."
---
# A number

The first prose.

```{code-cell}
import sys
from pathlib import Path
sys.path.insert(0, str(Path("../src").resolve()))
import tiny
with open("../executions.log", "a") as log:
    print("executed", file=log)
print("The number is", tiny.NUMBER)
```
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Make a book of one page with the real configuration and extensions."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    for folder in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / folder, tmp_path / "book" / folder)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "references.bib").write_text("")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "tiny.py").write_text("NUMBER = 150\n")
    (tmp_path / "book" / "index.md").write_text(PAGE)
    return tmp_path


def attempt(book: Path) -> subprocess.CompletedProcess[str]:
    """Build as `nox -s docs` does."""
    tool = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    assert tool, "jupyter-book is not installed beside this Python"
    command = [tool, "build", str(book), "-W", "--keep-going", "-n"]
    # A folder without the ratings: this book must not try to fetch them.
    env = os.environ | {"UNROLLED_DATA": str(book), "JUPYTER_PREFER_ENV_PATH": "1"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def build(book: Path) -> tuple[str, int]:
    """Build; return the page and how often it was executed so far."""
    done = attempt(book)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (book / "_build" / "html" / "book" / "index.html").read_text(encoding="utf-8")
    return page, len((book / "executions.log").read_text().splitlines())


@pytest.mark.slow
def test_code_is_executed_again_when_it_changed_and_only_then(book):
    page, executions = build(book)
    assert "The number is 150" in page
    assert executions == 1

    source = book / "book" / "index.md"
    source.write_text(PAGE.replace("first prose", "second prose"))
    page, executions = build(book)
    assert "second prose" in page
    assert "The number is 150" in page
    assert executions == 1, "prose alone was changed, but the page was executed again"

    (book / "src" / "tiny.py").write_text("NUMBER = 165\n")
    page, executions = build(book)
    assert "The number is 165" in page, "the package was changed, but the page shows an old number"
    assert executions == 2


RECORDED = """
from unrolled.experiments import results
print("words:", results.read(Path("results"), "masking")["values"]["words"])
"""


@pytest.mark.slow
def test_a_page_that_reads_a_stale_result_fails_the_build(book):
    page = PAGE.replace("with open", RECORDED + "with open")
    (book / "book" / "index.md").write_text(page)
    path = book / "book" / "results" / "masking.json"
    path.parent.mkdir()
    recorded = (ROOT / "book" / "results" / "masking.json").read_text(encoding="utf-8")
    path.write_text(recorded)
    words = json.loads(recorded)["values"]["words"]
    assert f"words: {words}" in build(book)[0]

    # As if today's config were another.
    path.write_text(recorded.replace('"units": 32', '"units": 64'))
    done = attempt(book)
    assert done.returncode != 0, "a page shows a number of another config, and the book was built"
    assert "StaleResultError" in done.stdout + done.stderr


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_page_reads_every_result_and_reads_it_with_care(name):
    """``results.read`` refuses what is stale; a page that opened the file itself would not."""
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("*.md")]
    assert any(re.search(rf'results\.read\([^\n]*"{name}"\)', page) for page in pages)
    assert not any(f"{name}.json" in page for page in pages)


CHANGES = {
    "a module": ("src/unrolled/cell.py", "x = 2"),
    "a new module": ("src/unrolled/new.py", ""),
    "a result": ("book/results/adding.json", "{}"),
    "the ranges of versions": ("pyproject.toml", "[project]"),
    "the exact versions": ("constraints.txt", "numpy==2"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_key_follows(tmp_path, change):
    write(tmp_path, "src/unrolled/cell.py", "x = 1")
    before = execution_key(tmp_path, "3.11")
    write(tmp_path, *CHANGES[change])
    assert execution_key(tmp_path, "3.11") != before


def test_the_key_follows_python_and_the_presence_of_data(tmp_path):
    keys = {
        execution_key(tmp_path, python, data)
        for python in ("3.11.7", "3.12.1")
        for data in ("ratings=True", "ratings=False")
    }
    assert len(keys) == 4


def test_the_key_leaves_prose_and_generated_files_alone(tmp_path):
    write(tmp_path, "src/unrolled/cell.py", "x = 1")
    before = execution_key(tmp_path, "3.11")
    write(tmp_path, "book/lstm.md", "# New prose")
    write(tmp_path, "src/unrolled/__pycache__/cell.pyc", "")
    assert execution_key(tmp_path, "3.11") == before


def test_old_caches_are_removed_and_the_newest_kept(tmp_path):
    for age in range(5):
        (tmp_path / f"key{age}").mkdir()
        os.utime(tmp_path / f"key{age}", (1000 - age, 1000 - age))

    class App:
        class config:  # noqa: N801 - Sphinx's name.
            nb_execution_cache_path = str(tmp_path / "key0")

    prune(App, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"key{age}" for age in range(KEPT)]


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_page_that_trains_longest_runs_first_and_then_that_with_the_most_code(tmp_path):
    trains = LONG[-1].removesuffix(".md")
    for name, times in (("short", 1), ("long", 3), ("middle", 2), (trains, 1)):
        (tmp_path / f"{name}.md").write_text(PAGE.replace("import tiny\n", "import tiny\n" * times))
    app = SimpleNamespace(
        config=SimpleNamespace(
            nb_execution_cache_path=str(tmp_path / "cache"), nb_execution_excludepatterns=[]
        ),
        env=SimpleNamespace(doc2path=lambda name: tmp_path / f"{name}.md"),
    )
    found = waiting(app, ["short", "long", trains, "middle"])
    assert [path.stem for path in found] == [trains, "long", "middle", "short"]
    assert all((ROOT / "book" / name).is_file() for name in LONG)
