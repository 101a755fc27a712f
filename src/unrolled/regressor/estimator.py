"""Texts in, numbers out: a regressor to fit on your own texts, with scikit-learn's conventions."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import fields
from importlib import metadata
from os import PathLike, fspath
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from unrolled import files
from unrolled.checks import as_numbers, as_texts, same_length
from unrolled.keras_models import checks
from unrolled.regressor import counting, portable, training
from unrolled.regressor.encoded import LONGEST_TEXT, Encoded, Encoder, Library
from unrolled.regressor.examples import Example, Examples, Rows, collect
from unrolled.regressor.learning import Settings, Task, answers, from_reading, judged
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.progress import Bar
from unrolled.regressor.text_model import TextModel
from unrolled.text import metrics


class TextRegressor(RegressorMixin, BaseEstimator):
    """A bidirectional LSTM that reads beside a regression that counts, weighed by validation.

    Parameters
    ----------
    width, units
        Sizes D of a word vector and H of the LSTM in each direction.
    readers
        How many networks are trained, from different seeds, and averaged.
    dropout
        The share of values set to 0 in training, 0 to below 1.
    pieces
        The most words and parts of words to know.
    epochs, batch_size, learning_rate
        Passes over the training texts, texts in a batch, and the largest step.
    patience
        How many epochs without a better validation error are borne; the best weights are kept.
    validation
        The share of the texts that decides when to stop and how much reading counts, by group.
    longest
        The most tokens to read of one text.
    minutes
        The longest time to train; ``None`` for as long as it takes.
    seed
        Of everything random. The same seed, data and machine give the same model.
    checkpoint
        A folder to keep the state of the training in after every epoch; with a state in it from
        the same data and settings, ``fit`` goes on from there.
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
    >>> model = TextRegressor(width=8, units=4, epochs=1, verbose=0)
    >>> model.fit(spoken.texts, spoken.targets).predict(["ten to six"]).shape
    (1,)

    """

    def __init__(
        self,
        *,
        width: int = 64,
        units: int = 64,
        readers: int = 1,
        dropout: float = 0.5,
        pieces: int = 40_000,
        epochs: int = 8,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        patience: int = 2,
        validation: float = 0.1,
        longest: int = LONGEST_TEXT,
        minutes: float | None = None,
        seed: int = 0,
        checkpoint: str | PathLike[str] | None = None,
        verbose: int = 1,
    ) -> None:
        """Keep the settings; they are checked by ``fit``."""
        self.width = width
        self.units = units
        self.readers = readers
        self.dropout = dropout
        self.pieces = pieces
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation = validation
        self.longest = longest
        self.minutes = minutes
        self.seed = seed
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
            A name for each text; texts of one group are never split between training and
            validation.

        Raises
        ------
        TypeError, ValueError
            If the input or a setting cannot be trained with.
        KeyboardInterrupt
            At Ctrl-C before anything has been learnt; later it ends the training.

        """
        checks.regressor(self._plain())  # Before the texts are read, which takes longer.
        texts, targets = as_texts(X, "X"), as_numbers(y, "y")
        same_length(texts, targets, "X and y")
        weights = np.ones(len(texts)) if sample_weight is None else as_numbers(
            sample_weight, "sample_weight"
        )  # fmt: skip
        same_length(texts, weights, "X and sample_weight")
        names = [None] * len(texts) if groups is None else [str(group) for group in groups]
        same_length(texts, names, "X and groups")
        columns = zip(texts, targets, names, weights, strict=True)
        examples = (Example(*row, f"text {n}") for n, row in enumerate(columns))
        data = collect(examples, longest=self.longest)
        validation, train = data.split(self.validation, seed=self.seed)
        return self.fit_examples(data, train, validation)

    def fit_examples(self, data: Examples, train: Rows, validation: Rows) -> "TextRegressor":
        """Learn from the rows ``train`` of encoded texts, and stop by ``validation``."""
        start = time.monotonic()
        plain = self._plain()
        checks.regressor(plain)
        mean, scale = _mean_and_scale(data.targets[train], data.weights[train])
        targets = ((data.targets.astype(np.float64) - mean) / scale).astype(np.float32)
        weights = data.weights / np.float32(data.weights[train].mean())
        # The pieces and their weights come from training texts only.
        vocabulary = Pieces.fit(data.encoded.counts(train), self.pieces)
        library = Library(data.encoded, vocabulary)
        counter = counting.learn(
            library, len(vocabulary), train, targets[train], weights[train], seed=self.seed
        )
        counted = counter.answers(library, validation)
        task = Task(library, len(vocabulary), targets, weights, train, validation, counted)

        settings = Settings(**{field.name: plain[field.name] for field in fields(Settings)})
        deadline = math.inf if self.minutes is None else start + 60 * self.minutes
        with Bar(self.readers, self.epochs, disable=not self.verbose) as bar:
            trainees, self.interrupted_ = training.train(
                task, settings, plain["readers"], bar, deadline, self.checkpoint
            )
        trainees, read = training.worth_keeping(trainees, task)
        share, _ = judged(task, read)
        self.history_ = [trainee.history for trainee in trainees]
        parts = {
            "together": share * read + (1 - share) * counted, "reading": read, "counting": counted,
        }  # fmt: skip
        self.report_ = {
            "texts": {"train": len(train), "validation": len(validation)},
            "seconds": round(time.monotonic() - start, 2),
            "validation": {
                name: metrics.all_metrics(data.targets[validation], mean + scale * part)
                for name, part in parts.items()
            },
        }
        self.model_ = TextModel(
            pieces=len(vocabulary), readers=len(trainees), share=share, mean=mean, scale=scale,
            **{name: plain[name] for name in ("width", "units", "dropout", "longest")},
            about=self._about(),
        )  # fmt: skip
        self.model_.build()
        self.model_.vocabulary = vocabulary
        self.model_.counter.set_weights([counter.table, np.array([counter.bias])])
        for reader, trainee in zip(self.model_.readers, trainees, strict=True):
            reader.set_weights(trainee.reader.get_weights())
        return self

    def predict(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return one number for each text, (n,).

        Raises ``TypeError`` or ``ValueError`` for what is no list of texts or an empty text, and
        ``NotFittedError`` before ``fit``.
        """
        check_is_fitted(self, "model_")
        encoder = Encoder(longest=self.model_.settings["longest"])
        for number, text in enumerate(as_texts(X, "X")):
            if not text.strip():
                raise ValueError(f"X: expected a text, got {text!r:.40} at index {number}")
            encoder.add(text)
        encoded = encoder.finish()
        return self._answers(encoded, np.arange(encoded.texts))

    def predict_examples(self, data: Examples, rows: Rows) -> NDArray[np.float32]:
        """Return one number for each of these rows of encoded texts, (n,)."""
        check_is_fitted(self, "model_")
        return self._answers(data.encoded, rows)

    def _answers(self, encoded: Encoded, rows: Rows) -> NDArray[np.float32]:
        model: TextModel = self.model_
        # Kept, because tracing takes longer than answering; a second fit makes another model.
        if getattr(self, "_traced", (None, None))[0] is not model:
            self._traced = model, from_reading(model.answer)
        return answers(self._traced[1], Library(encoded, model.vocabulary), rows)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to one ``.keras`` file, whole or not at all."""
        check_is_fitted(self, "model_")
        files.write(self.model_.save, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "TextRegressor":
        """Return the regressor of a file that :meth:`save` wrote, ready to predict.

        Raises :class:`~unrolled.regressor.portable.ModelFileError` for any other file, before Keras
        would make the objects that it names.
        """
        portable.check(path)
        try:
            model = keras.models.load_model(path, compile=False, safe_mode=True)
        except (TypeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise portable.ModelFileError(
                f"{fspath(path)}: expected a model that Keras opens, got: {reason}"
            ) from error
        regressor = cls()
        made_with = model.settings["about"].get("settings")
        if isinstance(made_with, dict):
            known = regressor.get_params()
            regressor.set_params(**{k: v for k, v in made_with.items() if k in known})
        regressor.model_ = model
        return regressor

    def _plain(self) -> dict[str, Any]:
        """Return the settings; a number of NumPy's, as a grid has them, is made one of Python's."""
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params().items()
        }

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all but what can be traced again from the model."""
        return {k: v for k, v in super().__getstate__().items() if k != "_traced"}

    def _about(self) -> dict[str, Any]:
        """Return what the file tells of how its model was made."""
        settings = {k: v for k, v in self._plain().items() if k not in ("checkpoint", "verbose")}
        versions = {name: metadata.version(name) for name in ("unrolled", "keras", "numpy")}
        return {"settings": settings, "versions": versions, "report": self.report_}


def _mean_and_scale(targets: NDArray[Any], weights: NDArray[Any]) -> tuple[float, float]:
    """Return the weighted mean and standard deviation; a deviation of 0 becomes 1."""
    if not weights.any():
        raise ValueError("expected a weight above 0 among the training texts, got only zeros")
    exact = targets.astype(np.float64)
    mean = np.average(exact, weights=weights)
    return float(mean), float(np.sqrt(np.average((exact - mean) ** 2, weights=weights))) or 1.0
