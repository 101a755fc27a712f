"""One step, unchanged, on the arrays of every library: equal to NumPy's, and of that library."""

from importlib.util import find_spec

import jax
import keras
import numpy as np
import pytest
import tensorflow as tf
from cases import OURS, random_params, random_state

from unrolled.activations import d_sigmoid, d_tanh, sigmoid, tanh
from unrolled.unroll import unroll, unroll_backward

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed here")


def torch_tensor(a):
    import torch

    return torch.as_tensor(a)


LIBRARIES = {
    "jax": (jax.numpy.asarray, jax.Array),
    "tensorflow": (tf.convert_to_tensor, tf.Tensor),
    "keras": (keras.Variable, tf.Tensor),  # What comes of a variable is its backend's.
    "torch": (torch_tensor, None),
}
ALL = [pytest.param(name, marks=[needs_torch] * (name == "torch")) for name in LIBRARIES]


def close(ours, theirs):
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=0, atol=1e-6)


@pytest.mark.parametrize("library", ALL)
@pytest.mark.parametrize("name", OURS)
def test_a_step_is_the_same_on_every_library(name, library, rng):
    """The state after and every gate, with the input's share given or not."""
    module, options = OURS[name]
    array, kind = LIBRARIES[library]
    params = module.Params(*(a.astype("f4") for a in random_params(module, rng, 2, 3, options)))
    state, x = random_state(module, rng, 4, 3, "f4"), rng.normal(0, 1, (4, 2)).astype("f4")
    theirs = module.Params(*map(array, params)), module.State(*map(array, state)), array(x)
    after, cache = module.step(params, state, x)
    for xW in (None, module.project(theirs[0], theirs[2])):
        new, kept = module.step(*theirs, xW)
        for a, b in zip((*after, *cache), (*new, *kept), strict=True):
            close(a, b)
        for a in new:
            assert isinstance(a, kind or type(array(x)))


@pytest.mark.parametrize("library", ALL)
def test_shapes_are_checked_on_every_library(library, rng):
    module, _ = OURS["lstm"]
    array, _ = LIBRARIES[library]
    params = module.Params(*map(array, random_params(module, rng, 3, 4, {})))
    state = module.State(*map(array, random_state(module, rng, 2, 4)))
    with pytest.raises(ValueError, match="3 features"):
        module.step(params, state, array(np.zeros((2, 7))))


@pytest.mark.parametrize("name", OURS)
def test_jax_compiles_derives_and_stacks_a_step(name, rng):
    """``jit``, ``grad`` and ``vmap`` of ``step`` itself."""
    module, options = OURS[name]
    params = random_params(module, rng, 2, 3, options)
    states = [random_state(module, rng, 4, 3) for _ in range(5)]
    x, up = rng.normal(0, 1, (4, 2)), rng.normal(0, 1, (4, 3))
    with jax.enable_x64(True):

        def loss(params, state, x):
            return (module.step(params, state, x)[0].h * up).sum()

        d_params, d_state, d_x = jax.jit(jax.grad(loss, argnums=(0, 1, 2)))(params, states[0], x)
        stacked = jax.tree.map(lambda *a: np.stack(a), *states)
        many = jax.vmap(lambda state: module.step(params, state, x)[0])(stacked)
    run = unroll(module, params, x[:, None], initial_state=states[0])
    back = unroll_backward(module, params, run, d_last=up)
    ours = [*back.params, *back.initial_state, back.x[:, 0]]
    for a, b in zip(ours, [*d_params, *d_state, d_x], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    for k, state in enumerate(states):
        for a, b in zip(module.step(params, state, x)[0], many, strict=True):
            np.testing.assert_allclose(a, b[k], rtol=0, atol=1e-12)


@pytest.mark.parametrize("f", [tanh, sigmoid])
def test_activations_take_symbols_variables_and_plain_numbers(f):
    """What has no values yet keeps its shape, and a number stays a number."""
    symbol = f(keras.KerasTensor((2, None, 3)))
    assert isinstance(symbol, keras.KerasTensor)
    assert symbol.shape == (2, None, 3)
    close(f(np.array([0.5])), f(tf.Variable([0.5])))
    assert f(0.0) == {tanh: 0.0, sigmoid: 0.5}[f]


@pytest.mark.parametrize(("f", "slope"), [(tanh, d_tanh), (sigmoid, d_sigmoid)])
def test_the_slopes_are_those_that_jax_derives(f, slope):
    a = np.linspace(-4, 4, 9)
    with jax.enable_x64(True):
        np.testing.assert_allclose(slope(f(a)), jax.vmap(jax.grad(f))(a), rtol=0, atol=1e-14)
