"""Attention: reading all steps at once and weighing them, in place of a state passed along.

=============== ======================================================================
``weights``     the softmax that makes weights of scores, and its derivative; masks
``additive``    Bahdanau's attention, which a decoder asks once a step
``dot_product`` scaled dot-product attention: all queries at once
``multi_head``  several of these side by side, with projections: Keras's layer
=============== ======================================================================

Like a cell's ``step``, the forward passes take arrays of any library and are written with
operators and a few functions that NumPy, JAX, PyTorch and Keras share.
"""

from unrolled.attention import additive, dot_product, multi_head

__all__ = ["additive", "dot_product", "multi_head"]
