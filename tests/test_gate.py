"""The commands say what they lack and what failed, and every place names the same Pythons."""

import platform
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CELL = """\
\x1b[91m{root}/book/lstm.md: WARNING: Executing notebook failed: CellExecutionError
Traceback (most recent call last):
nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:
------------------
check(1)
------------------
{shown}
 [mystnb.exec]\x1b[39;49;00m

\x1b[91mException occurred:\x1b[39;49;00m
  File "cache.py", line 89, in start_client
myst_nb.core.execute.base.ExecutionError: {root}/book/lstm.md
"""
CHAINED = """
ZeroDivisionError                         Traceback (most recent call last)
ZeroDivisionError: division by zero

\x1b[31mUnlike\x1b[39m                                    Traceback (most recent call last)
\x1b[31mUnlike\x1b[39m: \nNot equal to tolerance rtol=1e-07

Mismatched elements: 1 / 2 (50%)
"""
DEAD = """\
\x1b[01mreading sources... \x1b[39;49;00m[ 33%] \x1b[35mbook/bptt\x1b[39;49;00m
\x1b[91mException occurred:\x1b[39;49;00m
  File "client.py", line 1009, in async_execute_cell
nbclient.exceptions.DeadKernelError: Kernel died
The full traceback has been saved in /tmp/sphinx-err.log
"""
REFERENCE = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
[IPKernelApp] WARNING | Kernel is running over TCP without encryption.
\x1b[91m{root}/book/api.rst:87: WARNING: py:class reference target not found: NDArray\x1b[39;49;00m
\x1b[91m{root}/book/gru.md:9: WARNING: unknown document: 'rnn'\x1b[39;49;00m
build finished with problems, 2 warnings.
"""
CONTENTS = f"""\
RuntimeError: \n\x1b[91m{"=" * 79}\x1b[0m

The Table of Contents file is malformed: entry has no file

\x1b[91m{"=" * 79}\x1b[0m
"""
SYNTAX = "  Cell In[1], line 1\n    x = = 1\n        ^\nSyntaxError: invalid syntax\n"
IMPORT = "WARNING: autodoc: failed; this exception was raised:\nNo module named 'x'\n"
EXTENSION = (
    "done\n\nExtension error:\nCould not import extension x\nTraceback (most recent call last)"
)


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (REFERENCE, "book/api.rst:87: WARNING: py:class reference target not found: NDArray"),
        (
            CELL.replace("{shown}", CHAINED),
            "book/lstm.md: Unlike: Not equal to tolerance rtol=1e-07 "
            "Mismatched elements: 1 / 2 (50%)",
        ),
        (CELL.replace("{shown}", SYNTAX), "book/lstm.md: SyntaxError: invalid syntax"),
        (DEAD, "book/bptt: nbclient.exceptions.DeadKernelError: Kernel died"),
        (IMPORT, "WARNING: autodoc: failed; this exception was raised: No module named 'x'"),
        (EXTENSION, "Could not import extension x"),
        (CONTENTS, "RuntimeError: The Table of Contents file is malformed: entry has no file"),
        ("Nothing like an error.\n", "Nothing like an error."),
    ],
)
def test_a_failing_build_leaves_its_first_cause(tmp_path, log, cause):
    log = log.replace("{root}", str(tmp_path))
    build = f"import sys; print({log!r}, end=''); sys.exit(3)"
    helper = ROOT / "book" / "_ext" / "first_cause.py"
    command = [sys.executable, helper, "_build/cause.txt", sys.executable, "-c", build]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (3, log, "")
    assert (tmp_path / "_build" / "cause.txt").read_text() == cause


def sessions_python(monkeypatch, folder, running, uv):
    """Return the Python of the sessions where nox runs on this one, and what `uv` does, if any."""
    monkeypatch.setitem(sys.modules, "nox", MagicMock())
    monkeypatch.setitem(sys.modules, "nox.command", MagicMock())
    monkeypatch.setenv("NOX_ENABLE_STALENESS_CHECK", "1")  # So that it is put back.
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setattr(platform, "python_version", lambda: running)
    if uv:
        (folder / "uv").write_text(f"#!/bin/sh\n{uv}\n")
        (folder / "uv").chmod(0o755)
    return runpy.run_path(str(ROOT / "noxfile.py"))["session"].keywords["python"]


def test_a_supported_python_is_the_sessions_own(monkeypatch, tmp_path):
    assert sessions_python(monkeypatch, tmp_path, "3.12.1", "exit 1") is None


@pytest.mark.parametrize("running", ["3.10.13", "3.14.0rc1"])
def test_another_python_gives_way_to_one_that_uv_finds(monkeypatch, tmp_path, capsys, running):
    finds = '[ "$2 $3" = "find 3.12" ] && echo /there/python3.12'
    assert sessions_python(monkeypatch, tmp_path, running, finds) == "/there/python3.12"
    assert capsys.readouterr().err.count("\n") == 1


def test_a_python_that_uv_fetches_will_do(monkeypatch, tmp_path):
    fetches = 'cd "${0%/*}"; [ $2 = install ] && : > "got$3"; [ -e "got$3" ] && echo "/got/$3"'
    assert sessions_python(monkeypatch, tmp_path, "3.10.13", fetches) == "/got/3.13"


@pytest.mark.parametrize("uv", [None, "echo Could not connect. >&2; exit 1"])
def test_without_any_python_one_sentence_says_what_to_install(monkeypatch, tmp_path, uv):
    with pytest.raises(SystemExit, match=r"^Install Python 3\.11, 3\.12 or 3\.13: [^\n]*\.$"):
        sessions_python(monkeypatch, tmp_path, "3.10.13", uv)


def test_every_place_names_the_same_pythons():
    def stated(file, pattern):
        return re.search(pattern, (ROOT / file).read_text(encoding="utf-8"))[1]

    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    pythons = workflow["jobs"]["book"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    after = f"3.{int(pythons[-1].removeprefix('3.')) + 1}"
    assert project["requires-python"] == f">={pythons[0]},<{after}"
    assert stated(".ci/run", r"for version in (.*); do").split() == pythons
    assert re.findall(r"3\.\d+", stated("noxfile.py", r"PYTHONS = (.*)")) == pythons[::-1]
    assert re.findall(r"3\.\d+", stated("README.md", r"You need (.*)")) == pythons
