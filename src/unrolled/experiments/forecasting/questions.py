"""What one cell is asked besides: several steps ahead, gaps, a static feature, differences."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from unrolled import series
from unrolled.experiments.forecasting.judging import by_horizon, in_blocks, judged
from unrolled.experiments.forecasting.networks import (
    Known,
    Learnt,
    found_rate,
    learn,
    recursive,
)
from unrolled.experiments.forecasting.tasks import TASKS
from unrolled.experiments.rounding import rounded
from unrolled.series import Framing, Series, Windows, together

if TYPE_CHECKING:
    from unrolled.experiments.forecasting.study import Config

#: Each question, and the ways that are compared.
WAYS = {
    "ahead": ("recursive", "direct", "vector", "known"),
    "gaps": ("carry", "tell"),
    "static": ("without", "with"),
    "differences": ("values", "differences"),
}


def asked(config: "Config", question: str, way: str) -> dict[str, Any]:
    """Ask a question in one way."""
    return QUESTIONS[question](config, way)


def _taught(config: "Config", known: Known, rate: float | None = None) -> Learnt:
    """Search for a rate, if there is none, and train a network for each seed with it."""
    setting = config.setting()
    if rate is None:
        rate, _ = found_rate(setting, config.asked, known)
    return learn(setting, config.asked, known, [(seed, rate) for seed in config.seeds])


def _ahead(config: "Config", way: str) -> dict[str, Any]:
    """Forecast several steps of a made series without gaps; ``rmse`` has a list for each horizon.

    ``last`` has the mean squared errors at the last horizon, in blocks. The recursive way has
    ``forced``, too: the errors of the same networks where each next input is the truth.
    """
    whole, law = series.made(0, config.length or 2000)
    parts = series.split(whole)

    def windows(ahead: int, part: slice) -> Windows:
        return Framing.fit(whole[parts.train], TASKS["made"].steps, ahead).windows(whole, part)

    test = windows(config.ahead, parts.test)
    scale = Framing.fit(whole[parts.train], 1).scale

    def told(forecasts: Any, truth: Any = test.targets) -> dict[str, Any]:
        squares = ((forecasts - truth) ** 2).mean(axis=0)[:, -1] * scale**2
        errors = by_horizon(truth * scale, forecasts * scale)
        return {"rmse": errors, "last": in_blocks(squares, config.blocks)}

    if way == "known":
        models = {
            "persistence": series.persistence,
            "seasonal naive": series.seasonal_naive,
            "ridge": series.ridge(windows(config.ahead, parts.train)),
        }
        found = {name: told(model(test)[None]) for name, model in models.items()}
        floor = law.forecast(whole, test.at, config.ahead)[1]
        return {**found, "floor": rounded(np.sqrt((floor**2).mean(axis=0)))}
    if way == "direct":
        answers, rate = [], None
        for horizon in config.horizons:
            known = Known(*(_last_of(windows(horizon, part)) for part in parts[:2]))
            if rate is None:  # That of the first horizon serves for all.
                rate, _ = found_rate(config.setting(), config.asked, known)
            answers.append(_taught(config, known, rate).forecast(_last_of(test)))
        columns = np.array(config.horizons) - 1
        return told(np.concatenate(answers, axis=2), test.targets[:, columns])
    ahead = config.ahead if way == "vector" else 1
    learnt = _taught(config, Known(*(windows(ahead, part) for part in parts[:2])))
    if way == "vector":
        return told(learnt.forecast(test))
    forced = told(recursive(learnt, test, forced=True))["rmse"]
    return {**told(recursive(learnt, test)), "forced": forced}


def _last_of(windows: Windows) -> Windows:
    """Return windows that ask for their last step alone."""
    return windows._replace(targets=windows.targets[:, -1:])


def _gaps(config: "Config", way: str) -> dict[str, Any]:
    """Forecast a made series of which a good share is missing; ``ridge`` gets the same windows."""
    whole, law = series.made(1, config.length or 2000, gaps=config.gaps)
    parts = series.split(whole)
    framing = Framing.fit(whole[parts.train], TASKS["made"].steps, gaps=way)  # type: ignore[arg-type]
    found = _one_step(config, [whole], [framing.windows(whole, part) for part in parts], framing)
    _, deviations = law.forecast(whole, framing.windows(whole, parts.test).at)
    return {**found, "floor": rounded(np.sqrt(np.mean(deviations**2)))}


def _static(config: "Config", way: str) -> dict[str, Any]:
    """Forecast many made series by one network, which is told the memory of each or is not."""
    steps = (config.length or 4000) // 4
    each = [series.made(k, steps, memory=m, drift=0)[0] for k, m in enumerate(config.memories)]
    splits = [series.split(one) for one in each]
    framing = Framing.fit(
        [one[parts.train] for one, parts in zip(each, splits, strict=True)], config.short
    )
    windows = [
        together([framing.windows(one, parts[k]) for one, parts in zip(each, splits, strict=True)])
        for k in range(3)
    ]
    if way == "without":
        windows = [w._replace(static=w.static[:, :0]) for w in windows]
    return {**_one_step(config, each, windows, framing), "floor": 1.0}


def _differences(config: "Config", way: str) -> dict[str, Any]:
    """Forecast CO₂, whose values go beyond all that were learnt from, or its differences."""
    whole, _ = TASKS["co2"].load(config.length)
    parts = series.split(whole)
    framing = Framing.fit(whole[parts.train], TASKS["co2"].steps, from_last=way == "differences")
    return _one_step(config, [whole], [framing.windows(whole, part) for part in parts], framing)


def _one_step(
    config: "Config", each: list[Series], windows: list[Windows], framing: Framing
) -> dict[str, Any]:
    """Return how far the cell is off, and ``ridge`` and ``persistence`` on the same windows."""
    train, validation, test = windows
    learnt = _taught(config, Known(train, validation))
    whole = each[0]  # It matters only where windows are counted from their last value.

    def own(scaled: Any) -> Any:
        return framing.undo(scaled, whole, test.at)[:, 0]

    def told(forecasts: Any) -> dict[str, Any]:
        found = np.stack([own(forecast) for forecast in forecasts])
        return judged(own(test.targets), found, whole, config.blocks)

    others = {"ridge": series.ridge(train)(test), "persistence": series.persistence(test)}
    return {
        **told(learnt.forecast(test)),
        **{name: told(forecast[None]) for name, forecast in others.items()},
    }


QUESTIONS: dict[str, Callable[["Config", str], dict[str, Any]]] = {
    "ahead": _ahead,
    "gaps": _gaps,
    "static": _static,
    "differences": _differences,
}
