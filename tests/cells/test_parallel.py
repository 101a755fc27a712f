"""Many steps at once give what one step after another gives."""

import numpy as np
import pytest
from cases import MASKS, OURS, SCANNED, make_mask, random_params, random_state
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm
from unrolled.cells.after.shared import check_kernel
from unrolled.unroll import (
    blocked_scan,
    unroll,
    unroll_associative,
    unroll_backward,
    unroll_parallel,
)


def ends(run):
    return [run.outputs, run.last, *run.state]


def close(ours, theirs, atol=1e-10):
    for a, b in zip(ours, theirs, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=atol)


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(SCANNED)), st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 30.0]),
    st.integers(1, 3), st.integers(0, 70), st.sampled_from(MASKS), st.booleans(),
    st.sampled_from(["repeat", "zero"]),
)  # fmt: skip
def test_a_scan_is_the_loop(name, seed, scale, batch, steps, kind, reverse, masked_outputs):
    """From a first state that is not zero, with any mask, in both directions, to 1e-10."""
    module, options = SCANNED[name]
    rng = np.random.default_rng(seed)
    params = random_params(module, rng, 2, 3, options)
    x = scale * rng.normal(0, 1, (batch, steps, 2))
    keywords = {
        "mask": make_mask(kind, batch, steps, rng) if steps else None,
        "initial_state": random_state(module, rng, batch, 3),
        "initial_output": rng.normal(0, 1, (batch, 3)),
        "reverse": reverse,
        "masked_outputs": masked_outputs,
    }
    loop = unroll(module, params, x, **keywords)
    found = unroll_parallel(module, params, x, **keywords)
    close(ends(loop), ends(found), atol=1e-10 * max(1, scale))
    assert type(found.state) is module.State


@pytest.mark.parametrize(
    ("kind", "reverse", "masked_outputs"),
    [("one row all masked", False, "repeat"), ("holes", True, "zero")],
)
@pytest.mark.parametrize("name", SCANNED)
def test_jaxs_scan_and_its_gradient_are_the_loops(name, kind, reverse, masked_outputs, rng):
    """All outcomes and all gradients, for random upstream ones."""
    jax = pytest.importorskip("jax")
    module, options = SCANNED[name]
    params, state = random_params(module, rng, 2, 3, options), random_state(module, rng, 2, 3)
    x, mask = rng.normal(0, 1, (2, 6, 2)), make_mask(kind, 2, 6, rng)
    how = {"mask": mask, "reverse": reverse, "masked_outputs": masked_outputs}
    run = unroll(module, params, x, initial_state=state, **how)
    up = [rng.normal(0, 1, a.shape) for a in ends(run)]
    with jax.enable_x64(True):

        def scan(params, x, state):
            return unroll_associative(module, params, x, initial_state=state, **how)

        @jax.jit
        def derived(params, x, state, up):
            answer, backward = jax.vjp(scan, params, x, state)
            return answer, backward(type(answer)(up[0], up[1], module.State(*up[2:])))

        answer, (d_params, d_x, d_state) = derived(params, x, state, up)
    close(ends(run), ends(answer))
    back = unroll_backward(module, params, run, d_outputs=up[0], d_last=up[1], d_state=up[2:])
    close([*back.params, back.x, *back.initial_state], [*d_params, d_x, *d_state])


@pytest.mark.parametrize("decay", [0.0, 1e-300, 1e-3, 0.5, 1 - 1e-9, 1.0])
def test_decays_near_0_and_near_1_over_many_steps(decay, rng):
    """The loop's numbers over 20,000 steps, where a product of decays is far below any number."""
    write = rng.normal(0, 1, (20_000, 2))
    state, expected = np.array([3.0, -1.0]), []
    for b in write:
        state = decay * state + b
        expected.append(state)
    found = blocked_scan(np.full_like(write, decay), write, np.array([3.0, -1.0]))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9)
    for block in (1, 7, 20_000, 50_000):
        part = blocked_scan(np.full_like(write, decay), write, np.array([3.0, -1.0]), block)
        np.testing.assert_allclose(part, expected, rtol=1e-10, atol=1e-9)


def test_of_no_step_there_is_no_state():
    assert blocked_scan(np.zeros((0, 2)), np.zeros((0, 2)), np.ones(2)).shape == (0, 2)


def test_a_long_sequence_of_the_selective_cell_where_it_keeps_all_and_nothing(rng):
    """Steps of time near 0 and very long ones, in turns of hundreds, 4,000 in all."""
    params = random_params(selective, rng, 1, 3, {})
    params.kernel[:, 3:6] = 40.0
    x = np.repeat(rng.choice([-1.0, 1.0], 40), 100)[None, :, None]
    state = random_state(selective, rng, 1, 3)
    loop = unroll(selective, params, x, initial_state=state)
    kept = np.array([cache.f for cache in loop.caches])
    assert kept.min() < 1e-12
    assert kept.max() > 1 - 1e-12
    close(ends(loop), ends(unroll_parallel(selective, params, x, initial_state=state)), 1e-9)


