"""Forecasts by small networks, of many seeds side by side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.experiments.choosing.cells import KINDS, units_for
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search
from unrolled.experiments.training import Network, evaluate, init_network, stack, train, where
from unrolled.series import Windows
from unrolled.tasks import Sequences

#: So many members are trained side by side, that a search and what follows are compiled once.
SIDE = 10
#: The cells by the names of results, and which of the book's kinds each is.
CELLS = {"RNN": "RNN", "GRU": "GRU, after", "LSTM": "LSTM, bias 1"}


class Setting(NamedTuple):
    """How networks are trained.

    ``units`` are the LSTM's; other cells get as many as come nearest to its parameters.
    ``rates`` may be tried, and ``first`` are tried first, each with ``search_seeds``. ``looks`` is
    how often in ``steps`` the validation part is looked at.
    """

    units: int
    rates: Sequence[float]
    first: Sequence[float]
    search_seeds: Sequence[int]
    steps: int
    looks: int
    batch: int


class Known(NamedTuple):
    """What a network learns from, and what decides when it was best."""

    train: Windows
    validation: Windows


class Learnt(NamedTuple):
    """S networks of one cell, each as it was when it erred least on the validation part, (S,)."""

    cell: Any
    networks: Network
    losses: Array

    def member(self, which: slice) -> "Learnt":
        """Return some of them."""
        import jax

        networks = jax.tree.map(lambda array: array[which], self.networks)
        return self._replace(networks=networks, losses=self.losses[which])

    def forecast(self, windows: Windows) -> Array:
        """Return what they answer to N windows, (S, N, ahead)."""
        return evaluate(self.cell, self.networks, sequences(windows), "squared")[0]


def learn(
    setting: Setting, name: str, known: Known, members: Sequence[tuple[int, float]]
) -> Learnt:
    """Train a network for each of ``members``, a seed and a learning rate, on drawn windows.

    The rate falls to 0 in a straight line. A seed decides the start and the order of the windows.
    """
    kind, asked = KINDS[CELLS[name]], len(members)
    filled = [*members, *[members[-1]] * (-asked % SIDE)]
    seeds, rates = zip(*filled, strict=True)
    from_these, unseen = sequences(known.train), sequences(known.validation)
    features, outputs = from_these.x.shape[2], from_these.targets.shape[1]
    units = units_for(kind.parameters, lstm.count(features, setting.units), features)
    networks = stack(
        init_network(kind.init, np.random.default_rng([seed, 0]), features, units, outputs)
        for seed in seeds
    )
    rngs = {seed: np.random.default_rng([seed, 1]) for seed in seeds}
    falling = np.linspace(1, 0, setting.steps, endpoint=False)[:, None] * np.array(rates)

    def draw(rng: np.random.Generator, count: int) -> Sequences:
        rows = rng.integers(len(from_these.x), size=count)
        x, targets, lengths = from_these
        return Sequences(x[rows], targets[rows], lengths[rows])

    best, least = networks, evaluate(kind.cell, networks, unseen, "squared")[1]
    for stage in train(
        kind.cell, networks, draw, [rngs[seed] for seed in seeds], falling, loss="squared",
        steps=setting.steps, every=setting.steps // setting.looks, batch=setting.batch,
    ):  # fmt: skip
        losses = evaluate(kind.cell, stage.networks, unseen, "squared")[1]
        best = where(losses < least, stage.networks, best)
        least = np.fmin(losses, least)
    return Learnt(kind.cell, best, least).member(slice(asked))


def found_rate(setting: Setting, name: str, known: Known) -> tuple[float, dict[str, Any]]:
    """Return the rate at which a cell errs least on the validation part, and what was tried.

    Where the best is an end of the ladder it is taken all the same, and the record shows it.
    """

    def losses_at(rates: list[float]) -> Array:
        members = [(seed, rate) for rate in rates for seed in setting.search_seeds]
        return learn(setting, name, known, members).losses.reshape(len(rates), -1)

    tried = search(losses_at, setting.rates, setting.first, score=np.mean).losses
    rate = min(tried, key=lambda rate: float(np.mean(tried[rate])))
    return float(rate), {rate: rounded(losses) for rate, losses in tried.items()}


def sequences(windows: Windows) -> Sequences:
    """Return windows as sequences: static features, if any, stand beside the input of each step.

    Windows with a missing target are left out.
    """
    x, _, static, targets, *_ = windows.complete()
    beside = np.repeat(static[:, None], x.shape[1], axis=1)
    lengths = np.full(len(x), x.shape[1])
    return Sequences(np.concatenate([x, beside], axis=2), targets, lengths)


def recursive(learnt: Learnt, windows: Windows, *, forced: bool = False) -> Array:
    """Forecast several steps (S, N, ahead) by networks that forecast one, each from the last.

    The inputs are a value and the calendar. Where it is ``forced``, each next input is the true
    value and not the network's own: teacher forcing :cite:p:`williams1989`.
    """
    each = []
    for k in range(len(learnt.losses)):
        one = learnt.member(slice(k, k + 1))
        inputs, answers = windows.inputs, []
        for h in range(windows.targets.shape[1]):
            now = windows._replace(inputs=inputs, targets=windows.targets[:, [h]])
            answers.append(one.forecast(now)[0, :, 0])
            value = windows.targets[:, h] if forced else answers[-1]
            after = np.concatenate([value[:, None], windows.known[:, h]], axis=1)
            inputs = np.concatenate([inputs[:, 1:], after[:, None]], axis=1)
        each.append(np.stack(answers, axis=1))
    return np.stack(each)
