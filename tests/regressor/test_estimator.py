"""A regressor to fit on one's own texts: it learns, keeps its word, and survives being broken off.

A graph takes seconds to trace, so only those trainings that have much to learn trace one.
"""

import dataclasses
import io
import json
import pickle
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score

from unrolled.regressor import TextRegressor, checkpoints, ensemble, estimator, training
from unrolled.regressor.ensemble import Bar
from unrolled.regressor.examples import Example, collect
from unrolled.regressor.training import Trainee
from unrolled.text import baselines, clock, metrics

# Sizes as a search over a grid gives them: numbers of NumPy's.
SMALL = {"embedding_dim": np.int64(6), "units": 4, "epochs": 2, "dropout": np.float32(0.25)}
SMALL |= {"max_length": 40, "verbose": 0}
SPOKEN = clock.load(train=60, validation=20, test=20).train
TEXTS, TARGETS, GROUPS = SPOKEN.texts, SPOKEN.targets, SPOKEN.groups
ASKED = ["it is ten to six now", "six", "xyzzy plugh", "ten past three 🕒", "\0", "so " * 60]


def make(**settings):
    return TextRegressor(**{**SMALL, **settings})


def fit(X=TEXTS, y=TARGETS, groups=GROUPS, sample_weight=None, **settings):
    return make(**settings).fit(X, y, sample_weight, groups=groups)


def errors_of(model):
    return [[record["validation_rmse"] for record in history] for history in model.history_]


