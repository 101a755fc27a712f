"""A file may be anything: each is refused in one line, and nothing in it is run or believed."""

import gzip
import itertools
import json
import math
import os
import pickle
import random
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from unrolled.regressor import TextRegressor, portable
from unrolled.regressor.portable.weights import Sizes, bytes_of

CONFIG, EMPTY = "config.json", "model.weights.h5"
VOCABULARY, GRAMS, COLUMNS = (f"assets/{name}.json" for name in ("pieces", "grams", "columns"))
WEIGHTS = "assets/weights.f32"
PRICE = {"name": "price", "mean": 2.0, "scale": 1.0, "gaps": True}


def refused(path):
    """Return what is said of a file that is refused, without its name: one short line."""
    with pytest.raises(portable.ModelFileError) as found:
        portable.load(path)
    said = str(found.value)
    name = os.fspath(path) if os.fspath(path).isprintable() else ascii(os.fspath(path))
    assert said.startswith(f"{name}: ")
    assert said.isprintable()
    assert len(said) < len(name) + 500
    with pytest.raises(portable.ModelFileError):
        portable.check(path)
    return said.removeprefix(f"{name}: ")


def test_the_sound_file_is_taken(saved):
    portable.check(saved)
    assert portable.load(saved).about["metrics"] == {"mae": 1.5}


# What is no file to read.


def test_a_place_without_a_file_is_named(tmp_path, monkeypatch):
    assert refused(tmp_path / "none.keras") == "expected a model file, got no file there"
    assert refused(tmp_path) == "expected a model file, got a folder"
    assert "embedded null" in refused("a\0b.keras")
    assert refused("two\nlines.keras") == "expected a model file, got no file there"
    with pytest.raises(TypeError, match="int"):
        portable.load(0)

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "locked.keras"
    path.write_bytes(b"")
    monkeypatch.setattr("builtins.open", forbidden)
    assert refused(path) == "expected a model file that can be read, got: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.keras")
    assert refused(tmp_path / "pipe.keras") == "expected a model file, got no regular file"


# What is no zip archive of a model.


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        """Set where."""
        self.path = path

    def __reduce__(self):
        """Tell pickle what to call."""
        return Path.touch, (self.path,)


def test_a_pickle_is_not_opened(tmp_path):
    path, sprung = tmp_path / "model.keras", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    expected = "expected a zip archive as Keras writes it, got another kind of file"
    assert refused(path) == expected
    path.write_bytes(gzip.compress(pickle.dumps(Trap(sprung))))
    assert refused(path) == expected
    path.write_bytes(b"")
    assert refused(path) == "expected a zip archive as Keras writes it, got an empty file"
    assert not sprung.exists()
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists()  # The trap would have worked.


def test_a_truncated_file_is_refused_wherever_it_ends(saved, tmp_path):
    whole, path = saved.read_bytes(), tmp_path / "cut.keras"
    for end in {*range(1, len(whole), 4999), *range(len(whole) - 120, len(whole))}:
        path.write_bytes(whole[:end])
        assert refused(path).startswith(("expected a whole zip archive", "expected a zip archive"))


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, VOCABULARY, GRAMS, COLUMNS])
def test_a_changed_byte_in_a_member_is_noticed(saved, tmp_path, parts, name):
    damaged = saved.read_bytes().replace(parts[name], parts[name][:-9] + b"?" + parts[name][-8:])
    (tmp_path / "damaged.keras").write_bytes(damaged)
    said = refused(tmp_path / "damaged.keras")
    assert said == f"{name}: expected a whole member, got damage: Bad CRC-32 for file {name!r}"


@pytest.mark.parametrize("name", ["metadata.json", CONFIG, WEIGHTS, VOCABULARY, GRAMS, COLUMNS])
def test_a_missing_member_is_named(parts, write, name):
    said = refused(write({name: None}))
    assert said.startswith(f"expected the members {', '.join(sorted(parts))}, got ")
    assert name not in said.partition("got ")[2]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_too_many_is_refused(write, parts):
    assert "got ../../outside.py, assets" in refused(write({"../../outside.py": b"1"}))
    path = write({})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(CONFIG, parts[CONFIG])
    assert f"got {COLUMNS}, {GRAMS}, {VOCABULARY}, {WEIGHTS}, {CONFIG}, {CONFIG}, " in refused(path)


