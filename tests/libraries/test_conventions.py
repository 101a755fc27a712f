"""Each row of the table of conventions, run against the library that it speaks of."""

import importlib
import itertools

import numpy as np
import pytest
from cases import random_params, random_state

from unrolled.cells import gru
from unrolled.libraries.conventions import CONVENTIONS, MODULES, arranged, find

N, D, H = 2, 3, 4


def keras_layers(row, a, states, x, reset_after):
    keras = importlib.import_module("keras")
    options = {"reset_after": reset_after} if row.cell == "gru" else {}
    layer = getattr(keras.layers, row.name.split(".")[-1])(H, return_state=True, **options)
    layer.build((None, 1, D))
    two = row.cell == "gru" and reset_after
    bias = np.stack([a.input_bias, a.recurrent_bias]) if two else a.input_bias
    layer.set_weights([a.kernel, a.recurrent_kernel, bias])
    _, *after = layer(x[:, None], initial_state=states)
    return after


def torch_nn(row, a, states, x, reset_after):
    torch = importlib.import_module("torch")
    layer = getattr(torch.nn, row.name.split(".")[-1])(D, H, dtype=torch.float64)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    layer.load_state_dict({k: torch.tensor(v) for k, v in zip(names, a, strict=True)})
    before = [torch.tensor(s)[None] for s in states]
    _, after = layer(torch.tensor(x)[None], tuple(before) if len(before) > 1 else before[0])
    return [s[0].detach() for s in (after if len(before) > 1 else [after])]


def flax_nnx(row, a, states, x, reset_after):
    nnx = importlib.import_module("flax.nnx")
    cell = getattr(nnx, row.name.split(".")[-1])(D, H, rngs=nnx.Rngs(0))
    cell.dense_i.kernel[...], cell.dense_h.kernel[...] = a.kernel, a.recurrent_kernel
    for dense, bias in ((cell.dense_i, a.input_bias), (cell.dense_h, a.recurrent_bias)):
        if dense.bias is None:
            assert not bias.any()
        else:
            dense.bias[...] = bias
    after, _ = cell(tuple(states) if len(states) > 1 else states[0], x)
    return after if len(states) > 1 else [after]


def flax_linen(row, a, states, x, reset_after):
    """One array a gate, each under its name."""
    linen = importlib.import_module("flax.linen")
    kernels, biases = (
        {
            f"{side}{letter}": block
            for side, whole in (("i", whole_i), ("h", whole_h))
            for letter, block in zip(row.letters.split(), np.split(whole, 3, axis=-1), strict=True)
        }
        for whole_i, whole_h in ((a.kernel, a.recurrent_kernel), a[2:])
    )
    tree = {name: {"kernel": kernel} for name, kernel in kernels.items()}
    for name in ("ir", "iz", "in", "hn"):
        tree[name]["bias"] = biases[name]
    after, _ = linen.GRUCell(H).apply({"params": tree}, states[0], x)
    return [after]


def haiku(row, a, states, x, reset_after):
    hk = importlib.import_module("haiku")
    core = getattr(hk, row.name.split(".")[-1])
    assert not a.recurrent_bias.any()
    if row.cell == "lstm":
        stacked = np.concatenate([a.kernel, a.recurrent_kernel])
        tree = {"lstm/linear": {"w": stacked, "b": a.input_bias}}
        state = hk.LSTMState(*states)
    else:
        tree = {"gru": {"w_i": a.kernel, "w_h": a.recurrent_kernel, "b": a.input_bias}}
        (state,) = states
    _, after = hk.without_apply_rng(hk.transform(lambda x, s: core(H)(x, s))).apply(tree, x, state)
    return after if row.cell == "lstm" else [after]