def same_weights(one, other):
    pairs = zip(one.model_.get_weights(), other.model_.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def model(eager):
    return fit()


# What it learns.


def test_it_reads_the_order_that_a_bag_of_words_cannot(graph):
    splits = clock.load(train=2500, validation=50, test=300)
    bag = baselines.word_ridge(splits.train.texts, splits.train.targets)
    bag_error = metrics.mae(splits.test.targets, bag.predict(splits.test.texts))
    model = TextRegressor(
        embedding_dim=32, units=24, epochs=7, dropout=0.0, learning_rate=1e-2, verbose=0
    ).fit(splits.train.texts, splits.train.targets, groups=splits.train.groups)
    assert metrics.mae(splits.test.targets, model.predict(splits.test.texts)) < bag_error / 3
    early, late = model.predict(["we had tea at ten to six", "we had tea at six to ten"])
    assert late - early > 100
    (history,) = model.history_
    assert history[-1]["loss"] < history[0]["loss"] / 3
    assert model.report_["validation"]["together"]["mae"] < bag_error / 3


def test_every_text_gets_a_number(model):
    answers = model.predict(ASKED)
    assert (answers.shape, answers.dtype) == ((len(ASKED),), np.float64)
    assert np.isfinite(answers).all()
    assert len(set(answers[:4])) == 4


#: What times are counted from, and in: seconds and nanoseconds since 1970.
TIMES = {"seconds": (1_700_000_000, 60), "nanoseconds": (1_700_000_000 * 10**9, 60 * 10**9)}


@pytest.mark.parametrize(("start", "unit"), TIMES.values(), ids=TIMES)
def test_times_are_learnt_and_answered_as_exactly_as_small_numbers(start, unit):
    """Of float32's steps of 128 seconds, or 2 minutes in nanoseconds, nothing is to be seen."""
    minutes = np.arange(60) % 7
    texts = [f"{'so ' * n}late" for n in minutes]
    small, large = (
        make(minutes=1e-9).fit(texts, targets)
        for targets in (minutes, start + unit * minutes.astype(np.int64))
    )
    expected = small.predict(texts)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose((large.predict(texts) - start) / unit, expected, atol=1e-4)
    kept = large.report_["validation"]["together"]
    assert kept["rmse"] / unit == pytest.approx(
        small.report_["validation"]["together"]["rmse"], rel=1e-4
    )
    strings = keras.ops.convert_to_tensor(texts[:3], dtype="string")
    again = np.asarray(large.model_(strings))[:, 0]
    np.testing.assert_allclose((again - start) / unit, expected[:3], atol=1e-4)


def test_targets_that_a_far_one_makes_alike_are_told_of():
    texts, targets = [f"so late {n}" for n in range(40)], [n % 5 for n in range(39)]
    with pytest.warns(UserWarning, match="y: expected targets that lie about as far apart, got 6"):
        make(minutes=1e-9).fit(texts, [*targets, 9e18])


def test_rows_of_the_least_weight_are_rows_like_others():
    texts, weights = [f"so late {n}" for n in range(40)], np.full(40, 1e-46)
    whole, least = (make(minutes=1e-9).fit(texts, range(40), weight) for weight in (None, weights))
    assert least.report_["texts"] == whole.report_["texts"]
    np.testing.assert_allclose(least.predict(texts), whole.predict(texts), rtol=1e-5)
    weights[:20] = 1e15
    mixed = make(minutes=1e-9).fit(texts, range(40), weights)
    assert sum(mixed.report_["texts"].values()) == 40
    assert np.isfinite(mixed.predict(texts)).all()


def test_an_answer_does_not_depend_on_company(model):
    alone = [model.predict([text])[0] for text in ASKED]
    np.testing.assert_allclose(model.predict(ASKED), alone, rtol=1e-5)
    np.testing.assert_allclose(model.predict(tuple(ASKED[::-1])), alone[::-1], rtol=1e-5)


def test_the_history_and_the_report_tell_how_it_went(model):
    (history,) = model.history_
    assert [set(record) for record in history] == [
        {"seconds", "loss", "share", "validation_rmse"}
    ] * 2
    assert model.report_["texts"] == {"train": 54, "validation": 6}
    assert model.interrupted_ is False
    parts = model.report_["validation"]
    assert set(parts) == {"together", "reading", "counting"}
    least = min(parts["reading"]["rmse"], parts["counting"]["rmse"])
    assert parts["together"]["rmse"] <= least * (1 + 1e-6)
    scale = model.model_.config["scale"]
    best = min(record["validation_rmse"] for record in history)
    assert parts["together"]["rmse"] == pytest.approx(scale * best, rel=1e-4)


def test_the_scale_is_that_of_the_training_targets(model, monkeypatch):
    data, train, _ = parted(monkeypatch, TEXTS, TARGETS, groups=GROUPS)
    settings = model.model_.config
    assert settings["mean"] == pytest.approx(data.targets[train].mean(), rel=1e-5)
    assert settings["scale"] == pytest.approx(data.targets[train].std(), rel=1e-5)


def parted(monkeypatch, *data, **options):
    """Return what ``fit`` would learn from: the examples, and the rows for each purpose."""
    with monkeypatch.context() as patch:
        patch.setattr(TextRegressor, "fit_examples", lambda self, *parts: parts)
        return make().fit(*data, **options)


def test_no_group_is_learnt_from_and_stopped_by(monkeypatch):
    names = [i % 7 for i in range(len(TEXTS))]
    data, train, validation = parted(monkeypatch, TEXTS, TARGETS, groups=names)
    assert not set(data.groups[train]) & set(data.groups[validation])
    assert len(train) + len(validation) == len(TEXTS)


def test_a_text_that_stops_the_training_is_not_learnt_from(monkeypatch):
    twice = TEXTS[:30] * 2
    data, train, validation = parted(monkeypatch, twice, TARGETS)
    assert not {twice[row] for row in train} & {twice[row] for row in validation}
    assert len(data.texts) == 60


def test_only_pieces_of_training_texts_are_known(model, monkeypatch):
    data, train, _ = parted(monkeypatch, TEXTS, TARGETS, groups=GROUPS)
    said = set(data.texts.counts(train))
    words = {name[1:] for name in model.model_.vocabulary.names if name.startswith("=")}
    assert words <= {token.lower() for token in said}


# The seed, and weights.


def test_the_same_seed_gives_the_same_model_and_a_text_of_weight_0_changes_nothing(model):
    """Nor do weights that are all alike."""
    more = ["a text that counts for nothing", "nor does this"]
    again = fit(
        [*TEXTS, *more], [*TARGETS, -1e6, 1e6], [*GROUPS, GROUPS[0], "x"], [7.0] * 60 + [0.0] * 2
    )
    assert again.model_.vocabulary == model.model_.vocabulary
    assert same_weights(again, model)
    np.testing.assert_array_equal(again.predict(ASKED), model.predict(ASKED))


def test_another_seed_gives_another_model_also_from_the_same_regressor(model):
    other = clone(model).set_params(epochs=1).fit(TEXTS, TARGETS, groups=GROUPS)
    before = other.predict(ASKED)
    answers = other.set_params(random_state=1).fit(TEXTS, TARGETS, groups=GROUPS).predict(ASKED)
    assert not np.allclose(answers, before, rtol=1e-3)
    by_keras = np.asarray(other.model_(tf.constant(ASKED)))[:, 0]
    np.testing.assert_allclose(answers, by_keras, rtol=1e-5)


def learnt_from(monkeypatch, **options):
    """Return what the readers would be given to learn."""

    class SeenError(Exception):
        pass

    def see(data, *rest):
        raise SeenError(data)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "train", see)
        with pytest.raises(SeenError) as seen:
            fit(**options)
    return seen.value.args[0]


