"""Every gradient meets central differences in float64, with random upstream gradients."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from cases import MASKS, OURS, make_mask, random_params, random_state

from unrolled.cells import lstm
from unrolled.gradcheck import gradcheck
from unrolled.unroll import (
    bidirectional,
    bidirectional_backward,
    unroll,
    unroll_backward,
    unroll_chunks,
)

SIZES = [(3, 4, 2, 3), (1, 2, 3, 2), (2, 1, 1, 1)]


@pytest.mark.parametrize("name", OURS)
def test_step_backward(name, rng):
    """One step: parameters, state and input."""
    module, options = OURS[name]
    for batch, _, features, units in SIZES:
        params = random_params(module, rng, features, units, options)
        state = random_state(module, rng, batch, units)
        x, upstream = rng.normal(0, 1, (batch, features)), random_state(module, rng, batch, units)

        k, n = len(params), len(state)

        def loss(*arrays, k=k, n=n, upstream=upstream):
            after, _ = module.step(module.Params(*arrays[:k]), module.State(*arrays[k : k + n]),
                                   arrays[-1])  # fmt: skip
            return float(sum((a * u).sum() for a, u in zip(after, upstream, strict=True)))

        _, cache = module.step(params, state, x)
        d_params, d_state, d_x = module.step_backward(params, cache, upstream)
        gradcheck(loss, [*params, *state, x], [*d_params, *d_state, d_x])


@pytest.mark.parametrize("masked_outputs", ["repeat", "zero"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", OURS)
def test_backpropagation_through_time(name, kind, reverse, masked_outputs, rng):
    """The whole loop: parameters, inputs, initial state; outputs, last and state upstream."""
    module, options = OURS[name]
    for batch, steps, features, units in SIZES:
        params = random_params(module, rng, features, units, options)
        state = random_state(module, rng, batch, units)
        x, mask = rng.normal(0, 1, (batch, steps, features)), make_mask(kind, batch, steps, rng)
        d_state = random_state(module, rng, batch, units)
        d_outputs, d_last = (
            rng.normal(0, 1, (batch, steps, units)),
            rng.normal(0, 1, (batch, units)),
        )
        keywords = {"mask": mask, "reverse": reverse, "masked_outputs": masked_outputs}

        k, n = len(params), len(state)

        def loss(*arrays, k=k, n=n, keywords=keywords, up=(d_outputs, d_last, *d_state)):
            run = unroll(module, module.Params(*arrays[:k]), arrays[-1],
                         initial_state=module.State(*arrays[k : k + n]), **keywords)  # fmt: skip
            ends = (run.outputs, run.last, *run.state)
            return float(sum((a * u).sum() for a, u in zip(ends, up, strict=True)))

        run = unroll(module, params, x, initial_state=state, **keywords)
        back = unroll_backward(
            module, params, run, d_outputs=d_outputs, d_last=d_last, d_state=d_state
        )
        gradcheck(loss, [*params, *state, x], [*back.params, *back.initial_state, back.x])


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("merge", ["concat", "sum", "mean"])
@pytest.mark.parametrize("name", OURS)
def test_bidirectional_backward(name, merge, kind, rng):
    """Both passes at once, for every merge."""
    module, options = OURS[name]
    for batch, steps, features, units in SIZES[:2]:
        sides = [random_params(module, rng, features, units, options) for _ in range(2)]
        states = [random_state(module, rng, batch, units) for _ in range(2)]
        x, mask = rng.normal(0, 1, (batch, steps, features)), make_mask(kind, batch, steps, rng)
        width = 2 * units if merge == "concat" else units
        d_outputs, d_last = (
            rng.normal(0, 1, (batch, steps, width)),
            rng.normal(0, 1, (batch, width)),
        )
        d_states = tuple(random_state(module, rng, batch, units) for _ in range(2))
        k, n = len(sides[0]), len(states[0])

        def run_on(arrays, k=k, n=n, mask=mask):
            a = iter(arrays)
            there, back = (module.Params(*itertools.islice(a, k)) for _ in range(2))
            start = tuple(module.State(*itertools.islice(a, n)) for _ in range(2))
            run = bidirectional(
                module, there, back, next(a), mask=mask, merge=merge, initial_state=start
            )
            return there, back, run

        def loss(*arrays, run_on=run_on, up=(d_outputs, d_last, *d_states[0], *d_states[1])):
            run = run_on(arrays)[2]
            ends = (run.outputs, run.last, *run.states[0], *run.states[1])
            return float(sum((a * u).sum() for a, u in zip(ends, up, strict=True)))

        arrays = [*sides[0], *sides[1], *states[0], *states[1], x]
        there, back, run = run_on(arrays)
        d = bidirectional_backward(
            module, there, back, run, d_outputs=d_outputs, d_last=d_last, d_states=d_states
        )
        gradients = [*d.forward, *d.backward, *d.initial_state[0], *d.initial_state[1], d.x]
        gradcheck(loss, arrays, gradients)


@pytest.mark.parametrize("masked_outputs", ["repeat", "zero"])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", OURS)
def test_chunks_equal_the_whole(name, kind, masked_outputs, rng):
    """A run cut into chunks gives the same outputs, last output and state, masks included."""
    module, options = OURS[name]
    params = random_params(module, rng, 2, 3, options)
    x, mask = rng.normal(0, 1, (3, 7, 2)), make_mask(kind, 3, 7, rng)
    start = random_state(module, rng, 3, 3)
    keywords = {"mask": mask, "initial_state": start, "masked_outputs": masked_outputs}
    whole = unroll(module, params, x, **keywords)
    for steps in (1, 2, 3, 7, 9):
        runs = list(unroll_chunks(module, params, x, steps, **keywords))
        np.testing.assert_array_equal(np.concatenate([r.outputs for r in runs], 1), whole.outputs)
        np.testing.assert_array_equal(runs[-1].last, whole.last)
        for a, b in zip(runs[-1].state, whole.state, strict=True):
            np.testing.assert_array_equal(a, b)
    # A stream that arrives in parts, some of them empty, goes on where it was.
    state, output, seen = start, None, []
    for part in (slice(0, 0), slice(0, 3), slice(3, 3), slice(3, 7)):
        keywords |= {"mask": None if mask is None else mask[:, part], "initial_state": state}
        *runs, end = unroll_chunks(module, params, x[:, part], 2, initial_output=output, **keywords)
        state, output = end.state, end.last
        seen += [run.outputs for run in [*runs, end]]
    np.testing.assert_array_equal(np.concatenate(seen, 1), whole.outputs)


@pytest.mark.parametrize("name", OURS)
def test_no_steps_are_one_chunk_that_hands_the_state_on(name, rng):
    module, options = OURS[name]
    params, start = random_params(module, rng, 2, 3, options), random_state(module, rng, 4, 3)
    (run,) = unroll_chunks(module, params, np.zeros((4, 0, 2)), 1, initial_state=start)
    assert run.outputs.shape == (4, 0, 3)
    for a, b in zip(run.state, start, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", OURS)
def test_a_gradient_at_the_state_may_be_a_plain_row_of_arrays(name, rng):
    """It is taken as ``unroll`` takes a state, and refused as there."""
    module, options = OURS[name]
    params, d_state = random_params(module, rng, 2, 3, options), random_state(module, rng, 4, 3)
    run = unroll(module, params, rng.normal(0, 1, (4, 5, 2)))
    one, plain = (
        unroll_backward(module, params, run, d_state=d)
        for d in (d_state, [a.tolist() for a in d_state])
    )
    np.testing.assert_array_equal(one.x, plain.x)
    assert type(plain.initial_state) is module.State
    with pytest.raises(TypeError, match=f"state of {len(d_state)} array.*, got"):
        unroll_backward(module, params, run, d_state=(*d_state, d_state[0]))


@pytest.mark.parametrize("name", OURS)
def test_truncation_stops_gradients_at_the_chunk(name, rng):
    """A chunk's gradient is exact for a loss that holds the state carried into it constant."""
    module, options = OURS[name]
    params, x = random_params(module, rng, 2, 3, options), rng.normal(0, 1, (2, 6, 2))
    first, second = unroll_chunks(module, params, x, 3)
    upstream = rng.normal(0, 1, (2, 3, 3))

    def loss(*arrays):
        run = unroll(module, module.Params(*arrays), x[:, 3:], initial_state=first.state)
        return float((run.outputs * upstream).sum())

    truncated = unroll_backward(module, params, second, d_outputs=upstream)
    gradcheck(loss, params, truncated.params)
    # The first chunk's share is what carries on from the gradient at the state between them.
    rest = unroll_backward(module, params, first, d_state=truncated.initial_state)
    whole = unroll_backward(
        module,
        params,
        unroll(module, params, x),
        d_outputs=np.concatenate([np.zeros_like(upstream), upstream], axis=1),
    )
    for a, b, total in zip(truncated.params, rest.params, whole.params, strict=True):
        np.testing.assert_allclose(a + b, total, rtol=1e-12, atol=1e-14)


