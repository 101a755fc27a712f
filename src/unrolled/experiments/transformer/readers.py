"""What reads: a GRU one way, an LSTM both ways, a Transformer encoder; each at one budget."""

from collections.abc import Callable
from typing import Any, NamedTuple

from unrolled.cells import gru, lstm
from unrolled.experiments.training import both_ways
from unrolled.experiments.transformer import encoder


class Reader(NamedTuple):
    """How one reads, how it starts, how many parameters it has, and which sizes it may have."""

    cell: Any
    init: Callable[..., Any]
    parameters: Callable[[int, int], int]
    sizes: range = range(1, 200)

    def units_for(self, budget: int, features: int) -> int:
        """Return the units whose parameters come nearest to a budget.

        >>> READERS["GRU"].units_for(encoder.count(16, 16), features=16)
        32
        """
        return min(self.sizes, key=lambda units: abs(self.parameters(features, units) - budget))


def _both(features: int, units: int) -> int:
    return 2 * lstm.count(features, units)


#: By the name that results and figures give it.
READERS = {
    "Transformer": Reader(
        encoder, encoder.init, encoder.count, range(encoder.HEADS, 200, encoder.HEADS)
    ),
    "BiLSTM": Reader(lstm, both_ways(lstm.init), _both),
    "GRU": Reader(gru, gru.init, gru.count),
}
