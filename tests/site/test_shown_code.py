"""What a page shows of the package, and what it says of a picture: on a book of one page."""

from __future__ import annotations

import io
import re
import textwrap
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from captions import is_number, share_of_numbers
from docutils import nodes
from shown_code import MissingError, body, call, find
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils
from sphinx_codeautolink.extension import resolve

MODULE = '''\
"""A module."""

import numpy as np
from x import check_counts


def step(state, x):
    """Take one step.

    With a second line.
    """
    check_counts(x=x)
    if x is None:
        raise ValueError("no x")

    # As ``written``.
    new = np.tanh(state + x)  # the state
    if new is None:
        new = 0

    def inner():
        """Return it."""
        return new

    return inner()


class Pair:
    """Two."""

    def both(self):
        """Return both."""
        return 1, 2
'''


@pytest.fixture
def src(tmp_path):
    """Write a package of two modules."""
    (tmp_path / "src" / "pack").mkdir(parents=True)
    (tmp_path / "src" / "pack" / "__init__.py").write_text("def top():\n    return 1\n")
    (tmp_path / "src" / "pack" / "mod.py").write_text(MODULE)
    return tmp_path / "src"


def test_a_body_has_neither_docstring_nor_check(src):
    assert body(*find(src, "pack.mod.step")) == textwrap.dedent(
        """\
        def step(state, x):
            # As ``written``.
            new = np.tanh(state + x)  # the state
            if new is None:
                new = 0

            def inner():
                return new

            return inner()"""
    )
    assert body(*find(src, "pack.mod.Pair")) == (
        "class Pair:\n    def both(self):\n        return 1, 2"
    )


def test_a_piece_of_it_begins_and_ends_where_the_page_says(src):
    found = find(src, "pack.mod.step")
    assert body(*found, "new = np", "new = 0").splitlines()[::2] == [
        "new = np.tanh(state + x)  # the state",
        "    new = 0",
    ]
    assert body(*find(src, "pack.mod.Pair.both"), "return") == "return 1, 2"
    assert body(*find(src, "pack.top"), "", "def") == "def top():"


def test_what_looks_callable_and_is_not_is_no_error():
    class Alias:
        """Like the alias of a type, as new Pythons have it."""

        def __call__(self):
            """Never."""

        def __getattribute__(self, name):
            if name == "__call__":
                raise AttributeError(name)
            return super().__getattribute__(name)

    with pytest.raises(resolve.CouldNotResolve):
        call(resolve.Cursor("numpy.typing.NDArray", Alias(), instance=False))


@pytest.mark.parametrize("name", ["pack.mod.stop", "pack.nothing", "other.mod.step"])
def test_what_is_not_there_is_an_error(src, name):
    with pytest.raises(MissingError, match=name):
        find(src, name)


def test_a_piece_that_is_not_there_is_an_error(src):
    with pytest.raises(MissingError, match=r"'old ='.*step.*mod\.py"):
        body(*find(src, "pack.mod.step"), "old =")


PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
---
# A page of `top`

See `mod.step`, `step`, `Pair` and {numref}`tab-a`, but not `both`, `x` or `numpy`.
And `step()` again, at T = 20, 95 % and 5%.

```{body} pack.mod.step
:from: np.tanh
:to: np.tanh
```

| a | b |
|---|---|
| one | 1,024 |
| two | 3·10⁻⁸ |

```{caption} tab-a
The *two* rows.
```

```{code-cell} python3
:tags: [hide-input]
# What is drawn.
1
```

```{code-cell} python3
:tags: [hide-cell]
2
```
"""
API = """\
Entries
=======

.. py:module:: pack.mod
.. py:function:: step
.. py:class:: Pair

   .. py:method:: both
