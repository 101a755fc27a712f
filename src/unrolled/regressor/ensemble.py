"""All readers of a regressor: trained in turn, put away after every epoch, and taken up again."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from math import ceil
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unrolled import files
from unrolled.regressor import checkpoints
from unrolled.regressor.examples import Indices
from unrolled.regressor.folding import Task
from unrolled.regressor.training import Hyperparameters, Network, Trainee, TrainingData


class Learnt(NamedTuple):
    """What a training leaves: its history, the answers after each epoch, and the last weights."""

    history: list[dict[str, float]]
    read: NDArray[np.float32]
    weights: list[NDArray[np.float32]]


class Training:
    """Trainings one after the other, under one bar, one folder and one time to end.

    Parameters
    ----------
    vocabulary_size
        The most pieces that a reader may know.
    chosen, readers
        How each reader is trained, and how many for the same texts; the seed of reader k is
        ``chosen.random_state + k``.
    texts
        From how many texts each training learns, ``epochs`` long unless ``train`` says less.
    deadline
        When to stop, in the seconds of ``time.monotonic``. Each training has its part of the time.
    checkpoint
        A folder to put the readers away in, whole epochs alone; with readers of the same names in
        it, the trainings go on from there.
    verbose
        1 shows progress, 0 nothing.

    Attributes
    ----------
    interrupted
        Whether Ctrl-C ended a training; then no other begins.

    """

    def __init__(
        self,
        vocabulary_size: int,
        chosen: Hyperparameters,
        readers: int,
        texts: Sequence[int],
        deadline: float,
        checkpoint: Path | None = None,
        verbose: int = 0,
    ) -> None:
        """Have nothing trained yet."""
        self.chosen, self.readers, self.checkpoint = chosen, readers, checkpoint
        self._network = cache(lambda dropout: Network(vocabulary_size, self._with(dropout)))
        self.deadline, self.interrupted = deadline, False
        self.left = list(texts)
        self.bar = Bar(sum(texts) * readers * chosen.epochs, disable=not verbose)

    @contextmanager
    def until_interrupted(self) -> Iterator[None]:
        """Let Ctrl-C end what is done here, and keep in mind that it did."""
        try:
            yield
        except KeyboardInterrupt:
            self.interrupted = True

    def _with(self, dropout: float) -> Hyperparameters:
        return replace(self.chosen, dropout=dropout)

    def expect(self, texts: int) -> None:
        """Have one more training, which comes next, and takes as long as one from so many texts."""
        self.left.insert(0, texts)
        self.bar.grow(texts * self.readers * self.chosen.epochs)

    def lengthen(self, factor: float) -> None:
        """Have all trainings to come take so many times as long."""
        for number, texts in enumerate(self.left):
            self.left[number] = round(texts * factor)
            self.bar.grow((self.left[number] - texts) * self.readers * self.chosen.epochs)

    def skip(self, trainings: int) -> None:
        """Leave out so many of those that come next."""
        gone = sum(self.left[:trainings])
        del self.left[:trainings]
        self.bar.grow(-gone * self.readers * self.chosen.epochs)

    def train(self, name: str, data: TrainingData, epochs: int, dropout: float) -> list[Learnt]:
        """Return what readers have learnt, nothing where there was no time for a first step.

        Raises ``ValueError`` if the folder holds a reader that is not whole.
        """
        learnt: list[Learnt] = []
        now = time.monotonic()
        deadline = now + (self.deadline - now) * self.left[0] / sum(self.left)
        self.left.pop(0)
        # Who learns for longer is as much more patient.
        patience = ceil(self.chosen.patience * epochs / self.chosen.epochs)
        chosen = replace(self._with(dropout), epochs=epochs, patience=patience)
        for number in range(self.readers):
            if self.interrupted or time.monotonic() >= deadline:
                break
            seed = self.chosen.random_state + number
            trainee = Trainee(data, replace(chosen, random_state=seed), self._network(dropout))
            state = self.checkpoint and self.checkpoint / f"{name}-{number}.npz".replace(" ", "-")
            if state is not None and state.exists():
                trainee.load(state)
            self.bar.begin(name if self.readers == 1 else f"{name}, reader {number + 1}", trainee)
            with self.until_interrupted():
                while not trainee.done and time.monotonic() < deadline:
                    is_whole = trainee.go_on(self.bar.on_batch, deadline)
                    self.bar.on_epoch(trainee)
                    if state is not None and is_whole:
                        trainee.save(state)
            if trainee.history:
                weights = trainee.network.reader.get_weights()
                learnt.append(Learnt(trainee.history, trainee.read, weights))
        self.bar.go_to(self.bar.total - sum(self.left) * self.readers * self.chosen.epochs)
        return learnt


def claim(
    checkpoint: str | PathLike[str],
    task: Task,
    rows: Indices,
    also: Indices,
    settings: dict[str, object],
) -> Path:
    """Return the folder, made for this training, or raise if it holds another."""
    folder = Path(checkpoint)
    settings = {**settings, "version": checkpoints.VERSION}
    digest = blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=16)
    texts = task.texts
    of_task = task.targets, task.weights, task.groups, task.beside
    for values in (texts.flat, texts.starts, *of_task, rows, also):
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
    return folder


class Bar:
    """One bar over all trainings, in texts; in a log, where it would be a flood, epochs alone."""

    def __init__(self, texts: int, disable: bool) -> None:
        """Show an empty bar, or none at all."""
        self.lines = not disable and not sys.stderr.isatty()
        self.bar = tqdm(
            total=texts, disable=disable or self.lines, unit="text", unit_scale=True,
            dynamic_ncols=True, smoothing=0.1,
        )  # fmt: skip
        self.total, self.done, self.batch = texts, 0.0, 0.0
        self.name, self.shown = "", dict[str, str]()

    def grow(self, texts: int) -> None:
        """Have so many more texts to learn from, or fewer."""
        self.total += texts
        self.bar.total = self.total

    def begin(self, name: str, trainee: Trainee) -> None:
        """Start on the next reader, and go past the epochs that a checkpoint holds."""
        texts = len(trainee.data.known)
        self.name, self.batch = name, texts / trainee.steps
        self.bar.set_description(name)
        self.go_to(self.done + len(trainee.history) * texts)

    def go_to(self, texts: float) -> None:
        """Have so many texts been learnt from in all."""
        self.done = texts
        self.bar.update(round(texts) - self.bar.n)

    def on_batch(self, loss: float) -> None:
        """Move on by one batch."""
        self.shown["loss"] = f"{loss:.3f}"
        self.bar.set_postfix(self.shown, refresh=False)
        self.go_to(self.done + self.batch)

    def on_epoch(self, trainee: Trainee) -> None:
        """Show how good the reader is now."""
        record = trainee.history[-1]
        self.shown = {"loss": f"{record['loss']:.3f}"}
        if "validation_rmse" in record:
            self.shown["error"] = f"{record['validation_rmse']:.3f}"
        self.bar.set_postfix(self.shown)
        if self.lines:
            said = ", ".join(f"{name} {value}" for name, value in self.shown.items())
            left = max(self.total - self.done, 0) / len(trainee.data.known) * record["seconds"]
            print(
                f"{self.name}, epoch {len(trainee.history)} of {trainee.chosen.epochs}: {said}, "
                f"{record['seconds']:.0f} s, at most {left:.0f} s left",
                file=sys.stderr,
            )

    def close(self) -> None:
        """Leave the bar as it stands."""
        self.bar.close()
