"""What a check says, and the heading of the book that explains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import NamedTuple

#: The page whose headings the findings lead to.
PAGE = "when-it-does-not-learn.html"

#: Each kind of finding, and the page's heading for it. The anchor is ``fault-`` and the kind.
HEADINGS = {
    "baseline": "The loss stays at the baseline",
    "same-answer": "The same answer for every input",
    "scale": "The loss is huge and falls slowly",
    "nan": "The loss becomes NaN",
    "by-heart": "It cannot learn even one batch",
    "far": "It does not use the beginning",
    "data": "The data does not hold the number",
    "shifted": "The forecast is the last value, shifted",
    "leak": "The validation score is too good",
    "split": "The validation loss is strange from the start",
    "accuracy": "Accuracy stays near zero",
    "seed": "The same seed, another number",
    "steps": "Units, steps or cells?",
    "shape": "Dense or TimeDistributed(Dense)?",
    "half-read": "output[:, -1] of a bidirectional layer",
    "mask-lost": "The mask is lost on the way",
    "batch": "The answer changes with the batch size",
    "slow": "Slow on a GPU, with a mask or without",
    "stateful-order": "A stateful layer does not learn",
    "stateful-batch": "A stateful model wants its batch size",
}
WIDTH = 75


class Finding(NamedTuple):
    """What one check saw: its kind, numbers in a sentence, and whether all is well.

    >>> print(Finding("leak", "the target stands in the last step", False))
    leak            WRONG  the target stands in the last step
                           → when-it-does-not-learn.html#fault-leak
    """

    kind: str
    said: str
    is_fine: bool = True

    @property
    def heading(self) -> str:
        """The place in the book that explains it, relative to the book's pages."""
        return f"{PAGE}#fault-{self.kind}"

    def __str__(self) -> str:
        """Return one line, or a few of at most 75 columns; a fault ends with its heading."""
        first = f"{self.kind:16}{'fine ' if self.is_fine else 'WRONG'}  "
        indent = " " * len(first)
        lines = wrap(self.said, WIDTH - 6, initial_indent=first, subsequent_indent=indent)
        if not self.is_fine:
            lines.append(f"{indent}→ {self.heading}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Diagnosis:
    """All that was found, in the order of the checks.

    >>> fine, fault = Finding("nan", "none"), Finding("seed", "…", False)
    >>> found = Diagnosis((fine, fault))
    >>> found.is_fine, [finding.kind for finding in found.faults]
    (False, ['seed'])
    """

    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are not fine."""
        return tuple(finding for finding in self.findings if not finding.is_fine)

    @property
    def is_fine(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def __str__(self) -> str:
        """Return the report, a finding after the other."""
        return report(self.findings)


def report(findings: Sequence[Finding]) -> str:
    """Return findings as lines, faults first.

    >>> print(report([Finding("nan", "none")]))
    nan             fine   none
    """
    return "\n".join(map(str, sorted(findings, key=lambda finding: finding.is_fine)))
