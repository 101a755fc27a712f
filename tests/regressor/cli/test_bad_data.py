"""A file that cannot serve is told of in one line, with exit code 2, and nothing is written."""

import gzip
import json
import os
import stat

import pytest
from cli_cases import bag, order, told, write

from unrolled.regressor.cli import fitting

ROWS = "text,number\n" + "".join(f"{text},{number}\n" for text, number in bag(20))
BAD = {
    "missing column": ("said,number\nsix,6\n", "expected a column 'text', got 'said', 'number'"),
    "missing target": ("text,value\nsix,6\n", "expected a column 'number', got 'text', 'value'"),
    "empty file": ("", "expected at least one row, got none"),
    "blank lines": ("\n\n", "expected at least one row, got none"),
    "header only": ("text,number\n", "expected at least one row, got none"),
    "no number": (ROWS + "six,half\n", "line 22, column 'number': expected a number"),
    "empty number": (ROWS + "six,\n", "line 22, column 'number': expected a number"),
    "infinite number": (ROWS + "six,inf\n", "got 'inf'"),
    "NaN": (ROWS + "six,nan\n", "got 'nan'"),
    "vast number": (ROWS + "six,1e19\n", "expected a number from -9e+18 to 9e+18"),
    "duplicate columns": ("text,number,text\na,1,b\n", "expected one column 'text', got 2"),
    "Latin-1": (ROWS.encode() + "café,1\n".encode("latin-1"), "line 22: expected UTF-8, got byte"),
    "UTF-16": (ROWS.encode("utf-16"), "expected UTF-8, got UTF-16"),
    "NUL": (ROWS + "a\0b,1\n", "line 22: expected text, got a NUL byte"),
    "empty text": (ROWS + ",1\n", "line 22: expected a text, got ''"),
    "blank text": (ROWS + '" \t",1\n', "line 22: expected a text, got ' \\t'"),
    "ragged row": (ROWS + "a,1,2\n", "line 22: expected 2 fields as in the header, got 3"),
    "open quote": (ROWS + '"a,1\n', "line 22: expected every quote to be closed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "expected"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fit", "evaluate"])
@pytest.mark.parametrize(("content", "part"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_serve_is_told_of_in_one_line(
    run, request, tmp_path, monkeypatch, command, content, part
):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data.csv"
    data.write_bytes(content if isinstance(content, bytes) else content.encode())
    model = [request.getfixturevalue("counting").path] if command == "evaluate" else []
    line = told(run(command, *model, data, "--text", "text", "--target", "number"))
    assert part in line
    assert "data.csv" in line
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("nothing.csv", "expected a file, got none of that name"),
        ("folder.csv", "expected a file, got a folder"),
        ("data.xlsx", "expected a name that ends in .csv"),
        ("cut.csv.gz", "expected a file that can be read"),
        ("data.parquet", "expected a whole Parquet file"),
        ("data.txt", "expected no column names"),
        ("list.jsonl", "line 1: expected a JSON object"),
        ("half.jsonl", "line 2: expected a JSON object"),
        ("true.jsonl", "line 1, column 'number': expected a number"),
    ],
)
def test_a_file_of_another_kind_is_told_of_in_one_line(run, tmp_path, name, part):
    if name == "data.parquet":
        pytest.importorskip("pyarrow")
    (tmp_path / "folder.csv").mkdir()
    for other in ("data.xlsx", "data.parquet", "data.txt"):
        (tmp_path / other).write_text(ROWS)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(ROWS.encode() * 100)[:-20])
    (tmp_path / "list.jsonl").write_text("[1, 2]\n")
    record = json.dumps({"text": "six", "number": 6})
    (tmp_path / "half.jsonl").write_text(f"{record}\n{record[:9]}\n")
    (tmp_path / "true.jsonl").write_text('{"text": "six", "number": true}\n')
    out = tmp_path / "model.keras"
    data = tmp_path / name
    assert part in told(run("fit", data, "--text", "text", "--target", "number", "--out", out))
    assert not out.exists()


