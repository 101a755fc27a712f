"""Gradient flow: the derivatives are exact, known cells have known sizes, and results add up."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments import irnn, results
from unrolled.experiments.gradient_flow import cells, jacobians, recall, teaching
from unrolled.experiments.gradient_flow import study as gradient_flow
from unrolled.gradcheck import numerical_gradient
from unrolled.unroll import unroll, unroll_backward, unroll_scan

RECORDED = Path(__file__).parents[2] / "book" / "results"
CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru, "irnn": irnn}


def drawn(cell, rng, features=2, units=3):
    """Return parameters of ordinary size, none of them zero."""
    params = cell.init(rng, features, units)
    return type(params)(*(rng.normal(0, 0.7, a.shape) for a in params))


def as_state(params, cell, flat):
    """Return a flat state as the cell's own, for one sequence."""
    start = cell.zero_state(params, 1)
    return type(start)(*np.split(flat[None], len(start), axis=1))


def after(cell, params, flat, x):
    """Return the flat state after the inputs x (T, D), from a flat state."""
    if not len(x):
        return flat
    run = unroll(cell, params, x[None], initial_state=as_state(params, cell, flat))
    return np.concatenate(run.state, axis=1)[0]


@pytest.mark.parametrize("name", CELLS)
def test_the_derivative_carried_back_is_that_of_central_differences(name, rng):
    cell, steps = CELLS[name], 5
    params, x = drawn(cell, rng), rng.standard_normal((steps, 2))
    found = list(jacobians.through_time(cell, params, x))
    assert len(found) == steps + 1
    for distance, matrix in enumerate(found):
        t = steps - distance
        flat = after(cell, params, np.zeros(len(matrix)), x[:t])
        for row, gradient in enumerate(matrix):
            slopes = numerical_gradient(
                lambda s, row=row, t=t: float(after(cell, params, s, x[t:])[row]), [flat]
            )[0]
            np.testing.assert_allclose(gradient, slopes, rtol=0, atol=1e-8)
    assert np.abs(found[2]).max() > 1e-3, "the comparison was not of zeros"


@pytest.mark.parametrize("name", CELLS)
def test_it_is_the_product_of_the_jacobians_of_single_steps(name, rng):
    cell, steps = CELLS[name], 6
    params, x = drawn(cell, rng), rng.standard_normal((steps, 2))
    found = list(jacobians.through_time(cell, params, x))
    product = np.eye(len(found[0]))
    for distance, matrix in enumerate(found):
        np.testing.assert_allclose(matrix, product, rtol=1e-12, atol=1e-12)
        if distance < steps:
            t = steps - distance
            flat = after(cell, params, np.zeros(len(matrix)), x[: t - 1])
            run = unroll(
                cell, params, x[None, t - 1 : t], initial_state=as_state(params, cell, flat)
            )
            step = []
            for unit in np.eye(len(matrix)):
                back = unroll_backward(
                    cell, params, run, d_state=as_state(params, cell, unit)
                ).initial_state
                step.append(np.concatenate(back, axis=1)[0])
            product = product @ np.array(step)


def test_an_orthogonal_kernel_keeps_lengths_where_tanh_is_a_straight_line():
    params = rnn.init(np.random.default_rng(0), 2, 8)
    still = jacobians.sizes(rnn, params, np.zeros((30, 2)), (0, 15, 30))
    np.testing.assert_allclose(still["state"], 1, rtol=1e-12)
    moved = jacobians.sizes(rnn, params, np.ones((30, 2)), (0, 15, 30))
    assert moved["state"][2] < moved["state"][1] < 1


def test_an_irnn_at_its_start_carries_everything_back(rng):
    params = irnn.init(rng, 2, 8)
    params = params._replace(bias=np.ones(8))  # no unit rests at zero, where the slope is 0
    found = jacobians.sizes(irnn, params, rng.random((20, 2)), (0, 10, 20))
    assert found["state"] == [1, 1, 1]


def test_a_road_with_open_forget_and_shut_input_gates_loses_nothing():
    params = lstm.init(np.random.default_rng(0), 2, 4)
    i, f, g, o = (np.full(4, bias) for bias in (-1e3, 1e3, 0.0, 0.0))
    params = params._replace(bias=np.concatenate([i, f, g, o]))
    found = jacobians.sizes(lstm, params, np.ones((25, 2)), (0, 10, 25))
    assert found["c"] == [1, 1, 1]
    assert found["road"] == [1, 1, 1]
    assert found["h"][1:] == [0, 0], "nothing comes back through h"


def test_the_whole_state_is_never_smaller_than_its_parts(rng):
    params, x = drawn(lstm, rng), rng.standard_normal((12, 2))
    found = {name: np.array(v) for name, v in jacobians.sizes(lstm, params, x, (0, 6, 12)).items()}
    assert (found["state"] >= np.maximum(found["h"], found["c"]) - 1e-12).all()
    assert (found["road"] <= 1).all()


