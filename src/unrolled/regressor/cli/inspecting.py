"""What a file says of itself; none of it needs TensorFlow or Keras, and nothing is computed."""

import json
import math
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unrolled.checks import LARGEST_TARGET
from unrolled.regressor.cli.output import WIDTH, say
from unrolled.regressor.cli.terminal import printable
from unrolled.regressor.covariates import Category
from unrolled.regressor.portable import ModelFileError, file
from unrolled.regressor.portable.archive import Archive, opened
from unrolled.regressor.portable.names import FORMAT, MEMBERS, METADATA, SUFFIX

#: How the script of an export begins, and how much of it is read.
_SCRIPT, _BEGINNING = b"// A trained text model that answers in a browser", 200
#: What stands in `about` and is no number: a date, a version, a name.
_LONGEST = 200
#: The most bytes that are read of what Keras tells.
_MOST = 1 << 20


def inspect(path: Path, as_json: bool) -> None:
    """Say what a file is; raises ``ModelFileError`` for one that is damaged or of another kind."""
    found = _script(path) if path.suffix == ".js" else _model(path)
    if as_json:
        say(json.dumps(found, allow_nan=False))
        return
    lines = _lines(found)
    width = max(len(name) for name, _ in lines) + 2
    for name, said in lines:
        line = f"{name.ljust(width)}{printable(said)}"
        say(textwrap.fill(line, WIDTH, subsequent_indent=" " * width, break_on_hyphens=False))


def _script(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelFileError(f"{str(path)!r}: expected a file, got none of that name")
    with path.open("rb") as script:
        if not script.read(_BEGINNING).startswith(_SCRIPT):
            raise ModelFileError(f"{str(path)!r}: expected a script that `unrolled export` wrote")
    return {"kind": "a text regressor as a script for web pages", "bytes": path.stat().st_size}


def _model(path: Path) -> dict[str, Any]:
    if path.suffix != SUFFIX:
        raise ModelFileError(
            f"{str(path)!r}: expected a name that ends in {SUFFIX!r} or '.js', got another; what "
            "an export answers is told by the model that it was made from"
        )
    config, pieces, grams, covariates, _ = file.read(path)
    about = config.about
    plan, versions = _of(about, "plan"), _of(about, "versions")
    return {
        "kind": "a text regressor",
        "format": FORMAT,
        "bytes": path.stat().st_size,
        "made": _made(path),
        "versions": {name: _word(each) for name, each in versions.items() if _word(each)},
        "columns": {
            "text": covariates.text,
            "target": _word(about.get("target")),
            "beside": {
                each.name: f"{len(each.values)} categories"
                if isinstance(each, Category)
                else "a number"
                for each in covariates.columns
            },
        },
        "learnt_from": _number(about.get("texts")) or _number(_of(about, "report").get("texts")),
        "parts": {
            "reading": config.share,
            "counting": 1 - config.share,
            "alpha": _number(plan.get("alpha")),
            "epochs": _number(plan.get("epochs")),
        },
        "sizes": {
            "pieces": len(pieces),
            "words": len(grams.words),
            "letters": len(grams.letters),
            "units": config.units if config.readers else 0,
            "readers": config.readers,
            "max_length": config.max_length,
        },
        "targets": {"mean": config.mean, "deviation": config.scale},
        "out_of_fold": config.scores,
        "test": _measured(_of(about, "test")),
    }


def _made(path: Path) -> str | None:
    """Return when Keras wrote a file, which nothing depends on."""
    with opened(str(path)) as archive:
        told = Archive(archive, MEMBERS).read(METADATA, _MOST)
    try:
        return _word(_of({"told": json.loads(told)}, "told").get("date_saved"))
    except (ValueError, RecursionError):
        return None


def _measured(test: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was measured on texts kept apart, or None; each number is one."""
    metrics = {name: _number(test.get(name)) for name in ("mae", "rmse", "r2", "pearson")}
    if not test or metrics["mae"] is None:
        return None
    pairs = {name: _of(test, "intervals").get(name) for name in metrics}
    between = {
        name: [low, high]
        for name, pair in pairs.items()
        if isinstance(pair, list) and len(pair) == 2
        if None not in (low := _number(pair[0]), high := _number(pair[1]))
    }
    return {"texts": _number(test.get("texts")), "metrics": metrics, "intervals": between}


def _lines(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is said of a file, each with its name."""
    size = f"{found['bytes'] / 2**20:.1f} MiB"
    if "format" not in found:
        return [("kind", found["kind"]), ("size", size)]
    columns, sizes, parts = found["columns"], found["sizes"], found["parts"]
    made_with = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [
        ("kind", f"{found['kind']}, format {found['format']}, {size}"),
        ("made", f"{found['made'] or 'some day'}, with {made_with or 'unknown versions'}"),
        ("texts", repr(columns["text"]) if columns["text"] else "of no named column"),
        ("numbers", (repr(columns["target"]) if columns["target"] else "of no named column")
         + f", {found['targets']['mean']:.4g} on average, deviation "
         f"{found['targets']['deviation']:.4g}"),
    ]  # fmt: skip
    lines += [("column", f"{name!r}, {what}") for name, what in columns["beside"].items()]
    if found["learnt_from"]:
        lines.append(("learnt from", f"{found['learnt_from']:.0f} texts"))
    lines += [("reads", _reads(parts, sizes)), ("counts", _counts(parts, sizes))]
    most = found["out_of_fold"]
    level = f"up to {math.floor(1000 * most / (most + 1)) / 10:g} %" if most else "none"
    lines.append(("intervals", f"{level}, from {most} answers out of fold"))
    return lines + _scores(found["test"])


def _reads(parts: Mapping[str, Any], sizes: Mapping[str, Any]) -> str:
    if not sizes["readers"]:
        return "nothing: it only counts"
    return (
        f"{parts['reading']:.0%} of the answer: {sizes['readers']} BiLSTM of {sizes['units']} "
        f"units each way, {sizes['pieces']} pieces, at most {sizes['max_length']} tokens"
    )


def _counts(parts: Mapping[str, Any], sizes: Mapping[str, Any]) -> str:
    if parts["reading"] == 1:
        return "nothing: it only reads"
    return (
        f"{parts['counting']:.0%} of the answer: {sizes['words']} words and pairs, "
        f"{sizes['letters']} runs of letters"
    )


def _scores(test: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if test is None:
        return [("measured", "nothing was kept apart to measure with")]
    lines = [("measured", f"on {test['texts']:.0f} texts kept apart, with 95 % intervals")]
    for name, value in test["metrics"].items():
        shown = "has no meaning here" if value is None else f"{value:.4g}"
        if name in test["intervals"]:
            low, high = test["intervals"][name]
            shown += f"  [{low:.4g}, {high:.4g}]"
        lines.append((f"  {name}", shown))
    return lines


def _of(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within another; nobody has checked what is told of a model."""
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


def _word(found: Any) -> str | None:
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST else None


def _number(found: Any) -> float | None:
    is_number = type(found) in (int, float) and abs(found) <= LARGEST_TARGET
    return found if is_number else None
