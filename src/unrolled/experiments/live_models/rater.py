"""The model that rates a text: a ridge that counts what weighs most, and how far off it may be."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments.experiment import Values
from unrolled.experiments.live_models.models import Numbers, trained, written
from unrolled.regressor import web
from unrolled.regressor.counting import Counted, Counting, Grams
from unrolled.regressor.intervals import learn, signs, unknown
from unrolled.regressor.pieces import tokens
from unrolled.regressor.portable import Model
from unrolled.regressor.portable.file import ModelFile
from unrolled.text import Corpus, Splits, baselines, metrics, ratings

#: Names of people, and numbers.
PRIVATE = re.compile(r"@\w*|\d+")


class Rated(NamedTuple):
    """What teaches the rater, texts and words; what tells how far off it is; tests by domain."""

    known: Corpus
    aside: Corpus
    words: list[str]
    worth: Numbers
    asked: dict[str, Corpus]


def rate(config: Any) -> Values:
    """Train the model that rates a text from −4 to 4; errors are in rating points."""
    rated = rated_texts(config)
    content, plan = trained(rated.known, config.rater, also=(rated.words, rated.worth))
    if plan["share"] < 1:
        content = lighter(content, plan, rated, config)
    content = with_doubt(content, rated.aside)
    models = {"before": Model(content), "after": Model(web.rounded(content, config.bits))}
    about = {
        domain: {
            **{name: measured(model, test) for name, model in models.items()},
            "interval": interval(models["after"], test),
        }
        for domain, test in rated.asked.items()
    }
    return {
        **written("rater", content, config.bits),
        "plan": plan,
        "counts": {
            "train": len(rated.known), "words": len(rated.words), "aside": len(rated.aside),
            "test": sum(map(len, rated.asked.values())),
        },
        "domains": about,
    }  # fmt: skip


def measured(model: Model, test: Corpus) -> dict[str, float | None]:
    """Return how near the answers come to people's ratings."""
    found = metrics.all_metrics(test.targets, model.predict(test.texts))
    return {key: found[key] for key in ("pearson", "mae")}


def interval(model: Model, test: Corpus) -> dict[str, float]:
    """Return the share of ratings that lie in their interval, and its mean width."""
    _, lows, highs, _ = model.predict(test.texts, web.LEVEL)
    held = (lows <= test.targets) & (test.targets <= highs)
    return {"held": float(held.mean()), "width": float((highs - lows).mean())}


def rated_texts(config: Any) -> Rated:
    """Return what is learnt and asked; what teaches is public."""
    asked, parts = dict[str, Corpus](), []
    for domain in config.domains:
        train, validation, asked[domain] = _few(
            ratings.load(domain, config.split_seed), config.texts
        )
        parts.append((train, validation))
    words, worth = baselines.vader_words()
    known, aside = (_together(each) for each in zip(*parts, strict=True))
    return Rated(known, aside, words[: config.listed], worth[: config.listed], asked)


def _together(parts: Iterable[Corpus]) -> Corpus:
    """Return all texts without what is private, but for those in which nothing is left."""
    rows = [
        (text, target, group)
        for part in parts
        for text, target, group in zip(
            map(public, part.texts), part.targets, part.groups, strict=True
        )
        if any(map(str.isalpha, text))
    ]
    texts, targets, groups = zip(*rows, strict=True)
    return Corpus(list(texts), np.array(targets), list(groups))


def _few(splits: Splits, most: int | None) -> list[Corpus]:
    parts = (splits.train, splits.validation, splits.test)
    return [part.take(range(len(part))[:most]) for part in parts]


def public(text: str) -> str:
    """Take names of people and numbers out of a text.

    >>> public("@ann: 10 of 10")
    ': of'
    """
    return " ".join(PRIVATE.sub(" ", text).split())


def lighter(content: ModelFile, plan: dict[str, Any], rated: Rated, config: Any) -> ModelFile:
    """Return a model that counts fewer features: those which move answers most, learnt again."""
    known, words = rated.known, rated.words if plan["also"] else []
    cut = [[*tokens(text)] for text in (*known.texts, *words)]
    targets = np.concatenate([known.targets, rated.worth[: len(words)]])
    targets = (targets - content.config.mean) / content.config.scale
    weights = np.repeat([1.0, plan["also"]], [len(known), len(words)])
    how = plan["alpha"], plan["letters"]
    whole = Counted(cut)
    ridge = whole.learn(targets, weights, *how)
    grams = _telling(whole, ridge, cut, len(known), config)
    ridge = Counted(cut, grams=grams).learn(targets, weights, *how)
    return content._replace(
        config=content.config._replace(words=len(grams.words), letters=len(grams.letters)),
        grams=grams,
        weights=content.weights._replace(
            table=ridge.table, bias=np.array([ridge.bias], np.float32)
        ),
    )


def _telling(
    whole: Counted, ridge: Counting, cut: Sequence[Sequence[str]], texts: int, config: Any
) -> Grams:
    """Return the features of the largest weights among those that stand in enough texts.

    A word counts as much as the pairs that it is in, for they need it.
    """
    names = [*whole.grams.words, *whole.grams.letters]
    often = whole.matrix[:texts].getnnz(axis=0) >= config.least
    listed = {" ".join(text).lower() for text in cut[texts:]}
    often |= np.array([name in listed for name in names])
    weights = np.where(often, np.abs(ridge.table.prod(axis=1)), 0)
    places = {name: n for n, name in enumerate(whole.grams.words)}
    pairs = {name: n for name, n in places.items() if " " in name}
    for name, n in pairs.items():  # One is counted only where both of its words are.
        words = [places.get(word) for word in name.split(" ")]
        weights[n] *= None not in words
        for word in words:
            if word is not None:
                weights[word] = max(weights[word], weights[n])
    most = np.argsort(-weights, kind="stable")[: config.grams]
    kept = np.sort(most[weights[most] > 0])
    count = len(whole.grams.words)
    return Grams([names[n] for n in kept if n < count], [names[n] for n in kept if n >= count])


def with_doubt(content: ModelFile, aside: Corpus) -> ModelFile:
    """Return a model that tells how far off it may be, by texts that it has not learnt from."""
    alone = [
        Model(content._replace(config=content.config._replace(share=share, mean=0.0, scale=1.0)))
        for share in (0.0, 1.0)
    ]
    counted, read = (model.predict(aside.texts).astype(np.float32) for model in alone)
    cut = [[*tokens(text)] for text in aside.texts]
    told = signs(
        read if len(content.grams) and content.weights.readers else None, counted,
        np.array([1 + len(text) for text in cut]), unknown(cut, content.grams, content.pieces),
    )  # fmt: skip
    off = (Model(content).predict(aside.texts) - aside.targets) / content.config.scale
    doubt = learn(told, off.astype(np.float32))
    return content._replace(
        config=content.config._replace(scores=len(doubt.scores)),
        weights=content.weights._replace(doubt=doubt),
    )
