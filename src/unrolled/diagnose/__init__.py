"""What is wrong with a Keras model of sequences: twenty checks, each with its page's heading.

``diagnose(model, x, y)`` says what is right and what is not, and leaves the model as it was.
Every check is one function of a ``Case``; ``CHECKS`` lists them.
"""

from unrolled.diagnose.findings import HEADINGS, PAGE, Diagnosis, Finding
from unrolled.diagnose.run import CHECKS, diagnose

__all__ = ["CHECKS", "HEADINGS", "PAGE", "Diagnosis", "Finding", "diagnose"]
