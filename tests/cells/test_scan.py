"""JAX runs the same steps, and its derivative of them is ours."""

import subprocess
import sys

import jax
import numpy as np
import pytest
from cases import OURS, make_mask, random_params, random_state

from unrolled.cells import lstm
from unrolled.unroll import unroll, unroll_backward, unroll_scan


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def ends(run):
    return [run.outputs, run.last, *run.state]


def close(ours, theirs, atol=1e-10):
    for a, b in zip(ours, theirs, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("kind", "reverse", "masked_outputs"),
    [("none", True, "repeat"), ("ragged", False, "zero"), ("holes", True, "repeat")],
)
@pytest.mark.parametrize("name", OURS)
def test_jax_derives_what_unroll_backward_computes(name, kind, reverse, masked_outputs, rng):
    """All outcomes, and all gradients for random upstream ones, within rounding."""
    module, options = OURS[name]
    batch, steps, features, units = 3, 5, 2, 4
    params = random_params(module, rng, features, units, options)
    x, mask = rng.normal(0, 1, (batch, steps, features)), make_mask(kind, batch, steps, rng)
    state, before = random_state(module, rng, batch, units), rng.normal(0, 1, (batch, units))
    keywords = {"mask": mask, "reverse": reverse, "masked_outputs": masked_outputs}

    @jax.jit
    def derived(params, x, state, before, up):
        def scan(params, x, state):
            return unroll_scan(
                module, params, x, initial_state=state, initial_output=before, **keywords
            )

        answer, backward = jax.vjp(scan, params, x, state)
        return answer, backward(type(answer)(up[0], up[1], module.State(*up[2:])))

    run = unroll(module, params, x, initial_state=state, initial_output=before, **keywords)
    up = [rng.normal(0, 1, a.shape) for a in ends(run)]
    answer, (d_params, d_x, d_state) = derived(params, x, state, before, up)
    close(ends(run), ends(answer))
    back = unroll_backward(module, params, run, d_outputs=up[0], d_last=up[1], d_state=up[2:])
    close([*back.params, back.x, *back.initial_state], [*d_params, d_x, *d_state])


@pytest.mark.parametrize("name", OURS)
def test_many_at_once_equal_one_by_one(name, rng):
    """``vmap`` over parameters, inputs and lengths, inside ``jit``: lengths are traced as well."""
    module, options = OURS[name]
    many = [random_params(module, rng, 2, 3, options) for _ in range(4)]
    stacked = jax.tree.map(lambda *a: np.stack(a), *many)
    x, lengths = rng.normal(0, 1, (4, 3, 5, 2)), rng.integers(0, 6, (4, 3))
    masks = np.arange(5) < lengths[..., None]
    by_lengths = jax.jit(jax.vmap(lambda params, x, n: unroll_scan(module, params, x, lengths=n)))(
        stacked, x, lengths
    )
    by_masks = jax.vmap(lambda params, x, mask: unroll_scan(module, params, x, mask=mask))(
        stacked, x, masks
    )
    for k, params in enumerate(many):
        alone = ends(unroll(module, params, x[k], lengths=lengths[k]))
        close(alone, [a[k] for a in ends(by_lengths)])
        close(alone, [a[k] for a in ends(by_masks)])


def test_padding_of_nan_reaches_neither_outputs_nor_gradients(rng):
    params, x = lstm.init(rng, 2, 3), rng.normal(0, 1, (2, 4, 2))
    x[1, 2:] = np.nan

    def loss(params, x):
        return unroll_scan(lstm, params, x, lengths=[4, 2]).outputs.sum()

    value, slopes = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))(params, x)
    for a in jax.tree.leaves((value, slopes)):
        assert np.isfinite(a).all()
    assert not slopes[1][1, 2:].any()


def test_no_steps_and_no_rows_are_fine(rng):
    params, start = lstm.init(rng, 2, 3), random_state(lstm, rng, 2, 3)
    answer = unroll_scan(lstm, params, np.zeros((2, 0, 2)), initial_state=list(start))
    close(ends(unroll(lstm, params, np.zeros((2, 0, 2)), initial_state=start)), ends(answer))
    assert type(answer.state) is lstm.State
    assert unroll_scan(lstm, params, np.zeros((0, 5, 2))).outputs.shape == (0, 5, 3)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("shape", "keywords", "words"),
    [
        ((2, 5, 2), {}, "3 features"),
        ((2, 5, 3), {"lengths": np.ones(3, int)}, "expected 2 lengths"),
        ((2, 5, 3), {"lengths": np.ones(2)}, "integer lengths, got float64"),
        ((2, 5, 3), {"mask": np.ones((2, 4), bool)}, r"\(2, 5\), got \(2, 4\)"),
        ((2, 5, 3), {"initial_state": (np.zeros((2, 5)),) * 2}, r"state h of shape \(2, 4\)"),
        ((2, 5, 3), {"initial_output": np.zeros((2, 5))}, r"initial output of shape \(2, 4\)"),
    ],
)
def test_bad_input_is_refused_as_by_unroll(shape, keywords, words, traced, rng):
    """Shapes and kinds are known even where JAX traces the values."""
    params = lstm.init(rng, 3, 4)

    def scan(x, keywords):
        return unroll_scan(lstm, params, x, **keywords).last

    with pytest.raises((TypeError, ValueError), match=words):
        (jax.jit(scan) if traced else scan)(np.zeros(shape), keywords)


def test_lengths_that_are_known_are_checked(rng):
    with pytest.raises(ValueError, match="from 0 to 5, got 6 in row 1"):
        unroll_scan(lstm, lstm.init(rng, 3, 4), np.zeros((2, 5, 3)), lengths=[5, 6])


def test_jax_is_loaded_by_the_first_call_only():
    code = "import sys, unrolled.unroll.scan; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
