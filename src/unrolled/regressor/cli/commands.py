"""The commands and their options; each calls one function, and loads only what that needs."""

import json
from pathlib import Path
from typing import Any

import click

from unrolled.regressor.cli.helping import COMPLETE, InGroups, InOrder
from unrolled.regressor.cli.options import (
    DATA,
    EPOCHS,
    MODEL,
    OUT,
    REPORT,
    SEED,
    columns,
    one_thread,
)
from unrolled.regressor.cli.output import say


@click.group(
    cls=InOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="unrolled")
@click.pass_context
def unrolled(context: click.Context) -> None:
    """Turn texts into numbers with a bidirectional LSTM.

    To begin, take a file with a column of texts and one of numbers:

        unrolled fit reviews.csv
    """
    if context.invoked_subcommand is None:
        say(context.get_help())


@unrolled.command(
    cls=InGroups,
    short_help="Learn from a file of texts and numbers.",
    groups={
        "What to learn from": (
            "text", "target", "group", "weight", "beside", "also", "kind", "no_quotes",
        ),
        "What to write": ("out", "report", "apart_only"),
        "How long to learn": ("minutes", "epochs", "readers", "checkpoint", "memory", "seed"),
    },
)  # fmt: skip
@click.argument("data", type=DATA)
@columns()
@click.option(
    "--group", metavar="COLUMN", help="Texts that share its value are never parted by the split."
)
@click.option("--weight", metavar="COLUMN", help="How much each text counts, 0 or more.")
@click.option(
    "--column", "beside", metavar="COLUMN", multiple=True,
    help="A column of numbers or categories to learn from besides; may be given more than once.",
)  # fmt: skip
@click.option(
    "--also", metavar="FILE",
    help="Texts and numbers in the same columns that only teach, such as a list of words.",
)  # fmt: skip
@click.option(
    "--out", type=OUT, metavar="MODEL.keras",
    help="The model's file.  [default: DATA's name with .keras, in this folder]",
)  # fmt: skip
@REPORT
@SEED
@EPOCHS(
    default=8,
    help="The most epochs, which are passes over all texts; up to four times as many where little "
    "is left to explain.",
)
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), metavar="M",
    help="Stop training after so long; the best model by then is kept.",
)  # fmt: skip
@click.option(
    "--readers", type=click.IntRange(0), default=1, show_default=True, metavar="N",
    help="Networks to train and average: slower and better. With 0 it only counts.",
)  # fmt: skip
@click.option(
    "--checkpoint", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Keep the state here after every epoch, and go on from it.",
)  # fmt: skip
@click.option(
    "--memory", type=click.IntRange(0), default=1024, show_default=True, metavar="MIB",
    help="Data larger than this is kept on disk while training.",
)  # fmt: skip
@click.option(
    "--apart-only", is_flag=True, help="Save the model that was measured, which is quicker.",
)  # fmt: skip
def fit(**options: Any) -> None:
    """Learn from DATA, and say what the model is worth beside simpler ones.

    DATA is CSV, TSV, JSON lines or Parquet; - is standard input. Its column of texts and its
    column of numbers are found where one choice is clear; what was taken is told.

    A fifth of the texts is kept apart to measure with; then the model that is saved learns from
    all. Ctrl-C stops the training and keeps the best model so far.
    """
    from unrolled.regressor.cli.fitting import fit

    fit(**options)


@unrolled.command(short_help="Print one number for each text.")
@MODEL
@click.argument("data", type=DATA, nargs=-1)
@columns(target=False)
@click.option(
    "--out", metavar="PATH", help="Write here, not to standard output; a folder for several DATA.",
)  # fmt: skip
@click.option(
    "--empty", type=click.Choice(["error", "nan"]), default="error", show_default=True,
    help="What to do at an empty text: stop, or answer nan.",
)  # fmt: skip
@click.option(
    "--interval", type=click.FloatRange(0, 100, min_open=True, max_open=True), metavar="PERCENT",
    help="Print an interval, too, that holds so many of a hundred such texts.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N",
    help="Answer with N processes.  [default: 1, and all cores from 4 MiB on]",
)  # fmt: skip
@click.option(
    "--ray", metavar="ADDRESS", help="Answer several DATA on a Ray cluster, or on a 'local' one.",
)  # fmt: skip
def predict(**options: Any) -> None:
    """Print one number for each text of DATA, in order.

    DATA is CSV, TSV, JSON lines, Parquet, or text with one text a line.
    Without it, the lines of standard input are answered as they arrive. MODEL may be ONNX.
    With --interval a line has the number, the low end and the high end, parted by tabs.

    Several DATA, or a pattern in quotes such as 'data/*.parquet', are answered file by file into
    the folder --out, Parquet in Parquet. What is finished there is not done again.
    """
    one_thread()
    from unrolled.regressor.cli.reading import predict

    predict(**options)


