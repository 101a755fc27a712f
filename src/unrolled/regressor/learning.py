"""From texts and numbers to a model: folds, then a plan, then everything again as planned."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from math import inf
from typing import Any

import numpy as np

from unrolled.regressor import folding, ridges, weighing
from unrolled.regressor.counting import NONE, Counting, Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.ensemble import Learnt, Training, claim
from unrolled.regressor.examples import Examples, Indices
from unrolled.regressor.folding import Floats, Fold, Task, with_more, with_taught
from unrolled.regressor.intervals import Doubt, learn, signs, unknown
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.reading import Reading
from unrolled.regressor.text_model import TextModel
from unrolled.regressor.training import Hyperparameters
from unrolled.text import metrics

#: Parameters of ``TextRegressor`` that say nothing of what is learnt.
NOT_LEARNT = ("checkpoint", "verbose", "minutes")
#: The pieces of who reads nothing.
UNREAD = Pieces([*RESERVED])


class Learning:
    """What is learnt from some rows of examples, and how.

    Parameters
    ----------
    params
        Those of :class:`~unrolled.regressor.TextRegressor`.
    data, rows
        Examples, and which of them to learn from.
    also
        Those that only teach, and are never asked.
    then
        How many texts are to be learnt from afterwards, in the same minutes.

    Attributes
    ----------
    plan
        What the folds say.
    reading
        What was read on the way, and how.
    known
        The rows that :meth:`model` learns from where nothing is learnt again.
    out_of_fold
        The out-of-fold answers of each part, of both and of the columns alone, in the unit of the
        targets; by part an array (n,), NaN where a text was not asked.

    """

    def __init__(
        self,
        params: Mapping[str, Any],
        data: Examples,
        rows: Indices,
        also: Indices,
        then: int = 0,
    ) -> None:
        """Ask the folds."""
        start, self.params, self.data, self.also = time.monotonic(), params, data, also
        folds = folding.folds(data, rows, also, params["folds"], params["random_state"])
        task, mean, scale, covariates = self._task(rows)
        folder = None
        if params["checkpoint"] is not None:
            known = {name: value for name, value in params.items() if name not in NOT_LEARNT}
            folder = claim(params["checkpoint"], task, rows, also, known)
        teaching, (counted, besides), grams = ridges.counting(
            task, folds, also, params["random_state"]
        )
        alone = ridges.beside_alone(task, folds) if covariates.width else None
        taught = with_more(folds, also)
        minutes = params["minutes"]
        self.training = Training(
            len(Pieces.fit(data.texts.counts(data.rows), params["vocabulary_size"])),
            Hyperparameters(**{each.name: params[each.name] for each in fields(Hyperparameters)}),
            params["readers"],
            [
                *(len(known) for known, _ in taught),
                *([len(rows) + len(also)] if params["refit"] else []),
                *([then] if then else []),
            ],
            inf if minutes is None else start + 60 * minutes,
            folder,
            params["verbose"],
        )
        self.reading = Reading(params, self.training, also)
        read = self.reading.folds(task, folds, counted, besides)
        if self.reading.settled:
            folds, besides, grams = folds[:1], besides[:1], grams[:1]
            asked = np.isin(np.arange(len(counted)), folds[0][1])
            counted = np.where(asked, counted, np.float32(np.nan))
        kept, way = self.reading.kept, self.reading.way
        self.plan = weighing.plan(task, teaching, counted, read)._replace(
            taught=way.taught, left=way.left, dropout=way.dropout
        )
        if kept and self.plan.share:
            self.plan = self.plan._replace(epochs=len(kept.answers))
        self.known = rows if params["refit"] else folds[0][0]
        parts, share = {"counting": counted}, self.plan.share
        if read:
            planned = read[min(self.plan.epochs, len(read)) - 1]
            best = planned if share else min(read, key=partial(weighing.error, task))
            parts |= {"reading": best, "together": share * best + (1 - share) * counted}
        if alone is not None:
            parts["columns"] = alone
        self.out_of_fold = {
            name: mean + scale * part.astype(np.float64) for name, part in parts.items()
        }
        counts = [(each, UNREAD) for each in grams]
        self._doubts = {0.0: self._doubt(task, folds, counted, counts)}
        if share == 1:
            reads = [(NONE.grams, pieces) for pieces in self.reading.pieces]
            self._doubts[share] = self._doubt(task, folds, best, reads)
        elif share:
            # What each part says of the text alone.
            added = _added(task, folds, besides)
            apart = best - added if way.left else best, counted - added
            self._doubts[share] = self._doubt(task, folds, parts["together"], counts, apart)

    def _doubt(
        self,
        task: Task,
        folds: list[Fold],
        answers: Floats,
        known: Sequence[tuple[Grams, Pieces]],
        apart: tuple[Floats, Floats] | None = None,
    ) -> Doubt:
        """Return what out-of-fold answers tell of their errors.

        ``known`` are the words or pieces that each fold knew, and ``apart`` what is read and what
        is counted of the texts, where both are weighed.
        """
        found, errors = [], []
        for (_, asked), of_fold in zip(folds, known, strict=True):
            read, counted = (each[asked] for each in apart) if apart else (None, answers[asked])
            strange = unknown(task.texts.words(asked), *of_fold)
            found.append(signs(read, counted, task.texts.lengths[asked], strange))
            errors.append((answers - task.targets)[asked])
        return learn(np.concatenate(found), np.concatenate(errors), self.params["random_state"])

    def model(self, name: str, rows: Indices) -> TextModel:
        """Return the model that has learnt as planned from some rows and what only teaches."""
        params, plan, way, kept = self.params, self.plan, self.reading.way, self.reading.kept
        task, mean, scale, covariates = self._task(rows)
        known = rows if params["refit"] else self.known
        of_ridge, counted = with_taught(task, known, self.also, plan.also)
        teaching = plan.alpha, params["random_state"], plan.letters
        ridge = partial(ridges.learn, of_ridge, counted, *teaching)
        nothing = NONE._replace(beside=np.zeros(covariates.width, np.float32))
        counting: Counting | None = None
        vocabulary, learnt = UNREAD, list[Learnt]()
        with self.training.until_interrupted():
            counting = ridge() if plan.share < 1 or way.left else nothing
            if plan.share:
                left = task.less(counting.beside) if way.left else task
                found = kept or self.reading.trained(name, left, rows, rows[:0], plan.epochs)
                # A training that got out of hand has learnt nothing.
                learnt = [one for one in found.learnt if _finite(one)]
                vocabulary = found.pieces if learnt else UNREAD
        share = plan.share if learnt else 0.0
        if counting is None or (not share and counting is nothing):
            counting = ridge()
        beside = counting.beside if way.left else np.float32(1 - share) * counting.beside
        counting = (nothing if share == 1 else counting)._replace(beside=beside)
        doubt = self._doubts[share]
        model = TextModel(
            words=len(counting.grams.words), letters=len(counting.grams.letters),
            beside=covariates.width,
            scores=len(doubt.scores), vocabulary_size=len(vocabulary), readers=len(learnt),
            share=share, mean=mean, scale=scale, dropout=plan.dropout,
            **{name: params[name] for name in ("embedding_dim", "units", "max_length")},
        )  # fmt: skip
        model.build()
        model.vocabulary, model.grams, model.covariates = vocabulary, counting.grams, covariates
        model.counter.set_weights(counting.arrays)
        model.doubt.set_weights(list(doubt))
        for reader, one in zip(model.readers, learnt, strict=True):
            vectors, *others = one.weights
            reader.set_weights([vectors[: len(vocabulary)], *others])
        return model

    def _task(self, rows: Indices) -> tuple[Task, float, float, Covariates]:
        """Return what is to be learnt from some rows, the targets' mean and deviation, and columns.

        Mean, deviation and what stands in the columns are those of the rows.
        """
        data = self.data
        mean, scale = metrics.mean_and_deviation(data.targets[rows], data.weights[rows])
        # What the network computes in; before, and in its answers, all is float64.
        targets = ((data.targets - mean) / scale).astype(np.float32)
        weights = data.weights / data.weights[rows].mean()
        covariates = Covariates.fit(data.text, data.cells, rows)
        beside = covariates.features(data.cells, len(targets))
        return Task(data.texts, targets, weights, data.groups, beside), mean, scale, covariates


def _added(task: Task, folds: Sequence[Fold], besides: Sequence[Floats]) -> Floats:
    """Return what covariates add out of fold, (n,), by each fold's weights of them."""
    added = np.full(len(task.targets), np.nan, np.float32)
    for (_, asked), beside in zip(folds, besides, strict=True):
        added[asked] = task.beside[asked] @ beside
    return added


def _finite(learnt: Learnt) -> bool:
    return all(np.isfinite(weights).all() for weights in learnt.weights)
