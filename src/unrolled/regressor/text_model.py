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
from unrolled.regressor.layers import DTYPE, Counter, Part, Reader
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable.file import ModelFile
from unrolled.regressor.portable.names import FORMAT, MODEL, PACKAGE, VOCABULARY, of_today


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
    def parts(self) -> list[Part]:
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
