"""Forecasts of four series by RNN, GRU and LSTM, and by what they have to beat.

From each of some rolling origins every model learns from what lies before and forecasts the steps
after it, one ahead. Networks have about the same number of parameters and the same search for a
learning rate, on seeds of their own and before the first origin. Besides, a GRU is asked four
questions: several steps ahead, gaps, a static feature, and differences.
"""

import dataclasses
from typing import Any

import numpy as np

from unrolled import series
from unrolled.activations import Array
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.forecasting import questions
from unrolled.experiments.forecasting.judging import copied, judged
from unrolled.experiments.forecasting.networks import CELLS, Known, Setting, found_rate, learn
from unrolled.experiments.forecasting.tasks import TASKS, Task
from unrolled.experiments.rounding import rounded
from unrolled.series import Framing, Law, Parts, Series


@dataclasses.dataclass(frozen=True)
class Config:
    """What is forecast, by what, and how often.

    Parameters
    ----------
    tasks
        Names in :data:`unrolled.experiments.forecasting.tasks.TASKS`, and the steps of each test
        part, which is also the length of the validation part before it.
    length
        How many steps of each series are taken, the last ones; None takes all.
    origins
        How often each series is forecast, from later and later on.
    cells, units, rates, first, search_seeds, steps, looks, batch
        As of :class:`unrolled.experiments.forecasting.networks.Setting`.
    questions, asked
        Names in :data:`unrolled.experiments.forecasting.questions.WAYS`, and the cell that is
        asked them.
    seeds
        What is reported: one training each, from each origin.
    ahead, horizons
        How many steps are forecast at once, and which of them by a network of their own.
    gaps
        The share of missing values where that is asked about.
    memories, short
        Of the series whose memory is their static feature, and the steps of a window there.
    blocks
        Into how many runs the test steps of all origins are cut, to compare models run by run.

    """

    tasks: tuple[tuple[str, int], ...] = (
        ("made", 200), ("turning", 200), ("co2", 156), ("sunspots", 30),
    )  # fmt: skip
    length: int | None = None
    origins: int = 3
    cells: tuple[str, ...] = tuple(CELLS)
    questions: tuple[str, ...] = tuple(questions.WAYS)
    asked: str = "GRU"
    units: int = 16
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
    first: tuple[float, ...] = (3e-3, 1e-2, 3e-2)
    search_seeds: tuple[int, ...] = (100, 101, 102)
    steps: int = 400
    looks: int = 10
    batch: int = 32
    seeds: tuple[int, ...] = tuple(range(10))
    ahead: int = 12
    horizons: tuple[int, ...] = (1, 2, 4, 8, 12)
    gaps: float = 0.3
    memories: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)
    short: int = 6
    blocks: int = 30

    def setting(self) -> Setting:
        """Return how networks are trained."""
        return Setting(*(getattr(self, name) for name in Setting._fields))


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=(("made", 20),), length=130, origins=2, cells=("RNN",), questions=("ahead", "static"),
    asked="RNN", units=1,
    rates=(1e-2,), first=(1e-2,), search_seeds=(100,), steps=4, looks=2, batch=4, seeds=(0, 1),
    ahead=2, horizons=(1, 2), memories=(0.0, 0.9), blocks=4,
)  # fmt: skip

#: A cell and a series, "known" and a series, or a question and a way.
Job = tuple[str, str]


def jobs(config: Config) -> list[Job]:
    """Return the models of each series, and the questions that a GRU is asked besides."""
    tasks = [name for name, _ in config.tasks]
    each = [(cell, name) for name in tasks for cell in (*config.cells, "known")]
    asked = [(name, way) for name in config.questions for way in questions.WAYS[name]]
    return sorted([*each, *asked], key=lambda job: (-_cost(config, job), job))


def work(config: Config, job: Job) -> dict[str, Any]:
    """Do one job."""
    name, of = job
    if name in questions.WAYS:
        return questions.asked(config, name, of)
    return _known(config, of) if name == "known" else _cell(config, name, of)


def _cost(config: Config, job: Job) -> float:
    """Return about how many seconds a job takes."""
    name, of = job
    if name in CELLS:
        return TASKS[of].steps * {"RNN": 0.5, "GRU": 1, "LSTM": 1}[name]
    return {"known": 8, "ahead": 25, "differences": 40}.get(name, 15)


