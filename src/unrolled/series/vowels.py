"""Japanese Vowels: nine men say /ae/, and a model says who speaks.

Utterances of 7 to 29 frames with twelve cepstrum coefficients each :cite:p:`kudo1999`, from the
UCI repository :cite:p:`kudovowels` under CC BY 4.0. The package ``sktime`` carries them, so nothing
is fetched.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_number
from unrolled.extras import needed
from unrolled.tasks import Sequences

#: The speakers, the coefficients of a frame, and the frames of the longest utterance.
SPEAKERS, COEFFICIENTS, LONGEST = 9, 12, 29
#: Samples in a second of the recordings, of a frame, and from one frame to the next.
RATE, FRAME, HOP = 10_000, 256, 64


def japanese_vowels() -> tuple[Sequences, Sequences]:
    """Read the 270 utterances to learn from and the 370 to test on, as the paper split them.

    Returns
    -------
    Sequences, Sequences
        Training and test: ``x`` (N, 29, 12), the frames in order of time, zeros after an
        utterance has ended; ``targets`` (N, 9), one-hot, the speaker; ``lengths`` (N,), 7 to 29.

    Raises
    ------
    ImportError
        Where ``sktime`` is not installed; the extra ``unrolled[series]`` brings it.

    Examples
    --------
    >>> train, test = japanese_vowels()
    >>> train.x.shape, test.targets.shape
    ((270, 29, 12), (370, 9))

    """
    load = needed("sktime.datasets", "Japanese Vowels").load_japanese_vowels
    train, test = (
        _sequences(*load(split=split, return_type="df-list")) for split in ("train", "test")
    )
    return train, test


def _sequences(utterances: list[Any], speakers: ArrayLike) -> Sequences:
    """Return data frames (T, 12) and speakers '1' to '9' as padded arrays."""
    lengths = np.array([len(each) for each in utterances])
    x = np.zeros((len(utterances), LONGEST, COEFFICIENTS))
    for row, each in zip(x, utterances, strict=True):
        row[: len(each)] = each.to_numpy()
    return Sequences(x, np.eye(SPEAKERS)[np.asarray(speakers, int) - 1], lengths)


def scaled(train: Sequences, *others: Sequences) -> tuple[Sequences, ...]:
    """Return sequences whose features have mean 0 and deviation 1 on the frames of the first.

    Only the first are looked at, so what a model is tested on stays unseen. Padding is not
    counted and stays zero.

    >>> x = np.array([[[1.0], [3.0], [0.0]]])
    >>> made = Sequences(x, np.ones((1, 1)), np.array([2]))
    >>> scaled(made)[0].x[0, :, 0]
    array([-1.,  1.,  0.])
    """
    known = train.x[real(train)]
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    return tuple(
        each._replace(x=np.where(real(each)[..., None], (each.x - mean) / deviation, 0))
        for each in (train, *others)
    )


def real(sequences: Sequences) -> NDArray[np.bool_]:
    """Tell which steps are frames and which are padding, (N, T).

    >>> real(Sequences(np.zeros((1, 3, 1)), np.ones((1, 1)), np.array([2])))
    array([[ True,  True, False]])
    """
    return np.arange(sequences.x.shape[1]) < sequences.lengths[:, None]


def summary(sequences: Sequences) -> NDArray[np.float64]:
    """Return for each sequence its features' means and deviations over time, (N, 2 D).

    Their order in time is lost, as in a bag of words.

    >>> x = np.array([[[1.0], [3.0], [0.0]]])
    >>> made = Sequences(x, np.ones((1, 1)), np.array([2]))
    >>> summary(made)
    array([[2., 1.]])
    """
    parts = [x[:length] for x, length in zip(sequences.x, sequences.lengths, strict=True)]
    return np.array([np.r_[part.mean(axis=0), part.std(axis=0)] for part in parts])


def seconds(frames: float) -> float:
    """Return how long the recording of so many frames is.

    >>> seconds(29)
    0.2048
    """
    return (FRAME + (as_number(frames, "frames") - 1) * HOP) / RATE
