"""The ways to arrange recurrent layers over a sentence: one way or both, one layer or two."""

from collections.abc import Sequence

from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import Graph, Node
from unrolled.figures.labels import plain
from unrolled.figures.picture import Picture, drawn
from unrolled.lists import as_texts

#: Name: how many layers, and in how many directions each of them reads.
KINDS = {
    "one layer": (1, 1),
    "two stacked": (2, 1),
    "both ways": (1, 2),
    "both ways, two stacked": (2, 2),
}
MOST_WORDS = 4
# Points: from word to word, from row to row, and from a column's middle to each cell's place.
STEP, ROW, ASIDE = 92.0, 52.0, 21.0


def stack_graph(layers: int, ways: int, steps: int, prefix: str = "") -> Graph:
    """Return which cell is fed by which, for ``layers`` that read in one or in two ``ways``.

    ``h2_3`` is the second layer's forward state at the third word and ``k2_3`` its backward one;
    ``j1_3`` joins the two for the layer above. ``prefix`` stands before every name.

    >>> stack_graph(2, 1, steps=2).sources("h2_2")
    ['h1_2', 'h2_1']
    >>> stack_graph(1, 2, steps=3).sources("y")
    ['h1_3', 'k1_1']
    """
    order = range(1, steps + 1)
    letters = "hk"[:ways]
    nodes = [Node(f"{prefix}x_{t}", "input", f"word {t}") for t in order]
    edges: list[tuple[str, str]] = []
    below = "x_{}"
    for layer in range(1, layers + 1):
        for letter in letters:
            nodes += [Node(f"{prefix}{letter}{layer}_{t}", "state") for t in order]
            for t in order:
                here, before = f"{letter}{layer}_{t}", t - 1 if letter == "h" else t + 1
                edges.append((below.format(t), here))
                if before in order:
                    edges.append((f"{letter}{layer}_{before}", here))
        if ways == 2 and layer < layers:
            nodes += [Node(f"{prefix}j{layer}_{t}", "operation") for t in order]
            edges += [(f"{c}{layer}_{t}", f"j{layer}_{t}") for t in order for c in letters]
        below = f"{'j' if ways == 2 else 'h'}{layer}_{{}}"
    nodes.append(Node(f"{prefix}y", "output", "output"))
    edges += [(f"{c}{layers}_{steps if c == 'h' else 1}", "y") for c in letters]
    return Graph(tuple(nodes), tuple((prefix + a, prefix + b) for a, b in edges))


@drawn
def stacked_networks(words: Sequence[str], alt: str | None = None) -> Picture:
    """Draw the four arrangements beside one another, each unrolled over the words of a sentence.

    Parameters
    ----------
    words
        1 to 4 words, in reading order.
    alt
        Replaces the description that is made from the words.

    Raises
    ------
    TypeError, ValueError
        If ``words`` is no sequence of strings, or holds none or too many.

    Examples
    --------
    >>> stacked_networks(["ten", "to", "six"]).alt.split(". ")[0]
    'Four arrangements of recurrent layers over 3 words: ten, to, six'

    """
    words = as_texts(words, "words")
    if len(words) > MOST_WORDS:
        raise ValueError(f"words: expected 1 to {MOST_WORDS} words, got {len(words)}")
    sheet = draw_stacks(words)
    said = (
        f"Four arrangements of recurrent layers over {len(words)} words: {', '.join(words)}. "
        "One layer: each cell takes a word and the state before, and the last state is the "
        "output. Two stacked: the second layer reads every state of the first. Both ways: "
        "another row of cells reads from the last word to the first, and the last states of the "
        "two are the output. Both ways, two stacked: at each word the states of both are joined, "
        "and another pair of layers reads them."
    )
    return sheet.picture(alt or said, int(0.95 * sheet.width), int(1.3 * sheet.width))


def draw_stacks(words: Sequence[str]) -> Diagram:
    """Return the drawing: one way on the left, both ways on the right, two layers below one."""
    wide = STEP * len(words) + 34
    upper = 5.1 * ROW
    whole = stacks_graph(len(words))
    sheet = Diagram(whole, 2 * wide, upper + 7.55 * ROW, ground="surface")
    corners: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for name, (layers, ways) in KINDS.items():
        bottom = (upper if layers == 1 else sheet.height) - 0.6 * ROW
        corners |= _panel(sheet, name, words, wide * (ways - 1), bottom)
    sheet.connect(corners)
    return sheet


def stacks_graph(steps: int) -> Graph:
    """Return the graphs of all four arrangements as one; each name begins with its arrangement."""
    graphs = [
        stack_graph(layers, ways, steps, f"{name} ") for name, (layers, ways) in KINDS.items()
    ]
    return Graph(
        tuple(node for graph in graphs for node in graph.nodes),
        tuple(edge for graph in graphs for edge in graph.edges),
    )


def _panel(
    sheet: Diagram, name: str, words: Sequence[str], left: float, bottom: float
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Draw one arrangement upwards from its words; return the corners of its bent arrows."""
    layers, ways = KINDS[name]
    aside = ASIDE * (ways - 1)
    columns = [left + 17 + STEP * (k + 0.5) for k in range(len(words))]
    for t, (word, x) in enumerate(zip(words, columns, strict=True), 1):
        sheet.box(f"{name} x_{t}", x, bottom, STEP - 14, 28, "x", plain(word), 13)
    y = bottom
    ends: dict[str, tuple[float, float]] = {}
    for layer in range(1, layers + 1):
        for letter, shift, role in (("h", -aside, "h"), ("k", aside, "f"))[:ways]:
            y -= ROW
            for t, x in enumerate(columns, 1):
                sheet.box(f"{name} {letter}{layer}_{t}", x + shift, y, 30, 26, role)
            last = columns[-1] if letter == "h" else columns[0]
            ends[letter] = (last + shift, y)
        if ways == 2 and layer < layers:
            y -= 0.8 * ROW
            for t, x in enumerate(columns, 1):
                sheet.box(f"{name} j{layer}_{t}", x, y, STEP - 14, 18, "muted", "join", 11)
            y += 0.2 * ROW
    y -= ROW
    middle = (columns[0] + columns[-1]) / 2
    sheet.box(f"{name} y", middle, y, 44, 28, "ink", "$y$", 16)
    sheet.text(middle, y - 0.7 * ROW, plain(name), 14, "ink")
    return {
        (f"{name} {letter}{layers}_{len(words) if letter == 'h' else 1}", f"{name} y"): [(x, y)]
        for letter, (x, _) in ends.items()
        if abs(x - middle) > 22
    }
