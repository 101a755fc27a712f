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
    as_number,
    as_targets,
    as_weights,
    same_length,
)
from unrolled.lists import as_names, as_texts
from unrolled.regressor import counting, ensemble, portable
from unrolled.regressor.encoding import Encoded
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
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.portable import file
from unrolled.regressor.portable.model import finite
from unrolled.regressor.portable.names import SUFFIX
from unrolled.regressor.text_model import TextModel, of_batches
from unrolled.regressor.training import (
    Hyperparameters,
    TrainingData,
    answers,
    judged,
)
from unrolled.text import metrics

#: Parameters that say nothing of a model; a file may not choose where another training writes.
NOT_KEPT = ("checkpoint", "verbose")


class TextRegressor(RegressorMixin, BaseEstimator):
    """A bidirectional LSTM that reads beside a regression that counts, weighed by validation.

    Parameters
    ----------
    embedding_dim, units
        Sizes D of a word vector and H of the LSTM in each direction.
    readers
        How many networks are trained, from different seeds, and averaged.
    dropout
        The share of values set to 0 in training, 0 to below 1.
    vocabulary_size
        The most words and parts of words to know, three reserved ids included.
    epochs, batch_size, learning_rate
        Passes over the training texts, texts in a batch, and the largest step.
    patience
        A training ends after so many epochs in a row without a better validation error, as with
        Keras's ``EarlyStopping``; the best weights are kept.
    validation_fraction
        The share of the texts that decides when to stop and how much reading counts, by group.
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
    history_ : list of list of dict
        For each reader, epoch by epoch: ``seconds``, ``loss``, ``share`` of reading and
        ``validation_rmse``, errors in deviations of the targets.
    report_ : dict
        ``texts`` used, ``seconds``, and on the validation texts the metrics of ``together``,
        ``reading`` and ``counting``.
    interrupted_ : bool
        Whether Ctrl-C ended the training before its time; the model is the best so far.

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
        validation_fraction: float = 0.1,
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
        self.validation_fraction = validation_fraction
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
            A name for each text, none of them missing; texts of one group are never split between
            training and validation.

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
        validation, train = data.split(self.validation_fraction, seed=self.random_state)
        return self.fit_examples(data, train, validation)

    @own_keras()
    def fit_examples(self, data: Examples, train: Indices, validation: Indices) -> "TextRegressor":
        """Learn from the rows ``train`` of examples, and stop by ``validation``."""
        start = time.monotonic()
        params = self._checked()
        mean, scale = metrics.mean_and_deviation(data.targets[train], data.weights[train])
        # What the network computes in; before, and in its answers, all is float64.
        targets = ((data.targets - mean) / scale).astype(np.float32)
        _tell_lost(data.targets[train], targets[train])
        weights = data.weights / data.weights[train].mean()
        # The pieces and their weights come from training texts only.
        pieces = Pieces.fit(data.texts.counts(train), params["vocabulary_size"])
        encoded = Encoded(data.texts, pieces)
        counter = counting.learn(
            encoded, train, targets[train], weights[train], seed=params["random_state"]
        )
        counted = counter.answers(encoded, validation)
        learnt_from = TrainingData(encoded, targets, weights, train, validation, counted)

        chosen = Hyperparameters(
            **{each.name: params[each.name] for each in fields(Hyperparameters)}
        )
        deadline = math.inf if self.minutes is None else start + 60 * self.minutes
        trainees, self.interrupted_ = ensemble.train(
            learnt_from, chosen, params["readers"], deadline, self.checkpoint, self.verbose
        )
        trainees, read = ensemble.worth_keeping(trainees, learnt_from)
        share, _ = judged(learnt_from, read)
        self.history_ = [trainee.history for trainee in trainees]
        parts = {
            "together": share * read + (1 - share) * counted, "reading": read, "counting": counted,
        }  # fmt: skip
        self.report_ = {
            "texts": {"train": len(train), "validation": len(validation)},
            "seconds": round(time.monotonic() - start, 2),
            "validation": {
                name: metrics.all_metrics(
                    data.targets[validation], mean + scale * part.astype(np.float64)
                )
                for name, part in parts.items()
            },
        }
        self.model_ = TextModel(
            vocabulary_size=len(pieces), readers=len(trainees), share=share, mean=mean, scale=scale,
            **{name: params[name] for name in ("embedding_dim", "units", "dropout", "max_length")},
            about=self._about(params),
        )  # fmt: skip
        self.model_.build()
        self.model_.vocabulary = pieces
        self.model_.counter.set_weights([counter.table, np.array([counter.bias])])
        for reader, trainee in zip(self.model_.readers, trainees, strict=True):
            reader.set_weights(trainee.reader.get_weights())
        return self

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
        # Kept, because tracing takes longer than answering; a second fit makes another model.
        if getattr(self, "_traced", (None, None))[0] is not model:
            self._traced = model, of_batches(model.answer)
        return finite(answers(self._traced[1], Encoded(texts, model.vocabulary), rows))

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
        least = {name: 1 for name in ("embedding_dim", "units", "readers", "epochs", "batch_size")}
        least |= {"vocabulary_size": 3, "max_length": 2, "patience": 0, "random_state": 0}
        for name, lowest in least.items():
            as_count(params[name], name, lowest)
        as_number(params["dropout"], "dropout", below=1, closed=True)
        as_number(params["learning_rate"], "learning_rate")
        as_number(params["validation_fraction"], "validation_fraction", below=1)
        if params["minutes"] is not None:
            as_number(params["minutes"], "minutes")
        return params

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all but what can be traced again from the model."""
        return {k: v for k, v in super().__getstate__().items() if k != "_traced"}

    def _about(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return what the file tells of how its model was made."""
        settings = {k: v for k, v in params.items() if k not in NOT_KEPT}
        versions = {name: metadata.version(name) for name in ("unrolled", "keras", "numpy")}
        return {"settings": settings, "versions": versions, "report": self.report_}


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
