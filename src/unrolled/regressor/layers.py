"""The layers of the text regressor's model: word vectors of pieces, a reader, and a counter.

Each is of float32, whatever Keras is set to, and can be sent to another process.
"""

from typing import Any

import keras
from keras import ops

from unrolled.regressor.one_op import read_both_ways

if (backend := keras.backend.backend()) != "tensorflow":
    raise ImportError(f"KERAS_BACKEND: expected 'tensorflow', which a model needs, got {backend!r}")

#: Of every weight and every sum, whatever Keras is set to: a file holds no other numbers.
DTYPE = "float32"


def _nothing(_: Any) -> None:
    """Neither write weights where Keras would, nor look for them there."""


def kept_elsewhere(*layers: keras.layers.Layer) -> None:
    """Let the model alone write and read the weights of some layers; Keras keeps none."""
    for layer in layers:
        layer.save_own_variables = layer.load_own_variables = _nothing


class Part(keras.layers.Layer):
    """A layer of float32, whatever Keras is set to, that can be sent to another process.

    The model that it is a part of saves its weights.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Fix the kind of numbers."""
        super().__init__(**{**kwargs, "dtype": DTYPE})
        # Keras would ask XLA where there is a device beside the CPU, also one that is hidden from
        # TensorFlow; some operations are none of XLA's.
        self.supports_jit = False
        kept_elsewhere(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: what it was made with, and its weights."""
        return _made_again, (type(self), self.get_config(), self.get_weights())


def _made_again(kind: type[Part], config: dict[str, Any], weights: list[Any]) -> Part:
    part: Part = kind.from_config(config)
    if weights:
        part.build()
        part.set_weights(weights)
    return part


class WordVectors(Part):
    """A vector for every token: the sum of its pieces' vectors over the root of their number.

    The root keeps the size of a sum of ``k`` independent vectors from growing with ``k``.
    Source: :cite:t:`bojanowski2017`, who sum without it.
    """

    def __init__(self, vocabulary_size: int, embedding_dim: int, **kwargs: Any) -> None:
        """Set the number of piece ids, V, and the size of a vector, D."""
        super().__init__(**kwargs)
        self.vocabulary_size, self.embedding_dim = vocabulary_size, embedding_dim

    def build(self, *_: Any) -> None:
        """Make the table (V, D); the vector of row 0, padding, is masked and never learns."""
        self.table = self.add_weight(
            shape=(self.vocabulary_size, self.embedding_dim),
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


class Reader(Part):
    """A bidirectional LSTM over word vectors, pooled over time: one number for each text.

    Parameters
    ----------
    vocabulary_size, embedding_dim, units
        Sizes V, D and H.
    dropout
        The share of values set to 0 in training, of word vectors and of what is pooled.

    """

    def __init__(
        self, vocabulary_size: int, embedding_dim: int, units: int, dropout: float, **kwargs: Any
    ) -> None:
        """Make the layers."""
        super().__init__(**kwargs)
        self.embedding_dim, self.units = embedding_dim, units
        self.vectors = WordVectors(vocabulary_size, embedding_dim)
        self.drop_vectors = keras.layers.Dropout(dropout, dtype=DTYPE)
        lstm = keras.layers.LSTM(units, return_sequences=True, dtype=DTYPE)
        # While Keras loads a file it knows a layer by its place in memory: were this one gone, the
        # next reader's could take its place, and would be taken for it. A closure is not tracked.
        self._kept = lambda: lstm
        self.both_ways = keras.layers.Bidirectional(lstm, name="both_ways", dtype=DTYPE)
        self.drop_pooled = keras.layers.Dropout(dropout, dtype=DTYPE)
        self.readout = keras.layers.Dense(1, name="readout", dtype=DTYPE)
        ways = self.both_ways.forward_layer, self.both_ways.backward_layer
        kept_elsewhere(self.readout, *(way.cell for way in ways))

    def build(self, *_: Any) -> None:
        """Make all weights."""
        self.vectors.build()
        self.both_ways.build((None, None, self.embedding_dim))
        self.readout.build((None, 4 * self.units))
        self.built = True

    def call(self, batch: Any, training: bool = False) -> Any:
        """Turn a :class:`~unrolled.regressor.encoding.Batch` into numbers (N, 1)."""
        words = batch[0]
        mask = words != 0
        lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
        x = self.drop_vectors(self.vectors(*batch), training=training)
        h = read_both_ways(x, lengths, self.both_ways)
        real = ops.cast(mask, h.dtype)[..., None]
        steps = ops.maximum(ops.sum(real, axis=1), 1)
        mean = ops.sum(h * real, axis=1) / steps
        # An LSTM outputs more than -1, so a padded step is never the highest.
        highest = ops.max(h * real - 2 * (1 - real), axis=1)
        pooled = ops.concatenate([mean, highest], axis=-1)
        return self.readout(self.drop_pooled(pooled, training=training))


class Doubts(Part):
    """What makes an answer unsure, see :mod:`unrolled.regressor.intervals`, as fixed weights."""

    def __init__(self, signs: int, scores: int, **kwargs: Any) -> None:
        """Set the number of signs, and that of scores, S."""
        super().__init__(**kwargs)
        self.signs, self.scores = signs, scores

    def build(self, *_: Any) -> None:
        """Make the arrays: ``of_signs`` (1 + signs,) and ``ratios`` (S,)."""
        fixed = {"initializer": "zeros", "trainable": False}
        self.of_signs = self.add_weight(shape=(1 + self.signs,), name="of_signs", **fixed)
        self.ratios = self.add_weight(shape=(self.scores,), name="ratios", **fixed)
        self.built = True


class Counter(Part):
    """What a ridge has learnt, see :mod:`unrolled.regressor.counting`, as weights of a model.

    They are fixed. NumPy works out its answers, in front of the graph, as it cuts texts there.
    """

    def __init__(self, features: int, beside: int, **kwargs: Any) -> None:
        """Set the number of features of a text, G, and of covariates beside it, F."""
        super().__init__(**kwargs)
        self.features, self.width = features, beside

    def build(self, *_: Any) -> None:
        """Make the weights: ``table`` (G, 2), ``bias`` (1,) and ``beside`` (F,)."""
        fixed = {"initializer": "zeros", "trainable": False}
        self.table = self.add_weight(shape=(self.features, 2), name="table", **fixed)
        self.bias = self.add_weight(shape=(1,), name="bias", **fixed)
        self.beside = self.add_weight(shape=(self.width,), name="beside", **fixed)
        self.built = True
