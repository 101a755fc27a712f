"""What is left out of the site, and what is not: each seen on the smallest example."""

from __future__ import annotations

import logging

import built_math
import light_site
import pytest
from docutils import nodes
from fontTools import ttLib


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".a{b:c}.x{b:c}", ".a{b:c}"),
        (".a,.x,p{b:c}", ".a,p{b:c}"),
        (".a .x{b:c}.a.x{b:c}#x{b:c}#i{b:c}", "#i{b:c}"),
        ("@media print{.x{b:c}}@media screen{.x{b:c}.a{b:c}}", "@media screen{.a{b:c}}"),
        ('.a:not(.x){b:c}.a[href=".x"]{b:c}', '.a:not(.x){b:c}.a[href=".x"]{b:c}'),
        (r".w-25\%{b:c}.x-25\%{b:c}", r".w-25\%{b:c}"),
        (":is(.a,.x) p,.x{b:c}", ":is(.a,.x) p{b:c}"),
        ("@font-face{src:url(a.woff)}/* why */", "@font-face{src:url(a.woff)}"),
        ("p{width:.5em}@keyframes k{0%{top:0}}", "p{width:.5em}@keyframes k{0%{top:0}}"),
    ],
)
def test_a_rule_is_left_out_if_no_page_has_its_class(css, left):
    assert light_site.cut_styles(css, {"a", "i", "w-25%"}).replace(" {", "{") == left


def test_classes_are_known_from_pages_and_from_scripts(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "s.js").write_text("x.classList.add('from-file')")
    (tmp_path / "p.html").write_text(
        '<p class="one two" id="three">four</p><script>x.className = "from-page"</script>'
    )
    words = light_site.words_of(tmp_path)
    assert words >= {"one", "two", "three", "from-file", "from-page"}
    assert "four" not in words


def test_a_file_that_nothing_names_is_removed(tmp_path):
    (tmp_path / "_static").mkdir()
    for name in ("a.png", "b.png", "c.woff"):
        (tmp_path / "_static" / name).write_text("")
    (tmp_path / "_static" / "s.css").write_text("url(c.woff)")
    (tmp_path / "_static" / "spare.js").write_text("b.png, spare.js")
    (tmp_path / "p.html").write_text('<link href="_static/s.css"><img src="_static/a.png">')
    light_site.drop_spare_files(tmp_path)
    left = sorted(path.name for path in (tmp_path / "_static").iterdir())
    assert left == ["a.png", "c.woff", "s.css"]


def test_a_formula_is_set_with_its_mathml_and_the_rules_that_it_needs(tmp_path):
    set_, rules = built_math.typesetter()
    rules()
    html = set_(r"\mathbf{h}_t = \sigma(x)", True)
    assert html.startswith("<mjx-container")
    assert html.endswith("</mjx-assistive-mml></mjx-container>")
    assert '<mi mathvariant="bold">h</mi>' in html
    assert 'aria-hidden="true"' in html.partition("<math")[0]
    style = rules()
    assert built_math.letters_of(style) >= {*"ht=σ(x)"}
    assert "mjx-c2211" not in style  # A sum's sign, which stood in no formula of this page.
    set_(r"\sum_i", False)
    assert "mjx-c2211" in rules()
    whole = built_math.files()[f"{built_math.FONTS}MathJax_Main-Bold.woff"]
    light_site.cut_font(whole, "hx", tmp_path / "cut.woff")
    with ttLib.TTFont(tmp_path / "cut.woff") as font:
        assert {*font.getBestCmap()} == {ord("h"), ord("x")}
    assert (tmp_path / "cut.woff").stat().st_size < whole.stat().st_size / 10


@pytest.mark.parametrize("wrong", [r"\frac{1", r"\notacommand", r"\begin{nothing}\end{nothing}"])
def test_a_formula_that_cannot_be_set_fails_the_build(wrong, caplog):
    with caplog.at_level(logging.WARNING):
        built_math.formula(rf"<span>\({wrong}\)</span>", nodes.math("", ""))
    assert "a formula cannot be set" in caplog.text


@pytest.mark.parametrize(
    ("tex", "shows"),
    [
        (r"\(a &lt; b\)", "&lt;"),
        (r"\[a\]", 'display="true"'),
        (r"\begin{align}a&amp;=b\end{align}", "mjx-mtable"),
    ],
)
def test_formulas_are_found_as_sphinx_writes_them(tex, shows):
    html = built_math.formula(f"<div>{tex}</div>", nodes.math("", ""))
    assert shows in html
    assert html.startswith("<div><mjx-container")
    assert html.endswith("</mjx-container></div>")