def test_without_ways_through_h_the_road_is_all_there_is(rng):
    """A recurrent kernel of zeros cuts every way but that of the cell state."""
    params = drawn(lstm, rng)._replace(recurrent_kernel=np.zeros((3, 12)))
    found = jacobians.sizes(lstm, params, rng.standard_normal((9, 2)), (0, 1, 5, 9))
    np.testing.assert_allclose(found["c"], found["road"], rtol=1e-12)


def test_a_batch_of_sequences_is_refused():
    params = rnn.init(np.random.default_rng(0), 2, 3)
    with pytest.raises(ValueError, match=r"one sequence \(T, D\), got shape \(1, 5, 2\)"):
        next(jacobians.through_time(rnn, params, np.zeros((1, 5, 2))))


def test_what_is_no_number_is_infinitely_large():
    assert jacobians.norm(np.array([[np.nan]])) == np.inf


def test_the_irnn_starts_as_the_identity_and_runs_as_keras_plain_cell_with_relu(rng):
    """In NumPy and under JAX's scan."""
    start = irnn.init(rng, 2, 5)
    np.testing.assert_array_equal(start.recurrent_kernel, np.eye(5))
    assert not start.bias.any()
    assert 0 < np.abs(start.kernel).max() < 0.01
    params, x = drawn(irnn, rng), rng.standard_normal((3, 7, 2))
    layer = keras.layers.SimpleRNN(3, "relu", return_sequences=True)
    layer.build(x.shape)
    layer.set_weights(list(params))
    for run in (unroll, unroll_scan):
        np.testing.assert_allclose(run(irnn, params, x).outputs, layer(x), atol=1e-5)


def test_the_best_constant_is_as_good_as_is_said(rng):
    _, targets, _ = recall.make(20_000, 10, rng)
    assert targets.var() == pytest.approx(recall.BASELINE, rel=0.03)


@pytest.mark.parametrize("name", [name for name in cells.CELLS if "radius" not in name])
def test_every_block_of_every_recurrent_kernel_stretches_nothing(name):
    """The same kernel is then the same for all cells: not so Keras's, whose blocks are smaller."""
    cell, draw = cells.CELLS[name]
    U = draw(np.random.default_rng(0), 5).recurrent_kernel
    for block in np.split(U, len(cell.GATES), axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(5), atol=1e-12)


def trained(name, scale, limit, rate, updates, length=8):
    """Train one cell for each of two seeds to recall, by plain gradient descent."""
    return teaching.trained(
        name, scale, recall.make, (0, 1), rate, units=4, length=length, steps=updates, window=2,
        readout=False, clip=limit, adam=False, batch=4,
    )  # fmt: skip


def test_no_move_is_longer_than_the_limit_allows():
    cut, free = (
        trained("RNN, orthogonal", 4.0, limit, 0.5, 6, length=20) for limit in (0.1, np.inf)
    )
    for one in cut:
        assert max(one.norms) > 0.1
        assert max(one.moves) <= 0.5 * 0.1 * (1 + 1e-12)
    for one in free:
        np.testing.assert_allclose(one.moves, 0.5 * np.array(one.norms), rtol=1e-12)


def test_training_ends_where_numbers_end_and_goes_on_beside_it(monkeypatch):
    tame = irnn.init(np.random.default_rng(0), 2, 4)
    wild = tame._replace(recurrent_kernel=1e200 * tame.recurrent_kernel, bias=np.ones(4))
    draws = iter([tame, wild])
    both = cells.Start(irnn, lambda rng, units: next(draws))
    monkeypatch.setitem(cells.CELLS, "both", both)
    calm, lost = trained("both", 1.0, np.inf, 0.1, 6)
    assert len(calm.losses) == 3, "windows of two"
    assert np.isfinite([*calm.losses, *calm.norms, *calm.moves]).all()
    assert (lost.losses, lost.norms, lost.moves) == ([np.inf] * 3, [np.inf] * 6, [np.inf] * 6)
    np.testing.assert_array_equal(lost.params.recurrent_kernel, wild.recurrent_kernel)


def test_without_a_rate_nothing_is_trained_and_nothing_reported(monkeypatch):
    monkeypatch.setattr(gradient_flow, "search", lambda *way: (None, {"0.1": [np.inf]}))
    monkeypatch.setattr(teaching, "train", None)
    config = gradient_flow.QUICK
    ways = [("flow", "GRU"), ("clipping", "RNN, orthogonal", "4.0", "adam", "inf")]
    made = gradient_flow.gather(config, {way: gradient_flow.measure(config, way) for way in ways})
    flow, (clipped,) = made["flow"]["GRU"], made["clipping"]
    for one in (flow, clipped):
        assert (one["rate"], one["search"]) == (None, {"0.1": [None]})
    assert flow["start"]
    assert "trained" not in flow
    assert not {"loss", "lengths", "moves"} & set(clipped)


def test_a_band_lies_between_seeds_on_a_logarithmic_scale():
    """The 10 % point of three lies a fifth of the way from the first to the second."""
    low, middle, high = gradient_flow.bands(np.array([[1e-5], [1.0], [1e5]]))
    assert (low, middle, high) == ([1e-4], [1.0], [1e4])


