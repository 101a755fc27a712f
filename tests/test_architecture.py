"""The house keeps its order: imports point down one table, and the core stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

SRC = Path(unrolled.__file__).parent
NUMPY = {"numpy"}
# Room: the rooms it may import, and the libraries. A room may always import itself.
TABLE = {
    "activations": (set(), NUMPY),
    "cells": ({"activations"}, NUMPY),
    "masks": (set(), NUMPY),
    "unroll": ({"activations", "cells", "masks"}, NUMPY | {"jax"}),
    "gradcheck": ({"activations"}, NUMPY),
    "layouts": ({"activations", "cells"}, NUMPY),
    "conventions": ({"activations", "cells"}, NUMPY),
    "tasks": (set(), NUMPY),
    "text": (set(), NUMPY | {"pooch", "sklearn", "scipy", "vaderSentiment", "pyarrow"}),
    "figures": (set(), NUMPY | {"matplotlib"}),
    "keras_models": (
        {"activations", "cells", "masks", "unroll", "text", "portable"},
        NUMPY | {"keras", "tensorflow", "sklearn", "tqdm"},
    ),
    "portable": ({"activations", "cells", "masks", "unroll", "text"}, NUMPY | {"h5py"}),
    "experiments": (
        {
            "activations",
            "cells",
            "masks",
            "unroll",
            "gradcheck",
            "layouts",
            "tasks",
            "text",
            "figures",
            "keras_models",
            "portable",
        },
        NUMPY | {"keras", "tensorflow", "torch", "jax", "optax", "sklearn"},
    ),
    "cli": ({"text", "portable", "figures", "keras_models"}, NUMPY | {"click", "tqdm"}),
}
STDLIB = sys.stdlib_module_names


def imports_of(path, package):
    """Return the modules of ``package`` that a file imports, named from the package's root.

    ``from package import a`` names ``a``; a name that is no module is left in, and is no room.
    """
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}.")]


def room_of(path):
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def libraries_of(path):
    """Return the top-level names outside the package that a file imports, lazily or not."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names.add((node.module or "").split(".")[0])
    return names - STDLIB - {"unrolled"}


FILES = sorted(p for p in SRC.rglob("*.py") if p != SRC / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down_the_table(path):
    """A module imports only what its room may: an arrow that points up fails here."""
    room = room_of(path)
    rooms, libraries = TABLE[room]
    used = {name.split(".")[0] for name in imports_of(path, "unrolled")} & set(TABLE)
    assert used <= rooms | {room}, f"{room} may not import {used - rooms - {room}}"
    assert libraries_of(path) <= libraries, f"{room} may not import {libraries_of(path)}"


def test_the_table_has_every_room():
    assert {room_of(p) for p in FILES} <= set(TABLE)


def test_src_never_imports_the_book_or_the_tests():
    for path in FILES:
        assert not libraries_of(path) & {"book", "tests", "conftest"}


HEAVY = (
    *("tensorflow", "keras", "torch", "jax", "matplotlib", "sklearn", "scipy", "pooch", "h5py"),
    *("pyarrow", "click", "tqdm", "vaderSentiment"),
)


@pytest.mark.parametrize(
    "statement",
    ["import unrolled", "import unrolled.unroll, unrolled.cells.lstm, unrolled.cells.gru"],
)
def test_the_core_loads_nothing_heavier_than_numpy(statement):
    """A fresh interpreter that imports the core has none of the big libraries."""
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
