"""What a layer of Keras or a module of PyTorch tells: its weights, and how it computes.

Weights alone do not show an activation, a direction or a projection; the layer that holds them
does, and a layer with one that our cells lack is refused by name.
Nothing here imports Keras or PyTorch: a layer is known by its class and asked for its attributes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array, sigmoid, tanh
from unrolled.arrays import as_array, not_real
from unrolled.cells import gru, lstm, rnn

_KERAS = {rnn: "SimpleRNN", lstm: "LSTM", gru: "GRU"}
_TORCH = {rnn: "RNN", lstm: "LSTM", gru: "GRU"}
# Where an activation is tested: it is flat on both sides and bent in the middle.
_POINTS = np.linspace(-9, 9, 73, dtype=np.float32)


class Side(NamedTuple):
    """One direction of a Keras layer: kernel, recurrent kernel and, where it has one, bias."""

    weights: list[Any]
    reset_after: bool


def real(value: Any, name: str) -> Array:
    """Return a weight, tensor or array, as an array of floats; raise ``TypeError`` otherwise.

    A tensor that is learnt or lies on a device is copied from there.

    >>> real([0.5], "bias")
    array([0.5])
    """
    if hasattr(value, "detach") and not value.is_meta:
        value = value.detach().cpu()
    array: Array = as_array(value, name)
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"expected {name} to hold real numbers, got {not_real(array.dtype)}")
    return array


def keras_sides(cell: Any, layer: Any) -> list[Side]:
    """Return the weights of a Keras layer, one side a direction, the forward one first.

    ``layer`` is a ``SimpleRNN``, ``LSTM`` or ``GRU``, one of their cells, an ``RNN`` around such
    a cell or around one of :mod:`unrolled.keras_models.cells`, or a ``Bidirectional`` of these.
    Raises ``TypeError`` for any other, and ``ValueError`` for a layer without weights or one that
    computes what ``cell`` does not.
    """
    if _class(layer, "keras") == "Bidirectional":
        there, back = layer.forward_layer, layer.backward_layer
        if layer.merge_mode == "mul":
            raise ValueError("merge_mode: expected concat, sum, ave or None, got mul")
        if there.go_backwards:
            raise ValueError("go_backwards: expected a forward layer that reads forward")
        return [_keras_side(cell, there), _keras_side(cell, back)]
    if getattr(layer, "go_backwards", False):
        raise ValueError(
            "go_backwards: expected a layer that reads forward; the order is no part of a cell: "
            "pass layer.get_weights(), and reverse=True to unroll"
        )
    return [_keras_side(cell, layer)]


def check_place(layer: Any, number: int, is_top: bool) -> None:
    """Raise ``ValueError`` for a layer of Keras that hands on something else than its outputs.

    ``number`` is its place in a stack; only the top layer may keep all but its last output.
    """
    if getattr(layer, "merge_mode", "concat") != "concat":
        raise ValueError(
            f"merge_mode: expected concat in layer {number}, got {layer.merge_mode}; "
            "pass its directions as from_keras returns them"
        )
    if not (is_top or getattr(layer, "return_sequences", True)):
        raise ValueError(
            f"return_sequences: expected True in layer {number}, on which another stands, got False"
        )


def kind_of(layer: Any) -> Any:
    """Return the module ``rnn``, ``lstm`` or ``gru`` whose cell runs in a layer or a module.

    Raises ``TypeError`` for what is none of Keras, ours or PyTorch; what it computes is no matter.
    """
    inner = layer
    for part in "forward_layer", "cell":
        inner = getattr(inner, part, inner)
    if type(inner).__module__ == "unrolled.keras_models.cells" and inner.cell in _KERAS:
        return inner.cell
    name = (_class(inner, "keras") or _class(inner, "torch")).removesuffix("Cell")
    for names in _KERAS, _TORCH:
        for cell, known in names.items():
            if known == name:
                return cell
    raise TypeError(
        "expected Params or a pair of them, a SimpleRNN, LSTM or GRU of Keras, or such a module of "
        f"PyTorch, got {type(inner).__name__}"
    )


def _keras_side(cell: Any, layer: Any) -> Side:
    name = _KERAS[cell]
    inner = layer.cell if _class(layer, "keras") in {*_KERAS.values(), "RNN"} else layer
    ours = type(inner).__module__ == "unrolled.keras_models.cells" and inner.cell is cell
    if not ours and _class(inner, "keras") != f"{name}Cell":
        parts = [part.name for part in getattr(layer, "layers", [])]
        whole = f"; pass one of its layers {', '.join(parts)}" if parts else ""
        raise TypeError(
            f"expected the layer {name} of Keras, its cell in an RNN, or a Bidirectional of these, "
            f"got {type(inner).__name__}{whole}"
        )
    if not inner.built:
        raise ValueError(
            f"expected a layer with weights, got {inner.name}, which is not built; call it once"
        )
    if ours:
        return Side(list(inner.weights), True)
    _check_activation(inner, "activation", tanh)
    if cell is not rnn:
        _check_activation(inner, "recurrent_activation", sigmoid)
    arrays = [inner.kernel, inner.recurrent_kernel, *([inner.bias] if inner.use_bias else [])]
    return Side(arrays, getattr(inner, "reset_after", True))


def _check_activation(layer: Any, name: str, ours: Callable[[Array], Array]) -> None:
    """Raise ``ValueError`` where an activation of ``layer`` is another function than ``ours``."""
    theirs = getattr(layer, name)
    found = real(theirs(_POINTS), name)
    if found.shape != _POINTS.shape or not np.allclose(found, ours(_POINTS), rtol=0, atol=1e-4):
        said = getattr(theirs, "__name__", type(theirs).__name__)
        raise ValueError(f"{name}: expected {ours.__name__}, as our cells have it, got {said}")


def torch_state(cell: Any, module: Any, prefix: str = "") -> Mapping[str, Any]:
    """Return the ``state_dict`` of an ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``, or of their cells.

    ``prefix`` is where the module stands in the one that is given, such as ``"encoder."``.
    Raises ``TypeError`` for another module, naming those inside that would do, and ``ValueError``
    for one that computes what ``cell`` does not.
    """
    name = _TORCH[cell]
    parts = dict(module.named_modules())
    part: Any = parts.get(prefix.removesuffix("."))
    if _class(part, "torch") not in (name, f"{name}Cell"):
        inside = [f"{path}." for path, each in parts.items() if _class(each, "torch") == name]
        advice = f"; it has one at prefix={' and at '.join(map(repr, inside))}" if inside else ""
        at = f" at {prefix!r}" if prefix else ""
        raise TypeError(f"expected a torch.nn.{name}{at}, got {type(part).__name__}{advice}")
    if getattr(part, "nonlinearity", "tanh") != "tanh":
        raise ValueError(
            f"nonlinearity: expected tanh, as our cells have it, got {part.nonlinearity}"
        )
    if getattr(part, "proj_size", 0):
        raise ValueError(f"proj_size: expected 0, our cells project nothing, got {part.proj_size}")
    state: Mapping[str, Any] = part.state_dict()
    return state


def _class(value: Any, library: str) -> str:
    """Return the name of a recurrent class of ``library`` itself, "" for any other."""
    kind = type(value)
    home = {"keras": "keras.src.layers.rnn.", "torch": "torch.nn.modules.rnn"}[library]
    return kind.__name__ if kind.__module__.startswith(home) else ""
