"""Run the long experiments: ``python -m unrolled.experiments [NAME ...]``, by default all.

A run that was stopped goes on where it was when it is started again with the same names.
"""

import argparse
import shutil
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from unrolled.experiments import EXPERIMENTS, named, results
from unrolled.experiments.experiment import DeviceUnavailable, Experiment
from unrolled.regressor.batches.on_ray import ClusterError
from unrolled.text.ratings import DataUnavailable

#: Where what is finished waits for the rest; it may be deleted at any time.
KEEP = Path("_build/experiments")
TELL = partial(print, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the named experiments and write their results.

    Returns 2 for a name, data or a named study's device that is not there.
    """
    parser = argparse.ArgumentParser(prog="unrolled.experiments", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--folder", type=Path, default=Path("book/results"))
    parser.add_argument("--keep", type=Path, default=KEEP, help=f"default {KEEP}")
    parser.add_argument("--ray", metavar="ADDRESS", help="work on a Ray cluster, or a 'local' one")
    options = parser.parse_args(arguments)
    names = options.names or list(EXPERIMENTS)
    for name in names:
        if name not in EXPERIMENTS:
            parser.error(f"expected one of {', '.join(EXPERIMENTS)}, got {name!r}")
    for number, name in enumerate(names, 1):
        TELL(f"[{number}/{len(names)}] {name}")
        try:
            record(named(name), options.folder, options.keep, options.ray)
        except DeviceUnavailable as error:  # Who runs all has no need of every machine.
            if options.names:
                print(f"error: {error}", file=sys.stderr)
                return 2
            TELL(f"  left as it is on file; {error}")
        except (DataUnavailable, ClusterError) as error:  # The message says what to do.
            print(f"error: {error}", file=sys.stderr)
            return 2
    for name in names:  # All is written: the next run begins anew.
        if (options.keep / name).exists():  # What was left on file kept nothing.
            shutil.rmtree(options.keep / name)
    return 0


def record(
    experiment: Experiment[Any, Any], folder: Path, keep: Path, ray: str | None = None
) -> None:
    """Run an experiment and its quick form, and write the result.

    What takes times, by one worker, is run here, also where there is a Ray cluster.
    Its seconds count the sittings that were stopped before, too.
    """
    start = time.perf_counter()
    clock = experiment.folder(experiment.config, keep) / "seconds"
    before = float(clock.read_text()) if clock.exists() else 0.0
    try:
        ray = None if experiment.workers == 1 else ray
        values = experiment.run(workers=experiment.workers, tell=TELL, keep=keep, ray=ray)
    finally:
        seconds = before + time.perf_counter() - start
        if clock.parent.exists():
            clock.write_text(str(seconds))
    quick = experiment.run(experiment.quick)
    TELL(f"wrote {results.write(folder, experiment, values, quick, seconds)}")
    TELL(f"  {seconds / 60:.1f} min")


if __name__ == "__main__":
    sys.exit(main())
