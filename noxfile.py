"""The project's chores: `nox -s docs` builds the book, `nox -s tests` passes the tests."""

from __future__ import annotations

import atexit
import functools
import os
import platform
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"  # A second build starts at once.
os.environ["NOX_ENABLE_STALENESS_CHECK"] = "1"  # Another python3 gets another environment.
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "tests", "docs"]

ROOT = Path(__file__).parent.resolve()
BOOK = ROOT / "_build" / "html" / "index.html"
NOTEBOOKS = ROOT / "_build" / "html" / "_sources" / "book"
LAB = ROOT / "book" / "_lab"
DOCTREES = ROOT / "_build" / ".doctrees"
CAUSE = ROOT / "_build" / "cause.txt"
NOT_PROSE = "_build,.nox,.venv,constraints.txt,references.bib,*.svg,*-model.js"
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")
PYTHONS = ("3.13", "3.12", "3.11")
TORCH = "torch==2.13.0"
TORCH_PYTHON = "3.11"
QUIET = {
    "KERAS_BACKEND": "tensorflow",  # Whatever the reader's own Keras is set to.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN reorders sums, and says so on every import.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",  # The kernel of this environment, not one in the home folder.
    "PYTHONDONTWRITEBYTECODE": "",  # Else every page and process compiles TensorFlow: 7 s.
}
# Pages and tests run side by side, each on a core of its own.
ONE_CORE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")


def supported_python() -> str | None:
    """Choose the sessions' Python: None, the one that runs nox, or one that uv finds or fetches."""
    here = platform.python_version()
    if here.rpartition(".")[0] in PYTHONS:
        return None
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin")
    paths = [Path(sys.executable).parent, os.environ["PATH"], *pyenv]  # pyenv's idle ones too.
    env = {**os.environ, "PATH": os.pathsep.join(map(str, paths)), "UV_PYTHON_INSTALL_BIN": "0"}
    uv = shutil.which("uv", path=env["PATH"])
    newest = PYTHONS[0]
    tries = [*(("find", version) for version in PYTHONS), ("install", newest), ("find", newest)]
    for action, version in tries if uv else ():
        asked = subprocess.run([uv, "python", action, version], env=env, capture_output=True)
        if action == "find" and asked.returncode == 0:
            found = os.fsdecode(asked.stdout.strip())
            print(f"nox runs on Python {here}, its sessions on {version}: {found}", file=sys.stderr)
            return found
    sys.exit(f"Install Python 3.11, 3.12 or 3.13: nox runs on {here}, and none of them was found.")


session = functools.partial(nox.session, python=supported_python())


def install(session: nox.Session, extra: str, *more: str) -> None:
    """Install the package in place, with one extra, at the versions that CI built with."""
    session.install("--constraint", "constraints.txt", "--editable", f".[{extra}]", *more)
    session.env.update(QUIET)
    if data := os.environ.get("UNROLLED_DATA"):
        session.env["UNROLLED_DATA"] = str(Path(data).resolve())  # Pages run in their own folder.


@session
def docs(session: nox.Session) -> None:
    """Build the book, executing what changed; any warning is an error."""
    install(session, "book")
    build_book(session, *session.posargs)


def build_book(session: nox.Session, *options: str) -> None:
    """Build the book in a session that has what it needs, and say last what went wrong."""
    start = time.perf_counter()
    session.env.update(ONE_CORE)
    build = ("jupyter-book", "build", ".", "-W", "--keep-going", "-n", *options)
    try:
        session.run("python", "book/_ext/first_cause.py", str(CAUSE), *build)
    except CommandFailed:
        cause = CAUSE.read_text(encoding="utf-8")
        atexit.register(print, f"docs: {cause}", file=sys.stderr)  # After nox's own last words.
        shutil.rmtree(DOCTREES, ignore_errors=True)  # Sphinx warns of a page once.
        raise
    session.log(f"The book took {time.perf_counter() - start:.0f} s to build.")
    session.log(f"Open {BOOK.as_uri()}")


@session
def tests(session: nox.Session) -> None:
    """Run the tests that are quick, and the quick checks of the built book where there is one.

    ``-- -m slow`` runs all others.
    """
    install(session, "dev")
    session.env.update(ONE_CORE)
    if os.environ.get("UNROLLED_TORCH") == "1":
        install_torch(session)
    # On all cores; -n0 runs them in one process, as a debugger wants it.
    session.run("python", "-m", "pytest", *SIDE_BY_SIDE, "-m", "not slow", *session.posargs)


