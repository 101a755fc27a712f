"""The gates of every token, in the terminal and as a picture that stands alone."""

import io
import re
import sys
import unicodedata
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from cli_cases import told
from wcwidth import wcswidth

from unrolled.regressor import portable
from unrolled.regressor.cli import gating as module
from unrolled.regressor.cli import main, terminal
from unrolled.regressor.portable import Gates

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [f"{name} {way}" for way in ("forward", "backward") for name in "ifgoch"]


def cells(out):
    """Return the token and the numbers of every row of a map."""
    rows = [line for line in out.splitlines() if re.search(r"\d\.\d\d$", line)]
    return [(line.split()[0], re.findall(r"-?\d+\.\d\d", line)) for line in rows]


def test_the_numbers_are_means_over_units_of_the_models_gates(run, reading):
    text = "six the old cat"
    done = run("gates", reading.path, text)
    assert (done.code, done.err) == (0, "")
    found = portable.load(reading.path).gates(text)
    rows = cells(done.out)
    assert [token for token, _ in rows] == 2 * found.tokens
    for place, name in enumerate(NAMES):
        array = found.values[name]
        means = (np.abs(array) if name[0] in "gch" else array).mean(axis=1)
        block, column = divmod(place, 6)
        shown = [float(numbers[column]) for _, numbers in rows[5 * block : 5 * block + 5]]
        np.testing.assert_allclose(shown, means, atol=0.0051)


@pytest.mark.parametrize(
    "text",
    [
        "six the ten",
        "終電は 何時 ですか",
        "late 🙂 👩‍👧 👍🏽 ❤️ 🇩🇪",
        "שלום לכם six",
        "e\u0301te\u0301 a\u0300",
        "\x1b[2Jsix \u202eten\u202c \u200b",
        "$x_1$ & <b> % #",
    ],
)
def test_columns_stand_under_each_other_whatever_the_signs(run, reading, text):
    done = run("gates", reading.path, text)
    assert (done.code, done.err) == (0, "")
    widths = {wcswidth(line) for line in done.out.splitlines() if line}
    assert len(widths) == 1, done.out
    assert max(widths) <= 75
    controls = {s for s in done.out if unicodedata.category(s) in ("Cc", "Cf")}
    assert controls <= {"\n", terminal.JOINER}


def test_a_very_long_text_is_shown_as_far_as_it_was_read(run, reading):
    done = run("gates", reading.path, "six " * 250_000)
    assert done.code == 0
    assert "only the first 511 tokens were read" in done.err
    assert len(cells(done.out)) == 2 * 512


@pytest.mark.parametrize("text", ["", " \t"])
def test_an_empty_text_is_told_of(run, reading, text):
    assert "expected a text" in told(run("gates", reading.path, text))


def test_bytes_that_are_no_text_are_told_of(run, reading):
    assert "TEXT: expected UTF-8" in told(run("gates", reading.path, "six \udcff"))


def picture(path):
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    assert root.tag == SVG + "svg"
    return root


def test_a_model_that_only_counts_is_told_of_and_nothing_is_drawn(run, counting, tmp_path):
    done = run("gates", counting.path, "six", "--out", tmp_path / "gates.svg")
    assert told(done) == "unrolled: expected a model that reads, got one that only counts\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_picture_draws_every_unit_and_says_what_it_shows(run, reading, tmp_path):
    path = tmp_path / "gates.svg"
    done = run("gates", reading.path, "<b> & six", "--out", path)
    assert done.code == 0
    assert done.out.endswith(f"Wrote {path}.\n")
    root = picture(path)
    assert root.find(SVG + "title").text == "⟦⟧ < b > & six"
    said = root.find(SVG + "desc").text
    assert all(f"{name}" in said for name in NAMES)
    style = root.find(SVG + "style").text
    assert "prefers-color-scheme: dark" in style
    assert "background:var(--unrolled-surface)" in style