def test_padding_of_nan_reaches_neither_outputs_nor_gradients(rng):
    """Masked steps may hold anything."""
    params, x = lstm.init(rng, 2, 3), rng.normal(0, 1, (2, 4, 2))
    x[1, 2:] = np.nan
    run = unroll(lstm, params, x, lengths=[4, 2])
    back = unroll_backward(lstm, params, run, d_outputs=np.ones_like(run.outputs))
    for a in (run.outputs, *run.state, *back.params, back.x, *back.initial_state):
        assert np.isfinite(a).all()
    assert not back.x[1, 2:].any()


def test_gradcheck_finds_a_wrong_gradient_and_bad_input(rng):
    """The judge is judged too: a sign, a factor, a shape, a precision."""
    a = rng.normal(0, 1, (2, 3))

    def f(a):
        return float(np.sin(a).sum())

    assert gradcheck(f, [a], [np.cos(a)]).worst < 1e-8
    for wrong in (-np.cos(a), 1.001 * np.cos(a), np.zeros_like(a), np.full_like(a, np.nan)):
        with pytest.raises(AssertionError, match="in array 0"):
            gradcheck(f, [a], [wrong])
    small = 1e-4 * np.cos(a)
    with pytest.raises(AssertionError, match="in array 0"):
        gradcheck(lambda a: 1e-4 * f(a), [a], [1.1 * small])
    with pytest.raises(TypeError, match="float64 arrays, got float32"):
        gradcheck(f, [a.astype("float32")], [np.cos(a)])
    with pytest.raises(ValueError, match=r"gradient 0 of shape \(2, 3\), got \(3, 2\)"):
        gradcheck(f, [a], [np.cos(a).T])
    with pytest.raises(ValueError, match="1 gradients"):
        gradcheck(f, [a], [])


