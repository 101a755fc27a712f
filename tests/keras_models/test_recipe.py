"""The recipe learns, stops by validation, saves whole, and reads new text."""

import os

import keras
import numpy as np
import pytest

from unrolled.keras_models import readable, recipe
from unrolled.text import OOV, baselines, clock, metrics

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

SMALL = {"embedding_dim": 8, "units": 8, "batch_size": 32, "verbose": 0}


def learn(splits, **options):
    held_out = (splits.validation.texts, splits.validation.targets)
    return recipe.train(
        splits.train.texts, splits.train.targets, held_out, **{**SMALL, "epochs": 1, **options}
    )


@pytest.fixture(scope="module")
def splits():
    return clock.load(train=200, validation=40, test=60)


@pytest.fixture(scope="module")
def model(eager, splits):
    return learn(splits)[0]


@pytest.mark.slow
def test_it_reads_the_order_that_a_bag_of_words_cannot(graph):
    """In a few seconds a small model is nearer to the time than any count of words can be."""
    splits = clock.load(train=2500, validation=200, test=300)
    bag = baselines.word_ridge(splits.train.texts, splits.train.targets)
    bag_error = metrics.mae(splits.test.targets, bag.predict(splits.test.texts))
    model, history = learn(
        splits, embedding_dim=32, units=32, epochs=10, batch_size=64, learning_rate=2e-2
    )
    error = metrics.mae(splits.test.targets, recipe.predict(model, splits.test.texts))
    assert bag_error > 60
    assert error < bag_error / 3
    early, late = recipe.predict(model, ["we had tea at ten to six", "we had tea at six to ten"])
    assert abs(early - 350) < 40
    assert abs(late - 594) < 40
    assert history["mae"][-1] < history["mae"][0] / 3


@pytest.mark.slow
def test_the_layers_are_those_of_the_page(splits, model):
    to_ids, network = model.layers
    embedding, reads_both_ways, hidden, answer, unit = network.layers
    assert isinstance(reads_both_ways, keras.layers.Bidirectional)
    assert isinstance(reads_both_ways.forward_layer, keras.layers.LSTM)
    assert embedding.mask_zero
    assert embedding.input_dim == to_ids.vocabulary_size() <= 10_000
    assert hidden.activation is keras.activations.relu
    assert (hidden.units, answer.units) == (8, 1)
    assert unit.offset == pytest.approx(splits.train.targets.mean(), rel=1e-5)
    assert unit.scale == pytest.approx(splits.train.targets.std(), rel=1e-5)


def test_the_defaults_are_the_sizes_of_the_original():
    defaults = recipe.train.__kwdefaults__
    assert {name: defaults[name] for name in ("vocabulary_size", "embedding_dim", "units")} == {
        "vocabulary_size": 10_000,
        "embedding_dim": 256,
        "units": 256,
    }
    assert (defaults["epochs"], defaults["batch_size"], defaults["patience"]) == (100, 16, 3)


def test_only_training_words_are_known(splits):
    held_out = (["zebra quagga"] * 3, [1, 2, 3])
    model, _ = recipe.train(
        splits.train.texts, splits.train.targets, held_out, **SMALL, epochs=1, vocabulary_size=20
    )
    to_ids = model.layers[0]
    words = to_ids.get_vocabulary()
    assert len(words) == 20
    assert words[:2] == ["", "[UNK]"]
    assert np.asarray(to_ids(held_out[0])).tolist() == [[OOV, OOV]] * 3


def test_a_text_is_read_alike_alone_and_padded_beside_a_longer_one(model):
    short, long = "it is ten to six now", "by the tower clock it was ten to six already"
    alone = recipe.predict(model, [short])
    beside = recipe.predict(model, [short, long])
    np.testing.assert_allclose(alone[0], beside[0], rtol=1e-5)
    assert beside[0] != beside[1]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_answers_and_another_seed_others(splits, model):
    def answers(seed):
        return recipe.predict(learn(splits, seed=seed)[0], splits.test.texts)

    first = recipe.predict(model, splits.test.texts)
    np.testing.assert_array_equal(first, answers(0))
    assert not np.allclose(first, answers(1))


