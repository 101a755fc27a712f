"""The encoder is Keras's, padding is outside, budgets and trials are equal, baselines are exact."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from unrolled.experiments import results
from unrolled.experiments.transformer import encoder, speed, study, tasks
from unrolled.experiments.transformer.readers import READERS
from unrolled.experiments.transformer.ridge import fitted
from unrolled.experiments.transformer.study import CONFIG, EXPERIMENT, QUICK
from unrolled.experiments.transformer.verdicts import LABELS, verdicts
from unrolled.tasks import order

RECORDED = Path(__file__).parents[2] / "book" / "results"


@pytest.fixture
def params(rng):
    """Return an encoder whose every number was drawn, biases and norms too."""
    fresh = encoder.init(rng, features=3, units=8)
    return encoder._mapped(lambda a: a + rng.normal(0, 0.3, a.shape), fresh)


def read(params, x, lengths=None, every=False):
    """Read in double precision."""
    import jax

    lengths = np.full(len(x), x.shape[1]) if lengths is None else np.asarray(lengths)
    with jax.enable_x64(True):
        return np.asarray(jax.jit(encoder.read, static_argnums=3)(params, x, lengths, every))


def by_keras(params, x, mask):
    """Build the same encoder of Keras's layers."""
    import keras

    def norm(h, weights):
        layer = keras.layers.LayerNormalization(epsilon=encoder.EPSILON, dtype="float64")
        layer.build(h.shape)
        layer.set_weights([*weights])
        return layer(h)

    h = x @ params.kernel + params.bias
    h = h + params.pace * encoder.positions(x.shape[1], h.shape[-1])
    for k in range(encoder.LAYERS):
        layer = encoder._mapped(lambda a, k=k: a[k], params.layers)
        heads, head = layer.attention.query_bias.shape
        attention = keras.layers.MultiHeadAttention(heads, head, dtype="float64")
        attention.build(h.shape, h.shape)
        attention.set_weights([*layer.attention])
        a = norm(h, layer.before)
        h = h + attention(a, a, key_mask=mask)
        a = norm(h, layer.between) @ layer.wide + layer.wide_bias
        h = h + keras.ops.gelu(a, approximate=True) @ layer.narrow + layer.narrow_bias
    return np.asarray(norm(h, params.last))


def test_the_encoder_is_one_of_keras_layers(params, rng):
    x, lengths = rng.normal(size=(2, 5, 3)), np.array([5, 2])
    mask = np.arange(5) < lengths[:, None]
    theirs = by_keras(params, x, mask)
    ours = read(params, x, lengths, every=True)
    np.testing.assert_allclose(ours[mask], theirs[mask], atol=1e-7)
    means = [row[:length].mean(axis=0) for row, length in zip(theirs, lengths, strict=True)]
    np.testing.assert_allclose(read(params, x, lengths), means, atol=1e-7)


