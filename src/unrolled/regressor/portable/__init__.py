"""A trained text model without TensorFlow: one file in, the book's own NumPy cells inside.

>>> from unrolled.regressor import portable
>>> portable.load("missing.keras")
Traceback (most recent call last):
...
unrolled...ModelFileError: missing.keras: expected a model file, got no file there
"""

from unrolled.regressor.portable.archive import ModelFileError
from unrolled.regressor.portable.file import check
from unrolled.regressor.portable.model import Gates, Model, load

__all__ = ["Gates", "Model", "ModelFileError", "check", "load"]
