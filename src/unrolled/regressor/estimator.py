"""Texts in, numbers out: a regressor to fit on your own texts, with scikit-learn's conventions."""

import time
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from os import PathLike
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from unrolled import files
from unrolled.regressor import inputs, portable
from unrolled.regressor.columns import Coded, Texts
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import (
    MAX_LENGTH,
    Examples,
    Indices,
    Tokenized,
    tokenize,
)
from unrolled.regressor.intervals import Doubt, Intervals, signs, unknown
from unrolled.regressor.learning import Learning
from unrolled.regressor.own_keras import own_keras
from unrolled.regressor.portable import file
from unrolled.regressor.portable.model import finite
from unrolled.regressor.portable.names import SUFFIX
from unrolled.regressor.text_model import TextModel, of_batches
from unrolled.regressor.training import answers
from unrolled.text import metrics

#: Parameters that say nothing of a model; a file may not choose where another training writes.
NOT_KEPT = ("checkpoint", "verbose")


class TextRegressor(RegressorMixin, BaseEstimator):
    """A ridge that counts and a bidirectional LSTM that reads, weighed by out-of-fold answers.

    The texts are cut into folds, and each fold is asked what models answer that have learnt from
    the others. A part that does not help beyond chance is left out, and reading is given up where
    the first fold shows no promise; where that is large and shows that reading is all, the others
    are not asked. Then all is learnt again from all texts.

    Parameters
    ----------
    text, columns
        Where ``X`` is a table, a DataFrame or a mapping of names to lists: the name of its column
        of texts, and those of columns that stand beside them. A column of numbers is scaled, one of
        words is a category; what is missing is told apart.
    embedding_dim, units
        Sizes D of a word vector and H of the LSTM in each direction.
    readers
        How many networks are trained, from different seeds, and averaged; with 0 a ridge is all.
    dropout
        The share of values set to 0 in training, 0 to below 1. Where little is left to explain,
        none is tried, too, and where the texts are few for up to four times as many epochs.
    vocabulary_size
        The most words and parts of words to know, three reserved ids included.
    epochs, batch_size, learning_rate
        The most passes over the texts, texts in a batch, and the largest step.
    patience
        A training on folds ends after so many epochs in a row without a better error on the fold
        that is asked, as with Keras's ``EarlyStopping``.
    folds
        Into how many parts the texts are cut, whole groups at a time; fewer where the groups are
        few. With 1, and beyond 20,000 texts, a tenth is asked alone, which is quicker.
    refit
        Whether all is learnt again from all texts. With ``False``, which wants ``folds=1``, the
        model is the one that was asked: it takes about half the time, and has a tenth fewer.
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
    plan_ : tuple
        What the folds say: the penalty ``alpha`` of the ridge and how long ``letters`` are in it
        beside words, how many ``epochs`` to read (all, unless fewer are better beyond chance) and
        the ``share`` of reading: 0 where it does not help beyond chance, 1 where counting does not.
        Where ``left``, readers learn what columns leave of the targets, otherwise all of them.
    history_ : list of list of dict
        For each reader of each fold, epoch by epoch: ``seconds``, ``loss`` and
        ``validation_rmse``, in deviations of the targets; then without the last for each reader
        that has learnt from all texts.
    trainings_ : list of str
        What each of these was, such as ``"fold 1 of 3"``.
    report_ : dict
        How many ``texts`` it has learnt from, and how many were ``asked`` out of fold; whether
        reading was ``given_up`` after the first fold, where it let nothing hope; ``seconds``;
        and as ``out_of_fold`` the metrics of ``together``, ``reading``, ``counting`` and, alone,
        ``columns``.
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
        text: str | None = None,
        columns: Sequence[str] = (),
        embedding_dim: int = 64,
        units: int = 64,
        readers: int = 1,
        dropout: float = 0.5,
        vocabulary_size: int = 40_000,
        epochs: int = 8,
        batch_size: int = 32,
        learning_rate: float = 1e-2,
        patience: int = 4,
        folds: int = 3,
        refit: bool = True,
        max_length: int = MAX_LENGTH,
        minutes: float | None = None,
        random_state: int = 0,
        checkpoint: str | PathLike[str] | None = None,
        verbose: int = 1,
    ) -> None:
        """Keep the parameters; they are checked by ``fit``."""
        self.text = text
        self.columns = columns
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
        self.refit = refit
        self.max_length = max_length
        self.minutes = minutes
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.verbose = verbose

    def fit(
        self,
        X: Texts,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: Sequence[Any] | None = None,
        also: tuple[Iterable[str], ArrayLike] | None = None,
    ) -> "TextRegressor":
        """Learn from n texts and n numbers.

        Parameters
        ----------
        X, y
            Texts, none of them empty, or a table with a column of them; and finite numbers.
        sample_weight
            How much each text counts, at least 0; by default all alike.
        groups
            A name for each text, none of them missing; texts of one group are in one fold.
        also
            Texts and numbers that only teach, such as a list of words with what each is worth: no
            fold is asked for them. How much each counts beside a text of ``X``, from 0 to 1, is
            found by the folds.

        Raises
        ------
        TypeError, ValueError
            If the input or a parameter cannot be trained with.
        KeyboardInterrupt
            At Ctrl-C before anything has been learnt; later it ends the training.

        """
        params = self._checked()  # Before the texts are read, which takes longer.
        data, first = inputs.examples(params, X, y, sample_weight, groups, also)
        rows = data.rows
        return self.fit_examples(data, rows[rows < first], rows[rows >= first])

    @own_keras()
    def fit_examples(
        self, data: Examples, rows: Indices, also: Indices | None = None, then: int = 0
    ) -> "TextRegressor":
        """Learn from some rows of examples.

        ``also`` are rows that only teach, and ``then`` tells how many texts :meth:`learn_all` is to
        learn from in the same minutes.
        """
        start, params = time.monotonic(), self._checked()
        also = rows[:0] if also is None else also
        inputs.tell_lost(data.targets[rows])
        self._learning = learning = Learning(params, data, rows, also, then)
        self.plan_, self.history_ = learning.plan, learning.reading.history
        self.trainings_ = learning.reading.names
        self.model_ = learning.model("whole", rows)
        asked = np.flatnonzero(~np.isnan(learning.out_of_fold["counting"]))
        self.report_ = {
            "texts": len(learning.known),
            "asked": len(asked),
            "given_up": learning.reading.given_up,
            "seconds": round(time.monotonic() - start, 2),
            "out_of_fold": {
                name: metrics.all_metrics(data.targets[asked], part[asked])
                for name, part in learning.out_of_fold.items()
            },
        }
        self.model_.config["about"] = self._about(params)
        self.interrupted_ = learning.training.interrupted
        if not then:
            learning.training.bar.close()
        return self

    @own_keras()
    def learn_all(self, rows: Indices) -> bool:
        """Learn again, as :meth:`fit_examples` has found best, from other rows of its examples.

        Where Ctrl-C or the minutes end it too soon, the model stays as it was, and the answer is
        False; ``interrupted_`` tells which it was.
        """
        learning, before = self._learning, len(self.history_[-1]) if self.history_ else 0
        with learning.training.until_interrupted():
            model = learning.model("all", rows)
        learning.training.bar.close()
        self.interrupted_ = learning.training.interrupted
        if self.interrupted_:
            return False
        epochs = len(learning.reading.history[-1]) if model.readers else 0
        if self.model_.readers and epochs < before:
            return False
        model.config["about"] = {**self.model_.config["about"], "texts": len(rows)}
        self.model_ = model
        return True

    @overload
    def predict(self, X: Texts, interval: None = None) -> NDArray[np.float64]: ...

    @overload
    def predict(self, X: Texts, interval: float) -> Intervals: ...

    def predict(self, X: Texts, interval: float | None = None) -> NDArray[np.float64] | Intervals:
        """Return one number for each text, (n,); with a level, an interval around each.

        ``X`` holds texts as for :meth:`fit`: a table, where columns stood beside them.

        Where texts are drawn as those were that it has learnt from, an interval of level 0.9 holds
        the truth nine times in ten; see :class:`~unrolled.regressor.Intervals`.

        Raises ``TypeError`` or ``ValueError`` for what is no list of texts or an empty text,
        ``ValueError`` where an answer is not finite, or for a level that too few texts were asked
        for, and ``NotFittedError`` before ``fit``.
        """
        check_is_fitted(self, "model_")
        model: TextModel = self.model_
        known, cells = model.covariates.apart(X)
        texts = tokenize(known, max_length=model.config["max_length"])
        rows = np.arange(len(texts))
        read, counted, added = self._parts(texts, rows, cells)
        found = finite(np.asarray(model.together(read, counted, added)))
        if interval is None:
            return found
        told = signs(
            read if len(model.grams) else None, counted, texts.lengths,
            unknown(texts.words(rows), model.grams, model.vocabulary),
        )  # fmt: skip
        half_widths = Doubt(*model.doubt.get_weights()).half_widths(told, interval)
        return Intervals.around(found, model.config["scale"] * half_widths, told)

    def predict_examples(self, data: Examples, rows: Indices) -> NDArray[np.float64]:
        """Return one number for each of these rows of examples, (n,)."""
        check_is_fitted(self, "model_")
        cells = {name: Coded(codes[rows], kept) for name, (codes, kept) in data.cells.items()}
        return finite(np.asarray(self.model_.together(*self._parts(data.texts, rows, cells))))

    def _parts(
        self, texts: Tokenized, rows: Indices, cells: Mapping[str, Coded]
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.float32], NDArray[np.float32]]:
        """Return what is read of some texts, if at all, what is counted, and what columns add."""
        model: TextModel = self.model_
        counting = model.counting
        counted = counting.answers(texts.words(rows))
        added = model.covariates.features(cells, len(rows)) @ counting.beside
        if not model.readers:
            return None, counted, added
        # Kept, because tracing takes longer than answering; a second fit makes another model.
        if getattr(self, "_traced", (None, None))[0] is not model:
            self._traced = model, of_batches(model.read)
        return answers(self._traced[1], Encoded(texts, model.vocabulary), rows), counted, added

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
        text, columns = model.covariates.text, tuple(model.covariates.names)
        regressor.set_params(text=text, columns=columns)
        regressor.model_ = model
        return regressor

    def _checked(self) -> dict[str, Any]:
        """Return the parameters if they can be trained with."""
        return inputs.checked(self.get_params())

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: all but what can be traced again from the model."""
        return {
            k: v for k, v in super().__getstate__().items() if k not in ("_traced", "_learning")
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
