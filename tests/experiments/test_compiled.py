"""A training that is compiled once learns what Keras learns, and begins anew every time."""

import keras
import numpy as np
import pytest

from unrolled.experiments.compiled import Learner

IDS = np.array([[1, 2, 0], [3, 0, 0], [2, 2, 1], [4, 3, 0]], np.int32)
TARGETS = np.array([0.5, -1.0, 1.5, 0.0], np.float32)


def build():
    table = keras.layers.Embedding(5, 3, mask_zero=True)
    return keras.Sequential([table, keras.layers.SimpleRNN(2), keras.layers.Dense(1)])


@pytest.fixture(scope="module")
def learner():
    return Learner(build, steps=3, updates=0)


def learn(learner, ids=IDS, held_out=IDS, batch=4, seed=0):
    return learner.learn(
        ids, TARGETS, held_out, epochs=3, batch=batch, learning_rate=0.1, seed=seed
    )


@pytest.mark.slow
def test_it_learns_what_keras_learns(learner):
    """One batch holds all rows, so their order is no matter; the step shrinks epoch by epoch."""
    keras.utils.set_random_seed(0)
    model = build()
    model.compile(keras.optimizers.Adam(), "mse", run_eagerly=True)
    mean, scale, expected = TARGETS.mean(), TARGETS.std(), []
    for rate in (0.1, 0.1 * 2 / 3, 0.1 / 3):
        model.optimizer.learning_rate = rate
        model.fit(IDS, (TARGETS - mean) / scale, epochs=1, batch_size=4, verbose=0)
        expected.append(mean + scale * np.asarray(model(IDS))[:, 0])
    np.testing.assert_allclose(learn(learner), expected, atol=1e-5)


@pytest.mark.slow
def test_many_updates_are_compiled_and_come_to_the_same(learner):
    compiled = Learner(build, steps=3, updates=10_000)
    assert (compiled.model.jit_compile, compiled.model.run_eagerly) == (True, False)
    np.testing.assert_allclose(learn(compiled), learn(learner), atol=1e-5)


def test_nothing_is_left_of_the_training_before(learner):
    first = learn(learner)
    other = learn(learner, seed=1)
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_array_equal(learn(learner), first)


def test_every_row_is_learnt_from_once_in_an_epoch_and_the_rest_is_left_out(learner, monkeypatch):
    seen = []
    monkeypatch.setattr(learner.model, "train_on_batch", lambda *batch: seen.append(batch))
    learn(learner, batch=2)
    assert [ids.shape for ids, _ in seen] == [(2, 3)] * 6
    wanted = (TARGETS - TARGETS.mean()) / TARGETS.std()
    epochs = [
        (np.concatenate(two) for two in zip(*seen[i : i + 2], strict=True)) for i in (0, 2, 4)
    ]
    orders = set()
    for ids, targets in epochs:
        pairs = zip(ids.tolist(), targets.ravel(), strict=True)
        assert sorted(pairs) == sorted(zip(IDS.tolist(), wanted, strict=True))
        orders.add(ids.tobytes())
    assert len(orders) > 1  # not always in the same order
    seen.clear()
    learn(learner, batch=3)
    assert [ids.shape for ids, _ in seen] == [(3, 3)] * 3


def test_rows_of_another_length_and_too_few_rows_are_refused(learner):
    with pytest.raises(ValueError, match=r"ids: expected rows of 3 ids, got \(4, 2\)"):
        learn(learner, ids=IDS[:, :2])
    with pytest.raises(ValueError, match=r"held_out: expected rows of 3 ids, got \(4, 2\)"):
        learn(learner, held_out=IDS[:, :2])
    with pytest.raises(ValueError, match="at least one batch of 5 rows, got 4"):
        learn(learner, batch=5)
