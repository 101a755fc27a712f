"""What each node and each arrow of a figure carries, found in the equations beside it."""

from collections.abc import Callable, Iterator
from typing import Any

from unrolled.equations import EquationError, Equations
from unrolled.equations.program import flow
from unrolled.equations.writing import Tree
from unrolled.figures.graphs import Graph

Form = Any


def _sum(*forms: Form) -> Form:
    return ("+", *sorted(forms, key=repr))


#: What the rules of a figure say, as ``flow`` writes it.
RULES: dict[str, Callable[..., Form]] = {
    "{0}": lambda a: a,
    "times": lambda *a: ("*", *sorted(a, key=repr)),
    "plus": _sum,
    "(1 minus {0})": lambda a: ("-", "1", a),
    "the weighted {0}": lambda a: ("W", a),
    "a weighted sum of {0} and {1}": lambda a, b: _sum(("W", a), ("W", b)),
    "the sigmoid of {0}": lambda a: (r"\sigma", a),
    "the sigmoid of a weighted sum of {0} and {1}": lambda a, b: (
        r"\sigma",
        _sum(("W", a), ("W", b)),
    ),
    "tanh of {0}": lambda a: (r"\tanh", a),
    "tanh of a weighted sum of {0} and {1}": lambda a, b: (r"\tanh", _sum(("W", a), ("W", b))),
    "tanh of the weighted {0} plus {1}": lambda a, b: (r"\tanh", _sum(("W", a), b)),
}


def drawn(graph: Graph, name: str) -> Form:
    """Return how the figure says that a node is made, with operations looked through.

    Raises ``EquationError`` for a node at which no arrow ends, and for a rule that is not known.
    """
    nodes = {node.name: node for node in graph.nodes}
    sources = graph.sources(name)
    made = [drawn(graph, s) if nodes[s].kind == "operation" else s for s in sources]
    if not made:
        raise EquationError(f"no arrow ends at {name}")
    try:
        return RULES[nodes[name].rule](*made)
    except (KeyError, TypeError):
        raise EquationError(f"{name}: {nodes[name].rule!r} of {made} is not known") from None


def agree(graph: Graph, equations: Equations) -> None:
    """Raise ``EquationError`` unless a figure has the arrows of the equations, and no other.

    >>> from unrolled.equations import read
    >>> from unrolled.figures.graphs import cell_graph
    >>> agree(cell_graph("rnn"), read("h_t = x_t W + h_{t-1} U + b"))
    Traceback (most recent call last):
    ...
    unrolled...EquationError: h_t: figure and equation disagree
    """
    computed, shown = {name for name, _ in equations.lines}, set(graph.dependencies())
    if computed != shown:
        raise EquationError(f"expected a figure of {sorted(computed)}, got one of {sorted(shown)}")
    for name, tree in equations.lines:
        if drawn(graph, name) != flow(tree):
            raise EquationError(f"{name}: figure and equation disagree")


def with_operations(graph: Graph, equations: Equations) -> Equations:
    """Return the equations with a line for each operation of the figure, and what enters gates.

    An operation is a part of the equation of the variable that its arrow leads to. The line
    ``node`` of its name has its value; where several variables take it, each with weights of its
    own, the line ``edge A:B`` has what B takes.
    Raises ``EquationError`` as :func:`agree` does.
    """
    agree(graph, equations)
    trees, lines = dict(equations.lines), list(equations.lines)
    for node in graph.nodes:
        if node.kind != "operation":
            continue
        form = drawn(graph, node.name)
        parts: dict[str, Tree] = {}
        for left in reached(graph, node.name):
            parts[left] = next(part for part in _parts(trees[left]) if flow(part) == form)
        if len(set(parts.values())) == 1:
            lines.append((f"node {node.name}", next(iter(parts.values()))))
        else:
            lines += [(f"edge {node.name}:{left}", part) for left, part in parts.items()]
    return Equations(tuple(lines))


def reached(graph: Graph, name: str) -> Iterator[str]:
    """Yield the variables that a node's arrows lead to, with operations looked through."""
    kinds = {node.name: node.kind for node in graph.nodes}
    for source, target in graph.edges:
        if source == name:
            yield from reached(graph, target) if kinds[target] == "operation" else [target]


def _parts(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and all trees in it."""
    yield tree
    if tree[0] not in ("name", "number"):
        for part in tree[1:]:
            yield from _parts(part)
