"""The activation functions of the cells, each with its derivative beside it.

They take arrays of NumPy and JAX and tensors of PyTorch, Keras and TensorFlow, and so do the
cells, whose steps otherwise use only operators and slices.
The derivatives are written from the *output*: the forward pass has already computed it.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

# The module that has a tanh, for libraries whose arrays do not name it themselves.
_NAMESPACES = {"torch": "torch", "keras": "keras.ops", "tensorflow": "keras.ops"}
#: Stands for the score of a masked step. It is finite, so that no difference of two is NaN.
LOWEST = -1e30


def sigmoid(a: Array) -> Array:
    """Map each entry of ``a`` into (0, 1): 1 / (1 + exp(-a)), any shape.

    Written through tanh, so that a large negative entry cannot overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    out: Array = 0.5 * (1 + tanh(a / 2))
    return out


def d_sigmoid(s: Array) -> Array:
    """Return the slope of the sigmoid where its output is ``s``, any shape.

    >>> d_sigmoid(sigmoid(np.array([0.0])))
    array([0.25])
    """
    return s * (1 - s)


def tanh(a: Array) -> Array:
    """Map each entry of ``a`` into (-1, 1), any shape.

    >>> tanh(np.array([0.0]))
    array([0.])
    """
    out: Array = namespace(a).tanh(a)
    return out


def d_tanh(t: Array) -> Array:
    """Return the slope of tanh where its output is ``t``, any shape.

    >>> d_tanh(tanh(np.array([0.0])))
    array([1.])
    """
    return 1 - t * t


def softplus(a: Array) -> Array:
    """Map each entry of ``a`` above 0: log(1 + exp(a)), any shape; its slope is the sigmoid.

    Written so that a large entry cannot overflow.

    >>> softplus(np.array([-1000.0, 0.0, 1000.0])).round(3)
    array([0.00e+00, 6.93e-01, 1.00e+03])
    """
    size = abs(a)
    out: Array = (a + size) / 2 + namespace(a).log1p(exp(-size))
    return out


def exp(a: Array) -> Array:
    """Raise e to each entry of ``a``, any shape; it is its own slope.

    >>> exp(np.array([0.0]))
    array([1.])
    """
    out: Array = namespace(a).exp(a)
    return out


def softmax(e: Array, mask: Any = None) -> Array:
    """Turn scores (..., S) into weights: each above 0, and together 1 over the last axis.

    ``mask`` is boolean, of a shape that broadcasts to the scores'. Where it is False the weight
    is exactly 0, whatever the score; where a row has no step that counts, all its weights are 0.

    >>> softmax(np.array([0.0, 0.0, 9.0]), np.array([True, True, False]))
    array([0.5, 0.5, 0. ])
    """
    weights: Array
    xp = namespace(e)
    if mask is None:
        powers = xp.exp(e - xp.amax(e, axis=-1, keepdims=True))  # The largest is e^0.
        weights = powers / xp.sum(powers, axis=-1, keepdims=True)
        return weights
    kept = xp.where(mask, e, xp.full_like(e, LOWEST))
    powers = xp.exp(kept - xp.amax(kept, axis=-1, keepdims=True))
    powers = xp.where(mask, powers, xp.zeros_like(e))
    total = xp.sum(powers, axis=-1, keepdims=True)
    weights = powers / xp.where(total > 0, total, xp.ones_like(total))
    return weights


def d_softmax(a: Array, d_a: Array) -> Array:
    """Carry a gradient at the weights ``a`` (..., S) back to the scores.

    More of one weight is less of the others: only what is above the weighted mean counts.

    >>> d_softmax(np.array([0.5, 0.5, 0.0]), np.array([1.0, 3.0, 7.0]))
    array([-0.5,  0.5,  0. ])
    """
    mean = (d_a * a).sum(axis=-1, keepdims=True)
    d_e: Array = a * (d_a - mean)
    return d_e


def namespace(a: Any) -> Any:
    """Return the module whose functions take ``a``: NumPy for plain numbers."""
    # The array API standard, which NumPy and JAX follow.
    if hasattr(a, "__array_namespace__"):
        return a.__array_namespace__()
    library = type(a).__module__.partition(".")[0]
    return importlib.import_module(_NAMESPACES.get(library, "numpy"))
