"""A training that is compiled once learns what Keras learns, and begins anew every time."""

import keras
import numpy as np
import pytest

from unrolled.experiments.compiled import Learner

IDS = np.array([[1, 2, 0], [3, 0, 0], [2, 2, 1], [4, 3, 0]], np.int32)
TARGETS = np.array([0.5, -1.0, 1.5, 0.0])


def build():
    table = keras.layers.Embedding(5, 3, mask_zero=True)
    return keras.Sequential([table, keras.layers.SimpleRNN(2), keras.layers.Dense(1)])


@pytest.fixture(scope="module")
def learner():
    return Learner(build, steps=3, jit=False)


def learn(learner, ids=IDS, held_out=IDS, batch=4, seed=0):
    return learner.learn(
        ids, TARGETS, held_out, epochs=3, batch=batch, learning_rate=0.1, seed=seed
    )


def test_it_learns_what_keras_learns(learner):
    """One batch holds all rows, so their order is no matter; the step shrinks epoch by epoch."""
    keras.utils.set_random_seed(0)
    model = build()
    model.compile(keras.optimizers.Adam(), "mse")
    expected = []
    for rate in (0.1, 0.1 * 2 / 3, 0.1 / 3):
        model.optimizer.learning_rate = rate
        model.train_on_batch(IDS, TARGETS[:, None])
        expected.append(np.asarray(model(IDS))[:, 0])
    np.testing.assert_allclose(learn(learner), expected, atol=1e-5)


def test_nothing_is_left_of_the_training_before(learner):
    first = learn(learner)
    other = learn(learner, seed=1)
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_array_equal(learn(learner), first)


def test_every_row_is_learnt_from_once_in_an_epoch_and_the_rest_is_left_out(learner, monkeypatch):
    seen = []
    monkeypatch.setattr(learner, "_pass", lambda ids, targets: seen.append((ids, targets)))
    learn(learner, batch=2)
    assert [ids.shape for ids, _ in seen] == [(2, 2, 3)] * 3
    for ids, targets in seen:
        pairs = zip(ids.numpy().reshape(-1, 3).tolist(), targets.numpy().ravel(), strict=True)
        assert sorted(pairs) == sorted(zip(IDS.tolist(), TARGETS, strict=True))
    assert len({ids.numpy().tobytes() for ids, _ in seen}) > 1  # not always in the same order
    seen.clear()
    learn(learner, batch=3)
    assert [ids.shape for ids, _ in seen] == [(1, 3, 3)] * 3


def test_rows_of_another_length_and_too_few_rows_are_refused(learner):
    with pytest.raises(ValueError, match=r"ids: expected rows of 3 ids, got \(4, 2\)"):
        learn(learner, ids=IDS[:, :2])
    with pytest.raises(ValueError, match=r"held_out: expected rows of 3 ids, got \(4, 2\)"):
        learn(learner, held_out=IDS[:, :2])
    with pytest.raises(ValueError, match="at least one batch of 5 rows, got 4"):
        learn(learner, batch=5)