def before(data, _):
    return b"\x89HDF\r\n\x1a\n" + data


def behind(data, _):
    return data + b"more"


def twice(data, _):
    return data + data


def between(data, start):
    """Put a byte before the directory, and let the end tell where the directory is now."""
    return data[:start] + b"?" + data[start:-6] + struct.pack("<L", start + 1) + data[-2:]


def hidden(data, start):
    """Put a directory behind the directory that the end tells of."""
    return data[:-22] + data[start:-22] + data[-22:]


def with_comment(data, _):
    return data[:-2] + struct.pack("<H", 4) + b"more"


def with_an_end_as_comment(data, _):
    return data[:-2] + struct.pack("<H", 22) + data[-22:]


def flagged(place, value):
    """Change the entry of the config in the directory."""

    def change(data, start):
        entry = data.rindex(CONFIG.encode()) - 46
        assert entry >= start
        changed = bytearray(data)
        changed[entry + place : entry + place + len(value)] = value
        return bytes(changed)

    return change


@pytest.mark.parametrize(
    "change",
    [
        before,
        behind,
        twice,
        between,
        hidden,
        with_comment,
        with_an_end_as_comment,
        flagged(8, b"\1\0"),  # encrypted
        flagged(8, b"\x08\0"),  # sizes that follow the member
        flagged(38, struct.pack("<L", 0o120777 << 16)),  # a symbolic link
        flagged(42, struct.pack("<L", 0)),  # at the place of another member
        flagged(46, b"/onfig.json"),
        flagged(46, b"../fig.json"),
        flagged(46, b"config.jso\0"),
    ],
)
def test_no_archive_that_two_programs_could_read_in_two_ways_is_taken(saved, tmp_path, change):
    data, path = saved.read_bytes(), tmp_path / "model.keras"
    with zipfile.ZipFile(saved) as archive:
        start = archive.start_dir
    path.write_bytes(change(data, start))
    assert "expected" in refused(path)


def test_a_library_that_goes_by_another_suffix_gets_no_file_of_ours(saved, tmp_path):
    """A sound archive behind an HDF5 file is one to zip, and a model of HDF5 to Keras."""
    said = "expected a name that ends in '.keras', got another"
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})
    for suffix in ".h5", ".hdf5", ".zip", ".KERAS", "":
        path = tmp_path / f"whole{suffix}"
        path.write_bytes(saved.read_bytes())
        assert refused(path) == said
    both = (tmp_path / "model.h5").read_bytes() + saved.read_bytes()
    for suffix in ".h5", ".keras":
        path = tmp_path / f"both{suffix}"
        path.write_bytes(both)
        assert refused(path).startswith("expected ")


# Bombs: small files that say or become much.


def peak(path):
    """Return the most memory that Python took to refuse a file."""
    tracemalloc.start()
    refused(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, VOCABULARY, GRAMS, COLUMNS])
def test_a_bomb_is_not_unpacked(write, name):
    path = write({name: bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 500_000
    assert refused(path).endswith("expected a stored member, got a compressed one")
    assert peak(path) < 3_000_000


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, VOCABULARY, GRAMS, COLUMNS])
def test_a_size_that_is_only_said_is_not_believed(parts, write, tmp_path, name):
    data = bytearray(write({}).read_bytes())
    place = data.rindex(name.encode()) - 46  # its entry in the directory
    said = len(parts[WEIGHTS]) - 4 if name == WEIGHTS else 900_000
    data[place + 20 : place + 28] = struct.pack("<2L", said, said)
    (tmp_path / "said.keras").write_bytes(data)
    assert refused(tmp_path / "said.keras").startswith(f"{name}: expected a whole member, got dam")
    data[place + 20 : place + 28] = struct.pack("<2L", 2**31, 2**31)
    (tmp_path / "said.keras").write_bytes(data)
    assert refused(tmp_path / "said.keras").startswith(f"{name}: expected at most ")
    assert peak(tmp_path / "said.keras") < 3_000_000


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        (WEIGHTS, {"embedding_dim": 20_000}),
        (WEIGHTS, {"units": 5000}),
        (WEIGHTS, {"readers": 10_000}),
        (WEIGHTS, {"words": 10**8}),
        (WEIGHTS, {"scores": 2 * 10**8}),
        (VOCABULARY, {"vocabulary_size": 10**7}),
        (GRAMS, {"letters": 10**8}),
        (COLUMNS, {"beside": 10**8}),
    ],
)
def test_a_file_whose_parts_all_say_the_same_false_size_asks_for_no_memory(
    configured, parts, member, changes
):
    """Config and directory speak of about 1 GB, and nobody has seen a byte of it."""
    path = configured({f"config.{name}": size for name, size in changes.items()})
    config = json.loads(parts[CONFIG])["config"] | changes
    said = bytes_of(Sizes.of(config))
    assert 4e8 < said < 2e9
    data = bytearray(path.read_bytes())
    place = data.rindex(member.encode()) - 46
    data[place + 20 : place + 28] = struct.pack("<2L", said, said)
    path.write_bytes(data)
    assert " expected " in refused(path)
    assert peak(path) < 3_000_000


