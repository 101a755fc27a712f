"""A reader's steps: how large each is."""

import keras
import numpy as np
import pytest
from regressor_cases import made

from unrolled.regressor.training import WARM_UP


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
