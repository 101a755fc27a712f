"""A stack is many networks that know nothing of one another, and its cells are ours."""

import keras
import numpy as np
import pytest

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.choosing import learning_power
from unrolled.experiments.choosing.stacked import training
from unrolled.experiments.choosing.stacked.network import KINDS, Sizes, build, units_for, view
from unrolled.experiments.choosing.stacked.training import Adam, Member, Plan, Task, clipped, train
from unrolled.tasks import Sequences, adding
from unrolled.unroll import unroll, unroll_backward

S, N, T, D, H = 3, 4, 7, 2, 5
OURS = {
    "RNN": rnn,
    "LSTM, bias 0": lstm,
    "LSTM, bias 1": lstm,
    "GRU, before": gru,
    "GRU, after": gru,
}


def params_of(module, cell, member):
    """Return one member's parameters as ours; the last axis is the batch's, which has no place."""
    bias = cell.bias[member][..., 0]
    return module.Params(cell.kernel[member].T, cell.recurrent_kernel[member].T, bias)


def shaken(kind, rng, dtype):
    """Return a stack whose numbers, biases too, are far from zero."""
    net = build(Sizes(kind, H, D, 1), range(S), dtype)
    net.flat[...] += 0.3 * rng.standard_normal(net.flat.shape).astype(dtype)
    return net


@pytest.mark.parametrize("kind", OURS)
def test_each_member_runs_as_our_cell(kind, rng):
    """In float32, as it is trained, within 1e-5."""
    net = shaken(kind, rng, "float32")
    x = rng.standard_normal((T, S, D, N)).astype("float32")
    run = KINDS[kind].cell.forward(net.cell, x)
    assert run.hidden.dtype == "float32"
    for member in range(S):
        params = params_of(OURS[kind], net.cell, member)
        ours = unroll(OURS[kind], params, x[:, member].transpose(2, 0, 1))
        stacked = run.hidden[1:, member].transpose(2, 0, 1)
        np.testing.assert_allclose(stacked, ours.outputs, atol=1e-5)


@pytest.mark.parametrize("kind", OURS)
def test_each_members_gradients_are_those_of_our_backward(kind, rng):
    net = shaken(kind, rng, "float64")
    x, d_hidden = rng.standard_normal((T, S, D, N)), rng.standard_normal((T, S, H, N))
    run = KINDS[kind].cell.forward(net.cell, x)
    grads, d_a = KINDS[kind].cell.backward(net.cell, run, d_hidden)
    for member in range(S):
        module, params = OURS[kind], params_of(OURS[kind], net.cell, member)
        ours = unroll(module, params, x[:, member].transpose(2, 0, 1))
        d_outputs = d_hidden[:, member].transpose(2, 0, 1)
        expected = unroll_backward(module, params, ours, d_outputs=d_outputs)
        for found, right in zip(params_of(module, grads, member), expected.params, strict=True):
            np.testing.assert_allclose(found, right, atol=1e-12)
        d_x = net.cell.kernel[member].T @ d_a[:, member]
        np.testing.assert_allclose(d_x.transpose(2, 0, 1), expected.x, atol=1e-12)


def test_the_irnn_is_keras_plain_cell_with_relu_and_starts_as_the_identity(rng):
    net = build(Sizes("IRNN", H, D, 1), range(S))
    np.testing.assert_array_equal(net.cell.recurrent_kernel, np.stack([np.eye(H)] * S))
    assert not net.cell.bias.any()
    assert np.abs(net.cell.kernel).max() < 0.01
    net = shaken("IRNN", rng, "float32")
    x = rng.standard_normal((T, S, D, N)).astype("float32")
    run = KINDS["IRNN"].cell.forward(net.cell, x)
    layer = keras.layers.SimpleRNN(H, "relu", return_sequences=True)
    layer.build((N, T, D))
    layer.set_weights(list(params_of(rnn, net.cell, 1)))
    theirs = np.asarray(layer(x[:, 1].transpose(2, 0, 1)))
    np.testing.assert_allclose(run.hidden[1:, 1].transpose(2, 0, 1), theirs, atol=1e-5)


def loss_of(sizes, task, net, batch):
    _, outputs = training.forward(sizes, task, net, batch)
    return training.lost(task, outputs, batch.targets)[0]


TASKS = {
    "a number at the end": Task(None, D, 1, "squared", None),
    "a class at the end": Task(None, D, 3, "entropy", None),
    "a class at every step": Task(None, D, 3, "entropy", None, every=True),
    "ids": Task(None, D, 1, "squared", None, vocabulary=6),
}


def made_up(task, rng):
    """Return sequences of a task, some shorter than the others."""
    lengths = np.array([T, 2, 5, 1])
    x = rng.integers(0, 6, (N, T)) if task.vocabulary else rng.standard_normal((N, T, D))
    shape = (N, T) if task.every else (N,)
    targets = np.eye(3)[rng.integers(0, 3, shape)]
    return Sequences(x, targets if task.loss == "entropy" else rng.random((N, 1)), lengths)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TASKS)
