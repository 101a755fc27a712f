"""Softmax and cross-entropy: by hand, against SciPy and JAX, and by central differences."""

import numpy as np
import pytest

from unrolled.gradcheck import gradcheck
from unrolled.losses import cross_entropy, softmax


def test_softmax_by_hand():
    """1, 3 and 0.5 over their sum; and with a temperature of 1/2 their squares."""
    logits = np.log([1.0, 3.0, 0.5])
    assert softmax(logits) == pytest.approx(np.array([1, 3, 0.5]) / 4.5)
    assert softmax(logits, 0.5) == pytest.approx(np.array([1, 9, 0.25]) / 10.25)


def test_large_logits_neither_overflow_nor_vanish():
    logits = np.array([[1e4, 0.0], [-1e4, -1e4]])
    assert softmax(logits) == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))
    loss, gradient = cross_entropy(logits, [1, 0])
    assert loss == pytest.approx((1e4 + np.log(2)) / 2)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("shape", [(1,), (4,), (2, 3)])
def test_the_loss_is_a_mean_over_rows_and_its_gradient_the_slope(shape, rng):
    logits, targets = rng.normal(0, 3, (*shape, 5)), rng.integers(0, 5, shape)
    loss, gradient = cross_entropy(logits, targets)
    by_row = [-np.log(softmax(logits[row])[targets[row]]) for row in np.ndindex(shape)]
    assert loss == pytest.approx(np.mean(by_row), rel=1e-12)
    gradcheck(lambda z: cross_entropy(z, targets)[0], [logits], [gradient])


def test_the_loss_is_scipys(rng):
    special = pytest.importorskip("scipy.special")
    logits, targets = rng.normal(0, 3, (2, 3, 5)), rng.integers(0, 5, (2, 3))
    right = np.take_along_axis(special.log_softmax(logits, axis=-1), targets[..., None], axis=-1)
    assert cross_entropy(logits, targets)[0] == pytest.approx(-right.mean(), rel=1e-12)


@pytest.mark.slow
def test_the_gradient_is_that_of_jax(rng):
    jax = pytest.importorskip("jax")
    logits, targets = rng.normal(0, 3, (2, 3)), np.array([2, 0])

    def witness(z):
        return -jax.nn.log_softmax(z)[np.arange(2), targets].mean()

    with jax.enable_x64(True):
        want = np.asarray(jax.grad(witness)(logits))
    assert cross_entropy(logits, targets)[1] == pytest.approx(want, abs=1e-14)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        ([0.0, 1.0], TypeError, "expected integers"),
        ([0], ValueError, r"expected shape \(2,\)"),
        ([[0, 1]], ValueError, r"expected shape \(2,\), one a row of logits, got \(1, 2\)"),
        ([0, 3], ValueError, "expected 0 to 2, got 0, 3"),
        ([7, 0], ValueError, "expected 0 to 2, got 0, 7"),
        ([-1, 0], ValueError, "expected 0 to 2, got -1, 0"),
    ],
)
def test_targets_that_are_none_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(np.zeros((2, 3)), targets)


def test_no_letters_and_no_temperature_are_refused():
    with pytest.raises(ValueError, match="expected shape"):
        cross_entropy(np.zeros((0, 3)), np.zeros(0, int))
    with pytest.raises(ValueError, match=r"expected shape \(2, 4\), one a row"):
        cross_entropy(np.zeros((2, 4, 3)), np.zeros((2, 3), int))
    with pytest.raises(ValueError, match="temperature"):
        softmax(np.zeros(3), 0)
