"""Our cells give what Keras's layers give, with the weights copied: outputs and both states."""

import itertools

import numpy as np
import pytest
from cases import CELLS, MASKS, make_mask, random_state

from unrolled.unroll import bidirectional, unroll, unroll_backward

keras = pytest.importorskip("keras")

LAYERS = {
    "rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru-reset-after": keras.layers.GRU,
    "gru-reset-before": keras.layers.GRU,
}
# (N, T, D, H): one row, one step, one feature, one unit, and sizes that differ.
SIZES = [(3, 7, 4, 5), (1, 4, 3, 2), (2, 1, 2, 3), (1, 1, 1, 1)]


def randomised(layer, rng):
    """Give every weight of a built layer, the biases too, a random value; return them."""
    weights = [rng.normal(0, 0.5, w.shape).astype("float32") for w in layer.get_weights()]
    layer.set_weights(weights)
    return weights


def close(ours, theirs):
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=0, atol=1e-5)


@pytest.mark.parametrize("start", ["zero", "given"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", CELLS)
def test_unroll_equals_the_keras_layer(name, kind, reverse, start, rng):
    """Outputs and final states (h and c) agree for every size, mask, direction and start."""
    (module, options), layer_class = CELLS[name], LAYERS[name]
    for batch, steps, features, units in SIZES:
        x = rng.normal(0, 1, (batch, steps, features)).astype("float32")
        mask = make_mask(kind, batch, steps, rng)
        layer = layer_class(
            units, return_sequences=True, return_state=True, go_backwards=reverse, **options
        )
        layer.build(x.shape)
        params = module.Params(*randomised(layer, rng))
        state = random_state(module, rng, batch, units, "float32") if start == "given" else None

        run = unroll(module, params, x, mask=mask, initial_state=state, reverse=reverse)
        outputs, *final = layer(x, mask=mask, initial_state=None if state is None else [*state])

        theirs = np.asarray(outputs)[:, ::-1] if reverse else outputs
        close(run.outputs, theirs)
        assert len(final) == len(run.state)
        for mine, keras_state in zip(run.state, final, strict=True):
            close(mine, keras_state)
        assert run.outputs.dtype == np.float32


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", CELLS)
def test_last_output_equals_the_keras_layer(name, kind, rng):
    """``run.last`` is what a layer returns without ``return_sequences``, masked start or not."""
    (module, options), layer_class = CELLS[name], LAYERS[name]
    for batch, steps, features, units in SIZES:
        x = rng.normal(0, 1, (batch, steps, features)).astype("float32")
        mask = make_mask(kind, batch, steps, rng)
        layer = layer_class(units, **options)
        layer.build(x.shape)
        params = module.Params(*randomised(layer, rng))
        state = random_state(module, rng, batch, units, "float32")
        run = unroll(module, params, x, mask=mask, initial_state=state)
        close(run.last, layer(x, mask=mask, initial_state=[*state]))


# What is merged is masked already, so that one kind of mask tells all about a merge.
@pytest.mark.parametrize(
    ("merge", "kind"), [*(("concat", kind) for kind in MASKS), ("sum", "holes"), ("mean", "holes")]
)
@pytest.mark.parametrize("name", CELLS)
def test_bidirectional_equals_keras(name, merge, kind, rng):
    """Both return forms and all four final states agree with Keras's wrapper."""
    (module, options), layer_class = CELLS[name], LAYERS[name]
    keras_merge = {"concat": "concat", "sum": "sum", "mean": "ave"}[merge]
    for (batch, steps, features, units), given in itertools.product(SIZES[:3], [False, True]):
        x = rng.normal(0, 1, (batch, steps, features)).astype("float32")
        mask = make_mask(kind, batch, steps, rng)
        both = keras.layers.Bidirectional(
            layer_class(units, return_sequences=True, return_state=True, **options),
            merge_mode=keras_merge,
        )
        both.build(x.shape)
        weights = randomised(both, rng)
        half = len(weights) // 2
        forward, backward = module.Params(*weights[:half]), module.Params(*weights[half:])
        states = [random_state(module, rng, batch, units, "float32") for _ in range(2)]
        start = None if not given else (states[0], states[1])
        keras_start = None if not given else [*states[0], *states[1]]

        run = bidirectional(
            module, forward, backward, x, mask=mask, merge=merge, initial_state=start
        )
        outputs, *final = both(x, mask=mask, initial_state=keras_start)

        close(run.outputs, outputs)
        for mine, keras_state in zip([*run.states[0], *run.states[1]], final, strict=True):
            close(mine, keras_state)
        last = keras.layers.Bidirectional(layer_class(units, **options), merge_mode=keras_merge)
        last.build(x.shape)
        last.set_weights(weights)
        close(run.last, last(x, mask=mask, initial_state=keras_start))


@pytest.mark.parametrize("name", CELLS)
def test_counts_and_fresh_parameters_match_keras(name, rng):
    """``count`` is Keras's ``count_params``, and ``init`` gives Keras's shapes."""
    (module, options), layer_class = CELLS[name], LAYERS[name]
    for features, units in [(1, 1), (4, 5), (7, 3)]:
        layer = layer_class(units, **options)
        layer.build((None, None, features))
        params = module.init(rng, features, units, **options)
        assert module.count(features, units, **options) == layer.count_params()
        assert [a.shape for a in params] == [w.shape for w in layer.get_weights()]
        assert sum(a.size for a in params) == layer.count_params()
        biases = [w for w in layer.get_weights() if w.ndim != 2 or w.shape[0] == 2]
        np.testing.assert_array_equal(params.bias, biases[-1])  # zeros, and the forget ones


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-9)])
@pytest.mark.parametrize("kind", ["none", "ragged", "one row all masked"])
@pytest.mark.parametrize("name", CELLS)
def test_gradients_equal_keras(name, kind, dtype, tolerance, rng):
    """Backpropagation through time meets GradientTape: weights, inputs, initial state."""
    import tensorflow as tf

    (module, options), layer_class = CELLS[name], LAYERS[name]
    batch, steps, features, units = 3, 5, 4, 3
    x, upstream = (rng.normal(0, 1, (batch, steps, d)).astype(dtype) for d in (features, units))
    mask, state = make_mask(kind, batch, steps, rng), random_state(module, rng, batch, units, dtype)
    layer = layer_class(units, return_sequences=True, dtype=dtype, **options)
    layer.build(x.shape)
    params = module.Params(*(w.astype(dtype) for w in randomised(layer, rng)))

    with tf.GradientTape() as tape:
        sources = [*layer.trainable_variables, *map(tf.Variable, state), tf.Variable(x)]
        weights, start, inputs = sources[:3], sources[3:-1], sources[-1]
        outputs = layer(
            tf.convert_to_tensor(inputs),
            mask=mask,
            initial_state=[tf.convert_to_tensor(s) for s in start],
        )
        loss = tf.reduce_sum(outputs * upstream)
    theirs = tape.gradient(loss, [*(w.value for w in weights), *start, inputs])

    run = unroll(module, params, x, mask=mask, initial_state=state)
    back = unroll_backward(module, params, run, d_outputs=upstream)
    ours = [*back.params, *back.initial_state, back.x]
    for mine, gradient in zip(ours, theirs, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, gradient.numpy(), rtol=0, atol=tolerance)
