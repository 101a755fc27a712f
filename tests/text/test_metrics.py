"""Metrics agree with other people's, and refuse what has no meaning."""

import numpy as np
import pytest
from sklearn import metrics as sk

from unrolled.text import metrics

TWO_LISTS = [metrics.mae, metrics.rmse, metrics.r2, metrics.pearson, metrics.all_metrics]


@pytest.mark.parametrize("seed", range(4))
def test_agree_with_scikit_learn_and_numpy(seed):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(3, 10, 57), rng.normal(3, 10, 57)
    assert metrics.mae(truth, predicted) == pytest.approx(sk.mean_absolute_error(truth, predicted))
    assert metrics.rmse(truth, predicted) == pytest.approx(
        sk.root_mean_squared_error(truth, predicted)
    )
    assert metrics.r2(truth, predicted) == pytest.approx(sk.r2_score(truth, predicted))
    r = np.corrcoef(truth, predicted)[0, 1]
    assert metrics.pearson(truth, predicted) == pytest.approx(r)
    together = metrics.all_metrics(truth, predicted)
    assert together == {
        "mae": metrics.mae(truth, predicted),
        "rmse": metrics.rmse(truth, predicted),
        "r2": metrics.r2(truth, predicted),
        "pearson": metrics.pearson(truth, predicted),
    }


def test_truth_and_prediction_are_not_interchangeable_in_r2():
    assert metrics.r2([0, 10], [4, 6]) != metrics.r2([4, 6], [0, 10])


def test_pearson_is_right_where_squares_would_underflow():
    assert metrics.pearson([0, 1e-200, 3e-200], [0, 1, 3]) == pytest.approx(1)
    assert metrics.pearson([1, 2, 3], [-1, -2, -3]) == pytest.approx(-1)


@pytest.mark.parametrize("metric", TWO_LISTS)
@pytest.mark.parametrize(
    ("truth", "predicted", "error", "says"),
    [
        ([1, 2], [1, np.nan], ValueError, "predicted: expected finite numbers, got nan"),
        ([np.inf, 2], [1, 2], ValueError, "truth: expected finite numbers, got inf"),
        ([1, 2], [1, 2, 3], ValueError, "expected equal lengths, got 2 and 3"),
        ([1, 2], [[1], [2]], ValueError, r"predicted: expected shape \(n,\).*got shape \(2, 1\)"),
        ([], [], ValueError, "with n >= 1, got shape"),
        (["a"], [1], TypeError, "truth: expected real numbers"),
    ],
)
def test_bad_lists_are_refused(metric, truth, predicted, error, says):
    with pytest.raises(error, match=says):
        metric(truth, predicted)


def test_a_constant_has_no_correlation():
    with pytest.raises(ValueError, match=r"truth: expected at least two different.*2 times 1.0"):
        metrics.r2([1, 1], [1, 2])
    with pytest.raises(ValueError, match="truth: expected at least two different"):
        metrics.pearson([1, 1], [1, 2])
    with pytest.raises(ValueError, match="predicted: expected at least two different"):
        metrics.pearson([1, 2], [1, 1])
    assert metrics.all_metrics([1, 1], [1, 2])["r2"] is None
    assert metrics.all_metrics([1, 2], [1, 1]) == {
        "mae": 0.5,
        "rmse": pytest.approx(0.5**0.5),
        "r2": pytest.approx(-1),
        "pearson": None,
    }
