"""A table is read from its start as often as it is asked, compressed or not, in little memory."""

import gzip
import struct
import subprocess
import sys

import numpy as np
import pytest
from table_cases import pyarrow, told

from unrolled.regressor.tables import TableError, open_table


def test_a_table_is_read_again_from_its_start_while_another_reading_goes_on(write):
    table = open_table(write("text\na\nb\n"), text="text")
    first, second = iter(table), iter(table)
    assert [next(first).text, next(second).text, next(first).text] == ["a", "a", "b"]
    assert [row.text for row in table] == ["a", "b"]


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


MEASURE = """
import sys, tracemalloc
from unrolled.regressor.tables import open_table
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
