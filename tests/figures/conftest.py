"""Every picture that the room can draw, once, with small data."""

import numpy as np
import pytest

from unrolled import figures

WORDS = ["ten", "to", "six"]


def _make():
    rng = np.random.default_rng(0)
    curve = np.exp(-np.arange(12) / 4) + rng.normal(0, 0.01, (3, 12))
    mask = np.array([[True, True, False], [True, True, True]])
    return {
        "rnn": figures.rnn_cell(),
        "lstm": figures.lstm_cell(),
        "gru": figures.gru_cell(),
        "gru_reset_before": figures.gru_cell(reset_after=False),
        "network": figures.unrolled_network(WORDS),
        "bidirectional": figures.unrolled_network(WORDS * 2, bidirectional=True),
        "gradients": figures.gradient_network(WORDS),
        "batch": figures.padded_batch([[2, 3, 0], [4, 5, 6]], mask),
        "learning": figures.learning_curve({"loss": curve, "val_loss": curve + 0.1}, baseline=1),
        "lines": figures.lines_with_bands(range(12), {"RNN": curve, "LSTM": curve + 1}),
        "stacks": figures.stacked_networks(WORDS),
        "encoder": figures.encoder(WORDS),
        "seeds": figures.seed_dots({"RNN": {"mask": [1, 2], "no mask": [3, 5]}}, "error"),
        "intervals": figures.intervals({"tweets": {"ridge": [0.8, 0.7, 0.9]}}, "r"),
        "panels": figures.panels(
            {"T = 5": range(12)}, {name: {"T = 5": abs(curve)} for name in WORDS}, baseline=1
        ),
        "scatter": figures.scatter(curve[0], curve[1]),
        "cloud": figures.cloud(curve[0], curve[1], "answer", "truth", diagonal=True),
        "bars": figures.bars(["RNN", "LSTM"], [1, 4], [0.1, 0.2], highlight="LSTM"),
        "letters": figures.letter_bars("ab c", {"one": [1, 0, 2, 0.5], "two": [1, 1, 1, 1]}),
        "gates": figures.gates(WORDS, {"f": curve[:, 3:6].T, "g": [-0.5, 0.5, 0]}),
    }


@pytest.fixture(scope="session")
def pictures():
    return _make()


@pytest.fixture
def draw_again():
    return _make
