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

from unrolled.regressor.counting import Counting, Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.intervals import SIGNS
from unrolled.regressor.layers import DTYPE, Counter, Doubts, Part, Reader
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable.file import ModelFile
from unrolled.regressor.portable.names import (
    COVARIATES,
    FORMAT,
    GRAMS,
    MODEL,
    PACKAGE,
    VOCABULARY,
    WEIGHTS,
)
from unrolled.regressor.portable.weights import KIND, Sizes
from unrolled.regressor.portable.weights import read as read_weights


@keras.saving.register_keras_serializable(package=PACKAGE, name=MODEL)
class TextModel(keras.Model):
    """Strings (N,) in, numbers (N, 1) out: readers and a counter, weighed against each other.

    With covariates it takes a pair, the strings and their features (N, F).

    Parameters
    ----------
    words, letters
        How many words and pairs, and how many runs of letters, are counted; there may be none.
    beside
        How many features stand beside a text, F; there may be none.
    scores
        How many ratios of errors there are to make intervals of; there may be none.
    vocabulary_size, embedding_dim, units, dropout
        As for :class:`Reader`.
    readers
        How many networks read; their answers are averaged. There may be none.
    share
        The weight of the readers' answer, 0 to 1; the counter has the rest.
    mean, scale
        The answer is ``mean + scale * (share * reading + (1 - share) * counting + beside)``.
    max_length
        The most tokens that are read of one text.
    about
        What else the file tells: settings, metrics, versions. JSON values only.

    """

    def __init__(
        self,
        *,
        words: int,
        letters: int,
        beside: int = 0,
        scores: int = 0,
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
        """Make the readers and the counter; the vocabularies are set or loaded afterwards."""
        super().__init__(**{"name": "text_model", **kwargs, "dtype": DTYPE})
        sizes = {"vocabulary_size": vocabulary_size, "embedding_dim": embedding_dim, "units": units}
        self.config: dict[str, Any] = {
            "words": words, "letters": letters, "beside": beside, "scores": scores, **sizes,
            "readers": readers, "dropout": dropout, "share": share, "mean": mean, "scale": scale,
            "max_length": max_length, "about": dict(about or {}),
        }  # fmt: skip
        self.counter = Counter(words + letters, beside, name="counter")
        self.doubt = Doubts(SIGNS, scores, name="doubt")
        self.readers = [
            Reader(**sizes, dropout=dropout, name=f"reader_{k}") for k in range(readers)
        ]
        self.vocabulary, self.grams = Pieces(list(RESERVED)), Grams([], [])
        self.covariates = Covariates()

    def build(self, *_: Any) -> None:
        """Make all weights, unless they are there."""
        for part in self.parts:
            if not part.built:
                part.build()
        self.built = True

    @property
    def parts(self) -> list[Part]:
        """The layers that hold all weights: the counter, the doubts, then the readers."""
        return [self.counter, self.doubt, *self.readers]

    def call(self, texts: Any, training: bool = False) -> Any:
        """Turn strings (N,) or (N, 1) into numbers (N, 1), or a pair of them and features (N, F).

        Raises ``ValueError`` for strings alone where the model has learnt from covariates.
        """
        width, added = self.config["beside"], 0.0
        if isinstance(texts, list | tuple):
            texts, features = texts
            added = self.added(features)[:, None]
        elif width:
            raise ValueError(f"expected strings (N,) and features (N, {width}), got strings alone")
        strings = tf.reshape(texts, (-1,))
        kinds = [tf.int32] * 3 + [tf.float32]
        parts = tf.numpy_function(self._encode, [strings], kinds, stateful=False)
        shapes = [(None, None), (None,), (None,), (None,)]
        *batch, counted = map(tf.ensure_shape, parts, shapes)
        read = self.read(batch, training) if self.readers else None
        return self.together(read, counted[:, None], added)

    def added(self, features: Any) -> Any:
        """Return what covariates (N, F) add to an answer, (N,)."""
        return ops.matmul(ops.cast(features, DTYPE), self.counter.beside[:, None])[:, 0]

    def read(self, batch: Any, training: bool = False) -> Any:
        """Turn a :class:`~unrolled.regressor.encoding.Batch` into what is read of it, (N, 1)."""
        return sum(reader(batch, training=training) for reader in self.readers) / len(self.readers)

    def together(self, read: Any, counted: Any, added: Any = 0.0) -> Any:
        """Return the answers, in float64, to texts of which so much was read and counted.

        float32, in which the parts compute, would round a time in seconds to two minutes.
        ``read`` is None where there is no reader; ``added`` is what covariates add.
        """
        config = self.config
        both = (1 - config["share"]) * counted
        if read is not None:
            both = config["share"] * read + both
        return config["mean"] + config["scale"] * ops.cast(both + added, "float64")

    @property
    def counting(self) -> Counting:
        """The ridge, to answer with."""
        table, bias, beside = map(np.asarray, self.counter.weights)
        return Counting(self.grams, table, float(bias[0]), beside)

    def _encode(self, strings: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        decoded = (string.decode("utf-8", "replace") for string in strings)
        texts = tokenize(decoded, max_length=self.config["max_length"])
        rows = np.arange(len(texts))
        batch = Encoded(texts, self.vocabulary).batch(rows)
        return *batch, self.counting.answers(texts.words(rows))

    def get_config(self) -> dict[str, Any]:
        """Return what ``from_config`` needs to make such a model again."""
        return {**super().get_config(), **self.config, "format": FORMAT}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "TextModel":
        """Make a model from what :meth:`get_config` returned.

        Raises ``ValueError`` for another format, whatever else stands in its config.
        """
        config = dict(config)
        found = config.pop("format", None)
        if found != FORMAT:
            raise ValueError(
                f"expected a model file of format {FORMAT}, got format {found}: "
                "it needs another version of unrolled"
            )
        model: TextModel = super().from_config(config, custom_objects)
        # Here, for Keras passes over the weights in a file if nothing in it says to make them.
        model.build()
        return model

    @classmethod
    def of(
        cls,
        config: dict[str, Any],
        vocabulary: Pieces,
        grams: Grams,
        covariates: Covariates,
        weights: Iterable[Sequence[Any]],
    ) -> "TextModel":
        """Make a model of its config, vocabularies and columns and the arrays of each of its parts.

        Raises ``ValueError`` unless every weight is given, and no other, in its shape.
        """
        model = cls(**config)
        model.build()
        model.vocabulary, model.grams, model.covariates = vocabulary, grams, covariates
        for part, arrays in zip(model.parts, weights, strict=True):
            part.set_weights(arrays)
        return model

    @classmethod
    def of_file(cls, content: ModelFile) -> "TextModel":
        """Make the model that stands in a file; Keras itself never sees the file."""
        config, pieces, grams, covariates, weights = content
        return cls.of(config._asdict(), pieces, grams, covariates, weights.parts)

    def is_in(self, content: ModelFile) -> bool:
        """Tell whether a file holds this model, to the last bit of the last weight."""
        config, about = dict(self.config), json.dumps(self.config["about"])
        same = {**content.config._asdict(), "about": json.dumps(content.config.about)}
        ours = [array for part in self.parts for array in part.get_weights()]
        theirs = [array for part in content.weights.parts for array in part]
        return (
            {**config, "about": about} == same
            and content[1:4] == (self.vocabulary, self.grams, self.covariates)
            and len(ours) == len(theirs)
            and all(map(np.array_equal, ours, theirs))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: what :meth:`of` takes."""
        plain = json.loads(json.dumps(self.config))  # Keras puts a tracker on every dict.
        weights = [part.get_weights() for part in self.parts]
        return self.of, (plain, self.vocabulary, self.grams, self.covariates, weights)

    def save_assets(self, inner_path: str) -> None:
        """Write the vocabularies, the columns and the weights."""
        assets = {
            VOCABULARY: self.vocabulary.names,
            GRAMS: {"words": self.grams.words, "letters": self.grams.letters},
            COVARIATES: self.covariates.to_json(),
        }
        for name, content in assets.items():
            (Path(inner_path) / name).write_text(json.dumps(content), encoding="utf-8")
        with (Path(inner_path) / WEIGHTS).open("wb") as file:
            for part in self.parts:
                for array in part.get_weights():
                    file.write(array.astype(KIND).tobytes())

    def load_assets(self, inner_path: str) -> None:
        """Read the vocabularies, the columns and the weights."""
        names, counted, beside = (
            json.loads((Path(inner_path) / name).read_text(encoding="utf-8"))
            for name in (VOCABULARY, GRAMS, COVARIATES)
        )
        self.vocabulary, self.grams = Pieces(names), Grams(**counted)
        self.covariates = Covariates.from_json(beside)
        found = read_weights((Path(inner_path) / WEIGHTS).read_bytes(), Sizes.of(self.config))
        for part, arrays in zip(self.parts, found.parts, strict=True):
            part.set_weights(arrays)

    def save_weights(self, *_: Any, **__: Any) -> None:
        """Raise ``NotImplementedError``: Keras would write a file in which no weight is."""
        raise NotImplementedError("expected to save the whole model, with save(), got its weights")

    def load_weights(self, *_: Any, **__: Any) -> None:
        """Raise ``NotImplementedError``: Keras would read nothing."""
        raise NotImplementedError("expected to load a whole model, got weights alone")


def of_batches(answer: Callable[[Any], Any]) -> keras.Model:
    """Return a Keras model of a ``Batch`` from what turns its three arrays into (N, 1)."""
    symbols = [
        keras.Input((None,), dtype="int32", name="words"),
        keras.Input((), dtype="int32", name="pieces"),
        keras.Input((), dtype="int32", name="owners"),
    ]
    return keras.Model(symbols, answer(symbols))
