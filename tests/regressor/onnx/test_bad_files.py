"""A file that is no sound graph of ours is told of in one line."""

import json

import numpy as np
import pytest
from web_cases import random_model

from unrolled.cells import lstm
from unrolled.libraries.layouts import to_onnx

onnx = pytest.importorskip("onnx", reason="ONNX is not installed here")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed here")

from unrolled.regressor import onnx as ours  # noqa: E402 - only where both are there.
from unrolled.regressor.onnx.graph import file_of  # noqa: E402
from unrolled.regressor.onnx.graph import model as graph_of  # noqa: E402
from unrolled.regressor.onnx.tokenizer import KEY, sealed  # noqa: E402


@pytest.fixture(scope="module")
def graph():
    return graph_of(random_model(["so late", "later"]))


def refused(path, data):
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"^{path}: [^\n]*expected [^\n]*$") as error:
        ours.load(path)
    assert len(str(error.value)) < 400 + len(str(path))
    return str(error.value)


def with_metadata(graph, **changes):
    """Return the bytes of a graph with other metadata; a value of ... is left out."""
    changed = onnx.ModelProto.FromString(graph.SerializeToString())
    kept = json.loads(changed.metadata_props[0].value) | changes
    kept = {key: value for key, value in kept.items() if value is not ...}
    changed.metadata_props[0].value = json.dumps(kept)
    return sealed(changed.SerializeToString())


@pytest.fixture(scope="module")
def data():
    """Return the bytes of a file as it is exported."""
    return file_of(random_model(["so late", "later"]))


def test_a_file_as_it_was_written(data, tmp_path):
    path = tmp_path / "late.onnx"
    path.write_bytes(data)
    assert np.isfinite(ours.load(path).predict(["so late"])).all()
    onnx.checker.check_model(onnx.load(path), full_check=True)


@pytest.mark.parametrize("place", range(0, 100, 3))
def test_a_file_in_which_one_bit_has_changed(data, tmp_path, place):
    changed = bytearray(data)
    changed[place * len(data) // 100] ^= 1 << place % 8
    refused(tmp_path / "late.onnx", bytes(changed))


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_is_cut_short(data, tmp_path, share):
    refused(tmp_path / "late.onnx", data[: int(share * len(data))])


@pytest.mark.parametrize("data", [b"PK\3\4", b"text\n" * 99, bytes(999), b"\xff" * 99])
def test_a_file_of_another_kind(tmp_path, data):
    assert "expected an ONNX file" in refused(tmp_path / "late.onnx", data)


def test_a_graph_of_others_or_one_without_its_metadata(graph, tmp_path, rng):
    stack = to_onnx([lstm.init(rng, 2, 3)])
    part = "expected an ONNX file of `unrolled export`, got one without 'unrolled'"
    assert part in refused(tmp_path / "other.onnx", stack.SerializeToString())
    kept = stack.metadata_props.add()
    kept.key, kept.value = KEY, graph.metadata_props[0].value
    said = refused(tmp_path / "other.onnx", stack.SerializeToString())
    assert "expected a graph that fits its metadata, got: " in said
    bare = onnx.ModelProto.FromString(graph.SerializeToString())
    del bare.metadata_props[:]
    assert part in refused(tmp_path / "bare.onnx", bare.SerializeToString())


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"format": 2}, "format 1, got 2: the file was written by a newer unrolled"),
        ({"format": 0}, "expected format 1, got 0"),
        ({"format": True}, "expected format 1, got True"),
        ({"format": ...}, "expected format 1, got None"),
        ({"pieces": ...}, "expected pieces in the metadata, got None"),
        ({"words": "late"}, "expected words in the metadata, got 'late'"),
        ({"letters": ["a", 5]}, "expected strings as names in the metadata, got 5"),
        ({"max_length": 1}, "expected sizes in the metadata"),
        ({"max_length": True}, "expected max_length in the metadata, got True"),
        ({"scores": -1}, "expected sizes in the metadata"),
        ({"scale": "1"}, "expected scale in the metadata, got '1'"),
        ({"pieces": ["a"]}, "names: expected to start with"),
        ({"pieces": ["", "[UNK]", "⟦⟧", "a", "a"]}, "names: expected no piece twice"),
        ({"words": ["late", "late"]}, "expected every word and run of letters once"),
        ({"columns": {"text": None}}, "expected the columns beside the texts"),
        ({"words": [f"word{n}" for n in range(999)]}, "a graph that fits its metadata, got: "),
        ({"pieces": ["", "[UNK]", "⟦⟧", *map(str, range(999))]}, "a graph that fits its metadata"),
        (
            {"columns": {"text": "said", "columns": [
                {"name": "price", "mean": 0, "scale": 1, "gaps": False}]}},
            "a graph that fits its metadata",
        ),
    ],
)  # fmt: skip
def test_metadata_that_are_not_as_they_were_written(graph, tmp_path, changes, part):
    assert part in refused(tmp_path / "late.onnx", with_metadata(graph, **changes))


def test_metadata_that_are_no_json(graph, tmp_path):
    for text, part in [
        ("{", "expected JSON in the metadata"),
        ("[" * 99999, "JSON"),
        ("5", "forma"),
    ]:
        changed = onnx.ModelProto.FromString(graph.SerializeToString())
        changed.metadata_props[0].value = text
        assert part in refused(tmp_path / "late.onnx", sealed(changed.SerializeToString()))


def test_weights_that_stand_in_another_file_are_not_looked_for(graph, tmp_path):
    (tmp_path / "secret").write_bytes(np.zeros(9999, np.float32).tobytes())
    changed = onnx.ModelProto.FromString(graph.SerializeToString())
    largest = max(changed.graph.initializer, key=lambda each: len(each.raw_data))
    size = len(largest.raw_data)
    largest.ClearField("raw_data")
    largest.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": str(tmp_path / "secret"), "length": str(size)}.items():
        entry = largest.external_data.add()
        entry.key, entry.value = key, value
    said = refused(tmp_path / "late.onnx", sealed(changed.SerializeToString()))
    assert "expected an ONNX file, got: " in said


def test_no_file_and_a_folder(tmp_path):
    for path, part in [
        (tmp_path / "late.onnx", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ]:
        with pytest.raises(ValueError, match=f"expected a model file, got: {part}"):
            ours.load(path)
