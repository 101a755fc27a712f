"""One wrong value, one error, wherever it enters."""

import numpy as np
import pytest

from unrolled.checks import as_count, as_float32, as_number, as_numbers, as_texts, each_text
from unrolled.regressor import TextRegressor
from unrolled.regressor.pieces import Pieces
from unrolled.tasks import adding, copy, order
from unrolled.text import Vocabulary, baselines, bucketed, clock, metrics

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
            r"x: expected shape \(m, n\), got rows of unlike lengths",
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


def test_numbers_beyond_what_a_network_computes_in_are_refused():
    assert as_float32([0, 1e15], "w", least=0).dtype == np.float32
    for wrong in ([1.1e15], [-1e-9]):
        with pytest.raises(
            ValueError, match=r"w: expected numbers from 0 to 1e\+15, got .* at index 0"
        ):
            as_float32(wrong, "w", least=0)


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
