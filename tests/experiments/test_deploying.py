"""The study of runtimes measures what it says it does; speed itself is measured, never tested."""

import numpy as np
import pytest

from unrolled.experiments.deploying import runtimes, study
from unrolled.regressor import portable
from unrolled.text import clock

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def splits():
    return clock.load(train=120, validation=30, test=30)


@pytest.mark.slow
def test_the_model_whose_answers_are_timed_reads_and_counts(splits, monkeypatch):
    """In minutes, as its targets are; the same in every runtime that Python can call."""
    seen = []
    exported = runtimes.exported

    def watched(path):
        seen.append(portable.load(path))
        return exported(path)

    monkeypatch.setattr(runtimes, "exported", watched)
    found = study.runtimes(study.QUICK)
    [model] = seen
    assert (model.config.readers, model.config.share) == (1, 0.5)
    assert min(model.config.words, model.config.letters) > 100
    assert np.std(model.predict(splits.test.texts)) > 10
    assert found["farthest"] < study.AGREE
    assert {*found["sizes"]} == {"NumPy", "Keras", "browser", "ONNX Runtime"}


def test_a_runtime_that_answers_otherwise_is_seen(monkeypatch):
    answers = {"NumPy": [1.0, 2.0], "Keras": [[1.0], [2.5]]}
    acts = {name: lambda texts, answer=answer: np.array(answer) for name, answer in answers.items()}
    monkeypatch.setattr(runtimes, "opened", lambda files: acts)
    assert runtimes.farthest({}, ["a text", "another"]) == 0.5


def test_a_cold_start_is_a_process_with_the_file_and_the_text(monkeypatch):
    program = "answer = {} * len(sys.argv[1]) + len(sys.argv[2])"
    monkeypatch.setattr(runtimes, "PROGRAMS", {"one": program.format(1), "two": program.format(2)})
    found = runtimes.cold_starts({"one": "m.keras", "two": "m.onnx"}, "a text", turns=1)
    assert [found[name]["answer"] for name in ("one", "two")] == [7 + 6, 2 * 6 + 6]
    for each in found.values():
        assert each["seconds"] > 0
        assert 1 < each["MiB"] < 100


def test_every_call_brings_texts_that_no_earlier_one_brought():
    """Else what was kept of the words would be found again, and the times would flatter."""
    seen = {"one": [], "two": []}
    texts = [str(number) for number in range(12)]
    acts = {name: batches.append for name, batches in seen.items()}
    found = runtimes.calls(acts, texts, sizes=(1, 3), turns=2)
    assert set(found) == {"1", "3"}
    assert seen["one"] == seen["two"]
    assert [len(batch) for batch in seen["one"]] == [1, 1, 1, 3, 3, 3]
    assert [text for batch in seen["one"] for text in batch] == texts
    with pytest.raises(ValueError, match="expected at least 12 texts for 3 turns, got 11"):
        runtimes.calls(acts, texts[1:], sizes=(1, 3), turns=2)