def _origins(config: Config, name: str) -> tuple[Series, Law | None, list[Parts]]:
    """Return a series, its law if it has one, and its splits."""
    whole, law = TASKS[name].load(config.length)
    test = dict(config.tasks)[name]
    return whole, law, list(series.rolling(whole, config.origins, test, test))


def _framing(task: Task, whole: Series, parts: Parts) -> Framing:
    train = whole[parts.train]
    return Framing.fit(train, task.steps, gaps=task.gaps, from_last=task.from_last)


def _cell(config: Config, cell: str, name: str) -> dict[str, Any]:
    """Search for a cell's rate before the first origin, then forecast from each with all seeds."""
    whole, _, splits = _origins(config, name)
    setting, forecasts, rate, tried = config.setting(), [], None, None
    for parts in splits:
        framing = _framing(TASKS[name], whole, parts)
        known = Known(*(framing.windows(whole, part) for part in parts[:2]))
        if rate is None:
            rate, tried = found_rate(setting, cell, known)
        learnt = learn(setting, cell, known, [(seed, rate) for seed in config.seeds])
        test = framing.windows(whole, parts.test)
        answers = learnt.forecast(test)
        forecasts.append(np.stack([framing.undo(each, whole, test.at)[:, 0] for each in answers]))
    return {"rate": rate, "search": tried, **_judged(config, name, np.concatenate(forecasts, 1))}


def _known(config: Config, name: str) -> dict[str, Any]:
    """Judge the baselines, and the best that there can be where it is known."""
    whole, law, splits = _origins(config, name)
    task = TASKS[name]
    said: dict[str, list[Array]] = {}
    for parts in splits:
        framing = _framing(task, whole, parts)
        train, test = (framing.windows(whole, part) for part in (parts.train, parts.test))
        stepwise = series.autoregression(
            whole, parts.train.stop, order=task.order, differences=int(task.from_last)
        )
        forecasts = {
            "persistence": framing.undo(series.persistence(test), whole, test.at)[:, 0],
            "seasonal naive": framing.undo(series.seasonal_naive(test), whole, test.at)[:, 0],
            "ridge": framing.undo(series.ridge(train)(test), whole, test.at)[:, 0],
            "autoregression": stepwise[test.at],
        }
        for baseline, forecast in forecasts.items():
            said.setdefault(baseline, []).append(forecast)
        if law:
            best, deviations = law.forecast(whole, test.at)
            said.setdefault("best", []).append(best[:, 0])
            said.setdefault("floor", []).append(deviations[:, 0])
    floor = said.pop("floor", None)
    found = {k: _judged(config, name, np.concatenate(v)[None]) for k, v in said.items()}
    about: dict[str, Any] = {"steps": len(whole), "models": found}
    if floor:
        about["floor"] = rounded(np.sqrt(np.mean(np.concatenate(floor) ** 2)))
    return about


def _judged(config: Config, name: str, forecasts: Array) -> dict[str, Any]:
    """Return how far forecasts (S, N) of the test steps of all origins are off."""
    whole, _, splits = _origins(config, name)
    windows = [_framing(TASKS[name], whole, p).windows(whole, p.test) for p in splits]
    at = np.concatenate([each.at for each in windows])
    truth, last = whole.values[at], series.carried(whole.values)[at - 1]
    errors = judged(truth, forecasts, whole[splits[0].train], config.blocks)
    return errors | copied(truth, last, forecasts, at)


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all models of each series together, and what was asked besides.

    Returns
    -------
    dict
        ``series``: by name, ``steps`` of the whole, ``floor``, the RMSE of the best forecast in
        the long run, where it is known, and ``models`` by name: what
        :mod:`unrolled.experiments.forecasting.judging` says, cells with ``rate`` and ``search``
        besides. ``asked``: by question and way, as of
        :mod:`unrolled.experiments.forecasting.questions`.

    """
    all_series = {}
    for name, _ in config.tasks:
        about = found["known", name]
        cells = {cell: found[cell, name] for cell in config.cells}
        all_series[name] = {**about, "models": {**about["models"], **cells}}
    asked = {
        name: {way: found[name, way] for way in questions.WAYS[name]} for name in config.questions
    }
    return {"series": all_series, "asked": asked}


EXPERIMENT = Experiment(
    name="forecasting",
    config=CONFIG,
    quick=QUICK,
    jobs=jobs,
    work=work,
    gather=gather,
    cost=_cost,
)