@pytest.mark.slow
def test_too_many_units_are_drawn_as_means_and_it_is_said(run, reading, tmp_path):
    few, many = tmp_path / "few.svg", tmp_path / "many.svg"
    assert run("gates", reading.path, "six", "--out", few).err == ""
    done = run("gates", reading.path, "six the old red cat ten two", "--out", many)
    assert done.code == 0
    assert done.err == (
        "unrolled: the units are too many to draw each; a row is their mean, or mean size\n"
    )
    assert len(list(picture(many).iter(SVG + "path"))) < len(list(picture(few).iter(SVG + "path")))
    assert "h backward, size: mean" in picture(many).find(SVG + "desc").text


@pytest.mark.slow
def test_too_many_tokens_are_cut_off_and_it_is_said(run, reading, tmp_path):
    path = tmp_path / "gates.svg"
    done = run("gates", reading.path, "six " * 505, "--out", path)
    assert done.code == 0
    assert "the tokens are too many to draw each; the first 500 are drawn" in done.err
    assert "Values over 500 words" in picture(path).find(SVG + "desc").text


@pytest.mark.slow
def test_signs_that_the_font_lacks_are_told_of_once(run, reading, tmp_path):
    done = run("gates", reading.path, "six 終電", "--out", tmp_path / "gates.svg")
    assert done.code == 0
    assert done.err == (
        "unrolled: the picture's font lacks some signs of the text; boxes stand in their place\n"
    )
    assert "終 電" in picture(tmp_path / "gates.svg").find(SVG + "title").text


def test_cell_states_far_from_zero_break_neither_map(run, tmp_path, monkeypatch):
    values = {name: np.full((2, 3), 0.5) for name in NAMES}
    values["c forward"] = np.array([[-40.0, 3.0, 2.0], [1.5, -1.5, 0.0]])

    class Model:
        config = type("Config", (), {"max_length": 512})

        def gates(self, text):
            return Gates(["⟦⟧", text], values)

    monkeypatch.setattr(module.portable, "load", lambda path: Model())
    path = tmp_path / "gates.svg"
    done = run("gates", "any.keras", "six", "--out", path)
    assert (done.code, done.err) == (0, "")
    assert cells(done.out)[0][1][4] == "15.00"
    assert "c forward, tanh" in picture(path).find(SVG + "desc").text


def test_the_picture_is_replaced_whole(run, reading, tmp_path):
    path = tmp_path / "gates.svg"
    path.write_text("old")
    assert run("gates", reading.path, "", "--out", path).code == 2
    assert path.read_text() == "old"
    assert run("gates", reading.path, "six", "--out", path).code == 0
    picture(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437"])
def test_a_terminal_that_lacks_a_sign_shows_a_mark_for_it(reading, tmp_path, monkeypatch, encoding):
    path, shown = tmp_path / "終電.svg", io.BytesIO()
    stream = io.TextIOWrapper(shown, encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    words = ["gates", str(reading.path), "six café 終電", "--out", str(path)]
    assert main(words) == 0
    said = shown.getvalue().decode(encoding)
    assert re.search(r"^ *\?\? .*\d\.\d\d$", said, re.MULTILINE), "the sign of the start"
    assert ("café" in said) == (encoding != "ascii")
    assert said.endswith("??.svg.\n")
    assert "café" in path.read_text(encoding="utf-8")
    assert stream.errors == "strict"


def test_the_picture_is_there_also_if_nothing_can_be_shown(reading, tmp_path, monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    path = tmp_path / "gates.svg"
    assert main(["gates", str(reading.path), "six", "--out", str(path)]) == 2
    picture(path)


def test_large_values_do_not_touch_what_stands_beside_them():
    values = {name: np.array([1e5, 1e15, 999.994, 12345.6, 1.0]) for name in "fc"}
    shown = terminal.heat_map(list("abcde"), {"way": values}).splitlines()
    assert {len(line) for line in shown} == {3 + 2 * 11}
    for line in shown[1:]:
        assert re.fullmatch(r" +.( +██ +\d\S+){2}", line), line
