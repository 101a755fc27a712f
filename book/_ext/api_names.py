"""Show each signature of the package as its source writes it.

Python keeps an annotation's value, so autodoc would print the alias `Array` as the five nested
types that it stands for, and every NumPy prints them in its own way. The source has the short
name, and the shapes are in the docstring. What has no source to read is shown without types.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from sphinx import addnodes

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

FIELD = type(namedtuple("Point", "x").x)  # Its type has no public name.


def as_written(obj: Any) -> tuple[str, str | None] | None:
    """Return the arguments and result of a function or class, or its fields, as in the source."""
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(obj))).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return None
    if isinstance(node, ast.FunctionDef):
        groups = (node.args.posonlyargs, node.args.args)
        for first in [group[0] for group in groups if group][:1]:
            if first.arg in {"self", "cls"}:
                next(group for group in groups if group).pop(0)
        return f"({ast.unparse(node.args)})", ast.unparse(node.returns) if node.returns else None
    if isinstance(node, ast.ClassDef):
        if any(getattr(line, "name", None) == "__init__" for line in node.body):
            made = as_written(obj.__init__)
            return made and (made[0], None)
        fields = [ast.unparse(line) for line in node.body if isinstance(line, ast.AnnAssign)]
        public = [field for field in fields if not field.startswith("_")]
        return (f"({', '.join(public)})", None) if public else None
    return None


def write_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: object, args: str | None, back: str | None
) -> tuple[str | None, str | None] | None:
    """Give autodoc the signature as written; where there is none, autodoc's own stays."""
    return as_written(obj) if what in {"function", "method", "class", "exception"} else None


def skip_field(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Leave out the fields of a named tuple, which its own docstring explains."""
    return True if isinstance(obj, FIELD) else None


def leave_as_text(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.Element
) -> nodes.Element | None:
    """Leave a type in a signature as text where this book does not document it."""
    above = node.parent
    while above is not None:
        if isinstance(above, addnodes.desc_signature):
            return text
        above = above.parent
    return None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", write_signature)
    app.connect("autodoc-skip-member", skip_field)
    app.connect("missing-reference", leave_as_text)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
