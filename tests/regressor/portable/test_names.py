"""A file depends on names: a renamed class, attribute or module is noticed here, not by a user."""

import gzip
import io
import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.regressor import TextRegressor, portable
from unrolled.regressor.portable import names
from unrolled.regressor.text_model import TextModel

#: Written before the sizes had the names that they have today, by the module of MODULES[1].
OLD = Path(__file__).parent / "data" / "format-1.keras.gz"
ASKED = [
    "ten to six",
    "six to ten",
    "so late, so very late indeed, is it not, my dear? :-)",
    "xyzzy",
]
#: What the code of that time answered.
ANSWERS = [366.63201904296875, 365.4451904296875, 228.93313598632812, 289.76605224609375]


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.keras"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    return path


def test_the_arrays_of_a_file_are_where_the_names_say(parts):
    found = []

    def visit(path, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            found.append(path)

    with h5py.File(io.BytesIO(parts[names.WEIGHTS])) as file:
        file.visititems(visit)
    assert sorted(found) == sorted([*names.COUNTER, *names.reader(0), *names.reader(1)])
    assert set(parts) == set(names.MEMBERS)


def test_the_class_of_a_file_is_the_one_that_the_names_say(parts):
    config = json.loads(parts[names.CONFIG])
    said = {"module": names.MODULES[0], **names.CLASS}
    assert {key: config[key] for key in said} == said
    assert config["config"]["format"] == names.FORMAT
    assert keras.saving.get_registered_object(names.CLASS["registered_name"]) is TextModel


def test_a_file_of_the_first_format_answers_as_it_did(old):
    spoken = [portable.load(old).predict(ASKED), TextRegressor.load(old).predict(ASKED)]
    spoken.append(np.asarray(keras.models.load_model(old)(tf.constant(ASKED)))[:, 0])
    for answers in spoken:
        np.testing.assert_allclose(answers, ANSWERS, rtol=1e-6)


def test_the_parameters_of_the_first_format_have_their_names_of_today(old):
    assert TextRegressor.load(old).get_params() == TextRegressor(
        embedding_dim=3, units=2, readers=2, vocabulary_size=60, max_length=9, epochs=2,
        patience=2, validation_fraction=0.2, random_state=4, dropout=0.25,
    ).get_params()  # fmt: skip


def test_an_old_file_saved_again_is_one_of_today(old, tmp_path):
    TextRegressor.load(old).save(tmp_path / "new.keras")
    portable.check(tmp_path / "new.keras")
    model = keras.models.load_model(tmp_path / "new.keras")
    assert model.get_config() == keras.models.load_model(old).get_config()
    assert model.get_config()["format"] == names.FORMAT


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"config.pieces": 2}, "expected vocabulary_size to be a whole number from 3"),
        ({"config.width": "3"}, "expected embedding_dim to be a whole number from 1"),
        ({"config.longest": [1]}, "expected max_length to be a plain value, got a list of 1"),
        ({"config.about": [1]}, "expected about to be an object, got a list of 1"),
        (
            {"module": "unrolled.elsewhere"},
            "expected module to be 'unrolled.regressor.text_model' or",
        ),
    ],
)
def test_the_first_format_is_checked_as_strictly(configured, changes, says):
    """Here a file of today, called one of then, with a size under its old name."""
    renamed = {"config.vocabulary_size": ..., "config.embedding_dim": ..., "config.max_length": ...}
    sizes = {"config.pieces": 60, "config.width": 6, "config.longest": 40}
    with pytest.raises(portable.ModelFileError, match=f"config.json: {says}"):
        portable.load(configured({"config.format": 1, **renamed, **sizes, **changes}))