def test_upstream_shapes_are_checked(rng):
    params = lstm.init(rng, 2, 3)
    run = unroll(lstm, params, np.zeros((2, 4, 2)))
    with pytest.raises(ValueError, match=r"d_outputs of shape \(2, 4, 3\), got \(2, 3\)"):
        unroll_backward(lstm, params, run, d_outputs=np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"d_last of shape \(2, 3\), got \(3, 2\)"):
        unroll_backward(lstm, params, run, d_last=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"state h of shape \(2, 3\), got \(2, 4\)"):
        unroll_backward(lstm, params, run, d_state=lstm.State(np.zeros((2, 4)), np.zeros((2, 3))))
    both = bidirectional(lstm, params, params, np.zeros((2, 4, 2)))
    with pytest.raises(ValueError, match=r"d_last of shape \(2, 6\), got \(2, 3\)"):
        bidirectional_backward(lstm, params, params, both, d_last=np.zeros((2, 3)))


@pytest.mark.parametrize("name", OURS)
def test_the_weights_of_many_parts_are_those_of_single_steps(name, rng, monkeypatch):
    """However many rows go into one product, the gradients are sums over steps."""
    module, options = OURS[name]
    params = random_params(module, rng, 2, 3, options)
    run = unroll(module, params, rng.normal(0, 1, (2, 7, 2)), lengths=[7, 4])
    d_outputs = rng.normal(0, 1, run.outputs.shape)

    def flat():
        back = unroll_backward(module, params, run, d_outputs=d_outputs)
        return np.concatenate([a.ravel() for a in (*back.params, *back.initial_state, back.x)])

    whole = flat()
    for rows in (1, 6, 14):
        monkeypatch.setattr("unrolled.unroll.backward.ROWS", rows)
        np.testing.assert_allclose(flat(), whole, rtol=1e-12, atol=1e-13)
    # A cell that only gives its step's gradients in one piece goes another way to the same.
    names = ("check", "zero_state", "project", "step", "step_backward")
    module = SimpleNamespace(**{name: getattr(module, name) for name in names})
    np.testing.assert_allclose(flat(), whole, rtol=1e-12, atol=1e-13)
