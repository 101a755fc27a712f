"""Our cells in keras.ops: equal to NumPy and to Keras's layers, trainable, saveable."""

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
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=0, atol=1e-5)


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
            close(np.asarray(outputs), keras_layer(x, mask=mask))


@pytest.mark.parametrize("name", CASES)
def test_our_cell_goes_into_bidirectional(name, rng):
    """Keras clones the cell for the second direction; masks pass through."""
    cell, options, module, _ = CASES[name]
    x, mask = rng.normal(0, 1, (3, 5, 4)).astype("float32"), make_mask("ragged", 3, 5, rng)
    both = keras.layers.Bidirectional(keras.layers.RNN(cell(2, **options), return_sequences=True))
    both.build(x.shape)
    weights = random_weights(both, rng)
    half = len(weights) // 2
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


@pytest.mark.parametrize("name", CASES)
def test_a_model_of_our_cell_trains_and_survives_its_file(name, rng, tmp_path):
    """A few steps lower the loss, and the file gives the same predictions back."""
    cell, options, _, _ = CASES[name]
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(6, 4, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.RNN(cell(4, **options))),
            keras.layers.Dense(1),
        ]
    )
    ids = rng.integers(1, 6, (64, 5))
    ids[::3, 3:] = 0
    targets = (ids == 2).sum(axis=1).astype("float32")
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
    losses = model.fit(ids, targets, epochs=8, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict(ids, verbose=0), again.predict(ids, verbose=0))


@pytest.mark.parametrize("units", [0, -3, 2.5, None])
def test_units_are_checked(units):
    with pytest.raises(ValueError, match="expected units to be a positive integer"):
        LSTMCell(units)


def test_every_numpy_cell_has_its_twin():
    assert {module.__name__ for _, _, module, _ in CASES.values()} == {
        f"{cells.__name__}.{name}" for name in ("rnn", "lstm", "gru", "peephole")
    }
