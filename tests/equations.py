r"""Read the labelled equations of a page: evaluate them, and say what is computed from what.

The language is the one that the cell pages use, and no larger: names with sub- and superscripts,
numbers, ``+``, ``-``, ``\odot``, matrix products by juxtaposition, ``\sigma``, ``\tanh`` and
parentheses.
Anything else raises ``EquationError``, which names the place.
"""

import re

import numpy as np

from unrolled.activations import sigmoid, tanh

FUNCTIONS = {r"\sigma": sigmoid, r"\tanh": tanh}
TOKEN = re.compile(
    r"\s+|\\,|\\;|\\quad"  # Space means nothing.
    r"|(?P<function>\\sigma|\\tanh)"
    r"|(?P<times>\\odot)"
    r"|(?P<open>(?:\\left\s*)?\()|(?P<close>(?:\\right\s*)?\))"
    r"|(?P<sign>[+-])"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z](?:\^[A-Z])?(?:_(?:[a-z]|\{[^{}]*\}))?)"
)


class EquationError(ValueError):
    """An equation says something that this reader does not know."""


def labelled(page, label):
    """Return the lines [(name, right-hand side)] of the math block ``label`` in a page's text."""
    blocks = re.findall(r"^```\{math\}\n((?::[^\n]*\n)*)(.*?)^```$", page, re.M | re.S)
    found = [body for options, body in blocks if f":label: {label}\n" in options]
    if len(found) != 1:
        raise EquationError(f"expected one math block labelled {label}, found {len(found)}")
    body = re.sub(r"\\(begin|end)\{aligned\}", "", found[0])
    lines = []
    for line in filter(str.strip, re.split(r"\\\\", body)):
        left, equals, right = line.replace("&=", "=").partition("=")
        if not equals or "=" in right:
            raise EquationError(f"expected one = in {label}, got {line.strip()!r}")
        lines.append((left.strip(), right.strip()))
    return lines


def tokens(text):
    """Return the tokens [(kind, text)] of a right-hand side."""
    found, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise EquationError(f"cannot read {text[position:]!r} in {text!r}")
        if match.lastgroup:
            found.append((match.lastgroup, match[0]))
        position = match.end()
    return found


def parse(text):
    """Return the tree of a right-hand side, as nested tuples.

    A sum is ("+", a, b) or ("-", a, b), products are ("*", a, b) and ("@", a, b), a function is
    (its name, a); a leaf is ("name", text) or ("number", value).
    """
    rest = tokens(text)

    def peek():
        return rest[0][0] if rest else "end"

    def take(kind):
        if peek() != kind:
            raise EquationError(f"expected {kind} before {[t for _, t in rest]} in {text!r}")
        return rest.pop(0)[1]

    def total():
        tree = elementwise()
        while peek() == "sign":
            sign = take("sign")
            tree = (sign, tree, elementwise())
        return tree

    def elementwise():
        tree = product()
        while peek() == "times":
            take("times")
            tree = ("*", tree, product())
        return tree

    def product():
        tree = factor()
        while peek() in {"name", "number", "open", "function"}:
            tree = ("@", tree, factor())
        return tree

    def factor():
        if peek() == "function":
            return (take("function"), parenthesis())
        if peek() == "open":
            return parenthesis()
        if peek() == "number":
            return ("number", float(take("number")))
        return ("name", take("name"))

    def parenthesis():
        take("open")
        tree = total()
        take("close")
        return tree

    tree = total()
    if rest:
        raise EquationError(f"cannot read {[t for _, t in rest]} in {text!r}")
    return tree


def value(tree, names):
    """Return the value of a tree; ``names`` maps each name to its array."""
    kind, *parts = tree
    if kind == "number":
        return parts[0]
    if kind == "name":
        if parts[0] not in names:
            raise EquationError(f"nothing is known of {parts[0]}")
        return names[parts[0]]
    a, *others = (value(part, names) for part in parts)
    if kind in FUNCTIONS:
        return FUNCTIONS[kind](a)
    (b,) = others
    if kind == "@":
        if np.ndim(a) != 2 or np.ndim(b) != 2:
            raise EquationError(f"a product without \\odot needs two matrices, got {tree}")
        return a @ b
    return {"+": np.add, "-": np.subtract, "*": np.multiply}[kind](a, b)


def evaluate(lines, names):
    """Compute the lines in order, and return every name with its array."""
    names = dict(names)
    for left, right in lines:
        names[left] = value(parse(right), names)
    return names


def flow(tree):
    """Return how a value is made from variables of time, weights and biases left out.

    A sum, a product or a function is (its name, the sorted forms of what it takes); a matrix
    product with a weight is ("W", form); a variable is its name; a bias is None.
    """
    kind, *parts = tree
    if kind == "number":
        return f"{parts[0]:g}"
    if kind == "name":
        return None if re.match("[WUb]", parts[0]) else parts[0]
    forms = [flow(part) for part in parts]
    if kind == "@":
        if forms[1] is not None or forms[0] is None:
            raise EquationError(f"expected a variable times a weight, got {tree}")
        return ("W", forms[0])
    if kind == "-":
        return ("-", *forms)
    if kind == "+":
        terms = []
        for form in forms:
            terms += form[1:] if isinstance(form, tuple) and form[0] == "+" else [form]
        terms = [form for form in terms if form is not None]
        return terms[0] if len(terms) == 1 else ("+", *sorted(terms, key=repr))
    return (kind, *sorted(forms, key=repr))