def test_a_wrong_group_or_weight_is_told_of(run, tmp_path):
    rows = [(text, number, "a", -1) for text, number in bag(20)]
    data = write(tmp_path / "data.csv", rows, ("text", "number", "group", "weight"))
    fit = ["fit", data, "--text", "text", "--target", "number", "--out", tmp_path / "model.keras"]
    assert "column 'w'" in told(run(*fit, "--weight", "w"))
    assert "expected a number from 0 to" in told(run(*fit, "--weight", "weight"))
    done = run(*fit, "--group", "group")
    assert "expected enough groups to fill 2 parts, got 1 groups of 20 texts" in told(done)


def test_groups_that_do_not_fill_two_folds_beside_what_is_measured_are_told_of(run, tmp_path):
    rows = [(*row, "ab"[n % 2]) for n, row in enumerate(bag(20))]
    data = write(tmp_path / "data.csv", rows, ("text", "number", "group"))
    out = tmp_path / "model.keras"
    done = run(
        "fit", data, "--text", "text", "--target", "number", "--group", "group", "--out", out
    )
    assert done.code == 2
    assert done.out == "10 texts to learn from, 10 to measure with.\n"
    assert done.err == (
        "unrolled: expected enough groups to fill 2 parts, got 1 groups of 10 texts\n"
    )
    assert not out.exists()


def test_a_bad_row_of_texts_to_predict_is_told_of(run, counting, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(b"text\nsix\n\xff\n")
    done = run("predict", counting.path, data, "--text", "text")
    assert done.code == 2
    assert done.out.count("\n") == 1
    assert "line 3: expected UTF-8" in done.err


UNWRITABLE = {
    "a missing folder": "missing/model.keras",
    "a file for a folder": "data.csv/model.keras",
    "a folder of that name": "folder.keras",
    "another ending": "model.h5",
    "no name": ".keras",
    "a name beyond the system's": 300 * "x" + ".keras",
    "the system's own folder": "/proc/model.keras",
}


@pytest.mark.parametrize("out", UNWRITABLE.values(), ids=UNWRITABLE)
def test_an_output_that_cannot_be_written_is_told_of_before_the_data_is_read(
    run, tmp_path, monkeypatch, out
):
    monkeypatch.chdir(tmp_path)
    data = write(tmp_path / "data.csv", order(20))
    (tmp_path / "folder.keras").mkdir()
    monkeypatch.setattr(fitting, "open_table", None)
    line = told(run("fit", data, "--text", "text", "--target", "number", "--out", out))
    assert "--out" in line
    assert sorted(os.listdir(tmp_path)) == ["data.csv", "folder.keras"]


#: A list of words that only teaches, where the model is to be written.
LIST = ["--also", "model.keras", "--out", "model.keras"]


@pytest.mark.parametrize(
    "words",
    [
        ["predict", "model.keras", "--out", "model.keras"],
        ["predict", "model.keras", "lines.txt", "--out", "./lines.txt"],
        ["gates", "model.keras", "six", "--out", "link"],
        ["fit", "model.keras", "--kind", "csv", "--text", "text", "--target", "number"],
        ["fit", "lines.txt", "--text", "text", "--target", "number", *LIST],
    ],
)
def test_no_output_takes_the_place_of_what_is_read(run, counting, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    content = counting.path.read_bytes()
    (tmp_path / "model.keras").write_bytes(content)
    (tmp_path / "lines.txt").write_text("six\n")
    (tmp_path / "link").symlink_to("model.keras")
    assert "--out: expected a file other than those read" in told(run(*words, stdin=b"six\n"))
    assert (tmp_path / "model.keras").read_bytes() == content
    assert (tmp_path / "lines.txt").read_text() == "six\n"


@pytest.mark.parametrize("out", ["missing/a", "data.csv/a", "/proc/a", "/dev/null"])
@pytest.mark.parametrize("command", ["predict", "gates"])
def test_an_output_of_a_model_that_cannot_be_written_is_told_of(
    run, counting, tmp_path, monkeypatch, command, out
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").touch()
    words = ["six"] if command == "gates" else []
    assert "--out" in told(run(command, counting.path, *words, "--out", out, stdin=b"six\n"))
    assert os.listdir(tmp_path) == ["data.csv"]
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
