"""Seeded synthetic sequences that test memory and nothing else.

This room knows nothing of cells, text or Keras.
"""

from unrolled.tasks import adding, order
from unrolled.tasks.sequences import Sequences

__all__ = ["Sequences", "adding", "order"]
