"""What a model is worth on a file, for people and as strict JSON."""

import json

import numpy as np
import pytest
from cli_cases import order, told, write

from unrolled.regressor import portable
from unrolled.text import metrics

NAMES = ["mae", "rmse", "r2", "pearson"]


def strict(text):
    """Return what a reader of strict JSON reads: one that knows neither NaN nor Infinity."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def evaluate(run, model, data, *words):
    return run("evaluate", model.path, data, "--text", "text", "--target", "number", *words)


@pytest.fixture
def unseen(tmp_path):
    """Return a file of texts that no model has seen, in groups of two."""
    rows = [(text, number, f"g{n // 2}") for n, (text, number) in enumerate(order(60, seed=1))]
    return write(tmp_path / "unseen.csv", rows, ("text", "number", "group"))


@pytest.mark.slow
def test_metrics_and_intervals_are_those_of_the_models_answers(run, reading, unseen):
    done = evaluate(run, reading, unseen, "--json")
    assert (done.code, done.err) == (0, "")
    found = strict(done.out)
    texts, truth = zip(*order(60, seed=1), strict=True)
    answers = portable.load(reading.path).predict(texts)
    assert found["texts"] == 60
    assert found["metrics"] == pytest.approx(metrics.all_metrics(truth, answers), abs=1e-5)
    for name, pair in metrics.intervals(truth, answers).items():
        assert found["intervals"][name] == pytest.approx(pair, abs=1e-5)


@pytest.mark.slow
def test_what_lies_in_the_intervals_is_counted(run, reading, unseen):
    texts, truth = zip(*order(60, seed=1), strict=True)
    _, lows, highs, _ = portable.load(reading.path).predict(texts, 0.9)
    found = strict(evaluate(run, reading, unseen, "--json").out)["interval"]
    inside = (lows <= truth) & (truth <= highs)
    expected = {"level": 0.9, "coverage": inside.mean(), "width": (highs - lows).mean()}
    assert found == pytest.approx(expected, abs=1e-5)
    last = evaluate(run, reading, unseen).out.splitlines()[-1]
    said = f"{found['coverage']:.1%} lie in their intervals of 90%, {found['width']:.4g} wide on"
    assert last == f"{said} average"


@pytest.mark.parametrize("asked", [0, 8, 9])
def test_a_file_of_too_few_errors_for_intervals_is_measured_all_the_same(run, plain, unseen, asked):
    """Nine of ten is said by nine and the one that is new."""
    command = ["evaluate", plain(asked), unseen, "--text", "text", "--target", "number"]
    found = strict(run(*command, "--json").out)
    assert (found["interval"] is not None) == (asked == 9)
    assert found["metrics"]["mae"] > 0
    assert ("lie in" in run(*command).out) == (asked == 9)


def test_people_read_the_same_numbers(run, reading, unseen):
    found = strict(evaluate(run, reading, unseen, "--json").out)
    first, *lines, _ = evaluate(run, reading, unseen).out.splitlines()
    assert first == "60 texts"
    assert [line.split()[0] for line in lines] == NAMES
    for line in lines:
        name, *numbers = line.replace("[", "").replace("]", "").replace(",", "").split()
        expected = [found["metrics"][name], *found["intervals"][name]]
        assert [float(number) for number in numbers] == pytest.approx(expected, rel=1e-3)


def test_groups_widen_or_narrow_the_intervals_and_nothing_else(run, reading, unseen):
    plain = strict(evaluate(run, reading, unseen, "--json").out)
    grouped = strict(evaluate(run, reading, unseen, "--json", "--group", "group").out)
    assert grouped["metrics"] == plain["metrics"]
    texts, truth = zip(*order(60, seed=1), strict=True)
    answers = portable.load(reading.path).predict(texts)
    expected = metrics.intervals(truth, answers, groups=[str(n // 2) for n in range(60)])
    assert grouped["intervals"]["mae"] == pytest.approx(expected["mae"], abs=1e-5)
    assert grouped["intervals"]["mae"] != plain["intervals"]["mae"]


def test_what_has_no_meaning_is_null_in_json_and_said_in_words(run, reading, tmp_path):
    data = write(tmp_path / "data.csv", [("six the ten", 5)])
    found = strict(evaluate(run, reading, data, "--json").out)
    assert found["metrics"]["r2"] is None
    assert found["metrics"]["pearson"] is None
    assert found["metrics"]["mae"] is not None
    assert found["intervals"] == dict.fromkeys(NAMES)
    assert evaluate(run, reading, data).out.count("has no meaning here") == 2


def test_standard_input_can_be_measured_on(run, reading, unseen):
    words = ["evaluate", reading.path, "-", "--text", "text", "--target", "number", "--json"]
    piped = run(*words, stdin=unseen.read_bytes())
    assert piped == evaluate(run, reading, unseen, "--json")


def test_long_texts_are_noted_beside_the_output(run, reading, tmp_path):
    data = write(tmp_path / "data.csv", [("six " * 600, 5), ("ten", 3)])
    done = evaluate(run, reading, data, "--json")
    assert done.code == 0
    assert done.err.startswith("unrolled: 1 text was very long")
    assert strict(done.out)["texts"] == 2


def test_vast_numbers_are_measured_without_overflow(run, reading, tmp_path):
    data = write(tmp_path / "data.csv", [("six", 1e15), ("ten", -1e15), ("two", 1e-300)])
    found = strict(evaluate(run, reading, data, "--json").out)
    assert np.isfinite(found["metrics"]["rmse"])


def test_a_missing_column_of_groups_is_told_of(run, reading, unseen):
    assert "expected a column 'g'" in told(evaluate(run, reading, unseen, "--group", "g"))
