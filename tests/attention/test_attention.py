"""Attention is proved as the cells are: by hand, by laws, by differences, and by three witnesses.

Each module is one row of ``MODULES``: what it is given, and how it runs there and back.
"""

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import pytest

from unrolled.activations import d_softmax, softmax
from unrolled.attention import additive, dot_product, multi_head, positions
from unrolled.gradcheck import gradcheck

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed here")
# (N, T, S, D, C, M, A): rows, queries, keys, their features, heads, units.
SIZES = [(2, 3, 4, 5, 2, 2, 3), (1, 1, 1, 1, 1, 1, 1), (3, 2, 5, 2, 4, 3, 1)]
MASKS = ["none", "padded", "one row all masked", "holes"]


def make_mask(kind, batch, steps, rng):
    if kind == "none":
        return None
    lengths = rng.integers(1, steps + 1, batch)
    if kind == "one row all masked":
        lengths[0] = 0
    if kind == "holes":
        return rng.random((batch, steps)) < 0.6
    return np.arange(steps) < lengths[:, None]


class Module(NamedTuple):
    """How a module is drawn, how it runs, and how it runs back: lists of arrays in and out."""

    draw: object
    forward: object
    backward: object
    seen: object  # The axes (N, S) of what the mask hides: which input it is.


def additive_draw(rng, N, T, S, D, C, M, A):
    shapes = [(D, A), (C, A), (A,), (N, D), (N, S, C)]
    return [rng.normal(0, 0.7, shape) for shape in shapes]


def additive_forward(arrays, mask):
    return additive.step(additive.Params(*arrays[:3]), *arrays[3:], mask)


def additive_backward(arrays, cache, up):
    params, d_query, d_keys = additive.step_backward(additive.Params(*arrays[:3]), cache, up)
    return [*params, d_query, d_keys]


def dot_draw(rng, N, T, S, D, C, M, A):
    return [rng.normal(0, 0.7, shape) for shape in [(N, T, A), (N, S, A), (N, S, C)]]


def dot_forward(arrays, mask):
    return dot_product.attend(*arrays, None if mask is None else mask[:, None])


def dot_backward(arrays, cache, up):
    return [*dot_product.attend_backward(cache, up)]


def heads_draw(context):
    def draw(rng, N, T, S, D, C, M, A):
        fresh = multi_head.init(rng, D, M, A, C if context else None)
        inputs = [(N, T, D), (N, S, C)] if context else [(N, S, D)]
        return [rng.normal(0, 0.7, shape) for shape in [*(a.shape for a in fresh), *inputs]]

    return draw


def heads_forward(causal):
    def forward(arrays, mask):
        params = multi_head.Params(*arrays[:8])
        return multi_head.forward(params, *arrays[8:], mask=mask, causal=causal)

    return forward


def heads_backward(arrays, cache, up):
    params, d_x, d_context = multi_head.backward(multi_head.Params(*arrays[:8]), cache, up)
    return [*params, d_x, *([] if d_context is None else [d_context])]


MODULES = {
    "additive": Module(additive_draw, additive_forward, additive_backward, 4),
    "dot product": Module(dot_draw, dot_forward, dot_backward, 1),
    "self": Module(heads_draw(False), heads_forward(False), heads_backward, 8),
    "self, causal": Module(heads_draw(False), heads_forward(True), heads_backward, 8),
    "context": Module(heads_draw(True), heads_forward(False), heads_backward, 9),
}


def case(name, sizes, kind, rng):
    module = MODULES[name]
    return module, module.draw(rng, *sizes), make_mask(kind, sizes[0], sizes[2], rng)


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", MODULES)
def test_gradients_meet_central_differences(name, kind, rng):
    """Every parameter and every input, for random upstream gradients."""
    for sizes in SIZES:
        module, arrays, mask = case(name, sizes, kind, rng)
        y, cache = module.forward(arrays, mask)
        up = rng.normal(0, 1, y.shape)

        def loss(*arrays, module=module, mask=mask, up=up):
            return float((module.forward(arrays, mask)[0] * up).sum())

        gradients = module.backward(arrays, cache, up)
        gradcheck(loss, arrays, gradients)


