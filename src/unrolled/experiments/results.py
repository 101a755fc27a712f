"""Results on file: what was run, on what, and what came of it; a page refuses one that is stale.

A result is a small JSON file. It is stale when today's code would give another one:
``read`` refuses another config than today's, and the tests run every experiment's quick form and
refuse a result whose quick outcome is no longer reached. Moving, renaming or reformatting code
spoils nothing.
"""

import dataclasses
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from unrolled import experiments, files
from unrolled.experiments.experiment import Experiment
from unrolled.text import ratings

LIBRARIES = (
    *("numpy", "scipy", "keras", "tensorflow", "jax", "optax", "scikit-learn", "torch"),
    "sktime",
    "statsmodels",
)


class StaleResultError(RuntimeError):
    """A result on file is not what today's code would give."""


def write(
    folder: Path,
    experiment: Experiment[Any, Any],
    values: Mapping[str, Any],
    quick: Mapping[str, Any],
    wall_seconds: float,
) -> Path:
    """Write a result to ``folder``, whole or not at all, and return its path.

    ``values`` and ``quick`` are what ``Experiment.run`` gave for the two configs; of the
    second the steady part is kept. Scripts of the first are files beside it, and their hashes in
    it.
    """
    domains = {*experiment.ratings(experiment.config), *experiment.ratings(experiment.quick)}
    scripts = experiment.scripts(dict(values))
    result = {
        "name": experiment.name,
        "config": plain(experiment.config),
        "values": experiment.steady(dict(values)) if scripts else values,
        "scripts": {name: _digest(script.encode()) for name, script in scripts.items()},
        "quick": experiment.steady(dict(quick)),
        "data": data(sorted(domains)),
        "wall_seconds": round(wall_seconds, 1),
        "versions": {"python": platform.python_version(), **_versions(LIBRARIES)},
        "machine": {
            "system": platform.system(),
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
        },
    }
    text = json.dumps(result, indent=1, sort_keys=True, allow_nan=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{experiment.name}.json"
    for name, content in [
        *((f"{name}.js", one) for name, one in scripts.items()),
        (path.name, text),
    ]:
        files.write(folder / name, partial(_fill, content))
    return path


def _fill(content: str, part: str) -> None:
    Path(part).write_text(content, encoding="utf-8")


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return the result ``folder/name.json``.

    Raises ``FileNotFoundError`` where there is none, and ``StaleResultError`` where its config is
    not today's or a script beside it is not the recorded one.
    """
    path = folder / f"{name}.json"
    again = f"run: nox -s experiments -- {name}"
    if not path.exists():
        raise FileNotFoundError(f"expected a result at {path}; {again}")
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    today, recorded = plain(experiments.named(name).config), result["config"]
    for field in sorted({*today, *recorded}):
        one, other = today.get(field), recorded.get(field)
        if one != other:
            raise StaleResultError(
                f"{path}: expected the config of today, with {field} = {one!r}, "
                f"got {other!r}; {again}"
            )
    for script, digest in result.get("scripts", {}).items():
        beside = folder / f"{script}.js"
        if not beside.exists() or _digest(beside.read_bytes()) != digest:
            raise StaleResultError(f"{beside}: expected the script that was recorded; {again}")
    return result


def plain(config: Any) -> dict[str, Any]:
    """Return a config as JSON gives it back."""
    fields: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return fields


def data(domains: Iterable[str]) -> dict[str, str]:
    """Return which ratings are at hand, by domain: how many, and the beginning of a hash.

    Not everyone has the whole archive. Raises ``DataUnavailable`` where there is none.
    """
    found = {}
    for domain in domains:
        rows = ratings.rows(domain)
        digest = _digest(repr([tuple(row) for row in rows]).encode())
        found[domain] = f"{len(rows)} texts, sha256 {digest[:16]}"
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _versions(names: Iterable[str]) -> dict[str, str]:
    installed = {}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed
