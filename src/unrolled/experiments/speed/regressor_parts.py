"""The two parts of the text regressor, each by itself, to be timed one at a time; and a whole."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor import TextRegressor
from unrolled.regressor.counting import Counted, Counting
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import MAX_LENGTH, Example, Indices, collect
from unrolled.regressor.intervals import NONE
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.text_model import TextModel
from unrolled.regressor.training import Hyperparameters, Trainee, TrainingData
from unrolled.text import Corpus


class Prepared(NamedTuple):
    """Encoded texts, those to learn from first: what either part begins with.

    ``targets`` float32 (n,) have mean 0 and deviation 1 over the rows ``train``.
    """

    encoded: Encoded
    targets: NDArray[np.float32]
    train: Indices
    validation: Indices


def prepare(train: Corpus, validation: Corpus) -> Prepared:
    """Cut the texts of two corpora into tokens, learn the pieces of the first, look all up.

    >>> corpus = Corpus(["ten to six", "six to ten"], [350, 594])
    >>> prepare(corpus, corpus).targets
    array([-1.,  1., -1.,  1.], dtype=float32)
    """
    both = zip(
        [*train.texts, *validation.texts], [*train.targets, *validation.targets], strict=True
    )
    data = collect(Example(text, float(target)) for text, target in both)
    rows = np.arange(len(data.targets))
    first, second = rows[: len(train)], rows[len(train) :]
    pieces = Pieces.fit(data.texts.counts(first), TextRegressor().vocabulary_size)
    learnt = data.targets[first]
    targets = ((data.targets - learnt.mean()) / (learnt.std() or 1)).astype(np.float32)
    return Prepared(Encoded(data.texts, pieces), targets, first, second)


def counter(prepared: Prepared) -> Counting:
    """Return what the counting part has learnt, at a penalty of 1."""
    encoded, targets, train, _ = prepared
    counted = Counted(encoded.texts.words(train))
    return counted.learn(targets[train], np.ones(len(train)), 1.0)


def reader(prepared: Prepared, settings: dict[str, Any], seed: int = 0) -> Trainee:
    """Return the reading part before its first step, with settings of ``TextRegressor``."""
    encoded, targets, train, validation = prepared
    data = TrainingData(
        encoded,
        targets,
        weights=np.ones_like(targets),
        known=train,
        asked=validation,
    )
    return Trainee(data, Hyperparameters(**{**settings, "random_state": seed}))


def whole(prepared: Prepared, settings: dict[str, Any], mean: float, scale: float) -> TextModel:
    """Return a model of both parts, half and half; its reader has learnt for one epoch."""
    counting, trainee = counter(prepared), reader(prepared, settings)
    trainee.go_on()
    pieces, grams = prepared.encoded.pieces, counting.grams
    config = {
        **{name: settings[name] for name in ("embedding_dim", "units", "dropout")},
        "words": len(grams.words), "letters": len(grams.letters), "vocabulary_size": len(pieces),
        "readers": 1, "share": 0.5, "mean": mean, "scale": scale, "max_length": MAX_LENGTH,
    }  # fmt: skip
    weights = [counting.arrays, list(NONE), trainee.network.reader.get_weights()]
    return TextModel.of(config, pieces, grams, Covariates(), weights)
