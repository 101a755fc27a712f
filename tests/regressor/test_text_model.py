"""One file holds the whole model, from strings to numbers, and is there whole or not at all."""

import json
import pickle
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled import files
from unrolled.regressor import portable
from unrolled.regressor.counting import Counting, Grams
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.portable import names
from unrolled.regressor.portable.names import CONFIG
from unrolled.regressor.text_model import TextModel, of_batches
from unrolled.regressor.training import answers as answers_of

TEXTS = ["it is ten to six", "Six to ten!", "so late :-)", "unseen", "a\0b", "時計 😀", "⟦⟧", " "]
ROWS = np.arange(len(TEXTS))
GRAMS = Grams(["ten", "six", "ten to", "⟦⟧", ":-)"], ["te", "<so", "late>", "時"])
ABOUT = {"settings": {"seed": 3, "minutes": None}, "report": {"mae": [1.5]}, "name": "⟦é⟧"}
SIZES = {"embedding_dim": 5, "units": 3, "dropout": 0.3, "max_length": 50}


@pytest.fixture(scope="module")
def encoded():
    texts = tokenize(TEXTS)
    return Encoded(texts, Pieces.fit(texts.counts(ROWS[:3]), min_count=1))


@pytest.fixture(scope="module")
def model(encoded):
    return made(encoded, GRAMS, readers=2, share=0.4)


def made(encoded, grams, **given):
    """Return a model of random weights that reads and counts what stands in some texts."""
    model = TextModel(
        words=len(grams.words), letters=len(grams.letters), vocabulary_size=len(encoded.pieces),
        mean=2.0, scale=3.0, about=ABOUT, **SIZES, **given,
    )  # fmt: skip
    model.build()
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    model.vocabulary, model.grams = encoded.pieces, grams
    return model


@pytest.fixture(scope="module")
def answers(model):
    return np.asarray(model(tf.constant(TEXTS)))


def test_the_answer_is_what_is_read_and_what_is_counted_in_their_shares(encoded, model, answers):
    batch = tuple(encoded.batch(ROWS))
    read = np.mean([np.asarray(reader(batch))[:, 0] for reader in model.readers], axis=0)
    table, bias, _ = model.counter.get_weights()
    counted = Counting(GRAMS, table, bias[0]).answers(encoded.texts.words(ROWS))
    assert len({*counted}) > 3
    expected = 2 + 3 * (0.4 * read + 0.6 * counted)
    assert answers.shape == (len(TEXTS), 1)
    np.testing.assert_allclose(answers[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "strings",
    [tf.constant(TEXTS), tf.constant(TEXTS)[:, None], np.array(TEXTS, object)],
    ids=["tensor", "column", "objects"],
)
def test_strings_are_taken_in_every_form_that_keras_knows(model, answers, strings):
    for found in (
        model(strings),
        model.predict(strings, verbose=0),
        model.predict_on_batch(strings),
    ):
        np.testing.assert_allclose(np.asarray(found), answers, rtol=1e-5)


def test_strings_are_read_as_texts_are(encoded, model, answers):
    read = answers_of(of_batches(model.read), encoded, ROWS)
    counted = model.counting.answers(encoded.texts.words(ROWS))
    found = np.asarray(model.together(read, counted))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, answers[:, 0], rtol=1e-5)


@pytest.mark.parametrize("part", ["reading", "counting"])
def test_a_model_may_have_one_part_alone(encoded, tmp_path, part):
    reads = part == "reading"
    grams = Grams([], []) if reads else GRAMS
    model = made(encoded, grams, readers=int(reads), share=float(reads))
    strings = tf.constant(TEXTS)
    files.write(tmp_path / "model.keras", model.save)
    answers = np.asarray(model(strings))[:, 0]
    assert len({*answers}) > 3
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(again(strings))[:, 0], answers)
    np.testing.assert_allclose(
        portable.load(tmp_path / "model.keras").predict(TEXTS[:-1]), answers[:-1], atol=1e-5
    )


def test_bytes_that_are_no_text_are_read_as_unknown_signs(model):
    found = model(tf.constant([b"so \xff late", "so \ufffd late"]))
    assert np.ptp(np.asarray(found)) == 0


def test_no_more_is_read_than_the_model_was_made_for(model):
    texts = ["so late " * 25, "so late " * 60]
    one, other = np.asarray(model(tf.constant(texts)))
    np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.keras"
    files.write(path, model.save)
    assert [entry.name for entry in path.parent.iterdir()] == ["model.keras"]
    return path


def test_plain_keras_opens_the_file(model, answers, file):
    again = keras.models.load_model(file)  # Safe mode, which is Keras's default.
    assert type(again) is TextModel
    np.testing.assert_array_equal(np.asarray(again(tf.constant(TEXTS))), answers)
    assert (again.vocabulary, again.grams) == (model.vocabulary, model.grams)
    assert again.config == model.config
    assert again.get_config() == model.get_config()


def test_the_file_tells_what_it_was_told(file):
    with zipfile.ZipFile(file) as archive:
        config = json.loads(archive.read(CONFIG))["config"]
    assert config["about"] == ABOUT
    assert config["format"] == names.FORMAT
    assert (config["share"], config["mean"], config["scale"]) == (0.4, 2.0, 3.0)


def test_what_is_said_of_a_model_later_goes_into_the_file(model, tmp_path):
    again = TextModel.from_config(model.get_config())
    again.build()
    again.config["about"]["test"] = {"mae": 2.5}
    files.write(tmp_path / "model.keras", again.save)
    found = keras.models.load_model(tmp_path / "model.keras").config["about"]
    assert found == {**ABOUT, "test": {"mae": 2.5}}
    assert "test" not in model.config["about"]


def test_a_model_survives_pickling(model, answers):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(np.asarray(again(tf.constant(TEXTS))), answers)


@pytest.mark.parametrize(
    "changes",
    [{"format": 3}, {"format": 5}, {"format": 5, "attention": "new"}, {"format": None}],
)
def test_a_file_of_another_format_is_refused(file, tmp_path, changes):
    changed = tmp_path / "future.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == CONFIG:
                config = json.loads(data)
                config["config"].update(changes)
                data = json.dumps(config)
            new.writestr(name, data)
    with pytest.raises((TypeError, ValueError), match="expected a model file of format 4, got"):
        keras.models.load_model(changed)


def test_a_format_that_lacks_a_setting_of_today_is_refused_as_such(model):
    config = model.get_config() | {"format": 5}
    del config["units"]
    with pytest.raises(ValueError, match="expected a model file of format 4, got format 5"):
        TextModel.from_config(config)


def test_a_save_that_fails_leaves_the_old_file(model, file, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    path.write_bytes(file.read_bytes())
    monkeypatch.setattr(TextModel, "save_assets", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write(path, model.save)
    assert path.read_bytes() == file.read_bytes()
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.keras"]


def fail(self, folder):
    raise OSError("disk full")


def test_weights_are_saved_with_their_model_or_not_at_all(model, tmp_path):
    with pytest.raises(NotImplementedError, match="expected to save the whole model"):
        model.save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(NotImplementedError, match="expected to load a whole model"):
        model.load_weights(tmp_path / "a.weights.h5")
