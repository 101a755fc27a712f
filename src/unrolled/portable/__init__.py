"""A trained text model without TensorFlow: one file in, the book's own NumPy cells inside.

>>> from unrolled import portable
>>> portable.load("missing.keras")
Traceback (most recent call last):
...
unrolled.portable.archive.ModelFileError: missing.keras: expected a model file, got no file there
"""

from unrolled.portable.archive import ModelFileError
from unrolled.portable.file import check
from unrolled.portable.model import Gates, Model, load

__all__ = ["Gates", "Model", "ModelFileError", "check", "load"]
