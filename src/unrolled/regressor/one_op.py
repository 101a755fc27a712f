"""A bidirectional LSTM and Adam, each as the one operation that TensorFlow has for it.

Keras runs a loop of small operations over the steps of a text, and several for Adam, each over the
whole table of word vectors.
"""

from typing import Any

import keras
import tensorflow as tf


def read_both_ways(x: Any, lengths: Any, layer: keras.layers.Bidirectional) -> Any:
    """Return what a bidirectional LSTM of Keras outputs at every step, (N, T, 2 H).

    Parameters
    ----------
    x
        The inputs, (N, T, D) of float32, padding last.
    lengths
        How many steps of each row are no padding, (N,); what is returned at padding says nothing.
    layer
        Has the weights.

    """
    there = _one_way(x, layer.forward_layer.cell)
    back = _one_way(tf.reverse_sequence(x, lengths, 1, 0), layer.backward_layer.cell)
    return tf.concat([there, tf.reverse_sequence(back, lengths, 1, 0)], axis=-1)


def _one_way(x: Any, cell: keras.layers.LSTMCell) -> Any:
    """Return the outputs of all steps, (N, T, H), from a state of zeros."""
    kernel, recurrent, bias = (
        tf.concat([i, c, f, o], axis=-1)  # The operation's order of gates.
        for i, f, c, o in (
            tf.split(tf.convert_to_tensor(weight), 4, axis=-1)
            for weight in (cell.kernel, cell.recurrent_kernel, cell.bias)
        )
    )
    x = tf.transpose(x, (1, 0, 2))
    nothing = tf.zeros((tf.shape(x)[1], cell.units), x.dtype)
    unused = tf.zeros(cell.units, x.dtype)
    # Its second version has a faulty gradient: that of another order of gates.
    found = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, tf.int64)[0], x=x, cs_prev=nothing, h_prev=nothing,
        w=tf.concat([kernel, recurrent], axis=0), b=bias, wci=unused, wcf=unused, wco=unused,
        forget_bias=0.0, cell_clip=-1.0,
    )  # fmt: skip
    return tf.transpose(found.h, (1, 0, 2))


class Adam(keras.optimizers.Adam):
    """Adam as its authors have it, also for rows of a table that a batch looks up several times.

    Keras's squares what each of several looks at a row adds to its gradient, and not their sum.
    Source: :cite:t:`kingma2015`. Weights are of float32.
    """

    def __init__(
        self, *, beta_2: float, clipnorm: float | None = None, learning_rate: float = 0.001
    ) -> None:
        """Take, of the options that Keras has, those that are heeded."""
        super().__init__(learning_rate, beta_2=beta_2, clipnorm=clipnorm)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Make one step, with one gradient for each row."""
        super().apply([_added(gradient) for gradient in grads], trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one weight and its two averages."""
        if isinstance(gradient, tf.IndexedSlices):
            gradient = tf.math.unsorted_segment_sum(
                gradient.values, gradient.indices, variable.shape[0]
            )
        place = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _added(gradient: Any) -> Any:
    """Return a gradient that names no row twice: less to clip than a table with all its rows."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, places = tf.unique(gradient.indices)
    sums = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(sums, rows, gradient.dense_shape)
