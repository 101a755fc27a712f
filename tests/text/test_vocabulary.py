"""Our ids are Keras's ids, word for word."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from unrolled.text import OOV, PAD, Vocabulary, clock, words

# Letters in and out of ASCII, cases that fold oddly, every ASCII mark, every kind of white space.
ODD = (
    "aAbBzZ0 9éÉßẞİıſKΣςσ名字🙂"
    "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
    "\t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u2003\u2028\u200b’–"
)
TEXTS = st.lists(st.text(ODD, max_size=30), min_size=1, max_size=8)


def keras_layer(texts, max_size):
    import keras

    layer = keras.layers.TextVectorization(max_tokens=max_size)
    layer.adapt(texts)
    return layer


@pytest.mark.slow
@settings(max_examples=60)
@given(TEXTS, TEXTS, st.integers(3, 12))
@example(["b a", "a b", "c"], ["a b c d"], 10)
@example(["é É z Z ab aB"], ["É é"], 4)
def test_words_and_ids_equal_those_of_text_vectorization(texts, more, max_size):
    assume(any(words(text) for text in texts))
    ours, theirs = Vocabulary.fit(texts, max_size), keras_layer(texts, max_size)
    assert ours.words == theirs.get_vocabulary()
    rows = np.asarray(theirs(more))
    for row, sequence in zip(rows, ours.encode(more), strict=True):
        assert row[: len(sequence)].tolist() == sequence
        assert not row[len(sequence) :].any()


def test_ids_of_clock_sentences_equal_those_of_text_vectorization():
    splits = clock.load(train=500, validation=10, test=100)
    ours, theirs = Vocabulary.fit(splits.train.texts, 60), keras_layer(splits.train.texts, 60)
    assert len(ours) == 60
    for row, sequence in zip(
        np.asarray(theirs(splits.test.texts)), ours.encode(splits.test.texts), strict=True
    ):
        assert row[row != PAD].tolist() == sequence
        assert OOV in sequence or len(set(sequence)) > 1


def test_equal_counts_stand_in_descending_order_of_bytes():
    assert Vocabulary.fit(["a é b z"]).words == ["", "[UNK]", "é", "z", "b", "a"]


def test_the_size_counts_both_reserved_ids():
    vocabulary = Vocabulary.fit(["c c c b b a"], vocabulary_size=4)
    assert vocabulary.words == ["", "[UNK]", "c", "b"]
    assert vocabulary.encode(["a b c"]) == [[OOV, 3, 2]]


def test_decoding_goes_back():
    vocabulary = Vocabulary.fit(["ten to six", "six to ten"])
    assert vocabulary.decode(vocabulary.encode(["Six, TO ten!"])) == ["six to ten"]
    assert vocabulary.decode([[PAD, PAD], [OOV]]) == ["", "[UNK]"]


def test_only_unknown_words_are_unknown_ids_and_an_empty_text_has_none():
    vocabulary = Vocabulary.fit(["ten to six"])
    assert vocabulary.encode(["blorb frob", "", "?!"]) == [[OOV, OOV], [], []]


def test_a_megabyte_of_text_is_read_whole():
    megabyte = "ten to six " * 100_000
    assert len(megabyte) > 1_000_000
    vocabulary = Vocabulary.fit([megabyte])
    assert len(vocabulary.encode([megabyte])[0]) == 300_000


@pytest.mark.parametrize(
    ("texts", "error", "says"),
    [
        ([], ValueError, "expected at least one text, got none"),
        ("ten to six", TypeError, "got one bare str"),
        (b"ten", TypeError, "got one bare bytes"),
        (None, TypeError, "expected a list of strings, got NoneType"),
        ([b"ten"], TypeError, "expected only strings, got bytes at index 0"),
        (["ten", 6], TypeError, "got int at index 1"),
    ],
)
def test_what_is_no_text_is_refused(texts, error, says):
    with pytest.raises(error, match=says):
        Vocabulary.fit(texts)
    with pytest.raises(error, match=says):
        Vocabulary.fit(["ten"]).encode(texts)


def test_texts_without_a_word_teach_no_vocabulary():
    with pytest.raises(ValueError, match="expected at least one word"):
        Vocabulary.fit(["", " \n", "?!"])


@pytest.mark.parametrize("size", [2, 0, -1])
def test_a_vocabulary_without_room_for_a_word_is_refused(size):
    with pytest.raises(ValueError, match=f"vocabulary_size: expected at least 3, got {size}"):
        Vocabulary.fit(["ten"], size)


@pytest.mark.parametrize("index", [-1, 3])
def test_an_id_out_of_range_is_refused(index):
    with pytest.raises(ValueError, match=f"expected an id from 0 to 2, got {index}"):
        Vocabulary.fit(["ten"]).decode([[index]])


def test_a_list_of_words_must_be_in_order():
    with pytest.raises(ValueError, match="expected to start with ''"):
        Vocabulary(["ten", "to"])
    with pytest.raises(ValueError, match="expected no word twice"):
        Vocabulary(["", "[UNK]", "to", "to"])