@pytest.mark.slow
def test_times_are_learnt_and_answered_as_exactly_as_small_numbers(splits, tmp_path):
    """Seconds since 1970, which float32 would round to two minutes."""
    found = []
    for first, each in ((0, 1), (1_700_000_000, 60)):
        parts = (splits.train, splits.validation)
        known, held_out = ((p.texts, first + each * p.targets.astype(np.int64)) for p in parts)
        model, history = recipe.train(*known, held_out, **SMALL, epochs=1)
        recipe.save(model, tmp_path / "model.keras")
        again = recipe.load(tmp_path / "model.keras")
        answers = recipe.predict(again, splits.test.texts)
        assert answers.dtype == np.float64
        found.append([(answers - first) / each, history["val_mae"][0] / each])
    np.testing.assert_allclose(found[1][0], found[0][0], atol=1e-3)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-5)


def test_targets_too_far_apart_for_a_gradient_are_refused(splits):
    """Nanoseconds, say: squared twice they are no float32, and nothing would be learnt."""
    targets = splits.train.targets * 6e10
    with pytest.raises(ValueError, match=r"deviation of at most 1e\+09, got .*; divide them"):
        recipe.train(splits.train.texts, targets, (splits.train.texts, targets), **SMALL)


@pytest.mark.slow
def test_the_best_weights_by_validation_are_kept(graph, splits):
    """A wild first step spoils the later epochs; the model is that of the best one."""
    model, history = learn(splits, epochs=12, learning_rate=0.5, patience=2)
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 1 + 2 < 12
    truth = splits.validation.targets
    loss = metrics.rmse(truth, recipe.predict(model, splits.validation.texts)) ** 2
    assert loss == pytest.approx(history["val_loss"][best], rel=1e-3)
    assert loss < history["val_loss"][-1]


def test_the_learning_rate_falls_to_nothing_by_the_last_step(splits, monkeypatch):
    made, adam = [], keras.optimizers.Adam

    def watched(rate, **settings):
        made.append((adam(rate, **settings), rate))
        return made[-1][0]

    monkeypatch.setattr(keras.optimizers, "Adam", watched)
    learn(splits, epochs=2, learning_rate=0.02)
    ((optimizer, rate),) = made
    steps = int(optimizer.iterations)
    assert steps == 2 * 7  # 200 texts make six batches of 32, and one of 8.
    rates = [float(rate(step)) for step in range(steps + 1)]
    assert rates == sorted(rates, reverse=True)
    assert (rates[0], rates[-1]) == (pytest.approx(0.02), pytest.approx(0, abs=1e-9))
    assert optimizer.beta_2 == 0.95


def test_a_saved_model_takes_strings_and_gives_the_same_answers(splits, model, tmp_path):
    path = tmp_path / "clock.keras"
    recipe.save(model, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clock.keras"]
    again = recipe.load(path)
    np.testing.assert_array_equal(
        recipe.predict(model, splits.test.texts), recipe.predict(again, splits.test.texts)
    )
    # Keras alone reads it too: the vocabulary is inside.
    strings = keras.ops.convert_to_tensor(["it is ten to six now"], dtype="string")
    plain = keras.models.load_model(path).predict(strings, verbose=0)
    assert plain.shape == (1, 1)


def test_a_file_that_keras_would_take_for_an_older_format_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: 1 / 0)
    for name in "model.h5", "model.hdf5", "model", tmp_path:
        with pytest.raises(ValueError, match=r"expected a name that ends in '\.keras', got "):
            recipe.load(name)


def test_a_save_that_fails_leaves_the_old_file(model, tmp_path, monkeypatch):
    path = tmp_path / "clock.keras"
    path.write_bytes(b"the old model")

    def half_written(target):
        with open(target, "wb") as file:
            file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(model, "save", half_written)
    with pytest.raises(OSError, match="disk full"):
        recipe.save(model, path)
    assert path.read_bytes() == b"the old model"
    assert os.listdir(tmp_path) == ["clock.keras"]


