r"""A trained text model as one ONNX file: a graph for any runtime, and what makes its inputs.

``unrolled export MODEL.keras --to onnx`` writes it. In Python it answers as ``regressor.load``
does, with ``onnxruntime`` and NumPy alone:

>>> from unrolled.regressor import onnx
>>> onnx.load("missing.onnx")
Traceback (most recent call last):
ValueError: missing.onnx: expected a model file, got: No such file...

Elsewhere three steps lead from texts to the graph's inputs. They need what stands as JSON in the
file's metadata, under ``unrolled``. ``tokenizer.py`` has them in Python, and in JavaScript
``tokenizer.js``, of which ``export --script FILE.js`` makes a script for a page with
onnxruntime-web; its first lines say how.

1. Cut each text into at most ``max_length`` tokens, as ``unrolled.regressor.pieces.tokens`` does,
   the first of them always ``⟦⟧``. Number the different tokens of all texts from 1: that is
   ``tokens`` (N, T), int32. Look up the pieces of each in ``pieces``, where a name's place is its
   number, or 1 where none is known: ``pieces`` (W, P), int32, row by row.
2. Count in each text, without ``⟦⟧``, what ``words`` and then ``letters`` list, the first of them
   being number 1: ``grams`` (N, G), int32, each number once, and ``times`` (N, G), int32.
   Words are tokens in lower case and, with a space between, pairs of neighbours both of which are
   listed alone; letters are the runs of 2 to 5 of them in ``<token>``, unless it is a tag ``⟦…⟧``.
3. Where ``columns`` lists any, their features are ``beside`` (N, F), float32: a number less its
   ``mean`` over its ``scale``, unless that is 0, then 1 for a missing one if it has ``gaps``; a
   category 1 at its place among the ``values``. What is missing is 0.

Rows are filled up with 0, to one column at least. ``level``, a float64 without axes, is that of the
intervals, such as 0.9. The graph answers with ``answer``, ``low`` and ``high`` (N,), float64, and
``strange`` (N,), bool, which is true where nothing in a text was learnt from. Where fewer than
``level / (1 - level)`` texts were asked that taught nothing (``scores``), intervals have no end.
"""

from unrolled.regressor.onnx.session import Model, load

__all__ = ["Model", "load"]
