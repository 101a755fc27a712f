"""Our cells as Keras layers, on every backend: equal to NumPy and Keras, trainable, saveable."""

import os
import subprocess
import sys
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from cases import MASKS, make_mask

from unrolled import cells
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.keras_models.cells import GRUCell, LSTMCell, PeepholeLSTMCell, RNNCell
from unrolled.unroll import bidirectional, unroll

# Keras's own layer stands beside ours where there is one.
CASES = {
    "rnn": (RNNCell, {}, rnn, keras.layers.SimpleRNN),
    "lstm": (LSTMCell, {}, lstm, keras.layers.LSTM),
    "gru-reset-after": (GRUCell, {"reset_after": True}, gru, keras.layers.GRU),
    "gru-reset-before": (GRUCell, {"reset_after": False}, gru, keras.layers.GRU),
    "peephole": (PeepholeLSTMCell, {}, peephole, None),
}


def random_weights(layer, rng):
    weights = [rng.normal(0, 0.5, w.shape).astype("float32") for w in layer.get_weights()]
    layer.set_weights(weights)
    return weights


def close(ours, theirs):
    theirs = keras.ops.convert_to_numpy(theirs)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", CASES)
def test_a_layer_of_our_cell_equals_numpy_and_keras(name, kind, rng):
    """Outputs and final states, with masks, for the weights in the same order."""
    cell, options, module, peer = CASES[name]
    for batch, steps, features, units in [(3, 5, 4, 2), (1, 1, 2, 3)]:
        x = rng.normal(0, 1, (batch, steps, features)).astype("float32")
        mask = make_mask(kind, batch, steps, rng)
        layer = keras.layers.RNN(cell(units, **options), return_sequences=True, return_state=True)
        layer.build(x.shape)
        weights = random_weights(layer, rng)
        outputs, *states = layer(x, mask=mask)
        run = unroll(module, module.Params(*weights), x, mask=mask)
        close(run.outputs, outputs)
        for mine, theirs in zip(run.state, states, strict=True):
            close(mine, theirs)
        if peer:
            keras_layer = peer(units, return_sequences=True, **options)
            keras_layer.build(x.shape)
            keras_layer.set_weights(weights)
            close(outputs, keras_layer(x, mask=mask))


@pytest.mark.parametrize("name", CASES)
def test_our_cell_goes_into_bidirectional(name, rng):
    """Keras clones the cell for the second direction; masks pass through."""
    cell, options, module, _ = CASES[name]
    x, mask = rng.normal(0, 1, (3, 5, 4)).astype("float32"), make_mask("ragged", 3, 5, rng)
    both = keras.layers.Bidirectional(keras.layers.RNN(cell(2, **options), return_sequences=True))
    both.build(x.shape)
    weights = random_weights(both, rng)
    half = len(weights) // 2
    ours = module.init(rng, 4, 2, **options)
    assert [a.shape for a in weights] == 2 * [a.shape for a in ours]  # It kept its options.
    sides = module.Params(*weights[:half]), module.Params(*weights[half:])
    run = bidirectional(module, *sides, x, mask=mask)
    close(run.outputs, both(x, mask=mask))


@pytest.mark.parametrize("name", CASES)
def test_fresh_weights_have_our_shapes_and_biases(name, rng):
    cell, options, module, _ = CASES[name]
    layer = keras.layers.RNN(cell(3, **options))
    layer.build((None, None, 4))
    fresh = module.init(rng, 4, 3, **options)
    assert [w.shape for w in layer.get_weights()] == [a.shape for a in fresh]
    np.testing.assert_array_equal(layer.get_weights()[2], fresh.bias)
    assert layer.count_params() == module.count(4, 3, **options)


@pytest.mark.slow
def test_a_model_of_our_cells_trains_and_survives_its_file(rng, tmp_path):
    """A few steps move every weight and lower the loss; the file gives the predictions back."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    words = keras.layers.Embedding(6, 4, mask_zero=True)(ids)
    readers = [keras.layers.RNN(cell(4, **options)) for cell, options, _, _ in CASES.values()]
    read = keras.layers.Concatenate()([reader(words) for reader in readers])
    model = keras.Model(ids, keras.layers.Dense(1)(read))
    fresh = [weights.copy() for reader in readers for weights in reader.get_weights()]
    rows = rng.integers(1, 6, (64, 5), dtype="int32")
    rows[::3, 3:] = 0
    targets = (rows == 2).sum(axis=1).astype("float32")
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
    losses = model.fit(rows, targets, epochs=6, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    for before, after in zip(fresh, (w for r in readers for w in r.get_weights()), strict=True):
        assert (before != after).any()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict(rows, verbose=0), again.predict(rows, verbose=0))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_our_cells_run_on_every_backend(backend):
    """Keras keeps the backend that it began with, so the tests above run in a process of its own.

    The one of this process is TensorFlow.
    """
    if not find_spec(backend):
        pytest.skip(f"{backend} is not installed here")
    few = "backend_is or bidirectional or trains"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            "-k",
            few,
            __file__,
        ],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert " skipped" not in done.stdout


def test_the_backend_is_the_one_that_was_asked_for():
    assert keras.backend.backend() == os.environ.get("KERAS_BACKEND", "tensorflow")


@pytest.mark.parametrize(
    ("units", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), (None, TypeError)]
)
def test_units_are_checked(units, error):
    with pytest.raises(error, match="units: expected"):
        LSTMCell(units)


def test_every_numpy_cell_has_its_twin():
    assert {module.__name__ for _, _, module, _ in CASES.values()} == {
        f"{cells.__name__}.{name}" for name in ("rnn", "lstm", "gru", "peephole")
    }
