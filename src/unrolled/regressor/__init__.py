"""The tool, whole: from a file of texts and numbers to a model, its file and its answers.

>>> from unrolled.regressor import TextRegressor, load
>>> load("missing.keras")
Traceback (most recent call last):
...
unrolled...ModelFileError: missing.keras: expected a model file, got...

``TextRegressor`` learns, with Keras and TensorFlow. ``load`` opens the file that it saved, with
NumPy alone. From a text to a number, in the order of the modules:

- ``pieces`` cuts a text into tokens, and a token into pieces;
- ``examples`` turns texts with their numbers into integers, once;
- ``columns`` takes a table apart, and ``covariates`` turns what stands beside a text into features;
- ``encoding`` looks the pieces of every token up and makes batches;
- ``counting`` learns what each word, pair and run of letters adds to the answer;
- ``text_model`` holds the networks that read and the whole Keras model;
- ``training`` trains one network, ``ensemble`` all of them;
- ``folding`` cuts the texts into folds, ``ridges`` and ``reading`` answer each fold by the others,
  ``weighing`` says by these answers how much of each there is to be, and ``intervals`` how far off
  an answer may be;
- ``inputs`` checks what ``fit`` is given, ``learning`` goes from texts and numbers to a model, and
  ``estimator`` is what a user calls;
- ``portable`` is the file, checked to the last byte, and the answers without TensorFlow;
- ``tables`` reads a user's file, ``cli`` is the command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unrolled.regressor.estimator import TextRegressor
    from unrolled.regressor.intervals import Intervals
    from unrolled.regressor.portable import Gates, Model, ModelFileError, check, load

__all__ = ["Gates", "Intervals", "Model", "ModelFileError", "TextRegressor", "check", "load"]
#: The modules of those that are not in ``portable``.
_HOMES = {"TextRegressor": "estimator", "Intervals": "intervals"}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is first used: to predict needs neither Keras nor SciPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'portable')}"), name)
