"""Files and standard input for the tests of tables."""

import io
import sys
import tempfile

import pytest


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
