"""The comparison of forecasts is fair, and each way of asking is what it says."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from unrolled import series
from unrolled.experiments import results
from unrolled.experiments.forecasting import judging, networks, questions, study
from unrolled.experiments.forecasting.networks import Known, Setting
from unrolled.experiments.forecasting.study import CONFIG, EXPERIMENT, QUICK
from unrolled.experiments.forecasting.tasks import TASKS
from unrolled.series import Framing

RECORDED = Path(__file__).parents[2] / "book" / "results"
SETTING = Setting(
    units=4, rates=(0.03,), first=(0.03,), search_seeds=(9,), steps=200, looks=4, batch=16
)


@pytest.fixture(scope="module")
def framed():
    """Return a made series, its framing, its windows, and a network of two seeds for one step."""
    whole, _ = series.made(0, 400)
    parts = series.split(whole)
    framing = Framing.fit(whole[parts.train], 8)
    train, validation, test = (framing.windows(whole, part) for part in parts)
    train, validation, test = (
        w._replace(static=w.static[:, :0]) for w in (train, validation, test)
    )
    learnt = networks.learn(SETTING, "RNN", Known(train, validation), [(0, 0.03), (1, 0.03)])
    return whole, framing, (train, validation, test), learnt


@pytest.mark.parametrize("form", ["values", "quick"])
def test_each_series_has_all_models_and_each_question_its_ways(form):
    config = {"values": CONFIG, "quick": QUICK}[form]
    recorded = results.read(RECORDED, EXPERIMENT.name)[form]
    assert set(recorded["series"]) == {name for name, _ in config.tasks}
    for name, each in recorded["series"].items():
        known = {"persistence", "seasonal naive", "ridge", "autoregression"}
        known |= {"best"} if "floor" in each else set()
        assert set(each["models"]) == known | set(config.cells), name
        for model, found in each["models"].items():
            seeds = len(config.seeds) if model in config.cells else 1
            for measure in ("rmse", "mase", "lag", "r", "change"):
                assert len(found[measure]) == seeds
            assert len(found["blocks"]) == config.blocks
            if model in config.cells:
                tried = [rate for rate in config.rates if str(rate) in found["search"]]
                assert {*config.first} <= {*tried}
                at = config.rates.index(found["rate"])
                assert {*config.rates[max(at - 1, 0) : at + 2]} <= {*tried}
    assert set(recorded["asked"]) == set(config.questions)
    for question, ways in recorded["asked"].items():
        assert set(ways) == set(questions.WAYS[question])


def test_search_and_report_share_no_seed():
    assert not set(CONFIG.seeds) & set(CONFIG.search_seeds)
    assert len(CONFIG.seeds) >= 10


@pytest.mark.slow
def test_networks_forecast_better_than_yesterdays_value(framed):
    _, _, (_, _, test), learnt = framed
    said = learnt.forecast(test)
    assert said.shape == (2, len(test.at), 1)
    errors = np.sqrt(((said - test.targets) ** 2).mean(axis=(1, 2)))
    assert errors.max() < 0.8 * np.sqrt(np.mean((series.persistence(test) - test.targets) ** 2))


def test_each_member_is_as_it_was_when_it_erred_least(framed):
    _, _, (_, validation, _), learnt = framed
    found = ((learnt.forecast(validation) - validation.targets) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(found, learnt.losses, rtol=1e-5)


def test_a_network_that_gets_worse_keeps_its_start(framed):
    _, _, (train, validation, _), _ = framed
    wild = networks.learn(SETTING, "RNN", Known(train, validation), [(0, 1e4)])
    mild = networks.learn(SETTING, "RNN", Known(train, validation), [(0, 1e-12)])
    np.testing.assert_allclose(wild.losses, mild.losses, rtol=1e-3)


def test_the_first_step_of_a_recursive_forecast_is_the_one_step_forecast(framed):
    """The second reads the first in place of the truth, and the truth where it is forced."""
    whole, framing, (_, _, test), learnt = framed
    ahead = dataclasses.replace(framing, ahead=3)
    long = ahead.windows(whole, series.split(whole).test)
    long = long._replace(static=long.static[:, :0])
    own, forced = (networks.recursive(learnt, long, forced=forced) for forced in (False, True))
    one = learnt.forecast(test)[..., 0]
    n = len(long.at)
    np.testing.assert_allclose(own[..., 0], one[:, :n], rtol=1e-5, atol=1e-6)
    for k in range(3):  # Forced, each step is a one-step forecast of its own.
        np.testing.assert_allclose(forced[..., k], one[:, k : n + k], rtol=1e-4, atol=1e-5)
    assert not np.allclose(own[..., 1], forced[..., 1])
    inputs = long.inputs[:1].copy()
    after = np.concatenate([own[0, :1, 0], long.known[0, 0]])
    inputs = np.concatenate([inputs[:, 1:], after[None, None]], axis=1)
    again = learnt.forecast(long._replace(
        inputs=np.repeat(inputs, n, axis=0), targets=long.targets[:, :1]
    ))  # fmt: skip
    np.testing.assert_allclose(again[0, 0, 0], own[0, 0, 1], rtol=1e-5)


def test_static_features_stand_beside_every_step():
    whole, _ = series.made(0, 60, memory=0.4)
    windows = Framing.fit(whole, 5).windows(whole)
    found = networks.sequences(windows)
    assert (found.x[..., -1] == 0.4).all()
    assert found.x.shape[2] == windows.inputs.shape[2] + 1


def test_windows_with_a_missing_target_are_left_out():
    whole, _ = series.made(0, 200, gaps=0.3)
    windows = Framing.fit(whole, 5, 3).windows(whole)
    found = networks.sequences(windows)
    assert 0 < len(found.x) < len(windows.at)
    assert not np.isnan(found.targets).any()


def test_errors_and_copies_are_what_they_are_said_to_be():
    whole, _ = series.made(0, 101)
    at = np.arange(1, 101)
    truth, last = whole.values[at], whole.values[at - 1]
    errors = judging.judged(truth, np.stack([last, truth + 3]), whole, 10)
    assert errors["mase"][0] == pytest.approx(1, rel=1e-3)
    assert errors["rmse"][1] == pytest.approx(3)
    blocks = np.mean((np.stack([last, truth + 3]) - truth) ** 2, axis=0).reshape(10, 10)
    np.testing.assert_allclose(errors["blocks"], blocks.mean(axis=1), rtol=1e-3)
    copies = judging.copied(truth, last, np.stack([last, truth]), at)
    assert copies["lag"] == [1, 0]
    assert copies["change"] == [0, 1]
    assert copies["r"][1] == 1


def test_a_step_that_is_not_asked_for_moves_no_lag():
    """Lags are counted in steps of the series, and not in those that were asked for."""
    whole, _ = series.made(0, 401, season=0, drift=0, memory=0.9)
    at = np.arange(1, 401)
    at = at[np.random.default_rng(0).random(400) < 0.8]
    late = whole.values[at - 1]
    assert judging.copied(whole.values[at], late, late[None], at)["lag"] == [1]


@pytest.mark.parametrize("name", TASKS)
def test_each_series_is_long_enough_for_its_origins(name):
    if name in ("co2", "sunspots"):
        pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    whole, law, splits = study._origins(CONFIG, name)
    assert len(splits) == CONFIG.origins
    assert splits[-1].test.stop == len(whole)
    for parts in splits:
        framing = study._framing(TASKS[name], whole, parts)
        for part in parts:
            assert len(framing.windows(whole, part).at) > 10
    assert (law is None) == (name in ("co2", "sunspots"))


def test_gaps_and_differences_ask_for_what_they_say(monkeypatch):
    """Without training: what is given to the one function that trains."""
    given = {}

    def one_step(config, each, windows, framing):
        given[framing.gaps, framing.from_last] = windows[0].inputs.shape[2]
        return {}

    monkeypatch.setattr(questions, "_one_step", one_step)
    for way in questions.WAYS["gaps"]:
        assert questions.asked(CONFIG, "gaps", way)["floor"] > 1
    assert given == {("carry", False): 5, ("tell", False): 7}
    pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    for way in questions.WAYS["differences"]:
        questions.asked(CONFIG, "differences", way)
    assert ("carry", True) in given
