r"""A trained text model as one ONNX file: a graph that any runtime runs, and what makes its inputs.

>>> from unrolled.regressor import onnx
>>> onnx.load("missing.onnx")
Traceback (most recent call last):
ValueError: missing.onnx: expected a model file, got: No such file or directory
"""

from unrolled.regressor.onnx.session import Model, load

__all__ = ["Model", "load"]
