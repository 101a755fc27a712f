"""A file depends on names: a renamed class, attribute or module is noticed here, not by a user."""

import io
import json
import zipfile

import h5py
import keras
import pytest

from unrolled.regressor.portable import names
from unrolled.regressor.text_model import TextModel


@pytest.mark.parametrize(("part", "readers"), [("saved", 2), ("counting", 0), ("reading", 1)])
def test_the_arrays_of_a_file_are_where_the_names_say(request, part, readers):
    """Also where nothing reads or nothing is counted; the members are the same."""
    path, found = request.getfixturevalue(part), []

    def visit(place, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            found.append(place)

    with zipfile.ZipFile(path if part == "saved" else path[1]) as archive:
        assert set(archive.namelist()) == set(names.MEMBERS)
        with h5py.File(io.BytesIO(archive.read(names.WEIGHTS))) as file:
            file.visititems(visit)
    each = [name for number in range(readers) for name in names.reader(number)]
    assert sorted(found) == sorted([*names.COUNTER, *names.DOUBT, *each])


def test_the_class_of_a_file_is_the_one_that_the_names_say(parts):
    config = json.loads(parts[names.CONFIG])
    said = {"module": names.MODULE, **names.CLASS}
    assert {key: config[key] for key in said} == said
    assert config["config"]["format"] == names.FORMAT
    assert keras.saving.get_registered_object(names.CLASS["registered_name"]) is TextModel
