"""Golden numbers that a person can recompute: every weight is the same constant."""

import numpy as np
import pytest
from cases import OURS, WITH_KERNELS

from unrolled.activations import d_sigmoid, d_tanh, sigmoid, tanh
from unrolled.cells import gru, lstm, rnn
from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm


def s(a):
    return 1 / (1 + np.exp(-a))


def test_rnn_step_by_hand():
    """Recompute h = tanh(2 * 0.5 + 3 * 0.1 - 0.2)."""
    params = rnn.Params(np.array([[2.0]]), np.array([[3.0]]), np.array([-0.2]))
    state, cache = rnn.step(params, rnn.State(np.array([[0.1]])), np.array([[0.5]]))
    assert state.h.item() == pytest.approx(np.tanh(1.1), abs=1e-15)
    assert cache.h_prev.item() == 0.1


def test_lstm_step_by_hand():
    """Every gate has its own numbers, so that swapping two gates is seen."""
    W, U, b = [[1.0, 2.0, 3.0, 4.0]], [[0.1, 0.2, 0.3, 0.4]], [0.01, 0.02, 0.03, 0.04]
    params = lstm.Params(np.array(W), np.array(U), np.array(b))
    x, h, c = 0.5, 0.3, -0.7
    state, _ = lstm.step(params, lstm.State(np.array([[h]]), np.array([[c]])), np.array([[x]]))
    i, f, o = (s(w * x + u * h + k) for w, u, k in ((1, 0.1, 0.01), (2, 0.2, 0.02), (4, 0.4, 0.04)))
    c_next = f * c + i * np.tanh(3 * x + 0.3 * h + 0.03)
    assert state.c.item() == pytest.approx(c_next, abs=1e-15)
    assert state.h.item() == pytest.approx(o * np.tanh(c_next), abs=1e-15)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_step_by_hand(reset_after):
    """The two forms differ in where the reset gate and the second bias act."""
    W, U = np.array([[1.0, 2.0, 3.0]]), np.array([[0.1, 0.2, 0.3]])
    rows = np.array([[0.01, 0.02, 0.03], [0.4, 0.5, 0.6]])
    params = gru.Params(W, U, rows if reset_after else rows[0])
    x, h = 0.5, 0.3
    state, _ = gru.step(params, gru.State(np.array([[h]])), np.array([[x]]))
    k = rows[1] if reset_after else np.zeros(3)
    z = s(1 * x + 0.01 + 0.1 * h + k[0])
    r = s(2 * x + 0.02 + 0.2 * h + k[1])
    inner = r * (0.3 * h + k[2])  # one unit: without the second bias both forms agree
    g = np.tanh(3 * x + 0.03 + inner)
    assert state.h.item() == pytest.approx(z * h + (1 - z) * g, abs=1e-15)


def test_gru_forms_differ_with_more_than_one_unit(rng):
    """Resetting before or after a product of matrices is not the same thing."""
    after = gru.init(rng, 2, 3)
    before = gru.Params(after.kernel, after.recurrent_kernel, after.bias[0])
    state, x = gru.State(rng.normal(0, 1, (1, 3))), rng.normal(0, 1, (1, 2))
    a, b = (gru.step(p, state, x)[0].h for p in (after, before))
    assert np.abs(a - b).max() > 1e-3


