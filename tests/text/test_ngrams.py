"""What n-grams answer is what counting by hand gives, and sums to one."""

import numpy as np
import pytest

from unrolled.text import ngrams

TEXT = np.array([[0, 1, 2, 0, 1, 1, 0, 2, 0, 1]])


def by_hand(text, before, letter, letters):
    """Witten and Bell's rule, from its words, with a text as a plain list."""
    chance = 1 / letters
    for n in range(len(before) + 1):
        run = before[len(before) - n :]
        after = [text[k + n] for k in range(len(text) - n) if text[k : k + n] == run]
        if after:
            ways = len(set(after))
            chance = (after.count(letter) + ways * chance) / (len(after) + ways)
    return chance


def test_chances_are_those_of_the_rule():
    asked = np.array([[0, 1, 0, 2, 2, 1, 1]])
    found = ngrams.fit(TEXT, n=3, letters=3).chances(asked)
    text, row = TEXT[0].tolist(), asked[0].tolist()
    for n, chances in enumerate(found, 1):
        want = [by_hand(text, row[max(0, t - n + 1) : t], row[t], 3) for t in range(len(row))]
        assert chances[0] == pytest.approx(want)


def test_the_chances_of_all_letters_sum_to_one():
    model = ngrams.fit(TEXT, n=3, letters=3)
    asked = np.array([[0, 1, letter] for letter in range(3)])
    for chances in model.chances(asked):
        assert chances[:, -1].sum() == pytest.approx(1)


def test_runs_do_not_go_on_from_row_to_row():
    apart = ngrams.fit(np.array([[0, 0], [1, 1]]), n=2, letters=2)
    assert apart.counts[1].runs.tolist() == [0, 3]
    assert apart.counts[1].times.tolist() == [1, 1]


def test_too_long_runs_are_refused():
    with pytest.raises(ValueError, match="expected at most 14, got 15"):
        ngrams.fit(TEXT, n=15, letters=22)
    with pytest.raises(ValueError, match="n: expected at least 1"):
        ngrams.fit(TEXT, n=0, letters=22)