def onnx(row, a, states, x, reset_after):
    """ONNX is a format: its own reference evaluator says what the operators mean."""
    onnx = importlib.import_module("onnx")
    importlib.import_module("onnx.reference")
    make = onnx.helper
    fed = {
        "X": x[None],
        "W": a.kernel[None],
        "R": a.recurrent_kernel[None],
        "B": np.concatenate([a.input_bias, a.recurrent_bias])[None],
        "initial_h": states[0][None],
    }
    if row.cell == "lstm":
        fed["initial_c"] = states[1][None]
    inputs = ["X", "W", "R", "B", "", *list(fed)[4:]]
    ends = ["Y", "Y_h", "Y_c"][: 1 + len(states)]
    options = {"linear_before_reset": int(reset_after)} if row.cell == "gru" else {}
    if row.cell == "gru" and not reset_after:
        options = {}  # Before the product is the default.
    node = make.make_node(row.name.split(".")[-1], inputs, ends, hidden_size=H, **options)
    value = [make.make_tensor_value_info(k, onnx.TensorProto.DOUBLE, v.shape)
             for k, v in fed.items()]  # fmt: skip
    out = [make.make_tensor_value_info(k, onnx.TensorProto.DOUBLE, None) for k in ends]
    model = make.make_model(make.make_graph([node], "step", value, out))
    _, *after = onnx.reference.ReferenceEvaluator(model).run(None, fed)
    return [s[0] for s in after]


def thinc_layers(row, a, states, x, reset_after):
    """Start each row as a batch of its own: thinc has one state for all rows of a batch."""
    ops = importlib.import_module("thinc.backends.ops")
    flat = np.concatenate([b.ravel() for b in (a.kernel, a.input_bias, a.recurrent_kernel,
                                               a.recurrent_bias)]).astype("float32")  # fmt: skip
    after = []
    for n in range(len(x)):
        before = [s[n].reshape(1, 1, H).astype("float32") for s in states]
        h, (_, _, c, _) = ops.lstm_forward_training(flat, *before, x[n : n + 1], [1])
        after.append({"h": h[0], "c": c[0, 0, 0]})
    return [np.stack([rows[k] for rows in after]) for k in row.state]


RUNNERS = {
    "keras.layers": keras_layers,
    "torch.nn": torch_nn,
    "flax.nnx": flax_nnx,
    "flax.linen": flax_linen,
    "haiku": haiku,
    "onnx": onnx,
    "thinc.layers": thinc_layers,
}
CASES = [
    pytest.param(row, form, id=f"{row.name}-{form}" if form else row.name)
    for row in CONVENTIONS
    for form in (row.reset or (None,))
]


def the_library(row):
    pytest.importorskip(row.library, reason=f"{row.library} is not installed here")
    return RUNNERS[row.name.rpartition(".")[0]]


def params_for(row, form, rng):
    """Return random parameters that the library can hold: some keep no bias at hU."""
    options = {"reset_after": form == "after"} if row.cell == "gru" else {}
    params = random_params(MODULES[row.cell], rng, D, H, options)
    if row.biases == "input" and form == "after":
        params.bias[1, 2 * H :] = 0
    return params


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("row", "form"), CASES)
def test_the_library_computes_our_step_from_the_row_alone(row, form, rng):
    """Equal with the row's own gate order, and with no other."""
    run = the_library(row)
    module = MODULES[row.cell]
    params, state = params_for(row, form, rng), random_state(module, rng, N, H)
    x = rng.normal(0, 1, (N, D))
    wanted = module.step(params, state, x)[0]._asdict()
    exact = row.library in ("torch", "onnx")

    def ran(row):
        laid, before = arranged(row, params), [state._asdict()[k] for k in row.state]
        if not exact:
            laid, before = [type(laid)(*(b.astype("f4") for b in laid)),
                            [s.astype("f4") for s in before]]  # fmt: skip
        after = run(row, laid, before, x if exact else x.astype("f4"), form == "after")
        return {k: np.asarray(s) for k, s in zip(row.state, after, strict=True)}

    def error(row):
        return max(np.abs(wanted[k] - s).max() for k, s in ran(row).items())

    assert error(row) <= (1e-12 if exact else 1e-5)
    others = {"".join(p) for p in itertools.permutations(row.gates)} - {row.gates}
    for gates in sorted(others)[:: 1 if row.cell == "gru" else 5]:
        assert error(row._replace(gates=gates)) > 1e-3, f"{row.name} also takes {gates}"
    if row.cell == "lstm":
        assert error(row._replace(forget_added=row.forget_added + 1)) > 1e-3
        assert error(row._replace(state=row.state[::-1])) > 1e-3
    if row.cell == "gru":
        assert error(row._replace(keeps=not row.keeps)) > 1e-3


