"""Where the built book is, and what the checks of it do when it is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The rules stand beside the tests, and the extensions of the book are no package.
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "book" / "_ext")]

from site_rules import Site  # noqa: E402 - found by the path above.

BUILT = ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def built() -> Site:
    """Read the book that `nox -s docs` built."""
    if not (BUILT / "index.html").exists():
        pytest.skip("no book in _build/html: `nox -s docs` builds it")
    return Site.read(BUILT)
