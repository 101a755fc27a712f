"""The study measures what it says it does; speed itself is measured, never tested."""

import ast
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regressor_cases import planned

from unrolled.cells import lstm
from unrolled.experiments import note_recipe, results
from unrolled.experiments.deploying import runtimes
from unrolled.experiments.speed import (
    regressor_parts,
    scaling,
    tables,
    text,
    throughput,
    time_to_accuracy,
)
from unrolled.experiments.speed.torch_model import TorchModel
from unrolled.regressor import TextRegressor, training
from unrolled.regressor.examples import Example, collect
from unrolled.regressor.training import answers
from unrolled.text import clock
from unrolled.unroll import unroll_fast

pytestmark = pytest.mark.usefixtures("eager")
RECORDED = Path(__file__).parents[2] / "book" / "results"
SMALL = text.QUICK.reader
NOTE = text.QUICK.note


@pytest.fixture(scope="module")
def splits():
    return clock.load(train=120, validation=30, test=30)


@pytest.fixture(scope="module")
def prepared(splits):
    return regressor_parts.prepare(splits.train, splits.validation)


@pytest.fixture
def values():
    """Return what is recorded; ``test_results`` shows that the quick form still runs."""
    return results.read(RECORDED, "text-speed")["values"]


def test_the_steady_part_holds_no_time(values):
    """Two runs that differ in their times alone have it in common."""
    again = json.loads(json.dumps(values))

    def slower(value):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            if key in ("seconds", "slopes"):
                value[key] = None
            elif isinstance(each, dict | list):
                slower(each)

    slower(again)
    assert again != values
    assert text.steady(again) == text.steady(values)
    assert values["throughput"]["texts"] == sum(count for _, count in values["lengths"])


def test_every_table_is_printed_from_what_was_measured(values, monkeypatch, capsys):
    study = types.SimpleNamespace(quick=text.QUICK, run=lambda config, tell: values)
    monkeypatch.setattr(tables, "named", {"text-speed": study}.get)
    assert tables.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    for title, table in tables.TABLES.values():
        assert title in printed
        head, rule, *rows = table(values).splitlines()
        assert rows
        assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}


