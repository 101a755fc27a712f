"""Where the built book is, and what the checks of it do when it is not there."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The rules stand beside the tests, and the extensions of the book are no package.
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "book" / "_ext")]

from paper import NAMES, QUIET  # noqa: E402 - found by the path above.
from site_rules import Site  # noqa: E402
from visits import BUILT  # noqa: E402

REQUIRED = bool(os.environ.get("CI")) or os.environ.get("UNROLLED_BROWSER") == "required"


@pytest.fixture(scope="session")
def book() -> Path:
    """Return where the book is that `nox -s docs` built."""
    if not (BUILT / "index.html").exists():
        pytest.skip("no book in _build/html: `nox -s docs` builds it")
    return BUILT


@pytest.fixture(scope="session")
def built(book: Path) -> Site:
    """Read its pages."""
    return Site.read(book)


@pytest.fixture(scope="module")
def browser():
    """Start the system's Chromium, or skip with the reason."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"no browser among {', '.join(NAMES)}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=[*QUIET], timeout=0)
        yield chromium
        chromium.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def server(book: Path):
    """Serve the book on this machine, and return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=book)) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()
        thread.join()