@pytest.mark.slow
def test_padding_is_outside_whatever_stands_in_it_and_its_gradient_is_zero(params, rng):
    import jax

    x = rng.normal(size=(1, 3, 3))
    padded = np.concatenate([x, np.full((1, 4, 3), np.nan)], axis=1)
    np.testing.assert_allclose(read(params, padded, [3]), read(params, x), atol=1e-12)

    def total(params, x):
        return (encoder.read(params, x, np.array([3]), every=False) ** 2).sum()

    with jax.enable_x64(True):
        gradient = jax.jit(jax.grad(total, argnums=(0, 1)))
        by_params, by_x = gradient(params, padded)
        alone, _ = gradient(params, np.nan_to_num(padded, nan=7.0))
    assert (np.asarray(by_x)[:, 3:] == 0).all()
    for one, other in zip(jax.tree.leaves(by_params), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_places_alone_tell_the_order_of_steps(params, rng):
    x = rng.normal(size=(1, 4, 3))
    turned = x[:, ::-1]
    assert np.abs(read(params, x) - read(params, turned)).max() > 1e-3
    blind = params._replace(pace=0 * params.pace)
    np.testing.assert_allclose(read(blind, x), read(blind, turned), atol=1e-12)


@pytest.mark.parametrize("units", [6, 3, 0])
def test_a_width_that_heads_do_not_divide_is_refused(units, rng):
    with pytest.raises(ValueError, match="units: expected"):
        encoder.init(rng, features=2, units=units)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("features", [2, 5, 8, 10, 16])
def test_budgets_are_equal_within_a_few_per_cent(name, features, rng):
    reader, budget = READERS[name], encoder.count(features, CONFIG.width)
    units = reader.units_for(budget, features)
    assert abs(reader.parameters(features, units) / budget - 1) < 0.06
    sizes = []

    def sized(tree):
        return (
            [sized(part) for part in tree] if isinstance(tree, tuple) else sizes.append(tree.size)
        )

    sized(reader.init(rng, features, units))
    assert sum(sizes) == reader.parameters(features, units)


def test_the_search_is_the_same_for_all_and_shares_no_seed_with_the_report():
    assert not set(CONFIG.seeds) & set(CONFIG.search_seeds)
    assert len(CONFIG.seeds) >= 10
    assert len(CONFIG.penalties) == len(CONFIG.rates)
    assert min(CONFIG.amounts) == 100
    assert max(CONFIG.amounts) == 10_000
    assert [name for name, *_ in CONFIG.tasks] == list(LABELS)


@pytest.mark.parametrize("form", ["values", "quick"])
def test_every_reader_has_its_trials_and_its_scores(form):
    """In what is recorded; ``test_results`` shows that the code still gives its quick form."""
    config = {"values": CONFIG, "quick": QUICK}[form]
    recorded = results.read(RECORDED, EXPERIMENT.name)[form]
    assert set(recorded) == {name for name, *_ in config.tasks}
    for name, by_size in recorded.items():
        assert set(by_size) == {str(size) for size in study._sizes(config, name)}
        for each in by_size.values():
            assert set(each) == {*config.readers, "ridge"}
            assert list(each["ridge"]["search"]) == [str(one) for one in config.penalties]
            for reader in config.readers:
                run = each[reader]
                assert set(run["search"]) == {str(rate) for rate in config.rates}
                assert {len(x) for x in run["search"].values()} == {len(config.search_seeds)}
                assert run["rate"] == float(min(run["search"], key=lambda r: sum(run["search"][r])))
                assert len(run["scores"]) == len(config.seeds)
                assert np.shape(run["curves"]) == (len(config.seeds), config.looks + 1)


def test_search_and_report_share_no_sequence():
    texts = tasks.sentences()
    assert not {*texts.validation.groups} & {*texts.test.groups}
    for name, size in (("adding", 6), ("copy", 2)):
        task = tasks.prepared(name, size, 16)
        validation, test = (part.x.reshape(len(part.x), -1) for part in task[1:3])
        assert not (validation[:, None] == test[None]).all(axis=-1).any()


def test_fewer_sentences_are_the_first_of_more_and_all_are_asked_the_same():
    few, many = (tasks.prepared("clock", size, 0).texts for size in (40, 90))
    assert many.train.texts[:40] == few.train.texts
    np.testing.assert_array_equal(many.train.targets[:40], few.train.targets)
    assert many.test.texts == few.test.texts
    assert len(few.test.texts) == tasks.TEST
    assert not {*few.test.groups} & {*tasks.sentences().train.groups}


def test_the_score_of_the_clock_is_in_minutes():
    task = tasks.prepared("clock", 40, 0)
    scale = task.texts.train.targets.std()
    assert task.score(task.test.targets + 1, task.test.targets) == pytest.approx(scale)


def test_the_middle_of_temporal_order_holds_both_symbols(rng):
    task = tasks.prepared("order", 51, 64)
    found = [order.SYMBOLS[k] for k in (6, 7)]
    assert found == ["X", "Y"]
    symbols = task.test.x[..., 6] + task.test.x[..., 7]
    assert (symbols.sum(axis=1) == 2).all()
    assert task.test.x.shape[1:] == (51, 8)
    late = task.test.x[..., 7]
    classes = 2 * late[:, :11].sum(axis=1) + late[:, -11:].sum(axis=1)
    np.testing.assert_array_equal(task.test.targets.argmax(axis=1), classes)


def test_the_ridge_solves_what_is_linear_in_all_steps_and_not_adding():
    scores = {
        name: fitted(tasks.prepared(name, size, 64), 1500, [0.1, 10.0], pairs=False)["score"]
        for name, size in (("order", 51), ("copy", 5), ("adding", 10))
    }
    assert scores["order"] == scores["copy"] == 1
    assert scores["adding"] > 0.1


def test_the_ridge_takes_the_penalty_that_errs_least_and_reads_pairs():
    task = tasks.prepared("clock", 300, 0)
    alone, pairs = (fitted(task, 0, [0.1, 1000.0], pairs=pairs) for pairs in (False, True))
    assert alone["penalty"] == pairs["penalty"] == 0.1
    assert pairs["search"]["0.1"] < pairs["search"]["1000.0"]
    assert pairs["score"] < alone["score"]


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="expected a task, got 'parity'"):
        tasks.prepared("parity", 3, 4)


