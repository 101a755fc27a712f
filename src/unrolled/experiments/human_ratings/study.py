"""How near to people's own ratings a model comes, and what it has to beat, on four kinds of text.

Results hold metrics, counts and ids. They hold no text of the archive.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.experiment import Experiment
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
    texts
        How many texts of each part are taken at most; None takes all.
    seeds
        One model of each kind is trained for each.
    regressor, recipe, note
        Arguments of the text regressor, of the book's recipe and of the script of the replaced
        note.
    note_domains
        Where that script runs too, with the first seed: it is slow.
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
    seeds: tuple[int, ...] = (0, 1, 2)
    regressor: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"readers": 1, "epochs": 5}
    )
    recipe: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "units": 32, "epochs": 4, "batch_size": 32, "learning_rate": 2e-3,
        }
    )  # fmt: skip
    note: dict[str, Any] = dataclasses.field(default_factory=lambda: {"epochs": 2})
    note_domains: tuple[str, ...] = tuple(ratings.DOMAINS)
    draws: int = 20
    bins: int = 8
    worst: int = 5


CONFIG = Config()
#: The same path through the code, in seconds; the note's script stands in that of ``text-speed``.
QUICK = Config(
    domains=("tweets", "nyt"),
    texts=96,
    seeds=(0,),
    regressor={"embedding_dim": 4, "units": 4, "epochs": 5, "batch_size": 8, "learning_rate": 0.05},
    recipe={"units": 4, "embedding_dim": 4, "epochs": 3, "learning_rate": 0.05},
    note_domains=(),
    draws=2,
)  # fmt: skip
#: A kind of model, or ``rivals``, which no seed moves; the domains it learns from; its seed.
Job = tuple[str, tuple[str, ...], int]


def jobs(config: Config) -> list[Job]:
    """Return all trainings, the longest first; raises ``ValueError`` for no seed or no draw."""
    if not config.seeds or config.draws < 1:
        raise ValueError(f"expected at least one seed and one draw, got {config}")
    first, alone = config.seeds[0], [(name,) for name in config.domains]
    return [
        *(("note", (name,), first) for name in config.note_domains),
        *(("all_domains", config.domains, seed) for seed in config.seeds),
        *(("recipe", one, seed) for one in alone for seed in config.seeds),
        *(("one_domain", one, seed) for one in alone for seed in config.seeds),
        *(("rivals", one, first) for one in alone),
    ]


def cost(config: Config, job: Job) -> float:
    """Return about how many seconds a training takes."""
    seconds = {"note": 300, "all_domains": 190, "recipe": 100, "one_domain": 80, "rivals": 30}
    return seconds[job[0]]


def learn(config: Config, job: Job) -> dict[str, dict[str, list[float]]]:
    """Train and return the answers to the test texts, by domain and kind of model."""
    model, domains, seed = job
    splits = {name: load(config, name) for name in domains}
    if model in ("one_domain", "all_domains"):
        answers = {name: {model: each} for name, each in _regressed(splits, config, seed).items()}
    else:
        ((name, split),) = splits.items()
        rivals = model == "rivals"
        answers = {name: _rivals(split) if rivals else {model: _read(model, split, config, seed)}}
    return {
        name: {kind: [float(a) for a in each] for kind, each in kinds.items()}
        for name, kinds in answers.items()
    }


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Measure all models on the same test texts.

    Returns
    -------
    dict
        For each domain ``counts``; ``scores``, by model a list of metrics, one for each seed;
        ``intervals`` of the first seed's scores, by document; ``one_human``, the mean over the
        draws; ``ceiling``, the highest r that the raters' noise allows; ``calibration`` and
        ``worst`` of ``both``: the mean of ``one_domain``, the regressor that learns from this
        domain, and ``all_domains``, which learns from all of them.
        Errors are in rating points.

    """
    answers: dict[str, dict[str, list[Answers]]] = {name: {} for name in config.domains}
    for learnt in found.values():
        for name, kinds in learnt.items():
            for kind, each in kinds.items():
                answers[name].setdefault(kind, []).append(np.array(each))
    for kinds in answers.values():
        pairs = zip(kinds["one_domain"], kinds["all_domains"], strict=True)
        kinds["both"] = [(alone + together) / 2 for alone, together in pairs]
    return {
        "domains": {
            name: _measured(name, load(config, name), each, config)
            for name, each in answers.items()
        }
    }


def load(config: Config, name: str) -> Splits:
    """Return the texts of a domain, of each part as many as the config takes."""
    splits = ratings.load(name, config.split_seed)
    parts = (splits.train, splits.validation, splits.test)
    return Splits(*(part.take(range(len(part))[: config.texts]) for part in parts))


def _read(model: str, split: Splits, config: Config, seed: int) -> Answers:
    """Train a script that reads one domain and return its answers to the test texts."""
    if model == "note":
        from unrolled.experiments import note_recipe

        predict, _ = note_recipe.train(split.train, split.validation, seed=seed, **config.note)
        return predict(split.test.texts)
    from unrolled.keras_models import recipe

    trained, _ = recipe.train(
        split.train.texts, split.train.targets,
        (split.validation.texts, split.validation.targets),
        seed=seed, verbose=0, **config.recipe,
    )  # fmt: skip
    return read(trained, split)


def _regressed(splits: dict[str, Splits], config: Config, seed: int) -> dict[str, Answers]:
    """Train the regressor on one domain, or on several with each text tagged by its own.

    Each target is taken less its domain's mean and over its scale.
    """
    from unrolled.regressor import TextRegressor
    from unrolled.regressor.examples import Example, collect
    from unrolled.regressor.pieces import tagged

    scales = {
        n: (float(s.train.targets.mean()), float(s.train.targets.std())) for n, s in splits.items()
    }
    examples: list[Example] = []
    rows: dict[tuple[str, str], NDArray[np.intp]] = {}
    for name, split in splits.items():
        mean, scale = scales[name]
        for part in PARTS:
            corpus = getattr(split, part)
            rows[name, part] = np.arange(len(examples), len(examples) + len(corpus))
            for text, target, group in zip(
                corpus.texts, corpus.targets, corpus.groups, strict=True
            ):
                marked = tagged(text, name) if len(splits) > 1 else text
                examples.append(Example(marked, float((target - mean) / scale), f"{name} {group}"))
    data = collect(examples)
    known = [rows[name, part] for name in splits for part in ("train", "validation")]
    model = TextRegressor(random_state=seed, verbose=0, **config.regressor)
    model.fit_examples(data, np.concatenate(known))
    answers: dict[str, Answers] = {}
    for name, (mean, scale) in scales.items():
        answer = model.predict_examples(data, rows[name, "test"])
        answers[name] = np.clip(mean + scale * answer, ratings.LOWEST, ratings.HIGHEST)
    return answers


def _rivals(split: Splits) -> dict[str, Answers]:
    """Return the answers of what is not trained by seed: a constant, ridges, a lexicon."""
    rivals = {
        "constant": baselines.constant,
        "word_ridge": baselines.word_ridge,
        "word_and_character_ridge": baselines.word_and_character_ridge,
        "vader": baselines.vader,
    }
    return {
        name: fit(split.train.texts, split.train.targets).predict(split.test.texts)
        for name, fit in rivals.items()
    }


def read(model: Any, split: Splits) -> Answers:
    """Return the recipe's answers; it refuses a text of unknown words only: that gets the mean."""
    from unrolled.keras_models import recipe

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


EXPERIMENT = Experiment(
    "human-ratings", CONFIG, QUICK, jobs, learn, gather,
    cost=cost, ratings=lambda config: config.domains,
)  # fmt: skip