def test_what_counts_more_is_learnt_more(monkeypatch):
    """The mean is the weighted one; so is what the ridge and the loss are given."""
    weights = np.linspace(0.5, 4, len(TEXTS))
    data = learnt_from(monkeypatch, sample_weight=weights)
    mean = np.average(data.targets[data.train], weights=weights[data.train])
    assert mean == pytest.approx(0, abs=1e-5)
    assert data.weights[data.train].mean() == pytest.approx(1)
    np.testing.assert_allclose(data.weights / data.weights[0], weights / weights[0], rtol=1e-5)


def test_the_loss_of_the_readers_is_weighted(monkeypatch):
    """A batch holds all texts here, and its loss is the sum of what each half adds by itself."""
    data = learnt_from(monkeypatch)
    halves = [np.where(np.arange(60) % 2 == half, data.weights, 0) for half in (0, 1)]
    losses = []
    for weights in (data.weights, *halves):
        settings = training.Hyperparameters(6, 4, 0.0, 1, 60, 3e-3, 3, 0)
        Trainee(dataclasses.replace(data, weights=weights), settings).go_on(losses.append)
    whole, first, second = losses
    assert whole == pytest.approx(first + second, rel=1e-5)
    assert min(first, second) > 0


# The conventions of scikit-learn.


def test_settings_are_kept_as_they_were_given():
    settings = make(random_state=3, minutes=0.5, checkpoint="here").get_params()
    assert settings["random_state"] == 3
    assert TextRegressor(**settings).get_params() == settings
    assert clone(TextRegressor(**settings)).get_params() == settings
    assert make().set_params(units=9).units == 9
    with pytest.raises(ValueError, match="Invalid parameter 'unit'"):
        make().set_params(unit=9)


def test_it_can_be_validated_across_groups():
    scores = cross_val_score(
        make(epochs=1), TEXTS, TARGETS, groups=GROUPS, cv=GroupKFold(2), params={"groups": GROUPS}
    )
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_the_score_is_the_coefficient_of_determination(model):
    expected = metrics.r2(TARGETS, model.predict(TEXTS))
    assert model.score(TEXTS, TARGETS) == pytest.approx(expected, abs=1e-6)


def test_before_it_is_fitted_it_says_so(tmp_path):
    with pytest.raises(NotFittedError):
        make().predict(ASKED)
    with pytest.raises(NotFittedError):
        make().predict_examples(collect([Example("so late", 1)]), np.arange(1))
    with pytest.raises(NotFittedError):
        make().save(tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_fitted_one_survives_pickling(model):
    answers = model.predict(ASKED)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(ASKED), answers)
    assert again.get_params() == model.get_params()
    assert (again.history_, again.report_) == (model.history_, model.report_)


def test_examples_are_answered_as_their_texts_are(model, monkeypatch):
    data, train, _ = parted(monkeypatch, TEXTS, TARGETS, groups=GROUPS)
    found = model.predict_examples(data, train[::-1])
    expected = model.predict([TEXTS[row] for row in train[::-1]])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


# The file.


