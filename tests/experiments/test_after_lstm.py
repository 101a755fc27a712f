"""The later cells are compared as the earlier ones were, and the times are of what is named."""

import jax
import numpy as np
import pytest

from unrolled.cells import lstm, rnn
from unrolled.cells.after import min_gru
from unrolled.experiments import __main__
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


def test_times_stand_in_the_order_of_the_lengths():
    config = speed.Config(lengths=(4, 2))
    assert speed.jobs(config)[:2] == [("forward", 4), ("forward", 2)]
    found = {job: {"device": "it", "seconds": {"loop": job[1]}} for job in speed.jobs(config)}
    assert speed.gather(config, found) == {"name": "it"} | {
        way: {"loop": [4, 2]} for way in speed.WAYS
    }


@pytest.mark.parametrize(("named", "code"), [(["gpu-speed"], 2), ([], 0)])
def test_what_needs_a_gpu_is_left_where_there_is_none(tmp_path, monkeypatch, capsys, named, code):
    """Whoever asks for it by name is told; a run of all goes on."""
    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr(__main__, "EXPERIMENTS", ["gpu-speed"])
    folders = ["--folder", str(tmp_path / "results"), "--keep", str(tmp_path / "keep")]
    assert __main__.main([*named, *folders]) == code
    said = "".join(capsys.readouterr())
    assert "expected a GPU, got none" in said
    assert ("left as it is on file" in said) == (not named)
    assert not (tmp_path / "results").exists()
