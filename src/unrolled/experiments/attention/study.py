"""What a fixed state loses as sentences grow, and attention does not: ten seeds, equal parameters.

Both translators read and write the same way and have the same search for a learning rate, on
seeds of its own. They differ in what the decoder sees of the sentence: the encoder's last
states, or at each step a mean of all its states, weighted by what it asks.
"""

import dataclasses
import gzip
import json
from base64 import b64decode, b64encode
from functools import partial
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.attention import additive
from unrolled.cells import gru
from unrolled.equations.writing import literal
from unrolled.experiments.attention import sentences
from unrolled.experiments.attention.learning import train, write
from unrolled.experiments.attention.sentences import SIGNS, Pairs, written
from unrolled.experiments.attention.translator import Translator, init
from unrolled.experiments.experiment import Experiment, Values
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search

KINDS = ("fixed state", "attention")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and where the budgets are equal.

    Parameters
    ----------
    times
        How many times a sentence tells, in training and in the test.
    longer
        The same of a test that has longer sentences than were ever learnt.
    pool, held_out
        Sentences to learn from, and sentences that are asked for each number of times.
    units, asked
        E of the encoder each way, and the units of the attention; the decoder has 2E. The
        translator without attention has the E that comes nearest to as many parameters.
    rates, first, search_seeds, search_steps
        The rates that may be tried, those to begin with, the seeds of each trial, and its steps;
        see :func:`unrolled.experiments.search.search`.
    seeds
        What is reported: one training each.
    steps, batch, clip
        Updates, sentences in each, and the norm beyond which a gradient is shortened.

    """

    times: tuple[int, ...] = (1, 2, 3, 4)
    longer: tuple[int, ...] = (5, 6)
    pool: int = 20_000
    held_out: int = 200
    units: int = 20
    asked: int = 16
    rates: tuple[float, ...] = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
    first: tuple[float, ...] = (0.005, 0.01, 0.02)
    search_seeds: tuple[int, ...] = (100, 101)
    search_steps: int = 200
    seeds: tuple[int, ...] = tuple(range(10))
    steps: int = 600
    batch: int = 32
    clip: float = 1.0


CONFIG = Config()
#: The same path through the code, in seconds, most of which go to compiling it.
QUICK = Config(
    times=(1,), longer=(2,), pool=64, held_out=4, units=2, asked=2, rates=(0.01,), first=(0.01,),
    search_seeds=(100,), search_steps=2, seeds=(0,), steps=2, batch=4,
)  # fmt: skip


def sizes(config: Config, kind: str) -> tuple[int, int | None]:
    """Return E and the units of the attention of one kind.

    >>> sizes(CONFIG, "attention"), sizes(CONFIG, "fixed state")
    ((20, 16), (21, None))
    """
    if kind == "attention":
        return config.units, config.asked
    budget = count(config.units, config.asked)
    nearest = min(
        range(config.units, config.units + config.asked + 1),
        key=lambda units: abs(count(units, None) - budget),
    )
    return nearest, None


def fresh(seed: int, units: int, asked: int | None) -> Translator:
    """Return the translator that a seed draws."""
    return init(
        np.random.default_rng([seed, 0]), len(sentences.vocabulary()), len(SIGNS),
        (units, 2 * units), asked=asked,
    )  # fmt: skip


def count(units: int, asked: int | None) -> int:
    """Return how many numbers a translator learns.

    >>> count(20, 16)
    19670
    """
    import jax

    return sum(array.size for array in jax.tree.leaves(fresh(0, units, asked)))


def work(config: Config, job: tuple[str]) -> Values:
    """Search for the learning rate of one kind, then train it once for each seed."""
    import jax

    (kind,) = job
    units, asked = sizes(config, kind)
    pool = sentences.draw(0, "train", config.pool, config.times)
    fit = partial(train, pool=pool, batch=config.batch, clip=config.clip)

    def stacked(seeds: Any) -> Translator:
        each = [fresh(seed, units, asked) for seed in seeds]
        return jax.tree.map(lambda *a: np.stack(a).astype("f4"), *each)  # type: ignore[no-any-return]

    def losses_at(rates: list[float]) -> Array:
        members = [(seed, rate) for rate in rates for seed in config.search_seeds]
        seeds, each = zip(*members, strict=True)
        _, losses = fit(stacked(seeds), seeds=seeds, rates=each, steps=config.search_steps)
        ends: Array = losses[:, -20:].mean(axis=1).reshape(len(rates), -1)
        return ends

    rate, tried = search(losses_at, config.rates, config.first, score=np.mean)
    rate = rate or float(min(tried, key=lambda key: np.mean(tried[key])))
    rates = [rate] * len(config.seeds)
    models, losses = fit(stacked(config.seeds), seeds=config.seeds, rates=rates, steps=config.steps)
    test = {
        str(times): asked_of(models, sentences.draw(1, "test", config.held_out, (times,)))
        for times in (*config.times, *config.longer)
    }
    found = {
        "units": units, "parameters": count(units, asked), "rate": rate,
        "search": {key: rounded(values) for key, values in tried.items()},
        "losses": rounded(losses[:, :: max(1, config.steps // 40)]),
        "test": test,
    }  # fmt: skip
    if asked:
        first = jax.tree.map(lambda a: np.asarray(a[0]), models)
        found |= script(first)
    return found


def asked_of(models: Translator, pairs: Pairs) -> Values:
    """Return by seed the shares of sentences and of times that are written rightly, and words."""
    answers = [written(row) for row in pairs.signs]
    said = [[written(row) for row in rows] for rows in write(models, pairs, pairs.signs.shape[1])]
    whole = [[a == b for a, b in zip(one, answers, strict=True)] for one in said]
    each = [[_share(a, b) for a, b in zip(one, answers, strict=True)] for one in said]
    return {
        "whole": rounded(np.mean(whole, axis=1)),
        "times": rounded(np.mean(each, axis=1)),
        "words": rounded(pairs.lengths.mean()),
    }


def _share(said: str, answer: str) -> float:
    """Return the share of an answer's times that stand where they should."""
    times = answer.split()
    return sum(a == b for a, b in zip(said.split(), times, strict=False)) / len(times)


