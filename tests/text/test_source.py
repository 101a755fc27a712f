"""The entropy of a source is what counting gives, and a text is what its grammar allows."""

import re
from itertools import product

import numpy as np
import pytest

from unrolled.text import animals
from unrolled.text.source import Source, entropies, spelled

#: Words of unequal length, one of which is followed by a word of its own.
SMALL = spelled(
    "begin",
    lambda state: {
        "begin": [(2, "ab", "begin"), (1, "b", "after"), (1, "aa", "after")],
        "after": [(1, "b", "begin"), (3, "aab", "begin")],
    }[state],
)


def blocks(source, letters):
    """Return the probability of every run of so many letters in the middle of a text."""
    found = {}
    for run in product(range(len(source.alphabet)), repeat=letters):
        weights = source.stationary()
        for letter in run:
            weights = weights * source.chances[:, letter]
            weights = np.bincount(source.follows[:, letter], weights, len(weights))
        found[run] = weights.sum()
    return found


def bits(chances):
    return entropies(np.array([list(chances)]))[0]


def test_the_shares_of_the_states_are_left_as_they_are_by_one_more_letter():
    for source in (SMALL, animals.source()):
        shares = source.stationary()
        after = np.zeros_like(shares)
        np.add.at(after, source.follows, shares[:, None] * source.chances)
        assert shares == pytest.approx(after, abs=1e-12)
        assert shares.sum() == pytest.approx(1)
        assert (shares > 0).all()


def test_what_windows_cost_is_what_counting_all_runs_gives():
    """The bits of runs of n + 1 letters less those of n: the chain rule, by brute force."""
    whole = [0.0, *(bits(blocks(SMALL, n).values()) for n in range(1, 9))]
    assert SMALL.windows(7) == pytest.approx(np.diff(whole), abs=1e-9)


def test_windows_fall_to_the_entropy():
    found = animals.source().windows(12)
    assert (np.diff(found) < 0).all()
    assert found[-1] > animals.source().entropy()
    assert SMALL.windows(60)[-1] == pytest.approx(SMALL.entropy(), abs=1e-6)


def test_a_long_text_costs_the_entropy():
    source = animals.source()
    ids = source.make(64, 2000, seed=0)
    states = source.states(ids)
    costs = -np.log2(source.chances[states, ids]).mean(axis=1)
    error = costs.std(ddof=1) / np.sqrt(len(costs))
    assert abs(costs.mean() - source.entropy()) < 4 * error
    assert error < 0.005
    shares = np.bincount(states.ravel(), minlength=len(source.chances)) / states.size
    assert shares == pytest.approx(source.stationary(), abs=0.005)


def test_the_entropy_is_that_of_the_words_over_their_letters():
    """A sentence of the small source ends at "begin" again; its words are few enough to list."""
    words = {"ab": 1 / 2, "bb": 1 / 16, "baab": 3 / 16, "aab": 1 / 16, "aaaab": 3 / 16}
    assert sum(words.values()) == 1
    length = sum(chance * len(word) for word, chance in words.items())
    assert SMALL.entropy() == pytest.approx(bits(words.values()) / length)


def test_what_is_drawn_comes_as_often_as_it_should():
    source = Source("abc", np.array([[0.5, 0.0, 0.5]]), np.zeros((1, 3), int))
    ids = source.make(200, 50, seed=1)
    assert set(np.unique(ids)) == {0, 2}
    assert (ids == 0).mean() == pytest.approx(0.5, abs=0.03)
    again = source.make(200, 50, seed=1)
    assert (ids == again).all()
    rng = np.random.default_rng(1)
    assert (source.make(200, 50, rng) == ids).all()
    assert (source.make(200, 50, rng) != ids).any()


def test_sentences_are_what_the_grammar_says():
    nouns = "|".join(animals.ANIMALS)
    places = "|".join(animals.PLACES)
    pattern = re.compile(
        rf"(the|a) (?:(?:big|shy|wild) )?({nouns})(s?) (?:{places})*(\w+?)(?:| again| now)"
    )
    text = animals.source().read(animals.source().make(1, 20_000, seed=2))[0]
    whole = text.split(". ")[:-1]
    seen = set()
    for sentence in whole:
        article, noun, plural, said = pattern.fullmatch(sentence).groups()
        assert said == animals.verb(noun, bool(plural))
        assert not (article == "a" and plural)
        seen.add((article, noun, plural))
    assert len(seen) == 12
    assert animals.allowed(text) == (len(whole), len(whole))


@pytest.mark.parametrize(
    "wrong", ["a cats purr. ", "the cat purr. ", "the cats purrs. ", "the dog sings. ",
              "the dogs. ", "the big shy dogs bark. ", "the cow moos! x. ", "he dog barks. "],
)  # fmt: skip
def test_a_wrong_sentence_is_not_allowed(wrong):
    assert animals.allowed(wrong) == (1, 0)
    assert animals.allowed("the cats purr. " + wrong + "a dog barks. the") == (3, 2)


def test_verbs_are_found_with_the_places_before_them():
    text = "a dog barks. the cats on ice by day purr now. the shy frogs at sea croa"
    found = list(animals.verbs(text))
    assert [places for places, _, _ in found] == [0, 2]
    assert [text[start:end] for _, start, end in found] == ["barks", "purr"]


def test_states_follow_a_text_until_it_is_wrong():
    source = animals.source()
    states = source.states(source.ids("the dog sings. ")[None])[0]
    assert states[0] == 0
    assert (states[:9] >= 0).all()
    assert (states[9:] == -1).all()
    wrong = source.ids(".")[0]
    last = source.chances[-1].argmax()  # What the last state allows, which −1 must not mean.
    assert source.states(np.array([[wrong, last, last]]))[0].tolist() == [0, -1, -1]


def test_a_temperature_bends_the_probabilities_and_keeps_what_is_forbidden():
    source = animals.source()
    warm = source.tempered(2.0)
    assert ((warm.chances > 0) == (source.chances > 0)).all()
    assert warm.chances.sum(axis=1) == pytest.approx(1)
    assert source.tempered(1.0).chances == pytest.approx(source.chances)
    coin = Source("ht", np.array([[0.8, 0.2]]), np.zeros((1, 2), int))
    assert coin.tempered(0.5).chances == pytest.approx(np.array([[16, 1]]) / 17)


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="no beginning of another"):
        spelled("s", lambda state: [(1, "cat", "s"), (1, "cats", "s")])
    with pytest.raises(ValueError, match="expected letters among"):
        animals.source().ids("the cats, ")
    with pytest.raises(ValueError, match="letters: expected at least 1, got 0"):
        SMALL.make(1, 0)
    with pytest.raises(ValueError, match="temperature"):
        SMALL.tempered(0)
