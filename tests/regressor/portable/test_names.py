"""A file depends on names: a renamed class, attribute or module is noticed here, not by a user."""

import io
import json

import h5py
import keras

from unrolled.regressor.portable import names
from unrolled.regressor.text_model import TextModel


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
    said = {"module": names.MODULE, **names.CLASS}
    assert {key: config[key] for key in said} == said
    assert config["config"]["format"] == names.FORMAT
    assert keras.saving.get_registered_object(names.CLASS["registered_name"]) is TextModel
