"""Run the pages that need it side by side, before Sphinx reads them one after another.

Most of a page's time goes to starting its libraries, on one core.
What is run here lands in the cache that MyST-NB then finds; a page that fails is left to
MyST-NB, which runs it again and reports the error in its own way.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors import utils
from myst_nb.core.read import myst_nb_reader_plugin
from sphinx.util import logging
from warm_kernels import Manager, Server

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)
#: Pages that train for half a minute or more.
LONG = ("your-own-text.md", "bilstm-regression.md")
#: Seconds for a kernel to start and for its last output to arrive: as good as no bound at all.
PATIENCE = {"startup_timeout": 10**6, "iopub_timeout": 10**6}


def waiting(app: Sphinx, docnames: list[str]) -> dict[Path, NotebookNode]:
    """Return the notebooks among the pages to be read that the cache does not know.

    The long ones come first, then those with the most code, which tend to take longest: what
    starts last runs alone.
    """
    cache = get_cache(app.config.nb_execution_cache_path)
    found = {}
    for name in docnames:
        path = Path(app.env.doc2path(name))
        if path.suffix != ".md" or "file_format: mystnb" not in path.read_text(encoding="utf-8"):
            continue
        if any(path.match(pattern) for pattern in app.config.nb_execution_excludepatterns):
            continue
        notebook = myst_nb_reader_plugin(str(path))
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            found[path] = notebook
    return dict(sorted(found.items(), key=lambda each: (each[0].name not in LONG, -_code(each[1]))))


def _code(notebook: NotebookNode) -> int:
    return sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute the waiting notebooks, as many at a time as there are cores."""
    todo = waiting(app, docnames)
    if len(todo) < 2:  # One page alone is MyST-NB's own business.
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    with Server() as Manager.server, ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            pool.submit(
                utils.single_nb_execution,
                notebook,
                cwd=str(path.parent),
                timeout=app.config.nb_execution_timeout,
                allow_errors=False,
                kernel_manager_class=Manager,
            ): path
            for path, notebook in todo.items()
        }
        for number, job in enumerate(as_completed(jobs), 1):
            path = jobs[job]
            if job.exception() or job.result().err:  # A kernel that died, or a cell that raised.
                logger.info(f"[{number}/{len(jobs)}] {path.name} failed")
                continue
            seconds = job.result().time
            data = {"execution_seconds": seconds}
            bundle = CacheBundleIn(todo[path], str(path), data=data)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            logger.info(f"[{number}/{len(jobs)}] {path.name} ran in {seconds:.0f} s")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; MyST-NB, too, runs its pages in the way that is made patient here."""
    utils.executenb = partial(utils.executenb, **PATIENCE)
    app.connect("env-before-read-docs", run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
