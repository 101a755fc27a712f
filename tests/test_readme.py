"""The README keeps its word: its picture, its examples, its links and its commands.

The picture is drawn again by ``python tests/test_readme.py``.
"""

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest

from unrolled import figures
from unrolled.regressor.cli.commands import unrolled as commands
from unrolled.text import clock

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


@pytest.mark.parametrize(
    "name", ["README.md", "book/your-own-text.md", "book/own-text-in-depth.md"]
)
def test_every_command_that_is_given_can_be_run(name):
    """Those in blocks have all that they need; those in a sentence name what there is."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    whole = re.findall(r"^unrolled (.*)", blocks, re.MULTILINE)
    named = re.findall(r"`unrolled ([a-z][^`]*)`", text)
    assert whole
    assert named
    for line in whole:
        command, *words = shlex.split(line)
        commands.commands[command].make_context(command, words)
    for line in named:
        command, *words = shlex.split(line)
        options = {name for option in commands.commands[command].params for name in option.opts}
        assert {word for word in words if word.startswith("-")} <= options


@pytest.mark.slow
def test_the_regressor_is_used_as_the_readme_says(tmp_path, monkeypatch):
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
    spoken = clock.load(100, 1, 1).train
    monkeypatch.chdir(tmp_path)
    names = {"texts": spoken.texts, "stars": spoken.targets, "authors": spoken.groups}
    *lines, last = code.strip().split("\n")
    exec("\n".join(lines), names)
    answer = eval(last, names)
    asked = names["model"].predict(["not so bad"])
    np.testing.assert_allclose(answer, asked, rtol=0, atol=1e-2)


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
