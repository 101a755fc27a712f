"""Baselines learn from what they are given and from nothing else."""

import numpy as np
import pytest

from unrolled.text import baselines

ALL = [baselines.constant, baselines.word_ridge, baselines.word_and_character_ridge]
TEXTS, TARGETS = ["good good day", "bad day", "good night", "bad bad night"], [2, -1, 2, -2]


def test_the_constant_is_the_median_whatever_is_asked():
    model = baselines.constant(["a", "b", "c"], [0, 1, 100])
    assert model.predict(["a", "never seen"]).tolist() == [1, 1]


@pytest.mark.parametrize("make", ALL[1:])
def test_ridge_learns_which_words_are_good(make):
    good, bad = make(TEXTS, TARGETS).predict(["a good evening", "a bad evening"])
    assert good > 0.5 > -0.5 > bad


def test_words_do_not_see_spelling_and_letters_do():
    seen, misspelt = ["good day"], ["goood"]
    words = baselines.word_ridge(TEXTS, TARGETS)
    letters = baselines.word_and_character_ridge(TEXTS, TARGETS)
    nothing = words.predict(["unheard"])
    assert words.predict(misspelt) == pytest.approx(nothing)
    assert letters.predict(misspelt) > letters.predict(["unheard"])
    assert words.predict(seen) > nothing


def test_pairs_of_words_bring_some_order_back():
    texts, targets = ["ten to six", "six to ten"] * 4, [350, 594] * 4
    bag = baselines.word_ridge(texts, targets)
    pairs = baselines.word_ridge(texts, targets, ngrams=2)
    assert np.ptp(bag.predict(texts[:2])) == pytest.approx(0)
    assert np.ptp(pairs.predict(texts[:2])) > 50


@pytest.mark.parametrize("make", ALL[1:])
def test_the_same_data_give_the_same_answers(make):
    one, other = (make(TEXTS, TARGETS).predict(["good bad day"]) for _ in range(2))
    assert one.tolist() == other.tolist()


def test_a_stronger_penalty_pulls_answers_together():
    weak, strong = (baselines.word_ridge(TEXTS, TARGETS, alpha=a).predict(TEXTS) for a in (0.1, 50))
    assert np.ptp(strong) < np.ptp(weak) / 2


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("texts", "targets", "error", "says"),
    [
        ([], [], ValueError, "expected at least one text, got none"),
        (["a"], [1, 2], ValueError, "texts and targets: expected equal lengths, got 1 and 2"),
        (["a", "b"], [1, np.nan], ValueError, "targets: expected finite numbers, got nan"),
        (["a", 3], [1, 2], TypeError, "expected only strings, got int at index 1"),
    ],
)
def test_bad_pairs_are_refused(make, texts, targets, error, says):
    with pytest.raises(error, match=says):
        make(texts, targets)


@pytest.mark.parametrize("make", ALL)
def test_what_is_no_list_of_texts_gets_no_answer(make):
    model = make(TEXTS, TARGETS)
    with pytest.raises(TypeError, match="got one bare str"):
        model.predict("good")
    with pytest.raises(ValueError, match="got none"):
        model.predict([])


@pytest.mark.parametrize("alpha", [0, -1, np.nan])
def test_a_penalty_must_be_positive(alpha):
    with pytest.raises(ValueError, match="alpha: expected a number above 0"):
        baselines.word_ridge(TEXTS, TARGETS, alpha=alpha)
