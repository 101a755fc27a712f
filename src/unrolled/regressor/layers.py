"""The network that reads and the sum that counts: two answers to one text.

Both see a batch as :class:`unrolled.regressor.encoded.Reading`: every different token once, as the
pieces that it is made of.
"""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="unrolled")
class WordVectors(keras.layers.Layer):
    """A vector for every token: the sum of its pieces' vectors over the root of their number.

    The root keeps the size of a sum of ``k`` independent vectors from growing with ``k``.
    Source: :cite:t:`bojanowski2017`, who sum without it.
    """

    def __init__(self, pieces: int, width: int, **kwargs: Any) -> None:
        """Set the number of piece ids, V, and the width of a vector, D."""
        super().__init__(**kwargs)
        self.pieces, self.width = pieces, width

    def build(self, *_: Any) -> None:
        """Make the table (V, D); the vector of row 0, padding, is masked and never learns."""
        self.table = self.add_weight(
            shape=(self.pieces, self.width),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
            name="table",
        )
        self.built = True

    def call(self, words: Any, pieces: Any, owners: Any) -> Any:
        """Turn words (N, T) into vectors (N, T, D)."""
        vectors = ops.take(self.table, pieces, axis=0)
        counts = ops.segment_sum(ops.ones_like(owners, self.dtype), owners, sorted=True)
        sums = ops.segment_sum(vectors, owners, sorted=True)
        return ops.take(sums / ops.sqrt(counts)[:, None], words, axis=0)


@keras.saving.register_keras_serializable(package="unrolled")
class Reader(keras.layers.Layer):
    """A bidirectional LSTM over word vectors, pooled over time: one number for each text.

    Parameters
    ----------
    pieces, width, units
        Sizes V, D and H.
    dropout
        The share of values set to 0 in training, of word vectors and of what is pooled.

    """

    def __init__(self, pieces: int, width: int, units: int, dropout: float, **kwargs: Any) -> None:
        """Make the layers."""
        super().__init__(**kwargs)
        self.settings = {"pieces": pieces, "width": width, "units": units, "dropout": dropout}
        self.vectors = WordVectors(pieces, width)
        self.drop_vectors = keras.layers.Dropout(dropout)
        self.both_ways = keras.layers.Bidirectional(
            keras.layers.LSTM(units, return_sequences=True), name="both_ways"
        )
        self.drop_pooled = keras.layers.Dropout(dropout)
        self.readout = keras.layers.Dense(1, name="readout")

    def build(self, *_: Any) -> None:
        """Make all weights."""
        width, units = self.settings["width"], self.settings["units"]
        self.vectors.build()
        self.both_ways.build((None, None, width))
        self.readout.build((None, 4 * units))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Turn a :class:`~unrolled.regressor.encoded.Reading` into numbers (N, 1)."""
        words = inputs[0]
        mask = words != 0
        x = self.drop_vectors(self.vectors(*inputs), training=training)
        h = self.both_ways(x, mask=mask, training=training)
        real = ops.cast(mask, h.dtype)[..., None]
        mean = ops.sum(h * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
        # An output of an LSTM lies above -1, so a padded step never is the highest.
        highest = ops.max(h * real - 2 * (1 - real), axis=1)
        pooled = ops.concatenate([mean, highest], axis=-1)
        return self.readout(self.drop_pooled(pooled, training=training))

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a reader again."""
        return {**super().get_config(), **self.settings}


@keras.saving.register_keras_serializable(package="unrolled")
class Counter(keras.layers.Layer):
    """A weighted count of pieces: linear regression on TF-IDF weights, as a layer.

    Each piece has two numbers, both fixed: what it adds to the sum, and what it adds to the
    squared length by whose root the sum is divided.
    """

    def __init__(self, pieces: int, **kwargs: Any) -> None:
        """Set the number of piece ids, V."""
        super().__init__(**kwargs)
        self.pieces = pieces

    def build(self, *_: Any) -> None:
        """Make the weights: ``table`` (V, 2) and ``bias`` (1,)."""
        fixed = {"initializer": "zeros", "trainable": False}
        self.table = self.add_weight(shape=(self.pieces, 2), name="table", **fixed)
        self.bias = self.add_weight(shape=(1,), name="bias", **fixed)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Turn a :class:`~unrolled.regressor.encoded.Reading` into numbers (N, 1)."""
        words, pieces, owners = inputs
        sums = ops.segment_sum(ops.take(self.table, pieces, axis=0), owners, sorted=True)
        both = ops.sum(ops.take(sums, words, axis=0), axis=1)
        return both[:, :1] / ops.sqrt(ops.maximum(both[:, 1:], 1e-12)) + self.bias

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a layer again."""
        return {**super().get_config(), "pieces": self.pieces}
