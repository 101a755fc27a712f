"""A Transformer encoder, a BiLSTM, a GRU and a ridge on six tasks, at equal budgets.

All networks have about the same number of parameters and the same number of trials: each learning
rate with each seed of the search, no more for whoever did badly. What is reported comes from other
seeds at the rate that erred least, from sequences that no search has seen. Each training rises to
its rate, falls to zero, and keeps what erred least on the validation part on the way.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.experiments.training import Network, evaluate, init_network, stack, train, where
from unrolled.experiments.transformer import encoder
from unrolled.experiments.transformer.readers import READERS
from unrolled.experiments.transformer.ridge import fitted
from unrolled.experiments.transformer.tasks import Task, best_forecast, prepared
from unrolled.tasks import Sequences

#: Losses above this, and what is no number, count as this: a network that has blown up.
WORST = 1e3
#: Test sentences of the clock are told apart by their words: at most so many, or more.
WORDS = (4, 7, 10)


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, and where the budgets are equal.

    The whole has to end within about ten minutes on two cores, and this was cut for it: one size
    of network, small batches, few steps, sequences of about fifty steps at most, four amounts of
    sentences, two seeds for each trial.

    Parameters
    ----------
    tasks
        Name, size and training steps of each, as of
        :func:`unrolled.experiments.transformer.tasks.prepared`.
    amounts
        Numbers of clock sentences from which each learns, its size among them.
    readers
        Names in :data:`unrolled.experiments.transformer.readers.READERS`.
    width
        Of the Transformer. The others get as many units as come nearest to its parameters.
    rates, search_seeds
        The learning rates that are tried, all of them, each with these seeds.
    warm_up
        The share of the steps in which the rate rises.
    penalties
        Of the ridge: as many trials as there are rates.
    seeds
        What is reported: one training each.
    batch, looks, held_out
        Sequences in a batch, how often the validation part is looked at, and how many sequences
        judge where they can be made at will.
    lengths, at_lengths
        Numbers of steps at which networks that learnt adding are asked besides, and how many
        sequences of each.

    """

    tasks: tuple[tuple[str, int, int], ...] = (
        ("adding", 40, 500),
        ("order", 51, 300),
        ("copy", 20, 600),
        ("clock", 2000, 700),
        ("tweets", 0, 300),
        ("forecast", 2000, 300),
    )
    amounts: tuple[int, ...] = (100, 500, 2000, 10_000)
    readers: tuple[str, ...] = tuple(READERS)
    width: int = 16
    rates: tuple[float, ...] = (1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.256)
    search_seeds: tuple[int, ...] = (100, 101)
    warm_up: float = 0.1
    penalties: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    seeds: tuple[int, ...] = tuple(range(10))
    batch: int = 20
    looks: int = 10
    held_out: int = 256
    lengths: tuple[int, ...] = (20, 40, 60, 80)
    at_lengths: int = 64


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=(("adding", 6, 4),), amounts=(), readers=("Transformer",), width=4,
    rates=(1e-2,), search_seeds=(100, 101), penalties=(1.0,), seeds=(0, 1), batch=8,
    looks=2, held_out=8, lengths=(6,), at_lengths=8,
)  # fmt: skip

#: A task and a reader, or a task and "ridge".
Job = tuple[str, str]


def jobs(config: Config) -> list[Job]:
    """Return each reader on each task, and the ridge."""
    each = [(task, reader) for task, *_ in config.tasks for reader in (*config.readers, "ridge")]
    return sorted(each, key=lambda job: (-_cost(config, job), job))


def work(config: Config, job: Job) -> dict[str, Any]:
    """Do one job: by size, of which only the clock has several."""
    name, reader = job
    found = {}
    for size in _sizes(config, name):
        task = prepared(name, size, config.held_out)
        if reader == "ridge":
            found[str(size)] = _ridge(config, name, task)
        else:
            found[str(size)] = _network(config, name, task, reader)
    return found


def _sizes(config: Config, name: str) -> Sequence[int]:
    return config.amounts if name == "clock" else [_told(config, name)[0]]


def _told(config: Config, name: str) -> tuple[int, int]:
    """Return a task's size and training steps."""
    return next((size, steps) for task, size, steps in config.tasks if task == name)


def _ridge(config: Config, name: str, task: Task) -> dict[str, Any]:
    """Fit the ridge to as many sequences as a network sees, at most 4,000."""
    shown = min(_told(config, name)[1] * config.batch, 4000)
    found = fitted(task, shown, config.penalties, pairs=name == "clock")
    if name == "forecast":
        found["best"] = rounded(best_forecast(_told(config, name)[0]))
    return found


def _network(config: Config, name: str, task: Task, reader: str) -> dict[str, Any]:
    """Search for a rate, then train one network for each seed."""
    units = READERS[reader].units_for(encoder.count(task.features, config.width), task.features)
    steps = _told(config, name)[1]

    def learnt(members: Sequence[tuple[int, float]]) -> Learnt:
        return learn(config, reader, units, task, members, steps)

    trials = learnt([(seed, rate) for rate in config.rates for seed in config.search_seeds])
    losses = dict(zip(config.rates, trials.losses.reshape(len(config.rates), -1), strict=True))
    rate = min(losses, key=lambda rate: float(losses[rate].mean()))
    told = learnt([(seed, rate) for seed in config.seeds])
    answers = told.answers(task.test, task.loss)
    return {
        "units": units,
        "parameters": READERS[reader].parameters(task.features, units),
        "rate": rate,
        "search": {str(rate): rounded(each) for rate, each in losses.items()},
        "scores": rounded([task.score(each, task.test.targets) for each in answers]),
        "curves": [rounded(curve) for curve in told.curves],
        **_by_length(config, name, task, told, answers),
    }


