"""Numbers and categories beside a text, against scikit-learn's own encoders."""

import json

import numpy as np
import pandas
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from unrolled.regressor import covariates
from unrolled.regressor.columns import Coder, apart, cell, coded
from unrolled.regressor.covariates import Category, Covariates, Number

RNG = np.random.default_rng(0)


def fitted(rows=None, **columns):
    """Return what is learnt of columns, and the features of all rows."""
    cells = coded(columns, columns)
    count = len(next(iter(columns.values())))
    found = Covariates.fit("said", cells, np.arange(count) if rows is None else np.array(rows))
    return found, found.features(cells, count)


def test_numbers_are_scaled_and_what_is_missing_is_said_as_scikit_learn_does():
    prices = np.where(RNG.random(200) < 0.3, np.nan, 100 + 7 * RNG.normal(size=200))
    present = prices[~np.isnan(prices)]
    found, features = fitted(price=prices)
    expected = StandardScaler().fit(present[:, None]).transform(prices[:, None])[:, 0]
    np.testing.assert_allclose(features[:, 0], np.nan_to_num(expected), atol=1e-5)
    indicator = SimpleImputer(add_indicator=True).fit_transform(prices[:, None])[:, 1]
    np.testing.assert_array_equal(features[:, 1], indicator)
    assert fitted(price=present)[0].columns[0].gaps is False
    assert found.names == ["price"]


def test_categories_are_encoded_as_scikit_learn_does():
    kinds = RNG.choice(["a", "b", "c"], 100)
    (column,), features = fitted(kind=kinds)[0].columns, fitted(kind=kinds)[1]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    expected = encoder.fit_transform(kinds[:, None])
    order = [list(encoder.categories_[0]).index(value) for value in column.values]
    np.testing.assert_array_equal(features, expected[:, order])
    asked = [["a"], ["new"], ["c"]]
    found = Covariates("said", (column,)).features(coded({"kind": ["a", "new", "c"]}, ["kind"]), 3)
    np.testing.assert_array_equal(found, encoder.transform(asked)[:, order])


def test_what_is_missing_is_known_in_every_form():
    missing = [None, float("nan"), np.nan, "", " \t", pandas.NA, pandas.NaT, np.float32("nan")]
    assert {cell(value, "x") for value in missing} == {None}
    texts = {"nan": "nan", "1_5": "1_5", " so ": "so", "3.5e2": 350, "007": 7, "inf": "inf"}
    assert {value: cell(value, "x") for value in texts} == texts
    assert [cell(value, "x") for value in (True, np.int64(3), np.float32(0.5))] == ["True", 3, 0.5]


@pytest.mark.parametrize("value", [np.inf, -1e300, [1], b"a", 1j, object()])
def test_what_is_no_cell_is_refused(value):
    with pytest.raises(ValueError, match=r"^column 'x': expected a word or a number up to 1e\+15"):
        cell(value, "x")


def test_a_column_of_numbers_with_one_word_is_of_categories_also_where_only_others_have_it():
    (column,) = fitted(rows=[0, 1, 2], size=[40, 40, 41, "large"])[0].columns
    assert column == Category("size", ("40",))
    assert fitted(size=[40, 40, 41, 42])[0].columns[0] == Number(
        "size", 40.75, 0.82915619758885, False
    )


def test_a_column_that_says_nothing_has_no_feature_and_is_named():
    found, features = fitted(
        same=["a"] * 4, one=[0.1] * 4, ids=[*"abcd"], gaps=[1, None, 1, 1], real=[1, 2, 1, 2]
    )
    assert found.silent == ["same", "one", "ids"]
    assert features.shape == (4, 2)
    np.testing.assert_array_equal(features[:, 0], [0, 1, 0, 0])


def test_a_column_in_which_nothing_stands_is_refused():
    with pytest.raises(ValueError, match=r"^column 'x': expected something in one of 2 rows at le"):
        fitted(rows=[0, 1], x=[None, " ", 3])


def test_of_many_categories_the_most_frequent_have_a_feature(monkeypatch):
    monkeypatch.setattr(covariates, "MOST_VALUES", 2)
    kinds = [*"aabbbccccd"]
    assert fitted(kind=kinds)[0].columns[0].values == ("c", "b")


def test_what_was_learnt_is_the_same_from_json():
    found, _ = fitted(price=[1, 2, None], kind=["a", "a", "b"])
    assert Covariates.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_mean_and_deviation_are_those_of_the_rows_that_are_learnt_from():
    (column,) = fitted(rows=[0, 1], price=[1, 3, 100])[0].columns
    assert (column.mean, column.scale) == (2, 1)


def test_a_table_is_a_mapping_or_a_frame_with_all_columns():
    table = {"said": ["so", "late"], "price": [1, None]}
    for X in table, pandas.DataFrame(table):
        texts, cells = apart(X, "said", ["price"])
        assert texts == ["so", "late"]
        assert cells["price"].cells == [1, None]
        assert apart(X, "said", []) == (texts, {})
    assert apart(["so"], "said", []) == (["so"], {})
    coder = Coder("x")
    assert coder.coded().codes.shape == (0,)
    with pytest.raises(TypeError, match="expected a list of strings, got dict"):
        apart(table, None, [])
