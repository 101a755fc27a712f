"""How near to people's own ratings a model comes, and what it has to beat, on four kinds of text.

Results hold metrics, counts and ids. They hold no text of the archive.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments import note_recipe
from unrolled.experiments.resume import resumable
from unrolled.keras_models import recipe
from unrolled.regressor import TextRegressor
from unrolled.regressor.examples import Example, Examples, Indices, collect
from unrolled.regressor.pieces import tagged
from unrolled.text import OOV, Corpus, Splits, baselines, metrics, raters, ratings

Answers = NDArray[np.floating]
PARTS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    domains
        Names in :data:`unrolled.text.ratings.DOMAINS`.
    split_seed
        Of the split into training, validation and test documents; one split for all.
    seeds
        One model of each kind is trained for each.
    readers, epochs
        Of the text regressor.
    recipe_epochs
        Of the book's recipe, which has 32 units and batches of 32.
    note_domains, note_epochs
        Where the recipe of the replaced note runs too, with the first seed, and for how long at
        most: it is slow.
    draws
        How often one rater is drawn for each text, to be compared with the others.
    bins
        Into how many equal parts the answers are cut to compare them with the ratings.
    worst
        How many of the worst answers are kept for each domain.
    workers
        Processes that train side by side, each with one thread; 1 trains in this process.

    """

    domains: tuple[str, ...] = tuple(ratings.DOMAINS)
    split_seed: int = 0
    seeds: tuple[int, ...] = (0, 1, 2)
    readers: int = 1
    epochs: int = 5
    recipe_epochs: int = 4
    note_domains: tuple[str, ...] = tuple(ratings.DOMAINS)
    note_epochs: int = 2
    draws: int = 20
    bins: int = 8
    worst: int = 5
    workers: int = 2


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    domains=("tweets", "nyt"), seeds=(0, 1), readers=1, epochs=1, recipe_epochs=1,
    note_domains=("tweets",), note_epochs=1, draws=2, workers=1,
)  # fmt: skip


def run(
    config: Config, tell: Callable[[str], None] = print, keep: Path | None = None
) -> dict[str, Any]:
    """Train all models on each domain and measure all on the same test texts.

    ``tell`` and ``keep`` are those of :func:`unrolled.experiments.resume.resumable`.

    Returns
    -------
    dict
        For each domain ``counts``; ``scores``, by model a list of metrics, one for each seed;
        ``intervals`` of the first seed's scores, by document; ``one_human``, the mean over the
        draws; ``ceiling``, the highest r that the raters' noise allows; ``calibration`` and
        ``worst`` of ``both``: the mean of ``one_domain``, the regressor that learns from this
        domain, and ``all_domains``, which learns from all of them.
        Errors are in rating points.

    Raises
    ------
    DataUnavailable
        If the archive cannot be had.
    ValueError
        If there is no seed or no draw, or a size cannot be trained with.

    """
    if not config.seeds or config.draws < 1:
        raise ValueError(f"expected at least one seed and one draw, got {config}")
    splits = {name: ratings.load(name, config.split_seed) for name in config.domains}
    found: dict[str, dict[str, list[Answers]]] = {name: _counted(s) for name, s in splits.items()}
    learnt = resumable(
        _learn, _jobs(config), "experiments.human_ratings.study", config.workers, keep, _cost, tell
    )
    for job, answers in learnt:
        for name, answer in answers.items():
            found[name].setdefault(job.model, []).append(np.array(answer))
    for each in found.values():
        pairs = zip(each["one_domain"], each["all_domains"], strict=True)
        each["both"] = [(alone + together) / 2 for alone, together in pairs]
    return {"domains": {n: _measured(n, s, found[n], config) for n, s in splits.items()}}


class Job(NamedTuple):
    """One model to train: of which kind, on which domains, with which seed."""

    model: str
    domains: tuple[str, ...]
    seed: int
    config: Config

    def __str__(self) -> str:
        """Return what is told when it is done."""
        return f"{self.model}, {' and '.join(self.domains)}, seed {self.seed}"


def _jobs(config: Config) -> list[Job]:
    """Return all trainings, the longest first."""
    alone = [
        Job(model, (name,), seed, config)
        for model in ("one_domain", "recipe")
        for name in config.domains
        for seed in config.seeds
    ]
    note = [Job("note", (name,), config.seeds[0], config) for name in config.note_domains]
    return [*note, *(Job("all_domains", config.domains, s, config) for s in config.seeds), *alone]


def _cost(job: Job) -> float:
    """Return about how many seconds a training takes."""
    return {"note": 300.0, "all_domains": 190.0, "one_domain": 80.0, "recipe": 100.0}[job.model]


def _learn(job: Job) -> dict[str, list[float]]:
    """Train one model and return its answers to the test texts, by domain."""
    return {name: [float(a) for a in each] for name, each in _answered(job).items()}


def _answered(job: Job) -> dict[str, Answers]:
    config, seed = job.config, job.seed
    splits = {name: ratings.load(name, config.split_seed) for name in job.domains}
    if job.model in ("all_domains", "one_domain"):
        return _regressed(splits, config, seed)
    ((name, split),) = splits.items()
    if job.model == "note":
        predict, _ = note_recipe.train(
            split.train, split.validation, epochs=config.note_epochs, seed=seed
        )
        return {name: predict(split.test.texts)}
    model, _ = recipe.train(
        split.train.texts, split.train.targets,
        (split.validation.texts, split.validation.targets),
        units=32, epochs=config.recipe_epochs, batch_size=32, learning_rate=2e-3,
        seed=seed, verbose=0,
    )  # fmt: skip
    return {name: read(model, split)}


