"""Equations that have been read, written again: as JavaScript and as LaTeX."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

#: A node of what was read: its kind and what it takes.
Tree = tuple[Any, ...]

SOFTPLUS = r"\operatorname{softplus}"
SOFTMAX = r"\operatorname{softmax}"
#: The names of what every compiled program is given; ``arrays.js`` defines them.
CALLS = {"+": "add", "-": "minus", "*": "times", "@": "dot", r"\sigma": "sigmoid", r"\tanh": "tanh"}
#: The names of what only those are given that call it.
RARE = {
    "/": "over",
    r"\max": "max",
    r"\exp": "exp",
    r"\cos": "cos",
    r"\sin": "sin",
    SOFTPLUS: "softplus",
    "pick": "pick",
    SOFTMAX: "softmax",
    r"\top": "transposed",
}
#: How tightly an operation binds.
BINDS = {"+": 1, "-": 1, "*": 2, "@": 3}


def javascript(lines: Iterable[tuple[str, Tree]]) -> str:
    """Return the function of JavaScript that ``Equations.javascript`` describes."""
    lines = [*lines]
    added = "".join(f"  v[{literal(left)}] = {compiled(tree)};\n" for left, tree in lines)
    kinds = {kind for _, tree in lines for kind in kinds_in(tree)}
    calls = [*CALLS.values(), *(name for kind, name in RARE.items() if kind in kinds)]
    return f"({{{', '.join(calls)}}}) => v => {{\n{added}  return v;\n}}"


def kinds_in(tree: Tree) -> Iterator[str]:
    """Yield the kinds of all nodes of a tree."""
    kind, *parts = tree
    yield kind
    if kind not in ("name", "number"):
        for part in parts:
            yield from kinds_in(part)


def compiled(tree: Tree) -> str:
    """Return a tree as an expression of JavaScript."""
    kind, *parts = tree
    if kind == "number":
        return f"{parts[0]:g}"
    if kind == "name":
        return f"v[{literal(parts[0])}]"
    return f"{(CALLS | RARE)[kind]}({', '.join(map(compiled, parts))})"


def latex(tree: Tree, around: int = 0) -> str:
    r"""Return a tree as LaTeX, with the brackets that it needs where ``around`` binds so tightly.

    >>> from unrolled.equations import read
    >>> latex(read(r"h_t = z \odot (1 - (x_t W + b))").lines[0][1])
    'z \\odot (1 - (x_t\\,W + b))'
    """
    kind, *parts = tree
    if kind in ("name", "number"):
        return parts[0] if kind == "name" else f"{parts[0]:g}"
    if kind == r"\top":
        return f"{latex(parts[0], max(BINDS.values()))}^\\top"
    if kind.startswith("\\"):
        return f"{kind}({', '.join(map(latex, parts))})"
    if kind == "/":
        return rf"\frac{{{latex(parts[0])}}}{{{latex(parts[1])}}}"
    binds, sign = BINDS[kind], {"*": r" \odot ", "@": r"\,"}.get(kind, f" {kind} ")
    text = f"{latex(parts[0], binds - 1)}{sign}{latex(parts[1], binds)}"
    return f"({text})" if binds <= around else text


def literal(value: Any) -> str:
    r"""Return a value of JSON as JavaScript in ASCII that may stand in a script within a page.

    Raises ``ValueError`` for a number that is not finite.

    >>> literal({"text": "</script>"})
    '{"text":"\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
