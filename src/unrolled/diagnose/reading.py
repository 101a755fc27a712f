"""Which parts of a row reach the answer: first steps, halves of a layer, padding, other rows."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from unrolled.diagnose.case import Array, Case
from unrolled.diagnose.findings import Finding

FEW = 64


def far(case: Case) -> Finding:
    """Ask whether answers hang on the first step where the targets do."""
    if case.kind == "texts" or case.steps < 3 or not case.recurrent or case.answers.ndim > 2:
        return Finding("far", "not asked: no recurrent layer with rows of steps and one answer")
    first, last = (_influence(case, at_end) for at_end in (False, True))
    if not max(first, last) > 0:
        return Finding("far", "not asked: no step moves the answer")
    ratio = first / max(last, 1e-30)
    said = f"the first step moves the answer {ratio:.2g} times as much as the last"
    wanted = ratio < 1e-2 and case.spread != 0 and _misses_the_start(case)
    return Finding("far", said, not wanted)


def _ends(case: Case, rows: int, at_end: bool) -> Array:
    """Return the index of the first or last real step of some rows."""
    real = np.ones((rows, case.steps), bool) if case.real is None else case.real[:rows]
    ends = real.shape[1] - 1 - real[:, ::-1].argmax(1) if at_end else real.argmax(1)
    return np.asarray(ends)


def _influence(case: Case, at_end: bool) -> float:
    """Return how far answers move, on average, when one step is taken from another row."""
    rows = min(FEW, len(case.x))
    x, at = case.x[:rows].copy(), _ends(case, rows, at_end)
    here = x[np.arange(rows), at]
    x[np.arange(rows), at] = np.roll(here, rows // 2 or 1, axis=0)
    answers = case.ask(x)
    return float(np.abs(answers - case.answers[:rows]).mean())


def _misses_the_start(case: Case) -> bool:
    """Tell whether what the answers miss hangs on the first step."""
    missed = (case.y_numbers - case.judge.shares(case.answers)).reshape(len(case.x), -1)
    start = case.x[np.arange(len(case.x)), _ends(case, len(case.x), False)]
    if case.kind == "ids":
        start = np.eye(50)[np.asarray(start, int) % 50]
    start = np.asarray(start, np.float64).reshape(len(case.x), -1)
    start = start[:, start.std(0) > 1e-9][:, :20]
    if not start.shape[1]:
        return False
    start = (start - start.mean(0)) / start.std(0)
    missed = (missed - missed.mean(0)) / (missed.std(0) + 1e-12)
    correlation = np.abs(start.T @ missed / len(start)).max()
    return bool(correlation * np.sqrt(len(start)) > 4.5)


def half_read(case: Case) -> Finding:
    """Ask whether each direction's recurrent weights have a say."""
    idle = [] if case.steps == 1 else [la for la in case.recurrent if _is_idle(case, la)]
    if not idle:
        return Finding("half-read", f"all {len(case.recurrent)} recurrent layers carry a state")
    names = " and ".join(la.name for la in idle)
    said = f"the answer does not hang on the recurrent weights of {names}: it reads one step"
    return Finding("half-read", said, False)


def _is_idle(case: Case, layer: Any) -> bool:
    """Tell whether a layer's inputs reach the answer and its state from step to step does not."""
    names = [weight.name for weight in layer.weights]
    if "recurrent_kernel" not in names or "kernel" not in names:
        return False
    moves = {}
    for name in ("kernel", "recurrent_kernel"):
        with case.moved(layer, names.index(name)):
            answers = case.ask(case.x[:FEW])
        moves[name] = float(np.abs(answers - case.answers[:FEW]).max())
    return moves["recurrent_kernel"] <= 1e-6 * moves["kernel"]


