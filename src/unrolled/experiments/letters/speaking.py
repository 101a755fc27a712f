"""A trained network that writes: a letter is drawn, and is the input of the next step."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.experiments.training import Network
from unrolled.losses import softmax
from unrolled.unroll import unroll

Ids = NDArray[np.int64]


class Spoken(NamedTuple):
    """What was written: ``ids`` (T,), and the ``logits`` (T, V) that each was drawn from."""

    ids: Ids
    logits: NDArray[np.float64]


def alone(networks: Network, number: int) -> Network:
    """Return one of S networks by itself, in NumPy's float64."""

    def one(array: Any) -> NDArray[np.float64]:
        return np.asarray(array[number], np.float64)

    cell = type(networks.cell)(*map(one, networks.cell))
    return Network(cell, one(networks.kernel), one(networks.bias))


def speak(
    cell: Any, network: Network, opening: Ids, letters: int, temperature: float = 1.0, seed: int = 0
) -> Spoken:
    """Read the ids of an ``opening``, at least one, and write so many letters after it.

    Raises ``TypeError`` or ``ValueError`` for a size below 1, or a temperature not above 0.
    """
    as_count(letters, "letters")
    as_count(len(opening), "opening")
    rng, one_hot = np.random.default_rng(seed), np.eye(len(network.bias))
    run = unroll(cell, network.cell, one_hot[opening][None])
    state, ids, logits = run.state, [], []
    for _ in range(letters):
        logits.append(state.h[0] @ network.kernel + network.bias)
        chances = softmax(logits[-1], temperature)
        ends = chances.cumsum()
        letter = int(np.argmax(ends > rng.random() * ends[-1]))
        state, _ = cell.step(network.cell, state, one_hot[[letter]])
        ids.append(letter)
    return Spoken(np.array(ids), np.array(logits))
