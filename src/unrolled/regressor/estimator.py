"""Texts in, numbers out: a regressor to fit on your own texts, with scikit-learn's conventions."""

import math
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import fields
from importlib import metadata
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from unrolled import files
from unrolled.checks import (
    PrecisionWarning,
    as_count,
    as_names,
    as_number,
    as_targets,
    as_texts,
    as_weights,
    same_length,
)
from unrolled.regressor import portable, weighing
from unrolled.regressor.counting import Counting, Grams
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.ensemble import Learnt, Training, claim
from unrolled.regressor.examples import (
    MAX_LENGTH,
    Example,
    Examples,
    Indices,
    Tokenized,
    collect,
    tokenize,
)
from unrolled.regressor.own_keras import own_keras
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable import file
from unrolled.regressor.portable.model import finite
from unrolled.regressor.portable.names import SUFFIX
from unrolled.regressor.text_model import TextModel, of_batches
from unrolled.regressor.training import Hyperparameters, TrainingData, answers
from unrolled.regressor.weighing import Fold, Task
from unrolled.text import metrics

#: Parameters that say nothing of a model; a file may not choose where another training writes.
NOT_KEPT = ("checkpoint", "verbose")


class TextRegressor(RegressorMixin, BaseEstimator):
    """A ridge that counts and a bidirectional LSTM that reads, weighed by out-of-fold answers.

    The texts are cut into folds, and each fold is asked what models answer that have learnt from
    the others. A part that does not help beyond chance is left out; then all is learnt again from
    all texts.

    Parameters
    ----------
    embedding_dim, units
        Sizes D of a word vector and H of the LSTM in each direction.
    readers
        How many networks are trained, from different seeds, and averaged; with 0 a ridge is all.
    dropout
        The share of values set to 0 in training, 0 to below 1.
    vocabulary_size
        The most words and parts of words to know, three reserved ids included.
    epochs, batch_size, learning_rate
        The most passes over the texts, texts in a batch, and the largest step.
    patience
        A training on folds ends after so many epochs in a row without a better error on the fold
        that is asked, as with Keras's ``EarlyStopping``.
    folds
        Into how many parts the texts are cut, whole groups at a time; fewer where the groups are
        few. Beyond 20,000 texts one part of a tenth is asked alone.
    max_length
        The most tokens to read of one text.
    minutes
        The longest time to train; ``None`` for as long as it takes.
    random_state
        The seed of everything random. The same seed, data and machine give the same model.
    checkpoint
        A folder to keep the state of the training in after every epoch; with a state in it from
        the same data and parameters, ``fit`` goes on from there.
    verbose
        1 shows progress, 0 nothing.

    Attributes
    ----------
    model_
        The trained ``TextModel``.
    plan_ : Plan
        What the folds say: the penalty ``alpha`` of the ridge, how many ``epochs`` to read and the
        ``share`` of reading: 0 where it does not help beyond chance, 1 where counting does not.
    history_ : list of list of dict
        For each reader of each fold, epoch by epoch: ``seconds``, ``loss`` and
        ``validation_rmse``, in deviations of the targets; then without the last for each reader
        that has learnt from all texts.
    report_ : dict
        How many ``texts`` it has learnt from, and how many were ``asked`` out of fold; ``seconds``;
        and as ``out_of_fold`` the metrics of ``together``, ``reading`` and ``counting``.
    interrupted_ : bool
        Whether Ctrl-C ended the training before its time; the model is the best that could be
        made of what had been learnt, and that is the ridge alone unless a reader had begun to learn
        from all texts.

    Examples
    --------
    >>> from unrolled.text import clock
    >>> spoken = clock.load(400, 50, 50).train
    >>> model = TextRegressor(embedding_dim=8, units=4, epochs=1, verbose=0)
    >>> model.fit(spoken.texts, spoken.targets).predict(["ten to six"]).shape
    (1,)

    """

    def __init__(
        self,
        *,
        embedding_dim: int = 64,
        units: int = 64,
        readers: int = 1,
        dropout: float = 0.5,
        vocabulary_size: int = 40_000,
        epochs: int = 8,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        patience: int = 3,
        folds: int = 5,
        max_length: int = MAX_LENGTH,
        minutes: float | None = None,
        random_state: int = 0,
        checkpoint: str | PathLike[str] | None = None,
        verbose: int = 1,
    ) -> None:
        """Keep the parameters; they are checked by ``fit``."""
        self.embedding_dim = embedding_dim
        self.units = units
        self.readers = readers
        self.dropout = dropout
        self.vocabulary_size = vocabulary_size
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.folds = folds
        self.max_length = max_length
        self.minutes = minutes
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.verbose = verbose

    def fit(
        self,
        X: Iterable[str],
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: Sequence[Any] | None = None,
    ) -> "TextRegressor":
        """Learn from n texts and n numbers.

        Parameters
        ----------
        X, y
            Texts, none of them empty, and finite numbers.
        sample_weight
            How much each text counts, at least 0; by default all alike.
        groups
            A name for each text, none of them missing; texts of one group are in one fold.

        Raises
        ------
        TypeError, ValueError
            If the input or a parameter cannot be trained with.
        KeyboardInterrupt
            At Ctrl-C before anything has been learnt; later it ends the training.

        """
        self._checked()  # Before the texts are read, which takes longer.
        texts, targets = as_texts(X, "X", filled=True), as_targets(y, "y")
        same_length(texts, targets, "X and y")
        weights = np.ones(len(texts))
        if sample_weight is not None:
            weights = as_weights(sample_weight, "sample_weight")
        same_length(texts, weights, "X and sample_weight")
        names = [None] * len(texts) if groups is None else as_names(groups, "groups")
        same_length(texts, names, "X and groups")
        columns = zip(texts, targets, names, weights, strict=True)
        data = collect((Example(*row) for row in columns), max_length=self.max_length)
        return self.fit_examples(data, data.rows)

    @own_keras()
    def fit_examples(self, data: Examples, rows: Indices, then: int = 0) -> "TextRegressor":
        """Learn from some rows of examples.

        ``then`` tells how many texts :meth:`learn_all` is to learn from in the same minutes.
        """
        start = time.monotonic()
        params = self._checked()
        seed = params["random_state"]
        folds = weighing.folds(data, rows, params["folds"], seed)
        task, mean, scale = self._task(data, rows)
        chosen = Hyperparameters(
            **{each.name: params[each.name] for each in fields(Hyperparameters)}
        )
        folder = None
        if self.checkpoint is not None:
            known = {k: v for k, v in params.items() if k not in (*NOT_KEPT, "minutes")}
            folder = claim(self.checkpoint, task, rows, known)
        alpha, counted = weighing.penalty(task, folds, seed)
        deadline = math.inf if self.minutes is None else start + 60 * self.minutes
        texts = [*(len(known) for known, _ in folds), len(rows), *([then] if then else [])]
        self._training = Training(
            len(Pieces.fit(data.texts.counts(data.rows), params["vocabulary_size"])),
            chosen,
            params["readers"],
            texts,
            deadline,
            folder,
            self.verbose,
        )
        self.history_: list[list[dict[str, float]]] = []
        read = self._read_folds(task, folds)
        self.plan_ = weighing.plan(task, alpha, counted, read)
        self.model_ = self._learnt("measured" if then else "all", task, rows, mean, scale)
        parts = {"counting": counted}
        if read:
            last = read[max(self.plan_.epochs, 1) - 1]
            share = self.plan_.share
            parts |= {"reading": last, "together": share * last + (1 - share) * counted}
        asked = np.flatnonzero(~np.isnan(counted))
        self.report_ = {
            "texts": len(rows),
            "asked": len(asked),
            "seconds": round(time.monotonic() - start, 2),
            "out_of_fold": {
                name: metrics.all_metrics(
                    data.targets[asked], mean + scale * part[asked].astype(np.float64)
                )
                for name, part in parts.items()
            },
        }
        self.model_.config["about"] = self._about(params)
        self.interrupted_ = self._training.interrupted
        if not then:
            self._training.bar.close()
        return self

    @own_keras()
    def learn_all(self, data: Examples, rows: Indices) -> bool:
        """Learn again, as :meth:`fit_examples` has found best, from other rows.

        Where Ctrl-C ends it, the model stays as it was, and the answer is False.
        """
        before = self.model_
        try:
            task, mean, scale = self._task(data, rows)
            self.model_ = self._learnt("all", task, rows, mean, scale)
        except KeyboardInterrupt:
            self._training.interrupted = True
        self._training.bar.close()
        if self._training.interrupted:
            self.model_ = before
            return False
        self.model_.config["about"] = {**before.config["about"], "texts": len(rows)}
        return True

    def _task(self, data: Examples, rows: Indices) -> tuple[Task, float, float]:
        """Return what is to be learnt from some rows, and the targets' mean and deviation."""
        mean, scale = metrics.mean_and_deviation(data.targets[rows], data.weights[rows])
        # What the network computes in; before, and in its answers, all is float64.
        targets = ((data.targets - mean) / scale).astype(np.float32)
        _tell_lost(data.targets[rows], targets[rows])
        weights = data.weights / data.weights[rows].mean()
        return Task(data.texts, targets, weights, data.groups), mean, scale

    def _trained(
        self, name: str, task: Task, known: Indices, asked: Indices, epochs: int
    ) -> tuple[Pieces, list[Learnt]]:
        """Return what readers have learnt from texts, and the pieces, which are of those alone."""
        pieces = Pieces.fit(task.texts.counts(known), self.vocabulary_size)
        encoded = Encoded(task.texts, pieces)
        learnt_from = TrainingData(encoded, task.targets, task.weights, known, asked)
        learnt = self._training.train(name, learnt_from, epochs)
        self.history_ += [each.history for each in learnt]
        return pieces, learnt

    def _read_folds(self, task: Task, folds: list[Fold]) -> list[NDArray[np.float32]]:
        """Return the out-of-fold answers (n,) of the readers after every epoch, NaN if not asked.

        Where the readers of a fold were stopped before, their last answers stand.
        """
        if not self.readers:
            return []
        read = np.full((self.epochs, len(task.targets)), np.nan, np.float32)
        for number, (known, asked) in enumerate(folds, start=1):
            name = f"fold {number} of {len(folds)}"
            _, learnt = self._trained(name, task, known, asked, self.epochs)
            if not learnt:
                return []  # No time, or Ctrl-C.
            lasts = [np.minimum(np.arange(self.epochs), len(one.history) - 1) for one in learnt]
            each = [one.read[places] for one, places in zip(learnt, lasts, strict=True)]
            read[:, asked] = np.mean(each, axis=0)
        last = max(map(len, self.history_))
        return list(read[:last])

    def _learnt(self, name: str, task: Task, rows: Indices, mean: float, scale: float) -> TextModel:
        """Return the model that has learnt as planned from some rows."""
        params, plan = self._checked(), self.plan_
        vocabulary, learnt = Pieces(list(RESERVED)), list[Learnt]()
        if plan.share:
            vocabulary, learnt = self._trained(name, task, rows, rows[:0], plan.epochs)
            # A training that got out of hand has learnt nothing.
            learnt = [one for one in learnt if all(np.isfinite(w).all() for w in one.weights)]
        share = plan.share if learnt else 0.0
        vocabulary = vocabulary if learnt else Pieces(list(RESERVED))
        none = Counting(Grams([], []), np.zeros((0, 2), np.float32), 0.0)
        seed = params["random_state"]
        counting = weighing.learn(task, rows, plan.alpha, seed) if share < 1 else none
        model = TextModel(
            words=len(counting.grams.words), letters=len(counting.grams.letters),
            vocabulary_size=len(vocabulary), readers=len(learnt), share=share,
            mean=mean, scale=scale,
            **{name: params[name] for name in ("embedding_dim", "units", "dropout", "max_length")},
        )  # fmt: skip
        model.build()
        model.vocabulary, model.grams = vocabulary, counting.grams
        model.counter.set_weights([counting.table, np.array([counting.bias])])
        for reader, one in zip(model.readers, learnt, strict=True):
            vectors, *others = one.weights
            reader.set_weights([vectors[: len(vocabulary)], *others])
        return model

    def predict(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Return one number for each text, (n,).

        Raises ``TypeError`` or ``ValueError`` for what is no list of texts or an empty text,
        ``ValueError`` where an answer is not finite, and ``NotFittedError`` before ``fit``.
        """
        check_is_fitted(self, "model_")
        known = as_texts(X, "X", filled=True)
        texts = tokenize(known, max_length=self.model_.config["max_length"])
        return self._answers(texts, np.arange(len(texts)))

    def predict_examples(self, data: Examples, rows: Indices) -> NDArray[np.float64]:
        """Return one number for each of these rows of examples, (n,)."""
        check_is_fitted(self, "model_")
        return self._answers(data.texts, rows)

    def _answers(self, texts: Tokenized, rows: Indices) -> NDArray[np.float64]:
        model: TextModel = self.model_
        counted, read = model.counting.answers(texts.words(rows)), None
        if model.readers:
            # Kept, because tracing takes longer than answering; a second fit makes another model.
            if getattr(self, "_traced", (None, None))[0] is not model:
                self._traced = model, of_batches(model.read)
            read = answers(self._traced[1], Encoded(texts, model.vocabulary), rows)
        return finite(np.asarray(model.together(read, counted)))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to one ``.keras`` file, whole or not at all.

        Raises ``ValueError`` if what was written cannot be read, or is not this model.
        """
        check_is_fitted(self, "model_")
        files.write(path, self._write, suffix=SUFFIX)

    def _write(self, path: str) -> None:
        self.model_.save(path)
        with open(path, "rb") as written:
            try:
                is_whole = self.model_.is_in(file.parse(written))
            except portable.ModelFileError as error:
                raise ValueError(
                    f"expected a model that can be saved, got one with {error}"
                ) from None
        if not is_whole:
            raise ValueError("expected to read the model back as it was saved, got another")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "TextRegressor":
        """Return the regressor of a file that :meth:`save` wrote, ready to predict.

        Raises :class:`~unrolled.regressor.ModelFileError` for any other file. Keras never opens
        it: its loader would make the objects that a file names.
        """
        model = TextModel.of_file(file.read(path))
        regressor = cls()
        made_with = model.config["about"].get("settings")
        if isinstance(made_with, dict):
            known = set(regressor.get_params()).difference(NOT_KEPT)
            regressor.set_params(**{k: v for k, v in made_with.items() if k in known})
        regressor.model_ = model
        return regressor

    def _checked(self) -> dict[str, Any]:
        """Return the parameters if they can be trained with.

        A number of NumPy's, as a grid has them, is made one of Python's.
        """
        params = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params().items()
        }
        least = {name: 1 for name in ("embedding_dim", "units", "epochs", "batch_size")}
        least |= {"vocabulary_size": 3, "max_length": 2, "patience": 0, "random_state": 0}
        least |= {"readers": 0, "folds": 2}
        for name, lowest in least.items():
            as_count(params[name], name, lowest)
        as_number(params["dropout"], "dropout", below=1, closed=True)
        as_number(params["learning_rate"], "learning_rate")
        if params["minutes"] is not None:
            as_number(params["minutes"], "minutes")
        return params

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all but what can be traced again from the model."""
        return {
            k: v for k, v in super().__getstate__().items() if k not in ("_traced", "_training")
        }

    def _about(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return what the file tells of how its model was made."""
        settings = {k: v for k, v in params.items() if k not in NOT_KEPT}
        versions = {name: metadata.version(name) for name in ("unrolled", "keras", "numpy")}
        return {
            "settings": settings,
            "versions": versions,
            "plan": self.plan_._asdict(),
            "report": self.report_,
        }


def _tell_lost(targets: NDArray[np.float64], learnt: NDArray[np.float32]) -> None:
    """Warn where float32 leaves less than half of the different targets, taken from their mean."""
    had, left = len(np.unique(targets)), len(np.unique(learnt))
    if 2 * left <= had:
        warnings.warn(
            f"y: expected targets that lie about as far apart, got {had} different ones, of which "
            f"{left} are left in float32, so far off are the farthest; take those out, or learn "
            "the logarithm",
            PrecisionWarning,
            stacklevel=3,
        )
