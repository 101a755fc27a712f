"""Notes that are made here: eight pitches as raw samples, and as frames.

A note is a sum of a few sine waves, the lowest of which is its pitch. Each one has its own
loudness, phases and detuning and some noise, so that no two are alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_count, as_number, as_numbers
from unrolled.tasks import Seed, Sequences

Floats = NDArray[np.float64]
#: The notes, and the steps from the first to each, of which an octave has twelve.
NAMES = ("C", "D", "E", "F", "G", "A", "B", "C'")
STEPS = (0, 2, 4, 5, 7, 9, 11, 12)
#: Samples in a second, and of a frame and from one frame to the next.
RATE, FRAME, HOP = 4_000, 100, 50
#: How many sine waves a note has, at one, two and three times its pitch, below half the rate.
HARMONICS = 3
#: The largest detuning, in hundredths of a step, and the noise as a share of the note.
CENTS, NOISE = 20.0, 0.1
#: Below this a magnitude counts as nothing, so that its logarithm is finite.
FLOOR = 1e-3


class Notes(NamedTuple):
    """N notes of ``samples`` (N, T), between −1 and 1, and which of the eight each is, (N,)."""

    samples: Floats
    notes: NDArray[np.int64]


def pitches() -> Floats:
    """Return the frequencies of the eight notes in hertz, (8,): equal temperament, A at 440.

    >>> pitches().round(1)
    array([261.6, 293.7, 329.6, 349.2, 392. , 440. , 493.9, 523.3])
    """
    hertz: Floats = 440 * 2 ** ((np.array(STEPS) - STEPS[5]) / 12)
    return hertz


def make(count: int, length: int, seed: Seed = 0, rate: int = RATE) -> Notes:
    """Make notes, each drawn evenly from the eight.

    Parameters
    ----------
    count, length
        N notes of T samples.
    seed
        The same seed gives the same notes; a generator goes on where it is.
    rate
        Samples in a second, at least 4,000.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer or is too small.

    Examples
    --------
    >>> made = make(3, 200, seed=1)
    >>> made.samples.shape, [NAMES[note] for note in made.notes]
    ((3, 200), ['F', 'G', 'B'])

    """
    N, rng = as_count(count, "count"), np.random.default_rng(seed)
    return play(rng.integers(0, len(NAMES), N), length, rng, rate)


def play(notes: ArrayLike, length: int, seed: Seed = 0, rate: int = RATE) -> Notes:
    """Make one note of T samples for each of ``notes`` (N,), numbers from 0 to 7.

    It begins and ends softly, over a tenth of its length each.
    Raises as :func:`make`, and for a note that is none of the eight.

    >>> play([5], 400).samples.shape
    (1, 400)
    """
    chosen, rng = as_numbers(notes, "notes").astype(int), np.random.default_rng(seed)
    if chosen.min() < 0 or chosen.max() >= len(NAMES):
        last = len(NAMES) - 1
        raise ValueError(
            f"notes: expected numbers from 0 to {last}, got {chosen.min()} to {chosen.max()}"
        )
    N, T = len(chosen), as_count(length, "length", 20)
    time = np.arange(T) / as_count(rate, "rate", RATE)
    detuned = pitches()[chosen] * 2 ** (rng.uniform(-CENTS, CENTS, N) / 1200)
    loudness = rng.uniform(0.3, 0.8, N)
    order = np.arange(1, HARMONICS + 1)
    shares = rng.uniform(0.3, 1.0, (N, HARMONICS)) / order
    phases = rng.uniform(0, 2 * np.pi, (N, HARMONICS))
    angle = 2 * np.pi * detuned[:, None, None] * order[:, None] * time + phases[..., None]
    sound = (shares[..., None] * np.sin(angle)).sum(axis=1)
    sound /= np.abs(sound).max(axis=1, keepdims=True)
    sound += NOISE * rng.normal(0, 0.5, (N, T))
    edge = np.clip(10 * np.minimum(np.arange(1, T + 1), np.arange(T, 0, -1)) / T, 0, 1)
    return Notes(np.clip(loudness[:, None] * edge * sound, -1, 1), chosen)


def spectra(samples: ArrayLike, frame: int = FRAME, hop: int = HOP) -> Floats:
    """Cut samples (N, T) into frames and return how strong each frequency is in each.

    Every frame is faded in and out by a Hann window; of its discrete Fourier transform the
    magnitude is kept, as a logarithm to base 10.

    Parameters
    ----------
    samples
        (N, T) with T at least ``frame``.
    frame, hop
        Samples of a frame, and from the start of one to the start of the next. Samples after the
        last whole frame are left out.

    Returns
    -------
    NDArray
        (N, 1 + (T − frame) // hop, 1 + frame // 2): frequency k of a frame is k · rate / frame
        hertz.

    Raises
    ------
    TypeError, ValueError
        If ``samples`` are no finite numbers (N, T), or too few for one frame.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(400) / RATE)
    >>> power = spectra(tone[None])
    >>> power.shape, int(power[0, 0].argmax()) * RATE // FRAME
    ((1, 7, 51), 440)

    """
    sound = as_numbers(samples, "samples", (2,))
    size, step = as_count(frame, "frame", 2), as_count(hop, "hop")
    if sound.shape[1] < size:
        raise ValueError(f"samples: expected at least a frame of {size}, got {sound.shape[1]}")
    at = range(0, sound.shape[1] - size + 1, step)
    frames = np.stack([sound[:, i : i + size] for i in at], axis=1)
    spectrum = np.fft.rfft(frames * np.hanning(size))
    strength: Floats = np.log10(np.maximum(np.abs(spectrum), FLOOR))
    return strength


def as_samples(made: Notes) -> Sequences:
    """Return notes as sequences of one sample a step, ``x`` (N, T, 1).

    >>> as_samples(make(2, 200)).x.shape
    (2, 200, 1)
    """
    return _asked(made.samples[..., None], made)


def as_frames(made: Notes) -> Sequences:
    """Return notes as sequences of one frame a step, ``x`` (N, frames, 51).

    >>> as_frames(make(2, 200)).x.shape
    (2, 3, 51)
    """
    return _asked(spectra(made.samples), made)


def _asked(x: Floats, made: Notes) -> Sequences:
    lengths = np.full(len(x), x.shape[1])
    return Sequences(x, np.eye(len(NAMES))[made.notes], lengths)


def duration(length: int, rate: int = RATE) -> float:
    """Return how many seconds so many samples last.

    >>> duration(100)
    0.025
    """
    return as_count(length, "length") / as_number(rate, "rate")
