"""The README keeps its word: its picture, its example, its links and its commands.

The picture is drawn again by ``python tests/test_readme.py``.
"""

import re
import tomllib
from pathlib import Path

from unrolled import figures

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "book" / "_static" / "network.svg"
WORDS = ["let", "us", "meet", "at", "ten", "to", "six"]


def test_the_picture_and_its_words_are_those_of_the_figures():
    picture = figures.unrolled_network(WORDS)
    assert f"![{picture.alt}](book/_static/network.svg)" in README
    arrows = r'data-edge="([^"]*)"'
    drawn = re.findall(arrows, PICTURE.read_text(encoding="utf-8"))
    assert sorted(drawn) == sorted(re.findall(arrows, picture.svg))


def test_every_link_into_the_repository_leads_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / link).exists(), f"{name} links to {link}"


def test_the_example_prints_what_the_readme_says(capsys):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(code, {})
    said = re.search(r"print\(.*#\s*(.*)", code)[1]
    assert capsys.readouterr().out.strip() == said.strip()


def test_the_sessions_that_are_named_exist():
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.M))
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"nox -s (\w+)", text))
    assert named
    assert named <= sessions


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    import unrolled

    assert project["version"] == unrolled.__version__
    assert f"\nversion: {unrolled.__version__}\n" in citation


if __name__ == "__main__":
    PICTURE.write_text(figures.unrolled_network(WORDS).standalone(), encoding="utf-8")
