"""The note's script runs as it was written, habits and all, and its time is counted fairly."""

import types

import keras
import numpy as np
import pytest

from unrolled.experiments import note_recipe
from unrolled.text import Corpus, Vocabulary, clock, metrics, words

pytestmark = pytest.mark.usefixtures("eager")
SMALL = {"units": 4, "embedding": 4, "epochs": 2}
LONGEST = "the quagga and the zebra had tea at noon by the tower clock"


@pytest.fixture(scope="module")
def texts():
    """Return clock sentences to learn from and to validate on; the longest is to validate on."""
    splits = clock.load(train=40, validation=10, test=10)
    held_out = splits.validation
    return splits.train, Corpus([*held_out.texts, LONGEST], [*held_out.targets, 0])


@pytest.fixture(scope="module")
def trained(eager, texts):
    """Train once for many tests, and keep what ``fit`` was given."""
    found = types.SimpleNamespace(told=[])
    fit = keras.Sequential.fit

    def recorded(model, x, y, **options):
        found.model, found.x, found.y, found.options = model, x, y, options
        return fit(model, x, y, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Sequential, "fit", recorded)
        found.predict, found.history = note_recipe.train(
            *texts, **SMALL, on_look=lambda record: found.told.append(dict(record))
        )
    return found


def test_the_history_grows_and_every_text_gets_a_number(texts, trained):
    _, validation = texts
    first, second = trained.history
    assert trained.told == trained.history
    assert set(first) == {"seconds", "passes", "loss", "validation_r"}
    assert 0 < first["seconds"] < second["seconds"]
    assert second["loss"] < first["loss"]
    assert trained.predict(["ten to six", "", "unheard of"]).shape == (3,)
    answers = trained.predict(validation.texts)
    assert second["validation_r"] == pytest.approx(metrics.pearson(validation.targets, answers))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_answers_and_another_seed_others(texts, trained):
    train, validation = texts
    first = trained.predict(validation.texts)
    again, _ = note_recipe.train(train, validation, **SMALL)
    np.testing.assert_array_equal(first, again(validation.texts))
    other, _ = note_recipe.train(train, validation, **SMALL, seed=1)
    assert not np.allclose(first, other(validation.texts))


def test_the_sizes_and_layers_are_those_of_the_note():
    assert note_recipe.train.__kwdefaults__ == {
        **{"epochs": 100, "patience": 3, "units": 256, "embedding": 256},
        **{"seed": 0, "look_every": None, "on_look": None},
    }
    embedding, reader, hidden, answer = note_recipe.build(length=7).layers
    assert (embedding.input_dim, embedding.output_dim) == (10_000, 256)
    assert isinstance(reader, keras.layers.Bidirectional)
    assert isinstance(reader.forward_layer, keras.layers.LSTM)
    assert reader.forward_layer.units == 256
    assert (hidden.units, hidden.activation) == (256, keras.activations.relu)
    assert isinstance(hidden.kernel_initializer, keras.initializers.RandomNormal)
    assert (answer.units, answer.activation) == (1, keras.activations.linear)


def test_it_is_trained_as_the_note_trains(texts, trained):
    train, _ = texts
    np.testing.assert_array_equal(trained.y, train.targets)
    assert trained.options["batch_size"] == 16
    assert trained.options["epochs"] == SMALL["epochs"]
    stop = trained.options["callbacks"][-1]
    assert (stop.monitor, stop.patience, stop.restore_best_weights) == ("loss", 3, False)
    assert trained.model.loss == "mse"
    assert isinstance(trained.model.optimizer, keras.optimizers.Adam)
    assert float(trained.model.optimizer.learning_rate) == pytest.approx(1e-3)


def test_rows_are_padded_in_front_to_the_longest_text_of_all(texts, trained):
    train, validation = texts
    assert trained.x.shape == (len(train), len(words(LONGEST)))
    real = trained.x != 0
    assert not real[:, 0].any()
    assert (real[:, :-1] <= real[:, 1:]).all()
    of_all_texts = Vocabulary.fit(train.texts + validation.texts)
    assert of_all_texts.decode(trained.x) == [" ".join(words(text)) for text in train.texts]


