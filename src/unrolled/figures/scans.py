"""One step after another beside many at once: which results wait for which."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.checks import as_count
from unrolled.figures.axes import TEXT, write
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure

#: The height of a row of dots, and the room to the left of the first.
ROW, LEFT = 1.9, 0.6


@drawn
def scan_in_blocks(blocks: int = 4, block: int = 4, alt: str | None = None) -> Picture:
    """Draw a loop over ``blocks * block`` steps, and the three rounds of a scan in blocks.

    ``alt`` replaces the description that is made from the sizes.
    Raises ``TypeError`` or ``ValueError`` for a size that is no integer of at least 2.

    >>> scan_in_blocks(3, 2).alt.splitlines()[0].split(". ")[0]
    'A loop over 6 steps: each waits for the one before it, 5 times in a row'
    """
    blocks, block = as_count(blocks, "blocks", 2), as_count(block, "block", 2)
    steps = blocks * block
    figure = Figure(figsize=(600 / 72, 330 / 72), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    ends = range(block - 1, steps, block)
    inside = [(t - 1, t) for t in range(1, steps) if t % block]
    rows: list[tuple[str, list[tuple[int, int]], str]] = [
        ("The loop: one step after another", [(t - 1, t) for t in range(1, steps)], "h"),
        ("1  Inside all blocks at once, each as if it began at zero", inside, "i"),
        ("2  From the end of a block to the end of the next", [(t, t + block) for t in ends][:-1],
         "f"),
        ("3  From the end of a block to all steps of the next, at once",
         [(t, t + k) for t in ends if t + 1 < steps for k in range(1, block)], "o"),
    ]  # fmt: skip
    for row, (text, arrows, role) in enumerate(rows):
        _row(axes, -ROW * row, steps, arrows, role)
        write(axes, -LEFT, -ROW * row + 0.85, text, role, ha="left", size=TEXT)
    for start in range(block, steps, block):
        axes.plot([start - 0.5] * 2, [-ROW * 3 - 0.3, -ROW + 0.35], ":", lw=1.2,
                  color=placeholder("muted"))  # fmt: skip
    axes.set(xlim=(-LEFT - 0.1, steps - 0.4), ylim=(-ROW * 3 - 0.4, 1.2))
    made = (
        f"A loop over {steps} steps: each waits for the one before it, {steps - 1} times in a row. "
        f"Below it the same steps in {blocks} blocks of {block}: {block - 1} times in a row inside "
        f"all blocks at once, then {blocks - 1} times from block to block, and at last all steps "
        "take what their block began with, at once."
    )
    return from_figure(figure, alt or made, 420, 700)


def _row(axes: Axes, y: float, steps: int, arrows: Iterable[tuple[int, int]], role: str) -> None:
    """Draw a dot for each step, and an arrow to each from what it waits for."""
    axes.plot(range(steps), [y] * steps, "o", ms=8, mew=0, color=placeholder(role))
    for source, target in arrows:
        bend = -0.0 if target == source + 1 else -0.35
        axes.annotate(
            "", (target, y), (source, y), zorder=0,
            arrowprops={
                "arrowstyle": "-|>,head_width=0.18,head_length=0.3", "color": placeholder(role),
                "lw": 1.3, "shrinkA": 4, "shrinkB": 4, "connectionstyle": f"arc3,rad={bend}",
            },
        )  # fmt: skip
