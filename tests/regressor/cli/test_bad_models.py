"""A file that is no sound model is told of in one line, and nothing in it is executed."""

import json
import os
import pickle
import tracemalloc
import zipfile

import pytest
from cli_cases import told


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(config):
    """Return a function that changes what the config of a model says."""

    def change(content):
        whole = json.loads(content["config.json"])
        config(whole)
        return {**content, "config.json": json.dumps(whole).encode()}

    return change


class Bait:
    """Whoever unpickles it leaves a trace in the folder where he stands."""

    def __reduce__(self):  # noqa: D105
        return os.mkdir, ("executed",)


LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "registered_name": None}
CHANGED = {
    "a foreign class": changed(lambda c: c.update(module="os", class_name="system")),
    "a class in the settings": changed(lambda c: c["config"].update(units=LAMBDA)),
    "a newer version": changed(lambda c: c["config"].update(format=99)),
    "other sizes": changed(lambda c: c["config"].update(words=7)),
    "vast sizes": changed(lambda c: c["config"].update(letters=10**9)),
    "a reader that is not there": changed(lambda c: c["config"].update(readers=1)),
    "no settings": changed(lambda c: c.pop("config")),
    "a config that is no JSON": lambda c: {**c, "config.json": b"{"},
    "other words": lambda c: {**c, "assets/grams.json": b'{"words": ["a"], "letters": []}'},
    "no weights": lambda c: {k: v for k, v in c.items() if k != "assets/weights.f32"},
    "weights that are none": lambda c: {**c, "assets/weights.f32": b"\0" * 10**6},
    "one more member": lambda c: {**c, "extra.py": b"raise SystemExit"},
    "a path out of the folder": lambda c: {**c, "../../extra": b""},
}
COMMANDS = {
    "predict": ["predict", "MODEL"],
    "evaluate": ["evaluate", "MODEL", "DATA", "--text", "text", "--target", "number"],
    "gates": ["gates", "MODEL", "six"],
    "export": ["export", "MODEL", "--to", "web"],
}


@pytest.fixture
def refused(run, counting, tmp_path, monkeypatch):
    """Return a function that sees every command refuse a file, and returns what it says."""
    path = tmp_path / "model.keras"
    monkeypatch.chdir(tmp_path)

    def refused(name=path):
        before = sorted(os.listdir(tmp_path))
        lines = set()
        for words in COMMANDS.values():
            known = {"MODEL": name, "DATA": counting.data}
            lines.add(told(run(*(known.get(word, word) for word in words), stdin=b"six\n")))
        assert sorted(os.listdir(tmp_path)) == before, "something was written"
        (line,) = lines
        assert str(name) in line
        return line

    return refused


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_model_that_was_tampered_with_is_refused(refused, counting, tmp_path, change):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in change(members(counting.path)).items():
            archive.writestr(name, content)
    refused()


def test_a_newer_version_is_named(refused, counting, tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in CHANGED["a newer version"](members(counting.path)).items():
            archive.writestr(name, content)
    assert "newer" in refused()


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.99, 0.9999])
def test_a_model_that_was_cut_short_is_refused(refused, counting, tmp_path, share):
    content = counting.path.read_bytes()
    (tmp_path / "model.keras").write_bytes(content[: int(share * len(content))])
    refused()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_model_with_changed_bytes_is_refused(refused, counting, tmp_path, share):
    content = bytearray(counting.path.read_bytes())
    for place in range(int(share * len(content)), int(share * len(content)) + 8):
        content[place] ^= 0xFF
    (tmp_path / "model.keras").write_bytes(content)
    refused()


def test_a_pickle_is_refused_unopened(refused, tmp_path):
    (tmp_path / "model.keras").write_bytes(pickle.dumps(Bait()))
    refused()
    assert not (tmp_path / "executed").exists()


def test_a_zip_bomb_is_refused_before_it_unpacks(refused, counting, tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members(counting.path).items():
            with archive.open(name, "w") as member:
                member.write(content)
                for _ in range(200 if name == "assets/weights.f32" else 0):
                    member.write(bytes(10**6))
    assert (tmp_path / "model.keras").stat().st_size < 2 * 10**6
    tracemalloc.start()
    refused()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * 10**6


def test_what_is_no_file_is_refused(refused, tmp_path):
    refused(tmp_path / "missing.keras")
    (tmp_path / "folder.keras").mkdir()
    refused(tmp_path / "folder.keras")
    refused("/dev/zero")
