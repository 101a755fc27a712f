"""Central differences: the proof that a derivative is the derivative.

A gradient is compared with numbers that do not depend on how it was derived.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.arrays import as_array

SMALLEST_SCALE = 1e-3


class Check(NamedTuple):
    """How far a gradient is from central differences.

    ``worst`` is the largest relative error over all arrays; ``errors`` has one number for each.
    """

    worst: float
    errors: tuple[float, ...]


def numerical_gradient(
    f: Callable[..., float], arrays: Sequence[Array], step: float = 1e-5
) -> list[Array]:
    """Return the gradient of the scalar ``f(*arrays)`` by central differences.

    Each entry is moved by ``step`` up and down; every gradient has its array's shape.
    Raises ``TypeError`` unless every array is float64: in less, rounding hides the slope.

    >>> a = np.array([1.0, -3.0])
    >>> numerical_gradient(lambda a: float((a**2).sum()), [a])[0].round(6)
    array([ 2., -6.])
    """
    moved = [np.array(_float64(a)) for a in arrays]
    gradients = []
    for array in moved:
        gradient = np.empty_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + step
            above = f(*moved)
            array[index] = kept - step
            below = f(*moved)
            array[index] = kept
            gradient[index] = (above - below) / (2 * step)
        gradients.append(gradient)
    return gradients


def gradcheck(
    f: Callable[..., float],
    arrays: Sequence[Array],
    gradients: Sequence[Array],
    step: float = 1e-5,
    tolerance: float = 1e-6,
) -> Check:
    """Compare ``gradients`` of the scalar ``f(*arrays)`` with central differences.

    The error of an array is the largest difference over its entries, relative to the largest
    slope in it; ``SMALLEST_SCALE`` stands in where every slope is smaller than that, because
    rounding leaves no more digits to compare.
    Raises ``AssertionError`` where an error is above ``tolerance``, ``ValueError`` where a
    gradient has another shape than its array, ``TypeError`` unless all arrays are float64.

    >>> a = np.array([1.0, -3.0])
    >>> gradcheck(lambda a: float((a**2).sum()), [a], [2 * a]).worst < 1e-6
    True
    >>> gradcheck(lambda a: float((a**2).sum()), [a], [a])
    Traceback (most recent call last):
    ...
    AssertionError: expected an error of at most 1e-06, got 5.0e-01 in array 0
    """
    if len(arrays) != len(gradients):
        raise ValueError(f"expected {len(arrays)} gradients, one per array, got {len(gradients)}")
    for number, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        if np.shape(array) != np.shape(gradient):
            raise ValueError(
                f"expected gradient {number} of shape {np.shape(array)}, got {np.shape(gradient)}"
            )
    gradients = [as_array(gradient, "gradients") for gradient in gradients]
    errors = []
    for number, (slope, gradient) in enumerate(
        zip(numerical_gradient(f, arrays, step), gradients, strict=True)
    ):
        largest = max(float(np.abs(a).max(initial=0)) for a in (slope, gradient))
        scale = max(SMALLEST_SCALE, largest)
        error = float(np.abs(slope - gradient).max(initial=0)) / scale
        if not error <= tolerance:
            raise AssertionError(
                f"expected an error of at most {tolerance:g}, got {error:.1e} in array {number}"
            )
        errors.append(error)
    return Check(max(errors, default=0.0), tuple(errors))


def _float64(given: Array) -> Array:
    array: Array = as_array(given, "arrays")
    if array.dtype != np.float64:
        raise TypeError(f"expected float64 arrays, got {array.dtype}")
    return array
