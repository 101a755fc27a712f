"""The column of texts and that of numbers are found where one choice is clear, and told."""

import json

import pytest
from table_cases import told

from unrolled.regressor.tables import finding, open_table

BOTH = {"text": None, "target": None}
#: Columns beside a text and a number that are neither: each of them alone changes nothing.
OTHERS = {
    "row numbers": [*range(12)],
    "ids": [f"B00{n}" for n in range(12)],
    "numbers named as ids": ("asin_id", [7919 * n % 1000 for n in range(12)]),
    "a constant": [5] * 12,
    "a constant word": ["en"] * 12,
    "dates": [f"2024-05-{n + 1:02}" for n in range(12)],
    "dates in words": [f"{n + 1} May 2024" for n in range(12)],
    "names": [["Ann Lee", "Bo Ek"][n % 2] for n in range(12)],
    "Chinese names": [f"王小{sign}" for sign in "明李四張三陳美玲黃志偉林"],
    "part numbers": [f"B{n}-x C{n}-y D{n}-z" for n in range(12)],
    "nothing": [""] * 12,
    "mostly nothing": [*[""] * 11, "x"],
    "addresses of pages": [f"https://example.org/{n}?a=b" for n in range(12)],
    "sentences that come again": ["all is well here", "all is not well"] * 6,
}
WORDS = ["one", "two", "three", "four", "five", "six", "ten", "red", "old", "new", "big", "odd"]
TEXTS = [f"so {word} it was late" for word in WORDS]
STARS = [1, 5, 2.5, 4, 1, 3, 3, 2, 5, 1, 2, 4]


def table(**columns):
    """Return a CSV of columns."""
    rows = [columns, *zip(*columns.values(), strict=True)]
    return "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)


def found(path, **more):
    with open_table(path, text=None, find=BOTH, **more) as opened:
        return opened.columns[:2], opened.found, len(list(opened))


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_is_neither_a_text_nor_a_number_is_passed_over(write, other):
    name, cells = other if isinstance(other, tuple) else ("other", other)
    path = write(table(**{name: cells, "said": TEXTS, "stars": STARS}))
    assert found(path) == (("said", "stars"), {"text": "said", "target": "stars"}, 12)


@pytest.mark.parametrize("kind", ["tsv", "jsonl", "parquet", "csv.gz"])
def test_every_kind_of_table_is_looked_at(write, tmp_path, kind):
    pairs = enumerate(zip(TEXTS, STARS, strict=True))
    rows = [{"n": n, "said": said, "stars": stars} for n, (said, stars) in pairs]
    if kind == "parquet":
        arrow = pytest.importorskip("pyarrow")
        path = tmp_path / "data.parquet"
        pytest.importorskip("pyarrow.parquet").write_table(arrow.Table.from_pylist(rows), path)
    elif kind == "jsonl":
        path = write("".join(json.dumps(row) + "\n" for row in rows), "data.jsonl")
    elif kind == "tsv":
        path = write(table(said=TEXTS, stars=STARS).replace(",", "\t"), "data.tsv")
    else:
        import gzip

        path = write(gzip.compress(table(said=TEXTS, stars=STARS).encode()), "data.csv.gz")
    assert found(path)[0] == ("said", "stars")


def test_standard_input_is_looked_at_and_its_copy_deleted(stdin):
    spool = stdin(table(said=TEXTS, stars=STARS).encode())
    assert found("-")[0] == ("said", "stars")
    assert not list(spool.iterdir())
    spool = stdin(table(said=TEXTS).encode())
    assert told("-", text=None, find=BOTH).startswith("--target: expected one column of numbers")
    assert not list(spool.iterdir())


def test_texts_without_spaces_are_texts(write):
    signs = ["終電は何時ですか", "値千金の一夜でした", "もう二度と行かない"]
    assert found(write(table(a=signs * 1, b=[1, 5, 2])))[0] == ("a", "b")


def test_what_is_named_is_not_looked_for_and_the_other_is(write):
    path = write(table(said=TEXTS, stars=STARS, price=STARS[::-1], title=TEXTS[::-1]))
    with open_table(path, text="title", find={"target": None}, group="price") as opened:
        assert (opened.columns[:2], opened.found) == (("title", "stars"), {"target": "stars"})
    with open_table(path, text=None, target="price", beside=("said", "stars"), find=BOTH) as opened:
        assert (opened.columns[:2], opened.found) == (("title", "price"), {"text": "title"})