def test_the_file_holds_the_model_and_how_it_was_made(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    plain = keras.models.load_model(path)
    answers = model.predict(ASKED)
    np.testing.assert_allclose(np.asarray(plain(tf.constant(ASKED)))[:, 0], answers, rtol=1e-5)
    again = TextRegressor.load(path)
    np.testing.assert_array_equal(again.predict(ASKED), answers)
    assert again.get_params() == {**model.get_params(), "verbose": 1}
    with zipfile.ZipFile(path) as archive:
        about = json.loads(archive.read("config.json"))["config"]["about"]
    assert about["settings"]["units"] == 4
    assert about["settings"]["embedding_dim"] == 6
    assert "checkpoint" not in about["settings"]
    assert about["report"] == model.report_
    assert about["versions"]["keras"] == keras.__version__


# Data that is odd, and data that is wrong.


def test_equal_targets_are_learnt_without_dividing_by_zero():
    model = fit(y=np.full(len(TEXTS), 7), epochs=1)
    np.testing.assert_allclose(model.predict(ASKED), 7, atol=1)
    assert model.model_.config["scale"] == 1
    assert model.report_["validation"]["together"]["r2"] is None


def test_the_largest_targets_are_learnt_as_small_ones_are(model):
    """Scaled by a power of 2 and nothing else, every number is the same but for the exponent."""
    large = fit(y=TARGETS * 2.0**40)
    assert TARGETS.max() * 2.0**40 > 5e14
    np.testing.assert_allclose(
        large.predict(ASKED) / 2.0**40, model.predict(ASKED), rtol=1e-4, atol=1e-2
    )


def test_two_texts_are_enough():
    model = make(epochs=1).fit(["so late", "so soon"], [1, 2])
    assert model.report_["texts"] == {"train": 1, "validation": 1}
    assert np.isfinite(model.predict(ASKED)).all()


def test_a_training_that_gets_out_of_hand_still_leaves_numbers():
    model = fit(learning_rate=1e30, epochs=1, units=3)
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "says"),
    [
        ([], [], {}, ValueError, "X: expected at least one text, got none"),
        ("ten", [1], {}, TypeError, "X: expected a list of strings, got one bare str"),
        (["a", 6], [1, 2], {}, TypeError, "X: expected only strings, got int at index 1"),
        (["a", None], [1, 2], {}, TypeError, "X: expected only strings, got NoneType at index 1"),
        (["a", b"b"], [1, 2], {}, TypeError, "X: expected only strings, got bytes at index 1"),
        (["a", " "], [1, 2], {}, ValueError, "X: expected a text, got ' ' at index 1"),
        (["a", "b"], [1], {}, ValueError, "X and y: expected equal lengths, got 2 and 1"),
        (["a", "b"], [1, np.nan], {}, ValueError, "y: expected finite numbers, got nan at index 1"),
        (["a", "b"], [1, 1e19], {}, ValueError, r"y: expected numbers from -9e\+18 to 9e\+18"),
        (["a", "b"], ["1", "2"], {}, TypeError, "y: expected real numbers, got dtype <U1"),
        (["a", "b"], [[1], [2]], {}, ValueError, r"y: expected shape \(n,\)"),
        (["a"], [1], {}, ValueError, "enough groups to fill 2 parts, got 1 groups of 1 texts"),
        (["a", "a"], [1, 2], {}, ValueError, "2 groups of 2 texts, only 1 of them distinct"),
        (["a", "b"], [1, 2], {"groups": ["x", "x"]}, ValueError, "got 1 groups of 2 texts"),
        (["a", "b"], [1, 2], {"groups": ["x"]}, ValueError, "X and groups: expected equal"),
        (["a", "b"], [1, 2], {"sample_weight": [1]}, ValueError, "X and sample_weight: expected"),
        (["a", "b"], [1, 2], {"sample_weight": [1, -1]}, ValueError, "sample_weight: .* from 0 to"),
        (["a", "b"], [1, 2], {"sample_weight": [0, 0]}, ValueError, "one weight above 0"),
        (["a", "b"], [1, 2], {"sample_weight": [0, 1]}, ValueError, "got 1 groups of 1 texts"),
        (["a", "b"], [1, 2], {"sample_weight": [1, np.inf]}, ValueError, "sample_weight: expected"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(X, y, options, error, says):
    with pytest.raises(error, match=says):
        make().fit(X, y, **options)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"embedding_dim": 0}, ValueError, "embedding_dim: expected at least 1, got 0"),
        ({"units": 2.0}, TypeError, "units: expected an integer, got float 2.0"),
        ({"readers": 0}, ValueError, "readers: expected at least 1, got 0"),
        ({"readers": True}, TypeError, "readers: expected an integer, got bool"),
        ({"dropout": 1}, ValueError, "dropout: expected a number from 0 and below 1, got 1"),
        ({"dropout": None}, TypeError, "dropout: expected a number from 0 and below 1, got None"),
        ({"dropout": -0.1}, ValueError, "dropout: expected a number"),
        ({"vocabulary_size": 2}, ValueError, "vocabulary_size: expected at least 3, got 2"),
        ({"epochs": 0}, ValueError, "epochs: expected at least 1, got 0"),
        ({"batch_size": 0}, ValueError, "batch_size: expected at least 1, got 0"),
        ({"learning_rate": 0}, ValueError, "learning_rate: expected a number"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate: expected a number"),
        ({"learning_rate": None}, TypeError, "learning_rate: expected a number"),
        ({"patience": -1}, ValueError, "patience: expected at least 0, got -1"),
        ({"validation_fraction": 0}, ValueError, "number above 0 and below 1, got 0"),
        ({"validation_fraction": 1}, ValueError, "number above 0 and below 1, got 1"),
        ({"validation_fraction": None}, TypeError, "validation_fraction: expected a number"),
        ({"validation_fraction": "a"}, TypeError, "above 0 and below 1, got str 'a'"),
        ({"max_length": 1}, ValueError, "max_length: expected at least 2, got 1"),
        ({"minutes": 0}, ValueError, "minutes: expected a number above 0, got 0"),
        ({"random_state": -1}, ValueError, "random_state: expected at least 0, got -1"),
        ({"random_state": None}, TypeError, "random_state: expected an integer, got NoneType"),
    ],
)
def test_settings_that_cannot_be_trained_with_are_refused_first(settings, error, says):
    with pytest.raises(error, match=says):
        make(**settings).fit(["", None], [np.nan])


