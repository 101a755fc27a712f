"""The page of a report: its numbers are the model's, its texts are quoted, and it is whole."""

import re

import numpy as np
import pytest
from cli_cases import bag, order, told, write

from unrolled.regressor import TextRegressor, portable
from unrolled.regressor.cli import fitting, main
from unrolled.regressor.examples import Example
from unrolled.regressor.report.gathering import Gathering

HOSTILE = [
    "</script><script>alert(1)</script>",
    "\u202eabc \x1b[2J",
    "<img src=x onerror=alert(1)>",
]


@pytest.fixture(scope="module")
def fitted(eager, tmp_path_factory):
    """Return the folder of a small model that reads, with its report and its data."""
    folder = tmp_path_factory.mktemp("report")
    rows = [*order(90), *((f"{text} {n}", 40 + n) for text in HOSTILE for n in range(10))]
    data = write(folder / "data.csv", rows)
    with pytest.MonkeyPatch.context() as patch:
        sizes = {"embedding_dim": 8, "units": 4, "folds": 2}
        patch.setattr(fitting, "_regressor", lambda **given: TextRegressor(**sizes, **given))
        words = ["fit", data, "--out", folder / "model.keras", "--report", folder / "report.html"]
        assert main([*map(str, words), "--epochs", "1", "--apart-only"]) == 0
    return folder


