"""Models that are small enough for a page, and what their size and their rounding cost.

The results hold no text of the archive, and neither do the models: tags and numbers are taken out
before anything is learnt, and what is counted stands in several texts or in VADER's list.
"""

import dataclasses
from typing import Any

from unrolled.experiments.experiment import Experiment, Values
from unrolled.experiments.live_models.models import tell_time
from unrolled.experiments.live_models.rater import rate
from unrolled.text import ratings


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
    sentences: tuple[int, int, int] = (40_000, 500, 1000)
    sentence_seed: int = 2
    bare: float = 3.0
    clock: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "embedding_dim": 24, "units": 40, "epochs": 14, "patience": 14, "batch_size": 64,
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


def work(config: Config, job: tuple[str]) -> Values:
    """Train one model and return its script, its size, and its errors before and after rounding."""
    return {"clock": tell_time, "rater": rate}[job[0]](config)


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
