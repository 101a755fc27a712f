"""Figures: arrays or graphs in, a :class:`Picture` or a table out; no computing and no files."""

from unrolled.figures.batches import padded_batch
from unrolled.figures.cells import gru_cell, lstm_cell, rnn_cell
from unrolled.figures.clouds import cloud
from unrolled.figures.comparisons import bars, scatter
from unrolled.figures.confusion import confusion
from unrolled.figures.curves import lines_with_bands
from unrolled.figures.encoders import encoder
from unrolled.figures.gate_maps import gates
from unrolled.figures.graphs import Graph, Node, cell_graph
from unrolled.figures.learning import learning_curve
from unrolled.figures.network import (
    gradient_graph,
    gradient_network,
    network_graph,
    unrolled_network,
)
from unrolled.figures.panels import panels
from unrolled.figures.picture import Picture
from unrolled.figures.quantiles import medians_with_bands
from unrolled.figures.scans import scan_in_blocks
from unrolled.figures.seeds import intervals, seed_dots
from unrolled.figures.sequences import marked_steps
from unrolled.figures.sound import Sound
from unrolled.figures.spelling import letter_bars
from unrolled.figures.stacks import stack_graph, stacked_networks, stacks_graph
from unrolled.figures.tables import number, table
from unrolled.figures.wiring import wiring, wiring_graph

__all__ = [
    "Graph",
    "Node",
    "Picture",
    "Sound",
    "bars",
    "cell_graph",
    "cloud",
    "confusion",
    "encoder",
    "gates",
    "gradient_graph",
    "gradient_network",
    "gru_cell",
    "intervals",
    "learning_curve",
    "letter_bars",
    "lines_with_bands",
    "lstm_cell",
    "marked_steps",
    "medians_with_bands",
    "network_graph",
    "number",
    "padded_batch",
    "panels",
    "rnn_cell",
    "scan_in_blocks",
    "scatter",
    "seed_dots",
    "stack_graph",
    "stacked_networks",
    "stacks_graph",
    "table",
    "unrolled_network",
    "wiring",
    "wiring_graph",
]
