"""What a newcomer sees, and what is said of a command that cannot be understood."""

import re

import pytest
from cli_cases import told

COMMANDS = ["fit", "predict", "evaluate", "gates", "demo"]


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
    options = done.out.partition("Options:\n")[2]
    for option in re.split(r"\n  (?=-)", "\n" + options)[1:]:
        assert len(option.split("  ", 1)[1].strip()) > 5, option
    assert "RANGE" not in options


def test_the_version_is_told(run):
    assert re.fullmatch(r"unrolled, version \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--verbos"], "No such option '--verbos'"),
        (["predikt"], "No such command 'predikt'"),
        (["fit"], "Missing argument 'DATA'"),
        (["fit", "a.csv", "--target", "y"], "Missing option '--text'"),
        (
            ["fit", "a.csv", "--text", "x", "--target", "y", "--epochs", "0"],
            "0 is not in the range",
        ),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--minutes", "0"], "0.0 is not in"),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--seed", "x"], "'x' is not a valid"),
        (["fit", "a.csv", "--text", "x", "--target", "y", "--kind", "xls"], "'xls' is not one of"),
        (["predict", "a.keras", "a.csv", "more"], "unexpected extra argument"),
        (["predict", "a.keras", "--empty", "zero"], "'zero' is not one of"),
    ],
)
def test_a_command_that_cannot_be_understood_is_told_of_in_one_line(run, words, part):
    assert part in told(run(*words))
