"""The whole text regressor as one Keras model, from strings to numbers, and as one file.

Networks read, a sum counts, and both answer the same text. Both see a batch as
:class:`unrolled.regressor.encoding.Batch`: every different token once, as the pieces that it is
made of. Names that a file depends on stand in :mod:`unrolled.regressor.portable.names`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable.file import ModelFile
from unrolled.regressor.portable.names import FORMAT, MODEL, PACKAGE, VOCABULARY, of_today

#: Of every weight and every sum, whatever Keras is set to: a file holds no other numbers.
DTYPE = "float32"


class Part(keras.layers.Layer):
    """A layer of float32, whatever Keras is set to, that can be sent to another process."""

    def __init__(self, **kwargs: Any) -> None:
        """Fix the kind of numbers."""
        super().__init__(**{**kwargs, "dtype": DTYPE})

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
        self.both_ways = keras.layers.Bidirectional(
            keras.layers.LSTM(units, return_sequences=True, dtype=DTYPE),
            name="both_ways",
            dtype=DTYPE,
        )
        self.drop_pooled = keras.layers.Dropout(dropout, dtype=DTYPE)
        self.readout = keras.layers.Dense(1, name="readout", dtype=DTYPE)

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
        x = self.drop_vectors(self.vectors(*batch), training=training)
        h = self.both_ways(x, mask=mask, training=training)
        real = ops.cast(mask, h.dtype)[..., None]
        mean = ops.sum(h * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
        # An output of an LSTM lies above -1, so a padded step never is the highest.
        highest = ops.max(h * real - 2 * (1 - real), axis=1)
        pooled = ops.concatenate([mean, highest], axis=-1)
        return self.readout(self.drop_pooled(pooled, training=training))


class Counter(Part):
    """A weighted count of pieces, see :mod:`unrolled.regressor.counting`, as a layer.

    Each piece has two numbers, both fixed: what it adds to the sum, and what it adds to the
    number by whose root the sum is divided.
    """

    def __init__(self, vocabulary_size: int, **kwargs: Any) -> None:
        """Set the number of piece ids, V."""
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size

    def build(self, *_: Any) -> None:
        """Make the weights: ``table`` (V, 2) and ``bias`` (1,)."""
        fixed = {"initializer": "zeros", "trainable": False}
        self.table = self.add_weight(shape=(self.vocabulary_size, 2), name="table", **fixed)
        self.bias = self.add_weight(shape=(1,), name="bias", **fixed)
        self.built = True

    def call(self, batch: Any) -> Any:
        """Turn a :class:`~unrolled.regressor.encoding.Batch` into numbers (N, 1)."""
        words, pieces, owners = batch
        sums = ops.segment_sum(ops.take(self.table, pieces, axis=0), owners, sorted=True)
        both = ops.sum(ops.take(sums, words, axis=0), axis=1)
        return both[:, :1] / ops.sqrt(ops.maximum(both[:, 1:], 1e-12)) + self.bias


@keras.saving.register_keras_serializable(package=PACKAGE, name=MODEL)
class TextModel(keras.Model):
    """Strings (N,) in, numbers (N, 1) out: readers and a counter, weighed against each other.

    Parameters
    ----------
    vocabulary_size, embedding_dim, units, dropout
        As for :class:`Reader`.
    readers
        How many networks read; their answers are averaged.
    share
        The weight of the readers' answer, 0 to 1; the counter has the rest.
    mean, scale
        The answer is ``mean + scale * (share * reading + (1 - share) * counting)``.
    max_length
        The most tokens that are read of one text.
    about
        What else the file tells: settings, metrics, versions. JSON values only.

    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        embedding_dim: int,
        units: int,
        readers: int,
        dropout: float = 0.0,
        share: float = 1.0,
        mean: float = 0.0,
        scale: float = 1.0,
        max_length: int,
        about: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make the readers and the counter; the vocabulary is set or loaded afterwards."""
        super().__init__(**{"name": "text_model", **kwargs, "dtype": DTYPE})
        sizes = {"vocabulary_size": vocabulary_size, "embedding_dim": embedding_dim, "units": units}
        self.config: dict[str, Any] = {
            **sizes, "readers": readers, "dropout": dropout, "share": share, "mean": mean,
            "scale": scale, "max_length": max_length, "about": dict(about or {}),
        }  # fmt: skip
        self.counter = Counter(vocabulary_size, name="counter")
        self.readers = [
            Reader(**sizes, dropout=dropout, name=f"reader_{k}") for k in range(readers)
        ]
        self.vocabulary = Pieces(list(RESERVED))

    def build(self, *_: Any) -> None:
        """Make all weights, unless they are there."""
        for part in self.parts:
            if not part.built:
                part.build()
        self.built = True

    @property
    def parts(self) -> list[keras.layers.Layer]:
        """The layers that hold all weights: the counter, then the readers."""
        return [self.counter, *self.readers]

    def call(self, texts: Any, training: bool = False) -> Any:
        """Turn strings (N,) or (N, 1) into numbers (N, 1)."""
        strings = tf.reshape(texts, (-1,))
        parts = tf.numpy_function(self._encode, [strings], [tf.int32] * 3, stateful=False)
        batch = [
            tf.ensure_shape(part, shape)
            for part, shape in zip(parts, [(None, None), (None,), (None,)], strict=True)
        ]
        return self.answer(batch, training)

    def answer(self, batch: Any, training: bool = False) -> Any:
        """Turn a :class:`~unrolled.regressor.encoding.Batch` into numbers (N, 1), in float64.

        float32, in which the parts compute, would round a time in seconds to two minutes.
        """
        config = self.config
        answers = [reader(batch, training=training) for reader in self.readers]
        read = sum(answers) / len(answers)
        both = config["share"] * read + (1 - config["share"]) * self.counter(batch)
        return config["mean"] + config["scale"] * ops.cast(both, "float64")

    def _encode(self, strings: NDArray[Any]) -> tuple[NDArray[np.int32], ...]:
        decoded = (string.decode("utf-8", "replace") for string in strings)
        texts = tokenize(decoded, max_length=self.config["max_length"])
        return tuple(Encoded(texts, self.vocabulary).batch(np.arange(len(texts))))

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a model again."""
        return {**super().get_config(), **self.config, "format": FORMAT}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "TextModel":
        """Make a model from what :meth:`get_config` returned, in this version or an older one.

        Raises ``ValueError`` for another format, whatever else stands in its config.
        """
        config = dict(of_today(config))
        found = config.pop("format", None)
        if found != FORMAT:
            raise ValueError(
                f"expected a model file of format 1 to {FORMAT}, got format {found}: "
                "it needs another version of unrolled"
            )
        model: TextModel = super().from_config(config, custom_objects)
        # Here, for Keras passes over the weights in a file if nothing in it says to make them.
        model.build()
        return model

    @classmethod
    def of(
        cls, config: dict[str, Any], vocabulary: Pieces, weights: Iterable[Sequence[Any]]
    ) -> "TextModel":
        """Make a model of its config, its vocabulary and the arrays of each of its parts.

        Raises ``ValueError`` unless every weight is given, and no other, in its shape.
        """
        model = cls(**config)
        model.build()
        model.vocabulary = vocabulary
        for part, arrays in zip(model.parts, weights, strict=True):
            part.set_weights(arrays)
        return model

    @classmethod
    def of_file(cls, content: ModelFile) -> "TextModel":
        """Make the model that stands in a file; Keras itself never sees the file."""
        return cls.of(content.config._asdict(), content.pieces, content.weights.parts)

    def is_in(self, content: ModelFile) -> bool:
        """Tell whether a file holds this model, to the last bit of the last weight."""
        config, about = dict(self.config), json.dumps(self.config["about"])
        same = {**content.config._asdict(), "about": json.dumps(content.config.about)}
        ours = [array for part in self.parts for array in part.get_weights()]
        theirs = [array for part in content.weights.parts for array in part]
        return (
            {**config, "about": about} == same
            and content.pieces == self.vocabulary
            and len(ours) == len(theirs)
            and all(map(np.array_equal, ours, theirs))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: what :meth:`of` takes."""
        plain = json.loads(json.dumps(self.config))  # Keras puts a tracker on every dict.
        return self.of, (plain, self.vocabulary, [part.get_weights() for part in self.parts])

    def save_assets(self, inner_path: str) -> None:
        """Write the vocabulary beside the weights."""
        names = json.dumps(self.vocabulary.names)
        (Path(inner_path) / VOCABULARY).write_text(names, encoding="utf-8")

    def load_assets(self, inner_path: str) -> None:
        """Read the vocabulary."""
        names = json.loads((Path(inner_path) / VOCABULARY).read_text(encoding="utf-8"))
        self.vocabulary = Pieces(names)


def of_batches(answer: Callable[[Any], Any]) -> keras.Model:
    """Return a Keras model of a ``Batch`` from what turns its three arrays into (N, 1)."""
    symbols = [
        keras.Input((None,), dtype="int32", name="words"),
        keras.Input((), dtype="int32", name="pieces"),
        keras.Input((), dtype="int32", name="owners"),
    ]
    return keras.Model(symbols, answer(symbols))
