r"""Equations as programs: what a page says in LaTeX is read, evaluated, drawn and compiled.

The language is the one in which the book writes its cells, and no larger: see :func:`read`.

>>> from unrolled import equations
>>> leaky = equations.read(r"h_t &= z \odot h_{t-1} + x_t W")
>>> leaky.dependencies()
{'h_t': ['h_{t-1}', 'x_t']}
>>> print(leaky.javascript())
({add, minus, times, dot, sigmoid, tanh}) => v => {
  v["h_t"] = add(times(v["z"], v["h_{t-1}"]), dot(v["x_t"], v["W"]));
  return v;
}
"""

from unrolled.equations.cells import differences, names_of, of_step
from unrolled.equations.program import EquationError, Equations
from unrolled.equations.reading import labelled, read

__all__ = ["EquationError", "Equations", "differences", "labelled", "names_of", "of_step", "read"]
