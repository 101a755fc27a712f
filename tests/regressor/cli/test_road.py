"""The road from zero: a file and no options, the names a model keeps, and what a file is."""

import json
import re
import zipfile

import numpy as np
import pytest
from cli_cases import bag, told, write

from unrolled.regressor import TextRegressor, portable
from unrolled.regressor.cli import fitting


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = [(n, *row) for n, row in enumerate(bag(120))]
    return write(tmp_path_factory.mktemp("road") / "data.csv", rows, ("no", "said", "worth"))


@pytest.fixture
def fit(run, tmp_path, monkeypatch):
    """Return a function that fits by counting alone, and what it left behind."""
    monkeypatch.setattr(fitting, "_regressor", lambda **given: TextRegressor(folds=2, **given))

    def fit(*words):
        out = tmp_path / "model.keras"
        return run("fit", *words, "--out", out, "--readers", "0", "--apart-only"), out

    return fit


def test_a_file_is_enough_and_the_model_keeps_the_names(run, fit, data, tmp_path):
    done, out = fit(data)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == (
        "Texts: column 'said'; numbers: column 'worth'. Others: --text, --target."
    )
    model = portable.load(out)
    assert (model.covariates.text, model.about["target"]) == ("said", "worth")
    # The names go before a look: here two columns could be either.
    rows = [(text, number, number + 1, text) for text, number in bag(20)]
    later = write(tmp_path / "later.csv", rows, ("said", "worth", "price", "title"))
    answers = run("predict", out, later)
    assert (answers.code, answers.err) == (0, "")
    expected = run("predict", out, later, "--text", "said")
    assert answers.out == expected.out
    measured = run("evaluate", out, later, "--json")
    assert measured.err == ""
    off = np.array(answers.out.split(), float) - [number for _, number in bag(20)]
    assert json.loads(measured.out)["metrics"]["mae"] == pytest.approx(np.abs(off).mean())


def test_other_names_are_found_and_told_on_standard_error(run, counting, tmp_path):
    other = write(tmp_path / "other.csv", bag(20), ("word", "sum"))
    done = run("predict", counting.path, other)
    assert (done.out.count("\n"), done.err) == (
        20, "unrolled: Texts: column 'word'. Another: --text.\n"
    )  # fmt: skip
    piped = run("predict", counting.path, "--kind", "csv", stdin=other.read_bytes())
    assert piped == done
    done = run("evaluate", counting.path, "-", "--target", "sum", stdin=other.read_bytes())
    assert (done.code, done.err) == (0, "unrolled: Texts: column 'word'. Another: --text.\n")


def test_what_is_not_clear_is_asked_for_before_anything_is_written(run, counting, tmp_path):
    rows = [(text, text, number, number) for text, number in bag(20)]
    data = write(tmp_path / "data.csv", rows, ("a", "b", "c", "d"))
    line = told(run("fit", data, "--out", tmp_path / "model.keras"))
    assert line == (
        "unrolled: --text: expected one column of texts, got 2: 'a', 'b'; "
        "--target: expected one column of numbers, got 2: 'c', 'd'\n"
    )
    assert "got 2: 'a', 'b'" in told(run("predict", counting.path, data))
    assert "got 2: 'c', 'd'" in told(run("evaluate", counting.path, data, "--text", "a"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv"]


def test_a_list_that_only_teaches_has_the_columns_that_were_found(fit, data, tmp_path):
    also = write(tmp_path / "also.csv", bag(9, seed=5), ("said", "worth"))
    done, _ = fit(data, "--also", also)
    assert (done.code, done.err) == (0, "")
    assert "9 more texts that only teach." in done.out


def test_inspect_says_what_a_model_is(run, counting):
    done = run("inspect", counting.path)
    assert (done.code, done.err) == (0, "")
    lines = re.sub(r"\n {10,}", " ", done.out).splitlines()  # A long one goes on in the next.
    said = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in lines)
    assert said["kind"].startswith("a text regressor, format 4, ")
    assert re.match(r"20\d\d-.* unrolled \d", said["made"])
    assert (said["texts"], said["numbers"].split(",")[0]) == ("'text'", "'number'")
    assert said["reads"] == "nothing: it only counts"
    assert re.match(r"100% of the answer: \d+ words", said["counts"])
    assert said["measured"] == "on 80 texts kept apart, with 95 % intervals"
    found = json.loads(run("inspect", counting.path, "--json").out)
    opened = portable.load(counting.path)
    assert found["bytes"] == counting.path.stat().st_size
    assert found["parts"]["reading"] == opened.config.share
    assert found["test"]["metrics"]["mae"] == opened.about["test"]["mae"]
    low, high = found["test"]["intervals"]["mae"]
    assert low < found["test"]["metrics"]["mae"] < high
    assert said["mae"] == f"{opened.about['test']['mae']:.4g}  [{low:.4g}, {high:.4g}]"


def test_inspect_believes_nothing_that_a_file_tells_of_itself(run, plain, tmp_path):
    path = plain(0)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(content["config.json"])
    config["config"]["about"] = {
        "test": {"mae": "much", "intervals": [1]}, "versions": {"k\x1b[2J": "v", "n": ["odd"]},
        "plan": 7, "report": [], "texts": True, "target": "x" * 10**5,
    }  # fmt: skip
    content["config.json"] = json.dumps(config).encode()
    content["metadata.json"] = b"[" * 10**5
    path = tmp_path / "odd.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    done = run("inspect", path)
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert "odd" not in done.out
    assert "nothing was kept apart to measure with" in done.out
    assert "intervals  none" in re.sub(" +", "  ", done.out)
    assert json.loads(run("inspect", path, "--json").out)["test"] is None


def test_inspect_knows_an_export_and_refuses_all_else_in_one_line(run, counting, tmp_path):
    script = tmp_path / "model.js"
    assert run("export", counting.path, "--to", "web", "--out", script).code == 0
    assert "a text regressor as a script for web pages" in run("inspect", script).out
    (tmp_path / "other.js").write_text("alert(1)")
    (tmp_path / "model.onnx").write_bytes(b"\x08\x07")
    (tmp_path / "cut.keras").write_bytes(counting.path.read_bytes()[:999])
    for name in ("other.js", "none.js", "model.onnx", "cut.keras", "none.keras"):
        assert "expected" in told(run("inspect", tmp_path / name))
