"""Times and numbers become a grid, or an error says why they cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import series
from unrolled.series import Series


@given(st.lists(st.integers(0, 200), min_size=3, max_size=60, unique=True), st.randoms())
def test_each_number_is_found_at_its_time_whatever_the_order(steps, random):
    """Between neighbours one step apart, so that the step is known."""
    steps = sorted({*steps, 201, 202, 203})
    steps = [*steps, *range(204, 204 + len(steps))]
    days = np.datetime64("2023-12-20") + np.array(steps)
    order = random.sample(range(len(steps)), len(steps))
    grid = series.on_grid(days[order], np.array(steps, float)[order])
    first = steps[0]
    assert len(grid) == steps[-1] - first + 1
    taken = np.flatnonzero(~np.isnan(grid.values))
    assert (grid.values[taken] == taken + first).all()
    assert grid.times[taken[-1]] == days[-1]


@pytest.mark.parametrize(
    ("times", "length"),
    [
        (["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"], 5),
        (["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"], 4),
        (["2020-01-01", "2021-01-01", "2022-01-01", "2024-01-01"], 5),
        (["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"], 4),
        (["2024-03-29T22:00", "2024-03-29T23:00", "2024-03-30T00:00", "2024-03-30T03:00"], 6),
        ([2000, 2001, 2002, 2004], 5),
        ([0.0, 0.1, 0.2, 0.4], 5),
    ],
)
def test_hours_weeks_months_quarters_years_and_numbers_are_steps(times, length):
    grid = series.on_grid(times, [1, 2, 3, 4])
    assert len(grid) == length
    assert grid.values[-1] == 4
    after = grid.extended(2).times[-1] - grid.times[-1]
    assert after / (grid.times[-1] - grid.times[-2]) == pytest.approx(2)


def test_pandas_dates_are_read():
    pandas = pytest.importorskip("pandas")
    written = ["01/03/2024", "02/03/2024", "04/03/2024"]
    dates = pandas.Series(pandas.to_datetime(written, dayfirst=True))
    grid = series.on_grid(dates, pandas.Series([1, None, 3.0]))
    np.testing.assert_array_equal(grid.values, [1, np.nan, np.nan, 3])


@pytest.mark.parametrize(
    ("times", "values", "error", "said"),
    [
        (["2024-01-01"], [1], ValueError, "n at least 2, got shape"),
        (["01.02.2024", "02.02.2024"], [1, 2], ValueError, "ISO 8601"),
        (["2024-01-01", None], [1, 2], ValueError, "none missing|ISO 8601"),
        (["2024-01-01", "NaT"], [1, 2], ValueError, "none missing, got NaT"),
        ([1.0, np.nan], [1, 2], ValueError, "none missing, got nan"),
        ([True, False], [1, 2], TypeError, "dates or numbers, got dtype bool"),
        (["2024-01-02", "2024-01-02", "2024-01-03"], [1, 2, 3], ValueError, "once, got 2024-01-02"),
        ([0, 1, 2, 3.5], [1, 2, 3, 4], ValueError, "whole steps of 1.0 apart, got 3.5"),
        ([0, 1, 2, 1e9], [1, 2, 3, 4], ValueError, "at most 10,000,000 steps"),
        ([0, 1, 2], [1, 2], ValueError, "equal lengths, got 3 and 2"),
        ([0, 1, 2], [1, 2, np.inf], ValueError, "finite numbers"),
        ([0, 1, 2], ["a", "b", "c"], TypeError, "values: expected numbers"),
        ([0, 1], [[1], [2]], ValueError, "values: expected shape"),
    ],
)
def test_what_is_no_series_is_refused(times, values, error, said):
    with pytest.raises(error, match=said):
        series.on_grid(times, values)


def test_a_period_of_less_than_two_steps_is_refused():
    with pytest.raises(ValueError, match="period: expected a number from 2"):
        series.on_grid([0, 1], [1, 2], period=1)


def test_the_real_series_are_what_they_are_said_to_be():
    pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    air, sun = series.co2(), series.sunspots()
    assert np.isnan(air.values).sum() == 59
    assert np.diff(air.times).max() == np.timedelta64(7, "D")
    assert 300 < np.nanmin(air.values) < np.nanmax(air.values) < 380
    assert (sun.times[0], sun.times[-1]) == (1700, 2008)
    assert sun.period is None
    assert not np.isnan(sun.values).any()


@pytest.mark.parametrize("name", ["co2", "sunspots"])
def test_without_the_extra_one_is_told_what_to_install(name, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, f"statsmodels.datasets.{name}", None)
    monkeypatch.setattr("unrolled.extras.is_there", lambda library: False)
    with pytest.raises(ImportError, match=rf'series {name}: needs .*"unrolled\[series\]"'):
        getattr(series, name)()


def test_a_series_that_is_not_told_its_static_features_has_none():
    assert Series(np.zeros(2), np.arange(2)).static.shape == (0,)


def test_a_file_is_read_and_what_is_wrong_with_it_is_said(tmp_path):
    path = tmp_path / "mine.csv"

    def reading(content, time="day", value="sold", encoding="utf-8"):
        path.write_bytes(content.encode(encoding))
        return series.read(path, time, value, period=7)

    lines = 'day,sold\r\n"2024-03-04",3\r\n2024-03-01, 1.5 \r\n,\r\n2024-03-02,\r\n'
    found = reading(lines, encoding="utf-8-sig")
    np.testing.assert_array_equal(found.values, [1.5, np.nan, np.nan, 3])
    assert found.period == 7
    assert reading("day,sold\n1990,1\n1991,2\n1993,3\n").times.tolist() == [1990, 1991, 1992, 1993]
    for content, said in {
        "": "a column 'day', got $",
        "date,sold\n": "a column 'day', got date, sold",
        "day,sold\n": "n at least 2",
        "day,sold\n2024-03-01,1\n2024-03-02,many\n": "line 3: sold: expected a number, got 'many'",
        "day,sold\n2024-03-01,1\n,2\n": "none missing|ISO 8601",
        "day,sold\n2024-03-01,1\n2024-03-02\n2024-03-03,inf\n": "finite numbers",
        "day,sold\n01/03/2024,1\n02/03/2024,2\n": "ISO 8601",
        'day,sold\n"2024-03-01,1\n': "expected a CSV file",
    }.items():
        with pytest.raises(ValueError, match=said):
            reading(content)
    with pytest.raises(ValueError, match="a file in UTF-8"):
        reading("day,sold\n2024-03-01,\xe9\n", encoding="latin-1")
    with pytest.raises(FileNotFoundError):
        series.read(tmp_path / "none.csv", "day", "sold")