def test_missing_data_exits_with_2(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    assert tables.main([]) == 2
    assert "UNROLLED_DATA" in capsys.readouterr().err


def test_our_reader_is_timed_with_the_regressors_own_settings():
    own = TextRegressor().get_params()
    assert own == {**own, **text.CONFIG.reader}


def test_the_note_is_timed_with_its_own_settings():
    own = note_recipe.train.__kwdefaults__
    assert own == {**own, **text.CONFIG.note}


@pytest.mark.slow
def test_the_two_parts_learn_what_the_regressor_learns(eager, splits, prepared, monkeypatch):
    """The same texts on either side give the same pieces, the same counter and reader."""
    both = (splits.train, splits.validation)
    data = collect(
        Example(text, float(target))
        for corpus in both
        for text, target in zip(corpus.texts, corpus.targets, strict=True)
    )
    planned(monkeypatch, alpha=1.0, letters=1.0, epochs=SMALL["epochs"], share=0.5)
    model = TextRegressor(**SMALL, verbose=0, folds=2).fit_examples(data, prepared.train)
    assert model.model_.vocabulary.names == prepared.encoded.pieces.names
    table, bias, _ = model.model_.counter.get_weights()
    weights = regressor_parts.counter(prepared)
    np.testing.assert_allclose(weights.table, table, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(weights.bias, bias[0], rtol=0, atol=1e-4)
    trainee = regressor_parts.reader(prepared, SMALL)
    trainee.go_on()
    theirs = model.model_.readers[0].get_weights()
    for one, other in zip(trainee.network.reader.get_weights(), theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)


def test_all_learn_in_turns_from_every_seed(splits, monkeypatch):
    """So no drift of the machine favours one, and each has a seed of its own."""
    ran = []
    for name in ("counting", "reading", "script"):

        def run(*given, name=name):
            ran.append((name, *given[1:]))
            return [len(ran)]

        monkeypatch.setattr(time_to_accuracy, name, run)
    found = time_to_accuracy.run(splits, NOTE, SMALL, seeds=(3, 4), looks=(37, 5))
    turn = [("counting",), ("reading", SMALL, 3, 5), ("script", NOTE, 3, 37)]
    again = [("counting",), ("reading", SMALL, 4, 5), ("script", NOTE, 4, 37)]
    assert ran == turn + again
    assert found == {"counting": [[1], [4]], "reading": [[2], [5]], "note": [[3], [6]]}


@pytest.mark.slow
def test_the_script_learns_from_the_seed_that_it_is_given(splits):
    curve = time_to_accuracy.script(splits, NOTE, seed=1, look_every=4)
    other = time_to_accuracy.script(splits, NOTE, seed=2, look_every=4)
    assert [at["passes"] for at in curve] == [0.5, 1, 1.5, 2]
    assert [at["r"] for at in curve] != [at["r"] for at in other]
    assert (np.diff([at["seconds"] for at in curve]) > 0).all()


def test_only_what_all_reach_after_their_first_look_is_compared():
    """What the first look finds was reached nobody saw when; above the lowest top some never do."""
    slow = [[{"seconds": 1, "r": 0.5}, {"seconds": 3, "r": 0.74}, {"seconds": 9, "r": 0.7}]]
    quick = [[{"seconds": 1, "r": 0.1}, {"seconds": 2, "r": 0.9}], [{"seconds": 1, "r": 0.701}]]
    assert tables.levels(slow).tolist() == pytest.approx(np.arange(51, 75) / 100)
    with pytest.raises(ValueError, match="expected r that all reach"):
        tables.levels(slow, quick)
    quick[1].append({"seconds": 5, "r": 0.725})
    assert tables.levels(slow, quick).tolist() == pytest.approx([0.71, 0.72])
    assert tables.levels(slow, quick, least=0.72).tolist() == pytest.approx([0.72])
    assert tables.levels([quick[0]]).tolist() == pytest.approx(np.arange(50, 91) / 100)
    assert tables.seconds_to(quick, 0.72) == [2, 5]
    assert tables.seconds_to(quick, 0.8) == [2, np.inf]


@pytest.mark.slow
def test_looking_at_the_validation_texts_is_left_out_of_the_readers_time(splits, monkeypatch):
    now = 0

    def tick():
        nonlocal now
        now += 1
        return now

    def slowly(*arguments):
        nonlocal now
        now += 1000
        return answers(*arguments)

    for module in (time_to_accuracy, training):
        ticking = types.SimpleNamespace(perf_counter=tick, monotonic=tick)
        monkeypatch.setattr(module, "time", ticking)
        monkeypatch.setattr(module, "answers", slowly)
    curve = time_to_accuracy.reading(splits, {**SMALL, "epochs": 3}, 0, look_every=1)
    seconds = [each["seconds"] for each in curve]
    assert len(seconds) > 6
    assert seconds == sorted(seconds)
    assert 0 < seconds[0] < seconds[-1] < 100


def test_pytorchs_reader_is_ours(prepared):
    """With the same weights the two give the same answers, to long texts and short."""
    pytest.importorskip("torch")
    trainee = regressor_parts.reader(prepared, SMALL)
    peer = TorchModel(len(prepared.encoded.pieces), SMALL)
    peer.set_weights(trainee.network.reader.get_weights())
    batches = list(prepared.encoded.batches(prepared.validation, 8, seed=None))
    found = np.empty(len(prepared.validation), np.float32)
    for (places, _), answered in zip(
        batches, peer.answers(reading for _, reading in batches), strict=True
    ):
        found[places] = answered
    ours = answers(trainee.network.model, prepared.encoded, prepared.validation)
    assert np.ptp(ours) > 1e-3
    np.testing.assert_allclose(found, ours, rtol=0, atol=1e-5)


def test_pytorchs_reader_learns(prepared):
    pytest.importorskip("torch")
    settings = {**SMALL, "dropout": 0.0, "learning_rate": 0.03}
    peer = TorchModel(len(prepared.encoded.pieces), settings)
    [(places, batch)] = prepared.encoded.batches(prepared.train, 120, seed=None)
    targets = prepared.targets[prepared.train[places]]

    def error():
        (answered,) = peer.answers([batch])
        return np.mean((answered - targets) ** 2)

    before = error()
    peer.learn([(batch, targets)] * 40)
    assert error() < 0.7 * before


def test_pytorchs_model_takes_its_turns(splits, prepared):
    pytest.importorskip("torch")
    peer = throughput.torch_reader(prepared, SMALL, splits.train.texts)
    assert peer.epoch() > 0
    assert sum(map(len, peer.predict())) == len(splits.train.texts)


@pytest.mark.slow
def test_without_pytorch_the_others_take_part(splits, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    found = throughput.run(splits, NOTE, SMALL, turns=1)
    assert set(found["training"]) == set(found["prediction"]) == {"note", "reader"}
    assert "not installed" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(Path(time_to_accuracy.__file__).parent.glob("*.py")))
def test_pytorch_is_not_loaded_unasked(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert "torch" not in [alias.name for alias in node.names]
            assert getattr(node, "module", "") != "torch"


def test_the_lstms_whose_cost_is_measured_do_the_same_work():
    sizes = {"N": 3, "T": 4, "D": 2, "H": 5}
    x = scaling._inputs(sizes)
    ours = unroll_fast(lstm, scaling._params(sizes), x).outputs
    np.testing.assert_allclose(ours, scaling._layer(sizes)(x).numpy(), rtol=0, atol=1e-5)


@given(
    st.floats(-3, 3), st.floats(1e-6, 1e3), st.lists(st.integers(1, 999), min_size=2, unique=True)
)
def test_the_slope_of_a_power_law_is_its_exponent(exponent, factor, sizes):
    seconds = [factor * size**exponent for size in sizes]
    assert scaling.slope(sizes, seconds) == pytest.approx(exponent, abs=1e-6)


def test_the_multiply_adds_are_those_of_the_matrix_products():
    """Counted one by one, as a product of (a, b) by (b, c) takes a * b * c."""
    N, T, D, H = 2, 3, 5, 7
    products = [(N * T, D, 4 * H), *[(N, H, 4 * H)] * T]
    assert scaling.multiply_adds(N, T, D, H) == sum(a * b * c for a, b, c in products)


def test_what_is_timed_without_tensorflow_keeps_its_names(monkeypatch):
    """The page's table asks for them."""
    cold = {"NumPy": {"seconds": 1.0, "answer": 2.0}, "Keras": {"seconds": 3.0, "answer": 2.5}}
    each = {"NumPy": 0.1, "Keras": 0.2, "Keras, predict": 0.3, "PyTorch": 0.4}
    monkeypatch.setattr(runtimes, "cold_starts", lambda *_: cold)
    monkeypatch.setattr(runtimes, "calls", lambda *_: {"1": each})
    found = text._portable(text.QUICK)["portable"]
    assert found["cold"] == {"portable": 1.0, "keras": 3.0, "apart": 0.5}
    calls = {"portable": 0.1, "keras predict": 0.3, "keras predict_on_batch": 0.2}
    assert found["calls"] == {"1": calls}
    assert found["farthest"] < 0.01
