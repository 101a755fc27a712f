"""How readers are taught: in the way that the first fold finds best, then fold by fold, then all.

A fold's readers are asked for its texts after every epoch, and learn neither from these nor from
what counting has learnt of them.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from unrolled.regressor import weighing
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.ensemble import Learnt, Training
from unrolled.regressor.examples import Indices
from unrolled.regressor.folding import Floats, Fold, Task, with_taught
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.training import TrainingData

#: How much a text counts that only teaches, beside one that may be asked; or not at all.
TAUGHT = 0.3
#: Where an error is less than so many deviations of the targets, little of them is noise.
LITTLE = 0.4
#: Then so many steps on a fold are tried, and so many times the epochs at most.
STEPS, LONGEST = 1800, 4
#: So many texts are enough to see by one fold that reading is all.
ENOUGH = 1000


class Way(NamedTuple):
    """How readers learn: how much a text counts that only teaches, their dropout and epochs.

    Where ``left``, they learn what columns beside the texts leave of the targets.
    """

    taught: float
    left: bool
    dropout: float
    epochs: int


class Found(NamedTuple):
    """Pieces, what readers have learnt of them, and what they answer together to their fold.

    ``answers`` is (E, asked), a row for each epoch.
    """

    pieces: Pieces
    learnt: list[Learnt]
    answers: Floats


class Reading:
    """Trainings of readers, and the way they all go.

    Parameters
    ----------
    params
        Those of :class:`~unrolled.regressor.TextRegressor`.
    training
        What trains.
    also
        The rows that only teach.

    Attributes
    ----------
    way
        How the next ones learn.
    history, names
        For each reader of each training, epoch by epoch, what happened, and the training's name.
    pieces
        Those that the readers of each fold knew.
    kept
        What was learnt of the only fold, if nothing is to be learnt again.
    given_up, settled
        Whether the first fold was enough to see that reading does not help, or that it is all.

    """

    def __init__(self, params: Mapping[str, Any], training: Training, also: Indices) -> None:
        """Have nothing read yet."""
        self.params, self.training, self.also = params, training, also
        self.way = Way(0.0, False, float(params["dropout"]), params["epochs"])
        self.history: list[list[dict[str, float]]] = []
        self.names: list[str] = []
        self.pieces: list[Pieces] = []
        self.kept: Found | None = None
        self.given_up = self.settled = False

    def folds(
        self, task: Task, folds: Sequence[Fold], counted: Floats, besides: Sequence[Floats]
    ) -> list[Floats]:
        """Return the out-of-fold answers (n,) of the readers after every epoch, NaN if not asked.

        Where the readers of a fold were stopped before, their last answers stand. ``besides`` are
        each fold's weights of the covariates. Where the first fold does not let hope that reading
        helps beside what is ``counted``, nothing is read. Where it is large and shows that reading
        explains nearly everything, and counting adds nothing, it is the only one that is asked.
        """
        found: list[Found] = []
        with self.training.until_interrupted():
            for number, (fold, beside) in enumerate(zip(folds, besides, strict=True), start=1):
                name = f"fold {number} of {len(folds)}"
                if number > 1:
                    found.append(self._of_fold(name, task, fold, beside))
                else:
                    found.append(self._best_way(name, task, fold, counted, beside))
                if not found[-1].learnt:
                    break  # No reader, no time, or Ctrl-C.
                if number == 1 < len(folds):
                    seen = _placed(task, [fold], found)
                    self.given_up = not weighing.promises(task, counted, seen, fold[1])
                    if self.given_up:
                        break
                    self.settled = len(fold[1]) >= ENOUGH and (
                        weighing.least(task, counted, seen, fold[1]) < LITTLE
                        and weighing.suffices(task, counted, seen, fold[1])
                    )
                    if self.settled:
                        self.training.skip(len(folds) - 1)
                        folds = folds[:1]
                        break
        if len(found) < len(folds):
            return []
        self.pieces = [each.pieces for each in found]
        answers = _placed(task, folds, found)
        places = np.concatenate([asked for _, asked in folds])
        # As long as all are numbers, which they are not where a training got out of hand.
        good = [bool(np.isfinite(each[places]).all()) for each in answers]
        if self.params["refit"]:
            return answers[: [*good, False].index(False)]
        if not good or not all(good):
            return []
        self.kept = found[0]
        return answers[-1:]

    def trained(self, name: str, task: Task, known: Indices, asked: Indices, epochs: int) -> Found:
        """Return what readers have learnt from texts, and the pieces, which are of those alone."""
        task, known = with_taught(task, known, self.also, self.way.taught)
        pieces = Pieces.fit(task.texts.counts(known), self.params["vocabulary_size"])
        encoded = Encoded(task.texts, pieces)
        learnt_from = TrainingData(encoded, task.targets, task.weights, known, asked)
        learnt = self.training.train(name, learnt_from, epochs, self.way.dropout)
        self.history += [each.history for each in learnt]
        self.names += [name] * len(learnt)
        return Found(pieces, learnt, _together(learnt, len(asked)))

    def _of_fold(self, name: str, task: Task, fold: Fold, beside: Floats) -> Found:
        """Return what is learnt from a fold; its answers have the covariates' part in them."""
        left = beside if self.way.left else np.zeros_like(beside)
        found = self.trained(name, task.less(left), *fold, self.way.epochs)
        return found._replace(answers=found.answers + task.beside[fold[1]] @ left)

    def _best_way(
        self, name: str, task: Task, fold: Fold, counted: Floats, beside: Floats
    ) -> Found:
        """Return what is found in the first fold in the best way to read, which is kept.

        That is the one that errs least together with counting. Where columns stand beside the
        texts, readers are tried that learn what these leave, and kept where they are better beyond
        chance; where something only teaches, readers that it teaches; and where little is left to
        explain, they are tried without dropout and for longer.
        """

        def answers(found: Found) -> list[Floats]:
            return _placed(task, [fold], [found])

        def tried(how: str, found: Found, sure: float = 0.0, **changed: Any) -> Found:
            before, self.way = self.way, self.way._replace(**changed)
            self.training.expect(round(texts * self.way.epochs / chosen))
            other = self._of_fold(f"{name}, {how}", task, fold, beside)
            both = answers(found), answers(other)
            if other.learnt and weighing.gains(task, counted, *both, fold[1], sure):
                self.training.lengthen(self.way.epochs / before.epochs)
                return other
            self.way = before
            return found

        chosen, texts = self.params["epochs"], len(fold[0]) + len(self.also)
        found = self._of_fold(name, task, fold, beside)
        if not found.learnt:
            return found
        if len(beside):
            found = tried("of what columns leave", found, weighing.SURE, left=True)
        if len(self.also):
            found = tried("taught by the list", found, taught=TAUGHT)
        left = weighing.least(task, counted, answers(found), fold[1])
        if self.way.dropout and left < LITTLE:
            known = len(fold[0]) + (len(self.also) if self.way.taught else 0)
            epochs = ceil(STEPS * self.params["batch_size"] / known)
            epochs = min(max(epochs, chosen), LONGEST * chosen)
            found = tried("without dropout", found, dropout=0.0, epochs=epochs)
        return found


def _together(learnt: Sequence[Learnt], asked: int) -> Floats:
    """Return the mean of readers' answers after every epoch, (E, asked)."""
    if not learnt:
        return np.zeros((0, asked), np.float32)
    each = [one.read[: len(one.history)] for one in learnt]
    longest = max(map(len, each))
    mean: Floats = np.mean([_standing(answers, longest) for answers in each], axis=0)
    return mean


def _standing(answers: Floats, epochs: int) -> Floats:
    """Return answers (E, N) for more epochs, in which the last ones stand."""
    return answers[np.minimum(np.arange(epochs), len(answers) - 1)]


def _placed(task: Task, folds: Sequence[Fold], found: Sequence[Found]) -> list[Floats]:
    """Return what folds were answered after every epoch, each (n,), NaN where a text is none's."""
    epochs = max(len(each.answers) for each in found)
    placed = np.full((epochs, len(task.targets)), np.nan, np.float32)
    for (_, asked), each in zip(folds, found, strict=True):
        if len(each.answers):
            placed[:, asked] = _standing(each.answers, epochs)
    return list(placed)
