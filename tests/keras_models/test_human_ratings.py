"""The experiment on rated texts gives numbers that can be checked, and no text."""

import dataclasses
import json

import numpy as np
import pytest

from unrolled.experiments import human_ratings
from unrolled.text import ratings

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

SMALL = human_ratings.Config(seeds=(0, 1), embedding=8, units=4, epochs=2, draws=3)
SUBJECTS = ["parcel", "garden", "ticket", "kettle", "violin", "ladder", "window", "saddle"]
MOODS = {"splendid": 3, "pleasant": 2, "plain": 0, "shabby": -2, "dreadful": -3}


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Write rated sentences of our own in the archive's format; the mood word decides."""
    folder = tmp_path / ratings.FOLDER
    folder.mkdir()
    truth, listed = [], []
    rng = np.random.default_rng(0)
    for number in range(160):
        mood = list(MOODS)[number % 5]
        given = np.clip(MOODS[mood] + rng.integers(-1, 2, 5), -4, 4).tolist()
        text = f"the {SUBJECTS[number % 8]} number{number} was {mood}"
        truth.append(f"{number}\t{np.mean(given)}\t{text}\r\n")
        listed.append(f"{number}\t{np.mean(given)}\t0.5\t{given}\r\n")
    (folder / "tweets_GroundTruth.txt").write_bytes("".join(truth).encode())
    (folder / "tweets_anonDataRatings.txt").write_bytes("".join(listed).encode())
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    return folder


def test_the_result_holds_what_it_says(made_up):
    result = human_ratings.run(SMALL)
    assert result == human_ratings.run(SMALL)
    assert result["counts"]["train"] + result["counts"]["validation"] + 32 == 160
    assert result["counts"]["test"] == result["counts"]["test_rated_by_two_or_more"] == 32
    assert len(result["history"]) == 2
    assert all(len(curve["val_loss"]) == 2 for curve in result["history"])
    scores = result["metrics"]
    assert set(scores) == {
        "constant",
        "word_ridge",
        "word_and_character_ridge",
        "bilstm",
        "one_human",
    }
    # One word decides here, so counting words is enough, and people agree but for one point.
    assert scores["word_ridge"]["pearson"] > 0.9
    assert scores["one_human"]["pearson"] > 0.9
    assert scores["constant"]["pearson"] is None
    assert scores["constant"]["mae"] > 2 * scores["word_ridge"]["mae"]
    for name in ("bilstm", "one_human"):
        low, high = result["spread"][name]["mae"]
        assert low < scores[name]["mae"] < high


def test_the_result_is_json_without_a_word_of_the_texts(made_up):
    written = json.dumps(human_ratings.run(dataclasses.replace(SMALL, seeds=(0,))), allow_nan=False)
    assert json.loads(written)["metrics"]["bilstm"]["mae"] > 0
    for word in [*SUBJECTS, *MOODS, "number1"]:
        assert word not in written


def test_texts_of_only_unknown_words_are_left_out_for_all_and_counted(made_up):
    path = made_up / "tweets_GroundTruth.txt"
    lines = path.read_bytes().decode().split("\r\n")
    # Every second text is two words of its own, which no other text can teach.
    odd = [
        f"{line[: line.rindex(chr(9))]}\tqx{i} zq{i}" if i % 2 and line else line
        for i, line in enumerate(lines)
    ]
    path.write_bytes("\r\n".join(odd).encode())
    counts = human_ratings.run(dataclasses.replace(SMALL, seeds=(0,), epochs=1))["counts"]
    assert counts["test_unreadable"] > 0
    assert counts["test"] + counts["test_unreadable"] == 32


def test_without_data_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    with pytest.raises(ratings.DataUnavailable, match="set UNROLLED_DATA"):
        human_ratings.run(SMALL)


@pytest.mark.parametrize("change", [{"seeds": ()}, {"draws": 0}])
def test_a_run_of_nothing_is_refused(change):
    with pytest.raises(ValueError, match="expected at least one seed and one draw"):
        human_ratings.run(dataclasses.replace(SMALL, **change))
