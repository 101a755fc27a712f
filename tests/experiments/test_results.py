"""A result knows the code that made it, is written whole, and is refused once it is stale."""

import dataclasses
import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from unrolled.experiments import __main__ as experiments
from unrolled.experiments import results
from unrolled.experiments.__main__ import EXPERIMENTS, main
from unrolled.experiments.choosing import contest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path):
    """Return a package in which a imports b, b imports c, and d stands alone."""
    root = tmp_path / "toy"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "a.py").write_text("from toy import b\n\n\ndef f():\n    return b.g()\n")
    (root / "b.py").write_text("from toy.c import g\n")
    (root / "c.py").write_text('def g():\n    """Return one."""\n    return 1\n')
    (root / "d.py").write_text("x = 1\n")
    return root


@pytest.mark.parametrize("module", ["a", "b", "c"])
def test_code_anywhere_below_changes_the_fingerprint(package, module):
    before = results.fingerprint("a", package)
    path = package / f"{module}.py"
    path.write_text(path.read_text() + "\n\ny = 2\n")
    assert results.fingerprint("a", package) != before


def test_prose_and_strangers_do_not_change_the_fingerprint(package):
    before = results.fingerprint("a", package)
    (package / "c.py").write_text('def g():\n    """Say one."""\n    # why\n    return 1\n')
    (package / "d.py").write_text("x = 2\n")
    assert results.fingerprint("a", package) == before


def test_an_unknown_module_is_refused(package):
    with pytest.raises(ValueError, match="got 'nowhere'"):
        results.fingerprint("nowhere", package)


def test_a_result_comes_back_until_the_code_changes(tmp_path):
    path = results.write(tmp_path, "toy", "activations", {"seed": 1}, {"r": 0.5}, 1.23)
    result = results.read(tmp_path, "toy")
    assert result["values"] == {"r": 0.5}
    assert result["config"] == {"seed": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["toy.json"]  # no leftovers
    path.write_text(json.dumps({**result, "fingerprint": "0" * 64}))
    with pytest.raises(results.StaleResultError, match="nox -s experiments -- toy"):
        results.read(tmp_path, "toy")


def test_a_failed_write_keeps_the_old_result(tmp_path):
    results.write(tmp_path, "toy", "activations", {}, {"r": 0.5}, 1)
    with pytest.raises(ValueError, match="Out of range float"):
        results.write(tmp_path, "toy", "activations", {}, {"r": float("nan")}, 1)
    assert results.read(tmp_path, "toy")["values"] == {"r": 0.5}


def test_a_missing_result_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nox -s experiments -- toy"):
        results.read(tmp_path, "toy")


def test_an_unknown_experiment_exits_with_2(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["no-such-thing"])
    assert exit_.value.code == 2
    told = capsys.readouterr().err
    assert "human-ratings" in told
    assert "got 'no-such-thing'" in told


@pytest.mark.parametrize("name", ["human-ratings", "learning-power"])
def test_missing_data_exits_with_2_and_writes_nothing(name, tmp_path, capsys, monkeypatch):
    """At once, before anything long is begun."""
    contest._split.cache_clear()
    contest._tweets.cache_clear()
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "empty"))
    folders = ["--folder", str(tmp_path / "out"), "--keep", str(tmp_path / "kept")]
    assert main([name, *folders]) == 2
    assert "UNROLLED_DATA" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_a_module_and_a_fingerprint(name):
    assert len(results.fingerprint(EXPERIMENTS[name])) == 64


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_committed_results_are_of_todays_code(name):
    """A page that shows a stale result cannot be built, and this says so sooner."""
    recorded = results.read(ROOT / "book" / "results", name)
    assert recorded["module"] == EXPERIMENTS[name]
    module = importlib.import_module(f"unrolled.{EXPERIMENTS[name]}")
    assert recorded["config"] == json.loads(json.dumps(dataclasses.asdict(module.CONFIG)))


def test_the_whole_run_took_less_than_90_minutes_on_two_cores():
    recorded = [results.read(ROOT / "book" / "results", name) for name in EXPERIMENTS]
    assert {result["machine"]["cores"] for result in recorded} == {2}
    assert sum(result["wall_seconds"] for result in recorded) < 90 * 60


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Let ``main`` run two experiments of our own; return what they did and how to start it."""
    began = []

    def toy(name):
        @dataclasses.dataclass(frozen=True)
        class Config:
            seed: int = 0

        def run(config, tell, keep):
            began.append(name)
            if name == "second" and began.count("second") == 1:
                keep.mkdir(parents=True)
                raise KeyboardInterrupt
            return {"name": name}

        return SimpleNamespace(CONFIG=Config(), run=run)

    modules = {"unrolled.activations": toy("first"), "unrolled.masks": toy("second")}
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"first": "activations", "second": "masks"})
    monkeypatch.setattr(experiments.importlib, "import_module", modules.get)
    folders = ["--folder", str(tmp_path / "out"), "--keep", str(tmp_path / "kept")]
    return began, lambda *names: main([*names, *folders])


def test_a_whole_run_that_was_stopped_goes_on_and_the_next_begins_anew(toys, tmp_path):
    began, go = toys
    with pytest.raises(KeyboardInterrupt):
        go()
    assert go() == 0
    assert began == ["first", "second", "second"]  # what was finished is not done again
    assert list((tmp_path / "kept").iterdir()) == []
    for name in ("first", "second"):
        assert results.read(tmp_path / "out", name)["values"] == {"name": name}
    assert go("first") == 0
    assert began[3:] == ["first"]


def test_the_time_of_a_stopped_sitting_counts(toys, tmp_path, monkeypatch):
    _, go = toys
    seconds = iter([0.0, 600, 1000, 1060])  # Ten minutes until Ctrl-C, and one more.
    monkeypatch.setattr(experiments.time, "perf_counter", lambda: next(seconds))
    with pytest.raises(KeyboardInterrupt):
        go("second")
    assert go("second") == 0
    assert results.read(tmp_path / "out", "second")["wall_seconds"] == 660
