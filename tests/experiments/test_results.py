"""A result knows the code that made it, is written whole, and is refused once it is stale."""

import dataclasses
import importlib
import json
from pathlib import Path

import pytest

from unrolled.experiments import contest, results
from unrolled.experiments.__main__ import EXPERIMENTS, WAITING, main

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
    assert main([name, "--folder", str(tmp_path / "out")]) == 2
    assert "UNROLLED_DATA" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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


def test_what_waits_to_be_recorded_is_on_no_page():
    assert not set(WAITING) & set(EXPERIMENTS)
    for name in WAITING:
        assert not (ROOT / "book" / "results" / f"{name}.json").exists(), f"move {name} up"
        assert len(results.fingerprint(WAITING[name])) == 64
