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
import pandas
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from regressor_cases import planned
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score

from unrolled.regressor import (
    TextRegressor,
    checkpoints,
    ensemble,
    estimator,
    folding,
    learning,
    portable,
    reading,
    ridges,
    training,
    weighing,
)
from unrolled.regressor.counting import Counted
from unrolled.regressor.ensemble import Bar, Training
from unrolled.regressor.examples import Example, collect
from unrolled.regressor.pieces import RESERVED
from unrolled.regressor.training import Trainee
from unrolled.text import baselines, clock, metrics

# Sizes as a search over a grid gives them: numbers of NumPy's.
SMALL = {"embedding_dim": np.int64(6), "units": 4, "epochs": 2, "dropout": np.float32(0.25)}
SMALL |= {"max_length": 40, "verbose": 0, "folds": 2}
SPOKEN = clock.load(train=60, validation=20, test=20).train
TEXTS, TARGETS, GROUPS = SPOKEN.texts, SPOKEN.targets, SPOKEN.groups
ASKED = ["it is ten to six now", "six", "xyzzy plugh", "ten past three 🕒", "\0", "so " * 60]


def make(**settings):
    return TextRegressor(**{**SMALL, **settings})


def fit(X=TEXTS, y=TARGETS, groups=GROUPS, sample_weight=None, also=None, **settings):
    return make(**settings).fit(X, y, sample_weight, groups=groups, also=also)


def errors_of(model):
    return [[record.get("validation_rmse") for record in history] for history in model.history_]


