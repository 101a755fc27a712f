"""Keras as we need it while something of ours runs, whatever it is set to, and as it was after."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import keras

from unrolled.regressor.layers import DTYPE

#: What a network is trained with, whatever ``keras.config`` is set to.
KERAS = {
    "floatx": DTYPE,
    "dtype_policy": DTYPE,
    "epsilon": 1e-7,
}

_KERAS_IS_OURS = RLock()


@contextmanager
def own_keras() -> Iterator[None]:
    """Let Keras be set as we need it, for one thread at a time; then as it was found."""
    with _KERAS_IS_OURS:
        found = {name: getattr(keras.config, name)() for name in KERAS}
        try:
            for name, value in KERAS.items():
                getattr(keras.config, f"set_{name}")(value)
            yield
        finally:
            for name, value in found.items():
                getattr(keras.config, f"set_{name}")(value)
