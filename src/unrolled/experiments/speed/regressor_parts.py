"""The two parts of the text regressor, each learning by itself, to be timed one at a time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor import counting
from unrolled.regressor.encoded import Library
from unrolled.regressor.estimator import TextRegressor
from unrolled.regressor.examples import Example, Rows, collect
from unrolled.regressor.learning import Settings, Task, Trainee
from unrolled.regressor.pieces import Pieces
from unrolled.text import Corpus


class Prepared(NamedTuple):
    """Encoded texts, those to learn from first: what either part begins with.

    ``targets`` float32 (n,) have mean 0 and deviation 1 over the rows ``train``.
    """

    library: Library
    vocabulary: Pieces
    targets: NDArray[np.float32]
    train: Rows
    validation: Rows


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
    vocabulary = Pieces.fit(data.encoded.counts(first), TextRegressor().pieces)
    learnt = data.targets[first]
    targets = (data.targets - learnt.mean()) / (learnt.std() or 1)
    return Prepared(Library(data.encoded, vocabulary), vocabulary, targets, first, second)


def counter(prepared: Prepared) -> counting.Weights:
    """Return what the counting part has learnt."""
    library, vocabulary, targets, train, _ = prepared
    return counting.learn(library, len(vocabulary), train, targets[train])


def reader(prepared: Prepared, settings: dict[str, Any], seed: int = 0) -> Trainee:
    """Return the reading part before its first step, with settings of ``TextRegressor``."""
    library, vocabulary, targets, train, validation = prepared
    task = Task(
        library,
        len(vocabulary),
        targets,
        weights=np.ones_like(targets),
        train=train,
        validation=validation,
        counted=np.zeros(len(validation), np.float32),
    )
    return Trainee(task, Settings(**{**settings, "seed": seed}))