@pytest.mark.parametrize("kind", ["none", "one row all masked"])
@pytest.mark.parametrize("name", MODULES)
def test_jax_runs_the_same_lines_and_derives_the_same_gradients(name, kind, rng):
    jax = pytest.importorskip("jax")
    module, arrays, mask = case(name, SIZES[0], kind, rng)
    y, cache = module.forward(arrays, mask)
    up = rng.normal(0, 1, y.shape)
    with jax.enable_x64(True):
        theirs, derived = jax.jit(lambda arrays: jax.vjp(
            lambda arrays: module.forward(arrays, mask)[0], arrays
        ))([jax.numpy.asarray(a) for a in arrays])  # fmt: skip
        assert isinstance(theirs, jax.Array)
        (gradients,) = derived(up)
    np.testing.assert_allclose(y, theirs, rtol=0, atol=1e-12)
    for ours, other in zip(module.backward(arrays, cache, up), gradients, strict=True):
        np.testing.assert_allclose(ours, other, rtol=0, atol=1e-12)


@pytest.mark.slow
@needs_torch
@pytest.mark.parametrize("name", MODULES)
def test_torch_runs_the_same_lines_and_derives_the_same_gradients(name, rng):
    import torch

    module, arrays, mask = case(name, SIZES[0], "padded", rng)
    y, cache = module.forward(arrays, mask)
    up = rng.normal(0, 1, y.shape)
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    theirs, _ = module.forward(leaves, torch.tensor(mask))
    theirs.backward(torch.tensor(up))
    np.testing.assert_allclose(y, theirs.detach(), rtol=0, atol=1e-12)
    for ours, leaf in zip(module.backward(arrays, cache, up), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", MODULES)
def test_tensors_of_keras_go_through(name, rng):
    tf = pytest.importorskip("tensorflow")
    module, arrays, mask = case(name, SIZES[0], "padded", rng)
    arrays = [a.astype("f4") for a in arrays]
    theirs, _ = module.forward([tf.convert_to_tensor(a) for a in arrays], tf.constant(mask))
    assert isinstance(theirs, tf.Tensor)
    np.testing.assert_allclose(module.forward(arrays, mask)[0], theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("what", [7.0, np.nan, np.inf])
@pytest.mark.parametrize("name", [name for name in MODULES if name != "dot product"])
def test_padding_is_outside(name, what, rng):
    """Whatever stands in padding, the answers and all gradients are the same, to the last bit."""
    module, arrays, mask = case(name, SIZES[0], "one row all masked", rng)
    y, cache = module.forward(arrays, mask)
    up = rng.normal(0, 1, y.shape)
    other = [a.copy() for a in arrays]
    other[module.seen][~mask] = what
    theirs, kept = module.forward(other, mask)
    np.testing.assert_array_equal(y, theirs)
    ours, others = module.backward(arrays, cache, up), module.backward(other, kept, up)
    for a, b in zip(ours, others, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not ours[module.seen][~mask].any()
    weights = cache.a if name == "additive" else cache.weights.sum(axis=(1, 2))
    assert not weights[~mask].any()
    assert ours[module.seen][mask].all()


def test_a_share_of_the_keys_that_is_given_is_used_and_its_padding_is_outside(rng):
    _, arrays, mask = case("additive", SIZES[0], "padded", rng)
    params, (query, keys) = additive.Params(*arrays[:3]), arrays[3:]
    shares = additive.project(params, keys)
    once, _ = additive.step(params, query, keys, mask)
    shares[~mask] = np.nan
    given, cache = additive.step(params, query, keys, mask, shares)
    np.testing.assert_array_equal(once, given)
    for gradient in additive.step_backward(params, cache, given)[0]:
        assert np.isfinite(gradient).all()
    moved, _ = additive.step(params, query, keys, mask, shares + rng.normal(0, 1, shares.shape))
    assert (moved != once).any()


@pytest.mark.parametrize("name", [name for name in MODULES if name != "self, causal"])
def test_answers_do_not_hang_on_the_order_of_the_keys(name, rng):
    """Attention has no order: exchange the steps that are read, and the same is read."""
    module, arrays, mask = case(name, SIZES[0], "holes", rng)
    order = rng.permutation(SIZES[0][2])
    moved = [*arrays]
    moved[module.seen] = arrays[module.seen][:, order]
    if name == "dot product":
        moved[2] = arrays[2][:, order]
    y, theirs = module.forward(arrays, mask)[0], module.forward(moved, mask[:, order])[0]
    y = y[:, order] if name == "self" else y  # The steps that ask have moved, too.
    np.testing.assert_allclose(y, theirs, rtol=0, atol=1e-12)


def test_causal_attention_sees_nothing_that_comes_after(rng):
    """Move a step: no answer before it moves, and the gradients go back only."""
    params, x = multi_head.init(rng, 4, 2, 3), rng.normal(0, 1, (2, 5, 4))
    y, cache = multi_head.forward(params, x, causal=True)
    other = x.copy()
    other[:, 3] += 1
    moved, _ = multi_head.forward(params, other, causal=True)
    np.testing.assert_array_equal(y[:, :3], moved[:, :3])
    assert (y[:, 3:] != moved[:, 3:]).all()
    up = np.zeros_like(y)
    up[:, 2] = 1
    _, d_x, _ = multi_head.backward(params, cache, up)
    assert not d_x[:, 3:].any()
    assert d_x[:, :3].all()
    np.testing.assert_array_equal(dot_product.causal(5), np.tril(np.ones((5, 5), bool)))


def test_a_context_may_be_read_causally(rng):
    params = multi_head.init(rng, 4, 2, 3)
    x, context = rng.normal(0, 1, (2, 3, 4)), rng.normal(0, 1, (2, 5, 4))
    _, cache = multi_head.forward(params, x, context, causal=True)
    assert not np.triu(cache.weights, 1).any()
    assert (np.tril(cache.weights, 0) > 0).sum() == 2 * 2 * 6


@pytest.mark.parametrize("kind", MASKS)
def test_weights_are_shares(kind, rng):
    """They are not negative, they sum to 1 where there is anything to see, and padding has none."""
    e, mask = rng.normal(0, 3, (3, 5)), make_mask(kind, 3, 5, rng)
    a = softmax(e, mask)
    counts = np.ones((3, 5), bool) if mask is None else mask
    assert (a >= 0).all()
    np.testing.assert_allclose(a.sum(-1), counts.any(-1), rtol=0, atol=1e-15)
    assert ((a > 0) == counts).all()
    np.testing.assert_allclose(softmax(e + 7, mask), a, rtol=0, atol=1e-14)


def test_softmax_by_hand_and_with_scores_that_would_overflow():
    e = np.log([[1.0, 2.0, 5.0]])
    np.testing.assert_allclose(softmax(e), [[0.125, 0.25, 0.625]], rtol=1e-15)
    seen = np.array([[True, True, False]])
    np.testing.assert_allclose(softmax(e, seen), [[1 / 3, 2 / 3, 0]], rtol=1e-15)
    np.testing.assert_array_equal(softmax(np.array([1000.0, -1000.0])), [1, 0])
    np.testing.assert_array_equal(softmax(np.array([1e4, -1e4]), np.array([True, True])), [1, 0])
    np.testing.assert_array_equal(d_softmax(np.array([0.5, 0.5]), np.array([4.0, 0.0])), [1, -1])


def test_additive_attention_by_hand():
    """Two keys, one of them at the query: numbers that a person can recompute."""
    params = additive.Params(np.array([[1.0]]), np.array([[-1.0]]), np.array([2.0]))
    context, cache = additive.step(params, np.array([[1.0]]), np.array([[[1.0], [0.0]]]))
    np.testing.assert_allclose(cache.E[0, :, 0], [0, np.tanh(1)], rtol=1e-15)
    share = 1 / (1 + np.exp(-2 * np.tanh(1)))
    np.testing.assert_allclose(cache.a, [[1 - share, share]], rtol=1e-14)
    np.testing.assert_allclose(context, [[1 - share]], rtol=1e-14)


def test_dot_product_attention_by_hand():
    """Four units: the scale is one half."""
    q = np.array([[2.0, 0.0, 0.0, 0.0]])
    k, v = np.array([[1.0, 5.0, 5.0, 5.0], [0.0, 9.0, 9.0, 9.0]]), np.array([[1.0], [0.0]])
    y, cache = dot_product.attend(q, k, v)
    np.testing.assert_allclose(y, [[np.e / (1 + np.e)]], rtol=1e-14)
    np.testing.assert_array_equal(cache.v, v)
    assert dot_product.scale(np.zeros((2, 3, 16))) == 0.25


@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention_one_head_and_one_step_at_a_time(causal, rng):
    N, T, S, D, C, M, A = SIZES[0]
    fresh = multi_head.init(rng, D, M, A, context=C)
    params = multi_head.Params(*(rng.normal(0, 0.7, a.shape) for a in fresh))
    assert multi_head.check(params) == (D, C, M, A)
    W_q, b_q, W_k, b_k, W_v, b_v, W_o, b_o = params
    x, read = rng.normal(0, 1, (N, T, D)), rng.normal(0, 1, (N, S, C))
    mask = np.arange(S) < np.array([4, 2])[:, None]
    y = multi_head.forward(params, x, read, mask=mask, **({"causal": True} if causal else {}))[0]
    for n, t in np.ndindex(N, T):
        answer = b_o.copy()
        for m in range(M):
            seen = [s for s in range(S) if mask[n, s] and (s <= t or not causal)]
            q = x[n, t] @ W_q[:, m] + b_q[m]
            shares = np.exp([q @ (read[n, s] @ W_k[:, m] + b_k[m]) / np.sqrt(A) for s in seen])
            values = [read[n, s] @ W_v[:, m] + b_v[m] for s in seen]
            answer += (shares / shares.sum()) @ values @ W_o[m]
        np.testing.assert_allclose(y[n, t], answer, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", MASKS[:2])
def test_additive_attention_equals_keras(kind, rng):
    """Keras leaves the two projections out: it gets the sums' two shares, and the same values."""
    keras = pytest.importorskip("keras")
    _, arrays, mask = case("additive", SIZES[0], kind, rng)
    params, (query, keys) = additive.Params(*arrays[:3]), arrays[3:]
    layer = keras.layers.AdditiveAttention(dtype="float64")
    asked, shares = query @ params.query_kernel, additive.project(params, keys)
    layer.build([(2, 1, 3), keys.shape, shares.shape])
    layer.set_weights([params.scale])
    theirs, weights = layer(
        [asked[:, None], keys, shares],
        mask=None if mask is None else [None, mask],
        return_attention_scores=True,
    )
    ours, cache = additive.step(params, query, keys, mask)
    np.testing.assert_allclose(ours, theirs[:, 0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(cache.a, weights[:, 0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", MASKS[:2])
@pytest.mark.parametrize("itself", [True, False])
def test_multi_head_attention_equals_keras(itself, kind, causal, rng):
    """With the weights copied: answers, weights and the gradients of all parameters."""
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    N, T, S, D, C, M, _ = SIZES[0]
    A = 4  # Keras rounds 1 / sqrt(A) to 32 bits; this one has few.
    T, C = (S, D) if itself else (T, C)
    x = rng.normal(0, 1, (N, T, D))
    context = None if itself else rng.normal(0, 1, (N, S, C))
    read, mask = x if itself else context, make_mask(kind, N, S, rng)
    layer = keras.layers.MultiHeadAttention(M, A, dtype="float64")
    layer.build(x.shape, read.shape)
    layer.set_weights([rng.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    params = multi_head.Params(*layer.get_weights())
    assert multi_head.check(params) == (D, C, M, A)
    ours, cache = multi_head.forward(params, x, context, mask=mask, causal=causal)
    asked = np.ones((N, T), bool) if mask is None or not itself else mask
    up = rng.normal(0, 1, ours.shape) * asked[..., None]
    with tf.GradientTape() as tape:
        theirs, weights = layer(
            x, read, attention_mask=None if mask is None else mask[:, None],
            use_causal_mask=causal, return_attention_scores=True,
        )  # fmt: skip
        loss = tf.reduce_sum(theirs * up)
    slopes = tape.gradient(loss, [w.value for w in layer.trainable_variables])
    np.testing.assert_allclose(ours[asked], theirs.numpy()[asked], rtol=0, atol=1e-10)
    seen = np.swapaxes(cache.weights, 1, 2)[asked], np.swapaxes(weights, 1, 2)[asked]
    np.testing.assert_allclose(*seen, rtol=0, atol=1e-10)
    assert not ours[~asked].any()
    d_params, _, _ = multi_head.backward(params, cache, up)
    for mine, slope in zip(d_params, slopes, strict=True):
        np.testing.assert_allclose(mine, slope, rtol=0, atol=1e-9)


def test_counts_and_shapes_match_keras(rng):
    keras = pytest.importorskip("keras")
    for D, M, A in [(4, 2, 3), (1, 1, 1)]:
        layer = keras.layers.MultiHeadAttention(M, A)
        layer.build((None, None, D), (None, None, D))
        params = multi_head.init(rng, D, M, A)
        assert [a.shape for a in params] == [w.shape for w in layer.get_weights()]
        assert multi_head.count(D, M, A) == layer.count_params() == sum(a.size for a in params)
        learnt = additive.init(rng, D, M, A)
        assert additive.count(D, M, A) == sum(a.size for a in learnt)
        assert multi_head.init(rng, D, M, A, dtype="f4").query_kernel.dtype == np.float32
        assert additive.init(rng, D, M, A, "f4").scale.dtype == np.float32


def test_fresh_kernels_are_glorot_uniform(rng):
    params = multi_head.init(rng, 50, 4, 10, context=70)
    for kernel, fans in [(params.query_kernel, 90), (params.key_kernel, 110),
                         (params.output_kernel, 90)]:  # fmt: skip
        limit = np.sqrt(6 / fans)
        assert 0.98 * limit < np.abs(kernel).max() <= limit
    for bias in params[1::2]:
        assert not bias.any()
    learnt = additive.init(rng, 60, 90, 40)
    for kernel, fans in zip(learnt[:2], (100, 130), strict=True):
        assert 0.98 * np.sqrt(6 / fans) < np.abs(kernel).max() <= np.sqrt(6 / fans)
    scales = np.array([additive.init(rng, 2, 2, 3).scale for _ in range(200)])
    assert 0.98 * np.sqrt(6 / 4) < np.abs(scales).max() <= np.sqrt(6 / 4)


HEADS = multi_head.init(np.random.default_rng(0), 4, 2, 3, context=5)
ADDED = additive.init(np.random.default_rng(0), 4, 5, 3)
Z = np.zeros


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: multi_head.forward(HEADS, Z((2, 3, 5)), Z((2, 3, 5))), r"x of shape \(N, T, 4\)"),
        (lambda: multi_head.forward(HEADS, Z((2, 4)), Z((2, 3, 5))), r"got shape \(2, 4\)"),
        (lambda: multi_head.forward(HEADS, Z((2, 3, 4))), r"the context of shape \(N, T, 5\)"),
        (lambda: multi_head.forward(HEADS, Z((2, 3, 4)), Z((3, 4, 5))), "2 rows, got 3"),
        (
            lambda: multi_head.forward(HEADS, Z((2, 3, 4)), Z((2, 6, 5)), Z((2, 3), bool)),
            r"mask of shape \(2, 6\), got \(2, 3\)",
        ),
        (lambda: multi_head.check(HEADS._replace(value_bias=Z((2, 4)))), r"value_bias.*\(2, 3\)"),
        (lambda: multi_head.check(HEADS._replace(query_kernel=Z((2, 4)))), r"\(D, M, A\)"),
        (lambda: multi_head.check(HEADS._replace(key_kernel=Z((2, 4)))), r"\(C, M, A\)"),
        (lambda: additive.step(ADDED, Z((2, 5)), Z((2, 3, 5))), r"query \(N, 4\)"),
        (lambda: additive.step(ADDED, Z((2, 1, 4)), Z((2, 3, 5))), r"query \(N, 4\)"),
        (lambda: additive.step(ADDED, Z((2, 4)), Z((2, 3, 4))), r"keys \(2, S, 5\)"),
        (lambda: additive.step(ADDED, Z((2, 4)), Z((3, 3, 5))), r"keys \(2, S, 5\)"),
        (lambda: additive.step(ADDED, Z((2, 4)), Z((2, 5))), r"keys \(2, S, 5\)"),
        (
            lambda: additive.step(ADDED, Z((2, 4)), Z((2, 3, 5)), Z((2, 4), bool)),
            r"mask of shape \(2, 3\), got \(2, 4\)",
        ),
        (lambda: additive.check(ADDED._replace(scale=Z(4))), r"a scale \(A,\)"),
        (lambda: additive.check(ADDED._replace(scale=Z((3, 1)))), r"a scale \(A,\)"),
        (lambda: dot_product.attend(Z((3, 4)), Z((2, 5)), Z((2, 4))), r"keys \(..., S, A\)"),
        (lambda: dot_product.attend(Z((3, 4)), Z((2, 4)), Z((3, 4))), r"got shapes \(3, 4\)"),
        (lambda: multi_head.init(np.random.default_rng(0), 4, 0, 3), "heads: expected at least 1"),
        (lambda: additive.init(np.random.default_rng(0), 4, 2, 0), "units: expected at least 1"),
        (lambda: multi_head.count(4, 2, 0), "units: expected at least 1"),
        (lambda: additive.count(4, 0, 2), "keys: expected at least 1"),
    ],
)
def test_bad_input_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_shift_of_positions_is_one_rotation():
    """By hand for the first wave, and for all: k steps on turn every wave by the same angle."""
    found = positions.waves(9, 6)
    np.testing.assert_allclose(found[:, 0], np.sin(np.arange(9)), rtol=0, atol=1e-15)
    np.testing.assert_allclose(found[1, 2], np.sin(10_000 ** (-2 / 3)), rtol=0, atol=1e-15)
    turning = found[:, 3:] + 1j * found[:, :3]
    np.testing.assert_allclose(turning[3:] / turning[:-3], [turning[3]] * 6, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="even number, got 3"):
        positions.waves(2, 3)
    with pytest.raises(ValueError, match="steps: expected at least 1"):
        positions.waves(0, 2)