@unrolled.command(short_help="Measure a model on a file of texts and numbers.")
@MODEL
@click.argument("data", type=DATA)
@columns()
@click.option("--group", metavar="COLUMN", help="Intervals then resample whole groups.")
@REPORT
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(as_json: bool, **options: Any) -> None:
    """Measure MODEL on DATA: MAE, RMSE, R² and Pearson's r, each with a 95 % interval.

    DATA is CSV, TSV, JSON lines or Parquet; - is standard input.
    """
    one_thread()
    from unrolled.regressor.cli.reading import evaluate

    found = evaluate(**options)
    if as_json:
        say(json.dumps(found, allow_nan=False))
        return
    say(f"{found['texts']} texts")
    for name, value in found["metrics"].items():
        between = found["intervals"][name]
        shown = "has no meaning here" if value is None else f"{value:.4g}"
        if between is not None:
            shown += f"  [{between[0]:.4g}, {between[1]:.4g}]"
        say(f"{name:8} {shown}")
    if found["interval"]:
        level, coverage, width = (found["interval"][k] for k in ("level", "coverage", "width"))
        say(f"{coverage:.1%} lie in their intervals of {level:.0%}, {width:.4g} wide on average")


@unrolled.command(short_help="Show what the gates do at every token of a text.")
@MODEL
@click.argument("text")
@click.option("--out", type=OUT, metavar="FILE.svg", help="Draw a heat map into this file too.")
def gates(**options: Any) -> None:
    """Show what the gates of MODEL do at every token of TEXT.

    Each number is a mean over the units: of the input gate i, the forget gate f, the output
    gate o, and of the sizes of the candidate g, the cell state c and the hidden state h.
    """
    one_thread()
    from unrolled.regressor.cli.gating import gates

    gates(**options)


@unrolled.command(short_help="Write a model for a web page, or as ONNX.")
@MODEL
@click.argument("data", type=DATA, required=False)
@columns(target=False)
@click.option(
    "--to", type=click.Choice(["web", "onnx"]), required=True, help="What it is to run in."
)
@click.option(
    "--out", type=OUT, metavar="FILE",
    help="Where to write.  [default: MODEL's name with .js or .onnx, in this folder]",
)  # fmt: skip
@click.option(
    "--bits", type=click.Choice(["32", "16", "8"]), metavar="N",
    help="For the web, the bits that a weight keeps: 32, 16 or 8. Fewer make a smaller file.  "
    "[default: 16]",
)  # fmt: skip
@click.option(
    "--script", type=OUT, metavar="FILE.js",
    help="With ONNX, write this, too: the script by which a web page feeds it with texts.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over files that are there.")
def export(bits: str | None, **options: Any) -> None:
    """Write MODEL for another runtime, as one file.

    For the web it is JavaScript, which answers in a browser and needs nothing else; its first
    lines say how a page uses it. ONNX is a graph for any runtime, with what its inputs are made
    of in its metadata; unrolled.regressor.onnx loads it in Python.
    Given DATA, say by how much the answers to its texts differ there.
    """
    one_thread()
    from unrolled.regressor.cli.exporting import export

    export(bits=bits and int(bits), **options)


@unrolled.command(short_help="Answer over HTTP.")
@MODEL
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="HOST",
    help="The address to listen at.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, metavar="N",
    help="The port to listen at; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--threads", type=click.IntRange(1, 64), default=4, show_default=True, metavar="N",
    help="Requests that are answered side by side.",
)  # fmt: skip
def serve(**options: Any) -> None:
    """Answer over HTTP with MODEL, until Ctrl-C.

    POST a JSON list of texts to /predict, or a table of lists where columns stand beside them;
    /predict?interval=90 answers with intervals, and GET /health says that all is well.
    """
    one_thread()
    from unrolled.regressor.cli.serving import serve

    serve(**options)


@unrolled.command(short_help="Say what a file is, without running it.")
@click.argument("model", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(model: Path, as_json: bool) -> None:
    """Say what FILE is: how and when it was made, its sizes and columns, and what was measured.

    The file is checked to its last byte, and nothing in it is run.
    """
    from unrolled.regressor.cli.inspecting import inspect

    inspect(model, as_json)


@unrolled.command(short_help="Train on sentences that tell the time, then answer yours.")
@SEED
@EPOCHS(default=14)
def demo(**options: Any) -> None:
    """Train on sentences that tell the time, then answer yours.

    One sentence a line; an empty line ends.
    """
    from unrolled.regressor.cli.fitting import demo

    demo(**options)


@unrolled.command(short_help="Print what lets a shell complete commands.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and names of files.

    For bash, for one session or in ~/.bashrc:

        eval "$(unrolled completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(unrolled, {}, "unrolled", COMPLETE).source())
