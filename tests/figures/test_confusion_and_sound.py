"""A map of confusions says its numbers, and a sound is a file that plays and has words."""

import io
import wave

import numpy as np
import pytest

from unrolled.figures import Sound, confusion


def test_a_map_draws_what_it_counts():
    picture = confusion([[8, 2, 0], [0, 9.96, 0.04], [0, 0, 10]], ["a", "b", "c"])
    assert "Off it the largest is 2, a taken for b; 2 of 6" in picture.alt
    assert "a 8 of 10, b 10 of 10, c 10 of 10" in picture.alt
    assert "var(--unrolled-h" in picture.svg
    assert "#fe" not in picture.svg


def test_a_map_without_errors_names_none():
    assert "largest" not in confusion([[1, 0], [0, 2]], ["a", "b"]).alt


@pytest.mark.parametrize(
    ("counts", "names", "match"),
    [
        ([[1, 0]], ["a", "b"], "equal lengths"),
        ([[1, 0], [0, 1]], ["a"], "equal lengths"),
        ([[1], [1]], ["a", "b"], "equal lengths"),
        ([[1, 0], [0, 0]], ["a", "b"], "above 0 in each row"),
        ([[1, -1], [0, 1]], ["a", "b"], "from 0"),
        ([1, 2], ["a", "b"], "shape"),
    ],
)
def test_a_map_refuses_what_is_none(counts, names, match):
    with pytest.raises(ValueError, match=match):
        confusion(counts, names)


def test_a_sound_comes_back_from_its_file():
    samples = np.sin(np.arange(200) / 3)
    file = Sound(samples, 8000, "A tone.").wav()
    with wave.open(io.BytesIO(file)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 1, 8000)
        levels = np.frombuffer(read.readframes(200), np.uint8)
    np.testing.assert_allclose((levels - 128.0) / 127, samples, atol=0.5 / 127 + 1e-9)


def test_a_player_has_a_name_controls_and_waits():
    shown = Sound([0.0, 0.5], 8000, 'A "click" & silence')._repr_html_()
    assert 'aria-label="A &quot;click&quot; &amp; silence"' in shown
    assert "controls" in shown
    assert "autoplay" not in shown
    assert 'preload="none"' in shown
    assert "color:var(--unrolled-ink)" in shown, "its words can be read on a dark page"


@pytest.mark.parametrize(
    ("samples", "rate", "label", "error"),
    [
        ([1.5], 8000, "A click.", ValueError),
        ([0.5], 4000, "A click.", ValueError),
        ([0.5], 8000.0, "A click.", TypeError),
        ([0.5], 8000, " ", ValueError),
        ([], 8000, "Nothing.", ValueError),
        ([np.nan], 8000, "Nothing.", ValueError),
    ],
)
def test_a_sound_refuses_what_cannot_be_played(samples, rate, label, error):
    with pytest.raises(error):
        Sound(samples, rate, label)