def test_the_papers_scan_in_log_space_gives_the_same(rng):
    """Feng et al. add logarithms; where what is written is above 0 that is the same sum."""
    params, x = random_params(min_gru, rng, 2, 3, {}), rng.normal(0, 1, (2, 30, 2))
    params.bias[3:] = 20.0
    first = min_gru.State(np.exp(rng.normal(0, 1, (2, 3))))
    a_z, g = np.split(x @ params.kernel + params.bias, 2, axis=-1)
    log_kept = np.cumsum(-np.logaddexp(0, a_z), axis=1)  # log of the product of all 1 - z
    log_written = -np.logaddexp(0, -a_z) + np.log(g)
    terms = np.concatenate([np.log(first.h)[:, None], log_written - log_kept], axis=1)
    h = np.exp(log_kept + np.logaddexp.accumulate(terms, axis=1)[:, 1:])
    close([h], [unroll_parallel(min_gru, params, x, initial_state=first).outputs])


def test_a_minimal_lstm_is_the_quotient_of_its_two_gates(rng):
    """The normalised gates as the paper writes them, step by step, as one sum over all the past."""
    params, x = random_params(min_lstm, rng, 2, 3, {}), rng.normal(0, 1, (1, 8, 2))
    a_i, a_f, g = np.split((x @ params.kernel + params.bias)[0], 3, axis=-1)
    i, f = 1 / (1 + np.exp(-a_i)), 1 / (1 + np.exp(-a_f))
    share_f, share_i = f / (f + i), i / (f + i)
    h0 = rng.normal(0, 1, (1, 3))
    found = unroll(min_lstm, params, x, initial_state=[h0]).outputs[0]
    for t in range(8):
        later = [np.prod(share_f[k + 1 : t + 1], axis=0) for k in range(t + 1)]
        h = np.prod(share_f[: t + 1], axis=0) * h0[0]
        h = h + sum(later[k] * share_i[k] * g[k] for k in range(t + 1))
        close([h], [found[t]])


def test_a_linear_recurrent_unit_is_a_convolution(rng):
    """From zero, s is a sum over the past, each step turned and shrunk by a power of a number."""
    params, x = random_params(lru, rng, 2, 3, {}), rng.normal(0, 1, (1, 9, 2))
    radius, angle, scale = params.rates
    a = np.exp(-np.exp(radius)) * np.exp(1j * np.exp(angle))
    u = (x @ params.kernel + params.bias)[0]
    written = np.exp(scale) * (u[:, :3] + 1j * u[:, 3:6])
    run = unroll(lru, params, x)
    for t in range(9):
        s = sum(a ** (t - k) * written[k] for k in range(t + 1))
        h = np.tanh(
            (s @ (params.output_kernel[:3] + 1j * params.output_kernel[3:])).real + u[t, 6:]
        )
        close([h, s.real, s.imag], [run.outputs[0, t], run.caches[t].p[0], run.caches[t].q[0]])


def test_a_selective_cell_is_a_matrix_of_decays(rng):
    """Mamba-2's other form: what step k puts into step t, for all pairs at once."""
    params, x = random_params(selective, rng, 2, 3, {}), rng.normal(0, 1, (1, 9, 2))
    share = (x @ params.kernel + params.bias)[0]
    u, d = share[:, :3], np.log1p(np.exp(share[:, 3:6]))
    logs = np.cumsum(-d * np.exp(params.rate), axis=0)
    pairs = np.tril(np.ones((9, 9)))[..., None] * np.exp(np.minimum(logs[:, None] - logs[None], 0))
    mixed = share[:, 7, None, None] * pairs * (d * share[:, 6, None])[None]
    h = (mixed * u[None]).sum(axis=1) + params.skip * u
    close([h], [unroll(selective, params, x).outputs[0]])


def test_exponential_gates_are_a_weighted_mean(rng):
    """The paper's formula without a stabiliser: sums of e to the power of sums, where they fit."""
    params, x = random_params(slstm, rng, 2, 3, {}), rng.normal(0, 1, (1, 6, 2))
    run = unroll(slstm, params, x)
    h, c, n = np.zeros((3, 1, 3))
    for t in range(6):
        a_i, a_f, a_g, a_o = np.split(
            x[:, t] @ params.kernel + h @ params.recurrent_kernel + params.bias, 4, axis=-1
        )
        c = np.exp(a_f) * c + np.exp(a_i) * np.tanh(a_g)
        n = np.exp(a_f) * n + np.exp(a_i)
        h = c / n / (1 + np.exp(-a_o))
        close([h], [run.outputs[:, t]])
    m = run.state.m
    close([c, n], [run.state.c * np.exp(m), run.state.n * np.exp(m)])


