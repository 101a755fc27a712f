"""The same weights in four layouts: ours, Keras's layers', PyTorch's modules' and ONNX's.

Ours are Keras's: gate blocks i f c o (LSTM) and z r h (GRU) side by side, row vectors.
PyTorch transposes, orders the GRU's gates r z n, and keeps two biases in every cell: its rows in
``conventions`` say so, and are followed here.
Layers and modules are read by ``layers``; weights come and go as arrays.
ONNX has whole graphs, which ``onnx_graphs`` writes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.libraries import onnx_graphs
from unrolled.libraries.conventions import Convention, Params, arranged, find
from unrolled.libraries.layers import Side, check_place, keras_sides, kind_of, real, torch_state
from unrolled.libraries.stacks import Layer, cell_of, check_stack, directions_of

if TYPE_CHECKING:
    import onnx

_TORCH: dict[Any, Convention] = {
    cell: find(f"torch.nn.{name}") for cell, name in ((rnn, "RNN"), (lstm, "LSTM"), (gru, "GRU"))
}
_PARAMS = (rnn.Params, lstm.Params, gru.Params, peephole.Params)
_TORCH_ARRAYS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_TORCH_KEY = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)_l(\d+)(_reverse)?")


def from_keras(
    cell: Any,
    weights: Any,
    *,
    bidirectional: bool = False,
    reset_after: bool = True,
) -> Layer:
    """Return the parameters of a Keras layer, from the layer or from its ``get_weights()``.

    ``cell`` is the module ``rnn``, ``lstm`` or ``gru``.
    A layer (``SimpleRNN``, ``LSTM``, ``GRU``, ``RNN`` around one of their cells or of ours, or a
    ``Bidirectional`` of these) states its own form, and is refused where it computes what ``cell``
    does not: another activation, or reading backwards.
    Weights are kernel (D, kH), recurrent kernel (H, kH) and bias for each direction, forward
    first; they do not show an activation or an order of reading, and those of ``cell`` are
    assumed.
    A layer made with ``use_bias=False`` has no bias and gets zeros; where only its weights are
    given, ``reset_after`` is needed to tell the GRU's two forms apart.
    Dropout, which acts in training alone, is not carried over, nor is the state of a ``stateful``
    layer, nor how a ``Bidirectional`` merges.
    Returns ``Params``, or a pair of them where ``bidirectional`` or a ``Bidirectional``.
    Raises ``TypeError`` for a layer of another kind or weights that are no real numbers, and
    ``ValueError`` for a layer that our cells cannot express, and for arrays that are too few, too
    many or of the wrong shape.

    >>> params = lstm.init(np.random.default_rng(0), 3, 4)
    >>> again = from_keras(lstm, to_keras(params))
    >>> all((a == b).all() for a, b in zip(again, params))
    True
    """
    _check_cell(cell)
    if hasattr(weights, "get_weights"):
        sides = keras_sides(cell, weights)
        if bidirectional and len(sides) == 1:
            raise ValueError(f"bidirectional: expected a Bidirectional, got {weights.name}")
    else:
        arrays, directions = list(weights), 2 if bidirectional else 1
        if len(arrays) not in {2 * directions, 3 * directions}:
            raise ValueError(
                f"expected kernel, recurrent kernel and bias for {directions} direction(s) of one "
                f"layer, {3 * directions} arrays ({2 * directions} without biases), "
                f"got {len(arrays)}; of a model, pass the layer"
            )
        size = len(arrays) // directions
        sides = [Side(arrays[n * size :][:size], reset_after) for n in range(directions)]
    made = [_from_arrays(cell, side) for side in sides]
    return made[0] if len(made) == 1 else (made[0], made[1])


def to_keras(layer: Layer) -> list[Array]:
    """Return the list that a Keras layer of the same form takes in ``set_weights``.

    Weights carry no activation: the layer that takes them needs Keras's defaults.

    >>> [a.shape for a in to_keras(gru.init(np.random.default_rng(0), 3, 4))]
    [(3, 12), (4, 12), (2, 12)]
    """
    weights = []
    for params in directions_of(layer):
        cell_of(params).check(params)
        weights += [np.array(a) for a in params]
    return weights


def to_torch(layers: Sequence[Layer], *, prefix: str = "") -> dict[str, Array]:
    """Return the ``state_dict`` of a PyTorch ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``, as arrays.

    ``layers`` is a stack, the layer next to the input first; a bidirectional layer is a pair.
    Our one bias becomes ``bias_ih``, and ``bias_hh`` is zero; the GRU's two rows become the two.
    ``prefix`` is put before every key.
    Weights carry no activation: an ``nn.RNN`` that takes them needs its default, tanh.
    Raises ``ValueError`` for an empty or mixed stack, for layers that do not fit onto each other,
    and for a GRU that resets before the product, which PyTorch cannot express.

    >>> params = lstm.init(np.random.default_rng(0), 3, 4)
    >>> {key: a.shape for key, a in to_torch([params]).items()}
    {'weight_ih_l0': (16, 3), 'weight_hh_l0': (16, 4),
     'bias_ih_l0': (16,), 'bias_hh_l0': (16,)}
    """
    stack = [directions_of(layer) for layer in layers]
    check_stack(stack)
    state: dict[str, Array] = {}
    for number, directions in enumerate(stack):
        for params, end in zip(directions, ("", "_reverse"), strict=False):
            arrays = arranged(_TORCH[cell_of(params)], params)
            for name, array in zip(_TORCH_ARRAYS, arrays, strict=True):
                state[f"{prefix}{name}_l{number}{end}"] = array
    return state


def from_torch(cell: Any, state_dict: Any, *, prefix: str = "") -> list[Layer]:
    """Return the stack of layers of a PyTorch module, from the module or its ``state_dict()``.

    A module (``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``, or one of their cells) is refused where it
    computes what ``cell`` does not: relu, or a projection (``proj_size``).
    A ``state_dict`` does not tell relu from tanh, and tanh is assumed.
    Values may be tensors or arrays; a module made with ``bias=False`` gets zero biases.
    ``prefix`` picks a part of a larger module or ``state_dict``, such as ``"encoder."``.
    Where our cell has one bias, PyTorch's two are added.
    Raises ``TypeError`` for a module of another kind or values that are no real numbers, and
    ``ValueError`` for a module that our cells cannot express, for missing or extra keys, naming
    them, and for wrong shapes.

    >>> stack = [rnn.init(np.random.default_rng(0), 3, 4)]
    >>> (again,) = from_torch(rnn, to_torch(stack))
    >>> all((a == b).all() for a, b in zip(again, stack[0]))
    True
    """
    _check_cell(cell)
    if hasattr(state_dict, "named_modules"):
        state_dict, prefix = torch_state(cell, state_dict, prefix), ""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"expected a module of PyTorch or its state_dict(), got {type(state_dict).__name__}"
        )
    named = {k.removeprefix(prefix): v for k, v in state_dict.items() if k.startswith(prefix)}
    if named and set(named) <= set(_TORCH_ARRAYS):  # A cell of PyTorch is a stack of one.
        named = {f"{key}_l0": value for key, value in named.items()}
    matches = {key: _TORCH_KEY.fullmatch(key) for key in named}
    depth = 1 + max((int(m[2]) for m in matches.values() if m), default=0)
    ends = ("", "_reverse") if any(m and m[3] for m in matches.values()) else ("",)
    biased = any(m and m[1].startswith("bias") for m in matches.values())
    names = _TORCH_ARRAYS if biased else _TORCH_ARRAYS[:2]
    expected = {f"{n}_l{k}{end}" for n in names for k in range(depth) for end in ends}
    if missing := sorted(expected - set(named)):
        found = _where(state_dict, prefix, sorted(named))
        raise ValueError(f"expected the keys {', '.join(missing)} too, {found}")
    if extra := sorted(set(named) - expected):
        raise ValueError(
            f"expected only weight_* and bias_* of {depth} layer(s), got {extra} too"
            + ("; our cells have no projection (proj_size)" if "weight_hr_l0" in extra else "")
        )
    arrays = {key: real(value, key) for key, value in named.items()}
    layers: list[Layer] = []
    for number in range(depth):
        made = [
            _from_torch_arrays(cell, [arrays.get(f"{n}_l{number}{end}") for n in _TORCH_ARRAYS])
            for end in ends
        ]
        layers.append(made[0] if len(made) == 1 else (made[0], made[1]))
    check_stack([directions_of(layer) for layer in layers])
    return layers


def to_onnx(layers: Any, *, lengths: bool = False) -> "onnx.ModelProto":
    """Return a stack of recurrent layers as an ONNX model, which ONNX's checker has passed.

    ``layers`` is a stack, the layer next to the input first, of any cells: each is our ``Params``,
    a pair of them (forward, backward), or a layer of Keras; or it is one ``nn.RNN``, ``nn.LSTM``
    or ``nn.GRU`` of PyTorch. Our ``peephole`` is taken too; both forms of the GRU are.
    The model takes ``X`` (N, T, D), float32, starts from states of zero, and gives ``Y``
    (N, T, H or 2H) and ``Y_h`` (N, H or 2H): the top layer's outputs, and the last ones of its
    forward and its backward direction, as ``outputs`` and ``last`` of ``unroll`` and
    ``bidirectional``. N and T are free.

    With ``lengths`` it takes ``lengths`` (N,), int32, too, from 0 to T. A backward direction then
    starts at each sequence's own end, whatever stands behind it, NaN too, is no matter, and outputs
    there are zero, as with ``masked_outputs="zero"``: ONNX and PyTorch have it so, and Keras's
    ``Bidirectional``. A one-way layer of Keras repeats its last output there, unless it is made
    with ``zero_output_for_mask=True``.

    Raises ``TypeError`` for another layer, and ``ValueError`` for one that computes what ours
    do not (see :func:`from_keras` and :func:`from_torch`), that merges its directions in another
    way than ``concat``, or that does not fit onto the one below, and for weights beyond float32;
    ``ImportError`` where the library ``onnx`` is missing.

    >>> params = lstm.init(np.random.default_rng(0), 3, 4)
    >>> model = to_onnx([params], lengths=True)
    >>> [value.name for value in (*model.graph.input, *model.graph.output)]
    ['X', 'lengths', 'Y', 'Y_h']
    """
    if hasattr(layers, "named_modules"):
        stack: list[Any] = from_torch(kind_of(layers), layers)
    elif isinstance(layers, Sequence) and not isinstance(layers, (*_PARAMS, str)):
        stack = list(layers)
    else:
        raise TypeError(
            f"layers: expected a list of layers or a module of PyTorch, got {type(layers).__name__}"
        )
    for number, layer in enumerate(stack):
        if not isinstance(layer, tuple):
            stack[number] = from_keras(kind_of(layer), layer)
            check_place(layer, number, is_top=number == len(stack) - 1)
    sides = [(layer,) if isinstance(layer, _PARAMS) else layer for layer in stack]
    return onnx_graphs.stack(sides, lengths)


def _where(given: Mapping[str, Any], prefix: str, found: list[str]) -> str:
    """Return what was found instead of a module's keys, and which prefix or part would do."""
    if parts := [key for key, value in given.items() if isinstance(value, Mapping)]:
        return f"got a checkpoint; pass one of its parts {', '.join(map(repr, parts))}"
    starts = {m[1] for key in given if (m := re.fullmatch(r"(.*\.)weight_hh(_l0)?", key))}
    if ways := sorted(starts - {prefix}):
        return f"got those of a larger module; pass prefix={' or prefix='.join(map(repr, ways))}"
    return f"got only {found}"


