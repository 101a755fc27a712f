"""All readers of a regressor: trained in turn, put away after every epoch, and taken up again."""

import json
import time
from dataclasses import asdict, replace
from hashlib import blake2b
from os import PathLike
from pathlib import Path

import numpy as np

from unrolled import files
from unrolled.regressor.learning import (
    Floats,
    Settings,
    Task,
    Trainee,
    Watch,
    answers,
    judged,
)
from unrolled.regressor.progress import Bar


def train(
    task: Task,
    settings: Settings,
    readers: int,
    bar: Bar,
    deadline: float,
    checkpoint: str | PathLike[str] | None = None,
) -> tuple[list[Trainee], bool]:
    """Train readers, each from a seed of its own; the second value tells whether Ctrl-C ended it.

    Parameters
    ----------
    task, settings
        What is learnt, and how; the seed of reader k is ``settings.seed + k``.
    readers
        How many.
    bar
        Told of every batch and epoch.
    deadline
        When to stop, in the seconds of ``time.monotonic``.
    checkpoint
        A folder to put the readers away in, whole epochs alone; with readers of the same task and
        settings in it, the training goes on from there.

    Raises
    ------
    ValueError
        If the folder holds another run, or a reader that is not whole.
    KeyboardInterrupt
        At Ctrl-C before anything has been learnt.

    """
    folder = None if checkpoint is None else Path(checkpoint)
    if folder is not None:
        _claim(folder, settings, readers, task)
    watch = Watch(bar.on_batch, bar.on_epoch, deadline)
    trainees: list[Trainee] = []
    try:
        for number in range(readers):
            trainee = Trainee(task, replace(settings, seed=settings.seed + number))
            bar.begin(number, trainee.steps)
            trainees.append(trainee)
            state = None if folder is None else folder / f"reader-{number}.npz"
            if state is not None and state.exists():
                trainee.load(state)
                bar.skip(len(trainee.history))
            while not trainee.done and time.monotonic() < deadline:
                is_whole = trainee.go_on(watch)
                if state is not None and is_whole:
                    trainee.save(state)
            trainee.finish()
            if time.monotonic() >= deadline:
                break
    except KeyboardInterrupt:
        trainees = [trainee for trainee in trainees if trainee.history]
        if not trainees:
            raise  # Nothing has been learnt yet.
        trainees[-1].finish()
        return trainees, True
    return trainees, False


def worth_keeping(trainees: list[Trainee], task: Task) -> tuple[list[Trainee], Floats]:
    """Return the readers, and the mean of what they read of the validation texts.

    The last one is left out if it was broken off so early that all is better without it.
    """
    each = [answers(trainee.model, task.library, task.validation) for trainee in trainees]
    least = len(each) if trainees[-1].done else max(len(each) - 1, 1)
    means = {
        n: np.asarray(np.mean(each[:n], axis=0), np.float32) for n in range(least, len(each) + 1)
    }
    kept = min(means, key=lambda n: judged(task, means[n])[1])
    return trainees[:kept], means[kept]


def _claim(folder: Path, settings: Settings, readers: int, task: Task) -> None:
    """Make a checkpoint's folder, or see that it belongs to the same data and settings."""
    plain = {**asdict(settings), "readers": readers, "pieces": task.pieces}
    digest = blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=16)
    library, encoded = task.library, task.library.encoded
    # The texts as tokens, the tokens as pieces, and what is to be learnt of which texts.
    arrays = encoded.flat, encoded.starts, library.flat, library.starts
    for values in (*arrays, task.targets, task.weights, task.train, task.validation):
        digest.update(np.ascontiguousarray(values).data)
    for token in encoded.tokens:
        digest.update(token.encode() + b" ")  # No token has white space in it.
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / "run.txt"
    if not name.exists():
        files.replace(name, lambda part: Path(part).write_text(digest.hexdigest()))
    elif name.read_text() != digest.hexdigest():
        raise ValueError(
            f"checkpoint: expected {folder} to be empty or to hold a run of the same data and "
            "settings, got another run's; name another folder"
        )