def _regressed(splits: dict[str, Splits], config: Config, seed: int) -> dict[str, Answers]:
    """Train the regressor on one domain, or on several with each text tagged by its own."""
    scales = {n: (s.train.targets.mean(), s.train.targets.std()) for n, s in splits.items()}
    examples, rows = _encoded(splits, scales, tag=len(splits) > 1)
    train, validation = (
        np.concatenate([rows[name, part] for name in splits]) for part in ("train", "validation")
    )
    model = TextRegressor(
        readers=config.readers, epochs=config.epochs, random_state=seed, verbose=0
    )
    model.fit_examples(examples, train, validation)
    answers = {}
    for name, (mean, scale) in scales.items():
        answer = model.predict_examples(examples, rows[name, "test"])
        answers[name] = np.clip(mean + scale * answer, ratings.LOWEST, ratings.HIGHEST)
    return answers


def _encoded(
    splits: dict[str, Splits], scales: dict[str, tuple[float, float]], tag: bool
) -> tuple[Examples, dict[tuple[str, str], Indices]]:
    """Encode all texts, each target less its domain's mean and over its scale.

    The second value holds the rows of each domain and part.
    """
    examples: list[Example] = []
    rows: dict[tuple[str, str], Indices] = {}
    for name, split in splits.items():
        mean, scale = scales[name]
        for part in PARTS:
            corpus = getattr(split, part)
            rows[name, part] = np.arange(len(examples), len(examples) + len(corpus))
            for text, target in zip(corpus.texts, corpus.targets, strict=True):
                marked = tagged(text, name) if tag else text
                examples.append(Example(marked, float((target - mean) / scale)))
    return collect(examples), rows


def _counted(split: Splits) -> dict[str, list[Answers]]:
    """Return the answers of what is not trained by seed: a constant, ridges, a lexicon."""
    rivals = {
        "constant": baselines.constant,
        "word_ridge": baselines.word_ridge,
        "word_and_character_ridge": baselines.word_and_character_ridge,
        "vader": baselines.vader,
    }
    return {
        name: [learn(split.train.texts, split.train.targets).predict(split.test.texts)]
        for name, learn in rivals.items()
    }


def read(model: Any, split: Splits) -> Answers:
    """Return the recipe's answers; it refuses a text of unknown words only: that gets the mean."""
    answers = np.full(len(split.test), split.train.targets.mean())
    ids = np.asarray(model.layers[0](split.test.texts))
    known = np.flatnonzero((ids > OOV).any(axis=1))
    if len(known):
        answers[known] = recipe.predict(model, [split.test.texts[row] for row in known])
    return answers


def _measured(
    name: str, split: Splits, found: dict[str, list[Answers]], config: Config
) -> dict[str, Any]:
    """Measure the answers of all models against the ratings, and the raters against themselves."""
    test = split.test
    given = {row.id: row.raters for row in ratings.rows(name)}
    rated = [given[key] for key in test.ids if len(given[key]) > 1]
    pairs = [raters.one_against_others(rated, seed) for seed in range(config.draws)]
    human = [metrics.all_metrics(others, one) for one, others in pairs]
    answers = found["both"][0]
    return {
        "counts": {
            **{part: len(getattr(split, part)) for part in PARTS},
            "test_rated_by_two_or_more": len(rated),
        },
        "scores": {
            model: [metrics.all_metrics(test.targets, answer) for answer in each]
            for model, each in found.items()
        },
        "intervals": {
            model: metrics.intervals(test.targets, each[0], groups=test.groups)
            for model, each in found.items()
        },
        "one_human": _mean(human),
        "ceiling": raters.ceiling(rated),
        "calibration": _calibration(test.targets, answers, config.bins),
        "worst": _worst(test, answers, config.worst),
    }


def _calibration(truth: NDArray[Any], answers: Answers, bins: int) -> list[dict[str, float]]:
    """Return, for equal parts of the texts by rising answer, the mean answer and mean rating."""
    parts = np.array_split(np.argsort(answers, kind="stable"), min(bins, len(answers)))
    return [
        {
            "answer": float(answers[part].mean()),
            "rating": float(truth[part].mean()),
            "error": float(truth[part].std() / np.sqrt(len(part))),
            "texts": len(part),
        }
        for part in parts
    ]


def _worst(test: Corpus, answers: Answers, count: int) -> list[dict[str, Any]]:
    """Return the ids of the texts with the largest errors, with answer and rating."""
    order = np.argsort(-np.abs(answers - test.targets), kind="stable")[:count]
    return [
        {"id": test.ids[i], "answer": float(answers[i]), "rating": float(test.targets[i])}
        for i in order
    ]


def _mean(scores: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    """Return each metric's mean over the scores in which it has a meaning."""
    found: dict[str, float | None] = {}
    for name in scores[0]:
        each = [value for score in scores if (value := score[name]) is not None]
        found[name] = float(np.mean(each)) if each else None
    return found
