"""A reader's steps: how large each is."""

import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from regressor_cases import made

from unrolled.regressor.training import WARM_UP, Network, answers


def test_the_learning_rate_rises_and_falls_as_keras_has_it():
    """To the end of the last epoch; the warm-up goes beyond the first."""
    one = made()
    one.steps, epochs = 20, one.chosen.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=epochs * one.steps - WARM_UP,
        warmup_target=one.chosen.learning_rate,
        warmup_steps=WARM_UP,
    )
    rates = []
    for _ in range(epochs):
        rates.extend(one.rates())
        one.history.append({})
    np.testing.assert_allclose(rates, [schedule(n) for n in range(epochs * 20)], atol=1e-8)
    assert rates[-1] < 0.01 * max(rates) == pytest.approx(0.01 * one.chosen.learning_rate)


def test_two_networks_of_one_seed_begin_alike_and_drop_the_same_places():
    """So do several workers, each with rows of its own."""
    chosen = replace(made().chosen, dropout=0.5)
    networks = [Network(50, chosen) for _ in range(2)]
    for network in networks:
        network.begin(3)
    for ours, theirs in zip(*(network.variables for network in networks), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    x = np.ones((4, 9, 5), np.float32)
    ours, theirs = (network.reader.drop_vectors(x, training=True) for network in networks)
    np.testing.assert_array_equal(ours, theirs)
    assert 0 < np.mean(np.asarray(ours) == 0) < 1


def test_no_reader_is_trained_in_the_scope_of_a_strategy():
    with (
        tf.distribute.OneDeviceStrategy("/cpu:0").scope(),
        pytest.raises(ValueError, match=r"expected to be called outside of any scope of tf\.dist"),
    ):
        made()


@pytest.mark.slow
def test_a_device_that_is_hidden_from_tensorflow_changes_nothing(monkeypatch):
    """Keras would compile with XLA, which lacks some of a reader's operations."""
    devices, one = tf.config.list_physical_devices(), made()
    hidden = SimpleNamespace(name="/physical_device:GPU:0", device_type="GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *_: [*devices, hidden])
    other = made()
    for each in one, other:
        each.go_on()
    rows = np.arange(20)
    found = [answers(each.network.model, each.data.encoded, rows) for each in (one, other)]
    np.testing.assert_array_equal(*found)


@pytest.mark.slow
def test_another_backend_of_keras_is_told():
    done = subprocess.run(
        [sys.executable, "-c", "from unrolled.regressor import TextRegressor"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    said = "ImportError: KERAS_BACKEND: expected 'tensorflow', which a model needs, got 'jax'"
    assert done.stderr.strip().endswith(said)