class Learnt(NamedTuple):
    """S networks, each as it was when it erred least on the validation part.

    ``curves`` (S, looks + 1) are of all looks, and ``losses`` (S,) the least of each.
    """

    cell: Any
    networks: Network
    losses: Array
    curves: Array

    def answers(self, unseen: Sequences, loss: Any) -> Array:
        """Return what they answer, (S, N, K) or (S, N, T, K); what is no number is 0."""
        return np.nan_to_num(evaluate(self.cell, self.networks, unseen, loss)[0])


def learn(
    config: Config,
    reader: str,
    units: int,
    task: Task,
    members: Sequence[tuple[int, float]],
    steps: int,
) -> Learnt:
    """Train a network for each of ``members``, a seed and a learning rate, side by side."""
    kind = READERS[reader]
    seeds, rates = zip(*members, strict=True)
    sizes = task.features, units, task.outputs, task.vocabulary
    best = stack(init_network(kind.init, np.random.default_rng([s, 0]), *sizes) for s in seeds)
    rngs = {seed: np.random.default_rng([seed, 1]) for seed in seeds}

    def losses(networks: Network) -> Array:
        found = evaluate(kind.cell, networks, task.validation, task.loss)[1]
        return np.minimum(np.nan_to_num(found, nan=WORST), WORST)

    curves = [losses(best)]
    for stage in train(
        kind.cell, best, task.draw, [rngs[seed] for seed in seeds],
        schedule(steps, config.warm_up)[:, None] * np.array(rates), loss=task.loss,
        steps=steps, every=steps // config.looks, batch=config.batch,
    ):  # fmt: skip
        now = losses(stage.networks)
        best = where(now < np.min(curves, axis=0), stage.networks, best)
        curves.append(now)
    return Learnt(kind.cell, best, np.min(curves, axis=0), np.array(curves).T)


def schedule(steps: int, warm_up: float) -> Array:
    """Return by what a rate is multiplied at each step: it rises at first, then falls to 0.

    >>> schedule(5, 0.4)
    array([0.5, 0.8, 0.6, 0.4, 0.2])
    """
    after = np.arange(steps)
    return np.minimum((after + 1) / max(warm_up * steps, 1), 1 - after / steps)


def _by_length(
    config: Config, name: str, task: Task, told: Learnt, answers: Array
) -> dict[str, Any]:
    """Return how a task's networks fare with other lengths; only adding and the clock are asked."""
    if name == "adding":
        others = {T: prepared(name, T, config.at_lengths).test for T in config.lengths}
        return {
            "by_steps": {
                str(T): rounded(
                    [task.score(a, unseen.targets) for a in told.answers(unseen, task.loss)]
                )
                for T, unseen in others.items()
            }
        }
    if name == "clock":
        place = np.digitize(task.test.lengths, WORDS, right=True)
        return {
            "by_words": [
                rounded([task.score(a[place == k], task.test.targets[place == k]) for a in answers])
                for k in range(len(WORDS) + 1)
            ]
        }
    return {}


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all readers on all tasks together.

    Returns
    -------
    dict
        By task, then by size, then by reader: ``units``, ``parameters`` of what reads, ``rate``,
        ``search``, the losses of all trials by rate; ``scores``, one for each seed: the mean
        squared error (adding), the share of right answers (order, copy), the mean absolute error
        in minutes (clock), Pearson's r (tweets), the RMSE (forecast); ``curves``, the validation
        loss of each seed; ``by_steps`` of adding, scores by the steps of a sequence, and
        ``by_words`` of the clock, scores by how many words a sentence has. ``ridge`` has
        ``score``, ``penalty`` and ``search``, and of the forecast ``best``, the RMSE of the best
        forecast that there can be.

    """
    return {
        name: {
            str(size): {
                reader: found[name, reader][str(size)] for reader in (*config.readers, "ridge")
            }
            for size in _sizes(config, name)
        }
        for name, *_ in config.tasks
    }


def _cost(config: Config, job: Job) -> float:
    """Return about how many seconds a job takes."""
    name, reader = job
    if reader == "ridge":
        return 3
    size, steps = _told(config, name)
    length = {"adding": size, "order": 51, "copy": size + 20, "forecast": 24, "tweets": 24}
    each = {"Transformer": 1.6, "BiLSTM": 0.8, "GRU": 0.7}[reader]
    return 15 + 2 * steps * each * len(_sizes(config, name)) * length.get(name, 16) / 1000


EXPERIMENT = Experiment(
    name="cells-or-attention",
    config=CONFIG,
    quick=QUICK,
    jobs=jobs,
    work=work,
    gather=gather,
    cost=_cost,
    ratings=lambda config: [task for task, *_ in config.tasks if task == "tweets"],
)
