"""Bad input gets an error that says what was expected and what arrived."""

import numpy as np
import pytest

from unrolled import masks
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.unroll import bidirectional, unroll

X = np.zeros((2, 5, 3))


@pytest.fixture(params=[rnn, lstm, gru], ids=["rnn", "lstm", "gru"])
def cell(request):
    return request.param


@pytest.fixture
def params(cell, rng):
    return cell.init(rng, 3, 4)


@pytest.mark.parametrize(
    ("lengths", "error", "words"),
    [
        ([5, 6], ValueError, "from 0 to 5, got 6 in row 1"),
        ([-1, 5], ValueError, "from 0 to 5, got -1 in row 0"),
        ([7, 6], ValueError, "from 0 to 5, got 7 in row 0"),  # The first one that is wrong.
        ([5], ValueError, r"expected 2 lengths.*\(1,\)"),
        ([1, 2, 3], ValueError, r"expected 2 lengths.*\(3,\)"),
        ([[1, 2]], ValueError, r"\(1, 2\)"),
        ([1.0, 2.0], TypeError, "integer lengths, got float64"),
        (["a", "b"], TypeError, "integer lengths"),
    ],
)
def test_lengths_are_checked(cell, params, lengths, error, words):
    with pytest.raises(error, match=words):
        unroll(cell, params, X, lengths=lengths)


@pytest.mark.parametrize(
    ("mask", "error", "words"),
    [
        (np.ones((2, 4), bool), ValueError, r"\(2, 5\), got \(2, 4\)"),
        (np.ones((2, 5)), TypeError, "boolean mask, got float64"),
        (np.ones((2, 5), int), TypeError, "boolean mask, got int64"),
    ],
)
def test_masks_are_checked(cell, params, mask, error, words):
    with pytest.raises(error, match=words):
        unroll(cell, params, X, mask=mask)


def test_lengths_and_mask_together_are_refused(cell, params):
    with pytest.raises(ValueError, match="got both"):
        unroll(cell, params, X, lengths=[1, 2], mask=np.ones((2, 5), bool))


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros((2, 5, 2)), ValueError, r"expected inputs with 3 features.*\(2, 5, 2\)"),
        (np.zeros((2, 5)), ValueError, r"\(N, T, D\), got \(2, 5\)"),
        (np.zeros((2, 5, 3), complex), TypeError, "complex128"),
        ([[["a", "b", "c"]]], TypeError, "real numbers"),
    ],
)
def test_inputs_are_checked(cell, params, x, error, words):
    with pytest.raises(error, match=words):
        unroll(cell, params, x)


def test_initial_state_is_checked(cell, params):
    wrong = cell.State(*(np.zeros((2, 5)) for _ in cell.State._fields))
    with pytest.raises(ValueError, match=r"state h of shape \(2, 4\), got \(2, 5\)"):
        unroll(cell, params, X, initial_state=wrong)


def test_states_of_another_kind_are_refused(cell, params):
    good = cell.zero_state(params, 2)
    for broken in ((*good, good[0]), good[1:], good[0], 0.0):
        with pytest.raises(TypeError, match=f"state of {len(good)} array.*, got"):
            unroll(cell, params, X, initial_state=broken)


def test_a_plain_row_of_arrays_is_a_state(cell, params, rng):
    """Keras hands states over as lists; ours go through as well."""
    state, x = cell.State(*rng.normal(0, 1, (len(cell.State._fields), 2, 4))), X + 0.5
    run, plain = (
        unroll(cell, params, x, initial_state=s) for s in (state, [a.tolist() for a in state])
    )
    np.testing.assert_array_equal(run.outputs, plain.outputs)
    assert type(plain.state) is cell.State


def test_initial_output_is_checked(cell, params):
    with pytest.raises(ValueError, match=r"initial output of shape \(2, 4\), got \(2, 5\)"):
        unroll(cell, params, X, initial_output=np.zeros((2, 5)))


def test_step_checks_shapes(cell, params):
    with pytest.raises(ValueError, match=r"3 features on the last axis, got shape \(3,\)"):
        cell.step(params, cell.zero_state(params, 1), np.zeros(3))
    with pytest.raises(ValueError, match="3 features"):
        cell.step(params, cell.zero_state(params, 2), np.zeros((2, 7)))
    with pytest.raises(ValueError, match=r"state h of shape \(3, 4\), got \(2, 4\)"):
        cell.step(params, cell.zero_state(params, 2), np.zeros((3, 3)))


def test_parameters_are_checked(cell, params):
    W, U, b = params
    state, x = cell.zero_state(params, 2), np.zeros((2, 3))
    for broken, words in [
        (cell.Params(W.T, U, b), "expected a kernel"),
        (cell.Params(W, U[:, :-1], b), "expected a kernel"),
        (cell.Params(W[:, 0], U, b), "got shapes"),
        (cell.Params(W, U, b[..., :-1]), "expected a bias"),
        (cell.Params(W, U, np.zeros((3, 7))), "expected a bias"),
    ]:
        with pytest.raises(ValueError, match=words):
            cell.step(broken, state, x)
        with pytest.raises(ValueError, match=words):
            unroll(cell, broken, X)


def test_the_message_names_both_forms_of_a_bias_of_the_gru(rng):
    params = gru.init(rng, 3, 4)._replace(bias=np.zeros((3, 7)))
    with pytest.raises(ValueError, match="a bias") as error:
        gru.check(params)
    assert str(error.value) == (
        "expected a bias of shape (2, 12) (reset after the product) or (12,) (reset before), "
        "got (3, 7)"
    )


def test_the_message_names_the_shape_of_the_peepholes(rng):
    params = peephole.init(rng, 3, 4)._replace(peephole=np.zeros((4, 4)))
    with pytest.raises(ValueError, match="a peephole") as error:
        peephole.check(params)
    assert str(error.value) == "expected a peephole of shape (3, 4), got (4, 4)"


@pytest.mark.parametrize(
    ("size", "error", "expected"),
    [
        (0, ValueError, "at least 1, got 0"),
        (-1, ValueError, "at least 1, got -1"),
        (2.0, TypeError, "an integer, got float 2.0"),
        (True, TypeError, "an integer, got bool True"),
        ("3", TypeError, "an integer, got str '3'"),
    ],
)
def test_sizes_are_checked(cell, size, error, expected, rng):
    with pytest.raises(error, match=f"units: expected {expected}"):
        cell.init(rng, 3, size)
    with pytest.raises(error, match=f"features: expected {expected}"):
        cell.count(size, 3)


def test_merge_and_masked_outputs_are_checked(cell, params, rng):
    with pytest.raises(ValueError, match="concat, sum, mean, got 'ave'"):
        bidirectional(cell, params, params, X, merge="ave")
    with pytest.raises(ValueError, match="repeat, zero, got 'skip'"):
        unroll(cell, params, X, masked_outputs="skip")
    with pytest.raises(ValueError, match=r"same number of units, got \[4, 6\]"):
        bidirectional(cell, params, cell.init(rng, 3, 6), X)


def test_empty_batch_and_no_steps_are_fine(cell, params):
    """N = 0 and T = 0 are sizes like any other."""
    assert unroll(cell, params, np.zeros((0, 5, 3))).outputs.shape == (0, 5, 4)
    run = unroll(cell, params, np.zeros((2, 0, 3)))
    assert run.outputs.shape == (2, 0, 4)
    assert not run.last.any()


def test_a_mask_keeps_its_rows_apart():
    assert masks.from_lengths([0, 2, 3], 3).sum(1).tolist() == [0, 2, 3]
