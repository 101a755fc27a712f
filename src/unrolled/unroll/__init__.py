"""The loop over time: forward, from both ends, and backward again."""

from unrolled.unroll.associative import unroll_associative
from unrolled.unroll.backward import (
    BidirectionalGradients,
    Gradients,
    bidirectional_backward,
    unroll_backward,
)
from unrolled.unroll.bidirectional import BidirectionalRun, Merge, bidirectional
from unrolled.unroll.fast import Answer, unroll_fast
from unrolled.unroll.forward import MaskedOutputs, Run, unroll, unroll_chunks
from unrolled.unroll.parallel import blocked_scan, unroll_parallel
from unrolled.unroll.scan import unroll_scan

__all__ = [
    "Answer",
    "BidirectionalGradients",
    "BidirectionalRun",
    "Gradients",
    "MaskedOutputs",
    "Merge",
    "Run",
    "bidirectional",
    "bidirectional_backward",
    "blocked_scan",
    "unroll",
    "unroll_associative",
    "unroll_backward",
    "unroll_chunks",
    "unroll_fast",
    "unroll_parallel",
    "unroll_scan",
]
