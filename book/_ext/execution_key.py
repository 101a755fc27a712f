"""File executed pages under a key made of everything that their output depends on.

Jupyter's cache knows a page by its cells alone, so it would show old numbers beside new code.
Here its folder is named after a hash of the package, its configuration and its surroundings.
The folder is a setting that Sphinx watches: when the key changes, every page is read again.
"""

from __future__ import annotations

import hashlib
import importlib
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

KEPT = 2  # The current cache and the one before it, for whoever switches between two branches.
INPUTS = (
    *("src/**/*.py", "src/**/*.js", "src/**/*.css"),
    *("book/results/**/*.json", "pyproject.toml", "constraints.txt"),
)


def ratings_present() -> bool:
    """Say whether a page will find the human ratings, since it shows other numbers if not.

    They are fetched now, as a page would fetch them, so that the answer is the same next time.
    """
    try:
        ratings = importlib.import_module("unrolled.text.ratings")
    except ImportError:
        return False
    try:
        return bool(ratings.available() or ratings.rows())
    except ratings.DataUnavailable:
        return False


def execution_key(root: Path, *surroundings: str) -> str:
    """Hash the files under `root` that can change an output, with their names."""
    digest = hashlib.sha256("\0".join(surroundings).encode())
    for pattern in INPUTS:
        for path in sorted(root.glob(pattern)):
            digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def choose_cache(app: Sphinx, config: Config) -> None:
    """Point MyST-NB to the cache of the present key."""
    key = execution_key(Path(app.srcdir), platform.python_version(), f"ratings={ratings_present()}")
    folder = Path(app.outdir).parent / ".jupyter_cache" / key
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()  # The order of last use decides what is pruned.
    config.nb_execution_cache_path = str(folder)


def prune(app: Sphinx, exception: Exception | None) -> None:
    """Remove the caches of keys long gone."""
    parent = Path(app.config.nb_execution_cache_path).parent
    newest_first = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", choose_cache)
    app.connect("build-finished", prune)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
