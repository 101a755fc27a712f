"""The commands and their options; each calls one function, and loads only what that needs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_SOURCE = "CSV, TSV, JSON lines, Parquet or plain text; - for standard input"
_OUT = click.Path(dir_okay=False, path_type=Path)


def _columns(target: bool, required: bool = True) -> Decorator:
    """Return the options that name columns."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        kinds = click.Choice(["csv", "tsv", "jsonl", "parquet", "txt"])
        options = [
            click.option(
                "--kind", type=kinds, help="Format of the data, if its name does not say."
            ),
            click.option("--text", required=required, help="The column of texts."),
        ]
        if target:
            options.append(click.option("--target", required=True, help="The column of numbers."))
        for option in options:
            command = option(command)
        return command

    return add


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="unrolled")
def unrolled() -> None:
    """Turn texts into numbers with a bidirectional LSTM."""


@unrolled.command()
@click.argument("data")
@_columns(target=True)
@click.option("--group", help="A column; texts that share its value are never split.")
@click.option("--weight", help="A column that says how much each text counts.")
@click.option("--out", type=_OUT, help="The model's file.  [default: DATA's name with .keras]")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=8, show_default=True)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop training then.")
@click.option(
    "--readers", type=click.IntRange(1), default=1, show_default=True,
    help="Networks to train and average: slower and better.",
)  # fmt: skip
@click.option(
    "--checkpoint", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Keep the state here after every epoch, and go on from it.",
)  # fmt: skip
@click.option(
    "--memory", type=click.IntRange(0), default=1024, show_default=True, metavar="MIB",
    help="Data larger than this is kept on disk while training.",
)  # fmt: skip
def fit(**options: Any) -> None:
    """Learn from DATA, and say what the model is worth beside simpler ones.

    DATA is CSV, TSV, JSON lines or Parquet; - for standard input.
    A tenth of the texts decides when to stop, a fifth is kept apart to measure with.
    """
    from unrolled.cli.fitting import fit

    if fit(**options):
        raise click.exceptions.Exit(130)


@unrolled.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", default="-")
@_columns(target=False, required=False)
@click.option("--out", type=_OUT, help="Write here instead of to standard output.")
@click.option(
    "--empty", type=click.Choice(["error", "nan"]), default="error", show_default=True,
    help="What to do with an empty text.",
)  # fmt: skip
def predict(**options: Any) -> None:
    """Print one number for each text of DATA, in order; by default one text a line from stdin.

    Needs neither TensorFlow nor Keras.
    """
    from unrolled.cli.reading import predict

    predict(**options)


@unrolled.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@_columns(target=True)
@click.option("--group", help="A column; intervals then resample whole groups.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(as_json: bool, **options: Any) -> None:
    """Measure MODEL on DATA: MAE, RMSE, R² and Pearson's r, each with a 95 % interval."""
    from unrolled.cli.reading import evaluate

    found = evaluate(**options)
    if as_json:
        click.echo(json.dumps(found, allow_nan=False))
        return
    click.echo(f"{found['texts']} texts")
    for name, value in found["metrics"].items():
        between = found["intervals"][name]
        shown = "has no meaning here" if value is None else f"{value:.4g}"
        if between is not None:
            shown += f"  [{between[0]:.4g}, {between[1]:.4g}]"
        click.echo(f"{name:8} {shown}")


@unrolled.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("text")
@click.option("--out", type=_OUT, help="Draw the gates of every unit into this SVG file.")
def gates(**options: Any) -> None:
    """Show what the gates of MODEL do at every token of TEXT."""
    from unrolled.cli.reading import gates

    gates(**options)


@unrolled.command()
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=8, show_default=True)
def demo(**options: Any) -> None:
    """Train on sentences that tell the time, then answer yours."""
    from unrolled.cli.fitting import demo

    demo(**options)
