"""What stands in for the loop of Keras's LSTM while TensorFlow runs step by step.

Keras calls some thirty operations for each step; TensorFlow has one for all of a sequence.
"""

import keras
import tensorflow as tf

LOOP = keras.layers.LSTM.inner_loop


def inner_loop(layer, sequences, initial_state, mask, training=False):
    """Return what ``LSTM.inner_loop`` does, to rounding, where padding comes last."""
    if tf.is_symbolic_tensor(sequences):
        return LOOP(layer, sequences, initial_state, mask, training)
    x, kind = tf.transpose(sequences, (1, 0, 2)), sequences.dtype
    lengths = tf.fill(x.shape[1:2], len(x))
    if mask is not None:
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        if tf.reduce_any(mask != tf.sequence_mask(lengths, len(x))):
            return LOOP(layer, sequences, initial_state, mask, training)
    if layer.go_backwards:
        x = tf.reverse_sequence(x, lengths, 0, 1)
    kernel, recurrent, bias = (
        tf.concat([i, g, f, o], axis=-1)  # The operation has them in another order.
        for i, f, g, o in (
            tf.split(tf.cast(a, kind), 4, axis=-1)
            for a in (layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias)
        )
    )
    none = tf.zeros(layer.units, kind)
    h = tf.raw_ops.BlockLSTM(
        seq_len_max=len(x), x=x, h_prev=initial_state[0], cs_prev=initial_state[1],
        w=tf.concat([kernel, recurrent], axis=0), b=bias, wci=none, wcf=none, wco=none,
        forget_bias=0.0, cell_clip=-1.0,
    ).h  # fmt: skip
    last = tf.gather(tf.transpose(h, (1, 0, 2)), tf.maximum(lengths - 1, 0), batch_dims=1)
    last = tf.where(lengths[:, None] > 0, last, initial_state[0])
    if layer.go_backwards:  # As Keras has it: the last step first, which may be padding.
        h = tf.reverse(tf.reverse_sequence(h, lengths, 0, 1), [0])
    return last, tf.transpose(h, (1, 0, 2)), initial_state