def test_a_directory_of_many_members_is_not_read(write):
    path = write({f"assets/{n}": b"" for n in range(3000)})
    assert refused(path).startswith("expected a directory of 7 members, got one of ")
    assert peak(path) < 300_000


def test_an_archive_that_calls_itself_vast_is_not_searched(saved, tmp_path):
    """The end of one beyond 4 GiB names another directory, of any size, elsewhere in the file."""
    whole, path = saved.read_bytes(), tmp_path / "vast.keras"
    path.write_bytes(whole[:-22] + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1) + whole[-22:])
    assert refused(path) == "expected an archive below 4 GiB, got one that is said to be larger"


def test_a_large_config_or_vocabulary_is_not_read(write, parts):
    assert refused(write({CONFIG: b" " * 2_000_000})) == (
        f"{CONFIG}: expected at most 1048576 bytes, got 2000000"
    )
    assert refused(write({VOCABULARY: b" " * 9_000_000})).endswith(" bytes, got 9000000")


# The config.


@pytest.mark.parametrize(
    "changes",
    [
        {"class_name": "Lambda", "module": "keras.layers", "registered_name": None},
        {"class_name": "Functional", "module": "keras.src.models.functional"},
        {"module": "os"},
        {"class_name": "TextModel", "registered_name": "elsewhere>TextModel"},
        {"class_name": ["TextModel"]},
        {"module": ...},
    ],
)
def test_a_class_of_somebody_else_is_refused(configured, changes):
    assert refused(configured(changes)).startswith(
        tuple(f"{CONFIG}: expected {k}" for k in changes)
    )