@pytest.mark.parametrize(
    ("texts", "error", "says"),
    [
        ([], ValueError, "X: expected at least one text, got none"),
        ("ten to six", TypeError, "X: expected a list of strings, got one bare str"),
        (["ten", 6], TypeError, "X: expected only strings, got int at index 1"),
        (["ten", "\n"], ValueError, r"X: expected a text, got '\\n' at index 1"),
    ],
)
def test_what_cannot_be_answered_is_refused(model, texts, error, says):
    with pytest.raises(error, match=says):
        model.predict(texts)


# When the training ends before its time.


class Clock:
    """Stands for the module ``time``: a minute goes by with every batch."""

    def __init__(self, monkeypatch):
        """Take the place of ``time`` wherever a training looks at it."""
        self.now = 0.0
        for module in (estimator, ensemble, training):
            monkeypatch.setattr(module, "time", self)
        at_batch(monkeypatch, lambda number: setattr(self, "now", self.now + 60))

    def monotonic(self):
        return self.now

    perf_counter = monotonic


def at_batch(monkeypatch, act):
    """Call ``act`` with the number of every batch that has been learnt from, counted from 1."""
    count = iter(range(1, 1000))
    monkeypatch.setattr(Bar, "on_batch", lambda self, loss: act(next(count)))


def interrupt_at(monkeypatch, number):
    def act(now):
        if now == number:
            raise KeyboardInterrupt

    at_batch(monkeypatch, act)


def test_the_minutes_end_the_training_and_no_epoch_half_done_is_put_away(tmp_path, monkeypatch):
    """Two batches are an epoch, so three minutes are one epoch and a half."""
    Clock(monkeypatch)
    model = fit(minutes=2.5, epochs=5, checkpoint=tmp_path)
    assert len(model.history_[0]) == 2
    assert model.interrupted_ is False
    assert np.isfinite(model.predict(ASKED)).all()
    with np.load(tmp_path / "reader-0.npz") as state:
        assert len(json.loads(str(state["history"]))) == 1


def test_without_time_to_read_it_counts(monkeypatch):
    model = fit(minutes=1e-9, readers=3)
    assert model.history_ == [[]]
    assert model.interrupted_ is False
    parts = model.report_["validation"]
    assert parts["together"]["rmse"] <= parts["counting"]["rmse"] * (1 + 1e-6)
    assert np.isfinite(model.predict(ASKED)).all()


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learnt_by_then(monkeypatch):
    interrupt_at(monkeypatch, 1)
    model = fit(epochs=5)
    assert model.interrupted_ is True
    assert len(model.history_[0]) == 1
    assert np.isfinite(model.predict(ASKED)).all()


def test_ctrl_c_before_anything_is_learnt_ends_the_fit(monkeypatch):
    def interrupt(self, logs=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(training._Meter, "on_train_begin", interrupt)
    model = make()
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXTS, TARGETS)
    with pytest.raises(NotFittedError):
        model.predict(ASKED)


