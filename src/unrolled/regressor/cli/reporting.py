"""The page of a report: where it may be written, and what is told in it."""

from collections.abc import Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from unrolled import files
from unrolled.extras import needed
from unrolled.regressor import portable
from unrolled.regressor.batches.asking import asked, blocks
from unrolled.regressor.cli.output import check_writable
from unrolled.regressor.examples import Indices
from unrolled.regressor.portable import file
from unrolled.regressor.report.gathering import LEVEL, Found, Gathering
from unrolled.regressor.tables import Table

SUFFIXES = (".html", ".htm")


def check(out: Path, *read: str | Path) -> None:
    """Raise now, not after hours of work, where a page cannot be written or drawn."""
    if out.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"--report: expected a name that ends in {' or '.join(SUFFIXES)}, got '{out.name}'"
        )
    check_writable(out, *read, option="--report")
    for library in ("matplotlib", "scipy"):
        needed(library, "--report")


def fitted(
    out: Path, path: Path, table: Table, test: Indices, scores: Sequence[Sequence[str]],
    sentences: Sequence[str], model: Any,
) -> None:  # fmt: skip
    """Write the page of a model that was fitted, whose file answers the test texts once more."""
    content = file.read(path)
    opened = portable.Model(content)
    gathering, wanted = Gathering(opened), set(test.tolist())
    rows = (row for number, row in enumerate(table) if number in wanted)
    level = LEVEL if len(opened.doubt.scores) >= 9 else None
    for block in blocks(rows):
        texts = asked(opened, block)
        if level is None:
            gathering.take(block, opened.predict(texts), None)
        else:
            found = opened.predict(texts, level)
            gathering.take(block, found.answers, (found.highs - found.lows) / 2)
    learnt = (model.history_, model.trainings_)
    footer = "All numbers are of texts that this model has not learnt from."
    _write(out, path, table.name, content, gathering.found(), footer, sentences, scores, learnt)


def evaluated(out: Path, path: Path, data: str, found: Found, told: dict[str, Any]) -> None:
    """Write the page of a model that was asked about a file, with what ``evaluate`` tells."""
    footer = "Where the model has learnt from some of these texts, the numbers flatter it."
    names = {"mae": "MAE", "rmse": "RMSE", "r2": "R²", "pearson": "Pearson r"}
    numbers = ["-" if (n := told["metrics"][key]) is None else f"{n:.4g}" for key in names]
    pairs = [told["intervals"][key] for key in names]
    between = [f"[{pair[0]:.4g}, {pair[1]:.4g}]" if pair else "" for pair in pairs]
    scores = [["", *names.values()], ["this model", *numbers], ["", *between]]
    _write(out, path, data, file.read(path), found, footer, [], scores, None)


def _write(
    out: Path, path: Path, data: str, content: file.ModelFile, found: Found, footer: str,
    sentences: Sequence[str], scores: Sequence[Sequence[str]], learnt: Any,
) -> None:  # fmt: skip
    # Drawing takes matplotlib, which nobody should wait for who wants no page.
    from unrolled.regressor.report.drawing import counted
    from unrolled.regressor.report.page import Told, page

    columns = content.covariates
    facts = {
        "data": Path(data).name,
        "texts": columns.text or "of no named column",
        "numbers": str(content.config.about.get("target") or "of no named column"),
        "measured on": counted(len(found.truth)),
        "made": f"{date.today():%d %B %Y} by unrolled {metadata.version('unrolled')}",
    }
    if columns.names:
        facts["beside the texts"] = ", ".join(columns.names)
    told = Told(f"What {path.name} is worth", footer, facts, sentences, scores, learnt)
    whole = page(told, found, content)
    files.write(out, lambda part: Path(part).write_text(whole, encoding="utf-8"))
