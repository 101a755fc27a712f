"""An encoder's layers over a sentence: every word looks at every word, and nothing is passed on."""

from collections.abc import Sequence

from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import Graph, Node
from unrolled.figures.labels import plain
from unrolled.figures.picture import Picture, drawn
from unrolled.lists import as_texts

MOST_WORDS = 5
# Points: from word to word, and from row to row.
STEP, ROW = 110.0, 74.0


def encoder_graph(layers: int, steps: int) -> Graph:
    """Return which state is made from which: each of a layer from all of the layer below.

    >>> encoder_graph(2, steps=2).sources("h2_1")
    ['h1_1', 'h1_2']
    >>> encoder_graph(1, steps=2).sources("y")
    ['h1_1', 'h1_2']
    """
    order = range(1, steps + 1)
    nodes = [Node(f"x_{t}", "input", f"word {t}") for t in order]
    edges = []
    for layer in range(1, layers + 1):
        below = f"h{layer - 1}" if layer > 1 else "x"
        nodes += [Node(f"h{layer}_{t}", "state") for t in order]
        edges += [(f"{below}_{s}", f"h{layer}_{t}") for t in order for s in order]
    nodes.append(Node("y", "output", "output"))
    edges += [(f"h{layers}_{t}", "y") for t in order]
    return Graph(tuple(nodes), tuple(edges))


@drawn
def encoder(words: Sequence[str], layers: int = 2, alt: str | None = None) -> Picture:
    """Draw the layers of an encoder over the words of a sentence, and the mean at the top.

    Parameters
    ----------
    words
        1 to 5 words, in reading order.
    layers
        How many layers are drawn, 1 or more.
    alt
        Replaces the description that is made from the words.

    Raises
    ------
    TypeError, ValueError
        If ``words`` is no sequence of strings, or holds none or too many.

    Examples
    --------
    >>> encoder(["ten", "to", "six"]).alt.split(". ")[0]
    'An encoder of 2 layers over 3 words: ten, to, six'

    """
    words = as_texts(words, "words")
    if len(words) > MOST_WORDS:
        raise ValueError(f"words: expected 1 to {MOST_WORDS} words, got {len(words)}")
    sheet = draw_encoder(words, layers)
    said = (
        f"An encoder of {layers} layers over {len(words)} words: {', '.join(words)}. "
        "In each layer every word has a state, and each state is made from all states of the "
        "layer below; no arrow goes from a state to its neighbour. The output is the mean of the "
        "last layer."
    )
    return sheet.picture(alt or said, 0, int(1.1 * sheet.width))


def draw_encoder(words: Sequence[str], layers: int) -> Diagram:
    """Return the drawing, from the words at the bottom to the mean at the top."""
    sheet = Diagram(
        encoder_graph(layers, len(words)), STEP * len(words) + 150, ROW * (layers + 2),
        ground="surface",
    )  # fmt: skip
    columns = [20 + STEP * (k + 0.5) for k in range(len(words))]
    y = sheet.height - 0.5 * ROW
    for t, (word, x) in enumerate(zip(words, columns, strict=True), 1):
        sheet.box(f"x_{t}", x, y, STEP - 26, 30, "x", plain(word), 14)
    for layer in range(1, layers + 1):
        y -= ROW
        for t, x in enumerate(columns, 1):
            sheet.box(f"h{layer}_{t}", x, y, 34, 28, "h")
        sheet.text(columns[-1] + 90, y, f"layer {layer}", 14, "ink")
    y -= ROW
    middle = (columns[0] + columns[-1]) / 2
    sheet.box("y", middle, y, 60, 28, "ink", "mean", 14)
    sheet.connect({})
    return sheet
