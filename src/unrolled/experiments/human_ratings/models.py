"""The models that are held against people's ratings, from a constant to all that we have.

Each takes the splits of its domains, the config and a seed, learns from training and validation
texts together, and returns by domain its ``answers`` to the test texts, with what else it tells.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.text import OOV, Splits, baselines

Answers = NDArray[np.floating]
#: By domain what a model answers and tells.
Told = dict[str, dict[str, Any]]
Model = Callable[[dict[str, Splits], Any, int], Told]


def known(split: Splits) -> tuple[list[str], NDArray[np.float64], list[str]]:
    """Return all texts to learn from, their targets, and their documents."""
    train, validation = split.train, split.validation
    return (
        [*train.texts, *validation.texts],
        np.concatenate([train.targets, validation.targets]),
        [*train.groups, *validation.groups],
    )


def _baseline(learn: Any, splits: dict[str, Splits], config: Any, seed: int) -> Told:
    ((name, split),) = splits.items()
    texts, targets, _ = known(split)
    return {name: {"answers": learn(texts, targets).predict(split.test.texts)}}


def _vader_ridge(splits: dict[str, Splits], config: Any, seed: int) -> Told:
    """Add VADER's score to the ridge's features, over its deviation."""
    ((name, split),) = splits.items()
    texts, targets, _ = known(split)
    scores = baselines.vader_scores(texts)
    mean, scale = scores.mean(), scores.std() or 1.0
    ridge = baselines.word_and_character_ridge(
        texts, targets, beside=((scores - mean) / scale)[:, None]
    )
    asked = (baselines.vader_scores(split.test.texts) - mean) / scale
    return {name: {"answers": ridge.predict(split.test.texts, asked[:, None])}}


def _recipe(splits: dict[str, Splits], config: Any, seed: int) -> Told:
    from unrolled.keras_models import recipe

    ((name, split),) = splits.items()
    trained, _ = recipe.train(
        split.train.texts, split.train.targets,
        (split.validation.texts, split.validation.targets),
        seed=seed, verbose=0, **config.recipe,
    )  # fmt: skip
    return {name: {"answers": read(trained, split)}}


def read(model: Any, split: Splits) -> Answers:
    """Return the recipe's answers; it refuses a text of unknown words only: that gets the mean."""
    from unrolled.keras_models import recipe

    answers = np.full(len(split.test), split.train.targets.mean())
    ids = np.asarray(model.layers[0](split.test.texts))
    rows = np.flatnonzero((ids > OOV).any(axis=1))
    if len(rows):
        answers[rows] = recipe.predict(model, [split.test.texts[row] for row in rows])
    return answers


def _fit(
    splits: dict[str, Splits], config: Any, seed: int,
    reads: bool = True, words: bool = False, score: bool = False,
) -> Told:  # fmt: skip
    """Train the regressor on one domain; with VADER's words to teach it, or its score beside."""
    from unrolled.regressor import TextRegressor

    ((name, split),) = splits.items()
    texts, targets, groups = known(split)
    settings: dict[str, Any] = {**config.regressor} if reads else {"readers": 0}
    if score:
        settings |= {"text": "text", "columns": ("score",)}

    def table(texts: list[str]) -> Any:
        return {"text": texts, "score": baselines.vader_scores(texts)} if score else texts

    model = TextRegressor(random_state=seed, verbose=0, **settings)
    listed, values = baselines.vader_words() if words else ([], np.zeros(0))
    also = (listed[: config.listed], values[: config.listed]) if words else None
    model.fit(table(texts), targets, groups=groups, also=also)
    return {name: {"answers": model.predict(table(split.test.texts)), **_told(model, config)}}


