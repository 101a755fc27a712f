"""Files into a folder: a row for each row, in files of their names, and nothing done twice."""

import json
import os
import shutil

import numpy as np
import pytest

from unrolled.regressor import load
from unrolled.regressor.batches import shards
from unrolled.regressor.portable import Model

arrow = pytest.importorskip("pyarrow", reason="needs pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def data(tmp_path, texts):
    """Return a folder of four Parquet files of unlike lengths, one of them without a row."""
    folder = tmp_path / "data"
    (folder / "more").mkdir(parents=True)
    for place, name in enumerate(["a", "b", "c", "more/a"]):
        part = texts[40 * place : 60 * place]
        table = arrow.table({"said": arrow.array(part, arrow.string()), "id": [0] * len(part)})
        parquet.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.fixture
def answer(run, model, data, tmp_path):
    """Return a function that answers all files into one folder."""

    def answer(*more, model=model):
        where = f"{data}/**/*.parquet"
        return run("predict", model, where, "--text", "said", "--out", tmp_path / "out", *more)

    return answer


def read(folder):
    """Return the columns of each file of answers, by name."""
    names = sorted(p for p in folder.rglob("*.parquet"))
    return {str(p.relative_to(folder)): parquet.read_table(p).to_pydict() for p in names}


def hidden(folder):
    return sorted(p.name for p in folder.rglob(".*") if not p.name.endswith(".parquet.json"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_there_is_an_answer_for_each_row_in_a_file_of_the_same_name(
    answer, data, model, tmp_path, jobs
):
    done = answer("--jobs", jobs, "--interval", 80)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"Answered 120 texts of 4 files into {tmp_path / 'out'}.\n"
    found = read(tmp_path / "out")
    assert [*found] == ["a.parquet", "b.parquet", "c.parquet", "more/a.parquet"]
    assert [*found["a.parquet"]] == ["answer", "low", "high", "strange"]
    for name, columns in found.items():
        asked = parquet.read_table(data / name)["said"].to_pylist()
        assert len(columns["answer"]) == len(asked)
        if asked:
            expected = load(model).predict(asked, 0.8)
            for values, right in zip(columns.values(), expected, strict=True):
                np.testing.assert_array_equal(values, right)
    assert hidden(tmp_path / "out") == []


def test_lines_are_answered_in_lines_as_one_file_alone_is(run, model, texts, tmp_path):
    for name, part in ("a", texts[:50]), ("b", texts[50:]):
        (tmp_path / f"{name}.txt").write_text("\n".join(part))
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    done = run("predict", model, *files, "--out", f"{tmp_path}/out/")
    assert done.code == 0
    for path in files:
        alone = run("predict", model, path)
        assert (tmp_path / "out" / path.name).read_text() == alone.out
    (tmp_path / "c.csv").write_text("said\nsix\n")
    done = run("predict", model, tmp_path / "c.csv", "--text", "said", "--out", tmp_path / "out")
    assert done.code == 0
    assert (tmp_path / "out" / "c.txt").read_text().count("\n") == 1


def test_what_is_finished_is_not_done_again(answer, data, models, tmp_path, texts):
    out = tmp_path / "out"
    assert answer().code == 0
    before = read(out)
    again = answer()
    assert again.out == f"Answered 0 texts of 0 files into {out}; 4 were finished before.\n"
    assert (data / "b.parquet").exists()
    parquet.write_table(arrow.table({"said": texts[:7]}), data / "b.parquet")
    assert "Answered 7 texts of 1 files" in answer().out
    (out / "c.parquet").write_bytes(b"")
    assert "Answered 40 texts of 1 files" in answer().out
    (out / ".c.parquet.json").write_text("[1")
    assert "Answered 40 texts of 1 files" in answer().out
    (out / "more" / "a.parquet").unlink()
    assert "Answered 60 texts of 1 files" in answer().out
    for more in ["--empty", "nan"], ["--interval", "80"]:
        assert "of 4 files" in answer(*more).out
    assert "of 4 files" in answer(model=models[1]).out
    found = read(out)
    for name in "a.parquet", "c.parquet", "more/a.parquet":
        right = np.array(before[name]["answer"]) + 8
        np.testing.assert_allclose(found[name]["answer"], right, atol=1e-5)


@pytest.mark.parametrize("end", [KeyboardInterrupt, MemoryError])
def test_however_it_ends_it_goes_on_and_loses_and_doubles_nothing(
    answer, tmp_path, monkeypatch, end
):
    answer()
    whole = read(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    predict, calls = Model.predict, []

    def broken(self, *given):
        calls.append(given)
        if len(calls) == 2:
            raise end
        return predict(self, *given)

    monkeypatch.setattr(Model, "predict", broken)
    done = answer()
    assert (done.code, done.out, done.err.count("\n")) == (
        130 if end is KeyboardInterrupt else 2,
        "",
        1,
    )
    assert [*read(tmp_path / "out")] == ["a.parquet", "b.parquet"]
    assert hidden(tmp_path / "out") == []
    again = answer()
    assert again.out.endswith("; 2 were finished before.\n")
    assert len(calls) == 4
    assert read(tmp_path / "out") == whole


def test_answers_without_word_of_what_they_were_made_of_are_made_again(
    answer, tmp_path, monkeypatch
):
    """So it is where a process is killed between the two files that it renames."""
    replace = os.replace

    def stop(source, place):
        replace(source, place)
        if str(place).endswith("b.parquet"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shards.os, "replace", stop)
        assert answer().code == 130
    assert [*read(tmp_path / "out")] == ["a.parquet", "b.parquet"]
    assert "3 files" in answer().out


def test_a_bad_file_is_named_and_the_others_are_answered(answer, data, tmp_path):
    (data / "b.parquet").write_bytes(b"PAR1 and no more")
    parquet.write_table(arrow.table({"text": ["six"]}), data / "c.parquet")
    done = answer()
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"{data / 'b.parquet'}: expected a whole Parquet file" in done.err
    assert f"nor could be answered: '{data / 'c.parquet'}'" in done.err
    assert "all others of 4 files are answered" in done.err
    assert [*read(tmp_path / "out")] == ["a.parquet", "more/a.parquet"]
    parquet.write_table(arrow.table({"said": ["six", "ten"]}), data / "b.parquet")
    (data / "c.parquet").unlink()
    done = answer()
    assert (done.code, done.err) == (0, "")
    assert "Answered 2 texts of 1 files" in done.out


@pytest.mark.parametrize(
    ("column", "part"),
    [
        (["six", ""], "row 2: expected a text, got ''"),
        (["six", None], "row 2, column 'said': expected a text, got None"),
        ([1, 2], "row 1, column 'said': expected a text, got 1"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(answer, data, tmp_path, column, part):
    parquet.write_table(arrow.table({"said": column}), data / "b.parquet")
    done = answer()
    assert done.code == 2
    assert part in done.err.replace("line 2:", "row 2:")
    assert "b.parquet" not in read(tmp_path / "out")


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_answered(
    answer, data, tmp_path, monkeypatch
):
    predict, calls = Model.predict, []

    def changing(self, *given):
        calls.append(given)
        os.utime(data / "c.parquet", ns=(0, len(calls)))
        return predict(self, *given)

    monkeypatch.setattr(Model, "predict", changing)
    done = answer()
    assert f"{data / 'c.parquet'}: expected a file that stays, got a changed one" in done.err
    assert [*read(tmp_path / "out")] == ["a.parquet", "b.parquet", "more/a.parquet"]


def test_the_answers_are_no_input_and_take_no_inputs_place(run, model, data, tmp_path):
    words = ["predict", model, f"{data}/**/*.parquet", "--text", "said", "--out"]
    assert "4 files" in run(*words, data / "out").out
    assert "4 were finished" in run(*words, data / "out").out
    done = run(*words, data)
    assert done.code == 2
    assert "--out: expected a folder other than that of the data" in done.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["{data}/*.parquet"], "--out: expected a folder for the answers to several files, got no"),
        (
            ["{data}/*.csv", "--out", "{tmp}/out"],
            "*.csv: expected a pattern of files that are there",
        ),
        (["{data}/a.parquet", "{data}/more/a.parquet", "--out", "{tmp}/out"], "to both"),
        (["{data}/*.parquet", "--out", "{data}/a.parquet"], "expected a folder for several files,"),
        (["{data}/*.parquet", "--out", "{tmp}/no/out"], "expected to be able to write in"),
        (
            ["{data}/a.parquet", "{tmp}/no.parquet", "--out", "{tmp}/out"],
            "no.parquet: expected a fi",
        ),
        (["{data}/*.parquet", "--out", "{tmp}/out", "--jobs", "2", "--ray", "local"], "got both"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(run, model, data, tmp_path, words, part):
    words = [word.format(data=data, tmp=tmp_path) for word in words]
    done = run("predict", model, *words, "--text", "said")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert part in done.err


def test_what_stands_beside_the_answers_says_how_many_there_are(answer, data, tmp_path):
    answer()
    told = json.loads((tmp_path / "out" / ".b.parquet.json").read_text())
    assert told["rows"] == 20
    assert told["input"][0] == (data / "b.parquet").stat().st_size