LAMBDA = {"class_name": "Lambda", "module": "keras.layers", "config": {"function": "x"}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"compile_config": {"loss": LAMBDA}}, "expected no compile_config, got an object of 1"),
        ({"config.dtype": LAMBDA}, "expected dtype to be float32, got an object of 3"),
        ({"config.dtype": "float16"}, "expected dtype to be float32, got 'float16'"),
        (
            {"config.quantization_config": LAMBDA},
            "expected quantization_config to be a plain value",
        ),
        ({"config.name": [LAMBDA]}, "expected name to be a plain value, got a list of 1"),
        ({"config": [1, 2]}, "expected config to be an object, got a list of 2"),
        ({"config.about": None}, "expected about to be an object, got None"),
        (
            {"config.format": 5},
            "expected format 4, got 5: the file was written by a newer unrolled",
        ),
        (
            {"config.format": 3},
            "expected format 4, got 3: the file was written by an older unrolled",
        ),
        ({"config.format": 0}, "expected format to be a whole number above 0, got 0"),
        ({"config.format": True}, "expected format to be a whole number above 0, got True"),
        ({"config.format": ...}, "expected format to be a whole number above 0, got None"),
        (
            {"config.vocabulary_size": 10**12},
            "expected vocabulary_size to be a whole number from 3 to 1000000000, got",
        ),
        (
            {"config.vocabulary_size": 2},
            "expected vocabulary_size to be a whole number from 3 to 1000000000, got 2",
        ),
        (
            {"config.embedding_dim": "6"},
            "expected embedding_dim to be a whole number from 1 to 1000000000, got '6'",
        ),
        ({"config.units": -5}, "expected units to be a whole number from 1 to 1000000000, got -5"),
        (
            {"config.units": 5.0},
            "expected units to be a whole number from 1 to 1000000000, got 5.0",
        ),
        ({"config.readers": True}, "expected readers to be a whole number"),
        ({"config.readers": -1}, "expected readers to be a whole number from 0"),
        ({"config.words": -1}, "expected words to be a whole number from 0 to 1000000000, got -1"),
        ({"config.letters": ...}, "expected letters to be a whole number from 0"),
        ({"config.scores": 1.0}, "expected scores to be a whole number from 0"),
        ({"config.max_length": 1}, "expected max_length to be a whole number from 2"),
        (
            {"config.max_length": ["\n" * 9]},
            "expected max_length to be a plain value, got a list of 1",
        ),
        (
            {"config.units": "\n" * 9999},
            r"expected units to be a whole number from 1 to 1000000000",
        ),
        ({"config.units": 10**4000}, r"expected units to be a whole number from 1 to 1000000000"),
        (
            {"config.mean": float("nan")},
            r"expected mean to be a number from -9e+18 to 9e+18, got nan",
        ),
        ({"config.mean": "3"}, r"expected mean to be a number from -9e+18 to 9e+18, got '3'"),
        ({"config.scale": -1.0}, r"expected scale to be a number from 0 to 9e+18, got -1.0"),
        ({"config.scale": float("inf")}, r"expected scale to be a number from 0 to 9e+18, got inf"),
        ({"config.share": 1.5}, "expected share to be a number from 0 to 1, got 1.5"),
        ({"config.dropout": None}, "expected dropout to be a number from 0 to 1, got None"),
    ],
)
def test_a_wrong_setting_is_named(configured, changes, says):
    assert refused(configured(changes)).startswith(f"{CONFIG}: {says}")


@pytest.mark.parametrize(
    "name", ["embedding_dim", "units", "readers", "words", "letters", "beside", "scores"]
)
def test_sizes_that_the_weights_do_not_have_are_refused(configured, parts, name):
    size = json.loads(parts[CONFIG])["config"][name]
    for wrong in {max(size - 1, 0), size + 1, 10**9} - {size}:
        said = refused(configured({f"config.{name}": wrong}))
        assert said.startswith(tuple(f"{name}: expected " for name in (WEIGHTS, GRAMS, COLUMNS)))


@pytest.mark.parametrize("name", [CONFIG, VOCABULARY, GRAMS, COLUMNS])
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe\0", b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 100_000, b"9" * 5000],
)
def test_what_is_no_json_is_refused(write, name, data):
    assert refused(write({name: data})).startswith(f"{name}: expected JSON, got damage: ")


@pytest.mark.parametrize("data", [b"[1]", b"null", b'"TextModel"'])
def test_a_config_that_is_no_object_is_refused(write, data):
    assert refused(write({CONFIG: data})).startswith(f"{CONFIG}: expected an object, got ")