def install_torch(session: nox.Session) -> None:
    """Install PyTorch for the parity tests, with pip, which finds the build for this machine."""
    version = session.run(
        "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])", silent=True
    )
    if str(version).strip() != TORCH_PYTHON:
        session.log(f"PyTorch parity is tested on Python {TORCH_PYTHON} only.")
        return
    session.install("pip")
    session.run("python", "-m", "pip", "install", "--quiet", TORCH)


@session
def lint(session: nox.Session) -> None:
    """Check style, types and spelling without changing a file."""
    install(session, "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "--strict", "src")
    session.run("codespell", "--skip", NOT_PROSE, *session.posargs)


@session(default=False)
def notebooks(session: nox.Session) -> None:
    """Run every page's notebook, or those named, where only the package and Jupyter are."""
    session.install("--constraint", "constraints.txt", ".[notebook]", "ipykernel", "nbclient")
    session.env.update(QUIET | ONE_CORE)
    folder = Path(session.create_tmp()) / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    made = {page.stem: page for page in made_notebooks(session)}
    if unknown := {*session.posargs} - {*made}:
        session.error(f"Expected names among {', '.join(made)}, got {', '.join(unknown)}.")
    pages = [Path(shutil.copy(made[name], folder)) for name in session.posargs or made]

    def run(page: Path) -> None:
        session.run("jupyter", "execute", "--startup_timeout=1000000", page.name, silent=True)
        session.log(f"{page.name} ran")

    with session.chdir(folder), ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, pages))


def made_notebooks(session: nox.Session) -> list[Path]:
    """Return the notebooks that the built book offers."""
    found = sorted(NOTEBOOKS.glob("*.ipynb"), reverse=True)  # The longest has the last name.
    return found or session.error("First build the book: nox -s docs")


@session(default=False)
def lab(session: nox.Session) -> None:
    """Open the chapters as notebooks in JupyterLab, as the built book offers them."""
    install(session, "book", "jupyterlab")
    if not NOTEBOOKS.exists():
        build_book(session)
    LAB.mkdir(exist_ok=True)
    for page in made_notebooks(session):
        if not (LAB / page.name).exists():  # A reader's own edits stay.
            shutil.copy(page, LAB)
    session.run("jupyter", "lab", *(session.posargs or [str(LAB)]))


@session(default=False)
def pdf(session: nox.Session) -> None:
    """Print the book that `nox -s docs` built, with the system's Chromium, and link it there."""
    if not BOOK.exists():
        session.error("There is no book to print: run `nox -s docs` first.")
    install(session, "dev")
    session.run("python", "book/_ext/paper.py")
    session.log(f"Open {BOOK.with_name('unrolled.pdf').as_uri()}")


@session(default=False)
def bench(session: nox.Session) -> None:
    """Time the cells, then the text regressor, against their peers; print tables.

    PyTorch takes part with UNROLLED_TORCH=1.
    """
    install(session, "notebook")
    for_speed(session)
    session.run("python", "-m", "unrolled.experiments.speed.cells", *session.posargs)
    quick = ["--quick"] if "--quick" in session.posargs else []  # All else is about cells.
    session.run("python", "-m", "unrolled.experiments.speed.tables", *quick)


def for_speed(session: nox.Session) -> None:
    """Let the peers run as fast as they can, PyTorch among them where it is asked for."""
    session.env.pop("TF_ENABLE_ONEDNN_OPTS")
    if os.environ.get("UNROLLED_TORCH") == "1":
        install_torch(session)


@session(default=False)
def experiments(session: nox.Session) -> None:
    """Run the long experiments again and write their results under book/results."""
    install(session, "book,ray")
    for_speed(session)
    session.run("python", "-m", "unrolled.experiments", *session.posargs)


@session(default=False)
def mutants(session: nox.Session) -> None:
    """Change the cells' code one place at a time and report the share that fast tests catch."""
    session.install("--constraint", "constraints.txt", ".", "pytest", "hypothesis")
    session.install("cosmic-ray", "./tests/mutation")
    session.run("python", "tests/mutation/run.py", session.create_tmp(), *session.posargs)
