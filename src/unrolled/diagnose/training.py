"""What training does: numbers that are none, and a small batch that must be learnt by heart."""

import keras
import numpy as np

from unrolled.diagnose.case import Case
from unrolled.diagnose.findings import Finding
from unrolled.diagnose.rehearsal import REHEARSAL, STEPS, broken_weight

UNBOUNDED = {"relu", "elu", "selu", "leaky_relu", "linear", "softplus", "exponential", "gelu"}


def unbounded(case: Case) -> str:
    """Return a sentence about gated layers whose activation has no bound, or nothing."""
    for layer in case.recurrent:
        name = getattr(getattr(layer, "activation", None), "__name__", "")
        if name in UNBOUNDED and isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
            return f"; {layer.name} has the activation {name}, which has no bound"
    return ""


def nan(case: Case) -> Finding:
    """Look for NaN and infinity in weights, in answers, and in some steps of training."""
    why = unbounded(case)
    if name := broken_weight(case):
        return Finding("nan", f"weights of {name} are no finite numbers{why}", False)
    if not np.isfinite(case.answers).all():
        share = 1 - np.isfinite(case.answers).mean()
        return Finding("nan", f"{share:.0%} of the answers are no finite numbers{why}", False)
    found = case.training
    if found.broke_at is not None:
        said = f"after {found.broke_at} steps of training {found.broken} is no number{why}"
        return Finding("nan", said, False)
    tenfold = _answers_to_longer(case)
    if why and tenfold > 1e3:
        said = f"ten times as many steps make answers {tenfold:.0e} times as large{why}"
        return Finding("nan", said, False)
    return Finding("nan", f"answers, weights and {REHEARSAL} steps of training are finite")


def _answers_to_longer(case: Case) -> float:
    """Return how many times larger answers to rows repeated ten times are."""
    if case.kind == "texts" or not case.free_length or case.answers.ndim > 2:
        return 1.0
    long = case.ask(np.repeat(case.x[:8], 10, axis=1))
    size = np.abs(case.answers[:8]).max() + 1e-9
    return float(np.nan_to_num(np.abs(long).max(), nan=np.inf) / size)


def by_heart(case: Case) -> Finding:
    """Let a copy learn a few rows by heart, which every network that is sound can."""
    found = case.training
    if found.broke_at is not None:
        return Finding("by-heart", "not asked: training breaks, see nan")
    if found.guess <= 1e-12 or found.rows < 2:
        return Finding("by-heart", "not asked: no rows with different targets")
    own, best = found.own / found.guess, found.best / found.guess
    told = f"{found.rows} rows by heart within {STEPS} steps: {own:.0%} of a constant's loss"
    if own > 0.9 and best <= 0.1 and not case.learns:
        rate = _rate(case)
        said = f"{told} with its own optimizer{rate}, {best:.0%} with Adam at 0.01"
        return Finding("by-heart", said, False)
    if best > 0.25 and case.loss > 0.5 * case.guess:
        frozen = sum(not layer.trainable for layer in case.layers if layer.weights)
        why = f"; {frozen} layers with weights are not trainable" if frozen else ""
        return Finding("by-heart", f"{told}, {best:.0%} with Adam at 0.01{why}", False)
    return Finding("by-heart", told if own <= best else f"{told}; Adam at 0.01: {best:.0%}")


def _rate(case: Case) -> str:
    own = getattr(case.original, "optimizer", None)
    return "" if own is None else f" (rate {float(np.asarray(own.learning_rate)):g})"
