"""Arrays of other libraries as NumPy's: nothing is hidden by a mask, and errors say what to do."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray


def unmasked(value: Any, name: str) -> None:
    """Raise ``ValueError`` where a masked array, or a list that holds one, hides entries.

    NumPy drops a mask silently, and the hidden values would be used.

    >>> unmasked(np.ma.array([1.0, 2.0], mask=[False, True]), "x")
    Traceback (most recent call last):
    ...
    ValueError: x: expected no masked entries, got 1; give each a number, as .filled(0) does, or \
leave its row out; steps that do not count belong in mask=
    """
    if isinstance(value, list | tuple):
        for item in value:
            if not isinstance(item, Real):
                unmasked(item, name)
    elif type(value) is not np.ndarray and (hides := np.count_nonzero(np.ma.getmask(value))):
        raise ValueError(
            f"{name}: expected no masked entries, got {hides}; give each a number, as .filled(0) "
            "does, or leave its row out; steps that do not count belong in mask="
        )


def as_array(value: Any, name: str) -> NDArray[Any]:
    """Return ``value`` as an array of NumPy, of any type and shape.

    Raises ``ValueError`` for masked entries, and ``TypeError`` for a tensor that NumPy cannot
    read: on a device, without data, in a type of its own, or part of another library's gradient.
    Both say what to do.

    >>> as_array([1, 2], "x")
    array([1, 2])
    """
    unmasked(value, name)
    try:
        return np.asarray(value)
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"{name}: expected an array, got {_unread(value, error)}") from error


def _unread(value: Any, error: Exception) -> str:
    """Describe what NumPy cannot read, and how a PyTorch tensor becomes an array."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    if not hasattr(value, "is_meta"):
        return f"{type(value).__name__}: {error}"
    grad = " that requires grad" if value.requires_grad else ""
    said = f"a tensor of {value.dtype} on {value.device}{grad}"
    if value.is_meta:
        return f"{said}, which has a shape but no numbers; load them onto another device first"
    dense = "" if str(value.layout) == "torch.strided" else ".to_dense()"
    wider = ".float()" if "float" in str(value.dtype) and value.dtype.itemsize < 4 else ""
    return f"{said}; pass tensor.detach().cpu(){dense}{wider}.numpy()"


def not_real(dtype: np.dtype[Any]) -> str:
    """Return the name of an unsuitable type, with advice where it is not NumPy's own.

    >>> not_real(np.dtype(complex))
    'complex128'
    """
    own = "" if dtype.type.__module__ == "numpy" else "; pass it as .astype(np.float32)"
    return f"{dtype}{own}"
