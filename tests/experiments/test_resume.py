"""What is finished is put away whole, is not done again, and is not taken for other work."""

import json
import os

import pytest

from unrolled.experiments import resume

CODE = "activations"


def test_what_is_on_file_is_not_made_again(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"losses": (0.5, 0.25)}

    first, second = (resume.put_away(tmp_path / "new", "toy", make) for _ in range(2))
    assert first == second == {"losses": [0.5, 0.25]}
    assert made == [1]


def test_what_is_not_kept_comes_back_as_if_it_were():
    assert resume.put_away(None, "toy", lambda: {"losses": (0.5, float("inf"))}) == {
        "losses": [0.5, float("inf")]
    }


def test_what_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        resume.put_away(tmp_path, "toy", lambda: object())
    assert list(tmp_path.iterdir()) == []


def test_other_code_and_another_job_have_other_names(monkeypatch):
    before = resume.key_of(("adding", 50), CODE)
    assert resume.key_of(("adding", 100), CODE) != before
    monkeypatch.setattr(resume, "fingerprint", lambda module: "other code")
    assert resume.key_of(("adding", 50), CODE) != before


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    done, told = [], []

    def work(job):
        if job == 3 and not (tmp_path / "mended").exists():
            raise KeyboardInterrupt
        done.append(job)
        return job * 10

    def go():
        found = resume.resumable(work, [1, 2, 3, 4], CODE, keep=tmp_path, tell=told.append)
        return list(found)

    with pytest.raises(KeyboardInterrupt):
        go()
    (tmp_path / "mended").touch()
    assert go() == [(1, 10), (2, 20), (3, 30), (4, 40)]
    assert done == [1, 2, 3, 4]  # each once
    assert told[2:4] == ["  1 of 4: 1: on file", "  2 of 4: 2: on file"]
    assert told[4].startswith("  3 of 4: 3: ")


def test_the_time_left_counts_the_cost_of_what_is_to_do(tmp_path, monkeypatch):
    """One hour for the first tenth of the work leaves nine."""
    seconds = iter([0.0, 0, 3600, 3600, 0, 0, 3600])
    monkeypatch.setattr(resume.time, "perf_counter", lambda: next(seconds))
    told = []
    jobs = resume.resumable(abs, [1, 9], CODE, keep=tmp_path, cost=float, tell=told.append)
    next(jobs)
    assert told == ["  1 of 2: 1: 3600 s; 540 min left"]


def test_children_have_one_thread_each_and_the_parent_keeps_its_own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"]
    told = []
    found = resume.resumable(os.getenv, names, CODE, 2, tmp_path, tell=told.append)
    assert [value for _, value in found] == ["1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    assert all(json.loads(path.read_text()) == "1" for path in tmp_path.iterdir())
    assert told[0].startswith("  1 of 2: OPENBLAS_NUM_THREADS: ")
