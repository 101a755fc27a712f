"""The fast path gives what the readable one gives, in every case."""

import numpy as np
import pytest
from cases import MASKS, WITH_KERNELS, make_mask, random_params, random_state

from unrolled.cells import fused, lstm
from unrolled.unroll import unroll, unroll_fast
from unrolled.unroll.fast import run_arranged

SIZES = [(3, 7, 4, 5), (1, 6, 2, 3), (4, 1, 3, 2), (2, 5, 1, 1), (0, 3, 2, 2), (2, 0, 2, 2)]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 3e-6)])
@pytest.mark.parametrize("masked_outputs", ["repeat", "zero"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("name", WITH_KERNELS)
def test_fast_equals_readable(name, kind, reverse, masked_outputs, dtype, tolerance, rng):
    module, options = WITH_KERNELS[name]
    for batch, steps, features, units in SIZES:
        if kind in {"ragged", "one row all masked", "pre-padded"} and not batch * steps:
            continue
        params = random_params(module, rng, features, units, options)
        params = module.Params(*(a.astype(dtype) for a in params))
        x = rng.normal(0, 1, (batch, steps, features)).astype(dtype)
        mask = make_mask(kind, batch, steps, rng)
        before = rng.normal(0, 1, (batch, units)).astype(dtype)
        for state in (None, random_state(module, rng, batch, units, dtype)):
            given = [a.copy() for a in (*params, x, *(state or ()), before)]
            keywords = {
                "mask": mask,
                "initial_state": state,
                "initial_output": None if state is None else before,
                "reverse": reverse,
                "masked_outputs": masked_outputs,
            }
            slow = unroll(module, params, x, **keywords)
            fast = unroll_fast(module, params, x, **keywords)
            pairs = [(slow.outputs, fast.outputs), (slow.last, fast.last)]
            for a, b in [*pairs, *zip(slow.state, fast.state, strict=True)]:
                np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)
                assert a.dtype == b.dtype == dtype
            for a, b in zip(given, (*params, x, *(state or ()), before), strict=True):
                np.testing.assert_array_equal(a, b)  # nothing that was given has changed


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_cells_side_by_side_are_as_each_alone(name, rng):
    module, options = WITH_KERNELS[name]
    if not fused.has_form(module):
        return  # Such a cell goes through `unroll`, as is seen above.
    cells = [random_params(module, rng, 3, 4, options) for _ in range(3)]
    arranged = fused.arranged(module, *cells)
    for batch in 2, 5, 1:  # The same weights serve every batch.
        x = rng.normal(0, 1, (len(cells), 6, batch, 3))
        states = [random_state(module, rng, batch, 4, np.float64) for _ in cells]
        state = [np.stack(arrays) for arrays in zip(*states, strict=True)]
        mask = rng.random((batch, 6)) < 0.7
        masked = [np.flatnonzero(~column) for column in mask.T]
        before = rng.normal(0, 1, (len(cells), batch, 4))
        outputs, last = run_arranged(arranged, x, state, before, masked)
        for number, (params, start) in enumerate(zip(cells, states, strict=True)):
            alone = unroll(
                module, params, x[number].swapaxes(0, 1), mask=mask, initial_state=start,
                initial_output=before[number],
            )  # fmt: skip
            pairs = [(outputs[number].swapaxes(0, 1), alone.outputs), (last[number], alone.last)]
            pairs += [(a[number], b) for a, b in zip(state, alone.state, strict=True)]
            for a, b in pairs:
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


def test_mixed_dtypes_give_the_wider_one(rng):
    """float32 weights on float64 inputs compute, and answer, in float64."""
    params = lstm.Params(*(a.astype("f4") for a in lstm.init(rng, 3, 4)))
    x = rng.normal(0, 1, (2, 5, 3))
    wide = lstm.Params(*(a.astype("f8") for a in params))
    for run in (unroll, unroll_fast):
        mixed = run(lstm, params, x)
        assert mixed.outputs.dtype == np.float64
        np.testing.assert_allclose(mixed.outputs, unroll(lstm, wide, x).outputs, atol=1e-6)


def test_float16_and_strided_arrays_are_computed_right(rng):
    """Half precision is only coarse, and views with any strides are like any other array."""
    params, x = lstm.init(rng, 3, 4), rng.normal(0, 1, (2, 5, 3))
    right = unroll(lstm, params, x).outputs
    half = lstm.Params(*(a.astype(np.float16) for a in params))
    views = lstm.Params(*(np.asfortranarray(a) for a in params))
    strided = np.repeat(x, 2, axis=1)[:, ::2]
    for run in (unroll, unroll_fast):
        coarse = run(lstm, half, x.astype(np.float16))
        assert coarse.outputs.dtype == np.float16
        np.testing.assert_allclose(coarse.outputs, right, rtol=0, atol=0.01)
        np.testing.assert_allclose(run(lstm, views, strided).outputs, right, rtol=0, atol=1e-14)


def test_bad_input_is_refused_as_by_unroll(rng):
    params = lstm.init(rng, 3, 4)
    with pytest.raises(ValueError, match="from 0 to 5, got 6"):
        unroll_fast(lstm, params, np.zeros((1, 5, 3)), lengths=[6])
    with pytest.raises(ValueError, match="3 features"):
        unroll_fast(lstm, params, np.zeros((1, 5, 2)))
    with pytest.raises(ValueError, match=r"initial output of shape \(1, 4\), got \(2, 4\)"):
        unroll_fast(lstm, params, np.zeros((1, 5, 3)), initial_output=np.zeros((2, 4)))