@pytest.fixture(scope="module")
def page(fitted):
    return (fitted / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_needs_nothing_else_and_has_every_part(page):
    for part in (
        "What is it worth?", "Try it", "Is it right on average?", "Where does it err?",
        "How sure is it?", "Which words count?", "Which texts went wrong?", "How did it learn?",
    ):  # fmt: skip
        assert f"<h2>{part}</h2>" in page
    assert page.count("<svg") == 4
    assert page.count('role="img" aria-label=') == 4
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "default-src 'none'" in page


def test_the_table_and_the_verdict_are_those_that_were_measured(page, fitted):
    about = portable.load(fitted / "model.keras").about["test"]
    assert f'<th scope="row">this model</th><td>{about["mae"]:.3g}<br>' in page
    assert re.search(r"<h2>What is it worth\?</h2><p>(This model is|A baseline|Neither)", page)


def test_inspect_tells_how_much_is_read(run, fitted):
    config = portable.load(fitted / "model.keras").config
    said = run("inspect", fitted / "model.keras").out
    assert f"counts       {1 - config.share:.0%} of the answer" in said
    assert ("BiLSTM of 4 units each way" in said) == (config.readers > 0)


def test_texts_are_quoted_and_their_controls_marked(page):
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    marks = ("&lt;/script&gt;", "\ufffdabc \ufffd[2J", "&lt;img")
    assert any(mark in page for mark in marks)


def test_only_texts_kept_apart_are_told_of(fitted, monkeypatch, run):
    taken = []
    take = Gathering.take

    def watched(self, rows, *others):
        taken.extend(row.text for row in rows)
        return take(self, rows, *others)

    monkeypatch.setattr(Gathering, "take", watched)
    learnt = []
    whole = TextRegressor.fit_examples

    def fit(self, data, rows, *others):
        learnt.extend(" ".join(words) for words in data.texts.words(rows))
        return whole(self, data, rows, *others)

    monkeypatch.setattr(TextRegressor, "fit_examples", fit)
    words = ["--out", fitted / "again.keras", "--report", fitted / "again.html", "--readers", "0"]
    assert run("fit", write(fitted / "plain.csv", bag(60)), *words).code == 0
    assert len(taken) == 12
    assert not {*taken} & {*learnt}
    assert "so there is no training by epochs to show" in (fitted / "again.html").read_text()


def test_evaluate_writes_the_page_of_other_texts(run, fitted, tmp_path):
    data = write(tmp_path / "later.csv", order(40, seed=9))
    out = tmp_path / "later.html"
    done = run("evaluate", fitted / "model.keras", data, "--report", out)
    assert done == run("evaluate", fitted / "model.keras", data)
    said = out.read_text(encoding="utf-8")
    mae = re.search(r"^mae +(\S+)", done.out, re.MULTILINE)[1]
    assert f"<td>{mae}<br>" in said
    assert "How did it learn?" not in said
    assert "40 texts kept apart" in said


def test_what_is_gathered_in_blocks_is_what_is_gathered_at_once(counting):
    model = portable.load(counting.path)
    # The largest errors come first, so that none is kept by chance.
    told = sorted(bag(50), key=lambda row: -abs(model.predict([row[0]])[0] - row[1]))
    rows = [Example(*row) for row in told]
    found = model.predict([row.text for row in rows], 0.9)
    halves = (found.highs - found.lows) / 2
    whole, parts = Gathering(model), Gathering(model)
    whole.take(rows, found.answers, halves)
    for n in range(0, 50, 7):
        some = slice(n, n + 7)
        parts.take(rows[some], found.answers[some], halves[some])
    one, other = whole.found(), parts.found()
    np.testing.assert_array_equal(one.answers, other.answers)
    assert one.worst == other.worst
    assert len(one.words) == 24
    for word, again in zip(one.words, other.words, strict=True):
        assert word == (*again[:2], pytest.approx(again.adds))
    off = np.abs(found.answers - [row.target for row in rows])
    assert [error.size for error in one.worst] == sorted(off, reverse=True)[:10]
    # By the ratios, intervals of other levels are those of the model.
    wide = model.predict([row.text for row in rows], 0.8)
    np.testing.assert_allclose(one.halves * one.ratios[0.8], (wide.highs - wide.lows) / 2)


def test_a_words_weight_is_what_it_adds_to_an_answer(counting):
    model = portable.load(counting.path)
    word = model.counting.grams.words[0]
    gathering = Gathering(model)
    gathering.take([Example(word, 0.0)], model.predict([word]), None)
    (found,) = gathering.found().words
    # Alone in its text, it has the length 1 of its block.
    assert found == (word, 1, pytest.approx(model.config.scale * model.counting.table[0, 1]))


EDGES = {
    "five texts": bag(5),
    "the same number": [(text, 3) for text, _ in bag(40)],
    "tiny numbers": [(text, number * 1e-9) for text, number in bag(40)],
    "Chinese": [("好看" * (1 + n % 3) + "电影院里" * (n % 5), n % 7) for n in range(60)],
    "long texts": [
        (f"{text} " * (1 + 300 * (n % 9 == 0)), v) for n, (text, v) in enumerate(bag(40))
    ],
}


@pytest.mark.parametrize("rows", EDGES.values(), ids=EDGES)
def test_a_page_is_made_of_what_there_is(run, eager, tmp_path, rows):
    out, report = tmp_path / "m.keras", tmp_path / "r.html"
    data = write(tmp_path / "data.csv", rows)
    words = ["--text", "text", "--target", "number", "--readers", "0", "--apart-only"]
    assert run("fit", data, *words, "--out", out, "--report", report).code == 0
    said = report.read_text(encoding="utf-8")
    assert "nan" not in re.sub(r"<script>.*</script>", "", said, flags=re.DOTALL)


def test_columns_have_fields_in_the_box_and_groups_are_no_trouble(run, eager, tmp_path):
    rows = [(*row, f"g{n // 3}", n % 4) for n, row in enumerate(bag(60))]
    data, report = write(tmp_path / "d.csv", rows, ("text", "y", "g", "price")), tmp_path / "r.html"
    words = ["--group", "g", "--column", "price", "--readers", "0", "--out", tmp_path / "m.keras"]
    assert run("fit", data, *words, "--report", report).code == 0
    said = report.read_text()
    assert "the column" in said
    assert '"columns":[{"name":"price"' in said.replace(" ", "").replace("\\", "")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("report.txt", "--report: expected a name that ends in .html or .htm, got 'report.txt'"),
        ("missing/r.html", "--report: expected a folder at"),
        ("data.html", "--report: expected a file other than those read"),
    ],
)
def test_a_page_that_cannot_be_written_is_told_of_before_training(
    run, tmp_path, monkeypatch, name, part
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fitting, "open_table", None)
    write(tmp_path / "data.html", bag(20))
    assert part in told(run("fit", "data.html", "--kind", "csv", "--report", name))
    assert [path.name for path in tmp_path.iterdir()] == ["data.html"]


def test_a_missing_library_is_told_of_before_training(run, counting, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    monkeypatch.setattr("unrolled.extras.is_there", lambda name: name != "matplotlib")
    monkeypatch.setattr(fitting, "open_table", None)
    for command in ["fit"], ["evaluate", counting.path]:
        line = told(run(*command, counting.data, "--report", tmp_path / "r.html"))
        assert "matplotlib: pip install 'unrolled[figures]'" in line


def test_a_page_that_fails_leaves_the_old_one_and_the_model(run, fitted, tmp_path, monkeypatch):
    report = tmp_path / "r.html"
    report.write_text("old")
    monkeypatch.setattr("unrolled.regressor.report.page.page", lambda *_: 1 / 0 * "")
    with pytest.raises(ZeroDivisionError):
        run("evaluate", fitted / "model.keras", fitted / "data.csv", "--report", report)
    assert report.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
