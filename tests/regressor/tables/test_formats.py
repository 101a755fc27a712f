"""Every format gives back exactly what was written, or one line says what is wrong with it."""

import csv
import gzip
import io
import json
import re
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_cases import AWKWARD, TEXTS, parquet, pyarrow, told

from unrolled.regressor.examples import Example
from unrolled.regressor.tables import LONGEST, TableError, open_table


def delimited(texts, dialect):
    out = io.StringIO()
    writer = csv.writer(out, dialect)
    writer.writerows([["id", "text"], *enumerate(texts)])
    return out.getvalue().encode()


@pytest.mark.parametrize(("dialect", "name"), [("excel", "a.csv"), ("excel-tab", "a.tsv")])
@given(texts=st.lists(TEXTS | st.sampled_from(AWKWARD), min_size=1))
def test_texts_written_with_csv_are_read_back_equal(dialect, name, texts):
    if dialect == "excel-tab":  # There a row is one line.
        texts = [text.replace("\n", " ").replace("\r", " ") for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(delimited(texts, dialect))
        assert [row.text for row in open_table(path, text="text")] == texts


SIGNS = st.text(st.sampled_from("a\"' ;é\\"))


@pytest.mark.parametrize(("delimiter", "name"), [(",", "a.csv"), ("\t", "a.tsv")])
@given(texts=st.lists(SIGNS, min_size=1))
def test_without_quotes_there_are_as_many_rows_as_lines_and_each_is_as_it_stands(
    delimiter, name, texts
):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        rows = (delimiter.join(["1", text]) for text in ["text", *texts])
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        assert [row.text for row in open_table(path, text="text", quotes=False)] == texts


@given(texts=st.lists(SIGNS | st.just('"'), min_size=1))
def test_a_tsv_gives_as_many_rows_as_lines_or_says_where_it_would_not(texts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tsv"
        path.write_text("".join(f"{text}\t1\n" for text in ["text", *texts]), encoding="utf-8")
        if any(text.startswith('"') for text in texts):
            try:
                numbers = [row.number for row in open_table(path, text="text")]
            except TableError as error:
                said = str(error)
                line = int(re.search(r"line (\d+): ", said).group(1))
                numbers = [*range(2, len(texts) + 2)] * (texts[line - 2][0] == '"')
                numbers *= "say --no-quotes" in said
        else:
            numbers = [row.number for row in open_table(path, text="text")]
        assert numbers == [*range(2, len(texts) + 2)]


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.tab"])
def test_a_field_of_a_tsv_that_spans_lines_is_refused_with_its_line(write, name):
    content = b'text\nso late\n"six\nseven\neight"\nten\n'
    path = write(gzip.compress(content) if name.endswith("gz") else content, name)
    says = f"{path}, line 3: expected a row of one line, got a quoted field that ends in line 5"
    assert told(path).startswith(says)
    texts = [row.text for row in open_table(path, text="text", quotes=False)]
    assert texts == ["so late", '"six', "seven", 'eight"', "ten"]


def test_only_csv_and_tsv_are_read_without_quotes(write):
    says = "expected CSV or TSV to read without quotes, got jsonl"
    assert says in told(write('{"text": "a"}', "a.jsonl"), quotes=False)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("quotes", [True, False])
def test_a_blank_line_in_the_only_column_is_an_empty_text(write, name, quotes):
    path = write("\ntext\n\na\n\n\nb\n\n", name)
    rows = [(row.number, row.text) for row in open_table(path, text="text", quotes=quotes)]
    assert rows == [(3, ""), (4, "a"), (5, ""), (6, ""), (7, "b")]


@given(st.lists(TEXTS | st.sampled_from(AWKWARD), min_size=1), st.booleans())
def test_texts_written_as_json_lines_are_read_back_equal(texts, ascii_only):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        lines = [json.dumps({"t": text}, ensure_ascii=ascii_only) + "\n" for text in texts]
        path.write_bytes("".join(lines).encode())
        assert [row.text for row in open_table(path, text="t")] == texts


def test_texts_written_as_parquet_are_read_back_equal(tmp_path):
    texts = [text for text in AWKWARD for _ in range(300)]
    path = parquet(tmp_path / "a.parquet", text=texts, score=range(len(texts)))
    table = open_table(path, text="text", target="score")
    assert [row.text for row in table] == texts
    assert [(row.number, row.target) for row in table][-1] == (3000, 2999.0)
    assert table.size > path.stat().st_size


def test_parquet_columns_of_other_types_are_read(tmp_path):
    path = parquet(
        tmp_path / "a.parquet",
        **{"a.b": ["x"], "score": [Decimal("1.5")], "who": [7], "n": ["2"]},
    )
    row = Example("x", 1.5, "7", 2.0, number=1)
    assert list(open_table(path, text="a.b", target="score", group="who", weight="n")) == [row]
    row = Example("2", 2.0, number=1)
    assert list(open_table(path, text="n", target="n")) == [row]


def test_rows_are_numbered_by_the_line_where_they_start(write):
    path = write('text,score\r\n\r\n"a\r\nb",1\r\nc,2\r\n')
    assert [row.number for row in open_table(path, text="text")] == [3, 5]


CSV_FAULTS = {
    "": "expected at least one row, got none",
    "\xef\xbb\xbf": "expected at least one row, got none",
    "\n\n": "expected at least one row, got none",
    "text,n\n": "expected at least one row, got none",
    "word,n\na,1\n": "expected a column 'text', got 'word', 'n'",
    "Text\n": "expected a column 'text', got 'Text'",
    "text,n,text\na,1,b\n": "expected one column 'text', got 2",
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


@pytest.mark.parametrize("twice", ["", "n", "n n"])
def test_columns_that_are_not_used_may_be_many(write, twice):
    path = write(f"{twice},text,{twice},{twice}\n0,a,1,2\n")
    assert [row.text for row in open_table(path, text="text")] == ["a"]
    says = f"expected one column {twice!r}, got 3"
    assert says in told(path, text=twice)
    assert says in told(path, target=twice)


def test_names_that_are_not_used_may_stand_twice_in_json(write):
    path = write('{"text": "a", "n": 1, "n": 2, "more": {"text": 1, "text": 2}}', "a.jsonl")
    assert [row.text for row in open_table(path, text="text")] == ["a"]
    assert "the same name twice among 'n'" in told(path, target="n")


def test_a_quote_left_open_does_not_take_the_whole_file(write):
    path = write('text,n\na,1\n"b,2\n' + 11_000 * (999 * "c" + "\n"))
    assert "line 3: expected every quote to be closed" in told(path)
    assert "field larger than field limit" in told(path)


def test_the_limit_of_others_is_not_lowered(write):
    before = csv.field_size_limit(2 * LONGEST)
    try:
        open_table(write("text\na\n"), text="text")
        assert csv.field_size_limit() == 2 * LONGEST
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"text": "b"', "line 3: .* got: Expecting ',' delimiter at position 14"),
        ("text", "line 3: expected a JSON object, got: Expecting value"),
        ('["b"]', r"line 3: expected a JSON object, got \['b'\]"),
        ("null", "line 3: expected a JSON object, got None"),
        (100_000 * "[", "line 3: expected a JSON object, got: "),
        ('{"word": "b"}', "line 3: expected a column 'text', got 'word'"),
        ('{"text": "a", "text": "b"}', "line 3: .* the same name twice among 'text'"),
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
    assert "row 2, column 'n': expected a number, got" in told(path, target="n")
    assert "row 1, column 'bad': expected a number, got" in told(path, target="bad")
    arrow, module = pyarrow()
    twice = arrow.Table.from_arrays([arrow.array(["a"])] * 2, ["text", "text"])
    module.write_table(twice, tmp_path / "twice.parquet")
    assert "expected one column 'text', got 2" in told(tmp_path / "twice.parquet")
    columns = [arrow.array([name]) for name in ("a", "b", "c")]
    spare = arrow.Table.from_arrays(columns, ["n", "text", "n"])
    module.write_table(spare, tmp_path / "spare.parquet")
    assert [row.text for row in open_table(tmp_path / "spare.parquet", text="text")] == ["b"]
    none = parquet(tmp_path / "none.parquet", text=arrow.array([], "string"))
    assert "expected at least one row, got none" in told(none)


@pytest.mark.parametrize("kind", ["date32", "timestamp", "duration"])
def test_a_date_beyond_the_calendar_is_told(tmp_path, kind):
    arrow, _ = pyarrow()
    made = {
        "date32": lambda: arrow.array([2**31 - 1], "int32").cast(arrow.date32()),
        "timestamp": lambda: arrow.array([2**62], "int64").cast(arrow.timestamp("ms")),
        "duration": lambda: arrow.array([2**62], "int64").cast(arrow.duration("s")),
    }
    path = parquet(tmp_path / "a.parquet", text=["six"], n=made[kind]())
    assert told(path, target="n").startswith(f"{path}: expected a whole Parquet file, got: ")


def test_a_parquet_file_without_the_library_is_told(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "no such library; pip install pyarrow" in told(write(b"PAR1", "a.parquet"))


def test_a_parquet_library_that_does_not_load_is_told_with_its_cause(write, broken):
    broken("pyarrow", "libarrow.so.26: cannot open shared object file")
    message = told(write(b"PAR1", "a.parquet"))
    assert message.endswith("got ImportError: libarrow.so.26: cannot open shared object file")
    assert "pip" not in message
