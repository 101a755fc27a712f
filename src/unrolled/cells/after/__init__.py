"""Cells that came after the LSTM, in the same form as the three.

Four of them are *linear in their state*: what multiplies it and what is added comes from the input
alone, so that all steps can be computed at once; see :func:`unrolled.unroll.unroll_parallel`.
They offer three names more, with which they are :class:`~unrolled.cells.after.shared.ScannedCell`:

- ``linear``: decay a and write b of s = a * s_prev + b, for all steps, from the input,
- ``carried``: the linear state s in a ``State``,
- ``shown``: the ``State`` after each step, from s after it and the input.
"""

from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm
from unrolled.cells.after.shared import ScannedCell

__all__ = ["ScannedCell", "lru", "min_gru", "min_lstm", "selective", "slstm"]
