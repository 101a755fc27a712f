"""Our cells as Keras layers, on any backend that Keras runs on: weights here, equations there.

Use one as ``keras.layers.RNN(LSTMCell(64))``, with masks and inside ``Bidirectional``.
Every step is the ``step`` of ``unrolled.cells``.
Weights have its names, shapes and order, so ``get_weights()`` of such a layer is a ``Params``.
"""

from typing import Any

import keras
import numpy as np

from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.checks import check_counts


class RecurrentCell(keras.layers.Layer):
    """A module of ``unrolled.cells``, its parameters kept and trained by Keras.

    Raises ``TypeError`` unless ``units`` is an integer, ``ValueError`` for one below 1.
    """

    cell: Any

    def __init__(self, units: int, **kwargs: Any) -> None:
        """Set the number of units, H; the weights are made once the inputs' D is known."""
        super().__init__(**kwargs)
        check_counts(units=units)
        self.units = self.output_size = units
        self.state_size = [units] * len(self.cell.State._fields)
        self.options: dict[str, Any] = {}

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights: kernels drawn by Keras's initializers, all else as our cells start."""
        draw = dict(kernel="glorot_uniform", recurrent_kernel="orthogonal")
        rng, D, H = np.random.default_rng(), input_shape[-1], self.units
        ours = self.cell.init(rng, D, H, **self.options)
        for name, value in ours._asdict().items():
            start = draw.get(name, keras.initializers.Constant(value))
            self.add_weight(value.shape, initializer=start, name=name)
        super().build(input_shape)

    def call(
        self,
        x: Any,
        states: list[Any],
        training: bool = False,
    ) -> tuple[Any, list[Any]]:
        """Take one step: from x (N, D) and the state's arrays (N, H) to h and the next state."""
        params = self.cell.Params(*self.weights)
        xW, state = self.cell.project(params, x), self.cell.State(*states)
        state, _ = self.cell.step(params, state, x, xW)
        return state.h, list(state)

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a cell again."""
        own = {"units": self.units, **self.options}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="unrolled")
class RNNCell(RecurrentCell):
    """The plain recurrent cell of :mod:`unrolled.cells.rnn`."""

    cell = rnn


@keras.saving.register_keras_serializable(package="unrolled")
class LSTMCell(RecurrentCell):
    """The long short-term memory cell of :mod:`unrolled.cells.lstm`."""

    cell = lstm


@keras.saving.register_keras_serializable(package="unrolled")
class PeepholeLSTMCell(RecurrentCell):
    """An LSTM whose gates also look at the cell state: ``unrolled.cells.peephole``."""

    cell = peephole


@keras.saving.register_keras_serializable(package="unrolled")
class GRUCell(RecurrentCell):
    """The gated recurrent unit of :mod:`unrolled.cells.gru`, in both its forms."""

    cell = gru

    def __init__(self, units: int, reset_after: bool = True, **kwargs: Any) -> None:
        """Set the number of units, H, and whether the reset comes after the product."""
        super().__init__(units, **kwargs)
        self.options = {"reset_after": reset_after}
