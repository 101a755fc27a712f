"""TensorFlow's single operations do what Keras does in many."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.regressor.one_op import Adam, read_both_ways


@pytest.mark.parametrize("lengths", [[7, 7, 7, 7], [7, 3, 1, 0], [2, 0, 4, 2]])
def test_outputs_and_gradients_are_those_of_keras(lengths, rng):
    """At all steps that are no padding, with padding longer than any row, too."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    layer.build((None, None, 2))
    for weight in layer.trainable_variables:
        weight.assign(rng.normal(0, 1, weight.shape))
    x = tf.constant(rng.normal(0, 1, (4, 7, 2)), tf.float32)
    mask = tf.sequence_mask(lengths, 7)
    real = tf.cast(mask, tf.float32)[..., None]
    up = rng.normal(0, 1, (4, 7, 6))

    def found(read):
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = read() * real
            loss = tf.reduce_sum(h * up)
        return [h, *tape.gradient(loss, [x, *(w.value for w in layer.trainable_variables)])]

    ours = found(lambda: read_both_ways(x, tf.constant(lengths), layer))
    for our, their in zip(ours, found(lambda: layer(x, mask=mask)), strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-5)


def steps(adam, gradients, rng):
    """Return a table after one step for each gradient, and the averages that were kept."""
    table = keras.Variable(rng.normal(0, 1, (5, 2)), dtype="float32")
    adam.build([table])
    for gradient in gradients:
        adam.apply([gradient], [table])
    return [table, *adam.variables]


@pytest.mark.parametrize("clipnorm", [None, 1.0])
@pytest.mark.parametrize("rows", ["all", "some"])
def test_adam_moves_a_table_as_keras_does_by_whole_gradients(rows, clipnorm, rng):
    """Also where a row is looked up several times: its gradient is the sum of all looks."""
    options = {"learning_rate": 0.1, "beta_2": 0.9, "clipnorm": clipnorm}
    looks = [
        tf.IndexedSlices(
            tf.constant(rng.normal(0, 1, (4, 2)), tf.float32), rng.choice(5, 4), (5, 2)
        )
        for _ in range(6)
    ]
    assert any(len({*each.indices}) < 4 for each in looks)
    dense = [tf.convert_to_tensor(each) for each in looks]
    expected = steps(keras.optimizers.Adam(**options), dense, np.random.default_rng(1))
    ours = steps(Adam(**options), dense if rows == "all" else looks, np.random.default_rng(1))
    for our, their in zip(ours, expected, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-5, atol=1e-6)
    keras_s = steps(keras.optimizers.Adam(**options), looks, np.random.default_rng(1))
    assert not np.allclose(keras_s[0], expected[0], atol=1e-3)
