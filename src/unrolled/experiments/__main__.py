"""Run the long experiments: ``python -m unrolled.experiments [NAME ...]``, by default all."""

import argparse
import dataclasses
import importlib
import sys
import time
from pathlib import Path

from unrolled.experiments import results

# Name of the result: the module that has CONFIG, a frozen dataclass, and run(config) -> values.
EXPERIMENTS = {
    "human-ratings": "experiments.human_ratings",
    "text-speed": "experiments.bench_text",
    "cell-speed": "experiments.bench",
    "million-texts": "experiments.million_texts",
    "masking": "experiments.masking",
    "arrangements": "experiments.arrangements",
    "gradient-flow": "experiments.gradient_flow",
    "replications": "experiments.replications",
}
#: Written and tested, but not recorded yet: run by name alone, and no page may read them.
WAITING = {"learning-power": "experiments.learning_power"}


def main(arguments: list[str] | None = None) -> int:
    """Run the named experiments and write their results; 2 for a name or data that is not there."""
    parser = argparse.ArgumentParser(prog="unrolled.experiments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--folder", type=Path, default=Path("book/results"))
    options = parser.parse_args(arguments)
    known = EXPERIMENTS | WAITING
    names = options.names or list(EXPERIMENTS)
    for name in names:
        if name not in known:
            parser.error(f"expected one of {', '.join(known)}, got {name!r}")
    for number, name in enumerate(names, 1):
        print(f"[{number}/{len(names)}] {name}", flush=True)
        module = importlib.import_module(f"unrolled.{known[name]}")
        start = time.perf_counter()
        try:
            values = module.run(module.CONFIG)
        except RuntimeError as error:  # The data cannot be had: the message says what to do.
            print(f"error: {error}", file=sys.stderr)
            return 2
        path = results.write(
            options.folder,
            name,
            known[name],
            dataclasses.asdict(module.CONFIG),
            values,
            time.perf_counter() - start,
        )
        print(f"wrote {path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
