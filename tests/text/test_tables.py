"""A user's file comes back row by row exactly as it was written, or one line says what is wrong."""

import csv
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.text import tables
from unrolled.text.tables import Row, TableError, open_table, read_lines

# Every text that a line of UTF-8 can hold: no NUL, no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
# Writing and reading a file takes as long as the disk takes.
unhurried = settings(deadline=None)
AWKWARD = [
    "",
    "a, b",
    'she said "ten"',
    '"',
    "two\nlines",
    "cr\r\nlf",
    "\r",
    "🙂👩‍👩‍👧",
    "שלום לכם",
    " x ",
]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes bytes or text to a new file and returns its path."""

    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def stdin(monkeypatch, tmp_path):
    """Return a function that puts bytes on standard input, and keep what is spooled in sight."""
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spool"))

    def stdin(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return tmp_path / "spool"

    return stdin


def told(path, **columns):
    """Return the message of the error that opening and reading the file raises."""
    with pytest.raises(TableError) as caught, open_table(path, **({"text": "text"} | columns)) as t:
        list(t)
    message = str(caught.value)
    assert message.isprintable(), "expected one line"
    assert len(message) < 600
    return message


def pyarrow():
    return pytest.importorskip("pyarrow", reason="needs pyarrow"), pytest.importorskip(
        "pyarrow.parquet"
    )


def parquet(path, **columns):
    arrow, module = pyarrow()
    module.write_table(arrow.table(columns), path, row_group_size=1000)
    return path


def delimited(texts, dialect):
    out = io.StringIO()
    writer = csv.writer(out, dialect)
    writer.writerows([["id", "text"], *enumerate(texts)])
    return out.getvalue().encode()


@pytest.mark.parametrize(("dialect", "name"), [("excel", "a.csv"), ("excel-tab", "a.tsv")])
@unhurried
@given(texts=st.lists(TEXTS | st.sampled_from(AWKWARD), min_size=1))
def test_texts_written_with_csv_are_read_back_equal(dialect, name, texts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(delimited(texts, dialect))
        assert [row.text for row in open_table(path, text="text")] == texts


@unhurried
@given(st.lists(TEXTS | st.sampled_from(AWKWARD), min_size=1), st.booleans())
def test_texts_written_as_json_lines_are_read_back_equal(texts, ascii_only):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        lines = [json.dumps({"t": text}, ensure_ascii=ascii_only) + "\n" for text in texts]
        path.write_bytes("".join(lines).encode())
        assert [row.text for row in open_table(path, text="t")] == texts


LINE = TEXTS.filter(lambda text: "\n" not in text and not text.endswith("\r"))


@unhurried
@given(st.lists(LINE, min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_texts_one_a_line_are_read_back_equal(texts, end):
    stream = io.BytesIO(b"\xef\xbb\xbf" + "".join(text + end for text in texts).encode())
    rows = list(read_lines(stream, "lines"))
    assert rows == [Row(n, text, None, None, None) for n, text in enumerate(texts, start=1)]


def test_texts_written_as_parquet_are_read_back_equal(tmp_path):
    texts = [text for text in AWKWARD for _ in range(300)]
    path = parquet(tmp_path / "a.parquet", text=texts, score=range(len(texts)))
    table = open_table(path, text="text", target="score")
    assert [row.text for row in table] == texts
    assert [(row.number, row.target) for row in table][-1] == (3000, 2999.0)
    assert table.size > path.stat().st_size


def test_every_named_column_is_read_by_its_exact_name(write):
    content = "Text,text,score,who,n\nno,yes,1.5,ann,2\nno,ja,-3,bob,0\n"
    columns = {"text": "text", "target": "score", "group": "who", "weight": "n"}
    expected = [Row(2, "yes", 1.5, "ann", 2.0), Row(3, "ja", -3.0, "bob", 0.0)]
    assert list(open_table(write(content), **columns)) == expected
    tabbed = write(content.replace(",", "\t"), "data.TAB")
    assert list(open_table(tabbed, **columns)) == expected
    lines = [
        '{"text": "yes", "score": "1.5", "who": "ann", "n": 2, "other": [null]}',
        '{"who": "bob", "n": "0", "text": "ja", "score": -3}',
    ]
    objects = write("\n".join(["", *lines]), "data.ndjson")
    assert list(open_table(objects, **columns)) == expected


def test_parquet_columns_of_other_types_are_read(tmp_path):
    path = parquet(
        tmp_path / "a.parquet",
        **{"a.b": ["x"], "score": [Decimal("1.5")], "who": [7], "n": ["2"]},
    )
    row = Row(1, "x", 1.5, "7", 2.0)
    assert list(open_table(path, text="a.b", target="score", group="who", weight="n")) == [row]
    row = Row(1, "2", 2.0, None, None)
    assert list(open_table(path, text="n", target="n")) == [row]


def test_rows_are_numbered_by_the_line_where_they_start(write):
    path = write('text,score\r\n\r\n"a\r\nb",1\r\nc,2\r\n')
    assert [row.number for row in open_table(path, text="text")] == [3, 5]


def test_a_table_is_read_again_from_its_start_while_another_reading_goes_on(write):
    table = open_table(write("text\na\nb\n"), text="text")
    first, second = iter(table), iter(table)
    assert [next(first).text, next(second).text, next(first).text] == ["a", "a", "b"]
    assert [row.text for row in table] == ["a", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_name_but_of_a_later_text(write):
    path = write("\ufefftext\n\ufeffa\n")
    assert [row.text for row in open_table(path, text="text")] == ["\ufeffa"]


def test_only_the_line_end_is_cut_from_a_line():
    rows = read_lines(io.BytesIO(b"a \r\r\n \n"), "lines")
    assert [row.text for row in rows] == ["a \r", " "]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv.gz", "text\na\nb\n", "text"),
        ("a.tsv.GZ", "text\na\nb\n", "text"),
        ("a.jsonl.gz", '{"text": "a"}\n{"text": "b"}', "text"),
        ("a.b.txt.gz", "a\nb", None),
    ],
)
def test_a_compressed_file_reads_like_the_file_in_it(write, name, content, text):
    path = write(gzip.compress(content.encode()), name)
    table = open_table(path, text=text)
    assert [row.text for row in table] == ["a", "b"]
    assert table.size == len(content)


def test_name_and_size_are_the_files(write):
    path = write("text\né\n")
    table = open_table(path, text="text")
    assert (table.name, table.size) == (str(path), 8)


def test_a_named_kind_goes_before_the_files_name(write):
    path = write("text\na,b\n", "export.dat")
    assert [row.text for row in open_table(path, text="text", kind="tsv")] == ["a,b"]
    with pytest.raises(ValueError, match=r"kind: expected one of \('csv', .*, got 'xls'"):
        open_table(path, text="text", kind="xls")


def test_standard_input_is_read_twice_and_its_copy_is_deleted(stdin):
    spool = stdin(b"text,score\na,1\nb,2\n")
    with open_table("-", text="text", target="score") as table:
        assert (table.name, table.size) == ("standard input", 19)
        assert (
            list(table) == list(table) == [Row(2, "a", 1, None, None), Row(3, "b", 2, None, None)]
        )
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


def test_a_line_is_given_as_soon_as_it_has_arrived():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        rows = read_lines(stream, "lines")
        # A reader that waits for more than the line would hang; the timer then ends its wait.
        timer = threading.Timer(5, os.close, [writing])
        timer.start()
        os.write(writing, b"one\ntw")
        assert next(rows).text == "one"
        os.write(writing, b"o\n")
        assert next(rows).text == "two"
        assert timer.is_alive()
        timer.cancel()
        os.close(writing)
        assert list(rows) == []


@pytest.mark.parametrize(
    ("field", "number"), [("1e5", 1e5), (" 3.5 ", 3.5), ("-0", 0), ("+.5", 0.5), ("1e15", 1e15)]
)
def test_numbers_are_read_as_people_write_them(write, field, number):
    path = write(f"text,n\na,{field}\n")
    assert next(iter(open_table(path, text="text", target="n"))).target == number


@pytest.mark.parametrize(
    "field", ["", "ten", "nan", "inf", "-Infinity", "1e400", "2e15", '"1,5"', "1_5", "1 5", "True"]
)
@pytest.mark.parametrize("role", ["target", "weight"])
def test_what_is_no_finite_number_is_told_with_its_line_and_value(write, field, role):
    path = write(f"text,n\na,1\nb,{field}\n")
    least = {"target": "-1e+15", "weight": "0"}[role]
    value = field.strip('"')
    expected = f"{path}, line 3, column 'n': expected a number from {least} to 1e+15, got {value!r}"
    assert told(path, **{role: "n"}) == expected


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("true", "True"),
        ("null", "None"),
        ("NaN", "nan"),
        ("-Infinity", "-inf"),
        ("[1]", r"\[1\]"),
        ("1" + 400 * "0", "10000"),
        ('"x' + 1000 * "y" + '"', "'xyyy"),
    ],
)
@pytest.mark.parametrize("role", ["target", "weight"])
def test_what_is_no_number_in_json_is_told(write, value, got, role):
    path = write(f'{{"text": "a", "n": {value}}}', "a.jsonl")
    with pytest.raises(TableError, match=f"line 1, column 'n': expected a number .*, got {got}"):
        open_table(path, text="text", **{role: "n"})
    assert told(path, **{role: "n"})


def test_a_weight_is_not_negative(write):
    path = write("text,n\na,0\nb,-1e-9\n")
    assert "line 3, column 'n': expected a number from 0 to" in told(path, weight="n")


@pytest.mark.parametrize("value", ["true", "1.5", "null", '""', "[1]"])
def test_a_group_is_a_word_or_a_whole_number(write, value):
    path = write(f'{{"text": "a", "g": {value}}}', "a.jsonl")
    assert "line 1, column 'g': expected a word or a whole number, got" in told(path, group="g")


CSV_FAULTS = {
    "": "expected at least one row, got none",
    "\xef\xbb\xbf": "expected at least one row, got none",
    "\n\n": "expected at least one row, got none",
    "text,n\n": "expected at least one row, got none",
    "word,n\na,1\n": "expected a column 'text', got 'word', 'n'",
    "Text\n": "expected a column 'text', got 'Text'",
    "text,n,text\na,1,b\n": "expected one column 'text', got 2",
    "text,n,n,n\na,1,2,3\n": "expected one column 'n', got 3",
    "text,n\na\n": "line 2: expected 2 fields as in the header, got 1",
    "text,n\na,1\nb,c,2\n": "line 3: expected 2 fields as in the header, got 3",
    'text,n\n"a,1\nb,2\n': "line 2: expected every quote to be closed .* end of data",
    'text,n\n"a\nb"c,1\n': "line 2: expected .* quotes inside quotes to be doubled",
    "text\ra\rb\r": "line 1: expected lines that end in LF or CRLF, got CR",
    "text,n\na,1\nb\0,2\n": "line 3: expected text, got a NUL byte",
}


@pytest.mark.parametrize(("content", "says"), CSV_FAULTS.items())
def test_a_faulty_csv_is_told(write, content, says):
    path = write(content.encode("latin-1"))
    message = told(path)
    with pytest.raises(TableError, match=says):
        list(open_table(path, text="text"))
    assert message.startswith(str(path))


def test_a_tsv_is_quoted_like_a_csv(write):
    assert "line 2: expected every quote" in told(write('text\tn\n"a"b\t1\n', "a.tsv"))


def test_columns_without_a_name_may_be_many(write):
    path = write("text,,\na,,\n")
    assert [row.text for row in open_table(path, text="text")] == ["a"]
    assert "expected one column '', got 2" in told(path, text="")


def test_a_quote_left_open_does_not_take_the_whole_file(write):
    path = write('text,n\na,1\n"b,2\n' + 11_000 * (999 * "c" + "\n"))
    assert "line 3: expected every quote to be closed" in told(path)
    assert "field larger than field limit" in told(path)


def test_a_text_of_a_megabyte_is_read_and_a_line_beyond_the_limit_is_told(write):
    long = 1_000_000 * "🙂"
    assert [row.text for row in open_table(write(f"text\n{long}\n"), text="text")] == [long]
    content = b"short\n" + (tables.LONGEST - 1) * b"c" + b"\n"
    assert len(list(open_table(write(content, "a.txt"), text=None))) == 2
    path = write(b"short\n" + tables.LONGEST * b"c" + b"\n", "a.txt")
    assert "line 2: expected at most 10000000 bytes, got more" in told(path, text=None)


def test_a_file_without_line_ends_is_not_read_whole():
    stream = io.BytesIO(2 * tables.LONGEST * b"c")
    with pytest.raises(TableError, match="expected at most 10000000 bytes, got more"):
        list(read_lines(stream, "lines"))
    assert stream.tell() == tables.LONGEST + 1


def test_the_limit_of_others_is_not_lowered(write):
    before = csv.field_size_limit(2 * tables.LONGEST)
    try:
        open_table(write("text\na\n"), text="text")
        assert csv.field_size_limit() == 2 * tables.LONGEST
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.txt"])
def test_what_is_no_utf8_is_told_with_its_place(write, name):
    text = None if name == "a.txt" else "text"
    good = b'{"text": "text"}\n' if name == "a.jsonl" else b"text\n"
    latin = write(good + good + "café\n".encode("latin-1"), name)
    says = "line 3: expected UTF-8, got byte 0xe9 at position 4; save the file as UTF-8"
    assert says in told(latin, text=text)
    for encoding in ("utf-16", "utf-16-be"):
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        wide = write((mark + "text\na\n").encode(encoding), name)
        assert "expected UTF-8, got UTF-16; save it as UTF-8" in told(wide, text=text)
    unmarked = write("text\na\n".encode("utf-16-le"), name)
    assert "line 1: expected text, got a NUL byte" in told(unmarked, text=text)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"text": "b"', "line 3: .* got: Expecting ',' delimiter at position 14"),
        ("text", "line 3: expected a JSON object, got: Expecting value"),
        ('["b"]', r"line 3: expected a JSON object, got \['b'\]"),
        ("null", "line 3: expected a JSON object, got None"),
        (100_000 * "[", "line 3: expected a JSON object, got: "),
        ('{"word": "b"}', "line 3: expected a column 'text', got 'word'"),
        ('{"text": "a", "text": "b"}', "line 3: .* the same name twice among 'text', 'text'"),
        ('{"text": 5}', "line 3, column 'text': expected a text, got 5"),
        ('{"text": null}', "line 3, column 'text': expected a text, got None"),
        (r'{"text": "a\u0000"}', "line 3, column 'text': expected a text, got one with a NUL"),
        (r'{"text": "\ud83d"}', "line 3, column 'text': expected a text, got half a surrogate"),
        (
            "{" + ",".join(f'"{n}": 0' for n in range(999)) + "}",
            "expected a column .* '0', '1', .* …$",
        ),
    ],
)
def test_a_faulty_json_line_is_told(write, line, says):
    path = write(f'\n{{"text": "a"}}\n{line}\n', "a.jsonl")
    assert told(path)
    with pytest.raises(TableError, match=says):
        list(open_table(path, text="text"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(write, name, content):
    path = write(gzip.compress(content) if name.endswith("gz") else content, name)
    text = None if name == "a.txt" else "text"
    assert told(path, text=text) == f"{path}: expected at least one row, got none"


def test_an_empty_stream_is_told():
    with pytest.raises(TableError, match="standard input: expected at least one row, got none"):
        list(read_lines(io.BytesIO(b""), "standard input"))


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


@pytest.mark.parametrize("broken", ["cut", "other", "sum", "inside"])
def test_a_broken_gzip_is_told(write, broken):
    rng = np.random.default_rng(0)
    content = "text\n" + "\n".join(map(str, rng.random(20_000)))
    packed = gzip.compress(content.encode())
    faulty = {
        "cut": packed[:-100],
        "other": b"text\na\n",
        "sum": packed[:-8] + struct.pack("<II", 0, len(content)),
        "inside": packed[:10] + 100 * b"\xff",
    }
    path = write(faulty[broken], "a.csv.gz")
    assert told(path).startswith(f"{path}: expected a file that can be read, got: ")
    with pytest.raises(TableError, match="expected a file that can be read"):
        open_table(write(faulty["cut"], "b.csv.gz"), text="text").size  # noqa: B018


def test_a_stream_that_breaks_off_is_told():
    stream = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"a\n")[:-8]))
    rows = read_lines(stream, "standard input")
    assert next(rows).text == "a"
    with pytest.raises(TableError, match="standard input: expected a file that can be read, got"):
        next(rows)


def test_a_broken_parquet_is_told(write, tmp_path):
    texts = [f"text {n}" for n in range(5000)]
    whole = parquet(tmp_path / "whole.parquet", text=texts).read_bytes()
    zeros = whole[:2000] + bytes(2000) + whole[4000:]
    for faulty in (b"", b"text\na\n", whole[:-100], whole[: len(whole) // 2], zeros):
        path = write(faulty, "a.parquet")
        assert told(path).startswith(f"{path}: expected a whole Parquet file, got: ")


def test_a_faulty_parquet_table_is_told(tmp_path):
    path = parquet(
        tmp_path / "a.parquet", text=["a", "b", None], n=[1.0, None, 3.0], bad=[True, False, True]
    )
    assert "expected a column 'word', got 'text', 'n', 'bad'" in told(path, text="word")
    assert told(path) == f"{path}, row 3, column 'text': expected a text, got None"
    assert "row 2, column 'n': expected a number from" in told(path, target="n")
    assert "row 1, column 'bad': expected a number from" in told(path, target="bad")
    arrow, module = pyarrow()
    twice = arrow.Table.from_arrays([arrow.array(["a"])] * 2, ["text", "text"])
    module.write_table(twice, tmp_path / "twice.parquet")
    assert "expected one column 'text', got 2" in told(tmp_path / "twice.parquet")
    none = parquet(tmp_path / "none.parquet", text=arrow.array([], "string"))
    assert "expected at least one row, got none" in told(none)


def test_a_parquet_file_without_the_library_is_told(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "no such library; pip install pyarrow" in told(write(b"PAR1", "a.parquet"))


MEASURE = """
import sys, tracemalloc
from unrolled.text.tables import open_table
tracemalloc.start()
table = open_table(sys.argv[1], text="text", target="score")
print(sum(1 for _ in table), table.size, tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_stays_small_however_large_the_file(tmp_path, kind):
    rows, text = 5_000, 1700 * "word, "
    path = tmp_path / f"large.{kind}"
    if kind == "csv":
        path.write_text("text,score\n" + rows * f'"{text}",1.5\n')
    else:
        arrow, module = pyarrow()
        table = arrow.table({"text": rows * [text], "score": rows * [1.5]})
        module.write_table(table, path, compression="none", use_dictionary=False)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    read, size, peak = map(int, done.stdout.split())
    assert read == rows
    assert size > 50e6
    assert peak < 20e6
