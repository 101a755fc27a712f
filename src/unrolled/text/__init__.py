"""Texts and what is done to them before a network reads: corpora, vocabulary, batches, metrics.

Nothing here knows of cells or Keras.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from unrolled.text.batches import Batch, Padded, bucketed, pad
from unrolled.text.corpora import Corpus, Splits, split_by_group
from unrolled.text.vocabulary import OOV, PAD, Vocabulary, words

if TYPE_CHECKING:
    from unrolled.text import animals, baselines, clock, metrics, ngrams, raters, ratings, source

__all__ = [
    "OOV",
    "PAD",
    "Batch",
    "Corpus",
    "Padded",
    "Splits",
    "Vocabulary",
    "animals",
    "baselines",
    "bucketed",
    "clock",
    "metrics",
    "ngrams",
    "pad",
    "raters",
    "ratings",
    "source",
    "split_by_group",
    "words",
]


_LATER = ("animals", "baselines", "clock", "metrics", "ngrams", "raters", "ratings", "source")


def __getattr__(name: str) -> ModuleType:
    """Load a module of this folder when it is first used: a prediction needs none of them."""
    if name in _LATER:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
