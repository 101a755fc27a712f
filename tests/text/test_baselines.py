"""Baselines learn from what they are given and from nothing else."""

import sys

import numpy as np
import pytest

from unrolled.text import baselines

RIDGES = [baselines.word_ridge, baselines.word_and_character_ridge]
ALL = [baselines.constant, *RIDGES, baselines.vader]
TEXTS, TARGETS = ["good good day", "bad day", "good night", "bad bad night"], [2, -1, 2, -2]


def test_the_constant_is_the_median_whatever_is_asked():
    model = baselines.constant(["a", "b", "c"], [0, 1, 100])
    assert model.predict(["a", "never seen"]).tolist() == [1, 1]


@pytest.mark.parametrize("make", RIDGES)
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


def test_what_stands_beside_the_texts_is_as_good_as_further_features():
    rng = np.random.default_rng(0)
    texts = [f"w{n % 5} w{n % 7}" for n in range(60)]
    beside = rng.normal(size=(60, 2))
    targets = beside @ [3, -1] + [n % 5 for n in range(60)]
    ridge = baselines.word_and_character_ridge(texts, targets, beside=beside)
    later = rng.normal(size=(60, 2))
    found = ridge.predict(texts, later) - ridge.predict(texts, np.zeros((60, 2)))
    np.testing.assert_allclose(found, later @ [3, -1], atol=0.5)
    plain = baselines.word_and_character_ridge(texts, targets)
    assert np.std(ridge.predict(texts, beside) - targets) < 0.3 * np.std(
        plain.predict(texts) - targets
    )


def test_vaders_own_words_and_scores_are_those_of_its_rules():
    words, worth = baselines.vader_words()
    assert len(set(words)) == len(words) == len(worth)
    assert -4 <= worth.min() < -3 < 3 < worth.max() <= 4
    low, none, high = baselines.vader_scores(["awful", "a table", "great"])
    assert -1 < low < none == 0 < high < 1


def test_vader_knows_rules_and_words_that_no_training_text_has():
    model = baselines.vader(TEXTS, TARGETS)
    awful, fine, finer, denied, smile, heart = model.predict(
        ["an awful thing", "a nice thing", "a NICE thing!!!", "not a nice thing", ":-)", "❤"]
    )
    assert finer > fine > 0 > denied > awful
    assert min(smile, heart) > 0


def test_vader_is_put_on_the_scale_of_the_targets_by_the_line_of_least_squares():
    rng = np.random.default_rng(0)
    texts = ["awful", "bad", "a table", "nice", "great", "GREAT!!"]
    targets = rng.normal(50, 10, len(texts))
    model = baselines.vader(texts, targets)
    errors = targets - model.predict(texts)
    # A line of least squares errs by zero on average and in no step with what it is drawn over.
    assert np.mean(errors) == pytest.approx(0, abs=1e-9)
    assert errors @ model.predict(texts) == pytest.approx(0, abs=1e-6)
    turned = baselines.vader(texts, -3 * targets + 7)
    assert turned.predict(["good", "grim"]) == pytest.approx(
        -3 * model.predict(["good", "grim"]) + 7
    )


def test_vader_without_a_known_word_answers_the_mean():
    model = baselines.vader(["a table", "a chair", ""], [1, 2, 6])
    assert model.predict(["great", "a lamp"]) == pytest.approx([3, 3])


def test_vader_reads_the_beginning_of_a_long_text_in_little_time():
    model = baselines.vader(TEXTS, TARGETS)
    long = "good but bad 😀 " * 60_000
    beginning, whole = model.predict([long[: baselines.VADER_READS], long])
    assert beginning == whole
    late = "a table " * 240
    near, far, nothing = model.predict([late + "good", late * 2 + "good", late])
    assert near > far == nothing


def test_without_vader_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment", None)
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    with pytest.raises(ImportError, match=r"vader needs .*: pip install vaderSentiment"):
        baselines.vader(TEXTS, TARGETS)


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
