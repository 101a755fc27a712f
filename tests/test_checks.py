"""One wrong value, one error, wherever it enters."""

from decimal import Decimal

import numpy as np
import pytest

from unrolled.checks import (
    PrecisionWarning,
    as_count,
    as_number,
    as_numbers,
    as_targets,
    as_weights,
)
from unrolled.keras_models import recipe
from unrolled.lists import as_names, as_texts, each_text
from unrolled.regressor import TextRegressor
from unrolled.regressor.pieces import Pieces
from unrolled.tasks import adding, copy, order
from unrolled.text import Corpus, Vocabulary, baselines, bucketed, clock, metrics, pad, raters

#: What takes a size, the name of that size, and the least that it may be.
SIZES = [
    (lambda n: as_count(n, "units"), "units", 1),
    (lambda n: adding.original(1, steps=n), "steps", 22),
    (lambda n: adding.modern(n), "count", 1),
    (lambda n: copy.make(1, delay=n), "delay", 1),
    (lambda n: order.make(n), "count", 1),
    (lambda n: clock.load(train=n), "train", 1),
    (lambda n: Vocabulary.fit(["six"], n), "vocabulary_size", 3),
    (lambda n: Pieces.fit({"six": 2}, n), "vocabulary_size", 3),
    (lambda n: list(bucketed([[2]], n)), "size", 1),
    (lambda n: metrics.intervals([1, 2], [1, 2], draws=n), "draws", 1),
    (lambda n: baselines.word_ridge(["six"], [1], ngrams=n), "ngrams", 1),
    (lambda n: TextRegressor(units=n).fit(["six"], [1]), "units", 1),
    (lambda n: TextRegressor(max_length=n).fit(["six"], [1]), "max_length", 2),
]


@pytest.mark.parametrize(("act", "name", "least"), SIZES, ids=[name for _, name, _ in SIZES])
def test_a_wrong_size_raises_the_same_error_everywhere(act, name, least):
    for value in (True, 4.0, "4", None, [4]):
        with pytest.raises(TypeError, match=rf"^{name}: expected an integer, got "):
            act(value)
    for value in (least - 1, -3, np.int64(least - 1)):
        with pytest.raises(ValueError, match=rf"^{name}: expected at least {least}, got {value}$"):
            act(value)


def test_integers_of_numpy_become_those_of_python():
    assert type(as_count(np.int32(3), "units")) is int
    assert type(as_number(np.float32(0.5), "dropout", below=1)) is float


@pytest.mark.parametrize("value", [True, None, "0.5", [0.5], 1j])
def test_what_is_no_number_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^dropout: expected a number above 0 and below 1, got "):
        as_number(value, "dropout", below=1)


@pytest.mark.parametrize("value", [0, 1, -1.0, np.nan, np.inf])
def test_a_number_on_a_bound_or_beyond_is_a_value_error(value):
    with pytest.raises(ValueError, match=r"^x: expected a number above 0 and below 1, got "):
        as_number(value, "x", below=1)
    assert as_number(0, "x", below=1, closed=True) == 0
    with pytest.raises(ValueError, match=r"^x: expected a number from 0 and below 1, got 1"):
        as_number(1, "x", below=1, closed=True)


