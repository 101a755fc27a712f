"""The ridge that a network has to beat: linear in all that it is shown, at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.rounding import rounded
from unrolled.experiments.transformer.tasks import Task
from unrolled.text import baselines


def fitted(task: Task, shown: int, penalties: Sequence[float], pairs: bool) -> dict[str, Any]:
    """Return the ``score`` of a ridge on the test part, and what was tried on the validation part.

    Of texts it counts words, and ``pairs`` of neighbouring ones too; of numbers it takes every
    feature of every step. Where sequences come without an end it learns from ``shown`` of them.
    The penalty is the one that errs least on the validation part.
    """
    answers, tried = {}, {}
    train = None if task.texts else task.draw(np.random.default_rng(0), shown)
    for penalty in penalties:
        answer = _counted(task, penalty, pairs) if task.texts else _flat(task, train, penalty)
        validation, answers[penalty] = answer
        tried[penalty] = float(np.mean((validation - task.validation.targets) ** 2))
    best = min(tried, key=tried.__getitem__)
    return {
        "score": rounded(task.score(answers[best], task.test.targets)),
        "penalty": best,
        "search": {str(penalty): rounded(loss) for penalty, loss in tried.items()},
    }


def _counted(task: Task, penalty: float, pairs: bool) -> tuple[Array, Array]:
    """Return what a ridge on counted words answers to the validation and the test part."""
    if task.texts is None:
        raise ValueError("expected a task with texts, got none")
    train = task.texts.train
    scale = train.targets.std()
    model = baselines.word_ridge(
        train.texts, (train.targets - train.targets.mean()) / scale, penalty, 1 + pairs
    )
    validation, test = (
        model.predict(part.texts)[:, None] for part in (task.texts.validation, task.texts.test)
    )
    return validation, test


def _flat(task: Task, train: Any, penalty: float) -> tuple[Array, Array]:
    """Return the same of a ridge on all numbers of a sequence, side by side."""
    from sklearn.linear_model import Ridge

    count = len(train.x)
    model = Ridge(alpha=penalty).fit(train.x.reshape(count, -1), train.targets.reshape(count, -1))
    validation, test = (
        np.asarray(model.predict(part.x.reshape(len(part.x), -1))).reshape(part.targets.shape)
        for part in (task.validation, task.test)
    )
    return validation, test
