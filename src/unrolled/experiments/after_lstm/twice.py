"""Two layers of a cell as one cell, so that whatever takes a cell takes both."""

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array


class Params(NamedTuple):
    """What two layers learn: the one that reads x, and the one that reads its h."""

    below: Any
    top: Any

    @property
    def kernel(self) -> Array:
        """The kernel (D, ...) that meets the input."""
        kernel: Array = self.below.kernel
        return kernel


class Twice:
    """A cell on top of another of its kind, of as many units; the state is that of both.

    >>> from unrolled.cells import rnn
    >>> from unrolled.unroll import unroll_scan
    >>> both = Twice(rnn)
    >>> params = both.init(np.random.default_rng(0), 2, 3)
    >>> unroll_scan(both, params, np.ones((4, 5, 2))).outputs.shape
    (4, 5, 3)
    >>> both.count(2, 3) == rnn.count(2, 3) + rnn.count(3, 3)
    True
    """

    def __init__(self, cell: Any) -> None:
        """Take a module of :mod:`unrolled.cells` or :mod:`unrolled.cells.after`."""
        self.cell = cell
        fields = cell.State._fields
        self.own = len(fields)
        make: Any = namedtuple  # Its fields are known only here.
        self.State = make("State", [*fields, *(f"{name}_below" for name in fields)])

    def init(self, rng: np.random.Generator, features: int, units: int) -> Params:
        """Draw both layers."""
        return Params(self.cell.init(rng, features, units), self.cell.init(rng, units, units))

    def count(self, features: int, units: int) -> int:
        """Return how many numbers both learn."""
        return int(self.cell.count(features, units) + self.cell.count(units, units))

    def check(self, params: Params) -> tuple[int, int]:
        """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
        features, units = self.cell.check(params.below)
        if self.cell.check(params.top) != (units, units):
            raise ValueError(f"expected a second layer of {units} units that reads as many")
        return features, units

    def zero_state(self, params: Params, batch: int) -> Any:
        """Return the state before the first step, the top layer's first."""
        return self.State(*(a for one in (params.top, params.below)
                            for a in self.cell.zero_state(one, batch)))  # fmt: skip

    def project(self, params: Params, x: Array) -> Array:
        """Return the input's share of the layer below."""
        share: Array = self.cell.project(params.below, x)
        return share

    def step(self, params: Params, state: Any, x: Array, xW: Array | None = None) -> Any:
        """Take one step in both layers; the second reads what the first shows."""
        cell = self.cell
        top, below = cell.State(*state[: self.own]), cell.State(*state[self.own :])
        below, first = cell.step(params.below, below, x, xW)
        top, second = cell.step(params.top, top, below.h, cell.project(params.top, below.h))
        return self.State(*top, *below), (first, second)
