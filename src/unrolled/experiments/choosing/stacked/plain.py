"""The plain cell for many members, with tanh or, as the IRNN has it, with a rectified line."""

from typing import Literal

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.choosing.stacked.shared import Cell, Params, Run, weights

Activation = Literal["tanh", "relu"]


class Plain(Cell):
    """h = g(W x + U h_prev + b), with tanh or relu for g :cite:p:`elman1990,le2015`."""

    def __init__(self, activation: Activation = "tanh") -> None:
        """Keep the name of g."""
        self.activation = activation

    def forward(self, params: Params, x: Array) -> Run:
        """Run over x (T, S, D, N)."""
        a = params.kernel @ x
        a += params.bias
        hidden = np.zeros((len(a) + 1, *a.shape[1:]), a.dtype)
        for t, share in enumerate(a):
            h = hidden[t + 1]
            np.matmul(params.recurrent_kernel, hidden[t], out=h)
            h += share
            if self.activation == "tanh":
                np.tanh(h, out=h)
            else:
                np.maximum(h, 0, out=h)
        return Run(x, hidden, ())

    def backward(self, params: Params, run: Run, d_hidden: Array) -> tuple[Params, Array]:
        """Return the gradients of the parameters and at the inputs' share, W x + b."""
        h = run.hidden[1:]
        d_a = 1 - h * h if self.activation == "tanh" else (h > 0).astype(h.dtype)
        d_h = np.zeros_like(h[0])
        U_T = params.recurrent_kernel.swapaxes(-1, -2)
        for t in range(len(h) - 1, -1, -1):
            d_h += d_hidden[t]
            d_a[t] *= d_h
            np.matmul(U_T, d_a[t], out=d_h)
        return Params(*weights(d_a, run.x, run.hidden[:-1])), d_a
