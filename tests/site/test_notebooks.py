"""A page's notebook: what each kind of markup becomes, and that the book's are whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebooks import GLUE, slug

ROOT = Path(__file__).resolve().parents[2]
CONF = """
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "notebooks"]
nb_execution_mode, nb_output_stderr = "cache", "remove"
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
bibtex_bibfiles = ["some.bib"]
html_title = "Little"
html_baseurl = "{address}"
html_theme_options = {{"repository_url": "https://github.com/someone/little"}}
html_theme = "sphinx_book_theme"
numfig = True
exclude_patterns = ["_build"]
nb_execution_cache_path = "_build/cache"
"""
BIB = "@book{key, author={Ada Lovelace}, title={Notes}, publisher={Taylor}, year={1843}}"
PAGE = r"""---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
# A page

```{toctree}
:hidden:
other
```

```{code-cell}
:tags: [remove-cell]
from myst_nb import glue
glue("seven", 7, display=False)
```

It costs \$5 * 2 < 11, {glue:text}`seven`, says {cite:t}`key`; see {doc}`other`, {ref}`here <sec>`,
{ref}`there <far>`, {eq}`eq-one`, {numref}`tab`, {term}`gate`,
[outside](https://example.org) and `a | b`.
Also $|x|$ in

- a list
  of two lines,
- with code:

  ```python
  x = 1
  ```

```{math}
:label: eq-one
a = b
```

(sec)=
## The section

:::{admonition} Mind
What a box says.

And after.
:::

```{code-cell}
---
tags: [hide-cell]
mystnb: {code_prompt_show: Solution, code_prompt_hide: Solution}
---
import sys
print("seen")
print("unseen", file=sys.stderr)
```

```{table} Bars and numbers
:name: tab

| sign | number |
|------|-------:|
| `a\|b` and $x$ | 2 |
```

```{glossary}
gate
  What opens and shuts.
```

:::{dropdown} Named
Folded.
:::

::::{grid}
:::{grid-item-card} A card
:link: other
:link-type: doc
Its text.
:::
::::

1. first
2. second

\# no heading

```{code-cell}
from IPython.display import HTML, Markdown, display
display(HTML('<div><svg role="img" aria-label="A line." viewBox="0 0 30 3"></svg></div>'))
display(Markdown("[more](other.md)"))
```

```{bibliography}
```
"""
OTHER = PAGE[: PAGE.index("# A")] + "# Another\n\n(far)=\n## Far off\n\n```{code-cell}\n1\n```\n"
#: A role, a directive, a label: what MyST reads and Jupyter does not.
RAW = re.compile(r"(?<![`\w])\{[a-z:-]+\}`\w|^ *(```+|:::+) ?\{|^\([\w-]+\)=$", re.MULTILINE)
TEXT = r"""# A page

This page of Little as a notebook: its text, its code, and what the code gave.
To run it, run the next cell first.

It costs \$5 \* 2 \< 11, 7, says Lovelace [[Lov43](#The-section)]; see [Another](other.ipynb), [here](#The-section),
[there](other.ipynb), [(1)](#A-page), [Table 1](#The-section), [gate](#The-section),
[outside](https://example.org) and `a | b`.
Also $\vert x\vert$ in

- a list
  of two lines,

- with code:

  ```python
  x = 1
  ```

$$
a = b
\tag{1}
$$

## The section

> **Mind**
>
> What a box says.
>
> And after.

*Solution:*

**Table 1.** Bars and numbers

| sign | number |
| --- | ---: |
| `a\|b` and $x$ | 2 |

- **gate**

  What opens and shuts.

**Named**

Folded.

**A card**

Its text.

[Another](other.ipynb)

1. first
2. second

\# no heading

- [Lov43] Ada Lovelace. *Notes*. Taylor, 1843."""  # noqa: E501 - lines as the page has them.


def build(folder: Path, address: str) -> nbformat.NotebookNode:
    """Build a site of two pages, and return the notebook of the first."""
    conf = CONF.format(extensions=str(ROOT / "book" / "_ext"), address=address)
    files = {"conf.py": conf, "some.bib": BIB, "index.md": PAGE, "other.md": OTHER}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", ".", "_build/html"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return nbformat.read(folder / "_build" / "html" / "_sources" / "index.ipynb", 4)


@pytest.fixture(scope="module")
def little(tmp_path_factory):
    """Build the site without a public address, then with one."""
    folder = tmp_path_factory.mktemp("little")
    return build(folder, ""), build(folder, "https://little.example/book/")


def text_of(notebook):
    """Return all its text."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_of(notebook):
    """Return its code cells behind the first, which is not of the page."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"][1:]


@pytest.mark.slow
def test_markup_becomes_what_jupyter_can_show(little):
    assert text_of(little[0]) == TEXT


def test_a_public_address_is_where_links_and_the_package_lead(little):
    text, first = text_of(little[1]), little[1].cells[1].source
    for link in (
        "[Little](https://little.example/book/index.html)",
        "[Another](https://little.example/book/other.html)",
        "[there](https://little.example/book/other.html#far)",
        "[here](#The-section)",
    ):
        assert link in text
    assert "    %pip install" in first
    assert "git+https://github.com/someone/little" in first


def test_code_stands_in_its_order_with_what_it_gave(little):
    glued, solution, shown = code_of(little[0])
    assert GLUE not in glued.source
    assert 'glue("seven", 7' in glued.source
    assert not glued.outputs
    assert [output.text for output in solution.outputs] == ["seen\n"]
    assert solution.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert "jupyter" not in shown.metadata
    line, more = (output.data for output in shown.outputs)
    # Jupyter drops a drawing from the HTML of a file that it does not trust, and keeps an image.
    assert re.fullmatch(
        r'<img alt="A line\." width="40" .*src="data:image/svg[^<]*>', line["text/html"]
    )
    assert more["text/markdown"] == "[more](other.ipynb)"


def test_the_same_page_makes_the_same_cells(little):
    assert [cell.id for cell in little[0].cells] == [f"cell-{n}" for n in range(10)]


@pytest.fixture(scope="module")
def notebooks(book):
    """Return the notebooks of the built book, by page."""
    files = (book / "_sources" / "book").glob("*.ipynb")
    return {path.stem: nbformat.read(path, 4) for path in sorted(files)}


@pytest.mark.site
def test_every_page_that_runs_code_offers_its_notebook(built, notebooks):
    pages = (ROOT / "book").glob("*.md")
    running = {page.stem for page in pages if "{code-cell}" in page.read_text(encoding="utf-8")}
    assert {*notebooks} == running
    for name in running:
        (link,) = built.pages[f"book/{name}.html"].select('a[href$=".ipynb"]')
        assert link["href"] == f"../_sources/book/{name}.ipynb"


@pytest.mark.site
def test_notebooks_are_whole(notebooks):
    """Valid, with all of the page's code, with outputs, and with no markup that Jupyter lacks."""
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        page = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        assert len(code_of(notebook)) == page.count("```{code-cell}"), name
        outputs = [output for cell in code_of(notebook) for output in cell.outputs]
        assert outputs, name
        said = [output.get("data", {}).get("text/markdown", "") for output in outputs]
        for text in (text_of(notebook), *said):
            assert not RAW.search(text), name
        assert not any("<svg" in output.get("data", {}).get("text/html", "") for output in outputs)


@pytest.mark.site
def test_links_in_notebooks_lead_somewhere(notebooks):
    for name, notebook in notebooks.items():
        text = text_of(notebook)
        headings = {
            f"#{slug(title.replace('`', ''))}"
            for title in re.findall(r"^#+ (.+)$", text, flags=re.M)
        }
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            known = (*(f"{other}.ipynb" for other in notebooks), *headings)
            assert target in known or re.match("https?://", target), f"{name}: {target}"


@pytest.mark.site
def test_notebooks_import_what_comes_with_the_package(notebooks):
    """All of them run in a clean environment too: `nox -s notebooks`."""
    given = {"unrolled", "numpy", "scipy", "sklearn", "threadpoolctl", "keras", "tensorflow"}
    given |= {"jax", "optax", "IPython", "onnxruntime", "pyarrow", *sys.stdlib_module_names}
    for name, notebook in notebooks.items():
        for cell in code_of(notebook):
            for node in ast.parse(cell.source).body:  # What is asked for first may be missing.
                if isinstance(node, ast.Import):
                    needed = {alias.name for alias in node.names}
                else:
                    needed = {node.module} if isinstance(node, ast.ImportFrom) else {}
                assert {full.partition(".")[0] for full in needed} <= given, name
