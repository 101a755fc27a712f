"""How the Transformer did beside each rival on each task: the one table that pages quote."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from unrolled.experiments import claims

#: How pages call the tasks.
LABELS = {
    "adding": "adding",
    "order": "temporal order",
    "copy": "copy memory",
    "clock": "clock sentences",
    "tweets": "tweets",
    "forecast": "the forecast",
}
#: The tasks whose score is better where it is greater.
GREATER = ("order", "copy", "tweets")
RIVALS = ("BiLSTM", "GRU", "ridge")
BETTER, WORSE, LEVEL = "better", "worse", "–"


class Verdicts(NamedTuple):
    """By task and rival one of :data:`BETTER`, :data:`WORSE` and :data:`LEVEL`; and how many."""

    of: dict[tuple[str, str], str]
    told: str

    def tasks(self, said: str, rivals: Iterable[str]) -> list[str]:
        """List the tasks, by their labels, on which this is said beside all of some rivals."""
        rivals = list(rivals)
        names = dict.fromkeys(task for task, _ in self.of)
        return [LABELS[name] for name in names if all(self.of[name, r] == said for r in rivals)]


def verdicts(values: Mapping[str, Any], sizes: Mapping[str, int]) -> Verdicts:
    """Compare the Transformer's scores with those of each rival on each task, all at 95 %.

    Seeds are compared by ranks; the ridge has one score, which the seeds' differences are
    compared with. ``values`` are those of the result, ``sizes`` say which of each task.

    >>> scores = {"Transformer": [0.9, 0.91, 0.92] * 4, "BiLSTM": [0.5, 0.6, 0.7] * 4}
    >>> one = {name: {"scores": each} for name, each in scores.items()}
    >>> one |= {"GRU": one["Transformer"], "ridge": {"score": 1.0}}
    >>> verdicts({"order": {"51": one}}, {"order": 51}).of
    {('order', 'BiLSTM'): 'better', ('order', 'GRU'): '–', ('order', 'ridge'): 'worse'}
    """
    says = claims.Claims(comparisons=len(sizes) * len(RIVALS))
    found = {}
    for task, size in sizes.items():
        each = values[task][str(size)]
        ours = each["Transformer"]["scores"]
        good = claims.HIGHER if task in GREATER else claims.LOWER
        for rival in RIVALS:
            if rival == "ridge":
                word = says.compare(ours, [each[rival]["score"]] * len(ours), paired=True)
            else:
                word = says.compare(ours, each[rival]["scores"])
            found[task, rival] = (
                LEVEL if word == claims.LEVEL else BETTER if word == good else WORSE
            )
    return Verdicts(found, says.told())
