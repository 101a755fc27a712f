"""Numbers that are heard: a player with a name, whose sound is in the page."""

import base64
import html
import io
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_count, as_numbers
from unrolled.figures.palette import stylesheet

#: What browsers play for certain, samples in a second.
RATES = (8_000, 48_000)


@dataclass(frozen=True)
class Sound:
    """Samples with controls to play them, in a page or a notebook; nothing plays by itself.

    ``samples`` (n,) lie between −1 and 1 and are kept in 8 bits; ``rate`` is how many make a
    second; ``label`` says what is heard, for readers who do not see or do not hear it.

    Raises
    ------
    TypeError, ValueError
        If there are no samples or one is no number from −1 to 1, if the rate is not between 8,000
        and 48,000, or if the label is empty.

    Examples
    --------
    >>> second = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> len(Sound(second, 8000, "The note A for a second.").wav())
    8044

    """

    samples: ArrayLike
    rate: int
    label: str

    def __post_init__(self) -> None:
        """Refuse what cannot be played, or has no words."""
        loudest = np.abs(as_numbers(self.samples, "samples")).max()
        if loudest > 1:
            raise ValueError(f"samples: expected numbers from -1 to 1, got one of size {loudest:g}")
        low, high = RATES
        if not low <= as_count(self.rate, "rate") <= high:
            raise ValueError(f"rate: expected {low} to {high} samples a second, got {self.rate}")
        if not isinstance(self.label, str) or not self.label.strip():
            raise ValueError(f"label: expected words that say what is heard, got {self.label!r}")

    def wav(self) -> bytes:
        """Return the sound as a WAV file: one channel, 8 bits a sample."""
        scaled: NDArray[np.uint8] = np.round(128 + 127 * np.asarray(self.samples)).astype(np.uint8)
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(1)
            out.setframerate(self.rate)
            out.writeframes(scaled.tobytes())
        return file.getvalue()

    def _repr_html_(self) -> str:
        """Return a player that stands by itself on any page, with its words below it."""
        source = base64.b64encode(self.wav()).decode("ascii")
        label = html.escape(self.label)
        return (
            f'<div class="unrolled-picture"><style>{stylesheet()}</style>'
            '<figure style="margin:0;color:var(--unrolled-ink)">'
            f'<audio controls preload="none" aria-label="{label}" '
            f'style="width:100%;max-width:24rem" src="data:audio/wav;base64,{source}"></audio>'
            f'<figcaption style="font-size:.9em">{label}</figcaption></figure></div>'
        )