def test_a_rate_rises_and_falls():
    rates = study.schedule(100, 0.1)
    assert rates.argmax() == 9
    assert (np.diff(rates[:10]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()
    assert 0 < rates[-1] < 0.02


def test_what_is_kept_erred_least_on_the_way_and_a_wild_one_counts_as_worst():
    config = dataclasses.replace(QUICK, looks=3)
    task = tasks.prepared("adding", 6, 8)
    made = study.learn(config, "GRU", 2, task, [(0, 0.05), (1, 1e30)], steps=6)
    assert made.curves.shape == (2, 4)
    np.testing.assert_array_equal(made.losses, made.curves.min(axis=1))
    assert made.curves[1].max() == study.WORST
    answers = made.answers(task.validation, task.loss)
    errors = ((answers - task.validation.targets) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(errors, made.losses, rtol=1e-5)


def test_clock_errors_are_told_apart_by_words():
    task = tasks.prepared("clock", 40, 0)
    answers = np.repeat(task.test.targets[None], 2, axis=0)
    answers[1, task.test.lengths == 4] += 1  # The most words of the first group.
    exact, off = np.transpose(study._by_length(CONFIG, "clock", task, None, answers)["by_words"])
    assert (exact == 0).all()
    assert off[0] > 0
    assert (off[1:] == 0).all()


def test_the_rate_is_the_one_that_errs_least_on_average_of_its_seeds(monkeypatch):
    config = dataclasses.replace(QUICK, rates=(0.1, 0.2, 0.3), search_seeds=(5, 6))
    losses = {(5, 0.1): 1, (6, 0.1): 9, (5, 0.2): 4, (6, 0.2): 4, (5, 0.3): 3, (6, 0.3): 6}
    asked = []

    def learn(config, reader, units, task, members, steps):
        asked.append(members)
        found = np.array([losses.get(member, 0.0) for member in members], float)
        return Scripted(None, None, found, found[:, None])

    class Scripted(study.Learnt):
        def answers(self, unseen, loss):
            return np.repeat(unseen.targets[None], len(self.losses), axis=0)

    monkeypatch.setattr(study, "learn", learn)
    found = study._network(config, "adding", tasks.prepared("adding", 6, 8), "GRU")
    assert found["rate"] == 0.2
    assert asked == [[*losses], [(0, 0.2), (1, 0.2)]]
    assert found["search"] == {"0.1": [1, 9], "0.2": [4, 4], "0.3": [3, 6]}


def test_a_crossing_is_where_the_lines_meet():
    sizes = [16, 32, 64, 128]
    assert speed.crossing(sizes, [1, 2, 8, 32], [2, 4, 8, 16]) == pytest.approx(64)
    assert speed.crossing(sizes, [1, 2, 8, 64], [2, 4, 4, 8]) == pytest.approx(32 * 2**0.5)
    # What crosses twice is told from the last time on.
    assert speed.crossing(sizes, [3, 1, 1, 9], [2, 2, 2, 2]) > 64


@pytest.mark.slow
def test_attention_needs_four_times_the_memory_for_twice_the_steps_and_a_cell_twice():
    config = dataclasses.replace(speed.QUICK, readers=("Transformer", "GRU"), batch=2, turns=1)
    short, long = (speed.work(config, ("answer", 4, steps)) for steps in (128, 256))
    grown = {name: long[name]["bytes"] / short[name]["bytes"] for name in config.readers}
    assert 3 < grown["Transformer"] < 5
    assert 1.7 < grown["GRU"] < 2.3


def test_a_verdict_goes_by_what_is_better_on_a_task():
    low, high = np.linspace(1, 2, 10).tolist(), np.linspace(3, 4, 10).tolist()
    each = {
        "Transformer": {"scores": low},
        "BiLSTM": {"scores": high},
        "GRU": {"scores": low},
        "ridge": {"score": 9.0},
    }
    values = {"clock": {"1": each}, "tweets": {"2": each}}
    found = verdicts(values, {"clock": 1, "tweets": 2})
    assert found.of == {
        ("clock", "BiLSTM"): "better", ("clock", "GRU"): "–", ("clock", "ridge"): "better",
        ("tweets", "BiLSTM"): "worse", ("tweets", "GRU"): "–", ("tweets", "ridge"): "worse",
    }  # fmt: skip
    assert found.tasks("better", ["BiLSTM", "ridge"]) == ["clock sentences"]
    assert found.told.startswith("6 comparisons")