def test_a_path_that_cannot_be_written_or_read_is_named(model, tmp_path):
    with pytest.raises(ValueError, match=r"expected a name that ends in '.keras', got 'model.h5'"):
        recipe.save(model, tmp_path / "model.h5")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        recipe.save(model, tmp_path / "nowhere" / "model.keras")
    with pytest.raises(ValueError, match=r"missing\.keras"):
        recipe.load(tmp_path / "missing.keras")


BAD_TEXTS = [
    ([], ValueError, "expected at least one text, got none"),
    ("ten to six", TypeError, "expected a list of strings, got one bare str"),
    (["ten", 6], TypeError, "expected only strings, got int at index 1"),
    (["ten", ""], ValueError, "expected at least one word in each, got '' at index 1"),
    ([" ?! "], ValueError, "expected at least one word in each, got ' .! ' at index 0"),
    (["ten to six " * 100_000], ValueError, "expected at most 20000 characters, got 1100000"),
]


@pytest.mark.parametrize(("texts", "error", "says"), BAD_TEXTS)
def test_bad_texts_are_refused(model, texts, error, says):
    with pytest.raises(error, match="^texts: " + says):
        recipe.predict(model, texts)
    targets = np.zeros(len(texts)) if isinstance(texts, list) else [1]
    with pytest.raises(error, match="^training texts: " + says):
        recipe.train(texts, targets, (["ten"], [10]), **SMALL)
    with pytest.raises(error, match="^validation texts: " + says):
        recipe.train(["ten"], [10], (texts, targets), **SMALL)


def test_a_text_of_only_unknown_words_gets_no_number(model):
    with pytest.raises(ValueError, match="only unknown words at index 1: 'blorb frob'"):
        recipe.predict(model, ["ten to six", "blorb frob", "frob"])
    assert recipe.predict(model, ["blorb ten"]).shape == (1,)


@pytest.mark.parametrize(
    ("targets", "error", "says"),
    [
        ([1.0], ValueError, "texts and targets: expected equal lengths, got 2 and 1"),
        ([1.0, np.nan], ValueError, "targets: expected finite numbers, got nan at index 1"),
        ([-np.inf, 1.0], ValueError, "targets: expected finite numbers, got -inf at index 0"),
        (
            [1.0, 1e300],
            ValueError,
            r"targets: expected numbers from -9e\+18 to 9e\+18, got 1e\+300",
        ),
        (["1", "2"], TypeError, "targets: expected real numbers"),
        ([[1.0], [2.0]], ValueError, r"targets: expected shape \(n,\)"),
    ],
)
def test_bad_targets_are_refused(targets, error, says):
    texts = ["ten to six", "six to ten"]
    with pytest.raises(error, match="^training " + says):
        recipe.train(texts, targets, (texts, [1, 2]), **SMALL)
    with pytest.raises(error, match="^validation " + says):
        recipe.train(texts, [1, 2], (texts, targets), **SMALL)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"units": 0}, ValueError, "units: expected at least 1, got 0"),
        ({"embedding_dim": -8}, ValueError, "embedding_dim: expected at least 1, got -8"),
        ({"vocabulary_size": 2}, ValueError, "vocabulary_size: expected at least 3, got 2"),
        ({"epochs": 1.5}, TypeError, "epochs: expected an integer, got float 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size: expected at least 1, got 0"),
        ({"patience": -1}, ValueError, "patience: expected at least 0, got -1"),
        ({"seed": "a"}, TypeError, "seed: expected an integer, got str"),
        ({"learning_rate": 0}, ValueError, "learning_rate: expected a number above 0, got 0"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate: expected .* got nan"),
    ],
)
def test_bad_sizes_are_refused(splits, options, error, says):
    with pytest.raises(error, match=says):
        learn(splits, **options)


def test_equal_targets_are_learnt_without_dividing_by_zero(splits):
    texts = splits.train.texts[:20]
    model, history = recipe.train(texts, [7] * 20, (texts, [7] * 20), **SMALL, epochs=2)
    assert np.isfinite(history["loss"]).all()
    assert recipe.predict(model, texts) == pytest.approx(7, abs=2)


def test_a_text_at_the_limit_is_still_read(graph, model):
    text = "ten to six " * (readable.LONGEST // 11)
    assert np.isfinite(recipe.predict(model, [text])).all()
