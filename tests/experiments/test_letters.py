"""The study on letters: states are carried, losses are those of one pass, budgets are equal."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from unrolled.cells import gru, lstm
from unrolled.experiments import results
from unrolled.experiments.letters import networks, study
from unrolled.experiments.letters.speaking import alone, speak
from unrolled.experiments.letters.study import CONFIG, EXPERIMENT, QUICK
from unrolled.losses import cross_entropy, softmax
from unrolled.text import animals
from unrolled.unroll import unroll, unroll_backward

RECORDED = Path(__file__).parents[2] / "book" / "results"
V = len(animals.source().alphabet)


@pytest.fixture(scope="module")
def pair():
    """Two networks, and a text for each."""
    return networks.starts(lstm.init, [3, 4], V, 4), study.texts((0, 1), 2, 13)


def by_numpy(network, ids, state=None):
    """Return the bits of each letter but the first, by the plain loop, and the run."""
    run = unroll(lstm, network.cell, np.eye(V)[ids[:, :-1]], initial_state=state)
    chances = softmax(run.outputs @ network.kernel + network.bias)
    return -np.log2(np.take_along_axis(chances, ids[:, 1:, None], -1))[..., 0], run


def test_bits_are_those_of_the_plain_loop(pair):
    both, texts = pair
    found = networks.told(lstm, both, texts[0])
    for n in range(2):
        assert found[n] == pytest.approx(by_numpy(alone(both, n), texts[0])[0], rel=1e-4)


def test_apart_each_window_begins_with_zeros(pair):
    both, texts = pair
    apart = networks.told(lstm, both, texts[0], window=4)
    for start in range(0, 12, 4):
        one = by_numpy(alone(both, 1), texts[0][:, start : start + 5])[0]
        assert apart[1][:, start : start + 4] == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize("carry", [True, False])
def test_two_updates_are_those_of_plain_backpropagation(pair, carry, monkeypatch):
    """The first window's step in NumPy, and then the loss of the second from where it ended."""
    import optax

    monkeypatch.setattr(networks, "rule", lambda clip: optax.identity())
    networks._training.cache_clear()
    both, texts = pair
    learnt = networks.learn(
        lstm, both, texts, [0.5, 0.5], window=6, carry=carry, stages=2, clip=1e9
    )
    networks._training.cache_clear()
    network, ids = alone(both, 0), texts[0]
    bits, run = by_numpy(network, ids[:, :7])
    assert learnt.bits[0, 0] == pytest.approx(bits.mean(), rel=1e-4)

    logits = run.outputs @ network.kernel + network.bias
    _, d_logits = cross_entropy(logits, ids[:, 1:7])
    gradients = unroll_backward(lstm, network.cell, run, d_outputs=d_logits @ network.kernel.T)
    d_kernel = np.einsum("nth,ntv->hv", run.outputs, d_logits)
    steps = [*gradients.params, d_kernel, d_logits.sum(axis=(0, 1))]
    before = [*network.cell, network.kernel, network.bias]
    now = alone(learnt.networks[0], 0)
    moved = [a - 0.5 * d for a, d in zip(before, steps, strict=True)]
    for found, want in zip([*now.cell, now.kernel, now.bias], moved, strict=True):
        assert found == pytest.approx(want, abs=1e-5)

    state = run.state if carry else None
    assert learnt.bits[0, 1] == pytest.approx(by_numpy(now, ids[:, 6:], state)[0].mean(), rel=1e-4)


def test_a_member_is_trained_as_if_alone(pair):
    both, texts = pair
    together = networks.learn(lstm, both, texts, [0.1, 0.2], window=3, carry=True, stages=2)
    others = networks.starts(lstm.init, [5, 4], V, 4)
    again = networks.learn(lstm, others, texts, [0.3, 0.2], window=3, carry=True, stages=2)
    assert together.bits[1] == pytest.approx(again.bits[1], rel=1e-6)
    assert abs(together.bits[0] - again.bits[0]).min() > 1e-3
    assert together.bits.shape == (2, 2)
    with pytest.raises(ValueError, match="expected 15 letters or more, got 13"):
        networks.learn(lstm, both, texts, [0.1, 0.2], window=7, carry=True, stages=2)


