"""What each cell computes from what, as a small graph; the drawings take their arrows from it.

A node's name is the variable's name in the book's equations, as LaTeX.
Nodes of kind ``operation`` stand between the variables and have no name in an equation.
"""

from dataclasses import dataclass

#: What a node may be.
KINDS = ("input", "state", "gate", "operation", "output")


@dataclass(frozen=True)
class Node:
    """One node: its name, its kind, what it is called, and how it is made from its sources.

    ``rule`` is a pattern with one place per source, or a word that stands between the sources.
    """

    name: str
    kind: str
    title: str = ""
    rule: str = "{0}"


@dataclass(frozen=True)
class Graph:
    """Nodes and directed edges (source, target), in the order in which they are computed.

    Raises ``ValueError`` where a kind is unknown, a name stands twice, or an edge has no node.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        names = [node.name for node in self.nodes]
        if len(set(names)) != len(names):
            raise ValueError(f"expected every node once, got {names}")
        for node in self.nodes:
            if node.kind not in KINDS:
                raise ValueError(f"expected a kind among {KINDS}, got {node.kind!r}")
        for end in (end for edge in self.edges for end in edge):
            if end not in names:
                raise ValueError(f"expected an edge between nodes, got one at {end!r}")

    def sources(self, name: str) -> list[str]:
        """Return the nodes whose arrows end at ``name``."""
        return [source for source, target in self.edges if target == name]

    def dependencies(self) -> dict[str, set[str]]:
        """Return, for each variable that is computed, the variables it is computed from.

        Operations are looked through.

        >>> sorted(cell_graph("lstm").dependencies()["c_t"])
        ['c_{t-1}', 'f_t', 'g_t', 'i_t']
        """
        kinds = {node.name: node.kind for node in self.nodes}

        def variables(name: str) -> set[str]:
            found: set[str] = set()
            for source in self.sources(name):
                found |= variables(source) if kinds[source] == "operation" else {source}
            return found

        computed = (n.name for n in self.nodes if n.kind != "operation" and self.sources(n.name))
        return {name: variables(name) for name in computed}

    def describe(self) -> str:
        """Return the graph in words: one sentence for each variable that is computed.

        >>> cell_graph("rnn").describe()
        'The hidden state h(t) is tanh of a weighted sum of x(t) and h(t-1).'
        """
        nodes = {node.name: node for node in self.nodes}

        def made(name: str) -> str:
            rule, operands = nodes[name].rule, [value(source) for source in self.sources(name)]
            return rule.format(*operands) if "{" in rule else f" {rule} ".join(operands)

        def value(name: str) -> str:
            return made(name) if nodes[name].kind == "operation" else aloud(name)

        return " ".join(
            f"The {nodes[name].title} {aloud(name)} is {made(name)}."
            for name in self.dependencies()
        )


def aloud(name: str) -> str:
    """Return a variable's name as a screen reader can say it.

    >>> aloud("h_{t-1}")
    'h(t-1)'
    """
    letter, _, time = name.partition("_")
    return f"{letter}({time.strip('{}')})"


_X = Node("x_t", "input", "input")
_H0 = Node("h_{t-1}", "state", "previous hidden state")
_C0 = Node("c_{t-1}", "state", "previous cell state")
_SUM = Node("xW + hU + b", "operation", rule="a weighted sum of {0} and {1}")
_SIGMOID, _TANH = "the sigmoid of {0}", "tanh of {0}"


def _times(name: str) -> Node:
    return Node(name, "operation", rule="times")


_RNN = Graph(
    (_X, _H0, _SUM, Node("tanh", "operation", rule=_TANH), Node("h_t", "output", "hidden state")),
    (("x_t", _SUM.name), ("h_{t-1}", _SUM.name), (_SUM.name, "tanh"), ("tanh", "h_t")),
)

_LSTM = Graph(
    (
        _X,
        _H0,
        _C0,
        _SUM,
        Node("i_t", "gate", "input gate", _SIGMOID),
        Node("f_t", "gate", "forget gate", _SIGMOID),
        Node("g_t", "gate", "candidate", _TANH),
        Node("o_t", "gate", "output gate", _SIGMOID),
        _times("keep"),
        _times("write"),
        Node("+", "operation", rule="plus"),
        Node("c_t", "state", "cell state"),
        Node("tanh", "operation", rule=_TANH),
        _times("show"),
        Node("h_t", "output", "hidden state"),
    ),
    (
        ("x_t", _SUM.name),
        ("h_{t-1}", _SUM.name),
        *((_SUM.name, gate) for gate in ("i_t", "f_t", "g_t", "o_t")),
        ("f_t", "keep"),
        ("c_{t-1}", "keep"),
        ("i_t", "write"),
        ("g_t", "write"),
        ("keep", "+"),
        ("write", "+"),
        ("+", "c_t"),
        ("c_t", "tanh"),
        ("o_t", "show"),
        ("tanh", "show"),
        ("show", "h_t"),
    ),
)


def _gru(reset_after: bool) -> Graph:
    """Return the GRU: the reset gate meets the state after the product with U_h, or before it."""
    weighted = "a weighted sum of {0} and {1}"
    rule = "tanh of the weighted {0} plus {1}" if reset_after else f"tanh of {weighted}"
    product = (Node("hU", "operation", rule="the weighted {0}"),) * reset_after
    through = (("h_{t-1}", "hU"), ("hU", "reset")) if reset_after else (("h_{t-1}", "reset"),)
    return Graph(
        (
            _X,
            _H0,
            Node("z_t", "gate", "update gate", f"the sigmoid of {weighted}"),
            Node("r_t", "gate", "reset gate", f"the sigmoid of {weighted}"),
            *product,
            _times("reset"),
            Node("g_t", "gate", "candidate", rule),
            Node("1-", "operation", rule="(1 minus {0})"),
            _times("keep"),
            _times("renew"),
            Node("+", "operation", rule="plus"),
            Node("h_t", "output", "hidden state"),
        ),
        (
            *((source, gate) for gate in ("z_t", "r_t") for source in ("x_t", "h_{t-1}")),
            ("r_t", "reset"),
            *through,
            ("x_t", "g_t"),
            ("reset", "g_t"),
            ("z_t", "1-"),
            ("z_t", "keep"),
            ("h_{t-1}", "keep"),
            ("1-", "renew"),
            ("g_t", "renew"),
            ("keep", "+"),
            ("renew", "+"),
            ("+", "h_t"),
        ),
    )


def cell_graph(name: str) -> Graph:
    """Return the graph of a cell: ``rnn``, ``lstm``, ``gru`` or ``gru_reset_before``.

    ``gru`` resets after the product, as Keras does by default.

    >>> for name, graph in cell_graph("gru").dependencies().items():
    ...     print(name, sorted(graph))
    z_t ['h_{t-1}', 'x_t']
    r_t ['h_{t-1}', 'x_t']
    g_t ['h_{t-1}', 'r_t', 'x_t']
    h_t ['g_t', 'h_{t-1}', 'z_t']
    """
    graphs = {
        "rnn": _RNN,
        "lstm": _LSTM,
        "gru": _gru(True),
        "gru_reset_before": _gru(False),
    }
    if name not in graphs:
        raise ValueError(f"expected one of {', '.join(graphs)}, got {name!r}")
    return graphs[name]
