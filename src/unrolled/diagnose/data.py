"""What rows and targets show by themselves."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsRegressor

from unrolled.diagnose.answers import _last
from unrolled.diagnose.case import Array, Case
from unrolled.diagnose.findings import Finding

MOST_ROWS, MOST_COLUMNS = 800, 300


def steps(case: Case) -> Finding:
    """Look for rows of one step, which are no sequences."""
    if case.kind == "texts" or case.x.ndim < 3:
        return Finding("steps", f"rows of {case.steps} steps" if case.steps else "rows of words")
    features = f"{case.x.shape[2]} feature{'s' * (case.x.shape[2] > 1)}"
    said = f"rows of {case.steps} steps with {features}"
    if case.steps > 1 or not case.recurrent:
        return Finding("steps", said)
    said = f"rows of 1 step with {features}: nothing is repeated"
    return Finding("steps", said, False)


def leak(case: Case) -> Finding:
    """Look for the target in the last step of its own row."""
    if not case.judge.is_regression or case.kind != "floats" or case.x.ndim != 3:
        return Finding("leak", "not asked: no regression on rows of numbers")
    if case.y.shape[1:] not in ((), (1,)) or case.y.std() < 1e-9:
        return Finding("leak", "not asked: more than one number a row, or one for all")
    last, y = _last(case, case.x), case.y.reshape(-1, 1)
    same = np.isclose(last, y, rtol=1e-5, atol=1e-6 * y.std()).mean(0)
    if same.max() < 0.9:
        return Finding("leak", "the target does not stand in its row's last step")
    said = f"in {same.max():.0%} of the rows the last step holds the target"
    return Finding("leak", f"{said} (feature {same.argmax()})", False)


def split(case: Case) -> Finding:
    """Compare the last rows, which ``validation_split`` takes, with the others."""
    if case.is_series:
        return Finding("split", "rows are one series: the last rows are the latest, as they should")
    y = np.asarray(case.all_y, np.float64).reshape(len(case.all_y), -1)
    if not case.judge.is_regression and case.judge.task == "sparse":
        y = np.stack([(y == one).mean(1) for one in np.unique(y)[:50]], 1)
    cut = int(len(y) * 0.8)
    first, last = y[:cut], y[cut:]
    pooled = np.sqrt((first.var(0) * len(first) + last.var(0) * len(last)) / len(y))
    apart = np.abs(first.mean(0) - last.mean(0))
    error = pooled * np.sqrt(1 / len(first) + 1 / len(last))
    worst = int((apart - 5 * error - 0.5 * y.std(0)).argmax())
    said = f"mean target {last.mean(0)[worst]:.3g} in the last fifth of the rows"
    said += f", {first.mean(0)[worst]:.3g} in the others"
    is_off = apart[worst] > 5 * error[worst] and apart[worst] > 0.5 * y.std(0)[worst]
    return Finding("split", said, not (is_off and len(last) > 4))


def data(case: Case) -> Finding:
    """Where the model is no better than a constant, ask simple models, too."""
    if case.learns or case.loss <= 1e-9:
        return Finding("data", "not asked: the model does better than a constant")
    y = case.judge.numbers(case.all_y, case.answers) if _is_flat(case) else case.all_y
    y = np.asarray(y, np.float64).reshape(len(case.all_y), -1).mean(1)
    if case.judge.task in ("sparse", "classes"):
        y = np.asarray(case.all_y, np.float64).reshape(len(case.all_y), -1)[:, 0]
    if len(y) < 40 or y.std() < 1e-12:
        return Finding("data", "not asked: fewer than 40 rows, or one target for all")
    order = np.random.default_rng(0).permutation(len(y))[:MOST_ROWS]
    y = (y[order] - y[order].mean()) / y[order].std()
    skill = {name: 1 - _error(model, columns, y) for name, model, columns in _rivals(case, order)}
    best = max(skill, key=lambda name: skill[name])
    said = f"{best} explains {max(0, skill[best]):.0%} of the targets' variance on held-out rows"
    if skill[best] < 0.05:
        return Finding("data", f"{said}: rows may not hold the number", False)
    return Finding("data", f"{said}, so there is something to learn")


def _is_flat(case: Case) -> bool:
    return case.all_y.ndim == 1 and case.judge.task == "binary"


def _rivals(case: Case, order: Array) -> list[tuple[str, object, Array]]:
    """Return simple models, each with its name and the rows as columns."""
    rows = case.all_x[order]
    ridge = RidgeCV(np.logspace(-3, 4, 8))
    if case.kind == "texts":
        return [("a ridge on words", ridge, TfidfVectorizer().fit_transform(rows.tolist()))]
    columns = np.asarray(rows, np.float64).reshape(len(rows), -1)
    if case.kind == "ids":
        most = int(min(columns.max(), 2000))
        counts = np.stack([(columns == one).sum(1) for one in range(1, most + 1)], 1)
        first = ("a ridge on counts", ridge, counts.astype(np.float64))
    else:
        first = ("a ridge", ridge, columns[:, -MOST_COLUMNS:])
    columns = columns[:, -MOST_COLUMNS:]
    trees = ExtraTreesRegressor(30, min_samples_leaf=3, max_features=0.5, random_state=0)
    near = KNeighborsRegressor(min(10, len(rows) // 4))
    return [first, ("nearest rows", near, columns), ("random trees", trees, columns)]


def _error(model: object, columns: Array, y: Array) -> float:
    guessed = cross_val_predict(model, columns, y, cv=3)
    return float(np.mean((guessed - y) ** 2))
