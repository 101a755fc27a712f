"""What a language model of letters pays above the entropy: by cell, by window, and by counting.

The text is :mod:`unrolled.text.animals`, whose entropy is known. What is reported is the bits per
letter above what the source itself pays on the same unseen letters. All cells have the same number
of parameters and each its own search for a learning rate, on seeds of their own. The windows are
one cell at one rate: so many letters between two updates, with the state carried and without, and
as many letters in all.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.choosing.cells import units_for
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.letters import networks
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search
from unrolled.text import animals, ngrams

CELLS: dict[str, Any] = {"RNN": rnn, "GRU": gru, "LSTM": lstm}
#: Bits above the entropy that count for what is more, or no number: a network that has blown up.
WORST = 1e3
#: Seeds of the texts that judge a search, and of those that judge what is reported.
SEARCHED, REPORTED = 1_000_001, 1_000_002
#: How often a place may stand between an animal and its verb, the last of them "or more".
BETWEEN = 5


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on how many letters.

    Parameters
    ----------
    cells
        Names in :data:`CELLS`.
    units
        Of the LSTM. The others get as many as come nearest to its parameters, readout included.
    batch, window, updates
        Letters that an update looks at, in rows of a window each, and how many updates there are.
    rates, first, search_seeds
        As in :func:`unrolled.experiments.search.search`, by the mean bits of the seeds.
    seeds
        What is reported: one training each, on a text of its own.
    looks
        How often a curve is measured.
    windows, windowed, rate
        Letters in a window where those are compared, by which cell, and its learning rate.
    rows, letters
        Of the text that judges; the letters but one are a multiple of every window.
    runs, context
        The longest run of letters that is counted, and the most letters before one of which it is
        said what knowing no more would cost.

    """

    cells: tuple[str, ...] = tuple(CELLS)
    units: int = 32
    batch: int = 512
    window: int = 32
    updates: int = 1600
    rates: tuple[float, ...] = (1.25e-3, 2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2, 8e-2, 0.16)
    first: tuple[float, ...] = (1e-2, 2e-2, 4e-2)
    search_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = tuple(range(10))
    looks: int = 8
    windows: tuple[int, ...] = (4, 8, 16, 32, 64)
    windowed: str = "LSTM"
    rate: float = 2e-2
    rows: int = 16
    letters: int = 1921
    runs: int = 12
    context: int = 64


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    cells=("GRU",), units=2, batch=8, window=4, updates=4, rates=(1e-2,), first=(1e-2,),
    search_seeds=(100,), seeds=(0, 1), looks=2, windows=(4,), windowed="GRU", rows=2, letters=41,
    runs=3, context=4,
)  # fmt: skip

#: What is done, and of which cell; for windows how long, and whether the state is carried.
Job = tuple[Any, ...]


def jobs(config: Config) -> list[Job]:
    """Return a job for each cell, each window with and without the state, and the counting.

    Raises ``ValueError`` if there is no seed.
    """
    if not config.seeds or not config.search_seeds:
        raise ValueError(f"expected at least one seed of each sort, got {config}")
    cells = [("cell", name) for name in config.cells]
    windows = [("window", k, carry) for k in config.windows for carry in (True, False)]
    return sorted([*cells, *windows, ("count",)], key=lambda job: -_cost(config, job))


def work(config: Config, job: Job) -> dict[str, Any]:
    """Search and train a cell, train it by a window, or count."""
    match job:
        case "cell", name:
            return _cell(config, name)
        case "window", window, carry:
            return _window(config, window, carry)
    return _counted(config)


def texts(seeds: tuple[int, ...], rows: int, letters: int) -> NDArray[np.int64]:
    """Return a text of one's own for each seed, as ids (S, rows, letters).

    >>> texts((0, 1), rows=2, letters=5).shape
    (2, 2, 5)
    """
    source = animals.source()
    return np.stack([source.make(rows, letters, np.random.default_rng([s, 1])) for s in seeds])


