"""The later cells are compared as the earlier ones were, and the times are of what is named."""

import jax
import numpy as np
import pytest

from unrolled.cells import lstm, rnn
from unrolled.cells.after import min_gru
from unrolled.experiments.after_lstm import learning, speed
from unrolled.experiments.after_lstm.twice import Twice
from unrolled.experiments.choosing import study
from unrolled.experiments.choosing.cells import KINDS, LATER, units_for
from unrolled.unroll import unroll, unroll_scan


def test_budgets_search_and_seeds_are_those_of_learning_power():
    ours, theirs = learning.CONFIG, study.CONFIG
    assert set(ours.tasks) <= set(theirs.tasks)
    for name in set(vars(ours)) - {"tasks", "kinds", "equal_units"}:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert not set(LATER) & set(KINDS)


@pytest.mark.parametrize("features", [2, 6, 10])
@pytest.mark.parametrize("name", LATER)
def test_all_have_as_many_parameters(name, features):
    """To a tenth: two thin layers cannot come nearer, for a unit more is many parameters."""
    count, budget = LATER[name].parameters, lstm.count(features, study.CONFIG.units)
    found = count(features, units_for(count, budget, features))
    assert abs(found / budget - 1) < 0.1


@pytest.mark.parametrize("cell", [rnn, lstm, min_gru])
def test_two_layers_are_one_on_top_of_the_other(cell, rng):
    both = Twice(cell)
    params = both.init(rng, 2, 3)
    x, lengths = rng.normal(0, 1, (4, 5, 2)), np.array([5, 3, 1, 0])
    below = unroll(cell, params.below, x, lengths=lengths)
    top = unroll(cell, params.top, below.outputs, lengths=lengths)
    with jax.enable_x64(True):
        found = unroll_scan(both, params, x, lengths=lengths)
    np.testing.assert_allclose(found.outputs, top.outputs, atol=1e-12)
    for a, b in zip(found.state, (*top.state, *below.state), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert both.count(2, 3) == sum(a.size for a in jax.tree.leaves(params))
    with pytest.raises(ValueError, match="a second layer of 3 units that reads as many"):
        both.check(params._replace(top=cell.init(rng, 2, 3)))


def test_attention_weighs_all_steps_by_their_likeness(rng):
    x, kernels = rng.normal(0, 1, (1, 4, 3)), rng.normal(0, 1, (3, 3, 2))
    found = speed.attention(kernels, x)
    query, key, value = (x[0] @ kernel for kernel in kernels)
    for t in range(4):
        weights = np.exp(key @ query[t] / np.sqrt(2))
        np.testing.assert_allclose(found[0, t], weights @ value / weights.sum(), rtol=1e-5)


def test_what_a_machine_does_not_have_is_left_out():
    config = speed.Config(lengths=(2, 4), devices=("cpu", "gpu"))
    told = {"device": "it", "seconds": {"loop": 1.0}}
    found = {job: told if job[0] == "cpu" else None for job in speed.jobs(config)}
    values = speed.gather(config, found)
    assert values == {"cpu": {"name": "it", **{way: {"loop": [1.0, 1.0]} for way in speed.WAYS}}}
    assert [job[2] for job in speed.jobs(config)[:2]] == [4, 2]


def test_a_device_that_is_not_there_gives_nothing():
    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    assert speed.work(speed.QUICK, ("gpu", "forward", 4)) is None
