"""A file as long as one likes: the experiment runs the real command line and watches its memory."""

import dataclasses

import pytest

from unrolled.experiments.your_own_text import million_texts
from unrolled.experiments.your_own_text.million_texts import QUICK


def test_every_text_of_the_file_is_answered_and_the_memory_is_that_of_the_process():
    lines = []
    found = million_texts.run(QUICK, tell=lines.append)
    assert found["answers"] == QUICK.texts
    assert found["bytes"] > 10 * QUICK.texts
    # TensorFlow alone takes more than 200 MiB; the portable model does without.
    assert 200 * 2**20 < found["fit"]["peak"] < 4 * 2**30
    assert 20 * 2**20 < found["predict"]["peak"] < found["fit"]["peak"]
    assert [line.split()[0] for line in lines] == ["400", "fit:", "predict:"]


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


def test_a_command_that_fails_is_told_of():
    with pytest.raises(RuntimeError, match=r"unrolled fit: .*missing\.csv: expected a file"):
        million_texts.measured("fit", "missing.csv", "--text", "a", "--target", "b")
