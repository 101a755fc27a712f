"""The network of 1997 has the paper's weights, the right gradient, and trials of its own."""

import dataclasses
import json

import numpy as np
import pytest

from unrolled.experiments.replications import original_lstm, original_trials, small_adding
from unrolled.experiments.replications import study as replications
from unrolled.experiments.replications.original_compiled import learn
from unrolled.experiments.replications.original_lstm import Params, Sizes
from unrolled.gradcheck import gradcheck
from unrolled.tasks import adding, order

SETUPS = {
    "adding": original_trials.ADDING,
    "6a": original_trials.ORDER_6A,
    "6b": original_trials.ORDER_6B,
}
WEIGHTS = {"adding": 93, "6a": 156, "6b": 308}


def sequences(setup, count, seeds):
    """Return ``count`` sequences for each trial, the trials on the second axis."""
    return original_trials.drawn(setup, count, [np.random.default_rng(seed) for seed in seeds])


@pytest.mark.parametrize("name", SETUPS)
def test_the_network_has_as_many_weights_as_the_papers(name):
    setup = SETUPS[name]
    assert original_lstm.count(setup.sizes) == WEIGHTS[name]
    params = original_lstm.init(setup.sizes, setup.input_gates, seeds=[0, 1, 2])
    assert sum(array.size for array in params) == 3 * WEIGHTS[name]


def test_weights_start_small_and_input_gates_nearly_shut():
    params = original_lstm.init(Sizes(2, 2, 2, 1), (-3, -6), seeds=[4, 5])
    assert (params.bias[:, :2] == [-3, -6]).all()
    rest = np.concatenate([a.ravel() for a in params._replace(bias=params.bias[:, 2:])])
    assert np.abs(rest).max() <= 0.1
    assert len(np.unique(rest)) == len(rest)  # No trial repeats another.
    with pytest.raises(ValueError, match="expected 2 biases"):
        original_lstm.init(Sizes(2, 2, 2, 1), (-3,), seeds=[0])


def by_the_paper(params, x):
    """Return the outputs (K,) of one trial to one sequence (T, D), unit by unit as the paper does.

    Nothing is shared with the code under test: every net input is a sum over named units.
    """
    W, U, b, V, c = (array[0] for array in params)
    units, cells = len(b), len(V)
    B = (units - cells) // 2
    size = cells // B

    def f(a):
        return 1 / (1 + np.exp(-a))

    y, state = [0.0] * units, [0.0] * cells
    for step in x:
        net = [
            sum(W[d, m] * step[d] for d in range(len(step)))
            + sum(U[n, m] * y[n] for n in range(units))
            + b[m]
            for m in range(units)
        ]
        now = [f(net[m]) for m in range(2 * B)] + [0.0] * cells
        for v in range(cells):
            block = v // size
            state[v] = state[v] + now[block] * (4 * f(net[2 * B + v]) - 2)
            now[2 * B + v] = now[B + block] * (2 * f(state[v]) - 1)
        y = now
    return np.array(
        [f(sum(V[v, k] * y[2 * B + v] for v in range(cells)) + c[k]) for k in range(len(c))]
    )


def large(sizes, trials, seed=0):
    """Return weights large enough for every gate to matter."""
    params = original_lstm.init(sizes, (0,) * sizes.blocks, range(trials))
    rng = np.random.default_rng(seed)
    return Params(*(rng.uniform(-1.5, 1.5, array.shape) for array in params))


@pytest.mark.parametrize("sizes", [Sizes(2, 2, 2, 1), Sizes(3, 1, 3, 2), Sizes(8, 3, 1, 4)])
@pytest.mark.parametrize("length", [1, 5])
def test_forward_is_the_paper_unit_by_unit(sizes, length):
    """What comes before a sequence starts changes nothing, whatever stands there."""
    rng = np.random.default_rng(1)
    params = large(sizes, trials=1)
    x = rng.normal(size=(1, 5, sizes.features))
    alive = np.arange(5)[None] >= 5 - length
    made = original_lstm.forward(params, x, alive).outputs[0]
    np.testing.assert_allclose(made, by_the_paper(params, x[0, 5 - length :]), rtol=1e-12)