def test_what_is_spoken_step_by_step_is_one_unrolled_pass():
    network = alone(networks.starts(gru.init, [0], V, 5), 0)
    opening = animals.source().ids("the c")
    spoken = speak(gru, network, opening, 30, seed=2)
    written = np.concatenate([opening, spoken.ids])
    run = unroll(gru, network.cell, np.eye(V)[written[None, :-1]])
    logits = run.outputs[0] @ network.kernel + network.bias
    assert logits[len(opening) - 1 :] == pytest.approx(spoken.logits, abs=1e-12)
    with pytest.raises(ValueError, match="opening: expected at least 1, got 0"):
        speak(gru, network, opening[:0], 1)


def test_letters_are_drawn_by_their_probabilities():
    """A network whose state says nothing: only its bias, and a temperature of 1/2, decide."""
    network = alone(networks.starts(gru.init, [0], 3, 2), 0)
    network = network._replace(kernel=np.zeros((2, 3)), bias=np.log([1.0, 2.0, 1.0]))
    ids = speak(gru, network, np.array([0]), 3000, temperature=0.5, seed=1).ids
    assert np.bincount(ids) / 3000 == pytest.approx(np.array([1, 4, 1]) / 6, abs=0.03)


def test_budgets_are_equal_and_seeds_are_apart():
    budget = study.parameters(lstm, V, CONFIG.units)
    for name, cell in study.CELLS.items():
        units = study.units_of(CONFIG, name)
        assert abs(study.parameters(cell, V, units) / budget - 1) < 0.03
        network = networks.starts(cell.init, [0], V, units)
        sizes = [np.size(part) for part in (*network.cell, network.kernel, network.bias)]
        assert sum(sizes) == study.parameters(cell, V, units)
    assert not set(CONFIG.seeds) & set(CONFIG.search_seeds)
    assert len(CONFIG.seeds) == 10
    assert all(CONFIG.batch % k == 0 == (CONFIG.letters - 1) % k for k in CONFIG.windows)


def test_verbs_are_judged_by_the_places_before_them():
    """A cost of 1 for each letter of a verb with two places before it, and of 0 elsewhere."""
    text = "a dog barks. the cats on ice by day purr now. "
    ids = animals.source().ids(text)[None]
    excess = np.zeros((1, 1, len(text) - 1))
    start = text.index("purr")
    excess[..., start - 1 : start + 3] = 1
    found = study._verbs(excess, ids)[0]
    assert found[[0, 2]].tolist() == [0, 4]
    assert np.isnan(found[[1, 3, 4]]).all()


def test_a_network_that_has_blown_up_counts_as_the_worst():
    found = study._above(np.array([[[np.nan, 1.0]], [[2.0, 4.0]]]), np.ones((1, 2)))
    assert found.tolist() == [study.WORST, 2.0]


@pytest.mark.parametrize("form", ["values", "quick"])
def test_what_is_recorded_has_every_seed(form):
    config = {"values": CONFIG, "quick": QUICK}[form]
    recorded = results.read(RECORDED, EXPERIMENT.name)[form]
    seeds = len(config.seeds)
    assert set(recorded["cells"]) == set(config.cells)
    for cell in recorded["cells"].values():
        if cell["rate"] is not None:
            assert np.shape(cell["above"]) == (seeds, config.looks)
            assert np.shape(cell["verbs"]) == (seeds, study.BETWEEN)
    assert set(recorded["windows"]) == {str(k) for k in config.windows}
    for ways in recorded["windows"].values():
        assert {len(one) for way in ways.values() for one in way.values()} == {seeds}
    counted = recorded["counted"]
    assert np.shape(counted["above"]) == (seeds, config.runs)
    assert len(counted["context"]) == config.context + 1
    assert counted["letters"] == config.batch * config.updates


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        study.jobs(dataclasses.replace(QUICK, seeds=()))
