"""The cells that are compared: how each starts, and what it costs."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from unrolled.cells import gru, lstm, rnn
from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm
from unrolled.experiments import irnn
from unrolled.experiments.after_lstm.twice import Twice


class Kind(NamedTuple):
    """A cell of the comparison: how it runs, how it starts, how many parameters it has."""

    cell: Any
    init: Callable[..., Any]
    parameters: Callable[[int, int], int]


#: Every cell of the comparison, by the name that results and figures give it.
KINDS = {
    "RNN": Kind(rnn, rnn.init, rnn.count),
    "IRNN": Kind(irnn, irnn.init, irnn.count),
    "LSTM, bias 0": Kind(lstm, partial(lstm.init, forget_bias=0.0), lstm.count),
    "LSTM, bias 1": Kind(lstm, lstm.init, lstm.count),
    "GRU, before": Kind(
        gru, partial(gru.init, reset_after=False), partial(gru.count, reset_after=False)
    ),
    "GRU, after": Kind(gru, gru.init, gru.count),
}

#: Two layers of the minimal GRU: the gates of the second see the state of the first.
TWO = Twice(min_gru)

#: The cells that came after the LSTM, which the study ``after-lstm`` puts through the same search.
LATER = {
    "minGRU": Kind(min_gru, min_gru.init, min_gru.count),
    "minLSTM": Kind(min_lstm, min_lstm.init, min_lstm.count),
    "LRU": Kind(lru, lru.init, lru.count),
    "selective": Kind(selective, selective.init, selective.count),
    "sLSTM": Kind(slstm, slstm.init, slstm.count),
    "minGRU, two layers": Kind(TWO, TWO.init, TWO.count),
}
ALL = KINDS | LATER


def units_for(count: Callable[[int, int], int], budget: int, features: int) -> int:
    """Return the units of a cell whose parameters, by ``count``, come nearest to the budget.

    >>> units_for(gru.count, lstm.count(2, 16), features=2)
    18
    """
    units = 1
    while count(features, units + 1) <= budget:
        units += 1
    return min(units, units + 1, key=lambda n: abs(count(features, n) - budget))
