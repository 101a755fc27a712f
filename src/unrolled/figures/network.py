"""A recurrent network unrolled over a sentence: one cell, one set of weights, many steps."""

from collections.abc import Sequence

from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import Graph, Node
from unrolled.figures.picture import Picture, drawn

#: The most words that are drawn: more would not fit on a page.
MOST_WORDS = 12
STEP = 92.0
LEFT = 92.0


def network_graph(steps: int, bidirectional: bool = False) -> Graph:
    """Return a network over ``steps`` words: the same weights and the state before, at every step.

    A bidirectional network has a second cell, with weights of its own, that starts at the last
    word; its states are written k here, so that every name is one letter.

    >>> network_graph(2).edges[:3]
    (('x_1', 'h_1'), ('h_0', 'h_1'), ('weights', 'h_1'))
    >>> sorted(network_graph(3, bidirectional=True).dependencies()["k_2"])
    ['backward weights', 'k_3', 'x_2']
    """
    order = range(1, steps + 1)
    nodes = [Node(f"x_{t}", "input", f"word {t}") for t in order]
    edges: list[tuple[str, str]] = []
    readers = [("h", "weights", 0, order, -1)]
    if bidirectional:
        readers.append(("k", "backward weights", steps + 1, range(steps, 0, -1), 1))
    for letter, weights, start, reading, before in readers:
        nodes += [Node(weights, "input"), Node(f"{letter}_{start}", "state")]
        nodes += [Node(f"{letter}_{t}", "state", "hidden state") for t in reading]
        edges += [
            edge
            for t in reading
            for edge in (
                (f"x_{t}", f"{letter}_{t}"),
                (f"{letter}_{t + before}", f"{letter}_{t}"),
                (weights, f"{letter}_{t}"),
            )
        ]
    last = [f"h_{steps}"] + ["k_1"] * bidirectional
    nodes.append(Node("y", "output", "output"))
    return Graph(tuple(nodes), (*edges, *((state, "y") for state in last)))


def _check(words: Sequence[str]) -> list[str]:
    """Return the words as a list, or say what is wrong with them."""
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"words: expected a sequence of strings, got {words!r}")
    if not 1 <= len(words) <= MOST_WORDS:
        raise ValueError(f"words: expected 1 to {MOST_WORDS} words, got {len(words)}")
    if blank := [word for word in words if not word.strip()]:
        raise ValueError(f"words: expected no blank word, got {blank!r}")
    return list(words)


@drawn
def unrolled_network(
    words: Sequence[str], bidirectional: bool = False, alt: str | None = None
) -> Picture:
    """Draw a network unrolled over the words of a sentence.

    Parameters
    ----------
    words
        1 to 12 words, in reading order.
    bidirectional
        Whether a second cell reads the sentence from its end :cite:p:`schuster1997`.
    alt
        Replaces the description that is made from the words.

    Raises
    ------
    TypeError, ValueError
        If ``words`` is no sequence of strings, or holds none, too many, or a blank one.

    Examples
    --------
    >>> unrolled_network(["ten", "to", "six"]).alt.split(". ")[0]
    'A recurrent network unrolled over 3 words: ten, to, six'
    """
    words = _check(words)
    sheet = draw_network(words, bidirectional)
    kind = "bidirectional recurrent" if bidirectional else "recurrent"
    said = [
        f"A {kind} network unrolled over {len(words)} words: {', '.join(words)}.",
        "At every step the same cell, with the same weights W, U and b, reads one word and the "
        "hidden state of the step before, and passes a new hidden state on.",
    ]
    if bidirectional:
        said.append("A second cell with weights of its own reads from the last word to the first. "
                    "The last states of both are joined into the output.")  # fmt: skip
    else:
        said.append("The last hidden state is the output.")
    small = 0 if sheet.width <= 420 else int(0.78 * sheet.width)
    return sheet.picture(alt or " ".join(said), small, int(1.3 * sheet.width))


def draw_network(words: Sequence[str], bidirectional: bool) -> Diagram:
    """Return the drawing: words, the row of cells above them, and a second row below."""
    steps = len(words)
    width = LEFT + STEP * steps + 62
    middle = 196.0 if not bidirectional else 190.0
    d = Diagram(network_graph(steps, bidirectional), width, 220 if not bidirectional else 380)
    columns = [LEFT + STEP * (k + 0.5) for k in range(steps)]
    for t, (word, x) in enumerate(zip(words, columns, strict=True), 1):
        d.box(f"x_{t}", x, middle, 78, 34, "x", word, 13 if len(word) < 9 else 10.5)
    _row(d, "h", "weights", columns, middle - 84, -1)
    if bidirectional:
        _row(d, "k", "backward weights", columns[::-1], middle + 84, 1)
    corners = {}
    end = width - 30
    if bidirectional:
        d.box("y", end, middle, 44, 36, "o", "join", 12)
        low = middle + 84 + 92
        corners[("k_1", "y")] = [(30, middle + 84), (30, low), (end, low)]
        corners[(f"h_{steps}", "y")] = [(end, middle - 84)]
    else:
        d.variable("y", end, middle - 84, "o", "$y$")
    d.connect(corners)
    return d


def _row(
    d: Diagram, letter: str, weights: str, columns: Sequence[float], y: float, side: int
) -> None:
    """Draw one cell at every step, in reading order, and the one strip of weights that feeds it."""
    steps, forward = len(columns), letter == "h"
    left, right = min(columns) - 40, max(columns) + 40
    label = r"$W,\;U,\;b$  one set of weights" if steps > 2 else "$W,\\;U,\\;b$"
    d.box(weights, (left + right) / 2, y + side * 76, right - left, 32, "g", label, 13)
    start = columns[0] - STEP if forward else columns[0] + STEP
    d.variable(f"{letter}_{0 if forward else steps + 1}", start, y, "h", "0")
    for k, x in enumerate(columns):
        t = k + 1 if forward else steps - k
        d.box(f"{letter}_{t}", x, y, 50, 50, "h", "cell", 13)
