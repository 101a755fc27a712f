"""Copy memory is what the papers say it is, step by step."""

import numpy as np
import pytest

from unrolled.tasks import copy


@pytest.mark.parametrize("delay", [1, 2, 30])
def test_a_sequence_is_the_papers(delay):
    made = copy.make(200, delay, seed=1)
    assert made.x.shape == (200, delay + 20, 10)
    assert made.targets.shape == (200, delay + 20, 9)
    assert set(made.lengths) == {delay + 20}
    assert (made.x.sum(axis=-1) == 1).all()
    assert (made.targets.sum(axis=-1) == 1).all()
    read, written = made.x.argmax(axis=-1), made.targets.argmax(axis=-1)
    assert set(np.unique(read[:, :10])) == set(range(1, 9))
    assert (read[:, 10 : delay + 9] == 0).all()
    assert (read[:, delay + 9] == 9).all()
    assert (read[:, delay + 10 :] == 0).all()
    assert (written[:, :-10] == 0).all()
    assert (written[:, -10:] == read[:, :10]).all()


def test_an_answer_can_be_given_after_the_sign_and_not_before():
    """The sign stands one step before the first symbol that is asked for."""
    read, written = (a[0].argmax(axis=-1) for a in copy.make(1, 5)[:2])
    (sign,) = np.flatnonzero(read == copy.ASK)
    assert np.flatnonzero(written)[0] == sign + 1


def test_symbols_are_drawn_evenly():
    shares = copy.make(4000, 1).x[:, :10].mean(axis=(0, 1))
    assert (np.abs(shares[1:9] - 1 / 8) < 0.006).all()


def test_a_seed_fixes_the_sequences_and_a_generator_goes_on():
    one, again, other = (copy.make(5, 3, seed) for seed in (1, 1, 2))
    assert (one.x == again.x).all()
    assert (one.x != other.x).any()
    rng = np.random.default_rng(1)
    assert (copy.make(5, 3, rng).x == one.x).all()
    assert (copy.make(5, 3, rng).x != one.x).any()


def test_the_baseline_is_that_of_bai_et_al():
    """Their LSTM, at T = 1000, is at the baseline to all the digits of their table."""
    assert abs(copy.baseline(1000) - 0.0204) < 5e-5
    assert copy.baseline(10) == pytest.approx(10 * np.log(8) / 30)


@pytest.mark.parametrize(
    ("sizes", "error"), [((0, 5), ValueError), ((3, 0), ValueError), ((3, 1.5), TypeError)]
)
def test_wrong_sizes_are_refused(sizes, error):
    with pytest.raises(error, match="expected"):
        copy.make(*sizes)
