"""The scan is drawn with the arrows that its code has."""

import pytest

from unrolled.figures import scans


def test_every_wait_is_an_arrow(monkeypatch):
    kept = []
    original = scans.from_figure
    monkeypatch.setattr(
        scans, "from_figure", lambda figure, *rest: kept.append(figure) or original(figure, *rest)
    )
    picture = scans.scan_in_blocks(blocks=3, block=4)
    arrows = {}
    for text in kept[0].axes[0].texts:
        if hasattr(text, "xy"):
            arrows.setdefault(round(-text.xy[1] / scans.ROW), []).append(
                (int(text.xyann[0]), int(text.xy[0]))
            )
    assert arrows[0] == [(t, t + 1) for t in range(11)]
    assert arrows[1] == [(t, t + 1) for t in range(11) if t not in (3, 7)]
    assert arrows[2] == [(3, 7), (7, 11)]
    assert arrows[3] == [(3, 4), (3, 5), (3, 6), (7, 8), (7, 9), (7, 10)]
    assert picture.alt.startswith(
        "A loop over 12 steps: each waits for the one before it, 11 times"
    )
    assert "3 blocks of 4: 3 times in a row" in picture.alt


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="block: expected at least 2, got 1"):
        scans.scan_in_blocks(3, 1)