# The vocabulary.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda names: {"a": 1}, "expected a list of strings, got an object of 1"),
        (lambda names: [], "expected 5000 names, got 0"),
        (lambda names: [*names[:-1], 5], "expected a list of strings, got a list of"),
        (lambda names: [*names[:-1], None], "expected a list of strings, got a list of"),
        (lambda names: names[:-1], "expected 5000 names, got 4999"),
        (lambda names: [*names, "more"], "expected 5000 names, got 5001"),
        (lambda names: [*names[:-1], names[5]], "names: expected no piece twice, got "),
        (
            lambda names: ["\n" * 999, *names[1:]],
            "expected the first pieces to be ('', '[UNK]', '⟦",
        ),
    ],
)
def test_a_wrong_vocabulary_is_refused(write, parts, change, says):
    names = change(json.loads(parts[VOCABULARY]))
    assert refused(write({VOCABULARY: json.dumps(names)})).startswith(f"{VOCABULARY}: {says}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: None, "expected words and letters, got None"),
        (lambda found: [1], "expected words and letters, got a list of 1"),
        (lambda found: {"words": found["words"]}, "expected words and letters, got an object of 1"),
        (lambda found: {**found, "more": []}, "expected words and letters, got an object of 3"),
        (lambda found: {**found, "words": {}}, "expected a list of strings, got an object of 0"),
        (lambda found: {**found, "words": "a\nb"}, r"expected a list of strings, got 'a\nb'"),
        (lambda found: {**found, "letters": [5]}, "expected a list of strings, got a list of 1"),
        (lambda found: {**found, "letters": [["a"]]}, "expected a list of strings, got a list of"),
        (lambda found: {**found, "words": []}, "expected {words} names, got 0"),
        (
            lambda found: {**found, "letters": found["letters"][1:]},
            "expected {letters} names, got ",
        ),
        # As many in all, of which one has gone over.
        (
            lambda found: {
                "words": found["words"][1:],
                "letters": [*found["letters"], found["words"][0]],
            },
            "expected {words} names, got ",
        ),
        (
            lambda found: {**found, "words": [found["words"][1], *found["words"][1:]]},
            "expected every word and run of letters once, got one twice",
        ),
        (
            lambda found: {**found, "letters": [*found["letters"][:-1], found["letters"][0]]},
            "expected every word and run of letters once, got one twice",
        ),
    ],
)
def test_what_is_counted_has_to_be_names_and_each_once(write, parts, change, says):
    found = json.loads(parts[GRAMS])
    says = says.format(**{block: len(names) for block, names in found.items()})
    said = refused(write({GRAMS: json.dumps(change(found))}))
    assert said.startswith(f"{GRAMS}: {says}")


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {"text": "said"},
        {"text": 5, "columns": []},
        {"text": "said", "columns": None},
        {"text": None, "columns": [PRICE]},
        {"text": "price", "columns": [PRICE]},
        {"text": "said", "columns": [PRICE, PRICE]},
        {"text": "said", "columns": ["price"]},
        {"text": "said", "columns": [{**PRICE, "more": 1}]},
        {"text": "said", "columns": [{**PRICE, "name": 1}]},
        {"text": "said", "columns": [{**PRICE, "mean": math.nan}]},
        {"text": "said", "columns": [{**PRICE, "mean": True}]},
        {"text": "said", "columns": [{**PRICE, "scale": -1.0}]},
        {"text": "said", "columns": [{**PRICE, "scale": 10**400}]},
        {"text": "said", "columns": [{**PRICE, "gaps": 1}]},
        {"text": "said", "columns": [{"name": "kind", "values": "ab"}]},
        {"text": "said", "columns": [{"name": "kind", "values": ["a", "a"]}]},
        {"text": "said", "columns": [{"name": "kind", "values": [1]}]},
        {"text": "said", "columns": [{"name": "kind", "values": [*map(str, range(101))]}]},
    ],
)
def test_columns_that_are_none_are_refused(write, found):
    said = refused(write({COLUMNS: json.dumps(found)}))
    assert said.startswith(f"{COLUMNS}: expected the columns beside the texts, got ")


def test_columns_without_weights_are_refused(write):
    said = refused(write({COLUMNS: json.dumps({"text": "said", "columns": [PRICE]})}))
    assert said == f"{COLUMNS}: expected 0 features, got 2"


def test_names_that_no_text_has_are_names_like_others(saved, write, parts, tmp_path):
    """Half a character, nothing at all, a megabyte; and a word may be a run of letters too."""
    found = json.loads(parts[GRAMS])
    found["words"][:3] = "\ud800", "", "x" * 10**6
    found["words"][3] = found["letters"][0]
    path = write({GRAMS: json.dumps(found)})
    answers = portable.load(path).predict(["so late", "x" * 999])
    assert np.isfinite(answers).all()
    TextRegressor.load(path).save(tmp_path / "again.keras")
    again = portable.load(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.predict(["so late", "x" * 999]), answers)


