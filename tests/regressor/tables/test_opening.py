"""A file that can serve is known by its name; of any other, one line says why not."""

import gzip
import os

import pytest
from table_cases import told

from unrolled.regressor.examples import Example
from unrolled.regressor.tables import TableError, open_table


def test_a_named_kind_goes_before_the_files_name(write):
    path = write("text\na,b\n", "export.dat")
    assert [row.text for row in open_table(path, text="text", kind="tsv")] == ["a,b"]
    with pytest.raises(ValueError, match=r"kind: expected one of \('csv', .*, got 'xls'"):
        open_table(path, text="text", kind="xls")


def test_standard_input_is_read_twice_and_its_copy_is_deleted(stdin):
    spool = stdin(b"text,score\na,1\nb,2\n")
    with open_table("-", text="text", target="score") as table:
        assert (table.name, table.size) == ("standard input", 19)
        assert list(table) == list(table) == [Example("a", 1, number=2), Example("b", 2, number=3)]
        assert list(spool.iterdir())
    assert not list(spool.iterdir())


def test_standard_input_without_columns_is_one_text_a_line(stdin):
    stdin(b"a,b\n\nc")
    with open_table("-", text=None) as table:
        assert [row.text for row in table] == ["a,b", "", "c"]
    stdin(b'{"t": "a"}\n')
    with open_table("-", text="t", kind="jsonl") as table:
        assert [row.text for row in table] == ["a"]


def test_a_table_that_cannot_serve_leaves_no_copy_of_standard_input(stdin):
    spool = stdin(b"word\na\n")
    assert told("-") == "standard input: expected a column 'text', got 'word'"
    assert not list(spool.iterdir())


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_copy_that_is_broken_off_is_deleted(stdin, monkeypatch, fault):
    spool = stdin(b"text\na\n")

    def copy(source, target):
        target.write(b"text")
        raise fault

    monkeypatch.setattr("shutil.copyfileobj", copy)
    with pytest.raises((KeyboardInterrupt, TableError)) as caught:
        open_table("-", text="text")
    assert fault in (caught.value, caught.value.__cause__)
    assert not list(spool.iterdir())


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(write, name, content):
    path = write(gzip.compress(content) if name.endswith("gz") else content, name)
    text = None if name == "a.txt" else "text"
    assert told(path, text=text) == f"{path}: expected at least one row, got none"


def test_what_is_no_file_is_told(tmp_path):
    missing = tmp_path / "none.csv"
    assert told(missing) == f"{missing}: expected a file, got none of that name"
    assert told(tmp_path) == f"{tmp_path}: expected a file, got a folder"
    os.mkfifo(tmp_path / "pipe.csv")
    assert "expected a file, got a pipe or a device" in told(tmp_path / "pipe.csv")
    assert "File name too long" in told(tmp_path / (300 * "x" + ".csv"))
    assert "two\\nlines.csv'" in told(tmp_path / "two\nlines.csv")


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
def test_a_file_that_may_not_be_read_is_told(write):
    path = write("text\na\n")
    path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # The superuser may read anything.
        assert told(path) == f"{path}: expected a file that can be read, got: Permission denied"
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.parquet.gz", ".csv"])
def test_a_file_of_no_known_kind_is_told(write, name):
    says = "expected a name that ends in .csv, .tsv, .tab, .jsonl, .ndjson, .parquet, .txt"
    assert says in told(write("text\na\n", name))


def test_columns_are_named_where_there_are_some_and_nowhere_else(write):
    assert "expected the name of the column of texts, got none" in told(write("text\n"), text=None)
    lines = write("a\n", "a.txt")
    says = "expected no column names for a file of one text a line, got 'score'"
    assert says in told(lines, text=None, target="score")
