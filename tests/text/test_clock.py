"""The grammar tells the time truly, once, and in an order that matters."""

import itertools
import re

import pytest

from unrolled.text import baselines, clock, metrics

# Worked out by hand: what a person would answer, not what the code gives.
BY_HAND = [
    ("o'clock", 0, "twelve o'clock"),
    ("o'clock", 360, "six o'clock"),
    ("half past", 30, "half past twelve"),
    ("half past", 690, "half past eleven"),
    ("quarter past", 375, "a quarter past six"),
    ("quarter to", 345, "a quarter to six"),
    ("quarter to", 705, "a quarter to twelve"),
    ("quarter to", 45, "a quarter to one"),
    ("past", 370, "ten past six"),
    ("past", 606, "six past ten"),
    ("past", 29, "twenty-nine past twelve"),
    ("to", 350, "ten to six"),
    ("to", 594, "six to ten"),
    ("to", 719, "one to twelve"),
    ("figures past", 12, "12 past 12"),
    ("figures past", 605, "5 past 10"),
    ("figures to", 350, "10 to 6"),
    ("figures to", 710, "10 to 12"),
    ("minutes after", 361, "one minute after six"),
    ("minutes after", 419, "fifty-nine minutes after six"),
    ("minutes before", 340, "twenty minutes before six"),
    ("minutes before", 359, "one minute before six"),
    ("hour and minute", 375, "six fifteen"),
    ("hour and minute", 365, "six oh five"),
    ("hour and minute", 21, "twelve twenty-one"),
    ("gone by", 370, "six gone by ten minutes"),
    ("short by", 350, "six short by ten minutes"),
    ("short by", 719, "twelve short by one minute"),
    ("from half past", 395, "five minutes after half past six"),
    ("from half past", 31, "one minute after half past twelve"),
]


@pytest.mark.parametrize(("phrasing", "minutes", "phrase"), BY_HAND)
def test_each_phrasing_says_what_a_person_would_say(phrasing, minutes, phrase):
    assert clock.tell(minutes, phrasing) == phrase


def test_the_table_by_hand_has_every_phrasing():
    assert {phrasing for phrasing, _, _ in BY_HAND} == set(clock.phrasings())


def test_there_are_at_least_ten_phrasings_and_all_720_times():
    assert len(clock.phrasings()) >= 10
    told = {time for name in clock.phrasings() for time in clock.times(name)}
    assert told == set(range(720))


def listen(phrase):
    """Understand a phrase as English, by other means than the grammar made it."""
    teens = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    small = f"oh one two three four five six seven eight nine {teens}".split()
    tens = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}

    def number(words):
        return sum(
            int(w) if w.isdigit() else tens.get(w) or small.index(w)
            for w in re.split(r"[ -]", words)
        )

    def hour(words):
        if words.startswith("half past "):
            return hour(words.removeprefix("half past ")) + 30
        return 60 * number(words)

    phrase = phrase.replace(" minutes", "").replace(" minute", "").replace("a quarter", "fifteen")
    for joint, sign in [(" short by ", -1), (" gone by ", 1)]:
        if joint in phrase:
            stated, offset = phrase.split(joint)
            return (hour(stated) + sign * number(offset)) % 720
    for joint, sign in [(" after ", 1), (" before ", -1), (" to ", -1)]:
        if joint in phrase:
            offset, stated = phrase.split(joint)
            return (hour(stated) + sign * number(offset)) % 720
    if phrase.startswith("half past "):
        return hour(phrase) % 720
    if " past " in phrase:
        offset, stated = phrase.split(" past ")
        return (hour(stated) + number(offset)) % 720
    first, *rest = phrase.split(" ", 1)
    return (hour(first) + (0 if rest == ["o'clock"] else number(rest[0]))) % 720


def test_every_phrase_is_understood_as_the_time_it_was_made_from():
    for name in clock.phrasings():
        for time in clock.times(name):
            assert listen(clock.tell(time, name)) == time, (name, time)


def test_no_phrase_means_two_times():
    meant = {}
    for name in clock.phrasings():
        for time in clock.times(name):
            assert meant.setdefault(clock.tell(time, name), time) == time
    assert len(meant) == sum(len(clock.times(name)) for name in clock.phrasings())


def test_a_corpus_has_the_sizes_asked_for_and_no_sentence_twice():
    splits = clock.load(train=300, validation=40, test=60, seed=3)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [300, 40, 60]
    for part in (splits.train, splits.validation, splits.test):
        assert len(set(part.texts)) == len(part)


def test_targets_and_groups_belong_to_the_sentence():
    part = clock.load(train=400, validation=40, test=60).train
    for sentence, target, group in zip(part.texts, part.targets, part.groups, strict=True):
        minutes, phrasing = group.split(" ", 1)
        assert target == int(minutes)
        assert clock.tell(int(minutes), phrasing) in sentence


@pytest.mark.parametrize("seed", range(3))
def test_a_tested_time_and_phrasing_is_never_trained_or_validated_on(seed):
    splits = clock.load(seed=seed)
    parts = [set(part.groups) for part in (splits.train, splits.validation, splits.test)]
    for one, other in itertools.combinations(parts, 2):
        assert one.isdisjoint(other)
    assert {group.split(" ", 1)[1] for group in parts[0]} == set(clock.phrasings())


def test_test_sentences_use_no_word_that_training_lacks():
    splits = clock.load()
    known = {word for sentence in splits.train.texts for word in sentence.split()}
    assert {word for sentence in splits.test.texts for word in sentence.split()} <= known


def test_the_same_seed_gives_the_same_sentences_and_another_seed_others():
    one, same, other = (clock.load(50, 10, 10, seed) for seed in (1, 1, 2))
    assert one.train.texts == same.train.texts
    assert one.test.texts == same.test.texts
    assert one.train.texts != other.train.texts


def test_a_bag_of_words_cannot_read_the_clock():
    splits = clock.load()
    model = baselines.word_ridge(splits.train.texts, splits.train.targets)
    six, ten = model.predict(["ten to six", "six to ten"])
    assert six == pytest.approx(ten)
    assert metrics.mae(splits.test.targets, model.predict(splits.test.texts)) > 60


@pytest.mark.parametrize(
    ("minutes", "phrasing", "error", "says"),
    [
        (720, "to", ValueError, "expected 0 to 719, got 720"),
        (-1, "to", ValueError, "expected at least 0, got -1"),
        (1.5, "to", TypeError, "expected an integer, got float 1.5"),
        (True, "to", TypeError, "expected an integer, got bool"),
        (1, "o'clock", ValueError, 'that "o\'clock" may tell, got 1 minutes'),
        (0, "sundial", ValueError, "expected a phrasing among .*, got 'sundial'"),
    ],
)
def test_a_time_that_cannot_be_told_is_refused(minutes, phrasing, error, says):
    with pytest.raises(error, match=says):
        clock.tell(minutes, phrasing)


@pytest.mark.parametrize(
    ("sizes", "error", "says"),
    [
        ({"train": 0}, ValueError, "train: expected at least 1, got 0"),
        ({"test": 2.0}, TypeError, "test: expected an integer, got float"),
        ({"train": 10**6}, ValueError, "expected at most .* got 1000000"),
    ],
)
def test_a_size_that_cannot_be_made_is_refused(sizes, error, says):
    with pytest.raises(error, match=says):
        clock.load(**sizes)