def mask_lost(case: Case) -> Finding:
    """Follow a mask from the layer that makes it to the recurrent layers after it."""
    makers = [la for la in case.layers if _makes_a_mask(la)]
    if not makers:
        return Finding("mask-lost", "no layer makes a mask")
    seen = _masks_seen(case)
    masked = False
    for index, (layer, arrived) in enumerate(seen):
        masked = masked or arrived or layer in makers
        reads = layer in case.recurrent or "GlobalAverage" in type(layer).__name__
        if masked and reads and not arrived:
            before = [la.name for la, had in seen[:index] if had or la in makers][-1]
            said = f"{layer.name} gets no mask: {before} is the last that had it"
            is_harmless = case.real is None and case.kind != "texts"
            said += ", but no row has padding" if is_harmless else ""
            return Finding("mask-lost", said, is_harmless)
    return Finding("mask-lost", "the mask reaches every recurrent layer")


def _makes_a_mask(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Masking) or bool(getattr(layer, "mask_zero", False))


def _masks_seen(case: Case) -> list[tuple[Any, bool]]:
    """Return the layers in the order of their calls, each with whether a mask came with it."""
    seen: list[tuple[Any, bool]] = []

    def watched(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **kwargs: Any) -> Any:
            tensors = [*args, *kwargs.values()]
            had = any(getattr(one, "_keras_mask", None) is not None for one in tensors)
            seen.append((layer, had or kwargs.get("mask") is not None))
            return call(*args, **kwargs)

        return watching

    leaves = [la for la in case.layers if not hasattr(la, "layers")]
    try:
        for layer in leaves:
            layer.call = watched(layer, layer.call)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = case.x[: case.fixed or 8]
            case.model(case.tensor(rows), training=False)
    finally:
        for layer in leaves:
            vars(layer).pop("call", None)
    return seen


def batch(case: Case) -> Finding:
    """Ask whether an answer hangs on padding, or on the other rows of its batch."""
    if case.fixed:
        return Finding("batch", "not asked: the model takes one batch size only")
    rows = min(16, len(case.x))
    together = case.ask(case.x[:rows])
    alone = case.ask(case.x[:rows], batch=1)
    off = _off(case, together[:, : alone.shape[1]] if together.ndim == 3 else together, alone)
    if off > 1e-2:
        said = f"alone and in a batch of {rows}, answers to one row differ by {off:.0%}"
        return Finding("batch", f"{said} of the answers' deviation", False)
    has_mask = any(_makes_a_mask(layer) for layer in case.layers)
    if case.real is None or not (case.free_length or not has_mask):
        return Finding("batch", "a row alone gets the answer that it gets in a batch")
    if case.free_length:
        off, how = _moved_by_padding(case, rows), "eight more steps of padding move"
    else:
        off, how = _moved_by_rolling(case), "a step of padding, put at the other end, moves"
    if off > 1e-2:
        return Finding("batch", f"{how} answers by {off:.0%} of their deviation", False)
    return Finding("batch", "neither padding nor other rows move an answer")


def _off(case: Case, first: Array, second: Array) -> float:
    size = case.spread + 1e-4 * np.abs(case.answers).max() + 1e-7
    first, second = case.judge.shares(first), case.judge.shares(second)
    return float(np.abs(first - second).max() / size)


def _moved_by_rolling(case: Case) -> float:
    """Return how far answers move when one step of padding goes to the other end of its row."""
    assert case.real is not None
    after, before = ~case.real[:, -1], ~case.real[:, 0] & case.real[:, -1]
    if case.answers.ndim == 3 or not (after | before).any():
        return 0.0
    x = case.x.copy()
    x[after], x[before] = np.roll(x[after], 1, axis=1), np.roll(x[before], -1, axis=1)
    return _off(case, case.ask(x), case.answers)


def _moved_by_padding(case: Case, rows: int) -> float:
    """Return how far answers move when rows get more padding, on the side where it is."""
    assert case.real is not None
    value = next((la.mask_value for la in case.layers if isinstance(la, keras.layers.Masking)), 0)
    x, real = case.x[:rows], case.real[:rows]
    after = bool(case.real[:, 0].mean() >= case.real[:, -1].mean())
    more = np.full((rows, 8, *x.shape[2:]), value, x.dtype)
    longer = np.concatenate([x, more] if after else [more, x], 1)
    answers = case.ask(longer)
    before = case.answers[:rows]
    if answers.ndim == 3 and answers.shape[1] == longer.shape[1]:
        answers = answers[:, :-8] if after else answers[:, 8:]
        return _off(case, answers[real], before[real])
    return _off(case, answers, before)
