"""A trained model for a machine without Python."""

from pathlib import Path
from typing import Any

import click

from unrolled import files
from unrolled.regressor import web
from unrolled.regressor.cli.output import check_writable, say, tell
from unrolled.regressor.portable import file
from unrolled.regressor.tables import filled, open_table

#: What the name of a script ends in.
SUFFIX = ".js"


def export(
    model: Path, data: str | None, kind: Any, no_quotes: bool, text: str | None, to: str,
    out: Path | None, bits: Any,
) -> None:  # fmt: skip
    """Write a model as one script for a browser; say what rounding costs on texts, if given."""
    out = out or Path(f"{model.stem}{SUFFIX}")
    if out.suffix != SUFFIX:
        raise ValueError(f"--out: expected a name that ends in '{SUFFIX}', got '{out.name}'")
    check_writable(out, model, *([] if data is None else [data]))
    content = file.read(model)
    script, said = web.script(content, out.stem, bits), ""
    if data is not None:
        with open_table(data, text=text, kind=kind, quotes=not no_quotes) as table:
            texts = [row.text for row in filled(table, table.name)]
        moves = web.moves(content, texts, bits)
        said = f"Answers move by {moves.mean():.2g} on average, by {moves.max():.2g} at most."
    files.write(out, lambda part: Path(part).write_text(script, encoding="ascii"))
    say(f"Wrote {click.format_filename(out)} ({out.stat().st_size / 2**10:.0f} KiB).")
    if said:
        tell(said)
