"""The house keeps its order: imports point down one table, and the core stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

SRC = Path(unrolled.__file__).parent
NUMPY = {"numpy"}
ABOVE = None
# Room: the rooms it may import (ABOVE: all that stand before it here), and the libraries.
# A room may always import itself. The order is that of the rooms' table in the design.
TABLE = {
    # What everybody may use: it knows nothing of cells or texts.
    "arrays": (set(), NUMPY),
    "checks": ({"arrays"}, NUMPY),
    "lists": (set(), NUMPY),
    "extras": (set(), set()),
    "files": (set(), set()),
    # The cells and their proof.
    "activations": (set(), NUMPY),
    "cells": ({"arrays", "checks", "activations"}, NUMPY),
    "masks": ({"arrays", "checks"}, NUMPY),
    # The scan is JAX's own loop, loaded when it is called.
    "unroll": ({"arrays", "checks", "activations", "cells", "masks"}, NUMPY | {"jax"}),
    "attention": ({"arrays", "checks", "activations", "cells"}, NUMPY),
    "gradcheck": ({"arrays", "checks", "activations"}, NUMPY),
    # The pages' LaTeX as programs.
    "equations": ({"activations"}, NUMPY),
    # How others write the same cells.
    "libraries": (ABOVE, NUMPY | {"onnx"}),
    # What is learnt; it knows nothing of cells.
    "tasks": ({"arrays", "checks"}, NUMPY),
    "text": (
        {"arrays", "checks", "lists", "extras", "files"},
        NUMPY | {"pooch", "scipy", "sklearn", "vaderSentiment"},
    ),
    "series": (
        {"arrays", "checks", "extras", "tasks", "text"},
        NUMPY | {"sklearn", "statsmodels", "sktime"},
    ),
    # Drawings, of arrays alone. They stand before the tool, whose command `gates` draws.
    "figures": ({"arrays", "checks", "equations", "lists"}, NUMPY | {"matplotlib"}),
    # The same drawings, moved by their equations.
    "live": ({"checks", "lists", "equations", "figures", "text", "series"}, NUMPY),
    "keras_models": (ABOVE, NUMPY | {"keras"}),
    # What is wrong with somebody's model.
    "diagnose": (ABOVE, NUMPY | {"keras", "sklearn"}),
    # The tool: Keras and scikit-learn to learn, h5py to predict, the rest for the command line.
    "regressor": (
        ABOVE,
        NUMPY
        | {"keras", "tensorflow", "sklearn", "scipy", "tqdm", "h5py"}
        | {"click", "pyarrow", "waitress", "wcwidth", "onnx", "ray"},
    ),
    # The studies: what is compared with the cells, and JAX for many seeds at a time.
    "experiments": (
        ABOVE,
        NUMPY | {"keras", "tensorflow", "torch", "sklearn", "scipy", "jax", "optax", "ray"},
    ),
}
STDLIB = sys.stdlib_module_names


def room_of(path):
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports_of(path):
    """Return the full names of all modules that a file imports, lazily or not."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            # From a package, a name may be a module of it.
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def libraries_of(path):
    """Return the top-level names outside the package that a file imports."""
    return {name.split(".")[0] for name in imports_of(path)} - STDLIB - {"unrolled"}


def rooms_of(path):
    """Return the rooms that a file imports from."""
    names = [name.split(".") for name in imports_of(path)]
    return {parts[1] for parts in names if parts[0] == "unrolled" and len(parts) > 1} & set(TABLE)


def allowed(room):
    """Return the rooms that a room may import."""
    before = list(TABLE)[: list(TABLE).index(room)]
    rooms = TABLE[room][0]
    return set(before) if rooms is ABOVE else rooms


FILES = sorted(p for p in SRC.rglob("*.py") if p != SRC / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down_the_table(path):
    """A module imports only what its room may: an arrow that points up fails here."""
    room = room_of(path)
    others = rooms_of(path) - {room}
    assert others <= allowed(room), f"{room} may not import {others - allowed(room)}"
    libraries = TABLE[room][1]
    assert libraries_of(path) <= libraries, f"{room} may not import {libraries_of(path)}"


def test_the_table_has_every_room_and_no_arrow_of_it_points_up():
    assert {room_of(p) for p in FILES} == set(TABLE)
    for number, room in enumerate(TABLE):
        assert allowed(room) <= set(list(TABLE)[:number]), f"{room} is allowed what is below it"


def test_src_never_imports_the_book_or_the_tests():
    for path in FILES:
        assert not libraries_of(path) & {"book", "tests", "conftest"}


HEAVY = (
    *("tensorflow", "keras", "torch", "jax", "matplotlib", "sklearn", "scipy", "pooch", "h5py"),
    *("pyarrow", "click", "tqdm", "wcwidth", "vaderSentiment", "statsmodels", "sktime"),
    *("onnx", "onnxruntime", "waitress", "ray", "pandas"),
)


@pytest.mark.parametrize(
    "statement",
    ["import unrolled", "import unrolled.unroll, unrolled.cells.gru, unrolled.attention"],
)
def test_the_core_loads_nothing_heavier_than_numpy(statement):
    """A fresh interpreter that imports the core has none of the big libraries."""
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
