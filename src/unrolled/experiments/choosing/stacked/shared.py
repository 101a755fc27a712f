"""What the stacked cells share: their parameters, their run, and sums over time and batch."""

from typing import Any, NamedTuple, Protocol

import numpy as np

from unrolled.activations import Array


class Params(NamedTuple):
    """Of S members: kernel W (S, G H, D), recurrent kernel U (S, G H, H), bias b.

    The bias is (S, G H, 1), or (S, 2, G H, 1) for a GRU whose reset acts after the product.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array


class Run(NamedTuple):
    """What a forward pass leaves: its inputs, hidden (T + 1, S, H, N) and the cell's own cache."""

    x: Array
    hidden: Array
    cache: tuple[Array, ...]


class Cell(Protocol):
    """A cell, forward and backward over all steps."""

    def forward(self, params: Params, x: Array) -> Run:
        """Run over x (T, S, D, N) from a state of zeros."""

    def backward(self, params: Params, run: Run, d_hidden: Array) -> tuple[Params, Array]:
        """Return the gradients of the parameters, and at the inputs' share W x + b."""


def sigmoid_(a: Array) -> None:
    """Put 1 / (1 + exp(-a)) in the place of a; exp may overflow to infinity, which gives 0."""
    np.negative(a, out=a)
    np.exp(a, out=a)
    a += 1
    np.reciprocal(a, out=a)


def flat(a: Array) -> Array:
    """Return (S, K, T N) of (T, S, K, N)."""
    steps, members, width, batch = a.shape
    return a.transpose(1, 2, 0, 3).reshape(members, width, steps * batch)


def weights(d_a: Array, *inputs: Array) -> list[Array]:
    """Return, for a = sum of W v + b over ``inputs`` v, the gradient of each W, and then of b.

    ``d_a`` is (T, S, K, N), each v (T, S, L, N), each gradient (S, K, L), summed over time and
    batch.
    """
    d = flat(d_a)
    return [*(d @ flat(v).swapaxes(-1, -2) for v in inputs), d.sum(axis=-1, keepdims=True)]


def quiet() -> Any:
    """Return a context in which a member may overflow: what is not finite is looked at later."""
    return np.errstate(over="ignore", invalid="ignore")