def test_sigmoid_is_exact_at_the_ends_and_never_warns():
    """Large arguments saturate at 0 and 1 without an overflow."""
    a = np.array([-1e4, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
    with np.errstate(all="raise"):
        ours = sigmoid(a)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(ours, s(a), rtol=0, atol=1e-15)


def test_slopes_match_central_differences(rng):
    """Each derivative, written from the output, is the slope of its function."""
    a, eps = rng.normal(0, 2, 50), 1e-6
    for f, d in ((sigmoid, d_sigmoid), (tanh, d_tanh)):
        np.testing.assert_allclose(d(f(a)), (f(a + eps) - f(a - eps)) / (2 * eps), atol=1e-9)


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_fresh_parameters(name, rng):
    """Kernels fill Glorot's range, recurrent rows are orthonormal, only the forget bias is 1."""
    module, options = WITH_KERNELS[name]
    features, units = 30, 20
    W, U, b = module.init(rng, features, units, **options)[:3]
    limit = np.sqrt(6 / (features + W.shape[1]))
    assert 0.97 * limit < np.abs(W).max() < limit
    assert abs(W.mean()) < 0.2 * limit
    np.testing.assert_allclose(U @ U.T, np.eye(units), atol=1e-12)
    expected = np.zeros_like(b)
    if "f" in module.GATES:
        expected[units : 2 * units] = 1
    np.testing.assert_array_equal(b, expected)
    assert {a.dtype for a in module.init(rng, 2, 3, dtype=np.float32, **options)} == {
        np.dtype(np.float32)
    }


def test_the_forget_bias_is_a_choice(rng):
    bias = lstm.init(rng, 2, 3, forget_bias=-2.5).bias
    np.testing.assert_array_equal(bias, [0] * 3 + [-2.5] * 3 + [0] * 6)


@pytest.mark.parametrize("name", OURS)
def test_counts_are_the_sizes_of_fresh_parameters(name, rng):
    module, options = OURS[name]
    for features, units in [(1, 1), (4, 5), (7, 3)]:
        fresh = module.init(rng, features, units, **options)
        assert module.count(features, units, **options) == sum(a.size for a in fresh)


def test_the_cells_after_the_lstm_by_hand():
    """One unit, one feature, all numbers written out; every gate has numbers of its own."""
    x, one = np.array([[0.5]]), np.array([[1.0]])
    params = min_gru.Params(np.array([[1.0, 3.0]]), np.array([0.1, 0.2]))
    h = min_gru.step(params, min_gru.State(0.3 * one), x)[0].h.item()
    assert h == pytest.approx((1 - s(0.6)) * 0.3 + s(0.6) * 1.7, abs=1e-15)

    params = min_lstm.Params(np.array([[1.0, 2.0, 3.0]]), np.array([0.1, 0.2, 0.3]))
    h = min_lstm.step(params, min_lstm.State(0.3 * one), x)[0].h.item()
    kept = s(1.2) / (s(1.2) + s(0.6))
    assert h == pytest.approx(kept * 0.3 + (1 - kept) * 1.8, abs=1e-15)

    rates = np.log([[-np.log(0.8)], [0.5], [2.0]])
    params = lru.Params(np.array([[1.0, 2.0, 3.0]]), np.array([0.1, 0.2, 0.3]),
                        np.array([[0.7], [0.4]]), rates)  # fmt: skip
    state = lru.step(params, lru.State(one, 0.3 * one, -0.6 * one), x)[0]
    turned = 0.8 * np.exp(0.5j) * (0.3 - 0.6j) + 2 * (0.6 + 1.2j)
    assert state.p.item() + 1j * state.q.item() == pytest.approx(turned, abs=1e-15)
    assert state.h.item() == pytest.approx(
        np.tanh(0.7 * turned.real - 0.4 * turned.imag + 1.8), abs=1e-15
    )

    params = selective.Params(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([0.1, 0.2, 0.3, 0.4]),
                              np.array([0.6]), np.array([0.9]))  # fmt: skip
    state = selective.step(params, selective.State(one, 0.3 * one), x)[0]
    d = np.log1p(np.exp(1.2))
    inside = np.exp(-d * np.exp(0.6)) * 0.3 + d * 1.8 * 0.6
    assert state.s.item() == pytest.approx(inside, abs=1e-15)
    assert state.h.item() == pytest.approx(2.4 * inside + 0.9 * 0.6, abs=1e-15)

    params = slstm.Params(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[0.1, 0.2, 0.3, 0.4]]),
                          np.array([0.01, 0.02, 0.03, 0.04]))  # fmt: skip
    state = slstm.step(params, slstm.State(0.3 * one, 0.7 * one, 2 * one, 0.5 * one), x)[0]
    a, k = 0.5 + 0.03 + 0.01, 1 + 0.06 + 0.02 + 0.5
    c = 0.7 + np.exp(a - k) * np.tanh(1.5 + 0.09 + 0.03)
    n = 2 + np.exp(a - k)
    assert [v.item() for v in state] == pytest.approx([s(2 + 0.12 + 0.04) * c / n, c, n, k])
