"""Two operators that Cosmic Ray lacks: exchange neighbours in a row, and drop a transpose.

The first changes the order of gates, of gradients and of indices; the second turns ``U.T``
into ``U``.
"""

from cosmic_ray.operators.operator import Example, Operator

# Rows whose order means something: a, b = ..., [a, b], return a, b and x[a, b].
# Arguments are left out: exchanged, they nearly always raise, which proves nothing.
ROWS = {"testlist_star_expr", "testlist", "exprlist", "testlist_comp", "subscriptlist"}


class SwapNeighbours(Operator):
    """Exchange two neighbouring members of a row: ``i, f = gates`` to ``f, i = gates``."""

    def mutation_positions(self, node):
        """Yield one position for each pair of neighbours that differ."""
        for left, _ in pairs(node):
            yield node.children[left].start_pos, node.children[left + 2].end_pos

    def mutate(self, node, index):
        """Exchange the pair with the given number."""
        left, right = list(pairs(node))[index]
        one, other = node.children[left], node.children[right]
        prefixes = first_leaf(one).prefix, first_leaf(other).prefix
        node.children[left], node.children[right] = other, one
        first_leaf(other).prefix, first_leaf(one).prefix = prefixes
        return node

    @classmethod
    def examples(cls):
        """Show what it does."""
        return (Example("i, f = gates", "f, i = gates"), Example("return a, b", "return b, a"))


class DropTranspose(Operator):
    """Turn ``U.T`` into ``U``."""

    def mutation_positions(self, node):
        """Yield the position of a transpose."""
        if node.type == "trailer" and [c.value for c in node.children if leaf(c)] == [".", "T"]:
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        """Delete the transpose."""
        return None

    @classmethod
    def examples(cls):
        """Show what it does."""
        return (Example("a @ U.T", "a @ U"),)


class Operators:
    """What this package offers to Cosmic Ray."""

    _all = {cls.__name__: cls for cls in (SwapNeighbours, DropTranspose)}  # noqa: RUF012

    def __iter__(self):
        """Return the operators' names."""
        return iter(self._all)

    def __getitem__(self, name):
        """Return an operator."""
        return self._all[name]


def pairs(node):
    """Return the places of neighbours in a row that are not the same text."""
    if node.type not in ROWS or in_annotation(node):
        return
    for left in range(0, len(node.children) - 2, 2):
        one, other = node.children[left], node.children[left + 2]
        names = one.type == other.type == "string"  # Choices and texts have no order.
        if not names and one.get_code().strip() != other.get_code().strip():
            yield left, left + 2


def in_annotation(node):
    """Return whether a node says what type a name has."""
    child = node
    while (parent := child.parent) is not None:
        if parent.type in {"annassign", "tfpdef"}:
            return True
        if parent.type == "funcdef" and child is parent.annotation:
            return True
        child = parent
    return False


def leaf(node):
    """Return whether a node is a leaf of the tree."""
    return not hasattr(node, "children")


def first_leaf(node):
    """Return the first leaf of a node, which carries the space before it."""
    return node if leaf(node) else node.get_first_leaf()
