"""Weights survive every move between ours, Keras and PyTorch, and give the same numbers there."""

import numpy as np
import pytest
from cases import CELLS, random_params

from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.libraries.layouts import from_keras, from_torch, to_keras, to_torch
from unrolled.unroll import bidirectional, unroll, unroll_backward

MODULES = {"rnn": rnn, "lstm": lstm, "gru": gru}


def random_stack(module, rng, features, units, depth, both, dtype=np.float64):
    """Return ``depth`` layers of random parameters, pairs where ``both`` directions."""
    stack = []
    for _ in range(depth):
        sides = [random_params(module, rng, features, units, {}) for _ in range(2)]
        sides = [module.Params(*(a.astype(dtype) for a in side)) for side in sides]
        stack.append(tuple(sides) if both else sides[0])
        features = units * (1 + both)
    return stack


def run_stack(module, stack, x):
    """Run x (N, T, D) through a stack and return the outputs of the top layer."""
    for layer in stack:
        both = not isinstance(layer, module.Params)
        x = (bidirectional(module, *layer, x) if both else unroll(module, layer, x)).outputs
    return x


def assert_same(stack, other):
    for layer, twin in zip(stack, other, strict=True):
        sides = [(layer, twin)] if hasattr(layer, "kernel") else zip(layer, twin, strict=True)
        for params, copy in sides:
            assert type(params) is type(copy)
            for a, b in zip(params, copy, strict=True):
                np.testing.assert_array_equal(a, b)
                assert a.dtype == b.dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("name", MODULES)
def test_round_trips_are_exact(name, depth, both, dtype, rng):
    """Ours to theirs and back is the identity, bit for bit."""
    module = MODULES[name]
    stack = random_stack(module, rng, 3, 2, depth, both, dtype)
    assert_same(stack, from_torch(module, to_torch(stack)))
    named = to_torch(stack, prefix="encoder.") | {"head.weight": np.zeros(1)}
    assert_same(stack, from_torch(module, named, prefix="encoder."))
    back = [from_keras(module, to_keras(layer), bidirectional=both) for layer in stack]
    assert_same(stack, back)


