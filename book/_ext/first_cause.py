"""Run a command and pass its output on; where it fails, write down the first cause it gave.

`nox -s docs` repeats that as its last line: a build that fails ends in pages about Sphinx.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

COLOUR = re.compile(r"\x1b\[[\d;]*m")
# TensorFlow announces its "log messages before absl::InitializeLog()" in the same form.
WARNING = re.compile(r"^((?:\S.*?: )?)(?:WARNING|ERROR|CRITICAL): (?!All log messages)(.*)$", re.M)
STOPPED = re.compile(r"^(?:Exception occurred|[A-Z][\w ]* error(?: \(\S+\))?):\n", re.M)
PROGRESS = re.compile(r"^[a-z][\w -]*\.\.\. (?:\[ *\d+%\] (\S+))?", re.M)
FROM_IPYTHON = re.compile(r"^(\w+) +Traceback \(most recent call last\)$", re.M)
FROM_PYTHON = re.compile(r"^([\w.]*(?:Error|Exception|Exit|Interrupt)):", re.M)
BORDER = re.compile(r"^[=-]{20,}$", re.M)


def last_exception(text: str) -> str:
    """Return the last exception that a text shows and its message, or else the last line."""
    names = FROM_IPYTHON.findall(text) or FROM_PYTHON.findall(text)
    if names:
        return text[text.rfind(f"\n{names[-1]}:") + 1 :]
    return text.strip().rpartition("\n")[2]


def first_cause(log: str) -> str:
    """Return what first went wrong in a build of the book, and where, on one line."""
    log = COLOUR.sub("", log).replace(f"{Path.cwd()}{os.sep}", "")
    if warning := WARNING.search(log):
        cause, after = warning[0], log[warning.end() + 1 :]
        if warning[2].startswith("Executing notebook failed"):
            cause = warning[1] + last_exception(after.partition("[mystnb.exec]")[0])
        elif cause.endswith(":"):
            cause = f"{cause} {after.partition(chr(10))[0]}"
    elif stopped := STOPPED.search(log):
        page = PROGRESS.findall(log[: stopped.start()])[-1:]
        block = re.split(r"^Traceback|^The full traceback", log[stopped.end() :], flags=re.M)[0]
        cause = ": ".join([*filter(None, page), last_exception(f"\n{block}")])
    else:
        cause = last_exception(BORDER.sub("", log))
    return textwrap.shorten(cause, 300, placeholder=" ...")


def main(file: str, *command: str) -> int:
    """Run a command, and write the first cause of its failure to a file."""
    cause = Path(file)
    cause.parent.mkdir(exist_ok=True)
    cause.write_text("the build ended without a word", encoding="utf-8")
    log = b""
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=unbuffered
    ) as build:
        for line in build.stdout or ():
            log += line
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    if build.returncode:
        cause.write_text(first_cause(log.decode(errors="replace")), encoding="utf-8")
    return build.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
