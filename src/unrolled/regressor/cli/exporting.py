"""A trained model for a machine without Python."""

from pathlib import Path
from typing import Any

import click

from unrolled import files
from unrolled.regressor import web
from unrolled.regressor.cli.output import check_writable, say
from unrolled.regressor.portable import file

#: What the name of a script ends in.
SUFFIX = ".js"


def export(model: Path, to: str, out: Path | None, bits: Any) -> None:
    """Write a model as one script for a browser."""
    out = out or Path(f"{model.stem}{SUFFIX}")
    if out.suffix != SUFFIX:
        raise ValueError(f"--out: expected a name that ends in '{SUFFIX}', got '{out.name}'")
    check_writable(out, model)
    text = web.script(file.read(model), out.stem, bits)
    files.write(out, lambda part: Path(part).write_text(text, encoding="ascii"))
    say(f"Wrote {click.format_filename(out)} ({out.stat().st_size / 2**10:.0f} KiB).")
