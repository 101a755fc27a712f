"""Laws that hold for every size, weight and input; Hypothesis looks for the exception."""

import numpy as np
from cases import OURS, WITH_KERNELS, random_params, random_state
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.activations import sigmoid
from unrolled.cells import gru, lstm
from unrolled.unroll import bidirectional, unroll, unroll_backward

small = st.integers(1, 4)
names = st.sampled_from(sorted(OURS))
bounded = st.sampled_from(sorted(WITH_KERNELS))
seeds = st.integers(0, 2**32 - 1)
scales = st.sampled_from([1e-3, 1.0, 30.0])
laws = settings(max_examples=40)


def draw(name, seed, scale, batch, steps, features, units):
    """Return a cell, random parameters, a random state and inputs (N, T, D), and the generator."""
    module, options = OURS[name]
    rng = np.random.default_rng(seed)
    params = random_params(module, rng, features, units, options)
    state = random_state(module, rng, batch, units)
    return module, params, state, scale * rng.normal(0, 1, (batch, steps, features)), rng


def equal(one, other, atol=1e-13):
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=atol)


@laws
@given(names, seeds, scales, small, small, small, small, st.integers(0, 3))
def test_padding_changes_nothing(name, seed, scale, n, t, d, h, extra):
    """Steps beyond a row's length may hold anything: outputs, state and gradients stay."""
    module, params, state, x, rng = draw(name, seed, scale, n, t, d, h)
    lengths = rng.integers(0, t + 1, n)
    junk = np.where(np.arange(t + extra) < lengths[:, None], 0.0, 1.0)[..., None]
    padded = np.concatenate([x, np.zeros((n, extra, d))], axis=1)
    noise = rng.normal(0, 100, padded.shape)
    for reverse in (False, True):
        kw = {"lengths": lengths, "initial_state": state, "reverse": reverse}
        plain = unroll(module, params, x, **kw)
        noisy = unroll(module, params, np.where(junk, noise, padded), **kw)
        equal(plain.last, noisy.last)
        for a, b in zip(plain.state, noisy.state, strict=True):
            equal(a, b)
        ups = rng.normal(0, 1, plain.last.shape)
        one, two = (unroll_backward(module, params, r, d_last=ups) for r in (plain, noisy))
        for a, b in zip(one.params, two.params, strict=True):
            equal(a, b, atol=1e-10)
        equal(one.x, two.x[:, :t], atol=1e-10)
        assert not two.x[:, t:].any()


@laws
@given(names, seeds, scales, small, small, small, small)
def test_a_padded_row_equals_the_row_alone(name, seed, scale, n, t, d, h):
    """A row read in a padded batch gives what it gives by itself, cut to its length."""
    module, params, _, x, rng = draw(name, seed, scale, n, t, d, h)
    lengths = rng.integers(1, t + 1, n)
    both = bidirectional(module, params, params, x, lengths=lengths)
    for row, length in enumerate(lengths):
        alone = bidirectional(module, params, params, x[row : row + 1, :length])
        equal(both.outputs[row, :length], alone.outputs[0])
        equal(both.last[row], alone.last[0])
        assert not both.outputs[row, length:].any()


@laws
@given(names, seeds, scales, small, small, small, small)
def test_batch_order_changes_nothing(name, seed, scale, n, t, d, h):
    """Rows do not see each other."""
    module, params, state, x, rng = draw(name, seed, scale, n, t, d, h)
    order = rng.permutation(n)
    run = unroll(module, params, x, initial_state=state)
    mixed = unroll(module, params, x[order], initial_state=module.State(*(a[order] for a in state)))
    equal(run.outputs[order], mixed.outputs)


@laws
@given(names, seeds, scales, small, st.integers(1, 7), small, small, st.integers(0, 7))
def test_a_sequence_cut_in_two_equals_the_whole(name, seed, scale, n, t, d, h, cut):
    """The state is all that the past leaves behind."""
    module, params, state, x, _ = draw(name, seed, scale, n, t, d, h)
    whole = unroll(module, params, x, initial_state=state)
    first = unroll(module, params, x[:, :cut], initial_state=state)
    rest = unroll(module, params, x[:, cut:], initial_state=first.state)
    equal(np.concatenate([first.outputs, rest.outputs], axis=1), whole.outputs)
    for a, b in zip(rest.state, whole.state, strict=True):
        equal(a, b)


@laws
@given(names, seeds, scales, small, small, small, small)
def test_reading_backwards_is_reading_the_reversed(name, seed, scale, n, t, d, h):
    """Reversing the input and the direction, twice, is the identity."""
    module, params, state, x, _ = draw(name, seed, scale, n, t, d, h)
    there = unroll(module, params, x, initial_state=state)
    back = unroll(module, params, x[:, ::-1], initial_state=state, reverse=True)
    equal(there.outputs, back.outputs[:, ::-1])
    equal(there.last, back.last)


