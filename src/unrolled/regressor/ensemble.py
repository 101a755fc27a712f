"""All readers of a regressor: trained in turn, put away after every epoch, and taken up again."""

import json
import sys
import time
from dataclasses import asdict, replace
from hashlib import blake2b
from os import PathLike
from pathlib import Path

import numpy as np
from tqdm import tqdm

from unrolled import files
from unrolled.regressor.training import (
    Floats,
    Hyperparameters,
    Trainee,
    TrainingData,
    answers,
    judged,
)


def train(
    data: TrainingData,
    chosen: Hyperparameters,
    readers: int,
    deadline: float,
    checkpoint: str | PathLike[str] | None = None,
    verbose: int = 0,
) -> tuple[list[Trainee], bool]:
    """Train readers, each from a seed of its own; the second value tells whether Ctrl-C ended it.

    Parameters
    ----------
    data, chosen
        What is learnt, and how; the seed of reader k is ``chosen.random_state + k``.
    readers
        How many.
    deadline
        When to stop, in the seconds of ``time.monotonic``.
    checkpoint
        A folder to put the readers away in, whole epochs alone; with readers of the same data and
        hyperparameters in it, the training goes on from there.
    verbose
        1 shows progress, 0 nothing.

    Raises
    ------
    ValueError
        If the folder holds another run, or a reader that is not whole.
    KeyboardInterrupt
        At Ctrl-C before anything has been learnt.

    """
    folder = None if checkpoint is None else Path(checkpoint)
    if folder is not None:
        _claim(folder, chosen, readers, data)
    trainees: list[Trainee] = []
    with Bar(readers, chosen.epochs, disable=not verbose) as bar:
        try:
            for number in range(readers):
                seed = chosen.random_state + number
                trainee = Trainee(data, replace(chosen, random_state=seed))
                bar.begin(number, trainee.steps)
                trainees.append(trainee)
                state = None if folder is None else folder / f"reader-{number}.npz"
                if state is not None and state.exists():
                    trainee.load(state)
                    bar.skip(len(trainee.history))
                while not trainee.done and time.monotonic() < deadline:
                    is_whole = trainee.go_on(bar.on_batch, deadline)
                    bar.on_epoch(trainee.history[-1])
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


def worth_keeping(trainees: list[Trainee], data: TrainingData) -> tuple[list[Trainee], Floats]:
    """Return the readers, and the mean of what they read of the validation texts.

    The last one is left out if it was broken off so early that all is better without it.
    """
    each = [answers(trainee.model, data.encoded, data.validation) for trainee in trainees]
    least = len(each) if trainees[-1].done else max(len(each) - 1, 1)
    means = {
        n: np.asarray(np.mean(each[:n], axis=0), np.float32) for n in range(least, len(each) + 1)
    }
    kept = min(means, key=lambda n: judged(data, means[n])[1])
    return trainees[:kept], means[kept]


def _claim(folder: Path, chosen: Hyperparameters, readers: int, data: TrainingData) -> None:
    """Make a checkpoint's folder, or see that it belongs to the same data and hyperparameters."""
    plain = {**asdict(chosen), "readers": readers, "pieces": len(data.encoded.pieces)}
    digest = blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=16)
    encoded, texts = data.encoded, data.encoded.texts
    # The texts as tokens, the tokens as pieces, and what is to be learnt of which texts.
    arrays = texts.flat, texts.starts, encoded.flat, encoded.starts
    for values in (*arrays, data.targets, data.weights, data.train, data.validation):
        digest.update(np.ascontiguousarray(values).data)
    for token in texts.tokens:
        digest.update(token.encode() + b" ")  # No token has white space in it.
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / "run.txt"
    if not name.exists():
        files.write(name, lambda part: Path(part).write_text(digest.hexdigest()))
    elif name.read_text() != digest.hexdigest():
        raise ValueError(
            f"checkpoint: expected {folder} to be empty or to hold a run of the same data and "
            "parameters, got another run's; name another folder"
        )


class Bar:
    """One bar over all readers and epochs; in a log, where it would be a flood, a line an epoch."""

    def __init__(self, readers: int, epochs: int, disable: bool) -> None:
        """Show an empty bar, or none at all."""
        self.readers, self.epochs = readers, epochs
        self.lines = not disable and not sys.stderr.isatty()
        self.bar = tqdm(
            disable=disable or self.lines, unit="batch", dynamic_ncols=True, smoothing=0.1
        )
        self.number = self.epoch = self.steps = 0
        self.shown: dict[str, str] = {}

    def __enter__(self) -> "Bar":
        """Return the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it stands."""
        self.bar.close()

    def begin(self, number: int, steps: int) -> None:
        """Start on the next reader; where the one before stopped early, its rest is skipped."""
        self.number, self.epoch, self.steps = number, 0, steps
        self.bar.total = self.readers * self.epochs * steps
        self.bar.set_description(f"reader {number + 1} of {self.readers}")
        self.bar.update(number * self.epochs * steps - self.bar.n)

    def skip(self, epochs: int) -> None:
        """Go past epochs that a checkpoint holds."""
        self.epoch = epochs
        self.bar.update(epochs * self.steps)

    def on_batch(self, loss: float) -> None:
        """Move on by one batch."""
        self.shown["loss"] = f"{loss:.3f}"
        self.bar.set_postfix(self.shown, refresh=False)
        self.bar.update()

    def on_epoch(self, record: dict[str, float]) -> None:
        """Show how good the reader is now."""
        self.epoch += 1
        self.shown["validation error"] = f"{record['validation_rmse']:.3f}"
        self.bar.set_postfix(self.shown)
        if self.lines:
            epochs = (self.readers - self.number) * self.epochs - self.epoch
            print(
                f"reader {self.number + 1} of {self.readers}, "
                f"epoch {self.epoch} of {self.epochs}: loss {record['loss']:.3f}, "
                f"validation error {record['validation_rmse']:.3f}, {record['seconds']:.0f} s, "
                f"at most {epochs * record['seconds']:.0f} s left",
                file=sys.stderr,
            )
