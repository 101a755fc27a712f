"""Medians in bands: what is drawn is the quantiles that are given, and the axes are comparable."""

import numpy as np
import pytest

from unrolled.figures import medians_with_bands, quantiles
from unrolled.figures.palette import placeholder

SERIES = {"RNN": [[0.5, 1e-4], [1, 1e-3], [2, 1e-2]], "LSTM": [[0.5, 2], [1, 4], [2, 8]]}


@pytest.fixture
def drawn(monkeypatch):
    """Keep the matplotlib figures behind the pictures that a test draws."""
    kept, original = [], quantiles.from_figure

    def keep(figure, *args):
        kept.append(figure)
        return original(figure, *args)

    monkeypatch.setattr(quantiles, "from_figure", keep)
    return kept


def test_the_line_is_the_median_and_the_band_the_other_two(drawn):
    picture = medians_with_bands([1, 2], SERIES, level=3.0, roles={"RNN": "z"})
    axes = drawn[0].axes[0]
    found = {line.get_color(): list(line.get_ydata()) for line in axes.lines}
    assert found[placeholder("z")] == [1, 1e-3]
    assert found[placeholder("f")] == [1, 4]
    assert found[placeholder("muted")] == [3, 3]
    heights = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert [(h.min(), h.max()) for h in heights] == [(1e-4, 2), (0.5, 8)]
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.texts] == ["RNN", "LSTM"]
    assert picture.alt == (
        "Value over step, from 1 to 2: medians. RNN falls from 1 to 0.001. LSTM rises from 1 to 4."
    )


def test_pictures_with_the_same_limits_can_be_compared(drawn):
    for name in SERIES:
        medians_with_bands([1, 2], {name: SERIES[name]}, limits=(1e-3, 10))
    assert [figure.axes[0].get_ylim() for figure in drawn] == [(1e-3, 10)] * 2


def test_a_logarithmic_level_axis_is_marked_where_the_values_are(drawn):
    medians_with_bands([0.5, 16], SERIES, log_x=True)
    axes = drawn[0].axes[0]
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.5", "16"]


@pytest.mark.parametrize(
    ("x", "series", "options", "message"),
    [
        ([1, 2], {}, {}, "1 to 8 series, got 0"),
        ([2, 1], SERIES, {}, "rising values"),
        ([1, 2], {"a": [1, 2]}, {}, r"shape \(m, n\) and at least one number, got shape \(2,\)"),
        (
            [1, 2],
            {"a": [[1, 2], [1, 2]]},
            {},
            "a and quantiles: expected equal lengths, got 2 and 3",
        ),
        ([1, 2], {"a": np.ones((3, 3))}, {}, "a and x: expected equal lengths, got 3 and 2"),
        ([1, 2], {"a": [[0, 1], [1, 1], [1, 1]]}, {}, "values above 0, got 0"),
        ([1, 2], {"a": [[2, 1], [1, 1], [3, 1]]}, {}, "a low quantile, the median and a high"),
        ([1, 2], SERIES, {"limits": (0.1, 10)}, "medians from 0.1 to 10, got 0.001 to 1"),
        ([1, 2], SERIES, {"limits": (1e-4, 2)}, "medians from 0.0001 to 2, got 1 to 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused(x, series, options, message):
    with pytest.raises(ValueError, match=message):
        medians_with_bands(x, series, **options)