@pytest.mark.parametrize("sizes", [Sizes(2, 2, 2, 1), Sizes(3, 1, 3, 2), Sizes(2, 3, 1, 4)])
def test_the_truncated_gradient_is_right(sizes):
    """It is the whole gradient of a network whose feedback from one step before is held fixed."""
    rng = np.random.default_rng(2)
    S, T = 2, 6
    params = large(sizes, S)
    x = rng.normal(size=(S, T, sizes.features))
    alive = np.arange(T) >= np.array([[0], [3]])
    targets = rng.random((S, sizes.outputs))
    run = original_lstm.forward(params, x, alive)
    fed = run.units[:, :-1]

    def loss(*arrays):
        W, U, b, V, c = arrays
        B = sizes.blocks
        a = x @ W + fed @ U + b[:, None]
        logistic = 1 / (1 + np.exp(-a))
        i, o = logistic[..., :B, None], logistic[:, -1, B : 2 * B, None]
        g = 4 * logistic[..., 2 * B :].reshape(S, T, B, -1) - 2
        s = (i * g * alive[..., None, None]).sum(axis=1)
        h = 2 / (1 + np.exp(-s)) - 1
        y = 1 / (1 + np.exp(-(((o * h).reshape(S, 1, -1) @ V)[:, 0] + c)))
        return float(((y - targets) ** 2).sum() / 2)

    y = run.outputs
    np.testing.assert_allclose(loss(*params), ((y - targets) ** 2).sum() / 2, rtol=1e-12)
    gradients = original_lstm.backward(params, run, targets)
    assert all(np.abs(gradient).max() > 1e-4 for gradient in gradients)
    gradcheck(loss, list(params), list(gradients))


@pytest.mark.parametrize("name", ["adding", "6b"])
def test_compiled_learning_is_the_formulae_one_sequence_at_a_time(name):
    """The second of three trials stops to learn on the way, and stands still from there."""
    setup = SETUPS[name]
    params = original_lstm.init(setup.sizes, setup.input_gates, seeds=[0, 1, 2])
    x, alive, targets = sequences(setup, 12, seeds=[5, 6, 7])
    rates = np.full((12, 3), setup.rate)
    rates[8:, 1] = 0
    end, outputs = learn(params, x, alive, targets, rates)
    for n in range(12):
        if n == 8:
            stopped = params
        run = original_lstm.forward(params, x[n], alive[n])
        np.testing.assert_allclose(outputs[n], run.outputs, rtol=1e-10)
        slopes = original_lstm.backward(params, run, targets[n])
        params = Params(
            *(
                p - rates[n].reshape(-1, *[1] * (p.ndim - 1)) * slope
                for p, slope in zip(params, slopes, strict=True)
            )
        )
    for made, expected, before in zip(end, params, stopped, strict=True):
        np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(made[1], before[1], rtol=1e-9, atol=1e-14)
        assert (made[0] != before[0]).any()


SHORT = dataclasses.replace(SETUPS["adding"], most=60)


def test_one_trial_alone_is_the_same_as_among_others():
    together, three = original_trials.train(SHORT, [3, 4, 5], chunk=20, latest=10)
    alone, one = original_trials.train(SHORT, [4], chunk=20, latest=10)
    np.testing.assert_allclose(one[0]["curve"], three[1]["curve"], rtol=1e-9)
    for single, stacked in zip(alone, together, strict=True):
        np.testing.assert_allclose(single[0], stacked[1], rtol=1e-9, atol=1e-14)


