"""The stand-in for Keras's loop does what it stands for."""

import keras
import numpy as np
import one_op
import pytest
import tensorflow as tf


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("ends", [None, [7, 3, 1, 0], "holes"])
def test_outputs_and_gradients_are_those_of_keras(ends, whole, rng, monkeypatch):
    """At all steps that count; a mask with holes is left to Keras."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=whole))
    layer.build((None, None, 2))
    for weight in layer.trainable_variables:
        weight.assign(rng.normal(0, 1, weight.shape))
    x = tf.constant(rng.normal(0, 1, (4, 7, 2)), tf.float32)
    mask = np.ones((4, 7), bool) if ends is None else rng.random((4, 7)) < 0.5
    if isinstance(ends, list):
        mask = np.arange(7) < np.array(ends)[:, None]
    up = rng.normal(0, 1, (4, 7, 6)) * mask[..., None] if whole else rng.normal(0, 1, (4, 6))

    def found():
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, mask=None if ends is None else tf.constant(mask))
            loss = tf.reduce_sum(outputs * up)
        return [loss, *tape.gradient(loss, [x, *layer.trainable_variables])]

    expected = found()
    calls, op = [], tf.raw_ops.BlockLSTM
    monkeypatch.setattr(tf.raw_ops, "BlockLSTM", lambda **given: calls.append(1) or op(**given))
    monkeypatch.setattr(keras.layers.LSTM, "inner_loop", one_op.inner_loop)
    for ours, theirs in zip(found(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert len(calls) == (0 if ends == "holes" else 2)