def test_exponential_gates_do_not_overflow(rng):
    """Sums of thousands, of either sign, leave a mean of candidates, which is at most 1."""
    params = slstm.Params(*(1000 * a for a in random_params(slstm, rng, 2, 3, {})))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        run = unroll(slstm, params, rng.normal(0, 3, (4, 30, 2)))
        back = unroll_backward(slstm, params, run, d_outputs=np.ones_like(run.outputs))
    assert np.abs(run.outputs).max() <= 1
    for a in (*back.params, back.x):
        assert np.isfinite(a).all()


@pytest.mark.parametrize("scan", [unroll_parallel, unroll_associative])
def test_a_cell_whose_gates_see_the_state_is_refused(scan, rng):
    for name in sorted(set(OURS) - set(SCANNED)):
        module, options = OURS[name]
        with pytest.raises(TypeError, match=r"linear in its state, with linear\(\), got unrolled"):
            scan(module, module.init(rng, 2, 3, **options), np.zeros((1, 4, 2)))


@pytest.mark.parametrize("scan", [unroll_parallel, unroll_associative])
def test_bad_input_is_refused_as_by_the_loop(scan, rng):
    params = min_gru.init(rng, 3, 4)
    for x, keywords, words in [
        (np.zeros((2, 5, 2)), {}, "3 features"),
        (np.zeros((2, 5, 3)), {"lengths": [5, 6]}, "from 0 to 5, got 6"),
        (np.zeros((2, 5, 3)), {"initial_state": [np.zeros((2, 5))]}, "state h of shape"),
    ]:
        with pytest.raises(ValueError, match=words):
            scan(min_gru, params, x, **keywords)


