"""Stacks of layers as ONNX models: what they compute, in two evaluators, and what is refused."""

import sys

import numpy as np
import pytest
from cases import WITH_KERNELS, random_params

from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.libraries.layouts import from_keras, from_torch, to_onnx
from unrolled.unroll import bidirectional, unroll

onnx = pytest.importorskip("onnx", reason="ONNX is not installed here")
pytest.importorskip("onnx.reference")
runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed here")

#: N, T, D, H, layers, both directions, and whether lengths differ.
SHAPES = [
    (1, 1, 2, 3, 1, False, False),
    (3, 5, 2, 4, 2, True, False),
    (1, 4, 3, 1, 1, True, True),
    (5, 6, 4, 2, 2, False, True),
    (4, 7, 1, 3, 3, True, True),
]


def by_runtime(model, fed):
    return runtime.InferenceSession(model.SerializeToString()).run(None, fed)


def by_reference(model, fed):
    return onnx.reference.ReferenceEvaluator(model).run(None, fed)


def ours(cell, stack, x, lengths=None):
    """Return the outputs of the top layer and its last ones."""
    for layer in stack:
        if isinstance(layer, cell.Params):
            run = unroll(cell, layer, x, lengths=lengths, masked_outputs="zero")
        else:
            run = bidirectional(cell, *layer, x, lengths=lengths)
        x = run.outputs
    return run.outputs, run.last


def random_stack(cell, options, rng, features, units, depth, both):
    stack = []
    for _ in range(depth):
        sides = [random_params(cell, rng, features, units, options) for _ in range(2)]
        stack.append(tuple(sides) if both else sides[0])
        features = units * (1 + both)
    return stack


@pytest.mark.parametrize("evaluate", [by_runtime, by_reference])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", WITH_KERNELS)
def test_a_stack_computes_what_unroll_does(name, shape, evaluate, rng):
    """One length is 0, and what stands behind a sequence is no matter, not even if it is NaN."""
    (cell, options), (N, T, D, H, depth, both, ragged) = WITH_KERNELS[name], shape
    stack = random_stack(cell, options, rng, D, H, depth, both)
    x, lengths = rng.normal(0, 1, (N, T, D)), None
    if ragged:
        lengths = rng.integers(1, T + 1, N)
        lengths[0] = 0 if N > 1 else lengths[0]
    wanted = ours(cell, stack, x, lengths)
    fed = {"X": x.astype("f4")}
    if ragged:
        fed["X"][np.arange(T) >= lengths[:, None]] = np.nan
        fed["lengths"] = lengths.astype(np.int32)
    model = to_onnx(stack, lengths=ragged)
    onnx.checker.check_model(model, full_check=True)
    for found, expected in zip(evaluate(model, fed), wanted, strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_layers_of_unlike_cells_sizes_and_directions_stand_on_each_other(rng):
    first = tuple(random_params(gru, rng, 2, 3, {"reset_after": False}) for _ in range(2))
    second, third = random_params(lstm, rng, 6, 5, {}), random_params(rnn, rng, 5, 1, {})
    x, lengths = rng.normal(0, 1, (2, 4, 2)), [4, 2]
    below = bidirectional(gru, *first, x, lengths=lengths).outputs
    above = unroll(lstm, second, below, lengths=lengths).outputs
    wanted = unroll(rnn, third, above, lengths=lengths, masked_outputs="zero")
    fed = {"X": x.astype("f4"), "lengths": np.array(lengths, np.int32)}
    found = by_runtime(to_onnx([first, second, third], lengths=True), fed)
    np.testing.assert_allclose(found[0], wanted.outputs, rtol=0, atol=2e-6)
    np.testing.assert_allclose(found[1], wanted.last, rtol=0, atol=2e-6)


def test_layers_of_keras_are_taken_as_they_are(rng):
    keras = pytest.importorskip("keras")
    make = keras.layers
    both = make.Bidirectional(make.LSTM(3, return_sequences=True))
    top = make.GRU(2, reset_after=False)
    x, lengths = rng.normal(0, 1, (3, 5, 2)).astype("f4"), np.array([5, 1, 3], np.int32)
    mask = np.arange(5) < lengths[:, None]
    wanted = top(both(x, mask=mask), mask=mask)
    layers = [both, top]
    fed = {"X": x, "lengths": lengths}
    _, last = by_runtime(to_onnx(layers, lengths=True), fed)
    np.testing.assert_allclose(last, wanted, rtol=0, atol=1e-5)
    again = to_onnx([from_keras(lstm, both), from_keras(gru, top)], lengths=True)
    assert again == to_onnx(layers, lengths=True)
    cells = pytest.importorskip("unrolled.keras_models.cells")
    own = keras.layers.RNN(cells.LSTMCell(3), return_sequences=True)
    wanted = own(x)
    found, _ = by_runtime(to_onnx([own]), {"X": x})
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_module_of_pytorch_is_taken_as_it_is(name, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    module = getattr(torch.nn, name)(2, 3, num_layers=2, bidirectional=True, batch_first=True)
    x, lengths = torch.randn(3, 5, 2), torch.tensor([5, 3, 1])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    wanted, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0], batch_first=True)
    fed = {"X": x.numpy(), "lengths": lengths.numpy().astype(np.int32)}
    found, _ = by_runtime(to_onnx(module, lengths=True), fed)
    np.testing.assert_allclose(found, wanted.detach(), rtol=0, atol=1e-5)
    cell = {"RNN": rnn, "LSTM": lstm, "GRU": gru}[name]
    assert to_onnx(from_torch(cell, module)) == to_onnx(module)


