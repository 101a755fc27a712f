"""Many networks are trained side by side, and know nothing of one another."""

import numpy as np
import pytest

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments import irnn
from unrolled.experiments.training import (
    Both,
    Network,
    both_ways,
    evaluate,
    init_network,
    stack,
    train,
)
from unrolled.tasks import Sequences, adding
from unrolled.unroll import bidirectional, unroll

SEEDS = (0, 1, 2)


def draw(rng, count):
    return adding.modern(count, 6, rng)


def trained(cell, seeds, rates, units=4, **options):
    """Return the only stage of a training on the adding problem."""
    options = {"steps": 12, "every": 12, "batch": 4} | options
    networks = stack(
        init_network(cell.init, np.random.default_rng(seed), 2, units, 1) for seed in seeds
    )
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    (stage,) = train(cell, networks, draw, rngs, rates, loss="squared", **options)
    return networks, stage


def fresh(init, *sizes, dtype="float32"):
    """Return a network for each of SEEDS."""
    each = (init_network(init, np.random.default_rng(seed), *sizes) for seed in SEEDS)
    return stack(each, dtype)


def flat(network, member):
    return np.concatenate([np.ravel(a[member]) for a in (*network.cell, *network[1:3])])


@pytest.mark.slow
def test_a_member_alone_ends_where_it_ends_among_others_even_if_one_blows_up():
    """Start, data, clipping and Adam are its own, and the wild one learns nothing."""
    _, together = trained(irnn, SEEDS, [1e6, 0.01, 0.1])
    _, alone = trained(irnn, SEEDS[1:2], [0.01])
    assert together.losses[0, -1] > 1e6 or not np.isfinite(together.losses[0, -1])
    np.testing.assert_allclose(flat(together.networks, 1), flat(alone.networks, 0), atol=1e-6)
    np.testing.assert_allclose(together.losses[1], alone.losses[0], rtol=1e-5)
    assert not np.allclose(flat(together.networks, 1), flat(together.networks, 2), atol=1e-3)


def test_gradient_descent_moves_by_the_rate_times_the_clipped_norm():
    """The rates are a schedule, by which the first member rests from the sixth step on."""
    rates = np.array([[0.02, 0.02, 0.01]] * 6 + [[0.0, 0.02, 0.01]] * 6)
    start, made = trained(rnn, SEEDS, rates, clip=3.0, adam=False)
    assert made.norms.max() > 3 > made.norms.min()
    expected = rates.T * np.minimum(made.norms, 3.0)
    np.testing.assert_allclose(made.moves, expected, rtol=1e-5)
    distance = np.linalg.norm(flat(made.networks, 0) - flat(start, 0))
    assert 0 < distance <= made.moves[0, :6].sum()


def test_the_first_step_of_adam_is_as_long_as_the_rate_in_every_weight():
    start, made = trained(rnn, SEEDS, 0.01)
    np.testing.assert_allclose(made.moves[:, 0], 0.01 * np.sqrt(len(flat(start, 0))), rtol=1e-3)


def test_training_in_two_stages_is_training_in_one():
    """Adam goes on where it was, and so does the schedule of rates."""
    networks = fresh(rnn.init, 2, 4, 1)
    rngs = [np.random.default_rng([seed, 1]) for seed in SEEDS]
    rates = np.repeat([[0.01], [0.02]], 6, axis=0)
    first, last = train(
        rnn, networks, draw, rngs, rates, loss="squared", steps=12, every=6, batch=4
    )
    _, once = trained(rnn, SEEDS, rates)
    np.testing.assert_allclose(last.networks.cell.kernel, once.networks.cell.kernel, atol=1e-6)
    losses = np.concatenate([first.losses, last.losses], axis=1)
    np.testing.assert_allclose(losses, once.losses, rtol=1e-4)
    assert once.losses.shape == (3, 12)


