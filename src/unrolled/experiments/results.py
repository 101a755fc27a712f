"""Results on file: what was run, on what, by which code; a page refuses one that is stale.

A result is a small JSON file.
Its fingerprint covers the experiment's module and every module of the package that it imports,
directly or not, with comments, blank lines and docstrings left out: editing prose spoils no result.
"""

import ast
import hashlib
import io
import json
import os
import platform
import tempfile
import tokenize
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
LIBRARIES = ("numpy", "keras", "tensorflow", "scikit-learn", "torch")


class StaleResultError(RuntimeError):
    """A result on file was made by other code than today's."""


def fingerprint(module: str, package: Path = PACKAGE) -> str:
    """Return the hash of ``module`` (``"experiments.human_ratings.study"``) and of all it imports.

    Raises ``ValueError`` where the package has no such module.

    >>> fingerprint("activations") == fingerprint("activations")
    True
    >>> fingerprint("activations") == fingerprint("cells.lstm")
    False
    """
    if _file(package, module) is None:
        raise ValueError(f"expected a module of {package.name}, got {module!r}")
    digest = hashlib.sha256()
    for name in sorted(_closure(package, module)):
        path = _file(package, name)
        assert path is not None
        digest.update(f"{name}\n{_code_of(path)}\n".encode())
    return digest.hexdigest()


def write(
    folder: Path,
    name: str,
    module: str,
    config: Mapping[str, Any],
    values: Mapping[str, Any],
    wall_seconds: float,
) -> Path:
    """Write a result to ``folder/name.json``, whole or not at all, and return its path."""
    result = {
        "name": name,
        "config": dict(config),
        "values": dict(values),
        "wall_seconds": round(wall_seconds, 1),
        "versions": {"python": platform.python_version(), **_versions(LIBRARIES)},
        "machine": {
            "system": platform.system(),
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
        },
        "module": module,
        "fingerprint": fingerprint(module),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, suffix=".part", delete=False, encoding="utf-8"
    ) as part:
        json.dump(result, part, indent=1, sort_keys=True, allow_nan=False)
        part.write("\n")
    Path(part.name).chmod(0o644)
    Path(part.name).replace(path)
    return path


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return the result ``folder/name.json``.

    Raises ``FileNotFoundError`` where there is none, and ``StaleResultError`` where the code that
    made it has changed since.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"expected a result at {path}; run: nox -s experiments -- {name}")
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if result["fingerprint"] != fingerprint(result["module"]):
        raise StaleResultError(
            f"expected {path} to be made by today's code, but {result['module']} or what it "
            f"imports has changed since; run: nox -s experiments -- {name}"
        )
    return result


def _versions(names: Iterable[str]) -> dict[str, str]:
    installed = {}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _file(package: Path, module: str) -> Path | None:
    """Return the file of a module named from the package's root, or None."""
    parts = module.split(".") if module else []
    for path in (
        package.joinpath(*parts).with_suffix(".py"),
        package.joinpath(*parts, "__init__.py"),
    ):
        if path.is_file():
            return path
    return None


def _closure(package: Path, module: str) -> set[str]:
    """Return the names of a module and of all modules of the package that it leads to."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(package, name)
        if name in found or path is None:
            continue
        found.add(name)
        waiting += imports_of(path, package.name)
        # Importing a.b runs a/__init__.py too.
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return found


def imports_of(path: Path, package: str) -> list[str]:
    """Return the modules of ``package`` that a file imports, named from the package's root.

    ``from package import a`` names ``a``; a name that is no module is left in, and finds no file.
    """
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}.")]


def _code_of(path: Path) -> str:
    """Return a file's text without docstrings, comments and blank lines.

    Cut from the text itself, because every Python version prints a syntax tree in its own way.
    """
    source = path.read_text(encoding="utf-8")
    lines: list[str] = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            assert first.end_lineno is not None
            lines[first.lineno - 1 : first.end_lineno] = [""] * (
                first.end_lineno - first.lineno + 1
            )
    return "\n".join(line.rstrip() for line in lines if line.strip())