@pytest.mark.parametrize(
    ("module", "field", "words"),
    [
        (min_gru, "kernel", r"kernel \(D, 2 \* H\), got shape \(3, 7\)"),
        (min_lstm, "kernel", r"kernel \(D, 3 \* H\), got shape \(3, 11\)"),
        (selective, "kernel", r"kernel \(D, 2 \* H \+ 2\), got shape \(3, 9\)"),
        (lru, "kernel", r"kernel \(D, 3 \* H\), got shape \(3, 11\)"),
        (min_gru, "bias", r"bias of shape \(8,\), got \(7,\)"),
        (lru, "rates", r"rates of shape \(3, 4\), got \(3, 3\)"),
        (lru, "output_kernel", r"output kernel of shape \(8, 4\), got \(8, 3\)"),
        (selective, "rate", r"rate of shape \(4,\), got \(3,\)"),
        (selective, "skip", r"skip of shape \(4,\), got \(3,\)"),
        (slstm, "kernel", "expected a kernel"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(module, field, words, rng):
    params = module.init(rng, 3, 4)
    broken = params._replace(**{field: getattr(params, field)[..., :-1]})
    with pytest.raises(ValueError, match=words):
        module.step(broken, module.zero_state(params, 2), np.zeros((2, 3)))


def test_a_kernel_is_as_wide_as_its_blocks():
    assert check_kernel(np.zeros((3, 2)), np.zeros(2), 2) == (3, 1)
    assert check_kernel(np.zeros((3, 9)), np.zeros(9), 2, more=1) == (3, 4)
    for shape, bias, blocks, more, form in [
        ((4,), (4,), 2, 0, r"2 \* H"),
        ((4,), (), 1, 0, r"1 \* H"),
        ((2, 3, 4), (3, 4), 2, 0, r"2 \* H"),
        ((3, 1), (1,), 2, 0, r"2 \* H"),
        ((3, 5), (5,), 2, 0, r"2 \* H"),
        ((3, 4), (4,), 2, 1, r"2 \* H \+ 1"),
    ]:
        with pytest.raises(ValueError, match=rf"a kernel \(D, {form}\), got shape \({shape[0]},"):
            check_kernel(np.zeros(shape), np.zeros(bias), blocks, more)


@pytest.mark.parametrize("name", SCANNED)
def test_what_is_learnt_has_its_names_in_the_equations(name, rng):
    module, options = SCANNED[name]
    params, x = random_params(module, rng, 2, 3, options), rng.normal(0, 1, (4, 2))
    found = module.names(params)
    gates = {"min-gru": "z h", "min-lstm": "i f h", "lru": "p q h", "selective": "u d B C"}[name]
    shares = [x @ found.pop(f"W_{gate}") + found.pop(f"b_{gate}") for gate in gates.split()]
    close([np.concatenate(shares, axis=-1)], [module.project(params, x)])
    if name == "lru":
        radius, angle, scale = np.exp(params.rates)
        expected = {"r": np.exp(-radius), "w": angle, "e": scale}
        expected |= {"C_p": params.output_kernel[:3], "C_q": params.output_kernel[3:]}
    else:
        expected = {"A": -np.exp(params.rate), "k": params.skip} if name == "selective" else {}
    assert list(found) == list(expected)
    close(found.values(), expected.values())


def test_sizes_are_checked(rng):
    for module in (min_gru, min_lstm, lru, selective):
        with pytest.raises(ValueError, match="units: expected at least 1, got 0"):
            module.init(rng, 3, 0)
        with pytest.raises(TypeError, match="features: expected an integer"):
            module.count(2.0, 3)


def test_a_minimal_gru_is_the_smallest_selective_cell(rng):
    """The theorem of Gu & Dao: with A = -1, what a step keeps is a gate; the rest writes g."""
    gated, rest = random_params(min_gru, rng, 2, 3, {}), random_params(selective, rng, 2, 3, {})
    share = min_gru.project(gated, rng.normal(0, 3, (2, 9, 2)))
    a_z, g = share[..., :3], share[..., 3:]
    alike = np.concatenate([g, a_z, np.ones((2, 9, 2))], axis=-1)  # u, the sum of d, B and C
    kept, _ = selective.linear(rest._replace(rate=np.zeros(3)), alike)
    close([kept, (1 - kept) * g], min_gru.linear(gated, share))


def test_what_a_fresh_linear_recurrent_unit_keeps_fills_its_ring(rng):
    """The squares of radii are even between those of 0.9 and 0.999, angles up to a tenth of pi."""
    radius, angle, _ = np.exp(lru.init(rng, 1, 3000).rates)
    squares = np.exp(-2 * radius)
    assert 0.81 <= squares.min() < 0.811
    assert 0.9972 < squares.max() <= 0.998001
    assert squares.mean() == pytest.approx((0.81 + 0.998001) / 2, abs=0.005)
    assert 0.099 * np.pi < angle.max() <= 0.1 * np.pi


@pytest.mark.parametrize("name", SCANNED)
def test_of_nothing_a_fresh_cell_makes_nothing(name):
    module, options = SCANNED[name]
    params = module.init(np.random.default_rng(0), 2, 3, **options)
    assert not unroll_parallel(module, params, np.zeros((1, 4, 2))).outputs.any()


def test_where_both_exponents_are_the_same_the_gradient_goes_one_way():
    """The stabiliser is the greater of two; where they are equal, one of them is meant."""
    params = slstm.Params(*(np.zeros_like(a) for a in slstm.init(np.random.default_rng(0), 1, 1)))
    zero = slstm.zero_state(params, 1)._replace(n=np.ones((1, 1)), m=np.zeros((1, 1)))
    _, cache = slstm.step(params, zero, np.zeros((1, 1)))
    d_state = slstm.State(*np.zeros((3, 1, 1)), np.ones((1, 1)))
    d_params, d_before, _ = slstm.step_backward(params, cache, d_state)
    assert d_before.m + d_params.bias[0] == 1


@pytest.mark.parametrize("module", [min_gru, min_lstm, lru, selective])
def test_fresh_parameters_start_as_the_papers_say(module, rng):
    params = module.init(rng, 30, 20)
    limit = np.sqrt(6 / (30 + params.kernel.shape[1]))
    assert 0.97 * limit < np.abs(params.kernel).max() < limit
    if module is lru:
        radius, angle, scale = np.exp(params.rates)
        assert ((np.exp(-radius) >= 0.9) & (np.exp(-radius) <= 0.999)).all()
        assert ((angle > 0) & (angle <= np.pi / 10)).all()
        np.testing.assert_allclose(scale**2 + np.exp(-2 * radius), 1)
        assert not params.bias.any()
    elif module is selective:
        d = np.log1p(np.exp(params.bias[20:40]))
        assert ((d >= 0.001) & (d <= 0.1)).all()
        assert d.max() > 10 * d.min()
        np.testing.assert_array_equal(params.bias[:20], 0)
        np.testing.assert_array_equal(params.bias[40:], 1)
        np.testing.assert_array_equal([params.rate, 1 - params.skip], np.zeros((2, 20)))
    else:
        assert not params.bias.any()
    assert {a.dtype for a in module.init(rng, 2, 3, np.float32)} == {np.dtype("f4")}
    np.testing.assert_array_equal(
        min_lstm.init(rng, 2, 3, forget_bias=2).bias, [0, 0, 0, 2, 2, 2, 0, 0, 0]
    )
