"""What the three cells share: how they are initialised and how their shapes are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array
from unrolled.arrays import unmasked


class AnyParams(Protocol):
    """A named tuple of arrays that begins with the input's kernel (D, ...)."""

    def __iter__(self) -> Iterator[Array]: ...  # noqa: D105

    @property
    def kernel(self) -> Array: ...  # noqa: D102


class AnyState(Protocol):
    """A named tuple of arrays (N, H) that begins with the hidden state."""

    def __iter__(self) -> Iterator[Array]: ...  # noqa: D105

    @property
    def _fields(self) -> tuple[str, ...]: ...

    def _replace(self, *args: Any, **kwargs: Any) -> Self: ...

    @property
    def h(self) -> Array: ...  # noqa: D102


ParamsT = TypeVar("ParamsT", bound=AnyParams)
StateT = TypeVar("StateT", bound=AnyState)
CacheT = TypeVar("CacheT")
Arrays = TypeVar("Arrays", bound=Iterable[Array])


class Cell(Protocol[ParamsT, StateT, CacheT]):
    """The names that a cell module offers; ``unroll`` needs no others."""

    def check(self, params: ParamsT) -> tuple[int, int]:
        """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""

    def zero_state(self, params: ParamsT, batch: int) -> StateT:
        """Return the state before the first step."""

    def project(self, params: ParamsT, x: Array) -> Array:
        """Return the input's share of the gates."""

    def step(
        self, params: ParamsT, state: StateT, x: Array, xW: Array | None = None
    ) -> tuple[StateT, CacheT]:
        """Return the next state and the cache of this step."""

    def step_backward(
        self, params: ParamsT, cache: CacheT, d_state: StateT
    ) -> tuple[ParamsT, StateT, Array]:
        """Return the gradients of the parameters, of the state before and of the input."""


@runtime_checkable
class GatheringCell(Cell[ParamsT, StateT, CacheT], Protocol[ParamsT, StateT, CacheT]):
    """A cell whose ``step_backward`` comes in two parts, the second of which many steps share."""

    def state_backward(
        self, params: ParamsT, cache: CacheT, d_state: StateT
    ) -> tuple[Array, StateT]:
        """Return the gradients of the sums a, before any activation, and of the state before."""

    def weights_backward(self, params: ParamsT, cache: CacheT, d_a: Array) -> tuple[ParamsT, Array]:
        """Return the gradients of the parameters and of the input."""


def each(f: Callable[..., Any], first: Arrays, *others: Iterable[Any]) -> Arrays:
    """Apply ``f`` to every array of a named tuple, or to those of several in turn, as ``map`` does.

    >>> from unrolled.cells import rnn
    >>> each(np.add, rnn.State(np.ones(1)), rnn.State(np.ones(1)))
    State(h=array([2.]))
    """
    kind: Callable[..., Arrays] = type(first)
    return kind(*(f(*arrays) for arrays in zip(first, *others, strict=True)))


def blocks(array: Array, count: int) -> list[Array]:
    """Return the ``count`` blocks (..., H) that stand side by side in ``array`` (..., count * H).

    >>> blocks(np.arange(6.0), 3)
    [array([0., 1.]), array([2., 3.]), array([4., 5.])]
    """
    units = array.shape[-1] // count
    return [array[..., n * units : (n + 1) * units] for n in range(count)]


def glorot_uniform(rng: np.random.Generator, features: int, width: int, dtype: DTypeLike) -> Array:
    """Draw a (D, width) kernel that keeps the scale of signals :cite:p:`glorot2010`."""
    limit = np.sqrt(6 / (features + width))
    return rng.uniform(-limit, limit, (features, width)).astype(dtype)


def orthogonal(rng: np.random.Generator, units: int, width: int, dtype: DTypeLike) -> Array:
    """Draw an (H, width) matrix with orthonormal rows :cite:p:`saxe2014`."""
    q, r = np.linalg.qr(rng.standard_normal((width, units)))
    # The signs make the draw uniform over all such matrices.
    signed: Array = (q * np.sign(np.diag(r))).T
    return signed.astype(dtype)


def check_params(kernel: Array, recurrent_kernel: Array, gates: int) -> tuple[int, int]:
    """Return (D, H) of a cell's two kernels, or raise ``ValueError`` where they disagree.

    ``kernel`` is (D, gates * H) and ``recurrent_kernel`` (H, gates * H).
    """
    unmasked((kernel, recurrent_kernel), "kernels")
    if np.ndim(kernel) != 2 or np.ndim(recurrent_kernel) != 2:
        raise ValueError(
            "expected a kernel (D, gates * H) and a recurrent kernel (H, gates * H), "
            f"got shapes {np.shape(kernel)} and {np.shape(recurrent_kernel)}"
        )
    (features, width), units = kernel.shape, recurrent_kernel.shape[0]
    if recurrent_kernel.shape[1] != gates * units or width != gates * units:
        raise ValueError(
            f"expected a kernel (D, {gates} * H) and a recurrent kernel (H, {gates} * H) "
            f"for {gates} gate block(s), got shapes {kernel.shape} and {recurrent_kernel.shape}"
        )
    return features, units


def check_bias(bias: Array, expected: tuple[int, ...]) -> None:
    """Raise ``ValueError`` unless ``bias`` has the ``expected`` shape."""
    unmasked(bias, "bias")
    if np.shape(bias) != expected:
        raise ValueError(f"expected a bias of shape {expected}, got {np.shape(bias)}")


def check_input(x: Array, features: int) -> None:
    """Raise ``ValueError`` unless the last axis of ``x`` has ``features`` entries."""
    unmasked(x, "x")
    if np.ndim(x) < 2 or x.shape[-1] != features:
        raise ValueError(
            f"expected inputs with {features} features on the last axis, got shape {np.shape(x)}"
        )


def check_state(state: AnyState, batch: int, units: int) -> None:
    """Raise ``ValueError`` unless every array of ``state`` is (batch, units)."""
    for name, value in zip(state._fields, state, strict=True):
        unmasked(value, f"state {name}")
        if np.shape(value) != (batch, units):
            raise ValueError(
                f"expected state {name} of shape {(batch, units)}, got {np.shape(value)}"
            )


def check_step(sizes: tuple[int, int], state: AnyState, x: Array) -> None:
    """Raise ``ValueError`` unless ``x`` (N, D) and ``state`` fit a cell of ``sizes`` (D, H)."""
    features, units = sizes
    check_input(x, features)
    check_state(state, x.shape[0], units)
