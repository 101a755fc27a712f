"""Japanese Vowels arrive as the paper split them, and nothing of the test is learnt from."""

import sys

import numpy as np
import pytest

from unrolled.series import vowels
from unrolled.tasks import Sequences


@pytest.fixture(scope="module")
def parts():
    return vowels.japanese_vowels()


@pytest.mark.slow
def test_the_sizes_are_the_papers(parts):
    train, test = parts
    assert [len(part.x) for part in parts] == [270, 370]
    assert train.targets.sum(axis=0).tolist() == [30] * 9
    assert test.targets.sum(axis=0).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    lengths = np.concatenate([part.lengths for part in parts])
    assert (lengths.min(), lengths.max()) == (7, 29)
    for part in parts:
        assert part.x.shape[1:] == (29, 12)
        assert (part.targets.sum(axis=1) == 1).all()


def test_the_first_frame_stands_first_and_padding_is_zero(parts):
    train, _ = parts
    assert train.x[0, 0, 0] == pytest.approx(1.860936)
    assert train.x[0, 1, 0] == pytest.approx(1.891651)
    for part in parts:
        inside = vowels.real(part)
        assert inside.sum() == part.lengths.sum()
        assert not part.x[~inside].any()
        assert part.x[inside].any(axis=1).all(), "a masking layer would take it for padding"


def test_the_scale_is_learnt_from_the_first_alone_and_from_no_padding(parts):
    train, test = parts
    own, other = vowels.scaled(train, test)
    frames = own.x[vowels.real(own)]
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-12)
    louder = test._replace(x=test.x * 10)
    np.testing.assert_array_equal(vowels.scaled(train, louder)[0].x, own.x)
    assert not other.x[~vowels.real(test)].any()
    assert vowels.real(test).sum() == other.x.any(axis=2).sum()


@pytest.mark.parametrize("more", [1, 7])
def test_padding_changes_neither_scale_nor_summary(rng, more):
    x, lengths = rng.normal(2, 3, (4, 6, 2)), np.array([6, 1, 3, 5])
    short = Sequences(x, np.eye(4), lengths)
    inside = vowels.real(short)
    padded = np.pad(np.where(inside[..., None], x, 0), ((0, 0), (0, more), (0, 0)))
    long = short._replace(x=padded)
    np.testing.assert_array_equal(vowels.summary(long), vowels.summary(short))
    np.testing.assert_array_equal(vowels.scaled(long)[0].x[:, :6], vowels.scaled(short)[0].x)


def test_a_summary_forgets_the_order(rng):
    x = rng.normal(0, 1, (1, 5, 3))
    made, mixed = (Sequences(a, np.ones((1, 1)), np.array([5])) for a in (x, x[:, ::-1]))
    np.testing.assert_allclose(vowels.summary(made), vowels.summary(mixed), rtol=1e-12)


def test_without_sktime_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sktime.datasets", None)
    monkeypatch.setattr("unrolled.extras.is_there", lambda library: False)
    with pytest.raises(ImportError, match=r"unrolled\[series\]"):
        vowels.japanese_vowels()


def test_an_sktime_that_does_not_load_is_no_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sktime.datasets", None)
    with pytest.raises(ImportError) as caught:
        vowels.japanese_vowels()
    assert "unrolled[series]" not in str(caught.value)


def test_an_utterance_of_29_frames_lasts_a_fifth_of_a_second():
    assert vowels.seconds(29) == pytest.approx(0.2048)
    assert vowels.seconds(1) == pytest.approx(0.0256)
