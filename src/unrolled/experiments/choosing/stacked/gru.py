"""The GRU for many members, in both forms; gates z, r, h stand one below the other.

The bias tells the forms apart, as in ours: (S, 2, 3H, 1) resets after the product, (S, 3H, 1)
before it.
"""

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.choosing.stacked.shared import Cell, Params, Run, sigmoid_, weights


class GRU(Cell):
    """h = z h_prev + (1 - z) g :cite:p:`cho2014`."""

    def forward(self, params: Params, x: Array) -> Run:
        """Run over x (T, S, D, N)."""
        after = params.bias.ndim == 4
        a = params.kernel @ x  # (T, S, 3H, N); turned into z, r, g step by step
        a += params.bias[:, 0] if after else params.bias
        (steps, members, _, batch), H = a.shape, a.shape[2] // 3
        hidden = np.zeros((steps + 1, members, H, batch), a.dtype)
        # What the reset gate acts on: U_h h + b where it comes after, and r h where before.
        reset = np.empty_like(hidden[1:])
        U = params.recurrent_kernel
        for t in range(steps):
            h_prev, h, zr, g = hidden[t], hidden[t + 1], a[t, :, : 2 * H], a[t, :, 2 * H :]
            if after:
                mixed = U @ h_prev
                mixed += params.bias[:, 1]
                zr += mixed[:, : 2 * H]
                sigmoid_(zr)
                reset[t] = mixed[:, 2 * H :]
                g += zr[:, H:] * reset[t]
            else:
                zr += U[:, : 2 * H] @ h_prev
                sigmoid_(zr)
                np.multiply(zr[:, H:], h_prev, out=reset[t])
                g += U[:, 2 * H :] @ reset[t]
            np.tanh(g, out=g)
            np.subtract(h_prev, g, out=h)
            h *= zr[:, :H]
            h += g
        return Run(x, hidden, (a, reset))

    def backward(self, params: Params, run: Run, d_hidden: Array) -> tuple[Params, Array]:
        """Return the gradients of the parameters and at the inputs' share, W x + b."""
        after = params.bias.ndim == 4
        a, reset = run.cache
        H = a.shape[2] // 3
        d_a, d_h = np.empty_like(a), np.zeros_like(run.hidden[0])
        d_reset = np.empty_like(reset)
        U_T = params.recurrent_kernel.swapaxes(-1, -2)
        U_zr_T, U_h_T = U_T[..., : 2 * H], U_T[..., 2 * H :]
        for t in range(len(a) - 1, -1, -1):
            z, r, g = a[t, :, :H], a[t, :, H : 2 * H], a[t, :, 2 * H :]
            d_z, d_r, d_g = d_a[t, :, :H], d_a[t, :, H : 2 * H], d_a[t, :, 2 * H :]
            h_prev = run.hidden[t]
            d_h += d_hidden[t]

            # h = z * h_prev + (1 - z) * g, with g = tanh(...)
            np.subtract(h_prev, g, out=d_z)
            d_z *= d_h
            np.multiply(d_h, 1 - z, out=d_g)
            d_g *= 1 - g * g
            d_h *= z

            # Where the reset comes after, the candidate sees r * (U_h h_prev + b).
            # Where it comes before, it sees U_h (r * h_prev).
            if after:
                np.multiply(d_g, reset[t], out=d_r)
                np.multiply(d_g, r, out=d_reset[t])
                d_h += U_h_T @ d_reset[t]
            else:
                d_rh = U_h_T @ d_g
                np.multiply(d_rh, h_prev, out=d_r)
                d_rh *= r
                d_h += d_rh

            # z, r = sigmoid(...)
            d_z *= z * (1 - z)
            d_r *= r * (1 - r)
            d_h += U_zr_T @ d_a[t, :, : 2 * H]
        d_W, d_b = weights(d_a, run.x)
        if after:
            d_a_rec = np.concatenate([d_a[:, :, : 2 * H], d_reset], axis=2)
            d_U, d_b_rec = weights(d_a_rec, run.hidden[:-1])
            return Params(d_W, d_U, np.stack([d_b, d_b_rec], axis=1)), d_a
        d_U_zr, _ = weights(d_a[:, :, : 2 * H], run.hidden[:-1])
        d_U_h, _ = weights(d_a[:, :, 2 * H :], reset)
        return Params(d_W, np.concatenate([d_U_zr, d_U_h], axis=1), d_b), d_a