def script(model: Translator) -> Values:
    """Return a model as the script that a page loads: each array as 16 bits, and its scale."""
    kept = {}
    for name, array in named(model).items():
        scale = float(np.abs(array).max() or 1) / 32767
        whole = np.round(array / scale).astype("<i2")
        kept[name] = {
            "shape": array.shape,
            "scale": scale,
            "data": b64encode(whole.tobytes()).decode(),
        }
    held = {"arrays": kept, "words": sentences.vocabulary().words, "signs": SIGNS}
    text = f"((window.unrolled ??= {{}}).models ??= {{}}).attention = {literal(held)};\n"
    return {
        "script": text,
        "bytes": len(text),
        "gzipped": len(gzip.compress(text.encode(), mtime=0)),
    }


def restored(text: str) -> Translator:
    """Return the model of a script, with what 16 bits have left of its weights."""
    held = json.loads(text.partition(" = ")[2].rstrip(";\n"))["arrays"]
    arrays = {
        name: np.frombuffer(b64decode(a["data"]), "<i2").reshape(a["shape"]) * a["scale"]
        for name, a in held.items()
    }

    def part(kind: Any, which: str) -> Any:
        return kind(*(arrays[f"{which} {name}"] for name in kind._fields))

    ways = {way: part(gru.Params, way) for way in ("forward", "backward", "decoder")}
    alone = {name: a for name, a in arrays.items() if " " not in name}
    return Translator(**alone, **ways, attention=part(additive.Params, "attention"))


def named(model: Translator) -> dict[str, Array]:
    """Return a model's arrays by name: those of a cell by the letters of its equation."""
    found = {"words": model.words, "signs": model.signs, "first": model.first,
             "kernel": model.kernel, "bias": model.bias}  # fmt: skip
    for way in ("forward", "backward", "decoder"):
        params = getattr(model, way)
        found |= {f"{way} {name}": array for name, array in params._asdict().items()}
    if model.attention is not None:
        found |= {f"attention {name}": a for name, a in model.attention._asdict().items()}
    return found


def without_script(values: Values) -> Values:
    """Return what of the values is small."""
    return {
        kind: {key: value for key, value in each.items() if key != "script"}
        for kind, each in values.items()
    }


EXPERIMENT = Experiment(
    "attention", CONFIG, QUICK,
    jobs=lambda config: [("attention",), ("fixed state",)],
    work=work,
    gather=lambda config, found: {kind: each for (kind,), each in found.items()},
    cost=lambda config, job: {"attention": 6.0, "fixed state": 4.0}[job[0]],
    steady=without_script,
    scripts=lambda values: {"attention-model": values["attention"]["script"]},
)  # fmt: skip
