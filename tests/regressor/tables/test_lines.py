"""Lines come as they are, each as soon as it has arrived, or one line says what is wrong."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_cases import TEXTS, Arriving, told

from unrolled.regressor.examples import Example
from unrolled.regressor.tables import LONGEST, TableError, open_table, read_lines

LINE = TEXTS.filter(lambda text: "\n" not in text and not text.endswith("\r"))


@given(st.lists(LINE, min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_texts_one_a_line_are_read_back_equal(texts, end):
    stream = io.BytesIO(b"\xef\xbb\xbf" + "".join(text + end for text in texts).encode())
    rows = list(read_lines(stream, "lines"))
    assert rows == [Example(text, number=n) for n, text in enumerate(texts, start=1)]


def test_a_byte_order_mark_is_no_part_of_the_first_name_but_of_a_later_text(write):
    path = write("\ufefftext\n\ufeffa\n")
    assert [row.text for row in open_table(path, text="text")] == ["\ufeffa"]


def test_only_the_line_end_is_cut_from_a_line():
    rows = read_lines(io.BytesIO(b"a \r\r\n \n"), "lines")
    assert [row.text for row in rows] == ["a \r", " "]


def test_a_line_is_given_as_soon_as_it_has_arrived():
    taken = []
    parts = Arriving([b"one\ntw", b"o\n"], lambda: taken.append(len(taken)))
    rows = read_lines(io.BufferedReader(parts), "lines")
    assert (next(rows).text, taken) == ("one", [0])
    assert (next(rows).text, taken) == ("two", [0, 1])
    assert list(rows) == []


def test_a_text_of_a_megabyte_is_read_and_a_line_beyond_the_limit_is_told(write):
    long = 1_000_000 * "🙂"
    assert [row.text for row in open_table(write(f"text\n{long}\n"), text="text")] == [long]
    content = b"short\n" + (LONGEST - 1) * b"c" + b"\n"
    assert len(list(open_table(write(content, "a.txt"), text=None))) == 2
    path = write(b"short\n" + LONGEST * b"c" + b"\n", "a.txt")
    assert "line 2: expected at most 10000000 bytes, got more" in told(path, text=None)


def test_a_file_without_line_ends_is_not_read_whole():
    stream = io.BytesIO(2 * LONGEST * b"c")
    with pytest.raises(TableError, match="expected at most 10000000 bytes, got more"):
        list(read_lines(stream, "lines"))
    assert stream.tell() == LONGEST + 1


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


def test_an_empty_stream_is_told():
    with pytest.raises(TableError, match="standard input: expected at least one row, got none"):
        list(read_lines(io.BytesIO(b""), "standard input"))


def test_a_stream_that_breaks_off_is_told():
    stream = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"a\n")[:-8]))
    rows = read_lines(stream, "standard input")
    assert next(rows).text == "a"
    with pytest.raises(TableError, match="standard input: expected a file that can be read, got"):
        next(rows)
