"""The LSTM for many members; gates i, f, c, o stand one below the other."""

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.choosing.stacked.shared import Cell, Params, Run, sigmoid_, weights


class LSTM(Cell):
    """c = f c_prev + i g and h = o tanh(c) :cite:p:`hochreiter1997,gers2000`."""

    def forward(self, params: Params, x: Array) -> Run:
        """Run over x (T, S, D, N)."""
        a = params.kernel @ x  # (T, S, 4H, N); turned into the gates step by step
        a += params.bias
        (steps, members, _, batch), H = a.shape, a.shape[2] // 4
        hidden = np.zeros((steps + 1, members, H, batch), a.dtype)
        c, tanh_c, mixed = np.zeros_like(hidden), np.empty_like(hidden[1:]), np.empty_like(a[0])
        for t in range(steps):
            np.matmul(params.recurrent_kernel, hidden[t], out=mixed)
            a[t] += mixed
            i, f, g, o = gates(a[t])
            sigmoid_(a[t, :, : 2 * H])
            np.tanh(g, out=g)
            sigmoid_(o)
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += i * g
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=hidden[t + 1])
        return Run(x, hidden, (a, c, tanh_c))

    def backward(self, params: Params, run: Run, d_hidden: Array) -> tuple[Params, Array]:
        """Return the gradients of the parameters and at the inputs' share, W x + b."""
        a, c, tanh_c = run.cache
        d_a, d_h = np.empty_like(a), np.zeros_like(c[0])
        d_c, U_T = np.zeros_like(d_h), params.recurrent_kernel.swapaxes(-1, -2)
        for t in range(len(a) - 1, -1, -1):
            (i, f, g, o), (d_i, d_f, d_g, d_o) = gates(a[t]), gates(d_a[t])
            d_h += d_hidden[t]

            # h = o * tanh(c)
            np.multiply(d_h, tanh_c[t], out=d_o)
            d_h *= o
            d_h -= d_h * tanh_c[t] * tanh_c[t]
            d_c += d_h

            # c = f * c_prev + i * g
            np.multiply(d_c, g, out=d_i)
            np.multiply(d_c, c[t], out=d_f)
            np.multiply(d_c, i, out=d_g)
            d_c *= f

            # i, f, o = sigmoid(...), g = tanh(...)
            d_i *= i * (1 - i)
            d_f *= f * (1 - f)
            d_o *= o * (1 - o)
            d_g *= 1 - g * g

            np.matmul(U_T, d_a[t], out=d_h)
        return Params(*weights(d_a, run.x, run.hidden[:-1])), d_a


def gates(a: Array) -> tuple[Array, Array, Array, Array]:
    """Return the views i, f, c, o of (S, 4H, N)."""
    H = a.shape[1] // 4
    return a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