def test_a_usual_name_goes_before_a_look_and_is_not_told_of(write):
    path = write(table(title=TEXTS, stars=STARS, said=TEXTS[::-1]))
    with open_table(path, text=None, find={"text": "said", "target": "marks"}) as opened:
        assert (opened.columns[:2], opened.found) == (("said", "stars"), {"target": "stars"})


def test_only_the_first_rows_are_looked_at(write, monkeypatch):
    """What comes later is judged when it is read."""
    path = write(table(said=TEXTS, stars=[*STARS[:-2], "four", "one"]))
    for bound, most in ("ROWS", 10), ("LETTERS", 180):
        with monkeypatch.context() as patch:
            patch.setattr(finding, bound, most)
            assert "line 12, column 'stars': expected a number" in told(path, text=None, find=BOTH)


ASKED = {
    "three columns of numbers": (
        table(said=TEXTS, stars=STARS, price=STARS[::-1], year=[*STARS[1:], 2]),
        "--target: expected one column of numbers, got 3: 'stars', 'price', 'year'",
    ),
    "two of each": (
        table(said=TEXTS, stars=STARS, price=STARS[::-1], title=TEXTS),
        "--text: expected one column of texts, got 2: 'said', 'title'; "
        "--target: expected one column of numbers, got 2: 'stars', 'price'",
    ),
    "one column": (
        table(said=TEXTS),
        "--target: expected one column of numbers, got none among 'said'",
    ),
    "numbers alone": (
        table(stars=STARS),
        "--text: expected one column of texts, got none among 'stars'",
    ),
    "a comma for a point": (
        table(said=TEXTS, stars=[f'"{n},5"' for n in STARS]),
        "--target: expected one column of numbers, got none: 'stars' (where '1,5' is no number)",
    ),
    "a sum of money": (table(said=TEXTS, price=[f"$ {n}" for n in STARS]), "(where '$ 1' is no"),
    "row numbers alone": (table(said=TEXTS, n=[*range(12)]), "'n' (whole numbers in order)"),
    "an id alone": (table(said=TEXTS, userId=[9, 1, 8, 2, 7, 3, 6, 4, 5, 0, 11, 10]), "(an id)"),
    "a constant alone": (table(said=TEXTS, one=[1] * 12), "'one' (always 1)"),
    "no header": (
        "so late it was,5\nso soon it was,2\n",
        "names of the columns in line 1, got '5'",
    ),
    "empty cells": ("said,stars\n,\n,\n", "got none among 'said', 'stars'"),
    "a header alone": ("said,stars\n", "expected at least one row, got none"),
    "nothing": ("", "expected at least one row, got none"),
    "a name twice": (table(said=TEXTS, stars=STARS).replace("said,", "stars,"), "--text: expected"),
    "Latin-1": ("said,stars\nsö late it was,1\n".encode("latin-1"), "line 2: expected UTF-8"),
    "a ragged row": ("said,stars\nso late it was,1,2\n", "line 2: expected 2 fields"),
    "names with controls": ("a\x1b[2J,b,c\nx,1,2\n", "got none among 'a\\x1b[2J', 'b', 'c'"),
}


@pytest.mark.parametrize(("content", "said"), ASKED.values(), ids=ASKED)
def test_what_is_not_clear_is_asked_for_by_name_in_one_line(write, content, said):
    assert said in told(write(content), text=None, find=BOTH)


def test_a_name_that_stands_twice_is_told_of_when_it_is_found(write):
    lines = table(said=TEXTS, stars=STARS, marks=STARS).replace("marks", "stars")
    path = write(lines)
    assert "expected one column 'stars', got 2" in told(path, text=None, find=BOTH)


def test_a_file_of_lines_has_no_numbers(write):
    path = write("so late it was\n", "data.txt")
    assert "expected a table with a column of numbers" in told(path, text=None, find=BOTH)
    with open_table(path, text=None, find={"text": None}) as opened:
        assert [row.text for row in opened] == ["so late it was"]
