r"""From LaTeX to trees.

A tree is made of nested tuples: a sum is ``("+", a, b)`` or ``("-", a, b)``, products are
``("*", a, b)`` and ``("@", a, b)``, a fraction is ``("/", a, b)``, a function is ``(its name, a)``
and the greater of two ``("\\max", a, b)``; a leaf is ``("name", text)`` or ``("number", value)``.
"""

import re

from unrolled.equations.program import EquationError, Equations
from unrolled.equations.writing import Tree

TOKEN = re.compile(
    r"\s+|\\,|\\;|\\quad"  # Space means nothing.
    r"|(?P<function>\\(?:sigma|tanh|exp|cos|sin)(?![A-Za-z])|\\operatorname\{soft(?:plus|max)\})"
    r"|(?P<max>\\max)(?![A-Za-z])"
    r"|(?P<frac>\\frac)(?![A-Za-z])"
    r"|(?P<begin>\{)|(?P<finish>\})|(?P<comma>,)"
    r"|(?P<transpose>\^\{?\\top\}?)"
    r"|(?P<times>\\odot)(?![A-Za-z])"
    r"|(?P<open>(?:\\left\s*)?\()|(?P<close>(?:\\right\s*)?\))"
    r"|(?P<sign>[+-])"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z](?:\^[A-Z])?(?:_(?:[A-Za-z]|\{[^{}]*\}))?)"
)
#: The most brackets within brackets: none of a cell's equations has more than a few.
DEEPEST = 100


def read(text: str) -> Equations:
    r"""Read lines of LaTeX, parted by ``\\``, as equations that are computed in that order.

    They may hold names with sub- and superscripts, numbers, ``+``, ``-``, ``\odot``, matrix
    products by juxtaposition, ``\frac``, ``\sigma``, ``\tanh``, ``\exp``, ``\cos``, ``\sin``,
    ``\operatorname{softplus}``, a softmax over the last axis, ``\max`` of two, ``^\top`` and
    parentheses; an ``aligned`` around them and its ``&`` mean nothing.

    Raises ``TypeError`` for what is no string and ``EquationError``, a ``ValueError`` that names
    the place, for all else.

    >>> read(r"h_t = x_t W + b").lines
    (('h_t', ('+', ('@', ('name', 'x_t'), ('name', 'W')), ('name', 'b'))),)
    >>> read(r"h_t = \sqrt{x_t}")
    Traceback (most recent call last):
    ...
    unrolled...EquationError: cannot read '\\sqrt{x_t}' in '\\sqrt{x_t}'
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected LaTeX in a string, got {text!r:.100}")
    lines: dict[str, Tree] = {}
    for line in filter(str.strip, re.split(r"\\\\", re.sub(r"\\(begin|end)\{aligned\}", "", text))):
        left, equals, right = line.replace("&=", "=").partition("=")
        if not equals or "=" in right:
            raise EquationError(f"expected one = in each line, got {line.strip()!r}")
        name = left.strip()
        if [kind for kind, _ in tokens(name)] != ["name"]:
            raise EquationError(f"expected one name before =, got {name!r}")
        if name in lines:
            raise EquationError(f"expected each name to be computed once, got {name} twice")
        lines[name] = parse(right.strip())
    if not lines:
        raise EquationError(f"expected equations, got {text!r:.100}")
    return Equations(tuple(lines.items()))


def labelled(page: str, label: str) -> Equations:
    """Read the math block ``label`` in the MyST Markdown of a page.

    Raises ``EquationError`` where not exactly one block has the label, and as :func:`read` does.
    """
    blocks = re.findall(r"^```\{math\}\n((?::[^\n]*\n)*)(.*?)^```$", page, re.M | re.S)
    found = [body for options, body in blocks if f":label: {label}\n" in options]
    if len(found) != 1:
        raise EquationError(f"expected one math block labelled {label}, found {len(found)}")
    try:
        return read(found[0])
    except EquationError as error:
        raise EquationError(f"{label}: {error}") from None


def tokens(text: str) -> list[tuple[str, str]]:
    """Return the tokens (kind, text) of a right-hand side."""
    found, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise EquationError(f"cannot read {text[position:]!r:.100} in {text!r:.100}")
        if match.lastgroup:
            found.append((match.lastgroup, match[0]))
        position = match.end()
    return found


def parse(text: str) -> Tree:
    """Return the tree of a right-hand side."""
    reader = _Reader(text)
    tree = reader.total()
    if reader.rest:
        raise EquationError(f"cannot read {reader.left()!r} in {text!r:.100}")
    return tree


class _Reader:
    """Reads one right-hand side from the left: each method takes the tokens of one rule."""

    def __init__(self, text: str) -> None:
        self.text, self.rest, self.depth = text, tokens(text), 0

    def peek(self) -> str:
        return self.rest[0][0] if self.rest else "end"

    def left(self) -> str:
        return " ".join(text for _, text in self.rest)[:100]

    def take(self, kind: str) -> str:
        if self.peek() != kind:
            raise EquationError(f"expected {kind} before {self.left()!r} in {self.text!r:.100}")
        return self.rest.pop(0)[1]

    def total(self) -> Tree:
        tree = self.elementwise()
        while self.peek() == "sign":
            tree = (self.take("sign"), tree, self.elementwise())
        return tree

    def elementwise(self) -> Tree:
        tree = self.product()
        while self.peek() == "times":
            self.take("times")
            tree = ("*", tree, self.product())
        return tree

    def product(self) -> Tree:
        tree = self.factor()
        while self.peek() in {"name", "number", "open", "function", "max", "frac"}:
            tree = ("@", tree, self.factor())
        return tree

    def factor(self) -> Tree:
        tree = self.turned()
        while self.peek() == "transpose":
            self.take("transpose")
            tree = (r"\top", tree)
        return tree

    def turned(self) -> Tree:
        if self.peek() == "function":
            return (self.take("function"), self.parenthesis())
        if self.peek() == "max":
            return self.greater()
        if self.peek() == "frac":
            return self.fraction()
        if self.peek() == "open":
            return self.parenthesis()
        if self.peek() == "number":
            return ("number", float(self.take("number")))
        return ("name", self.take("name"))

    def parenthesis(self) -> Tree:
        return self.between("open", "close")

    def fraction(self) -> Tree:
        self.take("frac")
        return ("/", self.between("begin", "finish"), self.between("begin", "finish"))

    def greater(self) -> Tree:
        self.take("max")
        return (r"\max", self.between("open", "comma"), self.between("", "close"))

    def between(self, first: str, last: str) -> Tree:
        if first:
            self.take(first)
        self.depth += 1
        if self.depth > DEEPEST:
            raise EquationError(f"expected at most {DEEPEST} brackets within brackets, got more")
        tree = self.total()
        self.depth -= 1
        self.take(last)
        return tree
