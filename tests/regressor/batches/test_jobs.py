"""``--jobs``: several processes answer as one does, to the byte, and end as one does."""

import os
import signal
import subprocess
import sys

import pytest

from unrolled.regressor.batches import asking
from unrolled.regressor.batches.pool import in_order
from unrolled.regressor.cli import reading, sharing


@pytest.fixture
def lines(tmp_path, texts):
    """Return a file of texts, some of them empty, and one very long."""
    path = tmp_path / "lines.txt"
    path.write_text("\n".join([*texts, "", " ".join(texts), *texts[::-1]]), encoding="utf-8")
    return path


@pytest.mark.parametrize("more", [[], ["--interval", "80"]])
def test_two_processes_write_what_one_writes(run, model, lines, tmp_path, monkeypatch, more):
    monkeypatch.setattr(asking, "BLOCK", 64)
    words = ["predict", model, lines, "--empty", "nan", *more]
    one, two = (tmp_path / name for name in ("one", "two"))
    first = run(*words, "--jobs", 1, "--out", one)
    second = run(*words, "--jobs", 2, "--out", two)
    assert (first.code, first.err) == (second.code, second.err)
    assert first.code == 0
    assert first.err.startswith("unrolled: 1 text was very long; only the first 39 tokens were")
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes().count(b"\n") == 602


def test_a_large_file_takes_all_cores_and_a_small_one_none(run, model, lines, monkeypatch):
    asked = []

    def watched(act, items, jobs, **named):
        asked.append(jobs)
        return in_order(act, items, 1)

    monkeypatch.setattr(reading, "in_order", watched)
    monkeypatch.setattr(sharing, "cores", lambda: 7)
    words = ["predict", model, lines, "--empty", "nan"]
    run(*words)
    monkeypatch.setattr(sharing, "LARGE", lines.stat().st_size)
    run(*words)
    run(*words, "--jobs", 3)
    assert asked == [1, 7, 3]


def test_an_error_comes_after_the_answers_to_what_is_before_it(run, model, tmp_path, monkeypatch):
    monkeypatch.setattr(asking, "BLOCK", 2)
    path = tmp_path / "lines.txt"
    path.write_text("six\n" * 5 + "\n" + "six\n" * 9)
    done = [run("predict", model, path, "--jobs", jobs) for jobs in (1, 2)]
    assert done[0] == done[1]
    assert done[0].code == 2
    assert done[0].out.count("\n") == 5
    assert "line 6: expected a text" in done[0].err


def test_no_more_is_read_than_a_few_blocks_ahead():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield [number]

    found = in_order(sum, items(), 2)
    assert next(found) == 0
    assert len(taken) < 10
    found.close()
    assert len(taken) < 10


def test_a_process_that_is_killed_is_told_of():
    """``raise_signal`` is what the process does, so it kills itself."""
    with pytest.raises(RuntimeError, match="expected 2 processes to answer, got one that was kil"):
        list(in_order(signal.raise_signal, [signal.SIGKILL] * 9, 2))


def test_a_killed_process_leaves_nothing_behind(run, model, lines, tmp_path, monkeypatch):
    out = tmp_path / "out" / "answers.txt"
    out.parent.mkdir()
    out.write_text("old")

    def killing(act, items, jobs):
        return in_order(signal.raise_signal, [signal.SIGKILL], jobs)

    monkeypatch.setattr(reading, "in_order", killing)
    done = run("predict", model, lines, "--jobs", 2, "--out", out)
    assert done.code == 2
    assert done.err.startswith("unrolled: --jobs: expected 2 processes to answer, got one that was")
    assert done.err.count("\n") == 1
    assert out.read_text() == "old"
    assert os.listdir(out.parent) == ["answers.txt"]


def test_lines_of_standard_input_are_not_shared_out(run, model):
    done = run("predict", model, "--jobs", 2)
    assert done.code == 2
    assert "--jobs: expected a file to share out, got lines of standard input" in done.err


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no groups of processes")
@pytest.mark.parametrize(
    ("number", "code", "said"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]
)
def test_ctrl_c_ends_all_in_one_line(model, tmp_path, number, code, said):
    """The terminal sends Ctrl-C to every process; more is to be written than a pipe holds."""
    path = tmp_path / "lines.txt"
    path.write_text("six\n" * 30_000)
    command = [sys.executable, "-m", "unrolled.regressor.cli", "predict", model, path]
    with subprocess.Popen(
        [*map(str, command), "--jobs", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline()
        os.killpg(process.pid, getattr(signal, number))
        process.stdout.read()
        assert process.stderr.read().decode() == f"unrolled: {said}\n"
    assert process.returncode == code