def test_what_onnx_or_our_cells_cannot_say_is_refused_by_name(rng):
    plain, wide = (random_params(lstm, rng, size, 3, {}) for size in (2, 4))
    after, before = (gru.init(rng, 2, 3, reset_after=form) for form in (True, False))
    for layers, part in [
        ([], "expected at least one layer, got none"),
        ([plain, wide], "expected layer 1 to take 3 features, got lstm of 4"),
        ([(plain, wide)], r"one cell and one size in layer 0, got lstm of \(2, 3\) and lstm of"),
        ([(after, before)], "got gru that resets after the product of .* and gru that resets bef"),
        ([plain._replace(bias=np.full(12, 1e39))], "that float32 can hold, got 1e\\+39"),
        ([plain._replace(bias=np.zeros(3))], "expected a bias"),
        ([peephole.Params(*plain, np.zeros(3))], "expected a peephole of shape"),
    ]:
        with pytest.raises(ValueError, match=part):
            to_onnx(layers)
    for layers, part in [
        (plain, r"layers: expected a list of layers or a module of PyTorch, got Params"),
        ({"lstm": plain}, "layers: expected a list of layers .*, got dict"),
        ([plain, 5], "expected Params or a pair of them, a SimpleRNN, LSTM or GRU .*, got int"),
        ([(plain, 5)], "expected Params of rnn, lstm, gru or peephole, .*, got int"),
    ]:
        with pytest.raises(TypeError, match=part):
            to_onnx(layers)


def test_what_a_layer_of_keras_does_besides_is_refused_by_name():
    make = pytest.importorskip("keras").layers

    def built(layer):
        layer.build((None, None, 2))
        return layer

    two = make.Bidirectional(make.LSTM(2), merge_mode="sum")
    for layers, part in [
        ([built(two)], "merge_mode: expected concat in layer 0, got sum; pass its directions"),
        ([built(make.GRU(2)), built(make.GRU(2))], "return_sequences: expected True in layer 0"),
        ([built(make.GRU(2, activation="relu"))], "activation: expected tanh.*got relu"),
        ([built(make.LSTM(2, go_backwards=True))], "go_backwards: expected a layer that reads"),
        ([make.LSTM(2)], "expected a layer with weights"),
    ]:
        with pytest.raises(ValueError, match=part):
            to_onnx(layers)
    with pytest.raises(TypeError, match=r"a SimpleRNN, LSTM or GRU of Keras, .*, got Dense"):
        to_onnx([built(make.Dense(2))])


def test_without_the_library_it_is_said_what_to_install(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"not installed, onnx: pip install .unrolled\[onnx"):
        to_onnx([random_params(rnn, rng, 1, 1, {})])
