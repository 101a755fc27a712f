"""Models that are broken in one way each, the same ones cured, and sound ones: all tiny."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

LSTM, GRU, Dense, Input = layers.LSTM, layers.GRU, layers.Dense, layers.Input


class Patient(NamedTuple):
    """A model with the rows and targets that it is used with."""

    model: Any
    x: Any
    y: Any


def compiled(stack, rate=0.01, loss="mse", metrics=(), **optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(stack() if callable(stack) else stack)
    adam = keras.optimizers.Adam(rate, **optimizer)
    model.compile(adam, loss, metrics=[*metrics], jit_compile=False)
    return model


def learnt(patient, steps=60, size=32):
    """Train a model on batches drawn at random."""
    rng = np.random.default_rng(0)
    for _ in range(steps):
        rows = rng.permutation(len(patient.x))[:size]
        patient.model.train_on_batch(patient.x[rows], patient.y[rows])
    return patient


def sums(n=96, T=5, D=1, unit=1.0, seed=0):
    """Return rows of noise, and the mean of each row's first feature."""
    x = np.random.default_rng(seed).normal(size=(n, T, D)).astype("float32")
    return x, unit * x[:, :, 0].mean(1)


def windows(series, T=6):
    x = np.lib.stride_tricks.sliding_window_view(series, T + 1)
    return x[:, :-1, None].astype("float32"), x[:, -1].copy()


def walk(n=260, seed=0):
    """Return a series of which the last step says where the next one goes."""
    rng, steps = np.random.default_rng(seed), [0.0]
    for _ in range(n):
        steps.append(0.8 * steps[-1] + rng.normal())
    series = np.cumsum(steps)
    return (series - series.mean()) / series.std()


