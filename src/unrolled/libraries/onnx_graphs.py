"""Graphs of ONNX: a writer of nodes, and stacks of recurrent layers as nodes.

The order of gates and the layout of weights are those of the rows ``onnx`` in ``conventions``.
ONNX's recurrent operators take sequence lengths, but its own evaluator (of version 1.23) passes
them over without a word. So lengths are written out: a backward pass reads each sequence turned
round, and what lies beyond its end is made zero. That is right wherever the operators are.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.extras import needed
from unrolled.libraries.conventions import Params, arranged, find

if TYPE_CHECKING:
    import onnx

#: What is written: runtimes have known both since 2022.
OPSET, IR = 17, 8

Side = Params | peephole.Params
_ROWS = {
    rnn.Params: find("onnx.RNN"),
    lstm.Params: find("onnx.LSTM"),
    gru.Params: find("onnx.GRU"),
    peephole.Params: find("onnx.LSTM"),
}


class Graph:
    """The nodes and constants of a graph, made one after the other; a value is known by its name.

    >>> graph = Graph()
    >>> graph.add("Add", "x", graph.constant(np.float32(1)))
    'value_1'
    """

    def __init__(self) -> None:
        """Begin with nothing; raises ``ImportError`` where the library ``onnx`` is missing."""
        self._onnx: Any = needed("onnx", "ONNX")
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Any] = {}
        self._count = 0

    def constant(self, array: NDArray[Any] | np.generic) -> str:
        """Return the name of a constant; equal ones are kept once."""
        array = np.asarray(array)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = self._onnx.numpy_helper.from_array(array, name)
        return str(self._constants[key].name)

    def whole(self, *numbers: int) -> str:
        """Return the name of a list of whole numbers, int64, as shapes and axes are given."""
        return self.constant(np.array(numbers, np.int64))

    def several(self, operator: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node and return the names of so many outputs."""
        names = [f"value_{self._count + n}" for n in range(1, 1 + count)]
        self._count += count
        made = self._onnx.helper.make_node(operator, inputs, names, **attributes)
        self._nodes.append(made)
        return names

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        return self.several(operator, 1, *inputs, **attributes)[0]

    def cast(self, value: str, kind: type[np.generic]) -> str:
        """Return a value as another type of numbers."""
        return self.add("Cast", value, to=self._kind(kind))

    def name(self, value: str, name: str) -> None:
        """Give a value the name of an output."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))

    def model(
        self, name: str, inputs: dict[str, Any], outputs: dict[str, Any], about: str = ""
    ) -> "onnx.ModelProto":
        """Return the whole as a model that ONNX's checker has passed.

        ``inputs`` and ``outputs`` are types, shapes and one line each, by name. A size that is no
        number is a name, and sizes of one name are equal.
        """
        make = self._onnx.helper
        both = [
            [
                make.make_tensor_value_info(key, self._kind(kind), shape, line)
                for key, (kind, shape, line) in values.items()
            ]
            for values in (inputs, outputs)
        ]
        graph = make.make_graph(self._nodes, name, *both, [*self._constants.values()])
        opset = [make.make_opsetid("", OPSET)]
        model: onnx.ModelProto = make.make_model(
            graph, opset_imports=opset, ir_version=IR, producer_name="unrolled", doc_string=about
        )
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def _kind(self, kind: type[np.generic]) -> int:
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))


def stack(layers: Sequence[tuple[Side, ...]], lengths: bool) -> "onnx.ModelProto":
    """Return a stack of layers as a model; see :func:`unrolled.libraries.layouts.to_onnx`."""
    sizes = _sizes(layers)
    graph, real = Graph(), None
    x = graph.add("Transpose", "X", perm=[1, 0, 2])
    if lengths:
        steps = graph.add("Gather", graph.add("Shape", "X"), graph.constant(np.int64(1)))
        real = _Real(graph, "lengths", steps)
    for sides in layers:
        x, last = _layer(graph, x, sides, real)
    graph.name(graph.add("Transpose", x, perm=[1, 0, 2]), "Y")
    graph.name(last, "Y_h")
    width = sizes[-1][1] * len(layers[-1])
    inputs: dict[str, Any] = {"X": (np.float32, ["N", "T", sizes[0][0]], "N sequences of T steps")}
    if lengths:
        inputs["lengths"] = (np.int32, ["N"], "the steps of each that count, 0 to T")
    outputs = {
        "Y": (np.float32, ["N", "T", width], "the outputs of the top layer at every step"),
        "Y_h": (np.float32, ["N", width], "the last output of each of its directions"),
    }
    return graph.model("stack", inputs, outputs)


class _Real:
    """Which steps count, as values of a graph: ``lengths`` int64 (N,), masks bool (T, N, 1)."""

    def __init__(self, graph: Graph, lengths: str, steps: str) -> None:
        """Take lengths int32 (N,) and the number of steps, int64."""
        self.lengths = graph.cast(lengths, np.int64)
        zero, one = (graph.constant(np.int64(n)) for n in (0, 1))
        each = graph.add("Unsqueeze", graph.add("Range", zero, steps, one), graph.whole(1, 2))
        ends = graph.add("Unsqueeze", self.lengths, graph.whole(0, 2))
        self.mask = graph.add("Less", each, ends)
        self.is_last = graph.add("Equal", each, graph.add("Sub", ends, one))


def _layer(graph: Graph, x: str, sides: tuple[Side, ...], real: _Real | None) -> tuple[str, str]:
    """Add a layer on x (T, N, D); return its outputs (T, N, H or 2H) and last ones (N, H or 2H)."""
    if real is None:
        y, last = recurrent(graph, x, sides)
        y = graph.add("Transpose", y, perm=[0, 2, 1, 3])
        last = graph.add("Transpose", last, perm=[1, 0, 2])
        y = graph.add("Reshape", y, graph.whole(0, 0, -1))
        return y, graph.add("Reshape", last, graph.whole(0, -1))
    nothing, found, ends = graph.constant(np.float32(0)), [], []
    for number, side in enumerate(sides):
        y, _ = recurrent(graph, _turned(graph, x, real) if number else x, (side,))
        y = graph.add("Squeeze", y, graph.whole(1))
        end = graph.add("Where", real.is_last, y, nothing)
        ends.append(graph.add("ReduceSum", end, graph.whole(0), keepdims=0))
        y = _turned(graph, y, real) if number else y
        found.append(graph.add("Where", real.mask, y, nothing))
    return graph.add("Concat", *found, axis=-1), graph.add("Concat", *ends, axis=-1)


def _turned(graph: Graph, x: str, real: _Real) -> str:
    """Return each of the sequences x (T, N, D) turned round, its padding where it was."""
    return graph.add("ReverseSequence", x, real.lengths, time_axis=0, batch_axis=1)


def recurrent(graph: Graph, x: str, sides: tuple[Side, ...]) -> tuple[str, str]:
    """Add one operator, RNN, LSTM or GRU, on x (T, N, D), for one direction or a pair.

    Returns the outputs (T, 1 or 2, N, H) and the last ones (1 or 2, N, H).
    """
    row, side = _ROWS[type(sides[0])], sides[0]
    each = [_weights(params) for params in sides]
    names = [graph.constant(np.stack(arrays)) for arrays in zip(*each, strict=True)]
    more: dict[str, Any] = {"direction": "bidirectional"} if len(sides) == 2 else {}
    if isinstance(side, gru.Params):
        more["linear_before_reset"] = int(side.reset_after)
    # Between weights and peepholes stand lengths and two initial states, which are left out.
    inputs = names if len(names) == 3 else [*names[:3], "", "", "", names[3]]
    units = len(side.recurrent_kernel)
    operator = row.name.removeprefix("onnx.")
    outputs, last = graph.several(operator, 2, x, *inputs, hidden_size=units, **more)
    return outputs, last


def _weights(params: Side) -> list[Array]:
    """Return W (kH, D), R (kH, H), B (2kH,) and, where it has them, peepholes (3H,) in float32."""
    of_cell, more = params, []
    if isinstance(params, peephole.Params):
        of_cell = lstm.Params(*params[:3])
        i, f, o = params.peephole
        more = [np.concatenate([i, o, f])]
    found = arranged(_ROWS[type(params)], of_cell)  # type: ignore[arg-type]
    biases = np.concatenate([found.input_bias, found.recurrent_bias])
    return [_float32(each) for each in (found.kernel, found.recurrent_kernel, biases, *more)]


def _float32(array: Array) -> Array:
    with np.errstate(over="ignore"):
        kept = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(kept).all():
        found = np.ravel(array)[~np.isfinite(np.ravel(kept))][0]
        raise ValueError(f"weights: expected finite numbers that float32 can hold, got {found:g}")
    return kept


def _sizes(layers: Sequence[tuple[Side, ...]]) -> list[tuple[int, int]]:
    """Return (D, H) of each layer, or raise unless the two sides are alike and layers fit."""
    if not layers:
        raise ValueError("expected at least one layer, got none")
    found: list[tuple[int, int]] = []
    below = None
    for number, sides in enumerate(layers):
        forms = {_form(params) for params in sides}
        if len(forms) > 1:
            raise ValueError(
                f"expected two directions of one cell and one size in layer {number}, got "
                f"{' and '.join(sorted(f'{name} of {sizes}' for name, sizes in forms))}"
            )
        ((name, sizes),) = forms
        if below is not None and sizes[0] != below:
            raise ValueError(
                f"expected layer {number} to take {below} features, got {name} of {sizes[0]}"
            )
        below = sizes[1] * len(sides)
        found.append(sizes)
    return found


def _form(params: Side) -> tuple[str, tuple[int, int]]:
    """Return what a direction is called, and its (D, H); raises ``TypeError`` for another cell."""
    for cell in (rnn, lstm, gru, peephole):
        if isinstance(params, cell.Params):
            name = cell.__name__.rpartition(".")[2]
            if isinstance(params, gru.Params):
                name += f" that resets {'after' if params.reset_after else 'before'} the product"
            return name, cell.check(params)
    raise TypeError(
        "expected Params of rnn, lstm, gru or peephole, a pair of them, or a recurrent layer of "
        f"Keras, got {type(params).__name__}"
    )
