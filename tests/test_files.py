"""A file is there whole or not at all, whatever happens while it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unrolled import files


def text_of(words):
    return lambda part: Path(part).write_text(words, encoding="utf-8")


def test_a_file_is_written_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "a.txt"
    files.write(path, text_of("old"))
    files.write(str(path), text_of("new"), suffix=".txt")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "there" / "a.txt")
    files.write(tmp_path / "link.txt", text_of("new"))
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "there" / "a.txt").read_text() == "new"


def test_a_place_where_no_file_may_stand_is_named(tmp_path):
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(ValueError, match=r"expected a name that ends in '.keras', got 'model'"):
        files.write(tmp_path / "model", text_of(""), suffix=".keras")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        files.write(tmp_path / "nowhere" / "model.keras", text_of(""))
    with pytest.raises(ValueError, match=r"folder.keras: expected a file or nothing of that name"):
        files.write(tmp_path / "folder.keras", text_of(""), suffix=".keras")
    assert os.listdir(tmp_path) == ["folder.keras"]


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    def fail(part):
        Path(part).write_text("half")
        raise OSError("disk full")

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OSError, match="disk full"):
        files.write(tmp_path / "a.txt", fail)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


KILLED = """
import os, signal, sys
from unrolled import files

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def save(path):
    with open(path, "wb") as file:
        file.write(b"new" * 100_000)
        file.flush()
        if sys.argv[2] == "while it is written":
            die()
        file.write(b"new" * 100_000)

rename = files.os.replace
if sys.argv[2] == "before it is renamed":
    files.os.replace = die
if sys.argv[2] == "after it is renamed":
    files.os.replace = lambda *paths: die(rename(*paths))
files.write(sys.argv[1], save)
"""


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("while it is written", b"old"),
        ("before it is renamed", b"old"),
        ("after it is renamed", b"new" * 200_000),
    ],
)
def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path, moment, left):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    run = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], check=False)
    assert run.returncode == -signal.SIGKILL
    assert path.read_bytes() == left
