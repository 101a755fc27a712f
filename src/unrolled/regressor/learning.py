"""From texts and numbers to a model: folds, then a plan, then everything again as planned."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from math import ceil, inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor import weighing
from unrolled.regressor.counting import NONE, Counting, Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.ensemble import Learnt, Training, claim
from unrolled.regressor.examples import Examples, Indices
from unrolled.regressor.intervals import Doubt, learn, signs, unknown
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.text_model import TextModel
from unrolled.regressor.training import Hyperparameters, TrainingData
from unrolled.regressor.weighing import Fold, Task
from unrolled.text import metrics

Floats = NDArray[np.float32]
#: Parameters of ``TextRegressor`` that say nothing of what is learnt.
NOT_LEARNT = ("checkpoint", "verbose", "minutes")
#: Where an error is less than so many deviations of the targets, little of them is noise.
LITTLE = 0.4
#: Then so many steps on a fold are tried, and so many times the epochs at most.
STEPS, LONGEST = 1800, 4
#: Pieces, and what readers have learnt of them.
Found = tuple[Pieces, list[Learnt]]


class Way(NamedTuple):
    """How readers learn: how much a text counts that only teaches, their dropout and epochs."""

    taught: float
    dropout: float
    epochs: int


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
    history
        For each reader of each training, epoch by epoch, what happened; ``names`` are theirs.
    known
        The rows that :meth:`model` learns from where nothing is learnt again.
    given_up
        Whether the first fold was enough to see that reading does not help.
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
        folds = weighing.folds(data, rows, also, params["folds"], params["random_state"])
        task, mean, scale, covariates = self._task(rows)
        folder = None
        if params["checkpoint"] is not None:
            known = {name: value for name, value in params.items() if name not in NOT_LEARNT}
            folder = claim(params["checkpoint"], task, rows, also, known)
        teaching, (counted, besides), grams = weighing.counting(
            task, folds, also, params["random_state"]
        )
        alone = weighing.beside_alone(task, folds) if covariates.width else None
        taught = weighing.with_more(folds, also)
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
        self.history: list[list[dict[str, float]]] = []
        self.names: list[str] = []
        self._pieces: list[Pieces] = []
        self._kept: Found | None = None
        self.given_up, self.way = False, Way(0.0, float(params["dropout"]), params["epochs"])
        read = self._read(task, folds, counted, besides)
        if not params["refit"]:
            read = read[-1:] if self._kept else []
        self.plan = weighing.plan(task, teaching, counted, read)._replace(
            taught=self.way.taught, dropout=self.way.dropout
        )
        if self._kept and self.plan.share:
            self.plan = self.plan._replace(epochs=max(len(one.history) for one in self._kept[1]))
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
        self._doubts = {0.0: self._doubt(task, folds, parts, grams)}
        if share:
            pieces = self._pieces if share == 1 else []
            self._doubts[share] = self._doubt(task, folds, parts, grams, pieces, read=True)

    def _doubt(
        self,
        task: Task,
        folds: list[Fold],
        parts: Mapping[str, Floats],
        grams: list[Grams],
        pieces: Sequence[Pieces] = (),
        read: bool = False,
    ) -> Doubt:
        """Return what the out-of-fold answers tell of their errors, of counting or of both.

        ``pieces`` are given where nothing is counted: what is unknown is told by them then.
        """
        found, errors = [], []
        answers = parts["together" if read else "counting"]
        apart = parts["reading"] if read and not pieces else None
        for number, (_, asked) in enumerate(folds):
            known = (NONE.grams, pieces[number]) if pieces else (grams[number], Pieces([*RESERVED]))
            found.append(
                signs(
                    None if apart is None else apart[asked], parts["counting"][asked],
                    task.texts.lengths[asked], unknown(task.texts.words(asked), *known),
                )
            )  # fmt: skip
            errors.append((answers - task.targets)[asked])
        return learn(np.concatenate(found), np.concatenate(errors), self.params["random_state"])

    def model(self, name: str, rows: Indices) -> TextModel:
        """Return the model that has learnt as planned from some rows and what only teaches."""
        params, plan = self.params, self.plan
        task, mean, scale, covariates = self._task(rows)
        known = rows if params["refit"] else self.known
        of_ridge, counted = weighing.with_taught(task, known, self.also, plan.also)
        teaching = plan.alpha, params["random_state"], plan.letters
        ridge = partial(weighing.learn, of_ridge, counted, *teaching)
        counting: Counting | None = None
        vocabulary, learnt = Pieces([*RESERVED]), list[Learnt]()
        with self.training.until_interrupted():
            counting = ridge() if plan.share < 1 or covariates.width else NONE
            if plan.share and self._kept:
                vocabulary, learnt = self._kept
            elif plan.share:
                left = task.less(counting.beside)
                vocabulary, learnt = self._trained(name, left, rows, rows[:0], plan.epochs)
                # A training that got out of hand has learnt nothing.
                learnt = [one for one in learnt if all(np.isfinite(w).all() for w in one.weights)]
        share = plan.share if learnt else 0.0
        if not learnt:
            vocabulary = Pieces([*RESERVED])
            counting = ridge() if counting is None or counting is NONE else counting
        if learnt and plan.share == 1:
            counting = NONE._replace(beside=counting.beside)
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

    def _trained(self, name: str, task: Task, known: Indices, asked: Indices, epochs: int) -> Found:
        """Return what readers have learnt from texts, and the pieces, which are of those alone."""
        task, known = weighing.with_taught(task, known, self.also, self.way.taught)
        pieces = Pieces.fit(task.texts.counts(known), self.params["vocabulary_size"])
        encoded = Encoded(task.texts, pieces)
        learnt_from = TrainingData(encoded, task.targets, task.weights, known, asked)
        learnt = self.training.train(name, learnt_from, epochs, self.way.dropout)
        self.history += [each.history for each in learnt]
        self.names += [name] * len(learnt)
        return pieces, learnt

    def _read(
        self, task: Task, folds: list[Fold], counted: Floats, besides: list[Floats]
    ) -> list[Floats]:
        """Return the out-of-fold answers (n,) of the readers after every epoch, NaN if not asked.

        Where the readers of a fold were stopped before, their last answers stand. They learn what
        the covariates leave, by the weights ``besides`` of each fold, and these are added again.
        Where the first fold does not let hope that reading helps beside what is ``counted``,
        nothing is read.
        """
        most = self.params["epochs"] * LONGEST
        read = np.full((most, len(task.targets)), np.nan, np.float32)
        with self.training.until_interrupted():
            for number, (fold, beside) in enumerate(zip(folds, besides, strict=True), start=1):
                name, left, asked = f"fold {number} of {len(folds)}", task.less(beside), fold[1]
                found = self._trained(name, left, *fold, self.way.epochs)
                if number == 1 and found[1]:
                    alone = weighing.error(task, counted, _mask(len(counted), asked))
                    found = self._best_way(name, left, fold, alone, found)
                pieces, learnt = found
                self._pieces.append(pieces)
                if not learnt:
                    break  # No reader, no time, or Ctrl-C.
                lasts = [np.minimum(np.arange(len(read)), len(one.history) - 1) for one in learnt]
                each = [one.read[places] for one, places in zip(learnt, lasts, strict=True)]
                read[:, asked] = np.mean(each, axis=0) + task.beside[asked] @ beside
                if number == 1 < len(folds):
                    seen = list(read[: max(map(len, self.history))])
                    self.given_up = not weighing.promises(task, counted, seen, asked)
                    if self.given_up:
                        break
        places = np.concatenate([asked for _, asked in folds])
        # As long as all are numbers, which they are not where a training got out of hand.
        told = read[: max(map(len, self.history), default=0)]
        good = int(np.isfinite(told[:, places]).all(axis=1).cumprod().sum())
        if not self.params["refit"] and 0 < good == len(told):
            self._kept = found
        return list(told[:good])

    def _best_way(self, name: str, task: Task, fold: Fold, counting: float, found: Found) -> Found:
        """Return what is found in the first fold in the best way to read, which is kept.

        Where something only teaches, it is tried for the readers; and where their error or that of
        ``counting`` is so small that there is little noise, they are tried without dropout and
        for longer.
        """
        chosen, texts = self.params["epochs"], len(fold[0]) + len(self.also)

        def tried(way: Way, how: str, found: Found) -> Found:
            before, self.way = self.way, way
            self.training.expect(round(texts * way.epochs / chosen))
            other = self._trained(f"{name}, {how}", task, *fold, way.epochs)
            if _least_error(other) < _least_error(found):
                self.training.lengthen(way.epochs / before.epochs)
                return other
            self.way = before
            return found

        if len(self.also):
            taught = self.way._replace(taught=weighing.READING_WEIGHT)
            found = tried(taught, "taught by the list", found)
        if self.way.dropout and min(_least_error(found), counting) < LITTLE:
            known = len(fold[0]) + (len(self.also) if self.way.taught else 0)
            epochs = ceil(STEPS * self.params["batch_size"] / known)
            epochs = min(max(epochs, chosen), LONGEST * chosen)
            way = self.way._replace(dropout=0.0, epochs=epochs)
            found = tried(way, "without dropout", found)
        return found


def _mask(count: int, rows: Indices) -> NDArray[np.bool_]:
    return np.isin(np.arange(count), rows)


def _least_error(found: Found) -> float:
    """Return the least error of readers, each after its best epoch; infinite without any."""
    each = (record["validation_rmse"] for one in found[1] for record in one.history)
    return min(each, default=inf)
