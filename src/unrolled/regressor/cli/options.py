"""What several commands take, each said once."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

OUT = click.Path(dir_okay=False, path_type=Path)
DATA = click.Path(allow_dash=True)  # So a shell completes names of files.
MODEL = click.argument("model", type=click.Path(path_type=Path))
REPORT = click.option(
    "--report", type=OUT, metavar="FILE.html",
    help="Draw what was measured into this page, which needs nothing else; it quotes some texts.",
)  # fmt: skip
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N",
    help="The seed of all that is random; the same one gives the same model.",
)  # fmt: skip
EPOCHS = partial(
    click.option, "--epochs", type=click.IntRange(1), show_default=True, metavar="N",
    help="The most epochs, which are passes over all texts.",
)  # fmt: skip


def one_thread() -> None:
    """Keep NumPy, which is not loaded yet, from sharing out products of small matrices.

    Threads that wait for each other cost more than they bring, and on a busy machine ten times so.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def columns(target: bool = True) -> Decorator:
    """Return the options that say where the texts are in DATA, and where the numbers."""
    # A file of one text a line has no numbers beside its texts.
    kinds = ["csv", "tsv", "jsonl", "parquet"] + ["txt"] * (not target)
    options = [
        click.option(
            "--text", metavar="COLUMN", help="The column of texts; found where one choice is clear."
        ),
        click.option(
            "--target", metavar="COLUMN", help="The column of numbers; found as the texts are."
        ),
        click.option(
            "--kind", type=click.Choice(kinds), metavar="KIND",
            help=f"What DATA is, if its name does not say: {', '.join(kinds)}.",
        ),
        click.option(
            "--no-quotes", is_flag=True, help="Quotes in CSV and TSV are signs like others.",
        ),
    ]  # fmt: skip
    if not target:
        del options[1]

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add
