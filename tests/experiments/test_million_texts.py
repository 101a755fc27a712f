"""A file as long as one likes: the experiment runs the real command line and watches its memory."""

import dataclasses

import pytest

from unrolled.experiments.your_own_text import million_texts
from unrolled.experiments.your_own_text.million_texts import QUICK


def test_frequent_words_are_short_and_a_text_is_worth_its_words():
    config = dataclasses.replace(QUICK, texts=300)
    rows = list(million_texts.made(config))
    assert rows == list(million_texts.made(config))
    words = [word for text, _ in rows for word in text.split()]
    assert {len(text.split()) for text, _ in rows} == {config.words}
    share = sum(len(word) == 2 for word in words) / len(words)
    assert 0.5 < share < 0.9
    same = {tuple(sorted(text.split())): worth for text, worth in rows}
    for text, worth in rows:
        assert worth == pytest.approx(same[tuple(sorted(text.split()))])


def test_the_memory_is_that_of_the_process_in_bytes():
    """The command line loads click and little else before it answers this."""
    assert 10 * 2**20 < million_texts.measured("--version")["peak"] < 2**29


@pytest.mark.slow
def test_a_command_that_fails_is_told_of():
    with pytest.raises(RuntimeError, match=r"unrolled fit: .*missing\.csv: expected a file"):
        million_texts.measured("fit", "missing.csv", "--text", "a", "--target", "b")
