"""Meet the changes of one Cosmic Ray session, each in a fork of this process.

``python forked.py SESSION.sqlite ROUNDS`` runs in the folder of the changed copy; ROUNDS are lists
of pytest's arguments, in JSON, and what one round lets pass meets the next.
Cosmic Ray lists the changes, makes them and keeps the results.
A fork already has NumPy, pytest and Hypothesis loaded, but nothing of the package, so a change
costs the time of its tests and not the two seconds of loading.
"""

import difflib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import hypothesis
import hypothesis.extra.numpy
import numpy.testing  # noqa: F401
import pytest
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

SECONDS = 300  # A change may turn a loop into one without an end.


def fails(arguments):
    """Run pytest in a fork and return whether a test failed, or never ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        code = 1
        try:
            code = pytest.main(arguments)
        finally:
            os._exit(int(code != 0))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status != 0
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def meet(change, rounds):
    """Make one change, test it, take it back, and return what came of it."""
    operator = get_operator(change.operator_name)(**change.operator_args)
    with use_mutation(change.module_path, operator, change.occurrence) as (before, after):
        if after is None:
            return WorkResult(worker_outcome=WorkerOutcome.NO_TEST)
        caught = any(fails(arguments) for arguments in rounds)
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), "a", "b", lineterm="")
    return WorkResult(
        worker_outcome=WorkerOutcome.NORMAL,
        test_outcome=TestOutcome.KILLED if caught else TestOutcome.SURVIVED,
        diff="\n".join(lines),
    )


def main(session, rounds):
    """Meet all changes that wait, and say from time to time how many do."""
    # Once without a change: it must pass, and leaves the tests behind as bytecode.
    sys.dont_write_bytecode = False
    if any(fails(arguments) for arguments in rounds):
        print("the tests fail without any change", file=sys.stderr)
        return 1
    sys.dont_write_bytecode = True
    for cache in Path("src").rglob("__pycache__"):  # A change may leave a file's time and size.
        shutil.rmtree(cache)
    start = time.monotonic()
    with use_db(session, WorkDB.Mode.open) as database:
        waiting = database.pending_work_items
        for number, item in enumerate(waiting, 1):
            (change,) = item.mutations
            database.set_result(item.job_id, meet(change, rounds))
            if number % 20 == 0:
                left = (time.monotonic() - start) / number * (len(waiting) - number)
                print(f"{Path.cwd().name}: {number} of {len(waiting)}, {left:.0f} s left",
                      flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    assert hypothesis
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2])))
