"""A cell of one unit and one feature, whose figure carries the numbers of its equations."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from unrolled.checks import as_count
from unrolled.equations import EquationError, Equations
from unrolled.equations.program import VARIABLE, names_in
from unrolled.figures.graphs import Graph, aloud, cell_graph
from unrolled.figures.wiring import wiring, wiring_graph
from unrolled.live.picture import Live
from unrolled.live.values import reached, with_operations

Setting = Mapping[str, Any]
#: How far a bias holds a gate open or shut: the sigmoid is 1 or 0. Where gates are divided by each
#: other it must not be 0, for 0 / 0 is no share.
HELD, HELD_IN_FRACTIONS = 50, 30


def cell(
    equations: Equations,
    *,
    name: str = "",
    title: str = "The cell, step by step",
    graph: str | None = None,
    figure: str = "",
    code: str = "",
    start: Setting | None = None,
    scenes: Mapping[str, Setting] | None = None,
    asks: Mapping[str, Any] | None = None,
    steps: int = 12,
) -> Live:
    r"""Let a reader move a cell: its inputs, its first state, its gates and its weights.

    Parameters
    ----------
    equations
        Of a cell with an input ``x_t``, and states that each have a line, such as ``h_t``.
    name
        Tells it from other live pictures of the page, in the address too.
    title
        What it is, for those who cannot see it.
    graph, figure
        The name of the cell's graph (see :func:`~unrolled.figures.cell_graph`), and the id of the
        figure on the page that shows it. Without them a figure is drawn from the equations.
    code
        The function whose body the page shows, its lines to be lit with the equations.
    start
        Numbers by the names of weights (all of a letter by the letter alone), first states by
        their letter, the inputs ``x`` as a list; for a gate ``"open"`` or ``"shut"``.
    scenes
        Settings by the words of their button; what they leave out is as at the start.
    asks
        ``question``, ``answer`` and ``goal``: what must be between two numbers, such as
        ``{"f_t@10": [0.89, 0.91]}`` at step 10. In the answer ``{c_t@10}`` is the number there.
    steps
        How many steps the cell takes.

    Raises
    ------
    EquationError
        Where no state goes from step to step, and where the figure is of other equations.
    ValueError
        For a name in a setting that the cell does not have.

    Examples
    --------
    >>> from unrolled import equations
    >>> leaky = equations.read(r"h_t = z \odot h_{t-1} + (1 - z) \odot x_t")
    >>> cell(leaky, start={"z": 0.9}).data["start"]["z"]
    0.9

    """
    steps = as_count(steps, "steps")
    inputs, states = equations.inputs(), equations.states()
    if not states or "x_t" not in inputs:
        raise EquationError(
            "expected an input x_t and a state that goes from step to step, such as h_{t-1} and h_t"
        )
    weights = [each for each in inputs if not VARIABLE.match(each)]
    gates = _gates(equations)
    known = [*weights, *states, *gates, "x"]
    drawn = cell_graph(graph) if graph else wiring_graph(equations)
    first = _whole(start or {}, weights, states, steps)
    program = with_operations(drawn, equations) if graph else equations
    held = HELD_IN_FRACTIONS if any(_divides(tree) for _, tree in equations.lines) else HELD
    data = {
        "title": title,
        "invitation": "Move this cell",
        "figure": figure,
        "code": code,
        "lines": [
            {"name": left, "aloud": aloud(left), "uses": [*dict.fromkeys(names_in(tree))]}
            for left, tree in equations.lines
        ],
        "states": states,
        "weights": weights,
        "gates": gates,
        "held": {"open": held, "shut": -held},
        "start": first,
        "scenes": [[words, dict(setting)] for words, setting in (scenes or {}).items()],
        "asks": asks and dict(asks),
        "steps": steps,
        "nodes": _nodes(drawn),
        "edges": [left for left, _ in program.lines if left.startswith("edge ")],
    }
    for setting in (start or {}, *(scenes or {}).values()):
        if unknown := {*setting} - {*known, *(each[0] for each in weights), "t"}:
            raise ValueError(f"expected names among {known}, got {sorted(unknown)}")
    name = name or f"cell-{crc32(program.javascript().encode()):08x}"
    return Live("cell", name, data, program, None if figure else wiring(equations))


def _divides(tree: Any) -> bool:
    """Tell whether an expression holds a fraction."""
    return isinstance(tree, tuple) and (tree[0] == "/" or any(map(_divides, tree[1:])))


def _gates(equations: Equations) -> dict[str, str]:
    """Return each gate, a sigmoid of a sum with a bias, and the bias that holds it."""
    found = {}
    for left, tree in equations.lines:
        biases = [name for name in names_in(tree) if name.startswith("b")]
        if tree[0] == r"\sigma" and biases:
            found[left.removesuffix("_t")] = biases[-1]
    return found


def _whole(given: Setting, weights: Sequence[str], states: Sequence[str], steps: int) -> Setting:
    """Return a setting with a number for every weight, first state and input."""
    letters = {"W": 1.0, "U": 0.5, "x": [1.0] + [0.0] * (steps - 1), **given}
    found = {name: letters.get(name, letters.get(name[0], 0.0)) for name in weights}
    return {"x": letters["x"], **dict.fromkeys(states, 0.0), **found, **given}


def _nodes(graph: Graph) -> dict[str, list[str]]:
    """Return for each node of a figure the variables whose equations it is a part of."""
    computed = graph.dependencies()
    return {
        node.name: [node.name] if node.name in computed else [*reached(graph, node.name)]
        for node in graph.nodes
    }
