"""Let others find the site: all that takes its public address, which `html_baseurl` names.

Where that is empty nothing of it is built: no card, canonical address, map of the site or page for
what is not there. `repository_url`, an option of the theme, turns on the links to the source.
"""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

AFTER_REPAIRS = 910  # After readable_site.py and before light_site.py, which drops spare files.
SENTENCE = ("let", "us", "meet", "at", "ten", "to", "six")
CARD = "_static/card.png"
DESCRIPTION = re.compile(r'<meta(?=[^>]*name="description")[^>]*content="([^"]*)"')
HEAD = re.compile(r'<(?:meta[^>]*property="og:|link[^>]*rel="canonical")[^>]*>')
BUILT_ON = re.compile(r'(<span class="built-on">)[^<]*(</span>)')
NOT_FOUND = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Not here — {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="The page that was asked for is not in {title}.">
<meta name="robots" content="noindex">
<style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.6 sans-serif; margin: 4rem auto;
max-width: 36rem; padding: 0 1rem }} input, button {{ font: inherit; max-width: 100% }}</style>
</head>
<body><main><h1>This page is not here</h1>
<p>It may have moved, or the address may have lost a letter.</p>
<form action="{search}"><label>Search the book: <input type="search" name="q"></label>
<button>Search</button></form>
<p>Or <a href="{start}">start at the front page</a>.</p></main></body>
</html>
"""


def source_date(root: Path) -> datetime | None:
    """Return when the source was last changed: SOURCE_DATE_EPOCH, or the commit's date."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not seconds and (root / ".git").exists():
        command = ["git", "log", "-1", "--format=%ct"]
        try:
            seconds = subprocess.run(command, cwd=root, capture_output=True, text=True).stdout
        except FileNotFoundError:  # No git.
            return None
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.strip() else None


def date_in_words(root: Path) -> str:
    """Return the date of the source, as in "5 November 2026", or nothing where none is known."""
    date = source_date(root)
    return f"{date.day} {date:%B %Y}" if date else ""


def settle(app: Sphinx, config: Config) -> None:
    """Read the two settings."""
    if config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"
    if config.html_theme_options.get("repository_url"):
        config.html_theme_options |= {"use_edit_page_button": True, "use_source_button": True}


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Give a page what is shown where a link to it is shared."""
    base = app.config.html_baseurl
    if not base or tree is None:
        return
    found = DESCRIPTION.search(context.get("metatags", ""))
    said = {
        "type": "article",
        "site_name": app.config.html_title,
        "title": unescape(re.sub("<[^>]*>", "", context["title"])),
        "description": unescape(found[1]) if found else "",
        "url": urljoin(base, app.builder.get_target_uri(page)),
        "image": urljoin(base, CARD),
        "image:alt": "A recurrent network, unrolled over the words of a sentence.",
    }
    tags = [f'<meta property="og:{name}" content="{escape(text)}">' for name, text in said.items()]
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def draw_card(title: str, subtitle: str, target: Path) -> None:
    """Draw the picture that is shown beside a shared link: our first figure under the title."""
    import matplotlib.style
    from matplotlib.colors import to_rgba

    from unrolled.figures.network import draw_network
    from unrolled.figures.palette import ROLES, placeholder
    from unrolled.figures.picture import STYLE

    colours = {to_rgba(placeholder(role))[:3]: to_rgba(of.light) for role, of in ROLES.items()}
    with matplotlib.style.context(["default", STYLE]):
        drawing = draw_network(SENTENCE, bidirectional=False)
        figure, wide, high = drawing.figure, drawing.width / 864, drawing.height / 453.6
        figure.set(size_inches=(12, 6.3), facecolor="white")
        drawing.axes.set_position(((1 - wide) / 2, 0.08, wide, high))
        for y, size, weight, text in (0.78, 56, "bold", title), (0.66, 25, "normal", subtitle):
            figure.text(
                0.5, y, text, size=size, weight=weight, ha="center", color=placeholder("ink")
            )
        for artist in figure.findobj():
            for part in "color", "facecolor", "edgecolor":
                if hasattr(artist, f"get_{part}") and hasattr(artist, f"set_{part}"):
                    *rgb, alpha = to_rgba(getattr(artist, f"get_{part}")())
                    if tuple(rgb) in colours:
                        artist.set(**{part: (*colours[tuple(rgb)][:3], alpha)})
        figure.savefig(target, dpi=100)


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write what stands beside the pages, and on the front page the date of its source."""
    if exception is not None or app.builder.format != "html":
        return
    site, config = Path(app.outdir), app.config
    front = site / f"{config.root_doc}.html"
    date = date_in_words(Path(app.srcdir))
    said = f", from the source of {date}." if date else "."
    html = front.read_text(encoding="utf-8")
    if (dated := BUILT_ON.sub(rf"\g<1>{said}\g<2>", html)) != html:
        front.write_text(dated, encoding="utf-8")
    files = dict.fromkeys(("404.html", "sitemap.xml", "robots.txt", CARD), "")
    if base := config.html_baseurl:
        pages = sorted(map(app.builder.get_target_uri, app.env.found_docs))
        places = "".join(f"<url><loc>{escape(urljoin(base, page))}</loc></url>\n" for page in pages)
        files["sitemap.xml"] = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
        )
        files["404.html"] = NOT_FOUND.format(
            title=escape(config.html_title),
            search=escape(urljoin(base, "search.html")),
            start=escape(urljoin(base, app.builder.get_target_uri(config.root_doc))),
        )
        if urlsplit(base).path == "/":  # Nobody looks for it in a folder.
            files["robots.txt"] = (
                f"User-agent: *\nAllow: /\nSitemap: {urljoin(base, 'sitemap.xml')}\n"
            )
        title, _, subtitle = config.project.partition(": ")
        draw_card(title, subtitle, site / CARD)
        stub = (site / "index.html").read_text(encoding="utf-8")
        if front.name != "index.html" or front.parent != site:
            tags = "\n".join(tag for tag in HEAD.findall(dated) if tag not in stub)
            stub = stub.replace("</head>", f"{tags}\n</head>")
            (site / "index.html").write_text(stub, encoding="utf-8")
    for name, text in files.items():
        if text:
            (site / name).write_text(text, encoding="utf-8")
        elif not (base and name == CARD):
            (site / name).unlink(missing_ok=True)  # Of a build that had an address.


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", settle)
    app.connect("html-page-context", describe)
    app.connect("build-finished", publish, priority=AFTER_REPAIRS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
