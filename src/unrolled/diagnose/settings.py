"""What the settings of a model say: metrics, cuDNN's conditions, states kept between batches."""

import keras
import numpy as np

from unrolled.diagnose.case import Case
from unrolled.diagnose.findings import Finding


def accuracy(case: Case) -> Finding:
    """Look for accuracy in a regression, which hardly ever gives a number that is equal."""
    config = (case.original.get_compile_config() or {}) if case.judge.is_compiled else {}
    named = "accuracy" in str(config.get("metrics")).lower() or "'acc'" in str(config)
    if not named or not case.judge.is_regression:
        return Finding("accuracy", "no accuracy of a regression")
    said = f"accuracy is a metric, and the loss is {case.judge.name}, a regression's"
    return Finding("accuracy", said, False)


def slow(case: Case) -> Finding:
    """Look for what keeps cuDNN's fast routine away; a fault only where there is a GPU."""
    reasons = [why for layer in case.recurrent for why in _kept_from_cudnn(layer)]
    if case.real is not None and case.real[:, 0].mean() < case.real[:, -1].mean():
        reasons.append("padding before the words under a mask")
    if not reasons:
        return Finding("slow", "nothing keeps a GPU's fast routine away")
    has_gpu = bool(keras.distribution.list_devices("gpu"))
    said = f"kept from cuDNN by {reasons[0]}"
    return Finding("slow", said if has_gpu else f"no GPU here; on one, {said}", not has_gpu)


def _kept_from_cudnn(layer: object) -> list[str]:
    if not isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
        return [f"{type(layer).__name__} {getattr(layer, 'name', '')}"]
    wanted = {"recurrent_dropout": 0, "unroll": False, "use_bias": True}
    if isinstance(layer, keras.layers.GRU):
        wanted["reset_after"] = True
    wrong = [
        f"{name}={getattr(layer, name)}"
        for name, fine in wanted.items()
        if getattr(layer, name) != fine
    ]
    for name, fine in {"activation": "tanh", "recurrent_activation": "sigmoid"}.items():
        found = getattr(getattr(layer, name), "__name__", "?")
        wrong += [f"{name}={found}"] if found != fine else []
    return [f"{one} of {layer.name}" for one in wrong]


def stateful_order(case: Case) -> Finding:
    """Where a state is kept, ask whether rows go on where those of the last batch ended."""
    size = case.fixed
    if not size or not any(getattr(layer, "stateful", False) for layer in case.recurrent):
        return Finding("stateful-order", "no layer keeps its state between batches")
    x = case.all_x
    if len(x) < 2 * size:
        return Finding("stateful-order", "not asked: fewer rows than two batches")
    ends, starts = x[:-size, -1], x[size:, 0]
    if case.kind == "ids":
        return Finding("stateful-order", "not asked: ids do not show whether rows go on")
    follow = np.abs(starts - ends).mean()
    apart = np.abs(starts - case.rng.permutation(ends)).mean()
    said = f"rows start {follow:.2g} from where the row a batch before ended"
    said += f", {apart:.2g} from where any ended"
    return Finding("stateful-order", said, bool(follow < 0.7 * apart))


def stateful_batch(case: Case) -> Finding:
    """Where a model takes one batch size only, ask whether the rows are whole batches."""
    if not case.fixed:
        return Finding("stateful-batch", "it takes batches of any size")
    rest = len(case.all_x) % case.fixed
    said = f"it takes batches of {case.fixed} only, and {len(case.all_x)} rows leave {rest}"
    return Finding("stateful-batch", said, rest == 0)