def fresh_bias(row):
    """Return the stored biases of a fresh layer, added together, (4H,)."""
    library = importlib.import_module(row.name.rpartition(".")[0])
    if row.library == "keras":
        layer = library.LSTM(H)
        layer.build((None, None, D))
        return np.asarray(layer.get_weights()[2])
    if row.library == "torch":
        layer = library.LSTM(D, H)
        return (layer.bias_ih_l0 + layer.bias_hh_l0).detach().numpy()
    if row.library == "flax":
        return np.asarray(library.OptimizedLSTMCell(D, H, rngs=library.Rngs(0)).dense_h.bias[...])
    if row.library == "thinc":
        flat = library.LSTM(H, D).initialize().get_param("LSTM")
        return flat[4 * H * D : 4 * H * (D + 1)]
    step = library.transform(lambda x: library.LSTM(H)(x, library.LSTM(H).initial_state(1)))
    jax = importlib.import_module("jax")
    return np.asarray(step.init(jax.random.key(0), np.zeros((1, D)))["lstm/linear"]["b"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "row",
    [pytest.param(r, id=r.name) for r in CONVENTIONS if r.cell == "lstm" and r.library != "onnx"],
)
def test_a_fresh_forget_gate_starts_as_the_row_says(row):
    the_library(row)
    forget = np.split(fresh_bias(row), 4)[row.gates.index("f")]
    if row.forget_bias is None:
        assert len(set(forget)) == H
        assert np.abs(forget).max() <= 2 / np.sqrt(H)
    else:
        np.testing.assert_array_equal(forget, row.forget_bias)


def test_every_row_names_each_gate_once_and_can_be_found():
    for row in CONVENTIONS:
        assert sorted(row.gates) == sorted(MODULES[row.cell].GATES)
        assert len(row.letters.split()) == len(row.gates)
        assert sorted(row.state) == sorted(MODULES[row.cell].State._fields)
        assert find(row.name) is row
        assert bool(row.reset) == (row.cell == "gru")
    with pytest.raises(ValueError, match=r"expected one of keras\.layers\.SimpleRNN, .*got 'jax'"):
        find("jax")


def test_what_a_library_cannot_hold_is_refused(rng):
    after, before = (gru.init(rng, D, H, reset_after=form) for form in (True, False))
    with pytest.raises(
        ValueError,
        match=r"as torch\.nn\.GRU does, got one that resets before it",
    ):
        arranged(find("torch.nn.GRU"), before)
    with pytest.raises(
        ValueError,
        match=r"as haiku\.GRU does, got one that resets after it",
    ):
        arranged(find("haiku.GRU"), after)
    after.bias[1, -1] = 0.5
    with pytest.raises(ValueError, match=r"flax\.nnx\.GRUCell keeps none"):
        arranged(find("flax.nnx.GRUCell"), after)
    with pytest.raises(TypeError, match="expected Params of lstm, got"):
        arranged(find("haiku.LSTM"), after)
    with pytest.raises(ValueError, match="expected a bias"):
        arranged(find("torch.nn.GRU"), after._replace(bias=np.zeros(3)))


def test_arranging_leaves_our_parameters_as_they_were(rng):
    params = random_params(gru, rng, D, H, {})
    kept = [a.copy() for a in params]
    arranged(find("flax.linen.GRUCell"), params)
    for a, b in zip(params, kept, strict=True):
        np.testing.assert_array_equal(a, b)
