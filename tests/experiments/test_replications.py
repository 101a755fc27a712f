"""The network of 1997 has the paper's weights, the right gradient, and trials of its own."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
import pytest

from unrolled.experiments import results
from unrolled.experiments.replications import original_lstm, original_trials, small_adding
from unrolled.experiments.replications import study as replications
from unrolled.experiments.replications.original_lstm import Params, Sizes, State, learn
from unrolled.gradcheck import gradcheck
from unrolled.tasks import adding, order

RECORDED = Path(__file__).parents[2] / "book" / "results"
SETUPS = {
    "adding": original_trials.ADDING,
    "6a": original_trials.ORDER_6A,
    "6b": original_trials.ORDER_6B,
}
forward, loss_of = jax.jit(original_lstm.forward), jax.jit(original_lstm.loss)
slope = jax.jit(jax.grad(original_lstm.loss, has_aux=True))
WEIGHTS = {"adding": 93, "6a": 156, "6b": 308}


def sequences(setup, count, seeds):
    """Return ``count`` sequences for each trial, the trials on the second axis."""
    return original_trials.drawn(setup, count, [np.random.default_rng(seed) for seed in seeds])


@pytest.fixture(autouse=True)
def in_64_bits():
    with jax.enable_x64(True):
        yield


def of_trials(setup, seeds):
    """Return fresh weights, the trials on the first axis."""
    each = [original_lstm.init(setup.sizes, setup.input_gates, seed) for seed in seeds]
    return Params(*map(np.stack, zip(*each, strict=True)))


@pytest.mark.parametrize("name", SETUPS)
def test_the_network_has_as_many_weights_as_the_papers(name):
    setup = SETUPS[name]
    assert original_lstm.count(setup.sizes) == WEIGHTS[name]
    params = original_lstm.init(setup.sizes, setup.input_gates, seed=0)
    assert sum(array.size for array in params) == WEIGHTS[name]


def test_weights_start_small_and_input_gates_nearly_shut():
    each = [original_lstm.init(Sizes(2, 2, 2, 1), (-3, -6), seed) for seed in (4, 5)]
    assert all((params.bias[:2] == [-3, -6]).all() for params in each)
    rest = np.concatenate([np.ravel(a) for p in each for a in p._replace(bias=p.bias[2:])])
    assert np.abs(rest).max() <= 0.1
    assert len(np.unique(rest)) == len(rest)  # No trial repeats another.
    with pytest.raises(ValueError, match="expected 2 biases"):
        original_lstm.init(Sizes(2, 2, 2, 1), (-3,), seed=0)


def by_the_paper(params, x):
    """Return the outputs (K,) of one trial to one sequence (T, D), unit by unit as the paper does.

    Nothing is shared with the code under test: every net input is a sum over named units.
    """
    W, U, b, V, c = params
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


def large(sizes):
    """Return weights large enough for every gate to matter."""
    params = original_lstm.init(sizes, (0,) * sizes.blocks, 0)
    rng = np.random.default_rng(0)
    return Params(*(rng.uniform(-1.5, 1.5, array.shape) for array in params))


@pytest.mark.parametrize("sizes", [Sizes(2, 2, 2, 1), Sizes(3, 1, 3, 2), Sizes(8, 3, 1, 4)])
@pytest.mark.parametrize("length", [1, 5])
def test_forward_is_the_paper_unit_by_unit(sizes, length):
    """What comes after a sequence has ended changes nothing, whatever stands there."""
    params = large(sizes)
    x = np.random.default_rng(1).normal(size=(5, sizes.features))
    made, _ = forward(params, x, length)
    np.testing.assert_allclose(made, by_the_paper(params, x[:length]), rtol=1e-12)


@pytest.mark.parametrize("sizes", [Sizes(2, 2, 2, 1), Sizes(3, 1, 3, 2), Sizes(2, 3, 1, 4)])
def test_the_cut_gradient_is_right(sizes):
    """It is the whole gradient of a network whose feedback from one step before is held fixed."""
    rng = np.random.default_rng(2)
    T, B, params = 6, sizes.blocks, large(sizes)
    x, targets = rng.normal(size=(T, sizes.features)), rng.random(sizes.outputs)
    states = [forward(params, x, t)[1] for t in range(T)]
    fed = np.array([state.y for state in states])

    def loss(*arrays):
        W, U, b, V, c = arrays
        a = x @ W + fed @ U + b
        logistic = 1 / (1 + np.exp(-a))
        i, o = logistic[:, :B, None], logistic[-1, B : 2 * B, None]
        g = 4 * logistic[:, 2 * B :].reshape(T, B, -1) - 2
        h = 2 / (1 + np.exp(-(i * g).sum(axis=0))) - 1
        y = 1 / (1 + np.exp(-((o * h).ravel() @ V + c)))
        return float(((y - targets) ** 2).sum() / 2)

    assert loss(*params) == pytest.approx(float(loss_of(params, x, T, targets)[0]))
    gradients = [np.asarray(a) for a in slope(params, x, T, targets)[0]]
    assert all(np.abs(array).max() > 1e-4 for array in gradients)
    gradcheck(loss, list(params), gradients)


def test_the_gradient_of_one_step_is_whole():
    """Nothing is fed back yet, so nothing is cut: central differences of the network itself."""
    sizes, rng = Sizes(3, 2, 2, 2), np.random.default_rng(3)
    params, x, targets = large(sizes), rng.normal(size=(1, 3)), rng.random(2)

    def loss(*arrays):
        return float(loss_of(Params(*arrays), x, 1, targets)[0])

    found = [np.asarray(a) for a in slope(params, x, 1, targets)[0]]
    gradcheck(loss, list(params), found)


def test_no_error_goes_back_through_the_units_and_all_of_it_through_the_cells():
    """The derivative of s by the s one step before is 1 exactly, that by the units 0 exactly."""
    sizes = Sizes(3, 2, 2, 2)
    params, rng = large(sizes), np.random.default_rng(4)
    state = State(rng.normal(size=8), rng.normal(size=(2, 2)))
    xW = rng.normal(size=8)
    assert (original_lstm.step(params, state, xW).s != original_lstm.step(
        params, state._replace(y=state.y + 1), xW).s).all()  # fmt: skip
    by = jax.jacobian(lambda state: original_lstm.step(params, state, xW))(state)
    assert not by.y.y.any()
    assert not by.s.y.any()
    np.testing.assert_array_equal(by.s.s.reshape(4, 4), np.eye(4))


@pytest.mark.slow
def test_learning_is_one_step_down_the_gradient_after_another():
    """The second of three trials stops to learn on the way, and stands still from there."""
    setup = SETUPS["6b"]
    start = of_trials(setup, [0, 1, 2])
    made = sequences(setup, 12, seeds=[5, 6, 7])
    rates = np.full((12, 3), setup.rate)
    rates[8:, 1] = 0
    end, outputs = learn(start, made, rates)
    for trial in range(3):
        params = Params(*(array[trial] for array in start))
        for n in range(8 if trial == 1 else 12):
            x, targets, length = (array[n, trial] for array in made)
            slopes, y = slope(params, x, length, targets)
            np.testing.assert_allclose(outputs[n, trial], y, rtol=1e-10)
            params = Params(*(p - setup.rate * s for p, s in zip(params, slopes, strict=True)))
        for array, expected, before in zip(end, params, start, strict=True):
            np.testing.assert_allclose(array[trial], expected, rtol=1e-9, atol=1e-14)
            assert (array[trial] != before[trial]).any()


SHORT = dataclasses.replace(SETUPS["adding"], most=60)


@pytest.mark.slow
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
        made = sequences(SHORT, 20, [[number, 1]])
        assert at < 20, "the check below follows the first chunk alone"
        rates = np.full((20, 1), SHORT.rate) * (np.arange(20) < at)[:, None]
        expected, outputs = learn(of_trials(SHORT, [number]), made, rates)
        assert np.abs(outputs - made.targets)[at - 10 : at].mean() < 0.2
        for found, array in zip(params, expected, strict=True):
            np.testing.assert_allclose(found[number], array[0], rtol=1e-9, atol=1e-14)


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
    params = of_trials(setup, [0, 1])
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


@pytest.mark.slow
def test_small_networks_learn_at_a_rate_that_is_halved():
    recipe = dataclasses.replace(replications.QUICK.recipe, units=4, batches=400, stage=200)
    curves = small_adding.train("LSTM", recipe, (0, 1))
    assert curves.shape == (2, 3)
    assert (curves[:, -1] < 0.7 * small_adding.BASELINE).all()
    still = dataclasses.replace(recipe, halved_every=1)
    halved = small_adding.train("LSTM", still, (0, 1))
    np.testing.assert_array_equal(halved[:, 0], curves[:, 0])
    np.testing.assert_array_equal(halved[:, 1], halved[:, 2])  # nothing is left of the rate


@pytest.mark.parametrize("form", ["values", "quick"])
def test_every_trial_and_every_small_network_is_told_of(form):
    """In what is recorded; ``test_results`` shows that the code still gives its quick form."""
    config = {"values": replications.CONFIG, "quick": replications.QUICK}[form]
    values = results.read(RECORDED, "replications")[form]
    assert set(values["original"]) == {
        f"{name}{rate}" for name in ("adding", "order-6a") for rate in ("", "-doubled")
    }
    for name, found in values["original"].items():
        assert found["weights"] == (93 if name.startswith("adding") else 156)
        for trial, seed in zip(found["trials"], config.seeds, strict=True):
            assert trial["seed"] == seed
            assert len(trial["curve"]) <= dict(config.setups)[name].most / config.points
            assert 0 <= trial["wrong_at_ends"] <= trial["wrong"] <= config.test
    assert set(values["small"]) == set(config.cells)
    stages = config.recipe.batches // config.recipe.stage
    for curves in values["small"].values():
        assert np.shape(curves) == (len(config.small_seeds), 1 + stages)
        assert all(curve[-1] < curve[0] for curve in curves)


def test_each_experiment_of_1997_is_made_at_its_rate_and_at_twice_that():
    """And nothing else differs: the first weights and the sequences are those of the seed."""
    for config in (replications.CONFIG, replications.QUICK):
        setups = dict(config.setups)
        for name in ("adding", "order-6a"):
            assert setups[name].rate == 0.5
            assert setups[f"{name}-doubled"] == dataclasses.replace(setups[name], rate=1.0)


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match="expected at least one seed"):
        replications.jobs(dataclasses.replace(replications.QUICK, seeds=()))
