"""Run the long experiments: ``python -m unrolled.experiments [NAME ...]``, by default all.

A run that was stopped goes on where it was when it is started again with the same names.
"""

import argparse
import dataclasses
import importlib
import shutil
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from unrolled.experiments import results
from unrolled.experiments.resume import key_of, put_away

# Name of the result: the module that has CONFIG, a frozen dataclass, and
# run(config, tell, keep) -> values. What measures speed comes first, while the machine is cool.
EXPERIMENTS = {
    "cell-speed": "experiments.speed.cells",
    "text-speed": "experiments.speed.text",
    "million-texts": "experiments.your_own_text.million_texts",
    "learning-power": "experiments.choosing.learning_power",
    "gradient-flow": "experiments.gradient_flow.study",
    "masking": "experiments.masking.study",
    "arrangements": "experiments.arrangements.study",
    "replications": "experiments.replications.study",
    "human-ratings": "experiments.human_ratings.study",
}
#: Where what is finished waits for the rest; it may be deleted at any time.
KEEP = Path("_build/experiments")


def main(arguments: list[str] | None = None) -> int:
    """Run the named experiments and write their results; 2 for a name or data that is not there."""
    parser = argparse.ArgumentParser(prog="unrolled.experiments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--folder", type=Path, default=Path("book/results"))
    parser.add_argument("--keep", type=Path, default=KEEP, help=f"default {KEEP}")
    options = parser.parse_args(arguments)
    names = options.names or list(EXPERIMENTS)
    for name in names:
        if name not in EXPERIMENTS:
            parser.error(f"expected one of {', '.join(EXPERIMENTS)}, got {name!r}")
    for number, name in enumerate(names, 1):
        print(f"[{number}/{len(names)}] {name}", flush=True)
        path = EXPERIMENTS[name]
        module = importlib.import_module(f"unrolled.{path}")
        keep = options.keep / name
        key = key_of(module.CONFIG, path)
        try:
            done = put_away(keep, key, partial(_run, module, keep, key))
        except RuntimeError as error:  # The data cannot be had: the message says what to do.
            print(f"error: {error}", file=sys.stderr)
            return 2
        config, values = dataclasses.asdict(module.CONFIG), done["values"]
        print(f"wrote {results.write(options.folder, name, path, config, values, done['seconds'])}")
        print(f"  {done['seconds'] / 60:.1f} min", flush=True)
    for name in names:  # All is written: the next run begins anew.
        shutil.rmtree(options.keep / name)
    return 0


def _run(module: Any, keep: Path, key: str) -> dict[str, Any]:
    """Run one experiment; its ``seconds`` count the sittings that were stopped before, too."""
    start, clock = time.perf_counter(), keep / f"{key}.seconds"
    before = float(clock.read_text()) if clock.exists() else 0.0
    try:
        values = module.run(module.CONFIG, partial(print, flush=True), keep)
    except KeyboardInterrupt:
        if keep.exists():
            clock.write_text(str(before + time.perf_counter() - start))
        raise
    return {"values": values, "seconds": before + time.perf_counter() - start}


if __name__ == "__main__":
    sys.exit(main())
