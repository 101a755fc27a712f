"""What a newcomer sees, and what is said of a command that cannot be understood."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cli_cases import Done, told

from unrolled.extras import EXTRAS, cause_of
from unrolled.regressor.cli.commands import unrolled as commands

COMMANDS = [
    "fit", "predict", "evaluate", "gates", "export", "serve", "inspect", "demo", "completion",
]  # fmt: skip


def test_without_a_command_the_commands_are_listed_in_the_order_of_use(run):
    done = run()
    assert done.code == 0
    assert done == run("--help")
    listed = done.out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert not any(line.endswith("...") for line in listed), "a summary was cut short"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_in_lines_of_a_terminals_width(run, command):
    done = run(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    # Headings stand at the margin, and with the first one the options begin.
    options = re.split(r"\n\n(?=[A-Z][a-z ]+:\n)", done.out, maxsplit=1)[1]
    options = re.sub(r"^\w[^\n]*:$|\n\n", "", options, flags=re.MULTILINE)
    for option in re.split(r"\n  (?=-)", "\n" + options)[1:]:
        assert len(option.split("  ", 1)[1].strip()) > 5, option
    assert "RANGE" not in options


def test_the_first_page_fits_a_screen_and_shows_what_to_type_first(run):
    lines = run().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    first = next(line.split() for line in lines if line.startswith("      unrolled "))
    assert first == ["unrolled", "fit", "reviews.csv"]


def test_the_options_of_fit_stand_under_headings_each_once(run):
    said = run("fit", "--help").out
    headings = re.findall(r"^(\w[\w ]*):$", said, re.MULTILINE)
    assert headings == ["What to learn from", "What to write", "How long to learn", "Options"]
    named = [name for option in commands.commands["fit"].params for name in option.opts]
    for name in named:
        assert len(re.findall(rf"^  {name} ", said, re.MULTILINE)) == (name != "data"), name


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_ask(run, shell):
    done = run("completion", shell)
    assert done.code == 0
    assert f"_UNROLLED_COMPLETE={shell}_complete" in done.out


def test_completing_loads_click_and_nothing_that_takes_long():
    code = (
        "import sys; from unrolled.regressor.cli import main; ended = main(); "
        "print(ended, {'numpy', 'keras', 'tensorflow', 'matplotlib', 'h5py'} & {*sys.modules})"
    )
    asked = {"_UNROLLED_COMPLETE": "bash_complete", "COMP_WORDS": "unrolled e", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["plain,evaluate", "plain,export", "0 set()"]


@pytest.mark.slow
def test_a_command_trains_whatever_backend_the_users_own_keras_has():
    done = subprocess.run(
        [sys.executable, "-c", "from unrolled.regressor.cli import fitting; fitting._regressor()"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_told(run):
    assert re.fullmatch(r"unrolled, version \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--verbos"], "No such option '--verbos'"),
        (["predikt"], "No such command 'predikt'"),
        (["fit"], "Missing argument 'DATA'"),
        (
            ["fit", "a.csv", "--text", "x", "--target", "y", "--epochs", "0"],
            "0 is not in the range",
        ),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--readers", "-1"], "-1 is not in"),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--minutes", "0"], "0.0 is not in"),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--seed", "x"], "'x' is not a valid"),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--kind", "xls"], "'xls' is not one of"),
        (["gates", "a.keras", "six", "more"], "unexpected extra argument"),
        (["predict", "a.keras", "--empty", "zero"], "'zero' is not one of"),
        (["predict", "a.keras", "--interval", "0"], "0.0 is not in the range"),
        (["predict", "a.keras", "--interval", "100"], "100.0 is not in the range"),
        (["export", "a.keras"], "Missing option '--to'"),
        (["export", "a.keras", "--to", "phone"], "'phone' is not"),
        (["export", "a.keras", "--to", "web", "--bits", "4"], "'4' is not one of"),
    ],
)
def test_a_command_that_cannot_be_understood_is_told_of_in_one_line(run, words, part):
    assert part in told(run(*words))


def test_the_libraries_of_the_extras_are_those_of_the_project():
    project = Path(__file__).parents[3] / "pyproject.toml"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    for library, extra in EXTRAS.items():
        names = {"sklearn": "scikit-learn"}
        assert any(need.startswith(names.get(library, library)) for need in extras[extra])


WITHOUT = """
import importlib.machinery, sys

class Broken:
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == {library!r} else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        raise {error}

sys.meta_path.insert(0, Broken())
if {error!r} == "None":
    sys.modules[{library!r}] = None
from unrolled.regressor.cli import main
sys.exit(main({words!r}))
"""
LACKS = {
    "the command line": ("click", ["--help"], "portable"),
    "a training": ("keras", ["demo"], "keras"),
}
CAUSES = {
    "ImportError('libcudart.so.12: cannot open shared object file')": (
        "ImportError: libcudart.so.12: cannot open shared object file"
    ),
    "ModuleNotFoundError('No module named \\'rich\\'', name='rich')": (
        "ModuleNotFoundError: No module named 'rich'"
    ),
    "ModuleNotFoundError('No module named \\'numpy._errors\\'', name='numpy._errors')": (
        "ModuleNotFoundError: No module named 'numpy._errors'"
    ),
}


@pytest.fixture
def without(tmp_path):
    """Return a function that runs a command where a library is missing, or raises an error."""

    def without(library, words, error="None"):
        code = WITHOUT.format(library=library, words=words, error=error)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
        )
        return told(Done(done.returncode, done.stdout, done.stderr))

    return without


@pytest.mark.parametrize(("library", "words", "extra"), LACKS.values(), ids=LACKS)
def test_a_library_that_is_missing_is_told_with_what_to_install(without, library, words, extra):
    line = without(library, words)
    assert line.endswith(f" needs {library}: pip install 'unrolled[{extra}]'\n")


@pytest.mark.parametrize(("error", "cause"), CAUSES.items())
def test_a_library_that_does_not_load_is_told_with_its_cause(without, error, cause):
    line = without("numpy", ["predict", "model.keras"], error)
    assert line.endswith(f"needs a library that does not load, {cause}\n")
    assert "pip" not in line


def test_of_errors_that_led_to_each_other_the_first_is_told_too():
    try:
        try:
            raise OSError("a disk is gone")
        except OSError as first:
            raise ImportError("cannot\nimport") from first
    except ImportError as error:
        said = cause_of(error)
    assert said == "ImportError: cannot import from OSError: a disk is gone"
