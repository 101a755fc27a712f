"""Seeded synthetic sequences that test memory and nothing else.

Nothing here knows of cells, text or Keras.
"""

from unrolled.tasks import adding, copy, order
from unrolled.tasks.sequences import Seed, Sequences

__all__ = ["Seed", "Sequences", "adding", "copy", "order"]
