"""A model as a script for a browser: what is written where, and what is refused."""

import re
import sys

import numpy as np
import pytest
from cli_cases import told, write
from web_cases import random_model

from unrolled.regressor import web
from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.regressor.onnx.script import script
from unrolled.regressor.portable import file


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Return a function that writes a model file in a folder of its own, where commands run."""
    from unrolled.regressor.text_model import TextModel

    def model(**settings):
        path = tmp_path / "late.keras"
        TextModel.of_file(random_model(["so late", "later"], **settings)).save(path)
        return path

    monkeypatch.chdir(tmp_path)
    return model


def test_a_script_is_written_in_this_folder_under_the_models_name(run, model, tmp_path):
    path = model()
    done = run("export", path, "--to", "web")
    assert (done.code, done.err) == (0, "")
    text = (tmp_path / "late.js").read_text(encoding="ascii")
    assert text == web.script(file.read(path), "late", 16)
    assert 'unrolled.model(unrolled.models["late"])' in text.partition("(() => {")[0]
    assert done.out == f"Wrote late.js ({len(text) / 1024:.0f} KiB).\n"


def test_fewer_bits_make_a_smaller_file_in_the_place_of_the_last(run, model, tmp_path):
    path, out, sizes = model(embedding_dim=64, units=32), tmp_path / "text.js", []
    for bits in ("32", "16", "8"):
        words = ["--to", "web", "--out", out, "--bits", bits]
        if out.exists():
            assert "--out: expected a name that is free" in told(run("export", path, *words))
            assert out.stat().st_size == sizes[-1]
            words.append("--force")
        assert run("export", path, *words).code == 0
        assert out.read_text() == web.script(file.read(path), "text", int(bits))
        sizes.append(out.stat().st_size)
    assert sizes[0] > sizes[1] > sizes[2]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["late.keras", "text.js"]


def test_what_rounding_costs_is_told_of_texts(run, model, tmp_path):
    path, texts = model(), ["so late", "later", "so so"]
    write(tmp_path / "data.csv", [(text, 0) for text in texts])
    done = run("export", path, "data.csv", "--text", "text", "--to", "web", "--bits", "8")
    moves = web.moves(file.read(path), texts, 8)
    assert moves.min() < moves.max()
    line = f"Answers move by {moves.mean():.2g} on average, by {moves.max():.2g} at most."
    assert done.out.splitlines()[1:] == [line]


def test_of_texts_that_cannot_be_read_nothing_is_written(run, model, tmp_path):
    path = model()
    for data, part in [("no.csv", "no.csv"), ("empty.txt", "line 2: expected a text, got ''")]:
        (tmp_path / "empty.txt").write_text("so late\n\n")
        assert part in told(run("export", path, data, "--to", "web"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.txt", "late.keras"]


def test_a_place_where_no_script_can_be_written_is_told_of(run, model, tmp_path):
    path = model()
    (tmp_path / "folder.js").mkdir()
    for out, part in [
        ("late.html", "--out: expected a name that ends in '.js', got 'late.html'"),
        ("missing/late.js", "--out: expected a folder at 'missing', got none"),
        ("folder.js", "is a directory"),
    ]:
        assert part in told(run("export", path, "--to", "web", "--out", out))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.js", "late.keras"]


COLUMNS = Covariates("said", (Number("price", 2.0, 0.5, True), Category("kind", ("a", "b"))))


@pytest.mark.parametrize("to", ["web", "onnx"])
def test_a_model_with_columns_is_written_and_measured_on_a_table(run, model, tmp_path, to):
    path = model(covariates=COLUMNS)
    rows = [("so late", 3, "a"), ("later", "", "new"), ("so", 1.5, "")]
    write(tmp_path / "data.csv", rows, ("said", "price", "kind"))
    done = run("export", path, "data.csv", "--text", "said", "--to", to)
    assert (done.code, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first.startswith(f"Wrote late.{'js' if to == 'web' else 'onnx'} (")
    assert float(re.search(r"by (\S+) at most\.$", second)[1]) < 1
    again = run("export", path, "data.csv", "--to", to, "--force")
    assert (again.code, again.out, again.err) == (0, done.out, "")
    write(tmp_path / "other.csv", rows, ("title", "price", "kind"))
    renamed = run("export", path, "other.csv", "--to", to, "--force", "--text", "title")
    assert renamed.out == done.out
    write(tmp_path / "dear.csv", [("so late", "dear", "a")], ("said", "price", "kind"))
    assert "line 2, column 'price': expected a number, got 'dear'" in told(
        run("export", path, "dear.csv", "--text", "said", "--to", to, "--force")
    )


@pytest.fixture
def onnx():
    """Skip a test where ONNX or its runtime is not installed."""
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed here")
    return pytest.importorskip("onnx", reason="ONNX is not installed here")


def test_a_graph_is_written_in_this_folder_and_predict_takes_it(run, model, tmp_path, onnx):
    path = model(covariates=COLUMNS)
    (tmp_path / "late.onnx").write_text("what was there before")
    assert "--force writes over it" in told(run("export", path, "--to", "onnx"))
    assert (tmp_path / "late.onnx").read_text() == "what was there before"
    done = run("export", path, "--to", "onnx", "--force")
    size = (tmp_path / "late.onnx").stat().st_size
    assert done == (0, f"Wrote late.onnx ({size / 1024:.0f} KiB).\n", "")
    onnx.checker.check_model(onnx.load(tmp_path / "late.onnx"), full_check=True)
    rows = [("so late", 3, "a", 300), ("later", "", "new", 400), ("so", 1.5, "", 500)] * 5
    write(tmp_path / "data.csv", rows, ("said", "price", "kind", "number"))
    for command in (
        ["predict", "MODEL", "data.csv", "--text", "said"],
        ["predict", "MODEL", "data.csv", "--text", "said", "--interval", "90"],
        ["evaluate", "MODEL", "data.csv", "--text", "said", "--target", "number", "--json"],
    ):
        found, expected = (
            run(*(name if word == "MODEL" else word for word in command))
            for name in ("late.onnx", path)
        )
        assert (found.code, found.err) == (0, "")
        numbers = [re.findall(r"-?\d+\.\d+", done.out) for done in (found, expected)]
        assert len(numbers[0]) > 9
        np.testing.assert_allclose(*(np.array(each, float) for each in numbers), rtol=1e-5)
    files = {each.name for each in tmp_path.iterdir()}
    assert files == {"late.onnx", "late.keras", "data.csv"}


def test_the_script_for_a_page_is_written_beside_a_graph(run, model, tmp_path, onnx):
    path = model()
    done = run("export", path, "--to", "onnx", "--script", "feed.js")
    assert [line.split()[1] for line in done.out.splitlines()] == ["late.onnx", "feed.js"]
    assert (tmp_path / "feed.js").read_text(encoding="ascii") == script()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--to", "onnx", "--out", "late.js"], "--out: expected a name that ends in '.onnx', got"),
        (["--to", "onnx", "--bits", "16"], "--bits: expected --to web, got --to onnx"),
        (["--to", "web", "--script", "feed.js"], "--script: expected --to onnx, got --to web"),
        (["--to", "onnx", "--script", "feed"], "--script: expected a name that ends in '.js'"),
        (["--to", "onnx", "--script", "no/feed.js"], "--script: expected a folder at 'no', got"),
        (["--to", "onnx", "--out", "link.onnx"], "--out: expected a file other than those read"),
    ],
)
def test_what_does_not_go_together_is_told_of(run, model, tmp_path, words, part):
    path = model()
    (tmp_path / "link.onnx").symlink_to(path)
    assert part in told(run("export", path, *words))
    assert {each.name for each in tmp_path.iterdir()} == {"late.keras", "link.onnx"}


def test_a_graph_that_is_none_of_ours_is_told_of_in_one_line(run, tmp_path, onnx, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late.onnx").write_text("so late\n" * 99)
    (tmp_path / "data.csv").write_text("text,number\nso late,5\n")
    columns = ["--text", "text"]
    for command in ["predict", *columns], ["evaluate", *columns, "--target", "number"]:
        said = told(run(command[0], "late.onnx", "data.csv", *command[1:]))
        assert "late.onnx: expected an ONNX file, got: " in said
    assert "missing.onnx: expected a model file, got" in told(run("predict", "missing.onnx"))


def test_without_the_libraries_it_is_said_what_to_install(run, model, tmp_path, monkeypatch):
    path = model()
    (tmp_path / "late.onnx").write_text("")
    for library, words in [
        ("onnx", ["export", path, "--to", "onnx", "--force"]),
        ("onnxruntime", ["predict", "late.onnx"]),
    ]:
        monkeypatch.setitem(sys.modules, library, None)
        assert f"needs {library}: pip install 'unrolled[onnx]'" in told(run(*words))
