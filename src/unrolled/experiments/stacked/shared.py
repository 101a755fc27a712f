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


def products(d: Array, v: Array) -> Array:
    """Return the sum over time and batch of d v^T: (S, K, L) of (T, S, K, N) and (T, S, L, N)."""
    steps, _, _, batch = d.shape

    def flat(a: Array) -> Any:
        return a.transpose(1, 2, 0, 3).reshape(a.shape[1], a.shape[2], steps * batch)

    found: Array = flat(d) @ flat(v).swapaxes(-1, -2)
    return found


def quiet() -> Any:
    """Return a context in which a member may overflow: what is not finite is looked at later."""
    return np.errstate(over="ignore", invalid="ignore")
