"""How near to people's own ratings a model comes, and what it has to beat, on four kinds of text.

Results hold metrics, counts and ids. They hold no text of the archive.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.human_ratings import models
from unrolled.text import Corpus, Splits, metrics, raters, ratings

Answers = NDArray[np.floating]
PARTS = ("train", "validation", "test")
#: Which model is compared with which, on the same texts.
PAIRS = (
    ("counts", "word_and_character_ridge"),
    ("fit", "word_and_character_ridge"),
    ("fit", "counts"),
    ("recipe", "word_and_character_ridge"),
    ("fit_words", "fit"),
    ("fit_both", "vader"),
    ("fit_both", "vader_ridge"),
    ("ridge_all", "word_and_character_ridge"),
    ("fit_all", "ridge_all"),
    ("fit_all", "fit"),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    domains
        Names in :data:`unrolled.text.ratings.DOMAINS`.
    split_seed
        Of the split into documents to learn from and to be asked; one split for all.
    texts
        How many texts of each part are taken at most; None takes all.
    listed
        How many of VADER's words are taught at most; None takes all.
    seeds
        One model of each kind in ``thorough`` is trained for each, of the others for the first.
    thorough
        Kinds of models.
    regressor, recipe
        Arguments of the text regressor, where they are not its own defaults, and of the book's
        recipe.
    slow, slow_domains
        Kinds of models that learn from these domains alone, because they take long.
    level
        Of the intervals around the answers of ``fit``.
    draws
        How often one rater is drawn for each text, to be compared with the others.
    bins
        Into how many equal parts the answers are cut to compare them with the ratings.
    worst
        How many of the worst answers are kept for each domain.

    """

    domains: tuple[str, ...] = tuple(ratings.DOMAINS)
    split_seed: int = 0
    texts: int | None = None
    listed: int | None = None
    seeds: tuple[int, ...] = (0, 1)
    thorough: tuple[str, ...] = ("counts", "fit", "fit_both")
    regressor: dict[str, Any] = dataclasses.field(default_factory=dict)
    recipe: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "units": 32,
            "epochs": 4,
            "batch_size": 32,
            "learning_rate": 2e-3,
        }
    )
    slow: tuple[str, ...] = ("recipe",)
    slow_domains: tuple[str, ...] = ("tweets",)
    level: float = 0.9
    draws: int = 20
    bins: int = 8
    worst: int = 5


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    domains=("tweets", "nyt"),
    texts=96,
    listed=300,
    seeds=(0,),
    regressor={
        "embedding_dim": 4, "units": 4, "epochs": 1, "batch_size": 64, "learning_rate": 0.05,
        "folds": 2,
    },
    recipe={"units": 4, "embedding_dim": 4, "epochs": 3, "learning_rate": 0.05},
    slow=("recipe", "fit_words", "fit_both"),
    draws=2,
)  # fmt: skip
#: A kind of model; the domains it learns from; its seed.
Job = tuple[str, tuple[str, ...], int]
#: About how many seconds a training takes.
COST = {
    "fit_all": 600,
    "fit_both": 100,
    "fit_words": 100,
    "recipe": 100,
    "fit": 80,
}
#: The texts of films are the most.
LARGE, LARGER = "movies", 2.5


def jobs(config: Config) -> list[Job]:
    """Return all trainings, the longest first; raises ``ValueError`` for no seed or no draw."""
    if not config.seeds or config.draws < 1:
        raise ValueError(f"expected at least one seed and one draw, got {config}")
    found: list[Job] = []
    for kind in models.KINDS:
        seeds = config.seeds if kind in config.thorough else config.seeds[:1]
        domains = config.slow_domains if kind in config.slow else config.domains
        of_all = kind in models.OF_ALL
        each = [config.domains] if of_all else [(name,) for name in domains]
        found += [(kind, one, seed) for one in each for seed in seeds]
    return sorted(found, key=lambda job: -cost(config, job))


def cost(config: Config, job: Job) -> float:
    """Return about how many seconds a training takes."""
    kind, domains, _ = job
    return COST.get(kind, 10) * (LARGER if domains == (LARGE,) else 1)