def test_a_reader_that_ctrl_c_breaks_off_is_kept_where_it_helps_alone(model, monkeypatch):
    interrupt_at(monkeypatch, 5)  # The first batch of the second reader.
    broken = fit(readers=2)
    assert broken.interrupted_ is True
    assert errors_of(broken)[0] == errors_of(model)[0]
    alone = model.report_["validation"]["together"]["rmse"]
    assert broken.report_["validation"]["together"]["rmse"] <= alone * (1 + 1e-6)
    assert len(broken.model_.readers) == len(broken.history_)
    for one, other in zip(
        broken.model_.readers[0].get_weights(), model.model_.readers[0].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def epochs_of_keras(errors, patience):
    """Return after how many of these errors Keras's callback would stop."""
    stopping = keras.callbacks.EarlyStopping("error", patience=patience, mode="min")
    stopping.set_model(SimpleNamespace(stop_training=False))
    stopping.on_train_begin()
    for epoch, error in enumerate(errors):
        stopping.on_epoch_end(epoch, {"error": error})
        if stopping.model.stop_training:
            return epoch + 1
    return len(errors)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 4))
def test_patience_counts_as_that_of_keras_does(errors, patience):
    chosen = training.Hyperparameters(1, 1, 0, len(errors), 1, 1, patience, 0)
    for epochs in range(1, len(errors) + 1):
        history = [{"validation_rmse": error} for error in errors[:epochs]]
        if Trainee.done.fget(SimpleNamespace(history=history, chosen=chosen)):
            break
    assert epochs == epochs_of_keras(errors, patience)


# Broken off, and taken up again.


KILLED = """
import os, signal, sys
import numpy as np
import tensorflow as tf
from unrolled.regressor.ensemble import Bar
from unrolled.regressor import TextRegressor
from unrolled.text import clock

tf.config.run_functions_eagerly(True)
spoken = clock.load(train=60, validation=20, test=20).train
batches = []

def kill(self, loss):
    batches.append(loss)
    if len(batches) == 3:  # The first of the second epoch.
        os.kill(os.getpid(), signal.SIGKILL)

Bar.on_batch = kill
TextRegressor(
    embedding_dim=6, units=4, epochs=2, dropout=np.float32(0.25), max_length=40, readers=2,
    checkpoint=sys.argv[1], verbose=0,
).fit(spoken.texts, spoken.targets, groups=spoken.groups)
"""


def test_a_run_that_is_killed_and_broken_goes_on_to_the_same_model(tmp_path, monkeypatch):
    """Killed in the second epoch of one reader, broken in that of the other, then finished."""
    folder = tmp_path / "run"
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert sorted(entry.name for entry in folder.iterdir()) == ["reader-0.npz", "run.txt"]

    with monkeypatch.context() as patch:
        epochs = []

        def crash(self, record):
            epochs.append(record)
            if len(epochs) == 3:
                raise RuntimeError("a power cut")

        patch.setattr(Bar, "on_epoch", crash)
        with pytest.raises(RuntimeError, match="a power cut"):
            fit(readers=2, epochs=2, checkpoint=folder)

    resumed, whole = fit(readers=2, checkpoint=str(folder)), fit(readers=2)
    assert same_weights(resumed, whole)
    np.testing.assert_array_equal(resumed.predict(ASKED), whole.predict(ASKED))
    assert errors_of(resumed) == errors_of(whole)


@pytest.fixture(scope="module")
def taken(eager, tmp_path_factory):
    """Return a folder that a run has made its own, without a reader in it."""
    folder = tmp_path_factory.mktemp("run")
    fit(minutes=1e-9, checkpoint=folder)
    assert [entry.name for entry in folder.iterdir()] == ["run.txt"]
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"X": [text.replace("ten", "tan") for text in TEXTS]},
        {"X": TEXTS[:-1], "y": TARGETS[:-1], "groups": GROUPS[:-1]},
        {"y": [*TARGETS[:-1], 1]},
        {"sample_weight": [*[1] * 59, 2]},
        {"groups": GROUPS[::-1]},
        {"random_state": 1},
        {"embedding_dim": 7},
        {"readers": 2},
        {"epochs": 3},
        {"dropout": 0.3},
        {"batch_size": 31},
        {"learning_rate": 0.1},
        {"patience": 9},
        {"vocabulary_size": 100},
        {"max_length": 4},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_checkpoint_of_other_data_or_settings_is_refused(taken, changes):
    with pytest.raises(ValueError, match="to be empty or to hold a run of the same data and par"):
        fit(checkpoint=taken, **changes)
    assert [entry.name for entry in taken.iterdir()] == ["run.txt"]