def test_a_sweep_counts_seeds_and_sequences_and_takes_medians_of_both():
    """Two seeds, one scale, three sequences, one distance."""
    each = [[[[1.0], [20.0], [5000.0]]], [[[5.0], [2000.0], [2000.0]]]]
    found = gradient_flow._swept(each, gradient_flow.QUICK)
    assert found["over"] == {"10": [0.6667], "1000": [0.5]}
    assert found["ends"] == [[20.0], [2000.0]]
    assert found["bands"][1] == [200.0], "the geometric mean of the seeds' medians"


def test_a_seed_is_the_median_of_its_sequences_and_has_learnt_when_a_window_says_so():
    sized = {"state": [[1.0, 0.1], [1.0, 0.3], [1.0, 0.2]]}
    losses = [[0.5, 0.1, 0.08], [0.5, 0.5, 0.25], [0.01, np.inf, np.inf]]
    each = {"rate": 0.1, "search": {}, "losses": losses, "start": [sized], "trained": [sized]}
    found = gradient_flow._flowed(each, dataclasses.replace(gradient_flow.QUICK, window=50))
    assert found["loss"] == [0.08, 0.25, None]
    assert found["learnt_at"] == [150, None, 50]
    assert found["trained"]["state"] == {"bands": [[1.0, 0.2]] * 3, "ends": [0.2]}


def test_what_clipping_did_is_kept_by_seed():
    seeds = [
        ([0.3, 0.1], [1.0, 2.0], [0.5, 0.5]),
        ([0.3, 0.2], [3.0, 1.0], [0.5, 0.5]),
        ([np.inf, np.inf], [9.0, np.inf], [0.5, np.inf]),
    ]
    key = ("clipping", "GRU", "6.0", "descent", "inf")
    row = gradient_flow._clipped(key, {"rate": 0.1, "search": {"0.1": [0.2]}, "seeds": seeds})
    assert (row["scale"], row["limit"], row["search"]) == (6.0, None, {"0.1": [0.2]})
    assert row["loss"] == [0.1, 0.2, None]
    assert row["lengths"] == [2.0, 9.0, 9.0, None]
    assert row["moves"] == [0.5, 0.5, 0.5, None]


@pytest.mark.parametrize("form", ["values", "quick"])
def test_every_cell_is_measured_in_every_way(form):
    """In what is recorded; ``test_results`` shows that the code still gives its quick form."""
    config = {"values": gradient_flow.CONFIG, "quick": gradient_flow.QUICK}[form]
    values = results.read(RECORDED, "gradient-flow")[form]
    seeds = len(config.seeds)
    assert set(values["flow"]) == set(cells.CELLS)
    assert set(values["sweep"]) == set(cells.SWEPT)
    for cell in values["flow"].values():
        for stage in ("start", "trained") if cell["rate"] else ("start",):
            for measured in cell[stage].values():
                low, middle, high = np.array(measured["bands"])
                assert low[0] == middle[0] == high[0] == 1
                assert len(measured["ends"]) == seeds
                assert (low <= middle).all()
                assert (middle <= high).all()
    for cell in values["sweep"].values():
        shares = [cell["over"][level] for level in ("10", "1000")]
        assert all(0 <= b <= a <= 1 for a, b in zip(*shares, strict=True))
        assert np.shape(cell["ends"]) == (seeds, len(config.scales))
    ways = [(row["cell"], row["rule"], row["limit"]) for row in values["clipping"]]
    assert set(ways) == {
        (cell, rule, limit)
        for cell, _ in config.wild
        for rule in ("descent", "adam")
        for limit in (None, 1.0)
    }
    assert len(ways) == 4 * len(config.wild)
    for row in values["clipping"]:
        if (row["rule"], row["limit"]) == ("descent", 1.0) and row["rate"]:
            longest = row["moves"][-1]
            assert longest <= row["rate"] * (1 + 1e-3), "no move is longer than the limit"


@pytest.mark.parametrize("form", ["values", "quick"])
def test_no_reported_rate_lies_at_an_edge_of_its_search(form):
    values = results.read(RECORDED, "gradient-flow")[form]
    for found in [*values["flow"].values(), *values["clipping"]]:
        rates = sorted(map(float, found["search"]))
        assert found["rate"] is None or rates[0] < found["rate"] < rates[-1]


def test_training_moves_a_cell_and_lowers_its_error():
    config = dataclasses.replace(
        gradient_flow.QUICK, updates=200, batch=16, window=40, adam=(-4, -2), bounds=(-5, -1)
    )
    found = gradient_flow.measure(config, ("flow", "GRU"))
    assert found["start"] != found["trained"]
    for losses in found["losses"]:
        assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": ()}, "at least one seed"),
        ({"search_seeds": ()}, "of each sort"),
        ({"sequences": 0}, "one sequence"),
        ({"updates": 5}, "windows of 2"),
        ({"distances": (0, 9)}, r"distances from 0 to 8, got \(0, 9\)"),
    ],
)
def test_a_config_that_measures_nothing_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        gradient_flow.jobs(dataclasses.replace(gradient_flow.QUICK, **change))
