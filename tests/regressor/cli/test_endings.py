"""However ``fit`` ends, a model file is whole, and nothing else is left behind."""

import os
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from cli_cases import bag, write
from regressor_cases import planned

from unrolled.regressor import TextRegressor, folding, portable, ridges
from unrolled.regressor.cli import comparing, fitting, main
from unrolled.regressor.ensemble import Bar
from unrolled.regressor.learning import Learning

COLUMNS = ["--text", "text", "--target", "number"]
ASKED = [text for text, _ in bag(20, seed=3)]
pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let ``fit`` make small models."""
    sizes = {"embedding_dim": 8, "units": 4, "folds": 2}
    monkeypatch.setattr(fitting, "_regressor", lambda **given: TextRegressor(**sizes, **given))


@pytest.fixture
def it_reads(monkeypatch):
    """Let reading have a share, whatever the folds find."""
    planned(monkeypatch, epochs=2, share=0.5)


@pytest.fixture
def broken_off(run, tmp_path, monkeypatch):
    """Return a function that fits until ``name`` of ``place`` is called for the n-th time.

    Calls count ``when`` that is true of what they are given.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    out = tmp_path / "model.keras"

    def broken_off(place, name, times=1, number=signal.SIGINT, when=lambda *_: True):
        out.write_text("old")
        whole, calls = getattr(place, name), []

        def watched(*given, **named):
            if when(*given):
                calls.append(name)
                if len(calls) == times:
                    signal.raise_signal(number)
            return whole(*given, **named)

        monkeypatch.setattr(place, name, watched)
        rows = "".join(f"{text},{number}\n" for text, number in [("text", "number"), *bag(120)])
        command = ["fit", "-", *COLUMNS, "--out", out, "--epochs", "2"]
        done = run(*command, stdin=rows.encode())
        monkeypatch.setattr(place, name, whole)
        assert len(calls) >= times, "nothing was broken off"
        assert os.listdir(tmp_path / "temporary") == []
        assert sorted(os.listdir(tmp_path)) == ["model.keras", "temporary"]
        return done, out

    return broken_off


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (fitting, "_say"),
        (folding, "folds"),
        (ridges, "counting"),
    ],
)
def test_ctrl_c_before_anything_was_learnt_writes_nothing(broken_off, place, name):
    done, out = broken_off(place, name)
    assert done.code == 130
    assert done.err == "unrolled: interrupted\n"
    assert out.read_text() == "old"


def during(training):
    """Return what tells whether the bar shows this training."""
    return lambda bar, *_: bar.name == training


@pytest.mark.slow
@pytest.mark.parametrize(
    ("training", "times", "readers"),
    [("fold 1 of 2", 1, 0), ("fold 1 of 2", 3, 0), ("fold 2 of 2", 1, 0), ("whole", 4, 1)],
)
def test_ctrl_c_while_it_learns_keeps_the_best_so_far(
    broken_off, it_reads, training, times, readers
):
    """That is the ridge until a reader has begun to learn what it is to be measured on."""
    done, out = broken_off(Bar, "on_batch", times, when=during(training))
    assert done.code == 130
    assert done.err.splitlines()[-1] == f"unrolled: interrupted; {out} holds the best model so far"
    assert "no model has seen" not in done.out
    model = portable.load(out)
    assert np.ptp(model.predict(ASKED)) > 0.1
    assert model.config.readers == readers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "name", "times", "when"),
    [
        (Learning, "model", 2, lambda *_: True),
        (Bar, "on_batch", 2, during("all")),
        (ridges, "learn", 2, lambda *_: True),
    ],
)
def test_ctrl_c_while_it_learns_from_all_keeps_what_was_measured(
    broken_off, it_reads, place, name, times, when
):
    done, out = broken_off(place, name, times, when=when)
    assert done.code == 130
    said = f"unrolled: interrupted; {out} holds the model that was measured"
    assert done.err.splitlines()[-1] == said
    assert "no model has seen" in done.out
    assert "learnt again" not in done.out
    model = portable.load(out)
    assert model.about["test"]["texts"] == 24
    assert "texts" not in model.about
    assert model.config.readers == 1
    assert np.isfinite(model.predict(ASKED)).all()


def test_ctrl_c_while_it_is_measured_keeps_the_model(broken_off):
    done, out = broken_off(comparing, "rivals")
    assert done.code == 130
    assert done.err.splitlines()[-1] == f"unrolled: interrupted; {out} holds the model, unmeasured"
    assert np.isfinite(portable.load(out).predict(ASKED)).all()


@pytest.mark.slow
def test_ctrl_c_while_it_is_saved_leaves_the_old_file(broken_off):
    done, out = broken_off(os, "replace")
    assert done.code == 130
    assert out.read_text() == "old"


@pytest.mark.slow
@pytest.mark.parametrize(("place", "name"), [(Bar, "on_batch"), (os, "replace")])
def test_sigterm_leaves_the_old_file_and_nothing_new(broken_off, place, name):
    done, out = broken_off(place, name, number=signal.SIGTERM)
    assert done.code == 143
    assert done.err.splitlines()[-1] == "unrolled: terminated"
    assert out.read_text() == "old"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# Ctrl-C in the second epoch, in a process of its own.
STOPPED = """
import os, signal, sys
import tensorflow as tf
from unrolled.regressor.cli import fitting, main
from unrolled.regressor.ensemble import Bar
from unrolled.regressor import TextRegressor

tf.config.run_functions_eagerly(True)

def on_epoch(self, trainee, tell=Bar.on_epoch):
    tell(self, trainee)
    if len(trainee.history) == 2:
        os.kill(os.getpid(), signal.SIGINT)

Bar.on_epoch = on_epoch
fitting._regressor = lambda **given: TextRegressor(embedding_dim=8, units=4, folds=2, **given)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_what_ctrl_c_leaves_can_be_used_and_goes_on_to_the_same_model(tmp_path):
    data, out = write(tmp_path / "data.csv", bag(120)), tmp_path / "model.keras"
    (tmp_path / "temporary").mkdir()
    words = ["fit", data, *COLUMNS, "--epochs", "4", "--seed", "5"]
    kept = ["--checkpoint", tmp_path / "state"]
    command = [sys.executable, "-c", STOPPED, *words, *kept, "--out", out]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 130
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith("holds the best model so far")
    assert os.listdir(tmp_path / "temporary") == []
    assert np.isfinite(portable.load(out).predict(ASKED)).all()
    answers = []
    for name, more in ("again", kept), ("unbroken", []):
        out = tmp_path / f"{name}.keras"
        assert main([str(word) for word in [*words, *more, "--out", out]]) == 0
        answers.append(portable.load(out).predict(ASKED))
    np.testing.assert_allclose(*answers, atol=1e-6)
