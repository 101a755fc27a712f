"""A file depends on names: a renamed class or module is noticed here, not by a user."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from unrolled.regressor.portable import names
from unrolled.regressor.text_model import TextModel


@pytest.mark.parametrize("part", ["counting", "reading"])
def test_the_weights_stand_in_one_place_one_behind_another(request, part):
    """Also where nothing reads or nothing is counted; where Keras would put them are none."""
    model, path = request.getfixturevalue(part)
    found = []
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == set(names.MEMBERS)
        numbers = np.frombuffer(archive.read(f"assets/{names.WEIGHTS}"), "<f4")
        with h5py.File(io.BytesIO(archive.read(names.EMPTY))) as file:
            file.visititems(lambda _, item: found.append(getattr(item, "dtype", None)))
    written = [np.ravel(array) for part in model.parts for array in part.get_weights()]
    np.testing.assert_array_equal(numbers, np.concatenate(written))
    assert np.dtype("f4") not in found


def test_the_class_of_a_file_is_the_one_that_the_names_say(parts):
    config = json.loads(parts[names.CONFIG])
    said = {"module": names.MODULE, **names.CLASS}
    assert {key: config[key] for key in said} == said
    assert config["config"]["format"] == names.FORMAT
    assert keras.saving.get_registered_object(names.CLASS["registered_name"]) is TextModel
