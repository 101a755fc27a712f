"""A study's jobs are put away whole, are not done again, and are not taken for other work."""

import dataclasses
import json
import os

import pytest

from unrolled.experiments import experiment
from unrolled.experiments.experiment import Experiment

SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclasses.dataclass(frozen=True)
class Config:
    numbers: tuple[int, ...] = (1, 2, 3, 4)


def setting(config, job):
    return os.getenv(*job)


def quiet(line):
    """Say nothing."""


def made(work, **options):
    """Return an experiment with a job for each number."""
    return Experiment(
        name="made",
        config=Config(),
        quick=Config((1,)),
        jobs=lambda config: [(number,) for number in config.numbers],
        work=work,
        gather=lambda config, found: {"found": [(*job, value) for job, value in found.items()]},
        **options,
    )


def test_what_is_on_file_is_not_made_again_and_comes_back_as_json_gives_it(tmp_path):
    done = []

    def work(config, job):
        done.append(job)
        return (0.5, float("inf"))

    first, second = (made(work).run(tell=quiet, keep=tmp_path / "new") for _ in range(2))
    unkept = made(work).run(tell=quiet)
    assert first == second == unkept
    assert first["found"][0] == [1, [0.5, float("inf")]]
    assert done == [(1,), (2,), (3,), (4,)] * 2


def test_what_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        made(lambda config, job: object()).run(tell=quiet, keep=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_other_code_and_another_config_have_other_folders(tmp_path, monkeypatch):
    study = made(abs)
    before = study.folder(study.config, tmp_path)
    assert before == study.folder(Config(), tmp_path)
    assert study.folder(study.quick, tmp_path) != before
    (tmp_path / "code.py").write_text("x = 1")
    monkeypatch.setattr(experiment, "PACKAGE", tmp_path)
    other = study.folder(study.config, tmp_path)
    (tmp_path / "code.py").write_text("x = 2")
    assert len({before, other, study.folder(study.config, tmp_path)}) == 3


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    done, told = [], []

    def work(config, job):
        if job == (3,) and not (tmp_path / "mended").exists():
            raise KeyboardInterrupt
        done.append(*job)
        return job[0] * 10

    study = made(work)
    with pytest.raises(KeyboardInterrupt):
        study.run(tell=told.append, keep=tmp_path)
    (tmp_path / "mended").touch()
    found = study.run(tell=told.append, keep=tmp_path)["found"]
    assert found == [[1, 10], [2, 20], [3, 30], [4, 40]]
    assert done == [1, 2, 3, 4]  # each once
    assert told[2:4] == ["  1 of 4: 1: on file", "  2 of 4: 2: on file"]
    assert told[4].endswith("; 0 min left")


def test_the_time_left_counts_the_cost_of_what_is_to_do(monkeypatch):
    """One hour for the first tenth of the work leaves nine."""
    seconds = iter([0.0, 0, 3600, 3600, 3600, 3600, 3600])
    monkeypatch.setattr(experiment.time, "perf_counter", lambda: next(seconds))
    told = []
    study = made(lambda config, job: 0, cost=lambda config, job: job[0])
    study.run(Config((2, 18)), tell=told.append)
    assert told[0] == "  1 of 2: 2: 3600 s; 540 min left"


def test_children_have_one_thread_each_and_the_parent_keeps_its_own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv(SETTINGS[0], "7")
    monkeypatch.delenv(SETTINGS[1], raising=False)
    told = []
    found = made(setting).run(Config(SETTINGS), workers=2, tell=told.append, keep=tmp_path)
    assert found["found"] == [[name, "1"] for name in SETTINGS]
    assert os.environ[SETTINGS[0]] == "7"
    assert SETTINGS[1] not in os.environ
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [json.loads(path.read_text()) for path in files] == ["1", "1"]
    assert told[0].startswith("  1 of 2: OMP_NUM_THREADS: ")


def test_missing_data_is_told_of_before_anything_is_begun(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "empty"))
    begun = []
    study = made(lambda config, job: begun.append(job), ratings=lambda config: ["tweets"])
    with pytest.raises(RuntimeError, match="set UNROLLED_DATA"):
        study.run(tell=quiet)
    assert not begun
