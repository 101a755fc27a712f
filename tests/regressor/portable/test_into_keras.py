"""Keras never opens a file: what was checked is made into its model, weight by weight."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.regressor import ModelFileError, TextRegressor, portable
from unrolled.regressor.portable import file

pytestmark = pytest.mark.usefixtures("eager")
ASKED = ["so late", "once more, at ten to six"]


@pytest.fixture
def no_keras(monkeypatch):
    """Let nobody ask Keras to open a file."""

    def reached(*_, **__):
        raise AssertionError("Keras was asked to open the file")

    for home in keras.models, keras.saving:
        monkeypatch.setattr(home, "load_model", reached)


@pytest.mark.usefixtures("no_keras")
def test_no_file_reaches_keras_sound_or_not(saved, configured, write, tmp_path):
    somebody_elses = {"class_name": "Lambda", "module": "keras.layers", "registered_name": None}
    for path in (
        configured(somebody_elses),
        configured({"compile_config": {"loss": somebody_elses}}),
        write({"assets/weights.f32": b""}),
        tmp_path / "none.keras",
        tmp_path,
    ):
        with pytest.raises(ModelFileError, match="expected"):
            TextRegressor.load(path)
    answers = TextRegressor.load(saved).predict(ASKED)
    np.testing.assert_allclose(answers, portable.load(saved).predict(ASKED), rtol=1e-4)


def test_what_was_checked_is_what_is_loaded(saved, tmp_path, monkeypatch):
    """The file is another one as soon as it was looked at once."""
    path, read = tmp_path / "model.keras", file.read
    path.write_bytes(saved.read_bytes())

    def read_and_replaced(name):
        content = read(name)
        path.write_bytes(b"another")
        return content

    monkeypatch.setattr(file, "read", read_and_replaced)
    answers = TextRegressor.load(path).predict(ASKED)
    np.testing.assert_array_equal(answers, TextRegressor.load(saved).predict(ASKED))
    path.write_bytes(saved.read_bytes())
    np.testing.assert_array_equal(
        portable.load(path).predict(ASKED), portable.load(saved).predict(ASKED)
    )


@pytest.mark.parametrize(
    "build_config", [None, ..., {}, {"input_shape": [None, 7]}, {"shapes_dict": {"a": [1]}}, 5]
)
def test_no_field_is_needed_for_the_weights_to_be_read(saved, configured, build_config):
    path = configured({"build_config": build_config})
    expected = portable.load(saved).predict(ASKED)
    assert np.ptp(expected) > 0
    by_keras = np.asarray(keras.models.load_model(path)(tf.constant(ASKED)))[:, 0]
    for answers in portable.load(path).predict(ASKED), TextRegressor.load(path).predict(ASKED):
        np.testing.assert_allclose(answers, expected, rtol=1e-4)
    np.testing.assert_allclose(by_keras, expected, rtol=1e-4)


@pytest.mark.slow
def test_plain_keras_loads_many_readers_each_with_layers_of_its_own(both):
    """It knows a layer by its place in memory while it loads, and one that is gone leaves its."""
    sizes = {"embedding_dim": 2, "units": 1, "readers": 12, "share": 1.0, "max_length": 9}
    model, path = both("many.keras", **sizes)
    expected = np.asarray(model(tf.constant(ASKED)))
    for _ in range(8):
        again = keras.models.load_model(path)
        layers = [r.both_ways.forward_layer for r in again.readers]
        assert len({*map(id, layers)}) == 12
        assert not any(layer.go_backwards for layer in layers)
        np.testing.assert_array_equal(np.asarray(again(tf.constant(ASKED))), expected)


def test_every_weight_of_the_model_is_one_of_the_file(saved):
    model = TextRegressor.load(saved).model_
    content = file.read(saved)
    assert model.is_in(content)
    assert len(model.weights) == sum(map(len, content.weights.parts)) == 3 + 2 + 2 * 9
    for part, index in [(model.counter, 1), (model.doubt, 0), (model.readers[1], 8)]:
        weights = part.get_weights()
        weights[index] = np.nextafter(weights[index], np.float32(np.inf))
        part.set_weights(weights)
        assert not model.is_in(content)
        weights[index] = np.nextafter(weights[index], np.float32(-np.inf))
        part.set_weights(weights)
    assert model.is_in(content)


def test_a_file_does_not_choose_where_another_training_writes(saved, configured, tmp_path):
    about = {"settings": {"units": 5, "checkpoint": str(tmp_path), "verbose": 0, "stranger": 1}}
    params = TextRegressor.load(configured({"config.about": about})).get_params()
    assert params == {**TextRegressor().get_params(), "units": 5}


def test_what_keras_adds_to_a_config_is_passed_over(saved, configured):
    path = configured({"config.stranger": 1, "config.name": "model_7"})
    answers = TextRegressor.load(path).predict(ASKED)
    np.testing.assert_array_equal(answers, TextRegressor.load(saved).predict(ASKED))


@pytest.mark.parametrize("spoil", ["weights", "share", "vocabulary", "words", "letters"])
def test_what_cannot_be_read_back_is_not_called_saved(saved, tmp_path, monkeypatch, spoil):
    """Keras writes something else than the model that it was given."""
    model, path = TextRegressor.load(saved), tmp_path / "model.keras"
    path.write_bytes(b"what was there")
    write = model.model_.save

    def save(part):
        write(part)
        with zipfile.ZipFile(part) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        paths = "config.json", "assets/pieces.json", "assets/grams.json"
        config, names, counted = (json.loads(parts[path]) for path in paths)
        if spoil == "weights":
            changed = bytearray(parts["assets/weights.f32"])
            changed[40] ^= 1
            parts["assets/weights.f32"] = bytes(changed)
        elif spoil == "share":
            config["config"]["share"] = 0.25
        else:
            changed = names if spoil == "vocabulary" else counted[spoil]
            changed[-2:] = changed[:-3:-1]
        parts |= dict(zip(paths, map(json.dumps, (config, names, counted)), strict=True))
        with zipfile.ZipFile(part, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)

    monkeypatch.setattr(model.model_, "save", save)
    with pytest.raises(ValueError, match="expected to read the model back as it was saved"):
        model.save(path)
    assert path.read_bytes() == b"what was there"


def test_an_answer_beyond_all_numbers_is_an_error_here_too(saved):
    model = TextRegressor.load(saved)
    model.model_.config["scale"] = 1e300
    model.model_.counter.table.assign(np.full(model.model_.counter.table.shape, [1, 1e15]))
    with pytest.raises(ValueError, match="expected a model whose answers are finite, got inf"):
        model.predict(ASKED)


def test_a_model_that_no_one_could_read_is_not_saved(saved, tmp_path):
    model = TextRegressor.load(saved)
    model.model_.counter.bias.assign([np.nan])
    with pytest.raises(
        ValueError, match=r"got one with assets/weights\.f32: counter: expected numbers up to"
    ):
        model.save(tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []
