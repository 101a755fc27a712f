"""Text regression in Keras 3: a bidirectional LSTM reads a sentence and gives one number.

Bad input raises ``TypeError`` or ``ValueError``. Source: :cite:p:`keras3`.
"""

import math
from collections.abc import Sequence
from os import PathLike, fspath

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled import files
from unrolled.checks import as_number, check_counts
from unrolled.keras_models.readable import known, pairs
from unrolled.text.metrics import mean_and_deviation

#: The largest standard deviation of targets; squares of gradients grow with its fourth power.
MOST_SPREAD = 1e9


def build(
    texts: Sequence[str],
    targets: NDArray[np.float64],
    vocabulary_size: int,
    embedding_dim: int,
    units: int,
) -> keras.Sequential:
    """Return an untrained model of two layers: strings to ids, ids to one number each."""
    # Id 0 is padding and 1 any unknown word. Show it training texts only.
    to_ids = keras.layers.TextVectorization(max_tokens=vocabulary_size)
    to_ids.adapt(texts)
    mean, scale = mean_and_deviation(targets)
    network = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(
                to_ids.vocabulary_size(),
                embedding_dim,
                mask_zero=True,
            ),
            keras.layers.Bidirectional(keras.layers.LSTM(units)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(1),
            # The network works near 0; this puts its answer back into the
            # targets' unit. Plain numbers would become float32, which
            # rounds a time in seconds to two minutes.
            keras.layers.Rescaling(
                np.array([scale]),
                np.array([mean]),
                dtype="float64",
            ),
        ],
        name="network",
    )
    strings = keras.Input((), dtype="string")
    return keras.Sequential([strings, to_ids, network])


def train(
    texts: Sequence[str],
    targets: ArrayLike,
    validation: tuple[Sequence[str], ArrayLike],
    *,
    vocabulary_size: int = 10_000,
    embedding_dim: int = 256,
    units: int = 256,
    epochs: int = 100,
    batch_size: int = 16,
    learning_rate: float = 1e-3,
    patience: int = 3,
    seed: int = 0,
    verbose: int = 2,
) -> tuple[keras.Sequential, dict[str, list[float]]]:
    """Return the model with its best weights, and its loss and error epoch by epoch."""
    texts, numbers = pairs(texts, targets, "training")
    held_out, answers = pairs(*validation, "validation")
    check_counts(embedding_dim=embedding_dim, units=units, epochs=epochs, batch_size=batch_size)
    check_counts(least=3, vocabulary_size=vocabulary_size)  # Padding, unknown, a word.
    check_counts(least=0, patience=patience, seed=seed)
    as_number(learning_rate, "learning_rate")
    keras.utils.set_random_seed(seed)
    model = build(texts, numbers, vocabulary_size, embedding_dim, units)
    to_ids, network = model.layers
    *layers, unit = network.layers
    scale, mean = unit.scale.item(), unit.offset.item()
    if scale > MOST_SPREAD:
        raise ValueError(
            f"training targets: expected a standard deviation of at most {MOST_SPREAD:g}, "
            f"got {scale:g}; divide them"
        )
    # It learns how far targets are from their mean, which float32 can hold.
    rescale = keras.layers.Rescaling(scale)
    learner = keras.Sequential([*network.inputs, *layers, rescale])
    # The learning rate falls: long strides first, then fine work. Adam
    # averages squares over 20 steps, where its default is 1,000.
    steps = epochs * math.ceil(len(texts) / batch_size)
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    adam = keras.optimizers.Adam(falling, beta_2=0.95)
    learner.compile(optimizer=adam, loss="mse", metrics=["mae"])
    history = learner.fit(
        # Words are looked up once, here, and not again in every epoch.
        np.asarray(to_ids(texts)),
        numbers - mean,
        validation_data=(np.asarray(to_ids(held_out)), answers - mean),
        epochs=epochs,
        batch_size=batch_size,
        verbose=verbose,
        callbacks=[
            keras.callbacks.EarlyStopping(
                "val_loss",
                patience=patience,
                restore_best_weights=True,
            ),
        ],
    )
    return model, history.history


def predict(model: keras.Model, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return one number for each text, shape (n,); a text needs at least one known word."""
    asked = known(model, texts)
    strings = keras.ops.convert_to_tensor(asked, dtype="string")
    return np.asarray(model.predict(strings, verbose=0))[:, 0]


def save(model: keras.Model, path: str | PathLike[str]) -> None:
    """Write the model that reads strings, vocabulary and all, to one ``.keras`` file."""
    files.write(path, model.save, suffix=".keras")


def load(path: str | PathLike[str]) -> keras.Model:
    """Read a model that :func:`save` wrote.

    Raises ``ValueError`` for another name: Keras goes by it, and trusts its older formats.
    """
    if not fspath(path).endswith(".keras"):
        raise ValueError(f"path: expected a name that ends in '.keras', got {fspath(path)!r}")
    return keras.models.load_model(path, safe_mode=True)
