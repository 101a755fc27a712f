"""Our cells once more, in ``keras.ops``: to be trained on any backend that Keras runs on.

Use one as ``keras.layers.RNN(LSTMCell(64))``, with masks and inside ``Bidirectional``.
Weights have the names, the shapes and the order of ``unrolled.cells``, so ``get_weights()`` of
such a layer is a ``Params``.
"""

from typing import Any

import keras
from keras import ops

from unrolled.cells.shared import check_sizes


class RecurrentCell(keras.layers.Layer):
    """What the cells share: their weights, their state's shape and how they are saved.

    ``gates`` is how many blocks of H stand side by side in the kernels, ``states`` how many
    arrays (N, H) are carried from step to step.
    Raises ``ValueError`` unless ``units`` is a positive integer.
    """

    gates = 1
    states = 1

    def __init__(self, units: int, **kwargs: Any) -> None:
        """Set the number of units, H; the weights are made once the inputs' D is known."""
        super().__init__(**kwargs)
        check_sizes(units=units)
        self.units = units
        self.state_size = [units] * self.states
        self.output_size = units

    def bias_shape(self) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (self.gates * self.units,)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernel (D, kH), the recurrent kernel (H, kH) and the bias."""
        width = self.gates * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], width), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=self.bias_shape(), initializer="zeros", name="bias")
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a cell again."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="unrolled")
class RNNCell(RecurrentCell):
    """The plain recurrent cell of :mod:`unrolled.cells.rnn`."""

    def call(self, x: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Take one step: x (N, D) and [h] to the output h and [h]."""
        (h,) = states
        h = ops.tanh(x @ self.kernel + self.bias + h @ self.recurrent_kernel)
        return h, [h]


@keras.saving.register_keras_serializable(package="unrolled")
class LSTMCell(RecurrentCell):
    """The long short-term memory cell of :mod:`unrolled.cells.lstm`."""

    gates = 4
    states = 2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights; the forget gate starts open :cite:p:`jozefowicz2015`."""
        super().build(input_shape)
        zeros, ones = ops.zeros(self.units), ops.ones(self.units)
        self.bias.assign(ops.concatenate([zeros, ones, zeros, zeros]))

    def call(self, x: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Take one step: x (N, D) and [h, c] to the output h and [h, c]."""
        h, c = states
        i, f, g, o = ops.split(x @ self.kernel + self.bias + h @ self.recurrent_kernel, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="unrolled")
class PeepholeLSTMCell(LSTMCell):
    """An LSTM whose gates also look at the cell state: ``unrolled.cells.peephole``."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make an LSTM's weights and the peephole (3, H), rows i, f and o."""
        super().build(input_shape)
        self.peephole = self.add_weight(shape=(3, self.units), initializer="zeros", name="peephole")

    def call(self, x: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Take one step: x (N, D) and [h, c] to the output h and [h, c]."""
        h, c = states
        p_i, p_f, p_o = ops.unstack(self.peephole)
        i, f, g, o = ops.split(x @ self.kernel + self.bias + h @ self.recurrent_kernel, 4, axis=-1)
        c = ops.sigmoid(f + p_f * c) * c + ops.sigmoid(i + p_i * c) * ops.tanh(g)
        h = ops.sigmoid(o + p_o * c) * ops.tanh(c)
        return h, [h, c]


@keras.saving.register_keras_serializable(package="unrolled")
class GRUCell(RecurrentCell):
    """The gated recurrent unit of :mod:`unrolled.cells.gru`, in both its forms."""

    gates = 3

    def __init__(self, units: int, reset_after: bool = True, **kwargs: Any) -> None:
        """Set the number of units, H, and whether the reset comes after the product."""
        super().__init__(units, **kwargs)
        self.reset_after = reset_after

    def bias_shape(self) -> tuple[int, ...]:
        """Return (2, 3H) where the reset comes after the product, (3H,) where before."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def call(self, x: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Take one step: x (N, D) and [h] to the output h and [h]."""
        (h,) = states
        U = self.recurrent_kernel
        if self.reset_after:
            x_z, x_r, x_h = ops.split(x @ self.kernel + self.bias[0], 3, axis=-1)
            h_z, h_r, hU = ops.split(h @ U + self.bias[1], 3, axis=-1)
            z, r = ops.sigmoid(x_z + h_z), ops.sigmoid(x_r + h_r)
            g = ops.tanh(x_h + r * hU)
        else:
            x_z, x_r, x_h = ops.split(x @ self.kernel + self.bias, 3, axis=-1)
            U_z, U_r, U_h = ops.split(U, 3, axis=-1)
            z, r = ops.sigmoid(x_z + h @ U_z), ops.sigmoid(x_r + h @ U_r)
            g = ops.tanh(x_h + (r * h) @ U_h)
        h = z * h + (1 - z) * g
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a cell again."""
        return {**super().get_config(), "reset_after": self.reset_after}
