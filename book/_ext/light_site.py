"""Leave in the site what its pages use: of fonts, styles and files, and nothing else."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tinycss2
from fontTools import subset, ttLib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

logging.getLogger("fontTools").setLevel(logging.WARNING)  # It tells of every table that it cuts.
LAST = 950  # After readable_site.py, which drops what it drops from the pages.
ICONS = Path("vendor/fontawesome/webfonts")
SOLID = "fa-solid-900"
#: Icons are letters that no language has; rules and variables hold them.
ICON = re.compile("[\ue000-\uf8ff]")
#: A class or an id in a selector; what stands in brackets or after a colon is not looked at.
NAME = re.compile(r"(?<!\\)[.#]((?:[\w-]|\\.)+)")
WORD = re.compile(r"[\w-]+")


def cut_font(whole: Path, letters: Iterable[str], target: Path) -> None:
    """Write a font that has these letters alone, as WOFF."""
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=True, name_IDs=[])
    with ttLib.TTFont(whole) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(letter) for letter in letters])
        cutter.subset(font)
        target.parent.mkdir(parents=True, exist_ok=True)
        font.flavor = "woff"
        font.save(target)


def cut_styles(css: str, words: set[str]) -> str:
    """Return a style sheet without the rules whose classes or ids are not among the words."""
    return "".join(_kept(tinycss2.parse_stylesheet(css, True, True), words))


def _kept(rules: list[Any], words: set[str]) -> Iterable[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            chosen = tinycss2.serialize(rule.prelude)
            kept = [one.strip() for one in _apart(chosen) if _is_used(one, words)]
            if kept:
                yield f"{','.join(kept)}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = "".join(_kept(tinycss2.parse_rule_list(rule.content, True, True), words))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type != "error":
            yield rule.serialize()


def _apart(selectors: str) -> list[str]:
    """Return the selectors of a list; a comma in brackets does not part them."""
    return re.split(r",(?![^()\[\]]*[)\]])", selectors)


def _is_used(selector: str, words: set[str]) -> bool:
    bare = re.sub(r"\[[^\]]*\]|:(?:not|is|where)\([^)]*\)", "", selector)
    return all(re.sub(r"\\(.)", r"\1", name) in words for name in NAME.findall(bare))


def words_of(site: Path) -> set[str]:
    """Return all that a page or a script may name: classes, ids, and words of scripts."""
    found = set[str]()
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        for values in re.findall(r'\b(?:class|id)="([^"]*)"', html):
            found |= {*values.split()}
        for script in re.findall(r"<script[^>]*>(.+?)</script>", html):
            found |= {*WORD.findall(script)}
    for script in (site / "_static").rglob("*.js"):
        found |= {*WORD.findall(script.read_text(encoding="utf-8"))}
    return found


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Cut style sheets and icons to what the pages use, and remove what none of them loads."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    words = words_of(site)
    icons = set[str]()
    for sheet in static.rglob("*.css"):
        css = sheet.read_text(encoding="utf-8")
        less = cut_styles(css, words)
        icons |= {*ICON.findall(less)}
        less = re.sub(r"@font-face\{[^}]*fa-(?:regular|brands)[^}]*\}", "", less)
        less = re.sub(
            rf'url\(([^)]*{SOLID})\.woff2\) format\("woff2"\),url\([^)]*\) format\("truetype"\)',
            r'url(\1.woff) format("woff")', less,
        )  # fmt: skip
        if less != css:
            sheet.write_text(less, encoding="utf-8")
    fonts = static / ICONS
    if (whole := fonts / f"{SOLID}.ttf").exists():
        cut_font(whole, icons, fonts / f"{SOLID}.woff")
    drop_spare_files(site)


def drop_spare_files(site: Path) -> None:
    """Remove what no page, style sheet or script names but, perhaps, itself."""
    spare: list[Path] | None = None
    while spare is None or spare:  # What names a file may be spare itself.
        kept = [*site.rglob("*.html"), *site.rglob("*.css"), *(site / "_static").rglob("*.js")]
        texts = {file: file.read_text(encoding="utf-8") for file in kept}
        files = [file for file in (site / "_static").rglob("*") if file.is_file()]
        spare = [
            file
            for file in files
            if not any(file.name in text for other, text in texts.items() if other != file)
        ]
        for file in spare:
            file.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", lighten, priority=LAST)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
