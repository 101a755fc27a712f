"""Figures: arrays or graphs in, a :class:`Picture` out; no computing and no files."""

from unrolled.figures.cells import gru_cell, lstm_cell, rnn_cell
from unrolled.figures.graphs import Graph, Node, cell_graph
from unrolled.figures.network import network_graph, unrolled_network
from unrolled.figures.picture import Picture

__all__ = ["Graph", "Node", "Picture", "cell_graph", "gru_cell", "lstm_cell", "network_graph", "rnn_cell", "unrolled_network"]
