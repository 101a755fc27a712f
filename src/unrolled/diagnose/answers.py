"""What the answers show beside the targets."""

import numpy as np

from unrolled.diagnose.case import SERIES, Array, Case
from unrolled.diagnose.findings import Finding
from unrolled.diagnose.targets import aligned
from unrolled.series import shift


def shape(case: Case) -> Finding:
    """Compare the shapes of targets and answers: Keras repeats targets without a word."""
    targets, answers = case.given.shape[1:], case.answers.shape[1:]
    said = f"a row's target has shape {targets}, its answer {answers}"
    if case.is_repeated:
        said += ": the loss compares every answer with a repeated target"
    return Finding("shape", said, not case.is_repeated)


def baseline(case: Case) -> Finding:
    """Compare the loss with that of the best answer that is the same for all."""
    how = "" if case.judge.is_compiled else " (not compiled, so by this loss)"
    said = f"{case.judge.name} {case.loss:.3g}, best constant {case.guess:.3g}{how}"
    return Finding("baseline", said, case.learns or case.loss <= 1e-9)


def same_answer(case: Case) -> Finding:
    """Ask whether different rows get different answers."""
    wanted = float(case.y_numbers.std(0).mean())
    said = f"answers deviate by {case.spread:.2g}, targets by {wanted:.2g}"
    return Finding("same-answer", said, case.spread > 0.01 * wanted or wanted < 1e-9)


def seed(case: Case) -> Finding:
    """Ask the same rows twice."""
    off = float(np.abs(case.ask(case.x) - case.answers).max())
    # `predict` shuts dropout that was left on; a direct call does not.
    first, second = case.call(case.x), case.call(case.x)
    off = max(off, float(np.abs(first - second).max()))
    if not off > 1e-3 * (case.spread + 1e-3 * np.abs(case.answers).max()):
        return Finding("seed", "asked twice, it answers the same")
    said = f"asked twice, answers differ by up to {off:.2g}: something is drawn at prediction"
    return Finding("seed", said, False)


def scale(case: Case) -> Finding:
    """Look for targets far beyond 1, which nothing puts answers into the unit of."""
    if not case.judge.is_regression:
        return Finding("scale", "not asked: targets are classes")
    mean, deviation = float(case.y.mean()), float(case.y.std())
    said = f"targets have mean {mean:.3g} and deviation {deviation:.3g}"
    off = abs(mean - float(case.answers.mean()))
    is_large = max(abs(mean), deviation) > 10 or 0 < deviation < 1e-3
    is_far = off > 2 * deviation or not case.loss < 0.9 * case.guess
    if not is_large or not is_far or _rescales(case):
        return Finding("scale", said)
    rate = getattr(getattr(case.original, "optimizer", None), "learning_rate", 1e-3)
    steps = max(off, deviation) / float(np.asarray(rate))
    said += f", answers mean {case.answers.mean():.3g}"
    return Finding("scale", f"{said}: some {steps:,.0f} steps of the rate away", False)


def _rescales(case: Case) -> bool:
    return any(type(la).__name__ in ("Rescaling", "Normalization") for la in case.layers[-2:])


def shifted(case: Case) -> Finding:
    """Compare a forecast with the last value, and ask whether it is a late copy of it."""
    if not case.judge.is_regression or case.kind != "floats" or case.x.ndim != 3:
        return Finding("shifted", "not asked: no regression on rows of numbers")
    if case.y.shape[1:] not in ((), (1,)):
        return Finding("shifted", "not asked: more than one number a row")
    last = _last(case, case.x)
    y = case.y.reshape(-1, 1)
    errors = ((last - y) ** 2).mean(0)
    if errors.min() > 0.5 * y.var():
        return Finding("shifted", "not asked: the last value is no forecast of the target")
    best = last[:, errors.argmin()].reshape(case.answers.shape)
    persistence = case.judge(case.y, best)
    said = f"{case.judge.name} {case.loss:.3g}, the last value {persistence:.3g}"
    lag = _lag(case) if case.is_series else None
    if lag is None:
        said += "; rows are no series, so no shift was asked for"
    elif lag:
        said += f"; answers fit the targets of {lag} step{'s' * (lag > 1)} before best"
    return Finding("shifted", said, case.loss < persistence)


def _last(case: Case, x: Array) -> Array:
    """Return the features of each row's last real step, (n, D)."""
    if case.real is None or len(x) != len(case.real):
        return np.asarray(x[:, -1], np.float64)
    steps = x.shape[1] - 1 - case.real[:, ::-1].argmax(1)
    return np.asarray(x[np.arange(len(x)), steps], np.float64)


def _lag(case: Case) -> int:
    """Return how many steps earlier the targets stand that answers fit best."""
    answers = case.ask(case.all_x[:SERIES])
    y, _ = aligned(case.all_y[:SERIES], answers, case.judge)
    if not np.ptp(answers):
        return 0
    return shift(y.ravel(), answers.ravel(), min(5, len(y) // 4)).lag