def test_members_that_share_a_generator_share_its_sequences():
    networks = stack(init_network(rnn.init, np.random.default_rng(0), 2, 4, 1) for _ in range(3))
    shared = np.random.default_rng(1)
    rngs = [shared, np.random.default_rng(2), shared]
    (made,) = train(rnn, networks, draw, rngs, 0.01, loss="squared", steps=12, every=12, batch=4)
    np.testing.assert_array_equal(made.losses[0], made.losses[2])
    assert (made.losses[0] != made.losses[1]).all()


def made_up(rng, each_step):
    """Return ids of sequences with different lengths, and classes for them."""
    lengths = np.array([7, 2, 5, 1])
    targets = np.eye(3)[rng.integers(0, 3, (4, 7) if each_step else 4)]
    return Sequences(rng.integers(0, 6, (4, 7)), targets, lengths)


@pytest.mark.parametrize("each_step", [False, True])
def test_answers_and_losses_are_those_of_the_cell_itself(each_step, rng):
    """Embedding, lengths, readout and cross-entropy, computed once more by NumPy, in 64 bits."""
    networks = fresh(gru.init, 2, 4, 3, 6, dtype="float64")
    sequences = made_up(rng, each_step)
    outputs, losses = evaluate(gru, networks, sequences, "entropy")
    for s in range(len(SEEDS)):
        cell = gru.Params(*(a[s] for a in networks.cell))
        run = unroll(gru, cell, networks.embedding[s][sequences.x], lengths=sequences.lengths)
        h = run.outputs if each_step else run.last
        expected = h @ networks.kernel[s] + networks.bias[s]
        np.testing.assert_allclose(outputs[s], expected, atol=1e-12)
        shares = np.exp(expected) / np.exp(expected).sum(axis=-1, keepdims=True)
        loss = -np.log((shares * sequences.targets).sum(axis=-1)).mean()
        assert losses[s] == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize("each_step", [False, True])
def test_both_ways_is_the_bidirectional_loop_with_a_readout(each_step, rng):
    x, lengths = rng.normal(0, 1, (3, 5, 2)), np.array([5, 2, 4])
    one = init_network(both_ways(gru.init), rng, 2, 4, 3)
    targets = np.eye(3)[rng.integers(0, 3, (3, 5) if each_step else 3)]
    outputs, _ = evaluate(gru, stack([one], "float64"), Sequences(x, targets, lengths), "entropy")
    run = bidirectional(gru, one.cell.forward, one.cell.backward, x, lengths=lengths)
    expected = (run.outputs if each_step else run.last) @ one.kernel + one.bias
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-10, atol=1e-12)


def test_both_directions_are_trained():
    one = init_network(both_ways(rnn.init), np.random.default_rng(0), 2, 3, 1)
    (stage,) = train(
        rnn, stack([one]), lambda rng, count: adding.modern(count, 4, rng),
        [np.random.default_rng(0)], [0.01], loss="squared", steps=1, every=1, batch=4,
    )  # fmt: skip
    assert isinstance(stage.networks.cell, Both)
    for before, after in zip(one.cell, stage.networks.cell, strict=True):
        for old, new in zip(before, after, strict=True):
            assert (np.abs(np.asarray(new[0]) - old) > 1e-3).any()


def test_without_a_readout_the_first_unit_is_the_answer(rng):
    params = [lstm.init(np.random.default_rng(seed), 2, 4) for seed in SEEDS]
    x, targets = rng.standard_normal((5, 6, 2)), rng.random((5, 1))
    sequences = Sequences(x, targets, np.full(5, 6))
    outputs, losses = evaluate(lstm, stack(map(Network, params), "float64"), sequences, "squared")
    for s, one in enumerate(params):
        h = unroll(lstm, one, x).last
        np.testing.assert_allclose(outputs[s], h[:, :1], atol=1e-12)
        assert losses[s] == pytest.approx(np.mean((h[:, :1] - targets) ** 2))


def test_steps_that_no_stage_divides_are_refused():
    with pytest.raises(ValueError, match="multiple of every, got 5 and 2"):
        trained(rnn, SEEDS, 0.01, steps=5, every=2)