def test_a_trial_that_is_solved_stops_at_that_very_sequence(monkeypatch):
    """The weights at the end are those that met the criterion, not those of the chunk's end."""
    easy = dataclasses.replace(SHORT, mean_below=0.2)
    monkeypatch.setattr(original_trials.Setup, "correct", lambda self, y, t: abs(y - t)[..., 0] < 1)
    params, trials = original_trials.train(easy, [0, 1], chunk=20, latest=10)
    for number, trial in enumerate(trials):
        at = trial["sequences"]
        assert trial["shares"] == {"0.9": 10, "0.99": 10, "1.0": 10}
        assert 10 <= at <= 60
        x, alive, targets = sequences(SHORT, 20, [[number, 1]])
        start = original_lstm.init(SHORT.sizes, SHORT.input_gates, [number])
        assert at < 20, "the check below follows the first chunk alone"
        rates = np.full((20, 1), SHORT.rate) * (np.arange(20) < at)[:, None]
        expected, outputs = learn(start, x, alive, targets, rates)
        assert np.abs(outputs - targets)[at - 10 : at].mean() < 0.2
        for made, array in zip(params, expected, strict=True):
            np.testing.assert_allclose(made[number], array[0], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("errors", "wrong", "expected"),
    [
        ([0.0] * 5, [], 3),  # not before three were seen
        ([0.0] * 2, [], None),
        ([0.0] * 9, [2], 6),  # one mistake starts the count anew
        ([0.0] * 9, [0, 8], 4),  # once met, what comes later is no matter
        ([0.0] * 4, [1], None),
        ([0.3, 0.3, 0.3, 0.1, 0.1, 0.1], [], 5),  # all correct, and yet not precise enough
        ([0.3, 0.3, 0.0, 0.0, 0.3], [], 4),  # the mean of three: 0.1
        ([0.2] * 5, [], None),  # the mean has to be below, not at, the limit
    ],
)
def test_the_criterion_is_met_when_it_says(errors, wrong, expected):
    right = ~np.isin(np.arange(len(errors)), wrong)
    found = original_trials.solved(np.array(errors), right, mean_below=0.2 - 1e-12, latest=3)
    assert found == expected


def test_a_share_of_the_latest_may_be_enough():
    right = np.array([True, False, True, True, True])
    shares = {share: original_trials.solved(np.zeros(5), right, 1, 3, share) for share in (0.6, 1)}
    assert shares == {0.6: 3, 1: 5}


def test_a_trained_trial_is_tested_by_its_own_weights():
    """A hand-made network that always answers one half is right where the target is near."""
    setup = SETUPS["adding"]
    params = original_lstm.init(setup.sizes, setup.input_gates, seeds=[0, 1])
    params.readout[:] = 0
    params.readout_bias[:] = [[0.0], [20.0]]
    half, one = original_trials.on_unseen(setup, params, 500, seed=9)
    targets = adding.original(500, seed=9).targets
    assert half["wrong"] == (np.abs(targets - 0.5) >= 0.04).sum()
    assert half["error"] == pytest.approx(np.abs(targets - 0.5).mean())
    assert one["wrong"] >= 499
    assert half["wrong_at_ends"] == (np.abs(targets - 0.5) > 0.4).sum() > 0
    assert SETUPS["6a"].correct(np.array([0.8, 0.1]), np.array([1, 0]))
    assert order.TOLERANCE > adding.TOLERANCE


def test_small_sequences_have_the_baseline_that_they_say():
    x, targets, _ = small_adding.make(20_000, 10, seed=0)
    assert abs((targets**2).mean() - small_adding.BASELINE) < 0.02
    assert x[..., 0].min() < -0.9
    np.testing.assert_allclose(targets[:, 0], (x[..., 0] * x[..., 1]).sum(axis=1), atol=1e-12)


def test_the_quick_form_runs_the_whole_path():
    told = []
    values = replications.run(replications.QUICK, told.append)
    json.dumps(values, allow_nan=False)
    assert set(values["original"]) == {"adding", "order-6a"}
    for name, weights in (("adding", 93), ("order-6a", 156)):
        found = values["original"][name]
        assert found["weights"] == weights
        for trial, seed in zip(found["trials"], replications.QUICK.seeds, strict=True):
            assert trial["seed"] == seed
            assert trial["sequences"] is None  # Nobody learns this in a thousand sequences.
            assert len(trial["curve"]) == 2
            assert 0 <= trial["wrong"] <= replications.QUICK.test
    (curve,) = values["small"]["LSTM"]
    assert len(curve) == 3
    assert curve[-1] < curve[0]
    assert len(told) == 3
    with pytest.raises(ValueError, match="expected at least one seed"):
        replications.run(dataclasses.replace(replications.QUICK, seeds=()))