@laws
@given(names, seeds, scales, small, st.integers(1, 6), small, small)
def test_a_palindrome_swaps_the_halves(name, seed, scale, n, t, d, h):
    """Both directions read the same, so exchanging their weights exchanges their halves."""
    module, params, _, x, rng = draw(name, seed, scale, n, t, d, h)
    x = x + x[:, ::-1]
    other = random_params(module, rng, d, h, OURS[name][1])
    run = bidirectional(module, params, other, x)
    swapped = bidirectional(module, other, params, x)
    equal(run.outputs[:, ::-1], np.roll(swapped.outputs, h, axis=-1))
    equal(run.last, np.roll(swapped.last, h, axis=-1))


@laws
@given(bounded, seeds, scales, small, small, small, small)
def test_gates_and_states_stay_in_their_ranges(name, seed, scale, n, t, d, h):
    """Gates are in [0, 1], |h| at most 1; away from saturation, strictly inside."""
    module, params, _, x, _ = draw(name, seed, scale, n, t, d, h)
    for cache in unroll(module, params, x).caches:
        for gate in set("ifozr") & set(cache._fields):
            value = getattr(cache, gate)
            assert ((value >= 0) & (value <= 1)).all()
            if scale <= 1:
                assert ((value > 0) & (value < 1)).all()
        assert (np.abs(cache.h) <= 1).all()


@laws
@given(seeds, scales, small, small, small, small)
def test_an_lstm_that_only_keeps_keeps_its_cell_exactly(seed, scale, n, t, d, h):
    """With f = 1 and i = 0 the cell state passes unchanged, bit for bit."""
    module, params, state, x, _ = draw("lstm", seed, scale, n, t, d, h)
    W, U, b = (a.copy() for a in params)
    for a in (W, U):
        a[:, : 2 * h] = 0
    b[:h], b[h : 2 * h] = -2000, 2000
    run = unroll(module, lstm.Params(W, U, b), x, initial_state=state)
    np.testing.assert_array_equal(run.state.c, state.c)


@laws
@given(st.booleans(), seeds, scales, small, small, small, small)
def test_a_gru_that_only_keeps_keeps_its_state_exactly(after, seed, scale, n, t, d, h):
    """With z = 1 the hidden state passes unchanged, bit for bit; with z = 0 it is forgotten."""
    name = "gru-reset-after" if after else "gru-reset-before"
    module, params, state, x, _ = draw(name, seed, scale, n, t, d, h)
    W, U, b = (a.copy() for a in params)
    W[:, :h], U[:, :h] = 0, 0
    b[..., :h] = 2000
    run = unroll(module, gru.Params(W, U, b), x, initial_state=state)
    np.testing.assert_array_equal(run.state.h, state.h)
    b[..., :h] = -2000
    renewed = unroll(module, gru.Params(W, U, b), x, initial_state=state)
    np.testing.assert_array_equal(renewed.outputs[:, -1], renewed.caches[-1].g)


@laws
@given(names, seeds, scales, small, small, small, small)
def test_a_sum_of_upstream_gradients_gives_the_sum_of_gradients(name, seed, scale, n, t, d, h):
    """The backward pass is linear in what comes from above."""
    module, params, state, x, rng = draw(name, seed, scale, n, t, d, h)
    run = unroll(module, params, x, initial_state=state)
    one, two = rng.normal(0, 1, (2, *run.outputs.shape))
    parts = [unroll_backward(module, params, run, d_outputs=u) for u in (one, two)]
    whole = unroll_backward(module, params, run, d_outputs=one + two)
    equal(parts[0].x + parts[1].x, whole.x, atol=1e-10)
    for a, b, total in zip(parts[0].params, parts[1].params, whole.params, strict=True):
        equal(a + b, total, atol=1e-9 * max(1, scale))


@laws
@given(names, seeds, small, st.integers(2, 6), small, small, st.data())
def test_the_future_has_no_gradient(name, seed, n, t, d, h, data):
    """What happens after a step cannot have moved its output."""
    module, params, _, x, rng = draw(name, seed, 1.0, n, t, d, h)
    step = data.draw(st.integers(0, t - 2))
    upstream = np.zeros((n, t, h))
    upstream[:, step] = rng.normal(0, 1, (n, h))
    run = unroll(module, params, x)
    back = unroll_backward(module, params, run, d_outputs=upstream)
    assert not back.x[:, step + 1 :].any()
    assert back.x[:, step].any()


@laws
@given(st.floats(-700, 700))
def test_sigmoid_is_symmetric(a):
    """sigmoid(-a) is 1 - sigmoid(a)."""
    assert abs(sigmoid(np.array(-a)) + sigmoid(np.array(a)) - 1) < 1e-15
