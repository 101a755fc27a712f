"""Panels share one scale, and each line in them is a median in a band of quartiles."""

import importlib

import numpy as np
import pytest

from unrolled.figures import panels


@pytest.fixture
def drawn(monkeypatch):
    """Keep the matplotlib figures behind the pictures that a test draws."""
    module, kept = importlib.import_module("unrolled.figures.panels"), []
    original = module.from_figure
    monkeypatch.setattr(
        module, "from_figure", lambda figure, *a: kept.append(figure) or original(figure, *a)
    )
    return kept


SEEDS = np.array([[4.0, 1, 1], [4, 2, 2], [4, 3, 40], [4, 4, 4], [4, 5, 5]])


def test_a_line_is_the_median_and_its_band_the_quartiles(drawn):
    panels({"a": [0, 1, 2]}, {"RNN": {"a": SEEDS}}, log=True, baseline=0.5)
    axes = drawn[0].axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [4, 3, 4])
    edges = axes.collections[0].get_paths()[0].vertices
    assert {tuple(v) for v in edges.tolist()} >= {(1, 2), (1, 4), (2, 2), (2, 5)}
    assert axes.lines[1].get_ydata() == [0.5, 0.5]
    assert axes.get_yscale() == "log"


def test_panels_have_one_scale_and_every_line_its_name(drawn):
    x = {"a": [0, 1, 2], "b": [0, 2, 4]}
    curves = {name: {"a": SEEDS * k, "b": SEEDS + k} for k, name in enumerate("pqr", 1)}
    picture = panels(x, curves, xlabel="step", ylabel="error")
    shown = drawn[0].axes
    assert len(shown) == 3  # the fourth place stays empty
    assert len({axes.get_ylim() for axes in shown}) == 1
    for axes, name in zip(shown, curves, strict=True):
        assert axes.get_title(loc="left") == name
        assert {text.get_text() for text in axes.texts} == {"a", "b"}
    assert "q: a stays at 8, b stays at 6." in picture.alt
    assert picture.alt.startswith("Error over step, one panel each")


def test_a_panel_may_lack_a_line_and_colours_stay(drawn):
    x = {"a": [0, 1, 2], "b": [0, 1, 2]}
    picture = panels(x, {"p": {"a": SEEDS, "b": SEEDS}, "q": {"b": SEEDS}})
    both, one = drawn[0].axes
    assert [text.get_text() for text in one.texts] == ["b"]
    assert one.lines[0].get_color() == both.lines[1].get_color() != both.lines[0].get_color()
    assert "q: b " in picture.alt


@pytest.mark.parametrize(
    ("x", "curves", "message"),
    [
        ({}, {"p": {}}, "x: expected at least one"),
        ({"a": [0, 1, 2]}, {}, "curves: expected at least one"),
        ({"a": [0, 1, 2]}, {"p": {}}, r"p: expected lines among \['a'\], got \[\]"),
        ({"a": [0, 1, 2]}, {"p": {"b": SEEDS}}, r"p: expected lines among \['a'\], got \['b'\]"),
        ({"a": [0, 1]}, {"p": {"a": SEEDS}}, "p, a and x: expected equal lengths, got 3 and 2"),
        ({"a": [0, 1, 2]}, {"p": {"a": -SEEDS}}, "p, a: expected values above 0 .* got -40"),
        ({str(k): [0] for k in range(9)}, {"p": {}}, "1 to 8 lines, got 9"),
    ],
)
def test_panels_refuse(x, curves, message):
    with pytest.raises(ValueError, match=message):
        panels(x, curves, log=True)