def same_weights(one, other):
    pairs = zip(one.model_.get_weights(), other.model_.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def both(eager):
    """Let both parts be kept, whatever they are worth: the texts here are too few to tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weighing, "helps", lambda *_: True)
        patch.setattr(weighing, "best_share", lambda *_: 0.5)
        yield


WEIGHED = weighing.helps, weighing.best_share


@pytest.fixture
def weighed(monkeypatch):
    """Let parts be weighed by what they are worth, whatever tests before have asked for."""
    monkeypatch.setattr(weighing, "helps", WEIGHED[0])
    monkeypatch.setattr(weighing, "best_share", WEIGHED[1])


@pytest.fixture(scope="module")
def model(both):
    return fit()


# What it learns.


@pytest.mark.slow
def test_it_reads_the_order_that_a_bag_of_words_cannot(graph):
    splits = clock.load(train=2500, validation=50, test=300)
    bag = baselines.word_ridge(splits.train.texts, splits.train.targets)
    bag_error = metrics.mae(splits.test.targets, bag.predict(splits.test.texts))
    model = TextRegressor(
        embedding_dim=32, units=24, epochs=7, dropout=0.0, learning_rate=1e-2, verbose=0, folds=3
    ).fit(splits.train.texts, splits.train.targets, groups=splits.train.groups)
    assert metrics.mae(splits.test.targets, model.predict(splits.test.texts)) < bag_error / 3
    early, late = model.predict(["we had tea at ten to six", "we had tea at six to ten"])
    assert late - early > 100
    assert all(history[-1]["loss"] < history[0]["loss"] / 3 for history in model.history_)
    assert model.report_["out_of_fold"]["together"]["mae"] < bag_error / 3
    assert model.plan_.share > 0.5


@pytest.mark.slow
def test_where_order_tells_nothing_the_model_is_the_ridge_alone(graph):
    rng = np.random.default_rng(0)
    words, values = [f"word{n}" for n in range(40)], rng.normal(size=40)
    picked = rng.integers(40, size=(300, 6))
    texts = [" ".join(words[n] for n in row) for row in picked]
    targets = values[picked].sum(axis=1)
    model = make(epochs=3).fit(texts, targets)
    assert model.plan_.share == 0
    assert (len(model.model_.readers), model.model_.vocabulary.names) == (0, [*RESERVED])
    assert metrics.pearson(targets, model.predict(texts)) > 0.9


@pytest.mark.slow
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
    kept, expected_kept = (each.report_["out_of_fold"]["counting"] for each in (large, small))
    assert kept["rmse"] / unit == pytest.approx(expected_kept["rmse"], rel=1e-4)
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
    assert least.report_["asked"] == whole.report_["asked"] == 40
    np.testing.assert_allclose(least.predict(texts), whole.predict(texts), rtol=1e-5)
    weights[:20] = 1e15
    mixed = make(minutes=1e-9).fit(texts, range(40), weights)
    assert mixed.report_["texts"] == 40
    assert np.isfinite(mixed.predict(texts)).all()


def test_an_answer_does_not_depend_on_company(model):
    alone = [model.predict([text])[0] for text in ASKED]
    np.testing.assert_allclose(model.predict(ASKED), alone, rtol=1e-5)
    np.testing.assert_allclose(model.predict(tuple(ASKED[::-1])), alone[::-1], rtol=1e-5)


def test_the_history_and_the_report_tell_how_it_went(model):
    *folds, last = model.history_
    for history in folds:
        assert [set(record) for record in history] == [{"seconds", "loss", "validation_rmse"}] * 2
    assert [set(record) for record in last] == [{"seconds", "loss"}] * model.plan_.epochs
    assert (model.report_["texts"], model.report_["asked"]) == (60, 60)
    assert model.interrupted_ is False
    parts = model.report_["out_of_fold"]
    assert set(parts) == {"together", "reading", "counting"}
    epoch = model.plan_.epochs - 1
    squares = [history[epoch]["validation_rmse"] ** 2 for history in folds]
    scale = model.model_.config["scale"]
    assert parts["reading"]["rmse"] == pytest.approx(scale * np.sqrt(np.mean(squares)), rel=1e-3)


def test_the_scale_is_that_of_the_targets(model):
    settings = model.model_.config
    assert settings["mean"] == pytest.approx(TARGETS.mean(), rel=1e-5)
    assert settings["scale"] == pytest.approx(TARGETS.std(), rel=1e-5)


def learnings(monkeypatch, **options):
    """Return what the readers are given to learn, fold by fold, and last of all texts."""
    seen = []

    def see(self, name, data, *way, train=Training.train):
        seen.append((name, data, way[0]))
        return train(self, name, data, *way)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "train", see)
        model = fit(**options)
    return model, seen


@pytest.mark.slow
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_without_refit_the_model_is_the_one_that_was_asked(share, left, monkeypatch):
    monkeypatch.setattr(weighing, "gains", lambda *_: left)
    monkeypatch.setattr(weighing, "least", lambda *_: 1.0)  # Nothing is tried without dropout.
    monkeypatch.setattr(weighing, "helps", lambda *_: True)
    weighed = []
    monkeypatch.setattr(weighing, "best_share", lambda *_: weighed.append(0) or share)
    if share != 0.5:  # Of the questions, all but the first: whether reading, or counting, helps.
        answers = iter([True, share == 1, True, False])
        monkeypatch.setattr(weighing, "helps", lambda *_: next(answers))
    columns = {"text": TEXTS, "length": [*map(len, TEXTS)]}
    options = {"text": "text", "columns": ["length"], "folds": 1, "refit": False, "readers": 2}
    model, seen = learnings(monkeypatch, X=columns, epochs=3, **options)
    (name, data, epochs), (other, *_) = seen
    assert (name, epochs) == ("fold 1 of 1", 3)
    assert other == "fold 1 of 1, of what columns leave"
    assert model.report_["texts"] == len(data.known) < len(TEXTS)
    assert (model.plan_.share, model.plan_.left) == (share, left)
    assert len(weighed) == 1  # What is read after the last epoch, and after no other.
    assert model.plan_.epochs == (len(model.history_[0]) if share else 0)
    asked = data.asked
    of_asked = {name: [column[i] for i in asked] for name, column in columns.items()}
    expected = model._learning.out_of_fold["together" if share else "counting"][asked]
    np.testing.assert_allclose(model.predict(of_asked), expected, rtol=1e-5)


@pytest.mark.slow
def test_it_learns_from_all_texts_what_the_folds_have_found(both, monkeypatch):
    names = [i % 7 for i in range(len(TEXTS))]
    model, (*folds, (name, last, epochs)) = learnings(monkeypatch, groups=names, folds=3)
    assert [fold[0] for fold in folds] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    assert (name, epochs) == ("whole", model.plan_.epochs)
    groups = np.array(names)
    for _, data, epochs in folds:
        assert epochs == 2
        assert not {*groups[data.known]} & {*groups[data.asked]}
        # The pieces and their vectors come from what is learnt from alone.
        said = data.encoded.texts.counts(data.known)
        words = {name[1:] for name in data.encoded.pieces.names if name.startswith("=")}
        assert words <= {token.lower() for token in said}
    assert sorted(np.concatenate([data.asked for _, data, _ in folds])) == [*range(60)]
    assert sorted(last.known) == [*range(60)]
    assert len(last.asked) == 0
    assert model.model_.vocabulary == last.encoded.pieces


@pytest.mark.slow
def test_the_epochs_are_those_of_the_least_error_out_of_fold(both, monkeypatch):
    """Whatever the readers answer: here they are right after the second epoch of four."""

    def read(self, record):
        late = len(self.history) != 1
        self.read[len(self.history)] = self.data.targets[self.data.asked] + 9 * late
        self.history.append(
            {**record, "validation_rmse": 9.0 * late} if len(self.data.asked) else record
        )

    monkeypatch.setattr(Trainee, "_measure", read)
    model = fit(epochs=4, dropout=0)
    assert model.plan_.epochs == 2
    assert [len(history) for history in model.history_] == [4, 4, 2]


# The seed, and weights.


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_and_a_text_of_weight_0_changes_nothing(model):
    """Nor do weights that are all alike."""
    more = ["a text that counts for nothing", "nor does this"]
    again = fit(
        [*TEXTS, *more], [*TARGETS, -1e6, 1e6], [*GROUPS, GROUPS[0], "x"], [7.0] * 60 + [0.0] * 2
    )
    assert again.model_.vocabulary == model.model_.vocabulary
    assert same_weights(again, model)
    np.testing.assert_array_equal(again.predict(ASKED), model.predict(ASKED))


@pytest.mark.slow
def test_another_seed_gives_another_model_also_from_the_same_regressor(model):
    other = clone(model).set_params(epochs=1).fit(TEXTS, TARGETS, groups=GROUPS)
    before = other.predict(ASKED)
    answers = other.set_params(random_state=1).fit(TEXTS, TARGETS, groups=GROUPS).predict(ASKED)
    assert not np.allclose(answers, before, rtol=1e-3)
    by_keras = np.asarray(other.model_(tf.constant(ASKED)))[:, 0]
    np.testing.assert_allclose(answers, by_keras, rtol=1e-5)


@pytest.mark.slow
def test_what_counts_more_is_learnt_more(both, monkeypatch):
    """The mean is the weighted one; so is what the ridge and the loss are given."""
    weights = np.linspace(0.5, 4, len(TEXTS))
    given = []

    def learn(self, targets, weights, *how, learn=Counted.learn):
        given.append(weights)
        return learn(self, targets, weights, *how)

    monkeypatch.setattr(Counted, "learn", learn)
    _, (*_, (_, data, _)) = learnings(monkeypatch, sample_weight=weights)
    assert np.average(data.targets, weights=weights) == pytest.approx(0, abs=1e-5)
    for found in data.weights, given[-1]:
        np.testing.assert_allclose(found, weights / weights.mean(), rtol=1e-5)


@pytest.mark.slow
def test_the_loss_of_the_readers_is_weighted(monkeypatch):
    """A batch holds all texts here, and its loss is the sum of what each half adds by itself."""
    data = first_fold(monkeypatch)
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


@pytest.mark.slow
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


def test_examples_are_answered_as_their_texts_are(model):
    data, rows = collect([Example(text) for text in TEXTS]), np.arange(60)[::-3]
    found = model.predict_examples(data, rows)
    np.testing.assert_allclose(found, model.predict([TEXTS[row] for row in rows]), rtol=1e-5)


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


@pytest.mark.slow
def test_equal_targets_are_learnt_without_dividing_by_zero():
    model = fit(y=np.full(len(TEXTS), 7), epochs=1)
    np.testing.assert_allclose(model.predict(ASKED), 7, atol=1)
    assert model.model_.config["scale"] == 1
    assert model.report_["out_of_fold"]["counting"]["r2"] is None


@pytest.mark.slow
def test_the_largest_targets_are_learnt_as_small_ones_are(model):
    """Scaled by a power of 2 and nothing else, every number is the same but for the exponent."""
    large = fit(y=TARGETS * 2.0**40)
    assert TARGETS.max() * 2.0**40 > 5e14
    np.testing.assert_allclose(
        large.predict(ASKED) / 2.0**40, model.predict(ASKED), rtol=1e-4, atol=1e-2
    )


@pytest.mark.slow
def test_two_texts_are_enough():
    model = make(epochs=1).fit(["so late", "so soon"], [1, 2])
    assert (model.report_["texts"], model.report_["asked"]) == (2, 2)
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.slow
def test_a_training_that_gets_out_of_hand_leaves_the_ridge():
    """The first step has a rate of 0, so it takes a second to get there."""
    model = fit(learning_rate=1e30, epochs=1, units=3, batch_size=4)
    assert any(np.isinf(record["validation_rmse"]) for record in model.history_[0])
    assert (model.plan_.share, len(model.model_.readers)) == (0, 0)
    assert set(model.report_["out_of_fold"]) == {"counting"}
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.slow
def test_a_training_that_gets_out_of_hand_at_last_leaves_the_ridge_too(both, monkeypatch):
    def train(self, name, data, *given, train=Training.train):
        learnt = train(self, name, data, *given)
        if name == "whole":
            learnt[0].weights[0][:] = np.nan
        return learnt

    monkeypatch.setattr(Training, "train", train)
    model = fit()
    assert (model.plan_.share, len(model.model_.readers)) == (0.5, 0)
    alone = fit(readers=0)
    np.testing.assert_allclose(model.predict(ASKED), alone.predict(ASKED), rtol=1e-5)
    assert len(model.predict(ASKED, 0.9).lows) == len(ASKED)


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
        ({"readers": -1}, ValueError, "readers: expected at least 0, got -1"),
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
        ({"folds": 0}, ValueError, "folds: expected at least 1, got 0"),
        ({"folds": 0.5}, TypeError, "folds: expected an integer, got float 0.5"),
        ({"refit": 0, "folds": 1}, TypeError, "refit: expected True or False, got 0"),
        ({"refit": False}, ValueError, "refit: expected True with more than one fold, .*folds=2"),
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
        for module in (estimator, learning, ensemble, training):
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


@pytest.mark.slow
def test_the_minutes_end_each_training_and_no_epoch_half_done_is_put_away(
    both, tmp_path, monkeypatch
):
    """One batch is an epoch of a fold, and two are one of all: each has its part of the time."""
    Clock(monkeypatch)
    monkeypatch.setattr(weighing, "plan", lambda *_: weighing.Plan(1.0, 0.0, 1.0, 50, 0.5))
    model = fit(minutes=10.5, epochs=50, patience=50, checkpoint=tmp_path, batch_size=40)
    assert [len(history) for history in model.history_] == [3, 3, 3]
    assert model.interrupted_ is False
    assert np.isfinite(model.predict(ASKED)).all()
    with np.load(tmp_path / "whole-0.npz") as state:
        assert len(json.loads(str(state["history"]))) == 2


def test_without_time_to_read_it_counts():
    model = fit(minutes=1e-9, readers=3)
    assert model.history_ == []
    assert (model.interrupted_, model.plan_.share) == (False, 0)
    assert set(model.report_["out_of_fold"]) == {"counting"}
    assert np.isfinite(model.predict(ASKED)).all()


def test_without_readers_it_counts_and_is_quick(monkeypatch):
    monkeypatch.setattr(ensemble, "Network", None)
    model = fit(readers=0)
    assert (model.history_, model.model_.readers) == ([], [])
    how = model.plan_.alpha, 0, model.plan_.letters
    alone = ridges.learn(model_task(), np.arange(60), *how)
    expected = TARGETS.mean() + TARGETS.std() * alone.answers(model_task().texts.words(range(60)))
    np.testing.assert_allclose(model.predict(TEXTS), expected, rtol=1e-4)


def model_task():
    data = collect([Example(text) for text in TEXTS], max_length=40)
    targets = ((TARGETS - TARGETS.mean()) / TARGETS.std()).astype(np.float32)
    return folding.Task(
        data.texts, targets, np.ones(60), data.groups, np.zeros((60, 0), np.float32)
    )


@pytest.mark.slow
@pytest.mark.parametrize(("batch", "read"), [(1, [1]), (3, [2, 1])])
def test_ctrl_c_in_a_fold_leaves_the_ridge(both, monkeypatch, batch, read):
    """A batch is an epoch here."""
    interrupt_at(monkeypatch, batch)
    model = fit(batch_size=60)
    assert model.interrupted_ is True
    assert [len(history) for history in model.history_] == read
    assert len(model.model_.readers) == 0
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.slow
def test_ctrl_c_after_the_folds_keeps_the_reader_that_has_learnt_from_all(both, monkeypatch):
    interrupt_at(monkeypatch, 5)
    model = fit(batch_size=60)
    assert model.interrupted_ is True
    assert len(model.history_[-1]) == 1
    assert len(model.model_.readers) == 1
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3])
def test_ctrl_c_between_two_trainings_ends_the_training_and_not_the_fit(both, monkeypatch, number):
    calls = []

    def interrupted(*given, encoded=reading.Encoded):
        calls.append(given)
        if len(calls) == number:
            raise KeyboardInterrupt
        return encoded(*given)

    monkeypatch.setattr(reading, "Encoded", interrupted)
    model = fit()
    assert model.interrupted_ is True
    assert len(model.model_.readers) == 0
    assert np.isfinite(model.predict(ASKED)).all()


@pytest.mark.slow
def test_ctrl_c_while_the_last_ridge_learns_is_kept_in_mind_and_it_learns(both, monkeypatch):
    calls = []

    def learn(*given, learn=ridges.learn):
        calls.append(given)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return learn(*given)

    monkeypatch.setattr(ridges, "learn", learn)
    model = fit()
    assert model.interrupted_ is True
    assert (len(calls), len(model.model_.grams) > 0) == (2, True)


def halves(model):
    """Learn from the first forty texts of examples that have sixty."""
    data = collect(map(Example, TEXTS, map(float, TARGETS), GROUPS), max_length=40)
    return model.fit_examples(data, data.rows[:40], then=60), data.rows


@pytest.mark.slow
def test_what_was_measured_stays_where_no_time_is_left_to_learn_again(both, monkeypatch):
    clock = Clock(monkeypatch)
    model, rows = halves(make(minutes=30, batch_size=60))
    answers = model.predict(ASKED)
    clock.now = 1e9
    assert model.learn_all(rows) is False
    assert model.interrupted_ is False
    np.testing.assert_array_equal(model.predict(ASKED), answers)


@pytest.mark.slow
def test_learning_again_is_as_if_the_rest_had_been_there(both, tmp_path):
    """It takes up no checkpoint of what was measured."""
    model, rows = halves(make(checkpoint=tmp_path))
    before = model.predict(ASKED)
    assert model.learn_all(rows) is True
    assert {"whole-0.npz", "all-0.npz"} < {entry.name for entry in tmp_path.iterdir()}
    assert (model.predict(ASKED) != before).all()
    again, rows = halves(make())
    assert again.learn_all(rows) is True
    assert same_weights(again, model)


def test_ctrl_c_before_anything_is_learnt_ends_the_fit(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ridges, "counting", interrupt)
    model = make()
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXTS, TARGETS)
    with pytest.raises(NotFittedError):
        model.predict(ASKED)


@pytest.mark.slow
def test_of_several_readers_each_has_its_seed_and_the_mean_answers(both):
    two, one = fit(readers=2), fit(random_state=1)
    first, second = two.model_.readers
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])
    alone = one.model_.readers[0].get_weights()
    assert all(map(np.array_equal, second.get_weights()[1:], alone[1:])) == (
        two.plan_.epochs == one.plan_.epochs
    )
    assert len(two.history_) == 2 * 2 + 2


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
        data = SimpleNamespace(asked=[0])
        if Trainee.done.fget(SimpleNamespace(history=history, chosen=chosen, data=data)):
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
    checkpoint=sys.argv[1], verbose=0, folds=2,
).fit(spoken.texts, spoken.targets, groups=spoken.groups)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_and_broken_goes_on_to_the_same_model(both, tmp_path, monkeypatch):
    """Killed in the second epoch of a reader, broken in that of the last, then finished."""
    folder = tmp_path / "run"
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert sorted(entry.name for entry in folder.iterdir()) == ["fold-1-of-2-0.npz", "run.txt"]

    with monkeypatch.context() as patch:
        epochs = []

        def crash(self, record):
            epochs.append(record)
            if len(epochs) == 8:
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
        {"folds": 3},
        {"groups": GROUPS[::-1]},
        {"also": (["so late"], [5])},
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


def test_a_checkpoint_of_other_steps_is_refused(taken, monkeypatch):
    monkeypatch.setattr(checkpoints, "VERSION", 1)
    with pytest.raises(ValueError, match="to be empty or to hold a run of the same data and par"):
        fit(checkpoint=taken)


def test_what_does_not_change_the_training_does_not_change_the_run(taken):
    fit(checkpoint=taken, minutes=1e-8, verbose=np.int64(0), units=np.int64(4))


@pytest.fixture(scope="module")
def put_away(eager, tmp_path_factory):
    """Return the bytes of a reader that was put away before its first step."""
    folder = tmp_path_factory.mktemp("put away")

    def save(self, *_):
        self.save(folder / "fold-1-of-2-0.npz")
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainee, "go_on", save)
        fit(checkpoint=folder)
    return folder, (folder / "fold-1-of-2-0.npz").read_bytes()


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
    (folder / "fold-1-of-2-0.npz").write_bytes(spoilt(data))
    with pytest.raises(
        ValueError, match=r"expected .*fold-1-of-2-0\.npz to be a checkpoint of this run"
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
        lambda data: saying(data, "read.npy", lambda whole: whole.replace(b"(2, ", b"(9, ")),
        lambda data: saying(data, "now_0.npy", lambda whole: whole.replace(b"<f4", b"<i4")),
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


def first_fold(patch):
    """Return what the readers of the first fold are given to learn."""
    seen = []
    patch.setattr(Training, "train", lambda self, name, data, *_: seen.append(data) or [])
    fit()
    return seen[0]


@pytest.fixture(scope="module")
def learner(put_away):
    """Return a reader of the sizes that were put away."""
    _, data = put_away
    with pytest.MonkeyPatch.context() as patch:
        return taking(data, first_fold(patch), 4)


def taking(data, fold, units):
    """Return a reader of a fold that knows as many pieces as one that was put away."""
    with np.load(io.BytesIO(data)) as state:
        size = next(len(state[name]) for name in state if state[name].ndim == 2)
    chosen = training.Hyperparameters(6, units, 0.25, 2, 32, 3e-3, 3, 0)
    return Trainee(fold, chosen, training.Network(size, chosen))


def test_a_checkpoint_of_a_reader_of_another_size_is_refused(put_away, monkeypatch):
    folder, data = put_away
    (folder / "fold-1-of-2-0.npz").write_bytes(data)
    other = taking(data, first_fold(monkeypatch), 5)
    with pytest.raises(ValueError, match=r"fold-1-of-2-0\.npz to be a checkpoint of this run"):
        other.load(folder / "fold-1-of-2-0.npz")


# Texts that only teach.


def test_words_that_are_told_are_learnt_and_nobody_is_asked_for_them():
    """Of texts of two words of fifty, each worth something, few are needed then."""
    rng = np.random.default_rng(0)
    words, values = [f"word{n}" for n in range(50)], rng.normal(size=50)
    picked = rng.integers(50, size=(230, 2))
    texts = [" ".join(words[n] for n in row) for row in picked]
    targets = values[picked].sum(axis=1)
    alone, told = (
        make(readers=0).fit(texts[:30], targets[:30], also=also) for also in (None, (words, values))
    )
    assert (told.plan_.also > 0, alone.plan_.also) == (True, 0)
    assert told.report_["asked"] == alone.report_["asked"] == told.report_["texts"] == 30
    errors = [metrics.mae(targets[30:], model.predict(texts[30:])) for model in (alone, told)]
    assert errors[1] < errors[0]
    assert told.model_.config["mean"] == pytest.approx(targets[:30].mean())


@pytest.mark.parametrize(
    ("also", "error", "says"),
    [
        (["a", "b"], TypeError, r"also: expected two, texts and numbers, got \['a', 'b'\]"),
        ((["a"],), TypeError, "also: expected two, texts and numbers"),
        (("so late", [1]), TypeError, "also, texts: expected a list of strings, got one bare str"),
        ((["a", " "], [1, 2]), ValueError, "also, texts: expected a text, got ' ' at index 1"),
        ((["a"], [np.nan]), ValueError, "also, numbers: expected finite numbers, got nan"),
        ((["a"], [1, 2]), ValueError, "also, texts and numbers: expected equal lengths"),
        ((["a", "b"], [1, 2]), ValueError, "texts to measure with that are not told, got none"),
    ],
)
def test_what_cannot_teach_is_refused(also, error, says):
    with pytest.raises(error, match=says):
        make().fit(["a", "b"], [1, 2], also=also)


def off(found, data, error):
    """Return what readers found, each of whose answers is off by an error."""
    for one in found:
        one.read[:] = data.targets[data.asked] + error
    return found


@pytest.mark.slow
@pytest.mark.parametrize("errors", [(1.0, 2.0), (2.0, 1.0)])
def test_the_first_fold_says_whether_readers_are_taught_by_the_list(weighed, monkeypatch, errors):
    """It is read twice, the others once, with the list or without, as all texts are in the end."""
    train, learnt = Training.train, []

    def watched(self, name, data, *given):
        learnt.append((name, sorted({*data.weights[data.known]}), len(data.known)))
        found = train(self, name, data, *given)
        return off(found, data, errors[len(learnt) - 1]) if len(learnt) <= 2 else found

    monkeypatch.setattr(Training, "train", watched)
    planned(monkeypatch, share=0.5, epochs=1)
    also = [f"plugh{n}" for n in range(9)], np.zeros(9)
    model = fit(also=also, epochs=1, groups=None)
    with_list = errors[1] < errors[0]
    (first, second, third, whole) = learnt
    names = ["fold 1 of 2", "fold 1 of 2, taught by the list"]
    assert [first[0], second[0], third[0], whole[0]] == [*names, "fold 2 of 2", "whole"]
    taught, alone = [reading.TAUGHT, 1.0], [1.0]
    assert (first[1], second[1]) == (alone, taught)
    assert (third[1], whole[1]) == ((taught, taught) if with_list else (alone, alone))
    assert (second[2] - first[2], whole[2]) == (9, 60 + 9 * with_list)
    assert model.plan_.taught == (reading.TAUGHT if with_list else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("errors", "dropout", "tried", "kept", "steps", "longer"),
    [
        ((1e-3, 1e-4), 0.25, True, 0, 11, 6),  # 5 steps take 2 epochs.
        ((1e-3, 1e-4), 0.25, True, 0, 5, 3),
        ((1e-3, 1e-4), 0.25, True, 0, 999, 12),
        ((1e-3, 1.0), 0.25, True, 0.25, 11, 6),
        ((9.0, 1e-4), 0.25, False, 0.25, 11, 6),
        ((1e-3, 1e-4), 0.0, False, 0, 11, 6),
    ],
)
def test_where_little_is_left_to_explain_readers_are_tried_without_dropout(
    weighed, monkeypatch, errors, dropout, tried, kept, steps, longer
):
    """They learn for longer where the texts are few; it is kept where the first fold likes it."""
    monkeypatch.setattr(reading, "STEPS", steps)
    train, learnt, left, chosen = Training.train, [], [], []

    class Watched(ensemble.Trainee):
        def __init__(self, data, hyper, network):
            chosen.append((hyper.learning_rate, hyper.epochs, hyper.patience))
            super().__init__(data, hyper, network)

    def watched(self, name, data, epochs, dropout):
        learnt.append((name, dropout, epochs))
        left.append(self.left[:])
        found = train(self, name, data, epochs, dropout)
        assert self.bar.done + sum(self.left) * self.chosen.epochs == self.bar.total
        return off(found, data, errors[len(learnt) - 1]) if len(learnt) <= 1 + tried else found

    monkeypatch.setattr(ensemble, "Trainee", Watched)
    monkeypatch.setattr(Training, "train", watched)
    planned(monkeypatch, share=0.5, epochs=1)
    model = fit(
        epochs=3, learning_rate=0.01, dropout=dropout, groups=None, batch_size=14, patience=2
    )
    then = longer if tried and not kept else 3
    expected = [("fold 1 of 2", dropout, 3)]
    expected += [("fold 1 of 2, without dropout", 0, longer)] * tried
    assert learnt == [*expected, ("fold 2 of 2", kept, then), ("whole", kept, 1)]
    assert (model.plan_.dropout, model.model_.config["dropout"]) == (kept, kept)
    assert chosen == [(0.01, epochs, np.ceil(2 / 3 * epochs)) for *_, epochs in learnt]
    # What is to come takes so many times as long.
    assert left[-2:] == [[then / 3 * count for count in counts] for counts in ([30, 60], [60])]


@pytest.mark.slow
@pytest.mark.parametrize(("with_list", "epochs"), [(True, 6), (False, 11)])
def test_a_list_that_teaches_counts_among_the_steps(weighed, monkeypatch, with_list, epochs):
    monkeypatch.setattr(reading, "STEPS", 22)
    train, errors, learnt = Training.train, iter([1e-3, 1e-4 if with_list else 1e-2, 1e-5]), []

    def watched(self, name, data, epochs, dropout):
        learnt.append((len(data.known), epochs))
        found = train(self, name, data, epochs, dropout)
        error = next(errors, None)
        return found if error is None else off(found, data, error)

    monkeypatch.setattr(Training, "train", watched)
    planned(monkeypatch, share=0.5, epochs=1)
    also = [f"plugh{n}" for n in range(30)], np.zeros(30)
    fit(also=also, epochs=3, dropout=0.25, groups=None, batch_size=14)
    assert learnt[:3] == [(30, 3), (60, 3), (30 + 30 * with_list, epochs)]


def test_where_reading_is_left_out_its_best_epoch_is_told(monkeypatch):
    train = Training.train

    def knowing(self, name, data, *given):
        found = train(self, name, data, *given)
        for one in found:
            one.read[1] = data.targets[data.asked]
        return found

    monkeypatch.setattr(Training, "train", knowing)
    planned(monkeypatch, share=0.0, epochs=0)
    model = fit(epochs=3)
    assert (model.plan_.share, model.model_.readers) == (0, [])
    assert model.report_["out_of_fold"]["reading"]["rmse"] < 1e-5


def test_reading_is_given_up_after_a_fold_that_lets_nothing_hope(monkeypatch):
    monkeypatch.setattr(weighing, "promises", lambda *_: False)
    model = fit()
    assert len(model.history_) == 1
    assert model.report_["given_up"] is True
    assert (model.plan_.share, model.model_.readers) == (0, [])
    assert set(model.report_["out_of_fold"]) == {"counting"}
    assert fit(readers=0).report_["given_up"] is False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("enough", "left", "settled"), [(30, 0.39, True), (31, 0.39, False), (30, 0.41, False)]
)
def test_one_large_fold_is_enough_where_reading_explains_nearly_everything(
    weighed, monkeypatch, enough, left, settled
):
    monkeypatch.setattr(reading, "ENOUGH", enough)
    train = Training.train

    def watched(self, name, data, *given):
        found = train(self, name, data, *given)
        return off(found, data, 1e-3) if len(data.asked) else found

    monkeypatch.setattr(Training, "train", watched)
    monkeypatch.setattr(weighing, "least", lambda *_: left)
    monkeypatch.setattr(weighing, "promises", lambda *_: True)
    model = fit(dropout=0.0, groups=None)
    assert ("fold 2 of 2" in model.trainings_) is not settled
    assert model.report_["asked"] == (30 if settled else 60)
    training = model._learning.training
    # In texts times epochs, of which there are 2.
    assert (training.left, training.bar.total) == ([], 2 * (90 if settled else 120))
    if settled:
        assert model.trainings_ == ["fold 1 of 2", "whole"]
        assert model.plan_.share == 1
        assert model.report_["texts"] == 60
        with pytest.raises(ValueError, match="for 30 texts were asked"):
            model.predict(ASKED, interval=0.98)


# Columns beside the texts.


def priced(n=90, seed=0):
    """Return a table of texts, prices and kinds, and numbers that all three of them decide."""
    rng = np.random.default_rng(seed)
    texts = list(rng.choice(TEXTS, n))
    prices, kinds = rng.normal(50, 9, n), rng.choice(["a", "b", "c"], n)
    worth = np.array([len(text) for text in texts]) / 20 + prices + 20 * (kinds == "a")
    prices[::10] = np.nan
    return pandas.DataFrame({"said": texts, "price": prices, "kind": kinds}), worth


@pytest.mark.slow
@pytest.mark.parametrize("found", [{"share": 0.4, "epochs": 1}, {"share": 1.0, "epochs": 1}, {}])
def test_columns_are_learnt_from_in_every_plan_and_said_alone(monkeypatch, tmp_path, found):
    planned(monkeypatch, **found) if found else None
    frame, worth = priced()
    columns = {"text": "said", "columns": ["price", "kind"]}
    model = make(readers=int(bool(found)), **columns).fit(frame, worth)
    later, true = priced(60, seed=1)
    answers = model.predict(later)
    without = make(readers=0).fit(list(frame["said"]), worth).predict(list(later["said"]))
    assert metrics.rmse(true, answers) < 0.8 * metrics.rmse(true, without)
    assert model.report_["out_of_fold"]["columns"]["pearson"] > 0.6
    assert model.model_.covariates.names == ["price", "kind"]
    other = later.assign(kind=["a" if kind != "a" else "b" for kind in later["kind"]])
    assert np.abs(model.predict(other) - answers).min() > 5
    found = model.predict(later, interval=0.8)
    np.testing.assert_array_equal(found.answers, answers)
    model.save(tmp_path / "model.keras")
    again = TextRegressor.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(later), answers)
    assert (again.text, again.columns) == ("said", ("price", "kind"))
    small = portable.load(tmp_path / "model.keras")
    np.testing.assert_allclose(small.predict(later.to_dict("list")), answers, rtol=1e-5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(later), answers)


@pytest.mark.slow
@pytest.mark.parametrize("errors", [(0.0, 1.0), (1.0, 0.0)])
def test_the_first_fold_says_whether_readers_learn_what_columns_leave(weighed, monkeypatch, errors):
    """Or all of the targets; of these both weigh what the columns add, too."""
    train, learnt = Training.train, []

    def watched(self, name, data, *given):
        learnt.append((name, data.targets[data.known].std()))
        found = train(self, name, data, *given)
        if len(learnt) <= 2:
            off(found, data, errors[len(learnt) - 1])
        return found

    monkeypatch.setattr(Training, "train", watched)
    planned(monkeypatch, share=0.5, epochs=1)
    frame, worth = priced()
    table = {"epochs": 1, "dropout": 0.0, "text": "said", "columns": ["price", "kind"]}
    model, left = make(**table).fit(frame, worth), errors[1] < errors[0]
    names, spreads = zip(*learnt, strict=True)
    tried = "fold 1 of 2, of what columns leave"
    assert names == ("fold 1 of 2", tried, "fold 2 of 2", "whole")
    assert [spread < 0.5 for spread in spreads] == [False, True, left, left]
    assert (model.plan_.left, model.trainings_) == (left, [*names])
    ridge = make(readers=0, text="said", columns=["price", "kind"]).fit(frame, worth)
    more = frame.assign(price=frame["price"].fillna(50) + 30)
    less = frame.assign(price=frame["price"].fillna(50))
    added, alone = (np.mean(one.predict(more) - one.predict(less)) for one in (model, ridge))
    assert added == pytest.approx(alone if left else 0.5 * alone, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("read", [False, True])
def test_what_no_text_says_is_taken_off_before_readers_learn(weighed, read):
    """Half a day, of which the sentences say nothing; or how full the hour is, which they say."""
    spoken, late = clock.load(train=800, validation=20, test=20).train, np.arange(800) % 2
    table = {"said": spoken.texts, "half": spoken.targets % 60 if read else late}
    model = TextRegressor(
        text="said", columns=["half"], dropout=0.0, embedding_dim=24, units=24, folds=1,
        refit=False, verbose=0,
    )  # fmt: skip
    model.fit(table, spoken.targets + (0 if read else 720 * late), groups=spoken.groups)
    assert model.plan_.left is not read
    assert model.plan_.share > 0


def test_a_table_works_in_cross_validation():
    frame, worth = priced()
    model = make(readers=0, text="said", columns=["price", "kind"])
    scores = cross_val_score(model, frame, worth, cv=3)
    assert min(scores) > 0.5


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"columns": ["price"]}, ValueError, "text: expected the name of the column of texts"),
        ({"text": "said", "columns": ["said"]}, ValueError, "columns: expected each name once"),
        ({"text": "said", "columns": ["a", "a"]}, ValueError, "columns: expected each name once"),
        ({"text": 5}, TypeError, "text, columns: expected the names of columns, got 5"),
        ({"text": "said", "columns": [5]}, TypeError, "expected the names of columns, got 5"),
        ({"text": "said", "columns": ["none"]}, ValueError, "X: expected a column 'none', got "),
        ({"text": "none"}, ValueError, "X: expected a column 'none', got "),
        ({}, TypeError, "X: expected a list of strings, got DataFrame"),
        (
            {"text": "said", "columns": ["gone"]},
            ValueError,
            "column 'gone': expected something in one of 90 rows at least",
        ),
    ],
)
def test_columns_that_cannot_be_learnt_from_are_refused(settings, error, says):
    frame, worth = priced()
    with pytest.raises(error, match=says):
        make(**settings).fit(frame.assign(gone=None), worth)


@pytest.mark.slow
def test_a_checkpoint_of_other_columns_is_refused(tmp_path):
    frame, worth = priced()
    settings = {"text": "said", "columns": ["price"], "checkpoint": tmp_path, "epochs": 1}
    make(**settings).fit(frame, worth)
    make(**settings).fit(frame, worth)
    with pytest.raises(ValueError, match="to hold a run of the same data"):
        make(**settings).fit(frame.assign(price=frame["price"] ** 2), worth)
