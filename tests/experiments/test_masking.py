"""The rows are padded and masked as the result says, and nothing else differs between them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from unrolled.experiments import results
from unrolled.experiments.masking import study as masking
from unrolled.text import pad

RECORDED = Path(__file__).parents[2] / "book" / "results"
CONFIG = dataclasses.replace(masking.QUICK, train=20, test=6)


@pytest.fixture(scope="module")
def data():
    return masking.load(CONFIG)


@pytest.mark.parametrize("side", masking.SIDES)
@pytest.mark.parametrize(("rows", "longer"), [("short", 1), ("long", 2)])
def test_padding_stands_on_its_side_and_fills_the_row(data, rows, longer, side):
    both = masking.arrays(rows, side, data, CONFIG)
    for ids, sentences in zip(both, (data.train, data.test), strict=True):
        assert ids.shape == (len(sentences), longer * data.longest)
        for row, sentence in zip(ids, sentences, strict=True):
            words = row[-len(sentence) :] if side == "pre" else row[: len(sentence)]
            assert words.tolist() == sentence
            assert np.count_nonzero(row) == len(sentence)


def test_short_rows_are_as_long_as_the_longest_sentence(data):
    ids = np.concatenate(masking.arrays("short", "post", data, CONFIG))
    assert (ids != 0).all(axis=1).any()


def test_marks_follow_every_sentence_and_are_no_padding(data):
    """Those of told rows tell the sentence's length, and those of marked rows nothing."""
    rows = {kind: masking.arrays(kind, "post", data, CONFIG)[1] for kind in ("marked", "told")}
    marks = {kind: [] for kind in rows}
    for kind, ids in rows.items():
        for row, sentence in zip(ids, data.test, strict=True):
            n = len(sentence)
            assert row[:n].tolist() == sentence
            assert row[n] == row[n + 1] >= data.mark > max(sentence)
            assert not row[n + 2 :].any()
            marks[kind].append((n, row[n]))
    assert len({mark for _, mark in marks["marked"]}) == 1
    lengths = {n for n, _ in marks["told"]}
    assert len(set(marks["told"])) == len({mark for _, mark in marks["told"]}) == len(lengths) > 1
    assert max(mark for _, mark in marks["told"]) <= data.mark + data.longest


@pytest.mark.parametrize("cell", masking.CELLS)
def test_behind_a_mask_the_padding_is_no_matter_and_without_one_it_is(cell):
    rows = [[1, 2, 3], [4, 1], [2, 2, 4, 1]]
    hidden, open_ = (masking.build(cell, mask, 5, 3, 4) for mask in (True, False))
    hidden(np.array([rows[0]]))
    open_(np.array([rows[0]]))
    open_.set_weights(hidden.get_weights())
    for model, least, most in ((hidden, 0, 1e-6), (open_, 1e-5, np.inf)):
        alone = np.concatenate([model(np.array([row])) for row in rows])
        for length, side in ((4, "pre"), (4, "post"), (9, "pre"), (9, "post")):
            moved = np.abs(model(pad(rows, length, side=side).ids) - alone)[:2]  # these are padded
            assert least <= moved.min()
            assert moved.max() <= most


def test_a_strange_cell_is_refused():
    with pytest.raises(ValueError, match="a cell among RNN, GRU, LSTM, BiLSTM, got 'TCN'"):
        masking.build("TCN", True, 5, 3, 4)


def test_the_answer_by_length_is_the_median_of_that_length():
    data = masking.Data(
        train=[[1], [2], [3], [1, 2]],
        test=[[3], [2, 1], [1, 2, 3]],
        targets=np.array([10.0, 20, 90, 400], np.float32),
        truth=np.array([21.0, 403, 60], np.float32),
        mark=4,
        longest=3,
    )
    # 20 and 400 are known; of three words nothing is known, so all targets' median, 55, stands in.
    lengths = [len(row) for row in data.train + data.test]
    np.testing.assert_allclose(masking.off_by_median(data, lengths), [1, 3, 5])
    np.testing.assert_allclose(masking.off_by_median(data, [0] * 7), [34, 348, 5])


@pytest.mark.parametrize(("form", "times"), [("values", 4), ("quick", 2)])
def test_every_kind_is_trained_with_every_seed(form, times):
    """In what is recorded; ``test_results`` shows that the code still gives its quick form."""
    config = {"values": masking.CONFIG, "quick": masking.QUICK}[form]
    values = results.read(RECORDED, "masking")[form]
    assert list(values["errors"]) == sorted(config.cells) == list(values["marked"])
    for cell in config.cells:
        for rows in ("short", "long"):
            for side in masking.SIDES:
                seeds = config.long_seeds if rows == "long" else config.seeds
                for mask in masking.MASKS:
                    many = mask == "no mask" or (rows, side) == ("short", "post")
                    shape = (len(seeds) if many else 1, config.epochs)
                    assert np.shape(values["errors"][cell][rows][side][mask]) == shape
        for rows in ("marked", "told"):
            assert np.shape(values[rows][cell]) == (len(config.seeds), config.epochs)
    assert values["steps"]["long"] == times * values["steps"]["short"]
    assert values["steps"]["marked"] == values["steps"]["short"] + config.marks
    assert values["words"] < values["steps"]["short"]


def test_the_longest_jobs_come_first():
    jobs = masking.jobs(masking.CONFIG)
    assert len(set(jobs)) == len(jobs) == 6 * len(masking.CELLS)
    assert jobs[0] == ("BiLSTM", "long", "no mask")
    assert jobs[-1] == ("RNN", "long", "mask")


def test_a_masked_training_is_the_same_wherever_and_however_long_the_padding():
    errors = results.read(RECORDED, "masking")["quick"]["errors"]["RNN"]
    masked = [errors[rows][side]["mask"] for rows in errors for side in masking.SIDES]
    for other in masked:
        np.testing.assert_allclose(other[0], masked[0][0], rtol=1e-3)
    for rows in errors:
        for side in masking.SIDES:
            assert not np.allclose(errors[rows][side]["no mask"][0], masked[0][0], rtol=1e-3)