def test_the_whole_gradient_meets_central_differences(kind, name, rng, monkeypatch):
    """Cell, readout and embedding at once, along a random line through all numbers."""
    task = TASKS[name]
    sizes = Sizes(kind, H, D, task.outputs, task.vocabulary)
    net = build(sizes, range(S), "float64")
    net.flat[...] += 0.3 * rng.standard_normal(net.flat.shape)
    batch = training.stack([made_up(task, rng) for _ in range(S)], range(S))
    batch = batch._replace(targets=batch.targets.astype("float64"))
    if not task.vocabulary:
        batch = batch._replace(x=batch.x.astype("float64"))
    found = training.gradient(sizes, task, net, batch)
    line = rng.standard_normal(net.flat.shape)
    step = 1e-6
    up, down = (
        loss_of(sizes, task, view(sizes, net.flat + sign * step * line), batch) for sign in (1, -1)
    )
    np.testing.assert_allclose((found * line).sum(axis=1), (up - down) / 2 / step, rtol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_after_the_end_changes_nothing(kind, rng):
    """The answer is read, and the gradient enters, at each sequence's own last step."""
    task = TASKS["a number at the end"]
    sizes, drawn = Sizes(kind, H, D, 1), made_up(task, rng)
    net = shaken(kind, rng, "float32")
    noisy = drawn.x.copy()
    noisy[np.arange(T) >= drawn.lengths[:, None]] = 9
    clean, dirty = (training.stack([drawn._replace(x=x)], [0] * S) for x in (drawn.x, noisy))
    for measured in (training.gradient, loss_of):
        one, other = (measured(sizes, task, net, batch) for batch in (clean, dirty))
        np.testing.assert_array_equal(one, other)


MEMBERS = [Member(seed, rate) for rate in (0.01, 0.1) for seed in (0, 1, 2)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_alone_ends_where_it_ends_among_others(kind):
    """Start, data, clipping and Adam are its own."""
    task, plan = learning_power.prepared("adding", 6), Plan(20, 4, 10)
    sizes, held_out = Sizes(kind, H, D, 1), adding.modern(16, 6, 99)
    together = train(sizes, task, MEMBERS, plan, held_out)
    for row in (1, 5):
        alone = train(sizes, task, MEMBERS[row : row + 1], plan, held_out)
        np.testing.assert_allclose(together.flat[row], alone.flat[0], atol=1e-6)
        np.testing.assert_allclose(together.losses[row], alone.losses[0], rtol=1e-5)
    assert together.losses.shape == (6, 3)
    # All differ: the seeds in their start, the rates in their end.
    assert len({tuple(row) for row in together.flat.tolist()}) == 6


def test_one_member_that_blows_up_leaves_the_others_alone():
    """Its own loss is the worst that is counted, and no warning is heard."""
    task, plan = learning_power.prepared("adding", 30), Plan(40, 4, 40)
    sizes, held_out = Sizes("IRNN", H, D, 1), adding.modern(16, 30, 99)
    wild = train(sizes, task, [Member(0, 1e6), Member(1, 0.01)], plan, held_out)
    calm = train(sizes, task, [Member(1, 0.01)], plan, held_out)
    assert wild.losses[0, -1] == training.WORST
    np.testing.assert_allclose(wild.flat[1], calm.flat[0], atol=1e-6)
    assert np.isfinite(wild.losses).all()


def test_a_clipped_gradient_has_the_norm_asked_for(rng):
    raw = rng.standard_normal((4, 50)).astype("float32") * [[0.01], [1], [100], [1e30]]
    norms = np.linalg.norm(clipped(raw.astype("float32"), 1.0), axis=1)
    np.testing.assert_allclose(norms[1:3], 1, rtol=1e-5)
    np.testing.assert_allclose(norms[0], np.linalg.norm(raw[0]), rtol=1e-5)
    assert norms[3] == 0  # its square is no float32


def test_adam_takes_the_steps_of_keras(rng):
    start, rate = rng.standard_normal((2, 5)).astype("float32"), 0.03
    ours, theirs = start.copy(), keras.Variable(start)
    adam, peer = Adam(ours, np.array([rate, rate])), keras.optimizers.Adam(rate)
    for _ in range(5):
        gradients = rng.standard_normal((2, 5)).astype("float32")
        adam.step(gradients)
        peer.apply([keras.ops.convert_to_tensor(gradients)], [theirs])
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-5)


def test_steps_that_no_look_divides_are_refused():
    task, held_out = learning_power.prepared("adding", 6), adding.modern(4, 6, 0)
    with pytest.raises(ValueError, match="multiple of look_every, got"):
        train(Sizes("RNN", H, D, 1), task, MEMBERS, Plan(5, 4, 2), held_out)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("features", [2, 8, 10, 16])
def test_equal_budgets_are_equal_within_a_few_per_cent(kind, features):
    size, budget = KINDS[kind].size, lstm.count(features, 16)
    units = units_for(size, budget, features)
    assert abs(size(features, units) / budget - 1) < 0.04
    net = build(Sizes(kind, units, features, 1), [0])
    assert sum(part.size for part in net.cell) == size(features, units)
