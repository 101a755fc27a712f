"""Models that are small enough for a page, and what their size and their rounding cost.

The results hold no text of the archive, and neither do the models: tags and numbers are taken out
before anything is learnt, and what is counted stands in several texts or in VADER's list.
"""

import dataclasses
import gzip
import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.experiment import Experiment, Values
from unrolled.regressor import web
from unrolled.regressor.counting import Counted, Counting, Grams
from unrolled.regressor.intervals import learn, signs, unknown
from unrolled.regressor.pieces import tokens
from unrolled.regressor.portable import Model
from unrolled.regressor.portable.file import ModelFile, read
from unrolled.text import Corpus, Splits, baselines, clock, metrics, ratings

Numbers = NDArray[np.float64]
#: Names of people, and numbers.
PRIVATE = re.compile(r"@\w*|\d+")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how it is written.

    Parameters
    ----------
    bits
        Of each weight in a page.
    sentences
        That tell the time: how many to learn from, to leave aside, and to ask.
    sentence_seed
        Of these.
    bare
        How much a sentence counts that is nothing but the time, as a reader types it.
    clock, rater
        Arguments of the text regressor.
    domains, split_seed, texts, listed
        As for :class:`unrolled.experiments.human_ratings.study.Config`.
    grams, least
        How many words, pairs and runs of letters are counted, and in how many texts each stands at
        least, unless it is one of VADER's words.

    """

    bits: int = 8
    sentences: tuple[int, int, int] = (24_000, 500, 1000)
    sentence_seed: int = 0
    bare: float = 8.0
    clock: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "embedding_dim": 24, "units": 40, "epochs": 22, "patience": 22, "batch_size": 64,
            "learning_rate": 0.01, "dropout": 0.0, "folds": 1, "refit": False,
        }
    )  # fmt: skip
    domains: tuple[str, ...] = tuple(ratings.DOMAINS)
    split_seed: int = 0
    texts: int | None = None
    listed: int | None = None
    rater: dict[str, Any] = dataclasses.field(default_factory=lambda: {"readers": 0})
    grams: int = 25_000
    least: int = 5


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    sentences=(1000, 50, 50),
    clock={
        "embedding_dim": 8, "units": 8, "epochs": 6, "learning_rate": 0.05, "dropout": 0.0,
        "folds": 1, "refit": False,
    },
    domains=("tweets", "nyt"),
    texts=96,
    listed=300,
    rater={"readers": 0, "folds": 2},
    grams=400,
    least=2,
)  # fmt: skip
#: Sentences whose answers the result keeps, and their groups.
TOLD = {"ten to six": "350 to", "six to ten": "594 to", "half past seven": "450 half past"}


class Rated(NamedTuple):
    """What teaches the rater, texts and words; what tells how far off it is; tests by domain."""

    known: Corpus
    aside: Corpus
    words: list[str]
    worth: Numbers
    asked: dict[str, Corpus]


def work(config: Config, job: tuple[str]) -> Values:
    """Train one model and return its script, its size, and its errors before and after rounding."""
    return {"clock": tell_time, "rater": rate}[job[0]](config)


def tell_time(config: Config) -> Values:
    """Train the model that reads the time; errors are in minutes."""
    splits = clock.load(*config.sentences, seed=config.sentence_seed)
    weights = np.where([is_bare(*each) for each in _said(splits.train)], config.bare, 1.0)
    content, plan = _trained(splits.train, config.clock, weights)
    rounded = web.rounded(content, config.bits)
    found = {
        name: np.abs(Model(each).predict(splits.test.texts) - splits.test.targets)
        for name, each in (("before", content), ("after", rounded))
    }
    told = Model(rounded).predict(list(TOLD))
    return {
        **written("clock", content, config.bits),
        "plan": plan,
        "counts": {"train": len(splits.train), "test": len(splits.test)},
        "errors": {
            name: {
                "mae": float(off.mean()),
                "median": float(np.median(off)),
                "within_a_minute": float((off <= 1).mean()),
            }
            for name, off in found.items()
        },
        "told": dict(zip(TOLD, map(float, told), strict=True)),
        "apart": [one for one, group in TOLD.items() if group not in splits.train.groups],
    }


def _said(corpus: Corpus) -> Iterable[tuple[str, str]]:
    return zip(corpus.texts, corpus.groups, strict=True)


def is_bare(text: str, group: str) -> bool:
    """Tell whether a sentence is nothing but the time that its group names.

    >>> is_bare("ten to six", "350 to"), is_bare("it is ten to six now", "350 to")
    (True, False)
    """
    minutes, phrasing = group.split(" ", 1)
    return text == clock.tell(int(minutes), phrasing)


def rate(config: Config) -> Values:
    """Train the model that rates a text from −4 to 4; errors are in rating points."""
    rated = _rated(config)
    content, plan = _trained(rated.known, config.rater, also=(rated.words, rated.worth))
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


def _rated(config: Config) -> Rated:
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


def _trained(
    known: Corpus, settings: dict[str, Any], weights: Numbers | None = None, also: Any = None
) -> tuple[ModelFile, dict[str, Any]]:
    """Return what the file of a trained model holds, and its plan."""
    from unrolled.regressor import TextRegressor

    model = TextRegressor(verbose=0, **settings)
    model.fit(known.texts, known.targets, weights, known.groups, also)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return read(path), model.plan_._asdict()


def lighter(content: ModelFile, plan: dict[str, Any], rated: Rated, config: Config) -> ModelFile:
    """Return a model that counts fewer features: those which move answers most, learnt again."""
    known, words = rated.known, rated.words if plan["also"] else []
    cut = [[*tokens(text)] for text in (*known.texts, *words)]
    targets = np.concatenate([known.targets, rated.worth[: len(words)]])
    targets = (targets - content.config.mean) / content.config.scale
    weights = np.repeat([1.0, plan["also"]], [len(known), len(words)])
    whole = Counted(cut)
    ridge = whole.learn(targets, weights, plan["alpha"])
    grams = _telling(whole, ridge, cut, len(known), config)
    ridge = Counted(cut, grams=grams).learn(targets, weights, plan["alpha"])
    return content._replace(
        config=content.config._replace(words=len(grams.words), letters=len(grams.letters)),
        grams=grams,
        weights=content.weights._replace(
            table=ridge.table, bias=np.array([ridge.bias], np.float32)
        ),
    )


def _telling(
    whole: Counted, ridge: Counting, cut: Sequence[Sequence[str]], texts: int, config: Config
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


def written(name: str, content: ModelFile, bits: Any) -> Values:
    """Return a model as the script that a page loads, with its size in bytes, also compressed."""
    kept = json.dumps(web.data(content, bits), separators=(",", ":"))
    kept = kept.replace("<", "\\u003c")
    script = f"((window.unrolled ??= {{}}).models ??= {{}})[{json.dumps(name)}] = {kept};\n"
    return {
        "script": script,
        "bytes": len(script.encode()),
        "gzipped": len(gzip.compress(script.encode(), mtime=0)),
    }


def without_scripts(values: Values) -> Values:
    """Return what of the values is small."""
    return {
        name: {key: value for key, value in each.items() if key != "script"}
        for name, each in values.items()
    }


EXPERIMENT = Experiment(
    "live-models", CONFIG, QUICK,
    jobs=lambda config: [("rater",), ("clock",)],
    work=work,
    gather=lambda config, found: {name: each for (name,), each in found.items()},
    cost=lambda config, job: {"rater": 300, "clock": 300}[job[0]],
    steady=without_scripts,
    ratings=lambda config: config.domains,
    scripts=lambda values: {f"{name}-model": each["script"] for name, each in values.items()},
)  # fmt: skip
