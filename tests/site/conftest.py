"""Where the built book is, and what the checks of it do when it is not there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The rules stand beside the tests, and the extensions of the book are no package.
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "book" / "_ext")]

from site_rules import Site  # noqa: E402 - found by the path above.

BUILT = ROOT / "_build" / "html"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("UNROLLED_BROWSER") == "required"
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
ALONE = ["--disable-sync", "--disable-gpu", "--no-sandbox"]


@pytest.fixture(scope="session")
def built() -> Site:
    """Read the book that `nox -s docs` built."""
    if not (BUILT / "index.html").exists():
        pytest.skip("no book in _build/html: `nox -s docs` builds it")
    return Site.read(BUILT)


@pytest.fixture(scope="module")
def browser():
    """Start the system's Chromium, or skip with the reason."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"no browser among {', '.join(NAMES)}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=[*QUIET, *ALONE], timeout=0)
        yield chromium
        chromium.close()
