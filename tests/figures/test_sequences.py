"""A sequence is drawn as it is: every step a dot, every mark in its place."""

import pytest

from unrolled.figures import sequences
from unrolled.figures.palette import placeholder


def test_every_step_is_a_dot_and_every_mark_has_its_name(monkeypatch):
    kept = []
    original = sequences.from_figure
    monkeypatch.setattr(
        sequences,
        "from_figure",
        lambda figure, *args: kept.append(figure) or original(figure, *args),
    )
    picture = sequences.marked_steps([0, 2, 1, 1], {1: "X"}, "symbol", rows=["a", "b", "X"])
    axes = kept[0].axes[0]
    quiet, marked = axes.lines
    assert quiet.get_xydata().tolist() == [[0, 0], [2, 1], [3, 1]]
    assert marked.get_xydata().tolist() == [[1, 2]]
    assert marked.get_color() == placeholder("f")
    assert [text.get_text() for text in axes.texts] == ["X"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "X"]
    assert picture.alt == "Symbol over 4 steps, each one of a, b, X. Marked: X at step 1, X."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], {2: "X"}), "steps from 0 to 1, got 2"),
        (([1, 2], {-1: "X"}), "steps from 0 to 1, got -1"),
        (([1, float("nan")], {}), "values: expected finite"),
        (([0, 2], {}, "symbol", ["a", "b"]), "rows from 0 to 1"),
        (([0.5], {}, "symbol", ["a", "b"]), "rows from 0 to 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        sequences.marked_steps(*arguments)