def _check_cell(cell: Any) -> None:
    if cell not in _TORCH:
        name = getattr(cell, "__name__", repr(cell)).rpartition(".")[2]
        raise TypeError(f"cell: expected the module rnn, lstm or gru, got {name}")


def _from_arrays(cell: Any, side: Side) -> Params:
    arrays = [real(a, f"weight {n}") for n, a in enumerate(side.weights)]
    kernel, recurrent_kernel = arrays[:2]
    if len(arrays) == 3:
        bias = arrays[2]
    else:
        width = kernel.shape[-1]
        bias = np.zeros((2, width) if cell is gru and side.reset_after else width, kernel.dtype)
    params: Params = cell.Params(kernel, recurrent_kernel, bias)
    cell.check(params)
    return params


def _from_torch_arrays(cell: Any, arrays: list[Array | None]) -> Params:
    weight_ih, weight_hh, bias_ih, bias_hh = arrays
    assert weight_ih is not None
    assert weight_hh is not None
    blocks = len(cell.GATES)
    for name, weight in (("weight_ih", weight_ih), ("weight_hh", weight_hh)):
        if weight.ndim != 2 or len(weight) != blocks * weight_hh.shape[-1]:
            raise ValueError(
                f"expected {name} of shape ({blocks} * H, ...) with H = {weight_hh.shape[-1]}, "
                f"got {weight.shape}"
            )
    kernel, recurrent_kernel = (_ours(cell, weight).T for weight in (weight_ih, weight_hh))
    if bias_ih is None or bias_hh is None:
        rows = np.zeros((2, len(weight_ih)), weight_ih.dtype)
    elif bias_ih.shape != (len(weight_ih),) or bias_hh.shape != bias_ih.shape:
        raise ValueError(
            f"expected two biases of shape {(len(weight_ih),)}, "
            f"got {bias_ih.shape} and {bias_hh.shape}"
        )
    else:
        rows = np.stack([_ours(cell, bias_ih), _ours(cell, bias_hh)])
    bias = rows if cell is gru else rows[0] + rows[1]
    params: Params = cell.Params(
        np.ascontiguousarray(kernel), np.ascontiguousarray(recurrent_kernel), bias
    )
    cell.check(params)
    return params


def _ours(cell: Any, array: Array) -> Array:
    """Return PyTorch's ``array`` (kH, ...) with its gate blocks in our order, a copy."""
    blocks = dict(zip(_TORCH[cell].gates, np.split(array, len(cell.GATES)), strict=True))
    return np.concatenate([blocks[gate] for gate in cell.GATES])
