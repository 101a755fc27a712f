"""How each library writes the same cells, as rows of one table that can be run.

A row says how a library stores and reads what ``unrolled.cells`` has as ``Params``.
``arranged`` follows a row: it lays our parameters out as that library wants them.
So a wrong row gives wrong numbers, and the tests run every row whose library is installed.
"""

from typing import Literal, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn

Params = rnn.Params | lstm.Params | gru.Params
Biases = Literal["input", "recurrent", "both", "input and g"]

MODULES = {"rnn": rnn, "lstm": lstm, "gru": gru}


class Convention(NamedTuple):
    """How one library keeps a cell.

    ``gates`` are the blocks as they are stored, in the letters of the cell's
    ``GATES``; ``letters`` are the library's own letters for them.
    ``transposed`` tells kernels (kH, D) from kernels (D, kH).
    ``biases`` says on which side of the sum a bias is stored: at the input, at the old state,
    at both, or at the input and, for the candidate alone, at the old state too.
    ``state`` is the order in which states are handed over.
    LSTM only: ``forget_bias`` is what a fresh layer stores as bias of its forget gate, None where
    it is drawn at random or not the library's to choose; ``forget_added`` is added in every step.
    GRU only: ``reset`` says where the reset gate stands, before or after the product, the default
    first; ``keeps`` whether z = 1 keeps the old state.
    """

    cell: Literal["rnn", "lstm", "gru"]
    name: str
    gates: str
    letters: str
    transposed: bool
    biases: Biases
    state: str
    forget_bias: float | None = None
    forget_added: float = 0.0
    reset: tuple[Literal["after", "before"], ...] = ()
    keeps: bool = True

    @property
    def library(self) -> str:
        """The module to import, such as ``"keras"``."""
        return self.name.split(".")[0]


CONVENTIONS = (
    Convention("rnn", "keras.layers.SimpleRNN", "h", "h", False, "input", "h"),
    Convention("rnn", "torch.nn.RNN", "h", "h", True, "both", "h"),
    Convention("rnn", "onnx.RNN", "h", "i", True, "both", "h"),
    Convention("lstm", "keras.layers.LSTM", "ifco", "i f c o", False, "input", "hc", 1.0),
    Convention("lstm", "torch.nn.LSTM", "ifco", "i f g o", True, "both", "hc"),
    Convention(
        "lstm", "flax.nnx.OptimizedLSTMCell", "ifco", "i f g o", False, "recurrent", "ch", 0.0
    ),
    Convention("lstm", "haiku.LSTM", "icfo", "i g f o", False, "input", "hc", 0.0, 1.0),
    Convention("lstm", "onnx.LSTM", "iofc", "i o f c", True, "both", "hc"),
    Convention("lstm", "thinc.layers.LSTM", "fioc", "f i o c", True, "both", "ch", 0.0),
    Convention(
        "gru", "keras.layers.GRU", "zrh", "z r h", False, "both", "h", reset=("after", "before")
    ),
    Convention("gru", "torch.nn.GRU", "rzh", "r z n", True, "both", "h", reset=("after",)),
    Convention("gru", "flax.nnx.GRUCell", "rzh", "r z n", False, "input", "h", reset=("after",)),
    Convention(
        "gru", "flax.linen.GRUCell", "rzh", "r z n", False, "input and g", "h", reset=("after",)
    ),
    Convention(
        "gru", "haiku.GRU", "zrh", "z r a", False, "input", "h", reset=("before",), keeps=False
    ),
    Convention("gru", "onnx.GRU", "zrh", "z r h", True, "both", "h", reset=("before", "after")),
)


class Arranged(NamedTuple):
    """Parameters as a library stores them; a bias that it does not have is zero.

    ``kernel`` is (D, kH) or (kH, D), ``recurrent_kernel`` (H, kH) or (kH, H), a bias (kH,).
    """

    kernel: Array
    recurrent_kernel: Array
    input_bias: Array
    recurrent_bias: Array


def find(name: str) -> Convention:
    """Return the row of a layer; ``ValueError`` where there is none, naming those there are.

    >>> find("haiku.LSTM").letters
    'i g f o'
    """
    rows = {row.name: row for row in CONVENTIONS}
    if name not in rows:
        raise ValueError(f"expected one of {', '.join(rows)}, got {name!r}")
    return rows[name]


def arranged(row: Convention, params: rnn.Params | lstm.Params | gru.Params) -> Arranged:
    """Lay our parameters out as ``row`` says, so that the library computes what ``step`` does.

    A row tells how weights are stored; it is for layers with their default activations, as ours.

    Raises ``TypeError`` for the parameters of another cell, and ``ValueError`` where the library
    has no such form: a GRU's reset on the side that it does not know, or a recurrent bias of the
    candidate where it keeps none.

    Haiku's blocks are i g f o, and each of its steps adds 1 to f:

    >>> bias = np.array([10.0, 20, 30, 40])
    >>> params = lstm.Params(np.zeros((1, 4)), np.zeros((1, 4)), bias)
    >>> arranged(find("haiku.LSTM"), params).input_bias
    array([10., 30., 19., 40.])
    """
    module = MODULES[row.cell]
    if not isinstance(params, module.Params):
        raise TypeError(f"expected Params of {row.cell}, got {type(params).__module__}")
    module.check(params)
    if isinstance(params, gru.Params):
        form: Literal["after", "before"] = "after" if params.reset_after else "before"
        if form not in row.reset:
            raise ValueError(
                f"expected a GRU that resets {row.reset[0]} the product, as {row.name} does, "
                f"got one that resets {form} it"
            )
    names = "".join(module.GATES)
    split = [dict(zip(names, np.split(a, len(names), axis=-1), strict=True)) for a in params[:2]]
    split += [dict(zip(names, np.split(a, len(names)), strict=True)) for a in _biases(row, params)]
    if row.cell == "lstm":
        side = 3 if row.biases == "recurrent" else 2
        split[side]["f"] = split[side]["f"] - row.forget_added
    if not row.keeps:
        for blocks in split:
            blocks["z"] = -blocks["z"]  # 1 - sigmoid(a) = sigmoid(-a)
    arrays = [np.concatenate([blocks[gate] for gate in row.gates], axis=-1) for blocks in split]
    if row.transposed:
        arrays[:2] = [a.T for a in arrays[:2]]
    return Arranged(*arrays)


def _biases(row: Convention, params: Params) -> tuple[Array, Array]:
    """Return the biases at the input and at the old state, (kH,) each, moved where ``row`` can."""
    if params.bias.ndim == 1:
        none = np.zeros_like(params.bias)
        return (none, params.bias) if row.biases == "recurrent" else (params.bias, none)
    at_input, at_state = np.array(params.bias)
    if row.biases == "both":
        return at_input, at_state
    plain = 2 * len(params.recurrent_kernel)  # z and r: their two biases are only ever added
    at_input[:plain] += at_state[:plain]
    at_state[:plain] = 0
    if row.biases == "input" and at_state.any():
        raise ValueError(f"expected no recurrent bias of the candidate: {row.name} keeps none")
    return at_input, at_state