def _plain(splits: dict[str, Splits], config: Any, seed: int) -> Told:
    """Train the regressor as it comes, and see how its intervals hold, here and elsewhere."""
    from unrolled.regressor import TextRegressor

    ((name, split),) = splits.items()
    texts, targets, groups = known(split)
    model = TextRegressor(random_state=seed, verbose=0, **config.regressor)
    model.fit(texts, targets, groups=groups)
    return {
        name: {
            "answers": model.predict(split.test.texts),
            **_told(model, config),
            "held": {other: _held(model, name, other, config) for other in config.domains},
        }
    }


def _held(model: Any, name: str, other: str, config: Any) -> dict[str, Any]:
    """Return how many of a domain's test texts lie in their intervals, and how wide these are.

    Of a model's own domain, too, by thirds: by the length of the text, and by the answer.
    """
    from unrolled.experiments.human_ratings.study import load

    test = load(config, other).test
    found = model.predict(test.texts, interval=config.level)
    inside = (found.lows <= test.targets) & (test.targets <= found.highs)
    told: dict[str, Any] = {
        "inside": int(inside.sum()),
        "texts": len(inside),
        "width": float((found.highs - found.lows).mean()),
        "strange": int(found.strange.sum()),
    }
    if other == name:
        for by, values in {"length": list(map(len, test.texts)), "answer": found.answers}.items():
            thirds = np.array_split(np.argsort(values, kind="stable"), 3)
            told[f"by_{by}"] = [[int(inside[third].sum()), len(third)] for third in thirds]
    return told


def _ridge_all(splits: dict[str, Splits], config: Any, seed: int) -> Told:
    """Learn one ridge from all domains."""

    def learn(texts: list[str], targets: Any, groups: list[str]) -> Any:
        return baselines.word_and_character_ridge(texts, targets)

    return _together(splits, learn)


def _fit_all(splits: dict[str, Splits], config: Any, seed: int) -> Told:
    """Train one regressor on all domains."""
    from unrolled.regressor import TextRegressor

    def learn(texts: list[str], targets: Any, groups: list[str]) -> Any:
        model = TextRegressor(random_state=seed, verbose=0, **config.regressor)
        return model.fit(texts, targets, groups=groups)

    return _together(splits, learn)


def _together(splits: dict[str, Splits], learn: Any) -> Told:
    """Learn from several domains, each text tagged by its own.

    Each target is taken less its domain's mean and over its scale.
    """
    from unrolled.regressor.pieces import tagged

    texts, targets, groups, scales = list[str](), list[float](), list[str](), {}
    for name, split in splits.items():
        of_domain, given, documents = known(split)
        scales[name] = mean, scale = float(given.mean()), float(given.std())
        texts += [tagged(text, name) for text in of_domain]
        targets += ((given - mean) / scale).tolist()
        groups += [f"{name} {document}" for document in documents]
    model = learn(texts, targets, groups)
    return {
        name: {
            "answers": mean
            + scale * model.predict([tagged(text, name) for text in splits[name].test.texts])
        }
        for name, (mean, scale) in scales.items()
    }


def _told(model: Any, config: Any) -> dict[str, Any]:
    """Return what a regressor tells of itself."""
    found, plan = model.report_["out_of_fold"], model.plan_._asdict()
    return {
        "plan": {n: plan[n] for n in ("alpha", "also", "epochs", "share", "taught", "left")},
        "out_of_fold": {part: scores["pearson"] for part, scores in found.items()},
    }


KINDS: dict[str, Model] = {
    "constant": partial(_baseline, baselines.constant),
    "word_ridge": partial(_baseline, baselines.word_ridge),
    "word_and_character_ridge": partial(_baseline, baselines.word_and_character_ridge),
    "recipe": _recipe,
    "counts": partial(_fit, reads=False),
    "fit": _plain,
    "vader": partial(_baseline, baselines.vader),
    "vader_ridge": _vader_ridge,
    "fit_words": partial(_fit, words=True),
    "fit_both": partial(_fit, words=True, score=True),
    "ridge_all": _ridge_all,
    "fit_all": _fit_all,
}
#: Those that learn from all domains at once.
OF_ALL = ("ridge_all", "fit_all")