# The weights.


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -1e16])
@pytest.mark.parametrize(
    ("part", "index", "place"),
    [(0, 0, "counter"), (0, 1, "counter"), (1, 0, "doubt"), (2, 0, "reader 0"), (3, 8, "reader 1")],
)
def test_a_number_that_is_none_or_vast_is_refused(weighted, part, index, place, number):
    def spoil(*parts):
        parts[part][index].flat[-1] = number

    said = f"{WEIGHTS}: {place}: expected numbers up to 1e+15 in size, got {abs(number):g}"
    assert refused(weighted(spoil)) == said


def test_more_or_fewer_weights_than_the_config_says_are_refused(parts, write, configured):
    count = len(parts[WEIGHTS])
    for wrong in b"", parts[WEIGHTS][:-4], parts[WEIGHTS][:-1]:
        said = refused(write({WEIGHTS: wrong}))
        # A few that are missing are made up for by what stands before a member.
        assert re.fullmatch(rf"{WEIGHTS}: expected {count} bytes, got \d+", said)
    for wrong in parts[WEIGHTS] + b"\0", parts[WEIGHTS] * 2:
        said = f"{WEIGHTS}: expected at most {count} bytes, got {len(wrong)}"
        assert refused(write({WEIGHTS: wrong})) == said
    said = rf"{WEIGHTS}: expected at most \d+ bytes, got {count}"
    assert re.fullmatch(said, refused(configured({"config.readers": 0})))


@pytest.mark.parametrize("change", [lambda ratios: -ratios, lambda ratios: ratios[::-1]])
def test_ratios_of_errors_below_0_or_that_fall_are_refused(weighted, change):
    """They would make intervals that end before they begin, or narrower ones of higher level."""

    def changed(counter, doubt, *readers):
        doubt[1][:] = change(doubt[1].copy())

    said = f"{WEIGHTS}: doubt: expected ratios from 0 upwards, got others"
    assert refused(weighted(changed)) == said


def test_the_largest_weights_that_are_taken_still_give_a_number(weighted):
    def change(*parts):
        for array in itertools.chain(*parts):
            array[...] = np.where(array < 0, -9e14, 9e14)

    answers = portable.load(weighted(change)).predict(["so late", "once more, at ten to six"])
    assert np.isfinite(answers).all()


def test_the_largest_of_all_that_is_taken_gives_finite_answers(weighted, parts, write):
    """Each weight is one that is taken, and so is the scale."""

    def enlarge(counter, doubt, *readers):
        counter[0][:] = doubt[0][:] = doubt[1][:] = 1e15

    with zipfile.ZipFile(weighted(enlarge)) as archive:
        weights = archive.read(WEIGHTS)
    config = json.loads(parts[CONFIG])
    config["config"] |= {"scale": 9e18, "share": 0.0}
    path = write({CONFIG: json.dumps(config), WEIGHTS: weights})
    small, long = portable.load(path), "a quarter past seventeen " * 9
    answers = small.predict(["so late", long])
    assert np.isfinite(answers).all()
    assert answers.min() > 1e34
    assert all(np.isfinite(each).all() for each in small.predict(["so late", long], interval=0.9))
    assert all(np.isfinite(values).all() for values in small.gates(long).values.values())


def test_what_lies_where_keras_has_its_weights_is_looked_at_by_nobody(saved, write):
    """It has a bound, all the same."""
    answers = portable.load(saved).predict(["so late"])
    np.testing.assert_array_equal(
        portable.load(write({EMPTY: b"any"})).predict(["so late"]), answers
    )
    said = refused(write({EMPTY: bytes(2 << 20)}))
    assert said.startswith(f"{EMPTY}: expected at most ")


@pytest.mark.parametrize("seed", range(40))
def test_damage_that_was_summed_up_again_is_refused_or_read_as_numbers(parts, write, seed):
    """Nothing but a refusal comes of it, whichever bytes of names, places and types are wrong."""
    rng = random.Random(seed)
    for name in WEIGHTS, WEIGHTS, WEIGHTS, CONFIG, VOCABULARY, GRAMS, COLUMNS:
        data = bytearray(parts[name])
        for _ in range(rng.choice([1, 3, 20])):
            data[rng.randrange(len(data))] = rng.choice([0, 1, 255, rng.randrange(256)])
        path = write({name: bytes(data)})
        try:
            portable.load(path)
        except portable.ModelFileError:
            refused(path)
