"""What these cells share: the names that a scan asks for, and a kernel without a recurrent one."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from unrolled.activations import Array
from unrolled.arrays import unmasked
from unrolled.cells.shared import CacheT, Cell, ParamsT, StateT


@runtime_checkable
class ScannedCell(Cell[ParamsT, StateT, CacheT], Protocol[ParamsT, StateT, CacheT]):
    """A cell that is linear in its state: s = a * s_prev + b, where a and b know no state."""

    def linear(self, params: ParamsT, xW: Array) -> tuple[Array, Array]:
        """Return decay a and write b (..., H), real or complex, from ``project``'s share."""

    def carried(self, state: StateT) -> Array:
        """Return the linear state s (N, H) in a state."""

    def shown(self, params: ParamsT, s: Array, xW: Array) -> StateT:
        """Return the states (..., H) in which the linear states are s."""


def check_kernel(kernel: Array, bias: Array, blocks: int, more: int = 0) -> tuple[int, int]:
    """Return (D, H) of a kernel (D, blocks * H + more) with a bias for each of its columns.

    Raises ``ValueError`` where the two do not fit together.
    """
    unmasked((kernel, bias), "kernel and bias")
    form = f"{blocks} * H" + f" + {more}" * (more > 0)
    width = kernel.shape[-1] - more if np.ndim(kernel) == 2 else 0
    if width < blocks or width % blocks:
        raise ValueError(f"expected a kernel (D, {form}), got shape {np.shape(kernel)}")
    if np.shape(bias) != kernel.shape[1:]:
        raise ValueError(f"expected a bias of shape {kernel.shape[1:]}, got {np.shape(bias)}")
    return kernel.shape[0], width // blocks


def named(gates: Sequence[str], **blocks: Sequence[Array]) -> dict[str, Array]:
    """Return blocks of ``W`` and ``b``, one for each gate, by their names in the equations."""
    return {
        f"{letter}_{gate}": block
        for letter, each in blocks.items()
        for gate, block in zip(gates, each, strict=True)
    }


def check_shape(name: str, array: Array, expected: tuple[int, ...]) -> None:
    """Raise ``ValueError`` unless an array of a cell has the ``expected`` shape."""
    unmasked(array, name)
    if np.shape(array) != expected:
        raise ValueError(f"expected a {name} of shape {expected}, got {np.shape(array)}")
