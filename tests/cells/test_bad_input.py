"""Bad input gets an error that says what was expected and what arrived."""

import numpy as np
import pytest

from unrolled import masks
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.gradcheck import gradcheck, numerical_gradient
from unrolled.tasks import adding, order
from unrolled.unroll import bidirectional, unroll, unroll_backward, unroll_chunks, unroll_fast

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


def hidden(values):
    """Return ``values`` with its first entry masked."""
    shape = np.shape(values)
    return np.ma.array(values, mask=np.arange(np.prod(shape)).reshape(shape) == 0)


def test_masked_entries_are_refused_wherever_they_enter(cell, params):
    """NumPy drops a mask without a word; what it hid would be computed with."""
    run, state, out = unroll(cell, params, X), cell.zero_state(params, 2), np.zeros((2, 4))
    ma = hidden(out)
    masked_params = params._replace(recurrent_kernel=hidden(params.recurrent_kernel))
    acts = [
        lambda go: go(cell, params, hidden(X)),
        lambda go: go(cell, params, list(hidden(X))),  # The mask is in the rows.
        lambda go: go(cell, params, X, lengths=hidden([1, 2])),
        lambda go: go(cell, params, X, mask=hidden(np.ones((2, 5), bool))),
        lambda go: go(cell, params, X, initial_state=state._replace(h=ma)),
        lambda go: go(cell, params, X, initial_output=ma),
        lambda go: go(cell, masked_params, X),
        lambda go: go(cell, params._replace(bias=hidden(params.bias)), X),
    ]
    runs = (unroll, unroll_fast, lambda *a, **k: list(unroll_chunks(a[0], a[1], a[2], 2, **k)))
    other = [
        lambda: cell.step(params, state, ma[:, :3]),
        lambda: cell.step(params, state._replace(h=ma), out[:, :3]),
        lambda: cell.step(masked_params, state, out[:, :3]),
        lambda: unroll_backward(cell, params, run, d_last=ma),
        lambda: unroll_backward(cell, params, run, d_state=state._replace(h=ma)),
        lambda: numerical_gradient(np.sum, [ma]),
        lambda: gradcheck(np.sum, [out], [hidden(np.ones((2, 4)))]),
        lambda: adding.correct(out, ma),
        lambda: order.correct(ma, out),
    ]
    for act in [*(lambda act=act, go=go: act(go) for act in acts for go in runs), *other]:
        with pytest.raises(ValueError, match="expected no masked entries, got 1; give each"):
            act()
    whole = np.ma.array(X)  # Nothing is masked, so nothing is lost.
    np.testing.assert_array_equal(unroll(cell, params, whole).outputs, run.outputs)


def test_tensors_that_numpy_cannot_read_come_with_what_to_do(cell, params):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here; CI installs it")
    x, state = torch.from_numpy(X), cell.zero_state(params, 2)
    learnt = cell.Params(*(torch.from_numpy(a).requires_grad_() for a in params))
    grown = state._replace(h=torch.zeros(2, 4, requires_grad=True))
    for go in (unroll, unroll_fast):
        np.testing.assert_array_equal(go(cell, params, x)[0], go(cell, params, X)[0])
        read = cell.Params(*(a.detach() for a in learnt))
        np.testing.assert_array_equal(go(cell, read, X)[0], go(cell, params, X)[0])
        for act, said in [
            (lambda go: go(cell, params, x.bfloat16()), r"x: .*bfloat16 on cpu; .*\.float\(\)"),
            (lambda go: go(cell, params, list(x.bfloat16())), r"x: .*bfloat16 on cpu"),
            (lambda go: go(cell, params, x.to("meta")), "x: .*on meta, which has a shape but no n"),
            (lambda go: go(cell, params, x.to_sparse()), r"x: .*\.to_dense\(\)"),
            (lambda go: go(cell, params, X, initial_state=grown), r"state: .*grad; .*detach\(\)"),
            (lambda go: go(cell, learnt, X), r"params: .*requires grad; pass tensor\.detach\(\)"),
        ]:
            with pytest.raises(TypeError, match=said):
                act(go)


def test_numbers_of_a_type_that_is_not_numpys_come_with_what_to_do(cell, params):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    with pytest.raises(TypeError, match=r"got bfloat16; pass it as \.astype\(np\.float32\)"):
        unroll(cell, params, X.astype(ml_dtypes.bfloat16))
