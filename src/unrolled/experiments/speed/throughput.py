"""Texts per second, learnt from and predicted: the note's script, our reader, an equal PyTorch.

All learn from the same texts and predict the same texts. What is done once before the first
epoch, the cutting into tokens and the vocabulary, is not timed. A prediction begins with strings.
"""

import statistics
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments import note_recipe
from unrolled.experiments.speed import regressor_parts
from unrolled.experiments.speed.regressor_parts import Prepared
from unrolled.experiments.speed.torch_model import TorchModel
from unrolled.experiments.timing import clocked, take_turns
from unrolled.extras import is_there
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.training import answers
from unrolled.text import Splits

#: Texts that are predicted together.
AT_ONCE = 256


class Contestant(NamedTuple):
    """``epoch`` trains for one and returns its seconds; ``predict`` answers all texts."""

    epoch: Callable[[], float]
    predict: Callable[[], Any]


def run(
    splits: Splits, note: dict[str, Any], settings: dict[str, Any], turns: int
) -> dict[str, Any]:
    """Let all learn for one epoch to warm up and for ``turns`` more, in turns; then predict.

    Returns
    -------
    dict
        ``texts``, how many there are to learn from and to predict; ``training`` and
        ``prediction``, each with texts per second by name, the median over the turns. Where
        PyTorch is not installed, ``torch`` is not among them.

    """
    texts = splits.train.texts
    lasting = {"epochs": 1 + turns, "patience": 1 + turns}
    others = readers(splits, {**settings, **lasting})
    epochs: dict[str, list[float]] = {name: [] for name in others}

    def others_turn(_: note_recipe.Record) -> None:
        for name, other in others.items():
            epochs[name].append(other.epoch())

    # The clock of the note's script stands still while the others take their turn.
    answer, history = note_recipe.train(
        splits.train, splits.validation, **{**note, **lasting}, on_look=others_turn
    )
    ends = [float(record["seconds"] or 0) for record in history]
    epochs["note"] = [0.0, *(end - start for start, end in pairwise(ends))]
    acts = {"note": lambda: answer(texts), **{k: other.predict for k, other in others.items()}}
    predictions = take_turns({name: clocked(act) for name, act in acts.items()}, turns)
    return {
        "texts": len(texts),
        "training": {
            name: len(texts) / statistics.median(seconds[1:]) for name, seconds in epochs.items()
        },
        "prediction": {
            name: len(texts) / statistics.median(seconds) for name, seconds in predictions.items()
        },
    }


def readers(splits: Splits, settings: dict[str, Any]) -> dict[str, Contestant]:
    """Return our reader and, where PyTorch is installed, the same network in it."""
    texts = splits.train.texts
    prepared = regressor_parts.prepare(splits.train, splits.validation)
    found = {"reader": keras_reader(prepared, settings, texts)}
    if is_there("torch"):
        found["torch"] = torch_reader(prepared, settings, texts)
    else:
        print("PyTorch takes no part: it is not installed", flush=True)
    return found


def training(splits: Splits, settings: dict[str, Any], turns: int) -> dict[str, float]:
    """Return the texts that each of :func:`readers` learns from in a second.

    It is the median over ``turns`` epochs, taken in turns, after one to warm up.
    """
    lasting = {"epochs": 1 + turns, "patience": 1 + turns}
    learn = {name: one.epoch for name, one in readers(splits, {**settings, **lasting}).items()}
    return {
        name: len(splits.train) / statistics.median(seconds)
        for name, seconds in take_turns(learn, turns).items()
    }


def keras_reader(prepared: Prepared, settings: dict[str, Any], texts: list[str]) -> Contestant:
    """Return our reader, without the part that counts."""
    trainee = regressor_parts.reader(prepared, settings)

    def epoch() -> float:
        trainee.go_on()
        return trainee.history[-1]["seconds"]  # The look at the validation texts is not in it.

    def predict() -> Any:
        encoded, rows = _encoded(texts, prepared)
        return answers(trainee.network.model, encoded, rows, AT_ONCE)

    return Contestant(epoch, predict)


def torch_reader(prepared: Prepared, settings: dict[str, Any], texts: list[str]) -> Contestant:
    """Return the same network in PyTorch on the same batches.

    Raises ``ImportError`` where PyTorch is not installed.
    """
    reader = TorchModel(len(prepared.encoded.pieces), settings)
    epochs = 0

    def epoch() -> None:
        nonlocal epochs
        epochs += 1
        batches = prepared.encoded.batches(prepared.train, settings["batch_size"], seed=epochs)
        reader.learn(
            (reading, prepared.targets[prepared.train[places]]) for places, reading in batches
        )

    def predict() -> Any:
        encoded, rows = _encoded(texts, prepared)
        batches = encoded.batches(rows, AT_ONCE, seed=None)
        return reader.answers(reading for _, reading in batches)

    return Contestant(clocked(epoch), predict)


def _encoded(texts: list[str], prepared: Prepared) -> tuple[Encoded, Any]:
    """Return strings as encoded texts, and their rows."""
    return Encoded(tokenize(texts), prepared.encoded.pieces), np.arange(len(texts))