@pytest.mark.parametrize(
    ("values", "axes", "error", "says"),
    [
        (
            [],
            (1,),
            ValueError,
            r"x: expected shape \(n,\) and at least one number, got shape \(0,\)",
        ),
        (3.0, (1, 2), ValueError, r"x: expected shape \(n,\) or \(m, n\) and .* got shape \(\)"),
        (
            [[1], [1, 2]],
            (2,),
            ValueError,
            r"x: expected shape \(m, n\), got rows of unequal length",
        ),
        ([1, None], (1,), TypeError, "x: expected real numbers, got dtype object"),
        ([1j], (1,), TypeError, "x: expected real numbers, got dtype complex128"),
        (
            [[1, 2], [3, np.inf]],
            (2,),
            ValueError,
            "x: expected finite numbers, got inf at index 1, 1",
        ),
        (np.nan, (0,), ValueError, "x: expected finite numbers, got nan"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(values, axes, error, says):
    with pytest.raises(error, match=says):
        as_numbers(values, "x", axes)


def test_numbers_beyond_what_can_be_learnt_are_refused():
    assert as_weights([0, 1e15], "w").dtype == as_targets([9e18, -9e18]).dtype == np.float64
    for wrong in ([1.1e15], [-1e-9]):
        with pytest.raises(
            ValueError, match=r"w: expected numbers from 0 to 1e\+15, got .* at index 0"
        ):
            as_weights(wrong, "w")
    # The least int64 is how NumPy writes a time that is missing.
    times = np.array(["2023-11-14", "NaT"], "datetime64[ns]").astype(np.int64)
    for wrong in (times, [0, 10**19]):
        with pytest.raises(ValueError, match=r"y: expected numbers from -9e\+18 .* at index 1"):
            as_targets(wrong, "y")


def test_texts_are_refused_at_the_first_that_is_none():
    assert as_texts(iter(["a", " "])) == ["a", " "]
    arriving = each_text(iter(["a", "\n", 5]), filled=True)
    assert next(arriving) == "a"
    with pytest.raises(ValueError, match=r"^texts: expected a text, got '\\n' at index 1"):
        next(arriving)
    with pytest.raises(TypeError, match=r"^texts: expected a list of strings, got one bare bytes"):
        as_texts(b"six")
    with pytest.raises(TypeError, match=r"^texts: expected a list of strings, got int"):
        as_texts(6)


class Frame(list):
    """What a table of pandas looks like: it is iterated by the names of its columns."""

    @property
    def columns(self):
        return list(self)

    @property
    def shape(self):
        return 2, len(self)


def arrow():
    return pytest.importorskip("pyarrow")


#: What holds texts and is no list of them.
NO_LISTS = {
    "one column": lambda: Frame(["said"]),
    "as many columns as rows": lambda: Frame(["said", "minutes"]),
    "table": lambda: arrow().table({"said": ["six", "ten"]}),
    "batch": lambda: arrow().record_batch({"said": ["six", "ten"]}),
    "mapping": lambda: {"said": ["six", "ten"]},
    "mapping of texts": lambda: {"six": 360, "ten": 600},
    "set": lambda: {"six", "ten"},
    "two axes": lambda: np.array([["six"], ["ten"]]),
    "no axis": lambda: np.array("six"),
    "nested": lambda: [["six"], ["ten"]],
    "bytes": lambda: [b"six", b"ten"],
    "numbers": lambda: np.array([6, 10]),
}
#: What takes texts, or names.
TAKERS = {
    "as_texts": as_texts,
    "each_text": lambda texts: list(each_text(texts)),
    "fit": lambda texts: TextRegressor().fit(texts, [1, 2]),
    "Corpus": lambda texts: Corpus(texts, [1, 2]),
    "fit a vocabulary": Vocabulary.fit,
    "encode": lambda texts: Vocabulary.fit(["six"]).encode(texts),
    "constant": lambda texts: baselines.constant(texts, [1, 2]),
    "predict": lambda texts: baselines.constant(["a"], [1]).predict(texts),
    "recipe": lambda texts: recipe.train(texts, [1, 2], (["six"], [1])),
    "validation": lambda texts: recipe.train(["six"], [1], (texts, [1, 2])),
}


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize("make", NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_of_texts_is_refused_wherever_texts_are_taken(make, take):
    with pytest.raises(TypeError, match=r"expected (a list of|only) strings, got "):
        take(make())


LISTS = {
    "list": list,
    "tuple": tuple,
    "generator": iter,
    "array": np.array,
    "objects": lambda texts: np.array(texts, object),
    "strings of any length": lambda texts: np.array(texts, np.dtypes.StringDType()),
    "arrow": lambda texts: arrow().array(texts),
    "chunks": lambda texts: arrow().chunked_array([texts[:1], texts[1:]]),
    "categories": lambda texts: arrow().array(texts).dictionary_encode(),
    "keys": lambda texts: dict.fromkeys(texts).keys(),
}


@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_lists_columns_and_generators_of_texts_are_taken(make):
    found = as_texts(make(["six", "ten"]))
    assert found == ["six", "ten"]
    assert {type(text) for text in found} == {str}
    assert as_names(make(["six", "ten"]), "groups") == found


def no_truth(_):
    raise TypeError("boolean value of NA is ambiguous")


def itself(one, other):
    return one


#: What missing values of pandas look like: NA, compared, is NA again and has no truth; NaT is
#: unlike all, itself among it.
NA = type("NAType", (), {"__eq__": itself, "__ne__": itself, "__bool__": no_truth})()
NAT = type("NaTType", (), {"__eq__": lambda *_: False, "__ne__": lambda *_: True})()

MISSING = {
    "None": None,
    "NaN": np.nan,
    "NaN of NumPy": np.float32(np.nan),
    "Decimal": Decimal("nan"),
    "NaT": np.datetime64("NaT", "s"),
    "NaT of pandas": NAT,
    "NA of pandas": NA,
    "masked": np.ma.masked,
}


@pytest.mark.parametrize("value", MISSING.values(), ids=MISSING)
def test_a_missing_value_is_refused_by_its_index_in_every_column(value):
    texts = [f"text {n}" for n in range(30)]
    numbers, row = list(range(30)), 17
    column = np.empty(30, object)
    column[:] = numbers
    column[row] = value
    names = [value if n == row else "ab"[n % 2] for n in range(30)]
    said = [value if n == row else text for n, text in enumerate(texts)]
    fit = TextRegressor(epochs=1, verbose=0).fit
    for name, act in {
        "X": lambda: fit(said, numbers),
        "y": lambda: fit(texts, column),
        "sample_weight": lambda: fit(texts, numbers, sample_weight=column),
        "groups": lambda: fit(texts, numbers, groups=names),
        "texts": lambda: Corpus(said, numbers),
        "targets": lambda: Corpus(texts, column),
        "groups ": lambda: Corpus(texts, numbers, names),
        "ids": lambda: Corpus(texts, numbers, ids=names),
        "groups  ": lambda: metrics.intervals(numbers, numbers, groups=names),
        "truth": lambda: metrics.mae(column, numbers),
        "training texts": lambda: recipe.train(said, numbers, (texts, numbers)),
        "validation targets": lambda: recipe.train(texts, numbers, (texts, column)),
        "raters, text 1": lambda: raters.ceiling([[1, 2], column[10:]]),
    }.items():
        where = row - 10 * name.startswith("raters")
        with pytest.raises((TypeError, ValueError), match=f"^{name.strip()}: .* at index {where}$"):
            act()


def test_what_a_mask_hides_is_no_number():
    hidden = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    with pytest.raises(ValueError, match="y: expected finite numbers, got a masked one at index 1"):
        as_targets(hidden, "y")
    np.testing.assert_array_equal(as_targets(np.ma.array([1.0, 2.0])), [1, 2])


@pytest.mark.parametrize("empty", ["", " \t"])
def test_an_empty_name_is_a_missing_one(empty):
    with pytest.raises(ValueError, match=r"groups: expected a name for each, got .* at index 1"):
        as_names(["a", empty], "groups")


def test_numbers_in_a_column_of_objects_are_numbers():
    column = np.array([1, 2.5, True], object)
    np.testing.assert_array_equal(as_numbers(column), [1, 2.5, 1])
    np.testing.assert_array_equal(as_numbers([10**20, 1]), [1e20, 1])
    with pytest.raises(ValueError, match="x: expected finite numbers, got: int too large"):
        as_numbers([10**400], "x")


NEAR = {
    "whole numbers beyond float64": np.int64(1_700_000_000 * 10**9) + np.arange(300),
    "of which one is left": np.int64(2**60) + np.arange(9),
    "float32": np.linspace(1.7e9, 1.7e9 + 500, 304, dtype=np.float32),
    "float16": np.array([1000, 1001], np.float16),
    "float64": np.array([0.3, 0.1 + 0.2]),
    "already equal": np.full(9, 1.7e18),
}
APART = {
    "equal": np.full(9, 0.1),
    "equal whole numbers": np.full(9, 10**18),
    "seconds": 1.7e9 + np.arange(304),
    "nanoseconds": np.int64(1_700_000_000 * 10**9) + 10**9 * np.arange(304),
    "ratings": np.array([-4, 0.25, 4], np.float16),
    "truths": np.array([True, False]),
    "tiny": np.array([1e-300, 2e-300]),
}


@pytest.mark.parametrize("numbers", NEAR.values(), ids=NEAR)
@pytest.mark.parametrize("take", [as_targets, lambda y: Corpus(["six"] * len(y), y)])
def test_a_spread_that_rounding_takes_is_told(take, numbers):
    with pytest.warns(PrecisionWarning, match="targets: expected numbers that differ by far"):
        take(numbers)


@pytest.mark.parametrize("numbers", APART.values(), ids=APART)
def test_a_spread_that_is_kept_is_not_told(numbers):
    np.testing.assert_array_equal(as_targets(numbers), numbers.astype(np.float64))


def test_rows_of_ids_and_of_ratings_are_no_table_either():
    for act in (
        lambda rows: pad(rows),
        lambda rows: list(bucketed(rows, 2)),
        Vocabulary.fit(["six"]).decode,
        raters.ceiling,
        raters.one_against_others,
    ):
        for rows in (Frame(["said"]), {"said": [2, 3]}, {(2, 3)}, 5):
            with pytest.raises(TypeError, match=r"expected a list of (rows|ratings)"):
                act(rows)
    assert pad(iter([[2], [3, 4]])).ids.tolist() == [[2, 0], [3, 4]]


@pytest.mark.parametrize("take", [metrics.mae, lambda a, b: pad([a])])
def test_a_mask_inside_a_list_is_no_number_either(take):
    hidden = np.ma.array([1, 2], mask=[False, True])
    with pytest.raises(ValueError, match="expected no masked entries, got 1"):
        take([hidden] if take is metrics.mae else hidden, [1, 2])


def test_a_tensor_that_is_learnt_says_how_it_becomes_numbers():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"truth: .* requires grad; pass tensor\.detach\(\)\.cpu"):
        metrics.mae(torch.ones(2, requires_grad=True), [1, 2])
