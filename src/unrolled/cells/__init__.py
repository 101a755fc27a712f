"""The three cells, a module each, with the same few names in every one.

================= ==================================================================
``Params``        what is learnt: ``kernel``, ``recurrent_kernel``, ``bias``
``State``         what is carried from one step to the next
``Cache``         what one step leaves behind: its inputs and every gate
``init``          fresh parameters
``check``         raises where parameters do not fit together, and returns (D, H)
``zero_state``    the state before the first step
``project``       the input's share of the gates, which does not need the state
``step``          one step through time: state in, state out
``step_backward`` the same step for gradients: from its outcome back to what went in
``count``         how many numbers are learnt
================= ==================================================================

What came after them, with the same names, stands in :mod:`unrolled.cells.after`.
"""

from unrolled.cells import gru, lstm, rnn
from unrolled.cells.shared import Cell

__all__ = ["Cell", "gru", "lstm", "rnn"]