"""


#: Of a cell that was not run, so that there is nothing to caption.
CAPTION = "```{caption} fig-a\nOne.\n```\n\n```{code-cell} python3\n:tags: [hide-cell]"


@pytest.fixture
def build(src, tmp_path):
    """Return a function that builds the page and gives its HTML and the warnings."""

    def built(page: str = PAGE) -> tuple[BeautifulSoup, str]:
        ext = Path(__file__).resolve().parents[2] / "book" / "_ext"
        (tmp_path / "conf.py").write_text(
            f"import sys\nsys.path[:0] = [{str(ext)!r}]\n"
            "extensions = ['myst_nb', 'sphinx_codeautolink', 'shown_code', 'captions']\n"
            "nb_execution_mode = 'off'\nsuppress_warnings = ['myst-nb.lexer']\n"
            "numfig = True\nhtml_theme = 'basic'\n"
            "root_doc = 'page'\nexclude_patterns = ['src', 'out']\n"
            # Sphinx keeps what one book has said of suffixes for the next in its process.
            "source_suffix = {'.rst': 'restructuredtext', '.md': 'myst-nb'}\n"
        )
        (tmp_path / "page.md").write_text(page + "\n```{toctree}\n:titlesonly:\n\napi\n```\n")
        (tmp_path / "api.rst").write_text(API)
        said = io.StringIO()
        folders = [tmp_path, tmp_path, tmp_path / "out", tmp_path / "trees"]
        with patch_docutils(), docutils_namespace():
            Sphinx(*folders, "html", warning=said, status=None).build()
        html = (tmp_path / "out" / "page.html").read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser"), said.getvalue()

    return built


def test_a_page_shows_names_and_captions_what_it_should(build):
    page, said = build()
    assert not said
    assert page.select_one(".highlight-python pre").get_text().strip() == (
        "new = np.tanh(state + x)  # the state"
    )
    entry = "api.html#pack.mod.step"
    places = [link.get_text() for link in page.select(f'.body a[href="{entry}"]')]
    assert places == ["mod.step", "pack.mod.step"]  # In prose once in a section.
    assert [link.get_text() for link in page.select('.body a[href="api.html#pack.mod.Pair"]')] == [
        "Pair"
    ]
    assert "T\u00a0=\u00a020, 95\u00a0% and 5\u00a0%" in page.get_text()
    assert "new = np" in page.get_text()  # In code a space stays one.
    caption = page.select_one("table#tab-a caption")
    assert caption.get_text().startswith("Table 1 The two rows.")
    assert page.select_one('a[href="#tab-a"] .std-numref').get_text() == "Table 1"
    kinds = ["number" in cell.get("class", []) for cell in page.select("table#tab-a :is(th, td)")]
    assert kinds == [False, True] * 3
    folds = [fold.get_text(" ", strip=True) for fold in page.select("summary")]
    assert [set(name.split()) for name in folds] == [{"What", "is", "drawn"}, {"Solution"}]


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("pack.mod.step\n", "pack.mod.stop\n", "mod.py defines no stop"),
        (":from: np.tanh", ":from: np.cosh", "no line with 'np.cosh'"),
        ("# What is drawn.\n", "", "a folded cell begins with a comment"),
        ("| two | 3·10⁻⁸ |\n", "| two | 3·10⁻⁸ |\n\nText.\n", "no picture or table above"),
        ("The *two* rows.\n", "", "no picture or table above, or no words"),
        ("```{code-cell} python3\n:tags: [hide-cell]", CAPTION, "fig-a: no picture or table"),
    ],
)
def test_what_a_page_gets_wrong_is_a_warning(build, good, bad, says):
    assert good in PAGE
    assert re.search(says, build(PAGE.replace(good, bad, 1))[1])


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "−0.5",
        "1,024",
        "3·10⁻⁸",
        r"3 \cdot 10^{-8}",
        "12 %",
        "0.5 (0.4 to 0.6)",
        "7.5 MB",
        "9 of 10",
    ],
)
def test_numbers_are_told_from_words(text):
    assert is_number(text)


def column(*texts):
    return [nodes.entry("", nodes.paragraph(text, text)) for text in texts]


def test_what_is_empty_says_nothing_of_a_column():
    assert share_of_numbers(column("1", "—", "left out", "")) == 1 / 2
    assert share_of_numbers(column("—", "")) == 0


@pytest.mark.parametrize("text", ["LSTM", "2 layers of 32", "i f c o", "v2 of it", ""])
def test_words_are_told_from_numbers(text):
    assert not is_number(text)
