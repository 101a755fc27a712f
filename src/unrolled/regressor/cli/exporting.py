"""A trained model for another runtime: a browser, or whatever runs ONNX."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from unrolled import files
from unrolled.regressor import portable, web
from unrolled.regressor.batches.asking import Questions, asked
from unrolled.regressor.cli.output import check_writable, say, tell
from unrolled.regressor.cli.reading import open_for
from unrolled.regressor.columns import Texts
from unrolled.regressor.portable.file import read

#: What the name of a file ends in, by what it is to run in.
SUFFIXES = {"web": ".js", "onnx": ".onnx"}


def export(
    model: Path, data: str | None, kind: Any, no_quotes: bool, text: str | None, to: str,
    out: Path | None, bits: Any, script: Path | None, force: bool,
) -> None:  # fmt: skip
    """Write a model for another runtime; say by how much its answers differ there, on texts.

    A file that is there is an error, unless ``force`` is true: then it is replaced once the new one
    is whole, but never one that was read.
    """
    out = out or Path(f"{model.stem}{SUFFIXES[to]}")
    given: list[str | Path] = [model, *([] if data is None else [data])]
    _check_name(out, SUFFIXES[to], "--out", force, *given)
    if to != "onnx" and script is not None:
        raise ValueError("--script: expected --to onnx, got --to web, which is a script itself")
    if to != "web" and bits is not None:
        raise ValueError("--bits: expected --to web, got --to onnx, which keeps every bit")
    if script is not None:
        _check_name(script, SUFFIXES["web"], "--script", force, *given)
    content = portable.Model(read(model))
    texts = None if data is None else _texts(content, data, kind, no_quotes, text)
    said = (
        _to_web(content, texts, out, bits or 16) if to == "web" else _to_onnx(content, texts, out)
    )
    _tell_of(out)
    if script is not None:
        from unrolled.regressor.onnx.script import script as for_a_page

        files.write(script, lambda part: Path(part).write_text(for_a_page(), encoding="ascii"))
        _tell_of(script)
    if said:
        tell(said)


def _to_web(model: portable.Model, texts: Texts | None, out: Path, bits: web.Bits) -> str:
    """Write a script; return what rounding costs."""
    script = web.script(model.content, out.stem, bits)
    moves = None if texts is None else web.moves(model.content, texts, bits)
    files.write(out, lambda part: Path(part).write_text(script, encoding="ascii"))
    if moves is None:
        return ""
    return f"Answers move by {moves.mean():.2g} on average, by {moves.max():.2g} at most."


def _to_onnx(model: portable.Model, texts: Texts | None, out: Path) -> str:
    """Write a graph; return how far its answers are from those of NumPy."""
    from unrolled.regressor import onnx
    from unrolled.regressor.onnx.graph import file_of

    graph = file_of(model.content)
    apart = ""
    if texts is not None:
        moves = np.abs(onnx.Model(graph).predict(texts) - model.predict(texts))
        apart = f"Answers in ONNX Runtime differ by {moves.max():.2g} at most."
    files.write(out, lambda part: Path(part).write_bytes(graph))
    return apart


def _texts(model: portable.Model, data: str, kind: Any, no_quotes: bool, text: str | None) -> Texts:
    """Return the texts of a file, with the columns that the model has learnt from."""
    with open_for(model, data, text, kind, no_quotes) as table:
        found: Texts = asked(model, list(Questions(table, table.name, model)))
    return found


def _check_name(path: Path, suffix: str, option: str, force: bool, *read: str | Path) -> None:
    if path.suffix != suffix:
        raise ValueError(f"{option}: expected a name that ends in '{suffix}', got '{path.name}'")
    check_writable(path, *read, option=option)
    if path.exists() and not force:
        raise ValueError(
            f"{option}: expected a name that is free, got '{path}', which is there; --force writes "
            "over it"
        )


def _tell_of(path: Path) -> None:
    say(f"Wrote {click.format_filename(path)} ({path.stat().st_size / 2**10:.0f} KiB).")
