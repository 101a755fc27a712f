"""The loop over time: forward, from both ends, and backward again."""

from unrolled.unroll.bidirectional import BidirectionalRun, Merge, bidirectional
from unrolled.unroll.forward import MaskedOutputs, Run, unroll

__all__ = ["BidirectionalRun", "MaskedOutputs", "Merge", "Run", "bidirectional", "unroll"]
