"""Keras opens a model file only after it was found sound."""

import keras
import pytest

from unrolled.regressor import TextRegressor
from unrolled.regressor.portable import ModelFileError


def test_an_unsound_file_does_not_reach_keras(configured, write, tmp_path, monkeypatch):
    def reached(*_, **__):
        raise AssertionError("Keras was asked to open the file")

    monkeypatch.setattr(keras.models, "load_model", reached)
    somebody_elses = {"class_name": "Lambda", "module": "keras.layers", "registered_name": None}
    for path in (
        configured(somebody_elses),
        configured({"compile_config": {"loss": somebody_elses}}),
        write({"model.weights.h5": b""}),
        tmp_path / "none.keras",
        tmp_path,
    ):
        with pytest.raises(ModelFileError, match="expected"):
            TextRegressor.load(path)


def test_what_keras_says_of_a_file_is_one_line(both):
    model, path = both("one.keras", embedding_dim=3, units=2, readers=1, max_length=9)
    model.config["stranger"] = 1  # get_config tells of it, and no setting has this name.
    model.save(path)
    with pytest.raises(ModelFileError) as found:
        TextRegressor.load(path)
    assert str(found.value).startswith(f"{path}: expected a model that Keras opens, got: ")
    assert "\n" not in str(found.value)
