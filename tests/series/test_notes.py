"""Made notes: what is asked for is there, a seed repeats, and a spectrum peaks where it should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.series import notes


def test_seeds_repeat_and_differ():
    one, again, other = (notes.make(5, 100, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.samples, again.samples)
    np.testing.assert_array_equal(one.notes, again.notes)
    assert not np.array_equal(one.samples, other.samples)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(notes.make(5, 100, rng).samples, one.samples)
    assert not np.array_equal(notes.make(5, 100, rng).samples, one.samples)


def test_an_octave_doubles_and_a_is_440_hertz():
    hertz = notes.pitches()
    assert hertz[5] == 440
    assert hertz[7] == pytest.approx(2 * hertz[0])
    assert (np.diff(hertz) > 0).all()
    highest = hertz[-1] * notes.HARMONICS * 2 ** (notes.CENTS / 1200)
    assert highest < notes.RATE / 2, "a harmonic would come out as another frequency"


def test_all_notes_are_drawn_and_none_is_louder_than_one():
    made = notes.make(400, 50, seed=0)
    assert set(made.notes) == set(range(8))
    assert np.abs(made.samples).max() <= 1
    assert np.abs(made.samples[:, [0, -1]]).max() < np.abs(made.samples).max() / 2


@given(k=st.integers(3, 45), phase=st.floats(0, 6.28), loud=st.floats(0.1, 1))
def test_a_tone_on_a_frequency_peaks_there_in_every_frame(k, phase, loud):
    time = np.arange(400)
    tone = loud * np.sin(2 * np.pi * k * time / notes.FRAME + phase)
    strengths = notes.spectra(tone[None])
    assert strengths.shape == (1, 7, 51)
    assert (strengths.argmax(axis=-1) == k).all()


@given(length=st.integers(8, 60), frame=st.integers(2, 8), hop=st.integers(1, 9))
def test_frames_are_those_that_fit_and_agree_with_one_by_one(length, frame, hop):
    sound = np.random.default_rng(length).normal(0, 1, (2, length))
    made = notes.spectra(sound, frame, hop)
    starts = range(0, length - frame + 1, hop)
    assert made.shape == (2, len(starts), 1 + frame // 2)
    for at, start in enumerate(starts):
        alone = notes.spectra(sound[:, start : start + frame], frame, hop)
        np.testing.assert_allclose(made[:, at], alone[:, 0], rtol=1e-12)


def test_the_spectrum_is_the_fourier_sum(rng):
    sound = rng.normal(0, 1, 10)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(10) / 9)
    by_hand = [
        abs(sum(w * s * np.exp(-2j * np.pi * k * n / 10) for n, (w, s) in enumerate(
            zip(window, sound, strict=True))))
        for k in range(6)
    ]  # fmt: skip
    np.testing.assert_allclose(10 ** notes.spectra(sound[None], 10, 5)[0, 0], by_hand, rtol=1e-9)


def test_silence_is_finite():
    assert (notes.spectra(np.zeros((1, 100))) == np.log10(notes.FLOOR)).all()


def test_a_note_peaks_at_its_pitch_or_a_multiple():
    made = notes.play(range(8), 800, seed=0)
    for spectrum, hertz in zip(notes.spectra(made.samples, 800), notes.pitches(), strict=True):
        peak = spectrum[0].argmax() * notes.RATE / 800
        assert min(abs(peak / order - hertz) for order in (1, 2, 3)) < 0.02 * hertz


def test_both_forms_ask_for_the_same_notes():
    made = notes.make(6, 250, seed=2)
    samples, frames = notes.as_samples(made), notes.as_frames(made)
    np.testing.assert_array_equal(samples.x[..., 0], made.samples)
    np.testing.assert_array_equal(samples.targets, frames.targets)
    np.testing.assert_array_equal(samples.targets.argmax(axis=1), made.notes)
    assert samples.lengths.tolist() == [250] * 6
    assert frames.lengths.tolist() == [4] * 6


def test_twice_the_rate_is_twice_the_samples_of_the_same_pitch():
    made = notes.play([5], 1600, seed=0, rate=2 * notes.RATE)
    peak = notes.spectra(made.samples, 1600)[0, 0].argmax() * 2 * notes.RATE / 1600
    assert min(abs(peak / order - 440) for order in (1, 2, 3)) < 9


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: notes.play([8], 100), ValueError, "from 0 to 7, got 8 to 8"),
        (lambda: notes.play([-1], 100), ValueError, "from 0 to 7"),
        (lambda: notes.make(2, 19), ValueError, "at least 20, got 19"),
        (lambda: notes.make(2, 100, rate=3999), ValueError, "at least 4000, got 3999"),
        (lambda: notes.make(0, 100), ValueError, "at least 1, got 0"),
        (lambda: notes.spectra(np.zeros((1, 99))), ValueError, "at least a frame of 100, got 99"),
        (lambda: notes.spectra(np.zeros(100)), ValueError, "shape"),
    ],
)
def test_bad_input_is_told(call, error, match):
    with pytest.raises(error, match=match):
        call()