@pytest.mark.parametrize("name", CELLS)
def test_keras_layers_give_the_same_numbers(name, rng):
    """A layer that took our weights, and a layer whose weights we took, both agree with us."""
    keras = pytest.importorskip("keras")
    module, options = CELLS[name]
    cls = {rnn: keras.layers.SimpleRNN, lstm: keras.layers.LSTM, gru: keras.layers.GRU}[module]
    x = rng.normal(0, 1, (2, 4, 3)).astype("float32")
    params = module.Params(*(a.astype("f4") for a in random_params(module, rng, 3, 5, options)))
    layer = cls(5, return_sequences=True, **options)
    layer.build(x.shape)
    layer.set_weights(to_keras(params))
    np.testing.assert_allclose(layer(x), unroll(module, params, x).outputs, rtol=0, atol=1e-5)

    bare = cls(5, use_bias=False, return_sequences=True, **options)
    bare.build(x.shape)
    taken = from_keras(module, bare.get_weights(), **options)
    np.testing.assert_allclose(bare(x), unroll(module, taken, x).outputs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", MODULES)
def test_torch_modules_give_the_same_numbers(name, depth, both, rng):
    """Outputs agree with real PyTorch in both directions of travel."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    module = MODULES[name]
    cls = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
    x = rng.normal(0, 1, (3, 5, 2))
    options = {"num_layers": depth, "bidirectional": both, "batch_first": True}
    for bias in (True, False):
        theirs = cls(2, 4, bias=bias, dtype=torch.float64, **options)
        ours = from_torch(module, theirs.state_dict())
        outputs = theirs(torch.from_numpy(x))[0].detach().numpy()
        np.testing.assert_allclose(run_stack(module, ours, x), outputs, rtol=0, atol=1e-12)

    stack = random_stack(module, rng, 2, 4, depth, both)
    theirs = cls(2, 4, dtype=torch.float64, **options)
    theirs.load_state_dict({k: torch.from_numpy(a) for k, a in to_torch(stack).items()})
    outputs = theirs(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(run_stack(module, stack, x), outputs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-9)])
@pytest.mark.parametrize("name", MODULES)
def test_torch_autograd_gives_the_same_gradients(name, dtype, tolerance, rng):
    """Our backward pass meets PyTorch's: parameters, inputs and the initial state."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    module = MODULES[name]
    cls = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
    (params,) = random_stack(module, rng, 3, 4, 1, False, dtype)
    x, upstream = (rng.normal(0, 1, (2, 6, d)).astype(dtype) for d in (3, 4))
    start = module.State(*rng.normal(0, 1, (len(module.State._fields), 2, 4)).astype(dtype))

    theirs = cls(3, 4, batch_first=True, dtype=getattr(torch, dtype))
    theirs.load_state_dict({k: torch.from_numpy(a) for k, a in to_torch([params]).items()})
    x_t = torch.from_numpy(x).requires_grad_()
    states = [torch.from_numpy(a[None].copy()).requires_grad_() for a in start]
    outputs, _ = theirs(x_t, tuple(states) if name == "lstm" else states[0])
    (outputs * torch.from_numpy(upstream)).sum().backward()

    run = unroll(module, params, x, initial_state=start)
    back = unroll_backward(module, params, run, d_outputs=upstream)
    wanted = to_torch([back.params])
    for key, weight in theirs.named_parameters():
        if key.startswith("bias_hh") and name != "gru":
            key = key.replace("_hh", "_ih")  # Our one bias receives what both of theirs do.
        np.testing.assert_allclose(wanted[key], weight.grad.numpy(), rtol=0, atol=tolerance)
    np.testing.assert_allclose(back.x, x_t.grad.numpy(), rtol=0, atol=tolerance)
    for mine, state in zip(back.initial_state, states, strict=True):
        np.testing.assert_allclose(mine, state.grad.numpy()[0], rtol=0, atol=tolerance)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def documented_step(name, w, x, h, c):
    """Take one step as PyTorch's documentation defines its modules, from a ``state_dict``."""
    a = w["weight_ih_l0"] @ x + w["bias_ih_l0"]
    b = w["weight_hh_l0"] @ h + w["bias_hh_l0"]
    if name == "rnn":
        return (np.tanh(a + b),)
    if name == "lstm":
        i, f, g, o = np.split(a + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3), np.split(b, 3)
    z, n = sigmoid(a_z + b_z), np.tanh(a_n + sigmoid(a_r + b_r) * b_n)
    return ((1 - z) * n + z * h,)


@pytest.mark.parametrize("name", MODULES)
def test_the_layout_is_the_one_that_torch_documents(name, rng):
    """The formulas of PyTorch's documentation, on our exported weights and on theirs."""
    module = MODULES[name]
    (params,) = random_stack(module, rng, 3, 4, 1, False)
    exported = to_torch([params])
    theirs = {key: rng.normal(0, 0.7, a.shape) for key, a in exported.items()}
    (taken,) = from_torch(module, theirs)
    for ours, weights in ((params, exported), (taken, theirs)):
        x, h, c = rng.normal(0, 1, 3), *rng.normal(0, 1, (2, 4))
        state, _ = module.step(ours, module.State(*(h[None], c[None])[: len(module.State._fields)]),
                               x[None])  # fmt: skip
        for mine, documented in zip(state, documented_step(name, weights, x, h, c), strict=True):
            np.testing.assert_allclose(mine[0], documented, rtol=0, atol=1e-12)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_layers_without_biases_get_zeros(name, both, rng):
    """Both libraries can leave biases out; the kernels alone then tell nothing of them."""
    module, options = CELLS[name]
    sides = [random_params(module, rng, 3, 2, options) for _ in range(1 + both)]
    bare = [a for params in sides for a in (params.kernel, params.recurrent_kernel)]
    layer = from_keras(module, bare, bidirectional=both, **options)
    for params, taken in zip(sides, layer if both else [layer], strict=True):
        np.testing.assert_array_equal(taken.kernel, params.kernel)
        np.testing.assert_array_equal(taken.recurrent_kernel, params.recurrent_kernel)
        assert taken.bias.shape == params.bias.shape
        assert not taken.bias.any()
    if options.get("reset_after", True):
        state = {
            k: a for k, a in to_torch([tuple(sides) if both else sides[0]]).items() if "w" in k
        }
        (layer,) = from_torch(module, state)
        for params, taken in zip(sides, layer if both else [layer], strict=True):
            np.testing.assert_array_equal(taken.recurrent_kernel, params.recurrent_kernel)
            assert not taken.bias.any()


def test_a_gru_without_biases_is_keras_default_unless_said(rng):
    params = gru.init(rng, 3, 2)
    assert from_keras(gru, params[:2]).reset_after
    assert not from_keras(gru, params[:2], reset_after=False).reset_after


def test_a_gru_that_resets_before_cannot_go_to_torch(rng):
    with pytest.raises(
        ValueError,
        match=r"as torch\.nn\.GRU does, got one that resets before",
    ):
        to_torch([gru.init(rng, 2, 3, reset_after=False)])


def test_the_reset_after_gru_swaps_its_first_two_blocks(rng):
    """The recipe in words: swap z and r, transpose, row 0 to bias_ih, row 1 to bias_hh."""
    params = random_params(gru, rng, 2, 1, {})
    state = to_torch([params])
    np.testing.assert_array_equal(state["weight_ih_l0"], params.kernel.T[[1, 0, 2]])
    np.testing.assert_array_equal(state["bias_hh_l0"], params.bias[1][[1, 0, 2]])


@pytest.mark.parametrize("module", [rnn, lstm])
def test_the_one_bias_goes_where_the_input_is(module, rng):
    """PyTorch adds its two biases, so ours is the first and the second is zero."""
    params = random_params(module, rng, 3, 2, {})
    state = to_torch([params])
    np.testing.assert_array_equal(np.sort(state["bias_ih_l0"]), np.sort(params.bias))
    assert not state["bias_hh_l0"].any()


def test_layers_that_do_not_fit_are_named(rng):
    def layer(features, units):
        return lstm.init(rng, features, units)

    for stack, said in [
        ([layer(3, 2), layer(2, 4)], "layer 1 to take 2 features to 2 units, got 2 to 4"),
        ([(layer(3, 2), layer(3, 4))], "layer 0 to take 3 features to 2 units, got 3 to 4"),
        ([(layer(3, 2), layer(5, 2))], "layer 0 to take 3 features to 2 units, got 5 to 2"),
        ([layer(3, 2), (layer(2, 2), layer(2, 2))], "one cell and one number of directions"),
    ]:
        with pytest.raises(ValueError, match=said):
            to_torch(stack)


@pytest.mark.parametrize("name", MODULES)
def test_bad_state_dicts_are_refused(name, rng):
    module = MODULES[name]
    good = to_torch(random_stack(module, rng, 3, 2, 2, True))
    for key in good:
        with pytest.raises(ValueError, match=f"expected the keys {key} too"):
            from_torch(module, {k: a for k, a in good.items() if k != key})
    with pytest.raises(ValueError, match=r"got \['weight_hr_l0'\] too"):
        from_torch(module, good | {"weight_hr_l0": np.zeros((2, 2))})
    with pytest.raises(ValueError, match=r"the keys weight_hh_l0, weight_ih_l0 too, got only \[\]"):
        from_torch(module, {})
    blocks = len(good["weight_ih_l0"]) // 2
    turned = good | {"weight_ih_l0": good["weight_ih_l0"].T}
    said = (
        rf"expected weight_ih of shape \({blocks} \* H, ...\) with H = 2, got \(3, {2 * blocks}\)"
    )
    with pytest.raises(ValueError, match=said):
        from_torch(module, turned)
    with pytest.raises(ValueError, match="expected weight_ih of shape"):  # The first of two.
        from_torch(module, turned | {"weight_hh_l0": np.zeros((3 * blocks, 2))})
    with pytest.raises(ValueError, match="two biases"):
        from_torch(module, good | {"bias_hh_l0": np.zeros(1)})
    with pytest.raises(TypeError, match="bias_hh_l0 to hold real numbers, got int64"):
        from_torch(module, good | {"bias_hh_l0": np.zeros(2, int)})
    apart = [*random_stack(module, rng, 3, 2, 1, True), *random_stack(module, rng, 3, 2, 1, True)]
    with pytest.raises(ValueError, match="expected layer 1 to take 4 features to 2 units, got 3"):
        to_torch(apart)


def test_bad_keras_weights_and_stacks_are_refused(rng):
    weights = to_keras(lstm.init(rng, 3, 2))
    with pytest.raises(ValueError, match=r"3 arrays \(2 without biases\), got 1"):
        from_keras(lstm, weights[:1])
    with pytest.raises(ValueError, match=r"6 arrays \(4 without biases\), got 3"):
        from_keras(lstm, weights, bidirectional=True)
    with pytest.raises(ValueError, match="expected a kernel"):
        from_keras(gru, weights)
    with pytest.raises(ValueError, match="expected a kernel"):
        from_keras(lstm, [weights[0].T, *weights[1:]])
    with pytest.raises(ValueError, match="at least one layer"):
        to_torch([])
    with pytest.raises(ValueError, match="one cell and one number of directions"):
        to_torch([lstm.init(rng, 3, 2), gru.init(rng, 2, 2)])
    with pytest.raises(TypeError, match="expected Params of rnn, lstm or gru, got"):
        to_keras([np.zeros(3)])


def keras_layers(keras, units=3):
    """Return every form in which Keras's layers hold each of our cells, not yet built."""
    k = keras.layers
    return {
        rnn: [k.SimpleRNN(units), k.SimpleRNNCell(units), k.RNN(k.SimpleRNNCell(units))],
        lstm: [
            k.LSTM(units, use_bias=False),
            k.LSTM(units, activation=lambda a: keras.ops.tanh(a), dropout=0.5),
            k.RNN(k.LSTMCell(units)),
        ],
        gru: [
            k.GRU(units, reset_after=False),
            k.GRU(units, reset_after=False, use_bias=False),
            k.GRU(units, use_bias=False),
            k.RNN(k.GRUCell(units)),
        ],
    }


def test_keras_layers_tell_their_own_form(rng):
    """A layer needs no options beside it: what it computes is what its parameters do."""
    keras = pytest.importorskip("keras")
    x = rng.normal(0, 1, (2, 4, 3)).astype("float32")
    for module, layers in keras_layers(keras).items():
        for layer in layers:
            whole = layer if hasattr(layer, "return_sequences") else keras.layers.RNN(layer)
            theirs = np.asarray(whole(x))
            params = from_keras(module, layer)
            np.testing.assert_allclose(theirs, unroll(module, params, x).last, rtol=0, atol=1e-5)
    both = keras.layers.Bidirectional(keras.layers.GRU(3, reset_after=False, use_bias=False))
    theirs = np.asarray(both(x))
    there, back = from_keras(gru, both)
    np.testing.assert_allclose(theirs, bidirectional(gru, there, back, x).last, rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="expected a Bidirectional, got forward_gru"):
        from_keras(gru, both.forward_layer, bidirectional=True)


def test_our_own_cells_inside_keras_are_taken(rng):
    keras = pytest.importorskip("keras")
    from unrolled.keras_models.cells import GRUCell, PeepholeLSTMCell

    layer = keras.layers.RNN(GRUCell(3, reset_after=False))
    with pytest.raises(ValueError, match=r"got gru_cell.*, which is not built; call it once"):
        from_keras(gru, layer)
    x = rng.normal(0, 1, (2, 4, 3)).astype("float32")
    theirs = np.asarray(layer(x))
    np.testing.assert_allclose(
        theirs, unroll(gru, from_keras(gru, layer), x).last, rtol=0, atol=1e-5
    )
    with pytest.raises(TypeError, match=r"the layer LSTM of Keras.*, got PeepholeLSTMCell"):
        from_keras(lstm, keras.layers.RNN(PeepholeLSTMCell(3)))


def test_keras_layers_that_compute_something_else_are_refused_by_name():
    """Weights alone would have been taken, and their numbers would have been others."""
    keras = pytest.importorskip("keras")
    k = keras.layers
    refused = [
        (rnn, k.SimpleRNN(3, activation="relu"), "activation: expected tanh.*, got relu"),
        (lstm, k.LSTM(3, activation=None), "^activation: expected tanh.*, got linear"),
        (lstm, k.LSTM(3, recurrent_activation="hard_sigmoid"), "^recurrent_.*, got hard_sigmoid"),
        (gru, k.GRU(3, recurrent_activation="relu"), "^recurrent_.* expected sigmoid.*, got relu"),
        (gru, k.RNN(k.GRUCell(3, activation="elu")), "^activation: .*, got elu"),
        (lstm, k.Bidirectional(k.LSTM(3), backward_layer=k.LSTM(
            3, activation="softsign", go_backwards=True)), "^activation: .*, got softsign"),
        (lstm, k.LSTM(3, go_backwards=True), "go_backwards: .*reverse=True"),
        (lstm, k.Bidirectional(k.LSTM(3, go_backwards=True), backward_layer=k.LSTM(3)),
         "go_backwards: .* a forward layer that reads forward"),
        (lstm, k.Bidirectional(k.LSTM(3), merge_mode="mul"), "merge_mode: .*, got mul"),
    ]  # fmt: skip
    for module, layer, said in refused:
        layer.build((2, 4, 3))
        with pytest.raises(ValueError, match=said):
            from_keras(module, layer)
    with pytest.raises(ValueError, match=r"lstm_cell.*, which is not built; call it once"):
        from_keras(lstm, k.LSTM(3))

    model = keras.Sequential([keras.Input((4, 3)), k.LSTM(3, name="reader"), k.Dense(1)])
    stack = k.RNN([k.LSTMCell(3), k.LSTMCell(3)])
    for module, layer, said in [
        (gru, model.layers[0], "the layer GRU of Keras.*, got LSTMCell"),
        (lstm, model, "got Sequential; pass one of its layers reader, dense"),
        (lstm, stack, "got StackedRNNCells"),
        (lstm, type("Mine", (k.LSTM,), {})(3), "got Mine"),
    ]:
        with pytest.raises(TypeError, match=said):
            from_keras(module, layer)
    with pytest.raises(ValueError, match="got 5; of a model, pass the layer"):
        from_keras(lstm, model.get_weights())


@pytest.mark.parametrize("name", MODULES)
def test_torch_modules_are_taken_whole(name, rng):
    """The module, a part of a larger one, and a single cell give what their state_dict gives."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    module, kind = MODULES[name], {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}[name]
    theirs = getattr(torch.nn, kind)(3, 2, num_layers=2, bidirectional=True, dropout=0.5)
    assert_same(from_torch(module, theirs), from_torch(module, theirs.state_dict()))
    learnt = dict(theirs.named_parameters())  # They require gradients.
    assert_same(from_torch(module, theirs), from_torch(module, learnt))
    whole = torch.nn.ModuleDict({"reader": theirs, "norm": torch.nn.BatchNorm1d(2)})
    assert_same(from_torch(module, theirs), from_torch(module, whole, prefix="reader."))
    cell = getattr(torch.nn, f"{kind}Cell")(3, 2)
    x = torch.from_numpy(rng.normal(0, 1, (4, 3)).astype("float32"))
    start = torch.zeros(4, 2)
    after = cell(x, (start, start) if name == "lstm" else start)
    after = (after[0] if name == "lstm" else after).detach().numpy()
    for given in (cell, cell.state_dict()):
        run = unroll(module, from_torch(module, given)[0], x[:, None].numpy())
        np.testing.assert_allclose(run.last, after, rtol=0, atol=1e-6)

    for given, prefix, error, said in [
        (whole, "", TypeError, f"nn.{kind}, got ModuleDict; it has one at prefix='reader.'"),
        (whole, "norm", TypeError, f"nn.{kind} at 'norm', got BatchNorm1d; it has one at"),
        (whole.state_dict(), "", ValueError, "a larger module; pass prefix='reader.'"),
        (whole.state_dict(), "norm.", ValueError, "a larger module; pass prefix='reader.'"),
        ({"epoch": 3, "model": learnt}, "", ValueError, "one of its parts 'model'"),
    ]:
        with pytest.raises(error, match=said):
            from_torch(module, given, prefix=prefix)


def test_torch_modules_that_compute_something_else_are_refused_by_name():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    projected = torch.nn.LSTM(3, 4, proj_size=2)
    for module, given, said in [
        (rnn, torch.nn.RNN(3, 4, nonlinearity="relu"), "nonlinearity: expected tanh.*, got relu"),
        (rnn, torch.nn.RNNCell(3, 4, nonlinearity="relu"), "nonlinearity: .*, got relu"),
        (lstm, projected, "proj_size: expected 0.*, got 2"),
        (lstm, projected.state_dict(), r"got \['weight_hr_l0'\] too; .*proj_size"),
    ]:
        with pytest.raises(ValueError, match=said):
            from_torch(module, given)
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.LSTM, got GRU$"):
        from_torch(lstm, torch.nn.GRU(3, 4))
    with pytest.raises(TypeError, match=r"a module of PyTorch or its state_dict\(\), got list"):
        from_torch(lstm, list(torch.nn.LSTM(3, 4).parameters()))


def test_numbers_that_numpy_cannot_read_come_with_what_to_do(rng):
    """Types of their own, tensors without data and masked entries, from either library."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    ml_dtypes = pytest.importorskip("ml_dtypes")
    params = lstm.init(rng, 3, 2)
    state = {key: torch.from_numpy(a) for key, a in to_torch([params]).items()}
    hidden = np.ma.array(params.bias, mask=params.bias > 0)
    for change, said in [
        (lambda a: a.bfloat16(), r"bfloat16 on cpu; pass tensor\.detach\(\)\.cpu\(\)\.float\(\)"),
        (lambda a: a.to("meta"), "on meta, which has a shape but no numbers; load"),
        (lambda a: a.numpy().astype(ml_dtypes.bfloat16), r"bfloat16; .*astype\(np\.float32\)"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=f"weight_ih_l0.*{said}"):
            from_torch(lstm, {key: change(a) for key, a in state.items()})
        with pytest.raises(TypeError, match=f"weight 0.*{said}"):
            from_keras(lstm, [change(torch.from_numpy(a)) for a in params])
    with pytest.raises(ValueError, match="weight 2: expected no masked entries, got 2"):
        from_keras(lstm, [*params[:2], hidden])
    with pytest.raises(ValueError, match="bias: expected no masked entries"):
        to_keras(params._replace(bias=hidden))


@pytest.mark.parametrize("cell", [peephole, "lstm"])
def test_a_cell_that_no_library_has_is_refused(cell, rng):
    for read in from_keras, from_torch:
        with pytest.raises(TypeError, match=r"the module rnn, lstm or gru, got (peephole|'lstm')"):
            read(cell, {})
