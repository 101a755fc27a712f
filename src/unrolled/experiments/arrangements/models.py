"""Twelve models: an RNN, a GRU or an LSTM, in one or two layers, reading one way or both."""

from typing import Any

from unrolled.cells import gru, lstm, rnn

#: How many layers lie on one another, and in how many directions each of them reads.
ARRANGEMENTS = {
    "one layer": (1, 1),
    "two stacked": (2, 1),
    "both ways": (1, 2),
    "both ways, two stacked": (2, 2),
}
CELLS = {"RNN": rnn.count, "GRU": gru.count, "LSTM": lstm.count}


def parameters(cell: str, arrangement: str, features: int, units: int) -> int:
    """Return the number of weights in all recurrent layers of an arrangement.

    A second layer reads what the first one shows: ``units`` numbers a step, or twice as many
    where the first reads both ways.

    >>> parameters("LSTM", "one layer", features=32, units=32)
    8320
    """
    layers, ways = ARRANGEMENTS[arrangement]
    count = CELLS[cell]
    return ways * (count(features, units) + (layers - 1) * count(ways * units, units))


def units_for(cell: str, arrangement: str, features: int, budget: int) -> int:
    """Return the most units, at least 1, with which an arrangement has no more parameters.

    >>> units_for("LSTM", "both ways", features=32, budget=8320)
    19
    """
    units = 1
    while parameters(cell, arrangement, features, units + 1) <= budget:
        units += 1
    return units


def build(
    cell: str,
    arrangement: str,
    size: int,
    embedding: int,
    units: int,
) -> Any:
    """Return an untrained model with a mask, from ids to one number.

    >>> model = build("GRU", "both ways, two stacked", size=9, embedding=2, units=3)
    >>> [layer.forward_layer.return_sequences for layer in model.layers[1:3]]
    [True, False]
    """
    import keras

    kinds = {
        "RNN": keras.layers.SimpleRNN,
        "GRU": keras.layers.GRU,
        "LSTM": keras.layers.LSTM,
    }
    kind, (layers, ways) = kinds[cell], ARRANGEMENTS[arrangement]
    places = range(1, layers + 1)  # All but the last hand on every state.
    readers = [kind(units, return_sequences=n < layers) for n in places]
    if ways == 2:
        readers = [*map(keras.layers.Bidirectional, readers)]
    table = keras.layers.Embedding(size, embedding, mask_zero=True)
    return keras.Sequential([table, *readers, keras.layers.Dense(1)])