def test_what_does_not_change_the_training_does_not_change_the_run(taken):
    fit(checkpoint=taken, minutes=1e-8, verbose=np.int64(0), units=np.int64(4))


@pytest.fixture(scope="module")
def put_away(eager, tmp_path_factory):
    """Return the bytes of a reader that was put away before its first step."""
    folder = tmp_path_factory.mktemp("put away")

    def save(self, *_):
        self.save(folder / "reader-0.npz")
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainee, "go_on", save)
        with pytest.raises(KeyboardInterrupt):
            fit(checkpoint=folder)
    return folder, (folder / "reader-0.npz").read_bytes()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2] + b"?" * 99 + data[len(data) // 2 + 99 :],
        lambda data: b"a text " * 99,
        lambda data: pickle.dumps({"now_0": 1}),
        lambda data: data.replace(b"history", b"histery"),
        lambda data: data.replace(b"now_3.npy", b"now_x.npy"),
    ],
    ids=[
        "empty",
        "three bytes",
        "half",
        "all but one",
        "spoilt",
        "text",
        "pickle",
        "history",
        "part",
    ],
)
def test_a_checkpoint_that_is_no_more_whole_is_named(put_away, spoilt):
    folder, data = put_away
    (folder / "reader-0.npz").write_bytes(spoilt(data))
    with pytest.raises(
        ValueError, match=r"expected .*reader-0\.npz to be a checkpoint of this run"
    ):
        fit(checkpoint=folder)


def saying(data, name, header):
    """Return a checkpoint in which an array says something else of itself."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            whole = old.read(member)
            new.writestr(member, header(whole) if member == name else whole)
    return changed.getvalue()


def grown(whole):
    """Let an array say that it has a billion numbers, in as many letters as before."""
    start = whole.index(b"(")
    return whole[:start] + b"(1000000000,), }".ljust(127 - start) + whole[127:]


def packed(data):
    changed = io.BytesIO()
    how = {"compression": zipfile.ZIP_DEFLATED}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w", **how) as new:
        for member in old.namelist():
            new.writestr(member, bytes(10**8) if member == "now_0.npy" else old.read(member))
    return changed.getvalue()


def history(told):
    def header(_):
        written = io.BytesIO()
        np.save(written, np.array(told))
        return written.getvalue()

    return lambda data: saying(data, "history.npy", header)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: saying(data, "now_0.npy", grown),
        lambda data: saying(data, "best_0.npy", grown),
        lambda data: saying(data, "best_1.npy", lambda whole: whole.replace(b"<f4", b"<i4")),
        packed,
        lambda data: b"GIF89a" + data,
        history("5"),
        history("[1]"),
        history('[{"loss": "low"}]'),
        history(json.dumps([dict.fromkeys(checkpoints.RECORD, 0.5)] * 99)),
        history("{"),
    ],
)
def test_no_size_in_a_checkpoint_is_believed(put_away, learner, change):
    folder, data = put_away
    (folder / "other.npz").write_bytes(change(data))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"expected .*other\.npz to be a checkpoint of this run"):
        learner.load(folder / "other.npz")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000
    (folder / "other.npz").write_bytes(data)
    learner.load(folder / "other.npz")


@pytest.fixture(scope="module")
def learner(put_away):
    """Return a reader of the sizes that were put away."""
    with pytest.MonkeyPatch.context() as patch:
        return Trainee(learnt_from(patch), training.Hyperparameters(6, 4, 0.25, 2, 32, 3e-3, 3, 0))


def test_a_checkpoint_of_a_reader_of_another_size_is_refused(put_away, monkeypatch):
    folder, data = put_away
    (folder / "reader-0.npz").write_bytes(data)
    other = Trainee(
        learnt_from(monkeypatch), training.Hyperparameters(6, 5, 0.25, 2, 32, 3e-3, 3, 0)
    )
    with pytest.raises(ValueError, match=r"reader-0\.npz to be a checkpoint of this run"):
        other.load(folder / "reader-0.npz")