def learn(config: Config, job: Job) -> dict[str, Any]:
    """Train, and return by domain the answers to the test texts and what else is told of them."""
    kind, domains, seed = job
    splits = {name: load(config, name) for name in domains}
    found = models.KINDS[kind](splits, config, seed)
    return {
        name: {**told, "answers": [float(answer) for answer in told["answers"]]}
        for name, told in found.items()
    }


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Measure all models on the same test texts.

    Returns
    -------
    dict
        For each domain ``counts``; ``scores``, by model a list of metrics, one for each seed;
        ``intervals`` of the first seed's scores, by document; ``gains`` in r, by pair of models;
        ``told``, what the first seed's model tells besides; ``one_human``, the mean over the draws;
        ``ceiling``, the highest r that the raters' noise allows; ``calibration`` and ``worst`` of
        ``fit``. Errors are in rating points.

    """
    told: dict[str, dict[str, list[Any]]] = {name: {} for name in config.domains}
    for (kind, _, _), by_domain in sorted(found.items(), key=lambda each: each[0][2]):
        for name, one in by_domain.items():
            told[name].setdefault(kind, []).append(one)
    return {
        "domains": {
            name: _measured(name, load(config, name), each, config) for name, each in told.items()
        }
    }


def load(config: Config, name: str) -> Splits:
    """Return the texts of a domain, of each part as many as the config takes."""
    splits = ratings.load(name, config.split_seed)
    parts = (splits.train, splits.validation, splits.test)
    return Splits(*(part.take(range(len(part))[: config.texts]) for part in parts))


def _measured(
    name: str, split: Splits, told: dict[str, list[Any]], config: Config
) -> dict[str, Any]:
    """Measure the answers of all models against the ratings, and the raters against themselves."""
    test = split.test
    found = {kind: [np.array(one["answers"]) for one in each] for kind, each in told.items()}
    given = {row.id: row.raters for row in ratings.rows(name)}
    rated = [given[key] for key in test.ids if len(given[key]) > 1]
    pairs = [raters.one_against_others(rated, seed) for seed in range(config.draws)]
    human = _mean([metrics.all_metrics(others, one) for one, others in pairs])
    return {
        "counts": {
            **{part: len(getattr(split, part)) for part in PARTS},
            "test_rated_by_two_or_more": len(rated),
        },
        "scores": {
            kind: [metrics.all_metrics(test.targets, answer) for answer in each]
            for kind, each in found.items()
        },
        "intervals": {
            kind: metrics.intervals(test.targets, each[0], groups=test.groups)
            for kind, each in found.items()
        },
        "gains": gains(test, found, human["pearson"]),
        "told": {
            kind: {key: value for key, value in each[0].items() if key != "answers"}
            for kind, each in told.items()
            if len(each[0]) > 1
        },
        "one_human": human,
        "ceiling": raters.ceiling(rated),
        "calibration": _calibration(test.targets, found["fit"][0], config.bins),
        "worst": _worst(test, found["fit"][0], config.worst),
    }


def gains(
    test: Corpus, found: dict[str, list[Answers]], human: float | None
) -> list[dict[str, Any]]:
    """Return how much higher r is with one model than with another, on the same texts.

    Each has ``first`` and ``second``, the ``gain``, which is the mean over the seeds that both
    have, or of the one that has more, and its standard ``error``: how far other documents would
    move it. The last one's second is one human, of whom one number is known.
    """
    drawn, r = dict[str, Any](), dict[str, float]()
    for kind, each in found.items():
        scores = [metrics.all_metrics(test.targets, answers)["pearson"] for answers in each]
        known = [score for score in scores if score is not None]
        if known:
            r[kind] = float(np.mean(known))
            draws = [
                metrics.resampled(test.targets, answers, groups=test.groups)["pearson"]
                for answers in each
            ]
            drawn[kind] = np.mean(draws, axis=0)
    if human is not None:
        r["one_human"], drawn["one_human"] = human, 0.0
    return [
        {
            "first": first,
            "second": second,
            "gain": r[first] - r[second],
            "error": float(np.nanstd(drawn[first] - drawn[second])),
        }
        for first, second in (*PAIRS, ("fit_both", "one_human"))
        if {first, second} <= r.keys()
    ]


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


EXPERIMENT = Experiment(
    "human-ratings", CONFIG, QUICK, jobs, learn, gather,
    cost=cost, ratings=lambda config: config.domains,
)  # fmt: skip
