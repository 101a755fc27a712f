"""A recurrent network unrolled over a sentence: one cell, one set of weights, many steps."""

from collections.abc import Sequence

from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import Graph, Node
from unrolled.figures.labels import plain
from unrolled.figures.picture import Picture, drawn
from unrolled.lists import as_texts

#: The most words that are drawn: more would not fit on a page.
MOST_WORDS = 12


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
    ways = [("h", "weights", 0, order, -1)]
    if bidirectional:
        ways.append(("k", "backward weights", steps + 1, range(steps, 0, -1), 1))
    for letter, weights, start, reading, before in ways:
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


def gradient_graph(steps: int) -> Graph:
    """Return a network with its loss L, and beside every edge the one that a gradient takes.

    >>> gradient_graph(2).sources("weights")
    ['h_1', 'h_2']
    """
    forward = network_graph(steps)
    edges = (*forward.edges, ("y", "L"))
    nodes = (*forward.nodes, Node("L", "output", "loss"))
    return Graph(nodes, edges + tuple((target, source) for source, target in edges))


def _check(words: Sequence[str]) -> list[str]:
    """Return the words as a list, or say what is wrong with them."""
    checked = as_texts(words, "words")
    if len(checked) > MOST_WORDS:
        raise ValueError(f"words: expected 1 to {MOST_WORDS} words, got {len(checked)}")
    if blank := [word for word in checked if not word.strip()]:
        raise ValueError(f"words: expected no blank word, got {blank!r}")
    return checked


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
        said.append(
            "A second cell with weights of its own reads from the last word to the first. "
            "The last states of both are joined into the output."
        )
    else:
        said.append("The last hidden state is the output.")
    return _pictured(sheet, alt or " ".join(said))


@drawn
def gradient_network(words: Sequence[str], alt: str | None = None) -> Picture:
    """Draw backpropagation through time: an unrolled network, and the way of its gradients.

    Parameters
    ----------
    words
        1 to 12 words, in reading order.
    alt
        Replaces the description that is made from the words.

    Raises
    ------
    TypeError, ValueError
        As :func:`unrolled_network`.

    Examples
    --------
    >>> gradient_network(["ten", "to", "six"]).alt.split(". ")[0]
    'A recurrent network unrolled over 3 words: ten, to, six'

    """
    words = _check(words)
    sheet = draw_gradients(words)
    said = (
        f"A recurrent network unrolled over {len(words)} words: {', '.join(words)}. "
        "Solid arrows run forward: from each word, from the state before and from the one set of "
        "weights W, U and b into the cell of each step, and from the last state to the output y "
        "and the loss L. Beside every solid arrow a dashed one runs back: from the loss to the "
        "last state, and from each step to its word, to the weights and to the step before."
    )
    return _pictured(sheet, alt or said)


def _pictured(sheet: Diagram, alt: str) -> Picture:
    """Return a drawing that shrinks to a phone where its letters can still be read there."""
    least = 0 if sheet.width <= 520 else int(0.8 * sheet.width)
    return sheet.picture(alt, least, int(1.25 * sheet.width))


def draw_gradients(words: Sequence[str]) -> Diagram:
    """Return the drawing: a network, and dashed beside each of its arrows the gradient's."""
    gap, columns, end = _places(words)
    graph, y, middle = gradient_graph(len(words)), 126, 226
    back = frozenset(graph.edges[len(graph.edges) // 2 :])
    d = Diagram(graph, end + 42, 246, ground="surface", back=back)
    _words(d, words, columns, middle, gap)
    _row(d, "h", columns, y, 30, "h", 30, "one set of weights: $W, U, b$")
    d.variable("y", end, y, "ink", "$y$")
    d.box("L", end, middle, 64, 34, "ink", "loss $L$", 14)
    for t, x in enumerate(columns, 1):
        d.text(x + 42, y + 28, rf"$\mathrm{{d}}h_{{{t}}}$", 14, "r")
        d.text(x + 31, y + 54, rf"$\mathrm{{d}}x_{{{t}}}$", 14, "r")
    d.connect({edge: [_beside(d, *edge)] for edge in back})
    return d


def _beside(d: Diagram, source: str, target: str) -> tuple[float, float]:
    """Return the middle of an arrow that runs beside the straight one between two shapes."""
    one, other = d.shapes[source], d.shapes[target]
    if one.y == other.y:
        return (one.x + other.x) / 2, one.y + 11
    thin = min(one, other, key=lambda shape: shape.half_width)
    return thin.x + 12, (one.y + other.y) / 2


def draw_network(words: Sequence[str], bidirectional: bool) -> Diagram:
    """Return the drawing: words, the row of cells above them, and a second row below."""
    steps = len(words)
    gap, columns, beyond = _places(words)
    end = beyond + 62 * bidirectional
    height, middle = (400, 194) if bidirectional else (222, 202)
    d = Diagram(network_graph(steps, bidirectional), end + 30, height, ground="surface")
    _words(d, words, columns, middle, gap)
    forward, backward = middle - 88, middle + 88
    arrow = r"\overrightarrow{h}" if bidirectional else "h"
    _row(d, "h", columns, forward, forward - 76, arrow, 30, "one set of weights: $W, U, b$")
    if not bidirectional:
        d.variable("y", end, forward, "ink", "$y$")
        d.connect()
        return d
    _row(
        d,
        "k",
        columns[::-1],
        backward,
        backward + 76,
        r"\overleftarrow{h}",
        beyond,
        "a second set of weights",
    )
    d.box("y", end, middle, 50, 36, "ink", "join", 15)
    low = backward + 104
    d.connect(
        {
            ("k_1", "y"): [(30, backward), (30, low), (end, low)],
            (f"h_{steps}", "y"): [(end, forward)],
        }
    )
    return d


def _places(words: Sequence[str]) -> tuple[float, list[float], float]:
    """Return how far two words stand apart, the middles of all, and where the output stands."""
    gap = max(90.0, 9.8 * max(map(len, words)) + 26)  # Room for the longest word.
    room = max(68.0, 140 - gap * len(words) / 2)  # The strip's label is wider than one step.
    columns = [gap * (k + 0.5) + room for k in range(len(words))]
    return gap, columns, columns[-1] + gap / 2 + 36


def _words(
    d: Diagram, words: Sequence[str], columns: Sequence[float], y: float, gap: float
) -> None:
    """Draw the words, each in the middle of its column."""
    for t, (word, x) in enumerate(zip(words, columns, strict=True), 1):
        d.box(f"x_{t}", x, y, gap - 14, 34, "x", plain(word), 15)


def _row(
    d: Diagram,
    letter: str,
    columns: Sequence[float],
    y: float,
    strip: float,
    state: str,
    start: float,
    label: str,
) -> None:
    """Draw one cell at every step, in reading order, and the strip of weights that feeds all.

    ``start`` is where the state before the first step stands: zero.
    """
    steps, forward = len(columns), letter == "h"
    wide = max(max(columns) - min(columns) + 76, 10 + 7.8 * len(label))
    weights = "weights" if forward else "backward weights"
    d.box(weights, sum(columns) / steps, strip, wide, 32, "muted", label, 14)
    d.variable(f"{letter}_{0 if forward else steps + 1}", start, y, "h", "0")
    reading = range(1, steps + 1) if forward else range(steps, 0, -1)
    for t, x in zip(reading, columns, strict=True):
        d.box(f"{letter}_{t}", x, y, 50, 50, "h", "cell", 15)
        d.text(x + (42 if forward else -42), y - 15, f"${state}_{{{t}}}$", 15, "h")