def words(n=96, T=8, seed=0):
    """Return ids with zeros after them, and the share of id 1 among the real ones."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 5, (n, T))
    lengths = rng.integers(2, T - 1, n)
    x[np.arange(T) >= lengths[:, None]] = 0
    return x, (x == 1).sum(1) / lengths


class Noise(layers.Layer):
    """A layer that draws at prediction, too, as a Dropout with training=True does."""

    def __init__(self, **kwargs):
        """Draw from a seed of its own."""
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds)


@keras.saving.register_keras_serializable(package="patients")
class Last(layers.Layer):
    """Take the last step, and drop the mask."""

    def call(self, x):
        return x[:, -1]


@keras.saving.register_keras_serializable(package="patients")
class Forgets(layers.Layer):
    """Multiply by one, and drop the mask on the way, as a Lambda does."""

    def call(self, x):
        return 1.0 * x


def baseline(cured=False):
    patient = Patient(
        compiled([Input((5, 1)), LSTM(4), Dense(1)], 0.02 if cured else 1e-6), *sums()
    )
    return learnt(patient, 100) if cured else patient


def same_answer(cured=False):
    x, y = sums()
    model = compiled([Input((5, 1)), LSTM(4), Dense(4, activation="relu"), Dense(1)])
    if not cured:  # A layer whose units are all shut.
        model.layers[1].bias.assign(np.full(4, -9.0))
    return Patient(model, x, y)


def scale(cured=False):
    x, y = sums(unit=40)
    unit = [layers.Rescaling(18.0, 500.0)] if cured else []
    return Patient(compiled([Input((5, 1)), GRU(4), Dense(1), *unit]), x, 500 + y)


def nan(cured=False):
    x, y = sums(T=30)
    activation = "tanh" if cured else "relu"
    model = compiled([Input((None, 1)), LSTM(16, activation=activation), Dense(1)], 1.0)
    if cured:
        model = compiled([Input((None, 1)), LSTM(16), Dense(1)], 0.01, clipnorm=1.0)
    return Patient(model, 30 * x if not cured else x, 100 * y if not cured else y)


def by_heart(cured=False):
    x, y = sums()
    model = compiled([Input((5, 1)), LSTM(4), Dense(1, activation=None if cured else "sigmoid")])
    return Patient(model, x, 3 * y - 4 * (not cured))


def far(cured=False):
    """Let the number stand in the first step, which a fresh GRU has forgotten at the last."""
    x = np.random.default_rng(0).normal(size=(96, 25, 1)).astype("float32")
    bias = keras.initializers.Constant(np.array([[6.0] * 4 + [0] * 8, [0.0] * 12]))
    kind = dict(bias_initializer=bias) if cured else {}
    model = compiled([Input((25, 1)), GRU(4, **kind), Dense(1)], 0.02)
    return Patient(model, x, 2 * x[:, 0, 0])


def data(cured=False):
    x, y = sums(n=160)
    noise = np.random.default_rng(1).normal(size=len(x))
    model = compiled([Input((5, 1)), LSTM(2), Dense(1)], 0.03 if cured else 0.001)
    return Patient(model, x, y if cured else noise)


def shifted(cured=False):
    x, y = windows(walk())
    if cured:  # The change, in its own unit.
        y = (y - x[:, -1, 0]) / np.std(y - x[:, -1, 0])
        x = np.diff(x, axis=1) / np.std(np.diff(x, axis=1))
    model = compiled([Input((None, 1)), GRU(6), Dense(1)], 0.02)
    return learnt(Patient(model, x, y), 100)


def leak(cured=False):
    x, y = windows(walk())
    x, y = x[::7], y[::7]
    if not cured:
        x = np.concatenate([x[:, 1:], y[:, None, None].astype("float32")], 1)
    return Patient(compiled([Input((6, 1)), GRU(6), Dense(1)], 0.02), x, y)


def split(cured=False):
    x, y = sums(n=120)
    order = np.argsort(y) if not cured else np.arange(len(y))
    return Patient(compiled([Input((5, 1)), LSTM(4), Dense(1)], 0.02), x[order], y[order])


def accuracy(cured=False):
    metric = "mae" if cured else "accuracy"
    model = compiled([Input((5, 1)), LSTM(4), Dense(1)], 0.02, metrics=[metric])
    return Patient(model, *sums())


def seed(cured=False):
    noise = [] if cured else [Noise()]
    return Patient(compiled([Input((5, 1)), *noise, LSTM(4), Dense(1)], 0.02), *sums())


def steps(cured=False):
    x, y = sums(T=6)
    x = x if cured else x.reshape(len(x), 1, 6)
    return Patient(compiled([Input(x.shape[1:]), LSTM(6), Dense(1)], 0.02), x, y)


def shape(cured=False):
    x, y = sums()
    model = compiled([Input((5, 1)), LSTM(4, return_sequences=not cured), Dense(1)], 0.02)
    return Patient(model, x, y[:, None])


def half_read(cured=False):
    both = [layers.Bidirectional(LSTM(3, return_sequences=not cured))] + [Last()] * (not cured)
    return Patient(compiled([Input((5, 1)), *both, Dense(1)], 0.02), *sums())


def mask_lost(cured=False):
    drop = [] if cured else [Forgets()]
    stack = [Input((None,)), layers.Embedding(5, 3, mask_zero=True), *drop, GRU(4), Dense(1)]
    return Patient(compiled(stack, 0.02), *words())


def batch(cured=False):
    stack = [Input((None,)), layers.Embedding(5, 3, mask_zero=cured), GRU(4), Dense(1)]
    return Patient(compiled(stack, 0.02), *words())


def slow(cured=False):
    dropout = {} if cured else {"recurrent_dropout": 0.1}
    return Patient(compiled([Input((5, 1)), LSTM(4, **dropout), Dense(1)], 0.02), *sums())


def continued(n=8, batch=4, T=5, shuffled=False):
    """Return pieces of ``batch`` long walks, so that row i + batch goes on where row i ended."""
    rng = np.random.default_rng(0)
    walks = np.cumsum(rng.normal(size=(batch, n * T + 1)), 1) / 5
    x = np.stack([walks[:, i * T : i * T + T] for i in range(n)]).reshape(-1, T, 1)
    y = np.stack([walks[:, i * T + T] for i in range(n)]).reshape(-1)
    order = rng.permutation(len(x)) if shuffled else np.arange(len(x))
    return x[order].astype("float32"), y[order]


def stateful_order(cured=False):
    stack = [Input(batch_shape=(4, 5, 1)), LSTM(3, stateful=True), Dense(1)]
    return Patient(compiled(stack), *continued(shuffled=not cured))


def stateful_batch(cured=False):
    stack = [Input(batch_shape=(4, 5, 1)), LSTM(3, stateful=True), Dense(1)]
    x, y = continued()
    rows = len(x) if cured else len(x) - 2
    return Patient(compiled(stack), x[:rows], y[:rows])


BROKEN = {
    "baseline": baseline,
    "same-answer": same_answer,
    "scale": scale,
    "nan": nan,
    "by-heart": by_heart,
    "far": far,
    "data": data,
    "shifted": shifted,
    "leak": leak,
    "split": split,
    "accuracy": accuracy,
    "seed": seed,
    "steps": steps,
    "shape": shape,
    "half-read": half_read,
    "mask-lost": mask_lost,
    "batch": batch,
    "slow": slow,
    "stateful-order": stateful_order,
    "stateful-batch": stateful_batch,
}


def gru_on_floats():
    """Return a GRU on rows of numbers with padding after them, and a mask."""
    x, _ = sums(T=6)
    lengths = np.random.default_rng(2).integers(2, 6, len(x))
    x[np.arange(6) >= lengths[:, None]] = 0
    stack = [Input((None, 1)), layers.Masking(), GRU(6), Dense(1)]
    return learnt(Patient(compiled(stack, 0.02), x, x[:, :, 0].sum(1) / lengths), 120)


def bilstm_on_ids():
    """Return a bidirectional LSTM on ids."""
    both = layers.Bidirectional(LSTM(4))
    stack = [Input((None,)), layers.Embedding(5, 4, mask_zero=True), both, Dense(1)]
    return learnt(Patient(compiled(stack, 0.02), *words()), 120)


def classifier():
    """Return an LSTM with three classes."""
    x, y = sums()
    y = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    stack = [Input((5, 1)), LSTM(6), Dense(3, activation="softmax")]
    model = compiled(stack, 0.03, "sparse_categorical_crossentropy", ["accuracy"])
    return learnt(Patient(model, x, y), 150)


def tagger():
    """Return a model with a target for each step."""
    x, _ = sums(T=6)
    stack = [Input((None, 1)), LSTM(6, return_sequences=True), layers.TimeDistributed(Dense(1))]
    return learnt(Patient(compiled(stack, 0.03), x, np.cumsum(x, 1) / 2), 150)


def forecaster():
    """Return a forecaster that is better than the last value."""
    rng, series = np.random.default_rng(3), np.zeros(260)
    for t in range(2, 260):
        series[t] = 1.6 * series[t - 1] - 0.95 * series[t - 2] + rng.normal()
    model = compiled([Input((None, 1)), GRU(6), Dense(1)], 0.03)
    return learnt(Patient(model, *windows(series / series.std())), 150)


def built_by_fit():
    """Return a model that was told no shape, and rows that are no multiple of its batch."""
    x, y = sums()
    model = compiled([GRU(6), Dense(1)], 0.03)
    model.fit(x[:64], y[:64], batch_size=16, epochs=30, verbose=0)
    return Patient(model, x[:70], y[:70])


SOUND = {
    "gru on floats": gru_on_floats,
    "bilstm on ids": bilstm_on_ids,
    "classifier": classifier,
    "tagger": tagger,
    "forecaster": forecaster,
    "built by fit": built_by_fit,
}
