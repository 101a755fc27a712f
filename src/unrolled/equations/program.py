"""Equations that have been read: evaluated, taken apart and differentiated."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.activations import sigmoid, softmax, softplus, tanh
from unrolled.attention.weights import transposed
from unrolled.equations import writing
from unrolled.equations.writing import SOFTMAX, SOFTPLUS, Tree

Array = Any

FUNCTIONS: dict[str, Any] = {
    r"\sigma": sigmoid,
    r"\tanh": tanh,
    r"\exp": np.exp,
    r"\cos": np.cos,
    r"\sin": np.sin,
    SOFTPLUS: softplus,
    SOFTMAX: softmax,
    r"\top": transposed,
}


def pick(a: Array, b: Array, first: Array, second: Array) -> Array:
    """Return ``first`` where ``a`` is the greater, else ``second``: the slope of a maximum."""
    return np.where(np.greater(a, b), first, second)


OPERATORS: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "@": np.matmul,
    "/": np.divide,
    r"\max": np.maximum,
    "pick": pick,
}
#: A variable has a time; what has none is learnt, and is the same at every step.
VARIABLE = re.compile(r".*_(t|\{t-1\})$")


class EquationError(ValueError):
    """An equation says something that is not known here."""


@dataclass(frozen=True)
class Equations:
    r"""Lines (name, tree) in the order in which they are computed; :func:`read` makes them.

    Examples
    --------
    >>> from unrolled.equations import read
    >>> plain = read(r"h_t = \tanh(x_t W + h_{t-1} U + b)")
    >>> plain.inputs()
    ['x_t', 'W', 'h_{t-1}', 'U', 'b']
    >>> ones = {name: np.ones((1, 1)) for name in plain.inputs()}
    >>> plain.evaluate(ones)["h_t"].round(3)
    array([[0.995]])

    """

    lines: tuple[tuple[str, Tree], ...]

    def inputs(self) -> list[str]:
        """Return the names that must be known before the first line, in the order of their use."""
        known: set[str] = set()
        found: dict[str, None] = {}
        for left, tree in self.lines:
            found |= dict.fromkeys(name for name in names_in(tree) if name not in known)
            known.add(left)
        return [*found]

    def states(self) -> list[str]:
        r"""Return the letters of what goes from step to step: a line computes it and needs it.

        >>> from unrolled.equations import read
        >>> read(r"c_t = f \odot c_{t-1} + x_t \\ h_t = \tanh(c_t)").states()
        ['c']
        """
        inputs, letters = self.inputs(), [left.removesuffix("_t") for left, _ in self.lines]
        return [letter for letter in letters if f"{letter}_{{t-1}}" in inputs]

    def evaluate(self, names: Mapping[str, Array]) -> dict[str, Array]:
        """Compute all lines from arrays (N, …), vectors or matrices, and return every name's.

        Raises ``EquationError`` for a name of which nothing is known, and for a product by
        juxtaposition of what are not two matrices.
        """
        found = dict(names)
        for left, tree in self.lines:
            found[left] = value(tree, found)
        return found

    def dependencies(self) -> dict[str, list[str]]:
        """Return, for each computed name, the variables that its line takes, in their order."""
        return {
            left: [*dict.fromkeys(filter(VARIABLE.match, names_in(tree)))]
            for left, tree in self.lines
        }

    def tangent(self, moved: Iterable[str]) -> "Equations":
        r"""Return the lines with, after each, what it changes by when the ``moved`` names do.

        The change of a name is called ``d`` and the name: given ``d h_{t-1}``, ``d h_t`` is the
        product of the one with the Jacobian. What is not moved stays as it is.

        >>> from unrolled.equations import read
        >>> read(r"h_t = \tanh(h_{t-1} U)").tangent(["h_{t-1}"]).inputs()
        ['h_{t-1}', 'U', 'd h_{t-1}']
        """
        moves = set(moved)
        lines: list[tuple[str, Tree]] = []
        for left, tree in self.lines:
            lines.append((left, tree))
            change = _change(tree, moves, {tree: ("name", left)})
            if change is not None:
                lines.append((f"d {left}", change))
                moves.add(left)
        return Equations(tuple(lines))

    def javascript(self) -> str:
        """Return a function of JavaScript that adds every computed name to an object of names.

        Its variables are numbers or rows of them, its matrices arrays of rows. It is made by a
        function of what it calls: ``unrolled.arrays``, defined in ``arrays.js`` beside this file.
        """
        return writing.javascript(self.lines)


def names_in(tree: Tree) -> Iterator[str]:
    """Yield the names in a tree, from left to right."""
    kind, *parts = tree
    if kind == "name":
        yield parts[0]
    elif kind != "number":
        for part in parts:
            yield from names_in(part)


def value(tree: Tree, names: Mapping[str, Array]) -> Array:
    """Return the value of a tree; ``names`` maps each name to its array."""
    kind, *parts = tree
    if kind == "number":
        return parts[0]
    if kind == "name":
        if parts[0] not in names:
            raise EquationError(f"nothing is known of {parts[0]}")
        return names[parts[0]]
    taken = [value(part, names) for part in parts]
    if kind in FUNCTIONS:
        return FUNCTIONS[kind](*taken)
    if kind == "@" and any(np.ndim(each) != 2 for each in taken):
        raise EquationError(f"a product without \\odot needs two matrices, got {tree}")
    return OPERATORS[kind](*taken)


def flow(tree: Tree) -> Any:
    """Return how a value is made from variables, with weights and biases left out.

    A sum, a product or a function is (its name, the sorted forms of what it takes); a product
    with a weight is ("W", form); a variable is its name; a weight or bias is None.
    """
    kind, *parts = tree
    if kind == "number":
        return f"{parts[0]:g}"
    if kind == "name":
        return parts[0] if VARIABLE.match(parts[0]) else None
    forms = [flow(part) for part in parts]
    if kind == "@" and (forms[1] is not None or forms[0] is None):
        raise EquationError(f"expected a variable times a weight, got {tree}")
    if kind == "@" or (kind == "*" and None in forms):
        (form,) = filter(None, forms)
        return ("W", form)
    if kind == "-":
        return ("-", *forms)
    if kind == "+":
        terms: list[Any] = []
        for form in forms:
            terms += form[1:] if isinstance(form, tuple) and form[0] == "+" else [form]
        terms = [form for form in terms if form is not None]
        return terms[0] if len(terms) == 1 else ("+", *sorted(terms, key=repr))
    return (kind, *sorted(forms, key=repr))


def _change(tree: Tree, moves: set[str], known: Mapping[Tree, Tree]) -> Tree | None:
    """Return by what a tree changes to first order, or None; a known tree is read by its name."""
    kind, *parts = tree
    if kind == "number":
        return None
    if kind == "name":
        return ("name", f"d {parts[0]}") if parts[0] in moves else None
    changes = [_change(part, moves, known) for part in parts]
    if kind in FUNCTIONS:
        if changes[0] is None:
            return None
        if kind in (SOFTMAX, r"\top"):
            raise EquationError(f"expected no {kind} of what moves, got {tree}")
        return ("*", _slope(kind, parts[0], known.get(tree, tree)), changes[0])
    (a, b), (d_a, d_b) = parts, changes
    if kind == r"\max" and (d_a or d_b):
        still: Tree = ("number", 0.0)
        return ("pick", a, b, d_a or still, d_b or still)
    terms = {
        "+": [d_a, d_b],
        "-": [d_a, d_b and _less(d_b)],
        "*": [d_a and ("*", d_a, b), d_b and ("*", a, d_b)],
        "@": [d_a and ("@", d_a, b), d_b and ("@", a, d_b)],
        "/": [d_a and ("/", d_a, b), d_b and _less(("/", ("*", known.get(tree, tree), d_b), b))],
        r"\max": [],
    }[kind]
    left = [term for term in terms if term is not None]
    return ("+", *left) if len(left) == 2 else (left[0] if left else None)


def _less(tree: Tree) -> Tree:
    """Return a tree with the other sign."""
    return ("-", ("number", 0.0), tree)


def _slope(kind: str, inner: Tree, own: Tree) -> Tree:
    """Return the slope of a function at ``inner``, where its value is ``own``."""
    one: Tree = ("number", 1.0)
    slopes: dict[str, Tree] = {
        r"\tanh": ("-", one, ("*", own, own)),
        r"\sigma": ("*", own, ("-", one, own)),
        r"\exp": own,
        r"\cos": _less((r"\sin", inner)),
        r"\sin": (r"\cos", inner),
        SOFTPLUS: (r"\sigma", inner),
    }
    return slopes[kind]