def test_only_what_no_text_had_is_unknown_and_a_longer_text_loses_its_beginning(
    texts, trained, monkeypatch
):
    train, validation = texts
    asked = []

    def overheard(ids, verbose):
        asked.append(ids)
        return np.zeros((len(ids), 1))

    monkeypatch.setattr(trained.model, "predict", overheard)
    trained.predict([f"{LONGEST} llama"])
    read = Vocabulary.fit(train.texts + validation.texts).decode(asked[0])
    assert read == [f"{LONGEST.removeprefix('the ')} [UNK]"]


def test_the_padding_is_read_as_words(trained):
    """No mask hides it: the same text gives another answer behind more of it."""
    longer = note_recipe.build(trained.x.shape[1] + 8, SMALL["units"], SMALL["embedding"])
    longer.set_weights(trained.model.get_weights())
    short, behind_more = trained.x[:4], np.pad(trained.x[:4], [(0, 0), (8, 0)])
    change = np.asarray(trained.model(short)) - np.asarray(longer(behind_more))
    assert np.abs(change).min() > 1e-4


def test_it_stops_once_the_training_loss_no_longer_falls(texts, monkeypatch):
    """With steps of no length the loss stays where it is, for as long as that is allowed."""
    build = note_recipe.build

    def standing_still(*sizes):
        model = build(*sizes)
        model.optimizer.learning_rate = 0.0
        return model

    monkeypatch.setattr(note_recipe, "build", standing_still)
    train, validation = texts
    options = {**SMALL, "epochs": 9, "patience": 2}
    # One batch, so that no shuffling can move the sum of the losses by a rounding.
    _, history = note_recipe.train(train.take([0]), validation, **options)
    assert len(history) == 1 + options["patience"]


def test_the_time_of_the_validation_and_of_the_caller_is_left_out(texts, monkeypatch):
    now = 0

    def tick():
        nonlocal now
        now += 1
        return now

    def slow(_):
        nonlocal now
        now += 1000

    monkeypatch.setattr(note_recipe, "time", types.SimpleNamespace(perf_counter=tick))
    train, validation = texts
    options = {**SMALL, "epochs": 3, "on_look": slow}
    _, history = note_recipe.train(train, validation.take([0]), **options)
    # The clock is read at the start, and before and after each look at the validation texts.
    assert [record["seconds"] for record in history] == [1, 2, 3]
    # One text has no correlation.
    assert [record["validation_r"] for record in history] == [None] * 3


def test_looks_within_an_epoch_change_nothing_that_is_learnt(texts, trained):
    """Forty texts are three batches, and an epoch begins to count anew."""
    train, validation = texts
    predict, history = note_recipe.train(train, validation, **SMALL, look_every=2)
    assert [record["passes"] for record in history] == pytest.approx([2 / 3, 5 / 3])
    np.testing.assert_array_equal(predict(train.texts), trained.predict(train.texts))
    assert [record["passes"] for record in trained.history] == [1, 2]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"epochs": 0}, ValueError, "epochs: expected at least 1, got 0"),
        ({"units": 2.0}, TypeError, "units: expected an integer, got float"),
        ({"embedding": 0}, ValueError, "embedding: expected at least 1, got 0"),
        ({"look_every": 0}, ValueError, "look_every: expected at least 1, got 0"),
        ({"patience": -1}, ValueError, "patience: expected at least 0, got -1"),
        ({"seed": -1}, ValueError, "seed: expected at least 0, got -1"),
    ],
)
def test_bad_sizes_are_refused(texts, options, error, says):
    with pytest.raises(error, match=says):
        note_recipe.train(*texts, **{**SMALL, **options})


def test_texts_without_a_word_are_refused():
    with pytest.raises(ValueError, match="expected at least one word"):
        note_recipe.train(Corpus(["!"], [1]), Corpus(["?"], [2]), **SMALL)
