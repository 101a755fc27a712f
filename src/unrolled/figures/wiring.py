"""A figure of any cell, made from its equations: one box a line, one arrow for what it takes."""

from matplotlib.textpath import TextPath

from unrolled.equations import Equations
from unrolled.equations.program import VARIABLE
from unrolled.equations.writing import latex
from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import Graph, Node
from unrolled.figures.palette import ROLES
from unrolled.figures.picture import Picture, drawn
from unrolled.figures.routes import Point

#: Half the height of a box, the distance of two boxes, that of two lanes of arrows; the letters.
HALF, ROW, LANE, SIZE = 19, 54, 15, 14


def wiring_graph(equations: Equations) -> Graph:
    r"""Return the graph of equations: the variables, and an arrow to each from what its line takes.

    >>> from unrolled.equations import read
    >>> wiring_graph(read(r"h_t = \tanh(x_t W + h_{t-1} U)")).describe()
    'The value h(t) is computed from x(t) and h(t-1).'
    """
    computed = equations.dependencies()
    inputs = [name for name in equations.inputs() if VARIABLE.match(name)]
    nodes = [Node(name, "input" if name == "x_t" else "state") for name in inputs]
    for name, sources in computed.items():
        places = [f"{{{n}}}" for n in range(len(sources))]
        words = " and ".join([", ".join(places[:-1])] * (len(places) > 1) + places[-1:])
        kind = "state" if name.replace("_t", "_{t-1}") in inputs else "gate"
        nodes.append(Node(name, kind, "value", f"computed from {words}"))
    edges = [(source, name) for name, sources in computed.items() for source in sources]
    return Graph(tuple(nodes), tuple(edges))


@drawn
def wiring(equations: Equations, alt: str | None = None) -> Picture:
    r"""Draw the equations of any cell: its variables from top to bottom, as they are computed.

    ``alt`` replaces the description that is made from the equations.

    >>> from unrolled.equations import read
    >>> wiring(read(r"h_t = \tanh(x_t W)")).alt
    'The equations as a graph. The value h(t) is computed from x(t).'
    """
    graph, trees = wiring_graph(equations), dict(equations.lines)
    texts = {
        node.name: rf"${node.name} = {latex(trees[node.name])}$" if node.name in trees
        else f"${node.name}$" for node in graph.nodes
    }  # fmt: skip
    places = {node.name: float(HALF + 6 + ROW * row) for row, node in enumerate(graph.nodes)}
    wide = {name: TextPath((0, 0), text, SIZE).get_extents().width for name, text in texts.items()}
    widest = max(wide.values()) + 24
    widths = {name: widest if name in trees else 52 for name in texts}
    right = widest + 8
    taken = [node.name for node in graph.nodes if any(s == node.name for s, _ in graph.edges)]
    # What is taken farthest down has the outermost lane, so that fewer arrows cross.
    last = {name: max(places[t] for s, t in graph.edges if s == name) for name in taken}
    lanes = {
        name: right + 22 + LANE * n
        for n, name in enumerate(sorted(taken, key=lambda name: last[name]))
    }
    d = Diagram(graph, right + 34 + LANE * len(lanes), 2 * HALF + 12 + ROW * (len(places) - 1),
                ground="surface")  # fmt: skip
    for name, y in places.items():
        role = name[0] if name[0] in ROLES else "muted"
        d.box(name, right - widths[name] / 2, y, widths[name], 2 * HALF, role, texts[name], SIZE)
    corners: dict[tuple[str, str], list[Point]] = {}
    for target in trees:
        sources = sorted(
            (s for s, t in graph.edges if t == target), key=lambda source: lanes[source]
        )
        for n, source in enumerate(sources):
            # Arrows come in above where the box's own leaves it.
            y = places[target] - 4 + (n - (len(sources) - 1) / 2) * min(9, 24 / len(sources))
            corners[source, target] = [(lanes[source], places[source] + 11), (lanes[source], y)]
    d.connect(corners)
    return d.picture(alt or f"The equations as a graph. {graph.describe()}", 0, int(d.width * 1.2))