def judged(config: Config, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return unseen ids (N, T) and the bits that the source pays for each but the first."""
    source = animals.source()
    ids = source.make(config.rows, config.letters, seed)
    chances = source.chances[source.states(ids), ids]
    return ids, -np.log2(chances[:, 1:])


def parameters(cell: Any, letters: int, units: int) -> int:
    """Return how many numbers a cell and its readout learn.

    >>> parameters(lstm, letters=22, units=32)
    7766
    """
    return int(cell.count(letters, units)) + (units + 1) * letters


def units_of(config: Config, name: str) -> int:
    """Return the units of a cell under the budget."""
    letters = len(animals.source().alphabet)

    def count(features: int, units: int) -> int:
        return parameters(CELLS[name], features, units)

    return units_for(count, parameters(lstm, letters, config.units), letters)


def train(
    config: Config, name: str, seeds: tuple[int, ...], rates: list[float], window: int, carry: bool
) -> networks.Learnt:
    """Train a cell once for each seed and rate, each seed on its own text."""
    letters = len(animals.source().alphabet)
    own = texts(seeds, config.batch // window, config.updates * window + 1)
    again = np.tile(np.arange(len(seeds)), len(rates))
    begun = networks.starts(
        CELLS[name].init, [seeds[n] for n in again], letters, units_of(config, name)
    )
    return networks.learn(
        CELLS[name], begun, own[again], np.repeat(rates, len(seeds)),
        window=window, carry=carry, stages=config.looks,
    )  # fmt: skip


def _above(found: NDArray[Any], truth: NDArray[Any]) -> NDArray[Any]:
    """Return the mean bits above the source's, (S,)."""
    excess = (found - truth).mean(axis=(1, 2))
    return np.asarray(np.minimum(np.nan_to_num(excess, nan=WORST), WORST))


def _cell(config: Config, name: str) -> dict[str, Any]:
    cell, letters = CELLS[name], len(animals.source().alphabet)
    searched, reported = (judged(config, seed) for seed in (SEARCHED, REPORTED))

    def losses_at(rates: list[float]) -> NDArray[Any]:
        learnt = train(config, name, config.search_seeds, rates, config.window, carry=True)
        found = networks.told(cell, learnt.networks[-1], searched[0])
        return _above(found, searched[1]).reshape(len(rates), -1)

    rate, tried = search(losses_at, config.rates, config.first, score=np.mean)
    units = units_of(config, name)
    made: dict[str, Any] = {
        "units": units,
        "parameters": parameters(cell, letters, units),
        "rate": rate,
        "search": {rate: rounded(losses) for rate, losses in tried.items()},
    }
    if rate is None:
        return made
    learnt = train(config, name, config.seeds, [rate], config.window, carry=True)
    found = [networks.told(cell, now, reported[0]) for now in learnt.networks]
    made["above"] = rounded(np.stack([_above(one, reported[1]) for one in found], axis=1))
    made["verbs"] = rounded(_verbs(found[-1] - reported[1], reported[0]))
    return made


def _verbs(excess: NDArray[Any], ids: NDArray[np.int64]) -> NDArray[Any]:
    """Return the mean bits above the source's for a whole verb, by the places between, (S, 5)."""
    found: list[list[Any]] = [[] for _ in range(BETWEEN)]
    for row, text in enumerate(animals.source().read(ids)):
        for places, start, end in animals.verbs(text):
            if start:
                bits = excess[:, row, start - 1 : end - 1].sum(axis=1)
                found[min(places, BETWEEN - 1)].append(bits)
    means = [np.mean(each, axis=0) if each else np.full(len(excess), np.nan) for each in found]
    return np.asarray(np.minimum(np.stack(means, axis=1), WORST))


def _window(config: Config, window: int, carry: bool) -> dict[str, Any]:
    cell = CELLS[config.windowed]
    ids, truth = judged(config, REPORTED)
    learnt = train(config, config.windowed, config.seeds, [config.rate], window, carry)
    last = learnt.networks[-1]
    return {
        "whole": rounded(_above(networks.told(cell, last, ids), truth)),
        "apart": rounded(_above(networks.told(cell, last, ids, window), truth)),
    }


def _counted(config: Config) -> dict[str, Any]:
    """Count in each seed's text, and say what any reader of so many letters has to pay."""
    source = animals.source()
    ids, truth = judged(config, REPORTED)
    rows, letters = config.batch // config.window, config.updates * config.window + 1
    above = []
    for text in texts(config.seeds, rows, letters):
        counted = ngrams.fit(text, config.runs, len(source.alphabet)).chances(ids)
        above.append([float((-np.log2(one[:, 1:]) - truth).mean()) for one in counted])
    known = source.windows(config.context)
    return {
        "entropy": source.entropy(),
        "letters": int(rows * (letters - 1)),
        "above": rounded(above),
        "context": rounded(known - source.entropy()),
    }


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring cells, windows and counting together.

    Returns
    -------
    dict
        ``cells`` by name: ``units``, ``parameters``, ``rate``, or None where the best is an end
        of those tried, ``search``, and where there is a rate ``above``, bits per letter above
        the source's, a curve for each seed, and ``verbs``, bits above the source's for a whole
        verb by the number of places between, for each seed. ``windows`` by length and by
        ``"carried"`` or ``"not"``: bits above the source's for each seed, ``whole`` in one pass
        and ``apart`` with a state of zeros before each window. ``counted``: the ``entropy`` in
        bits per letter, the ``letters`` of a text, ``above`` by seed and run of 1, 2, ... letters,
        and ``context``, what the best reader pays above the entropy who knows only the 0, 1, ...
        letters before.

    """
    return {
        "cells": {name: found["cell", name] for name in config.cells},
        "windows": {
            str(k): {
                how: found["window", k, carry] for how, carry in (("carried", True), ("not", False))
            }
            for k in config.windows
        },
        "counted": found[("count",)],
    }


def _cost(config: Config, job: Job) -> float:
    """Return about how long a job takes, in no unit."""
    match job:
        case "cell", _:
            return len(config.seeds) + 5 * len(config.search_seeds)
        case "window", window, _:
            return len(config.seeds) * (1 + 0.02 * float(window))
    return 6.0


EXPERIMENT = Experiment(
    name="letters",
    config=CONFIG,
    quick=QUICK,
    jobs=jobs,
    work=work,
    gather=gather,
    cost=_cost,
)
