"""The whole text regressor as one Keras model, from strings to numbers, and as one file."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unrolled.regressor.encoded import Encoder, Library
from unrolled.regressor.layers import Counter, Reader
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable.archive import VOCABULARY
from unrolled.regressor.portable.file import FORMAT


@keras.saving.register_keras_serializable(package="unrolled")
class TextModel(keras.Model):
    """Strings (N,) in, numbers (N, 1) out: readers and a counter, weighed against each other.

    Parameters
    ----------
    pieces, width, units, dropout
        As for :class:`~unrolled.regressor.layers.Reader`.
    readers
        How many networks read; their answers are averaged.
    share
        The weight of the readers' answer, 0 to 1; the counter has the rest.
    mean, scale
        The answer is ``mean + scale * (share * reading + (1 - share) * counting)``.
    longest
        The most tokens that are read of one text.
    about
        What else the file tells: settings, metrics, versions. JSON values only.

    """

    def __init__(
        self,
        *,
        pieces: int,
        width: int,
        units: int,
        readers: int,
        dropout: float = 0.0,
        share: float = 1.0,
        mean: float = 0.0,
        scale: float = 1.0,
        longest: int,
        about: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make the readers and the counter; the vocabulary is set or loaded afterwards."""
        super().__init__(**kwargs)
        self.settings: dict[str, Any] = {
            "pieces": pieces, "width": width, "units": units, "readers": readers,
            "dropout": dropout, "share": share, "mean": mean, "scale": scale,
            "longest": longest, "about": dict(about or {}),
        }  # fmt: skip
        self.counter = Counter(pieces, name="counter")
        self.readers = [
            Reader(pieces, width, units, dropout, name=f"reader_{k}") for k in range(readers)
        ]
        self.vocabulary = Pieces(list(RESERVED))

    def build(self, *_: Any) -> None:
        """Make all weights."""
        self.counter.build()
        for reader in self.readers:
            reader.build()
        self.built = True

    def call(self, texts: Any, training: bool = False) -> Any:
        """Turn strings (N,) or (N, 1) into numbers (N, 1)."""
        strings = tf.reshape(texts, (-1,))
        parts = tf.numpy_function(self._encode, [strings], [tf.int32] * 3, stateful=False)
        reading = [
            tf.ensure_shape(part, shape)
            for part, shape in zip(parts, [(None, None), (None,), (None,)], strict=True)
        ]
        return self.answer(reading, training)

    def answer(self, reading: Any, training: bool = False) -> Any:
        """Turn a :class:`~unrolled.regressor.encoded.Reading` into numbers (N, 1)."""
        settings = self.settings
        answers = [reader(reading, training=training) for reader in self.readers]
        read = sum(answers) / len(answers)
        both = settings["share"] * read + (1 - settings["share"]) * self.counter(reading)
        return settings["mean"] + settings["scale"] * both

    def _encode(self, strings: NDArray[Any]) -> tuple[NDArray[np.int32], ...]:
        encoder = Encoder(longest=self.settings["longest"])
        for string in strings:
            encoder.add(string.decode("utf-8", "replace"))
        encoded = encoder.finish()
        return tuple(Library(encoded, self.vocabulary).read(np.arange(encoded.texts)))

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a model again."""
        return {**super().get_config(), **self.settings, "format": FORMAT}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "TextModel":
        """Make a model from what :meth:`get_config` returned.

        Raises ``ValueError`` for another format, whatever else stands in its config.
        """
        settings = dict(config)
        found = settings.pop("format", None)
        if found != FORMAT:
            raise ValueError(
                f"expected a model file of format {FORMAT}, got format {found}: "
                "it needs another version of unrolled"
            )
        model: TextModel = super().from_config(settings, custom_objects)
        return model

    def save_assets(self, inner_path: str) -> None:
        """Write the vocabulary beside the weights."""
        names = json.dumps(self.vocabulary.names)
        (Path(inner_path) / VOCABULARY).write_text(names, encoding="utf-8")

    def load_assets(self, inner_path: str) -> None:
        """Read the vocabulary."""
        names = json.loads((Path(inner_path) / VOCABULARY).read_text(encoding="utf-8"))
        self.vocabulary = Pieces(names)
