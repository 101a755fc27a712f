"""Texts and what is done to them before a network reads: corpora, vocabulary, batches, metrics.

This room knows nothing of cells or Keras.
"""

from unrolled.text import baselines, clock, metrics, ratings
from unrolled.text.batches import Batch, Padded, bucketed, pad
from unrolled.text.corpora import Corpus, Splits, split_by_group
from unrolled.text.vocabulary import OOV, PAD, Vocabulary, words

__all__ = [
    "OOV",
    "PAD",
    "Batch",
    "Corpus",
    "Padded",
    "Splits",
    "Vocabulary",
    "baselines",
    "bucketed",
    "clock",
    "metrics",
    "pad",
    "ratings",
    "split_by_group",
    "words",
]
