"""The script of the note that this book replaces, as it was: what the book's own is compared with.

Mended is only what no longer runs in Keras 3: :class:`unrolled.text.Vocabulary` and
:func:`unrolled.text.pad` stand in for ``Tokenizer`` and ``pad_sequences``.
These habits are kept although the book advises against each, for with them mended it would be
another script, and the comparison would say nothing about the one that people run:

- the vocabulary and the length are taken from all texts, those to be predicted among them;
- each row is padded in front to the longest of all, and no mask tells padding from words;
- targets are learnt in their own unit, batches of 16 mix short and long texts;
- training stops by the training loss, and the last weights are kept instead of the best.

The page ``migrating`` takes it line by line and says what each is today.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.text import Corpus, Vocabulary, metrics, pad

#: Ids that the embedding has rows for, padding and the unknown word included.
VOCABULARY = 10_000
BATCH = 16

Predict = Callable[[Iterable[str]], NDArray[np.float32]]
#: What is known at a look: ``seconds``, ``passes``, ``loss`` and ``validation_r``.
Record = dict[str, float | None]


def build(length: int, units: int = 256, embedding: int = 256) -> keras.Sequential:
    """Return the note's network, compiled: rows of ids (N, length) in, one number each out.

    >>> build(length=30).count_params()
    3742209
    """
    model = keras.Sequential(
        [
            keras.Input((length,)),
            keras.layers.Embedding(VOCABULARY, embedding),
            keras.layers.Bidirectional(keras.layers.LSTM(units)),
            keras.layers.Dense(units, kernel_initializer="normal", activation="relu"),
            keras.layers.Dense(1, activation="linear"),
        ]
    )
    model.compile(loss="mse", optimizer="adam", metrics=["mse", "mae"])
    return model


def train(
    train: Corpus,
    validation: Corpus,
    *,
    epochs: int = 100,
    patience: int = 3,
    units: int = 256,
    embedding: int = 256,
    seed: int = 0,
    look_every: int | None = None,
    on_look: Callable[[Record], None] | None = None,
) -> tuple[Predict, list[Record]]:
    """Train as the note does and look at the validation texts meanwhile.

    Parameters
    ----------
    train
        What is learnt from.
    validation
        What the note calls its test: measured, and part of the vocabulary, but never of a step.
    epochs
        The most there may be.
    patience
        Epochs without a lower training loss after which it stops.
    units
        Of the LSTM in each direction and of the dense layer above it.
    embedding
        Numbers that stand for a word.
    seed
        Of the weights and the shuffling.
    look_every
        Batches of an epoch between two looks; with None there is one after each epoch.
    on_look
        Called with each new record of the history.

    Returns
    -------
    predict
        A function from n texts to numbers of shape (n,). Words that no text had are unknown, and
        a longer text loses its beginning.
    history
        A record for each look: ``seconds`` since the call, without those that the looks and
        ``on_look`` took; ``passes`` over the training texts; ``loss``, the epoch's training loss
        so far; ``validation_r``, Pearson's correlation on the validation texts, ``None`` where it
        has no meaning.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or no text holds a word.

    """
    start = time.perf_counter()
    sizes = {"epochs": epochs, "units": units, "embedding": embedding}
    for name, value in {**sizes, "look_every": 1 if look_every is None else look_every}.items():
        as_count(value, name)
    for name, value in [("patience", patience), ("seed", seed)]:
        as_count(value, name, least=0)
    keras.utils.set_random_seed(seed)
    combined = train.texts + validation.texts
    vocabulary = Vocabulary.fit(combined, VOCABULARY)
    length = max(len(row) for row in vocabulary.encode(combined))
    model = build(length, units, embedding)
    history: list[Record] = []
    batches, looking = 0, 0.0
    in_epoch = math.ceil(len(train) / BATCH)

    def rows(texts: Iterable[str]) -> NDArray[np.int32]:
        return pad(vocabulary.encode(texts), length, side="pre", truncate="pre").ids

    def predict(texts: Iterable[str]) -> NDArray[np.float32]:
        return np.asarray(model.predict(rows(texts), verbose=0))[:, 0]

    def look(batch: int, logs: dict[str, Any]) -> None:
        nonlocal batches, looking
        batches += 1
        if (batch + 1) % (look_every or in_epoch):
            return
        paused = time.perf_counter()
        scores = metrics.all_metrics(validation.targets, predict(validation.texts))
        history.append(
            {
                "seconds": paused - start - looking,
                "passes": batches / in_epoch,
                "loss": float(logs["loss"]),
                "validation_r": scores["pearson"],
            }
        )
        if on_look is not None:
            on_look(history[-1])
        looking += time.perf_counter() - paused

    model.fit(
        rows(train.texts),
        train.targets,
        epochs=epochs,
        batch_size=BATCH,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_train_batch_end=look),
            keras.callbacks.EarlyStopping(monitor="loss", patience=patience),
        ],
    )
    return predict, history
