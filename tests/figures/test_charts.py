"""The charts: what is drawn is what the numbers say, and so are the words."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from unrolled.figures import (
    bars,
    batches,
    cloud,
    clouds,
    comparisons,
    curves,
    gate_maps,
    gates,
    gradient_network,
    intervals,
    learning,
    learning_curve,
    letter_bars,
    lines_with_bands,
    padded_batch,
    scatter,
    seed_dots,
    seeds,
    spelling,
    stacked_networks,
    unrolled_network,
)
from unrolled.figures.axes import apart
from unrolled.figures.palette import placeholder

YES = np.array([[True, True, False], [True, True, True]])
IDS = np.array([[2, 3, 0], [4, 5, 6]])


@pytest.fixture
def drawn(monkeypatch):
    """Keep the matplotlib figures behind the pictures that a test draws."""
    kept = []

    def keep(original):
        def inner(figure, *args):
            kept.append(figure)
            return original(figure, *args)

        return inner

    for module in (batches, clouds, comparisons, curves, gate_maps, learning, seeds, spelling):
        monkeypatch.setattr(module, "from_figure", keep(module.from_figure))
    return kept


def lines(figure, role):
    return [
        line for line in figure.axes[0].lines
        if line.get_color() == placeholder(role) and line.get_linestyle() == "-"
    ]  # fmt: skip


def test_learning_curve_draws_the_mean_the_band_and_the_lowest_epoch(drawn):
    loss = np.array([[4.0, 2, 1], [6, 2, 1]])
    validation = np.array([[5.0, 2, 3], [7, 4, 5]])
    picture = learning_curve({"loss": loss, "val_loss": validation}, baseline=6)
    (figure,) = drawn
    (trained,), (judged,) = lines(figure, "f"), lines(figure, "h")
    np.testing.assert_array_equal(trained.get_ydata(), [5, 2, 1])
    np.testing.assert_array_equal(judged.get_xydata(), [[1, 6], [2, 3], [3, 4]])
    bands = [band.get_paths()[0].vertices for band in figure.axes[0].collections]
    assert [(v[:, 1].min(), v[:, 1].max()) for v in bands] == [(1, 6), (2, 7)]
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"training", "validation", "baseline", "epoch 2 lowest"}
    assert picture.alt == (
        "Loss over 3 epochs, mean and range of 2 seeds. Training falls from 5 to 1. "
        "Validation falls from 6 to 4. Epoch 2 is lowest, with a validation value of 3. "
        "The baseline is 6."
    )


def test_learning_curve_marks_the_epoch_that_it_is_told(drawn):
    alt = learning_curve({"loss": [3, 2, 1], "val_loss": [3, 1, 2]}, best=3).alt
    assert "Epoch 3 is kept, with a validation value of 2." in alt
    ring = [line for line in drawn[0].axes[0].lines if line.get_marker() == "o"]
    assert ring[0].get_xydata().tolist() == [[3, 2]]


def test_learning_curve_of_one_epoch_without_validation():
    alt = learning_curve({"mae": [3]}, metric="mae", ylabel="error, minutes").alt
    assert alt == (
        "Error, minutes over 1 epochs. Training is 3. Epoch 1 is kept, with a training value of 3."
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2],), TypeError, "a mapping of names to curves"),
        (({"val_loss": [1]},), ValueError, r"a curve 'loss', got \['val_loss'\]"),
        (
            ({"loss": []},),
            ValueError,
            r"\(n,\) or \(m, n\) and at least one number, got shape \(0,\)",
        ),
        (({"loss": [[[1]]]},), ValueError, r"at least one number, got shape \(1, 1, 1\)"),
        (
            ({"loss": [1, float("nan")]},),
            ValueError,
            "loss: expected finite numbers, got nan at index 1",
        ),
        (({"loss": ["a"]},), TypeError, "loss: expected real numbers, got dtype"),
        (({"loss": [1, 2], "val_loss": [1]},), ValueError, "curves of one shape"),
        (({"loss": [1, 2]}, None, 0), ValueError, "an epoch from 1 to 2, got 0"),
        (({"loss": [1, 2]}, None, 3), ValueError, "an epoch from 1 to 2, got 3"),
        (({"loss": [1, 2]}, None, 1.0), ValueError, "an epoch from 1 to 2, got 1.0"),
        (({"loss": [1, 2]}, float("inf")), ValueError, "baseline: expected finite"),
    ],
)
def test_learning_curve_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        learning_curve(*arguments)


def test_lines_end_beside_their_names(drawn):
    lines_with_bands([1, 2, 3], {"RNN": [3, 2, 1.0], "LSTM": [3, 2, 1.01]}, log=True)
    axes = drawn[0].axes[0]
    assert axes.get_yscale() == "log"
    heights = [text.get_window_extent().y0 for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == ["RNN", "LSTM"]
    assert heights[1] - heights[0] >= 13 * axes.figure.dpi / 72


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([3.1, 48], ["3", "5", "10", "20", "30", "50"]),
        ([0.18, 2.5], ["0.2", "0.3", "0.5", "1", "2"]),
        ([1.25, 1.75], ["1.4", "1.6"]),
        ([2000, 9000], ["2,000", "3,000", "5,000"]),
    ],
)
def test_a_short_logarithmic_axis_is_marked_by_plain_numbers(drawn, values, marks):
    lines_with_bands([1, 2], {"RNN": values}, log=True)
    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == marks
    assert not axes.get_yticks(minor=True).size


def test_a_long_logarithmic_axis_is_marked_by_powers_of_ten(drawn):
    lines_with_bands([1, 2], {"RNN": [1e-3, 1]}, log=True)
    assert "10^{-3}" in "".join(text.get_text() for text in drawn[0].axes[0].get_yticklabels())


def test_labels_move_apart_as_little_as_they_must():
    assert apart([0, 15, 60], 10) == [0, 15, 60]
    np.testing.assert_allclose(apart([5, 5, 5], 10), [-5, 5, 15])
    np.testing.assert_allclose(np.diff(apart([0, 9, 12, 40], 10)) >= 10, True)


@pytest.mark.parametrize(
    ("x", "series", "message"),
    [
        ([1, 2], {}, "1 to 8 series, got 0"),
        ([1, 2], {"a": [1, 2, 3]}, "a and x: expected equal lengths, got 3 and 2"),
        ([2, 2], {"a": [1, 2]}, "rising values"),
        ([1, 2], {"a": [1, 0]}, "above 0 on a logarithmic axis, got 0"),
        ([], {"a": []}, "at least one number"),
    ],
)
def test_lines_refuse(x, series, message):
    with pytest.raises(ValueError, match=message):
        lines_with_bands(x, series, log=True)


def test_an_unknown_colour_role_is_refused():
    with pytest.raises(ValueError, match="expected a colour role"):
        lines_with_bands([1, 2], {"a": [1, 2]}, roles={"a": "red"})


def test_scatter_draws_every_pair(drawn):
    scatter([0, 1, 2], [0.5, 1, 3])
    (points,) = [line for line in drawn[0].axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(points.get_xydata(), [[0, 0.5], [1, 1], [2, 3]])
    low, high = drawn[0].axes[0].get_xlim()
    assert (low, high) == drawn[0].axes[0].get_ylim()
    assert low < 0
    assert high > 3


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        ([1, 2], [1], "predictions and targets: expected equal lengths, got 1 and 2"),
        ([1, float("nan")], [1, 2], "targets: expected finite"),
        (
            [[1]],
            [[1]],
            r"targets: expected shape \(n,\) and at least one number, got shape \(1, 1\)",
        ),
        ([], [], r"targets: expected shape \(n,\) and at least one"),
    ],
)
def test_scatter_refuses(targets, predictions, message):
    with pytest.raises(ValueError, match=message):
        scatter(targets, predictions)


def test_a_cloud_draws_its_points_and_the_means_of_bins(drawn):
    x, y = np.arange(20.0), np.repeat([0.0, 2.0, 1.0, 3.0], 5)
    cloud(x[::-1], y[::-1], "answer", "error")
    points, zero, *others = drawn[0].axes[0].lines
    np.testing.assert_array_equal(np.sort(points.get_xdata()), x)
    np.testing.assert_array_equal(zero.get_xydata(), [[0, 0], [19, 0]])
    (means,) = [line for line in others if line.get_linestyle() == "-"]
    np.testing.assert_array_equal(means.get_xydata(), [[2, 0], [7, 2], [12, 1], [17, 3]])


def test_a_cloud_of_many_points_draws_some_and_means_all(drawn):
    x = np.arange(1.0, 5001)
    alt = cloud(x, x + 1, "tokens", "truth", diagonal=True, log=True).alt
    assert alt.startswith("5,000 points, truth over tokens, which runs from 1 to 5,000.")
    assert len(drawn[0].axes[0].lines[0].get_xdata()) == clouds.MOST_POINTS
    np.testing.assert_allclose(clouds.binned(x, x + 1).y, np.arange(251.5, 5000, 500))


def test_bins_keep_equal_values_together_and_one_point_has_no_interval():
    bins = clouds.binned(np.repeat([1.0, 7.0], [19, 1]), np.arange(20.0))
    np.testing.assert_array_equal(bins.x, [1, 7])
    np.testing.assert_array_equal(bins.y, [9, 19])
    assert bins.half[0] > bins.half[1] == 0


def test_a_cloud_refuses_a_logarithm_of_zero():
    with pytest.raises(ValueError, match="x: expected values above 0, got 0"):
        cloud([0, 1], [1, 2], "tokens", "error", log=True)


def test_bars_are_as_long_as_their_values(drawn):
    alt = bars(["$1", "b"], [2, 4.5], [0, 0.25], xlabel="error", highlight="b").alt
    axes = drawn[0].axes[0]
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() for bar in rectangles] == [2, 4.5]
    assert [text.get_text() for text in axes.texts] == ["2.00", "4.50 ± 0.25"]
    assert axes.get_xlim() == (0, 4.75)
    assert alt == "Bars comparing error. $1: 2.00. b: 4.50, plus or minus 0.25."


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["a"], [1, 2]), ValueError, "values and labels: expected equal lengths, got 2 and 1"),
        ((["a"], [-1]), ValueError, "values: expected 0 or above, got -1"),
        ((["a"], [1], [-1]), ValueError, "errors: expected 0 or above, got -1"),
        ((["a"], [1], [1, 2]), ValueError, "errors and labels: expected equal lengths"),
        ((["a"], [1], None, "", "b"), ValueError, r"highlight: expected one of \['a'\], got 'b'"),
        (("a", [1]), TypeError, "labels: expected a list of strings, got one bare str"),
        (([], []), ValueError, "labels: expected at least one text, got none"),
        (([1], [1]), TypeError, "labels: expected only strings, got int"),
    ],
)
def test_bars_refuse(arguments, error, message):
    with pytest.raises(error, match=message):
        bars(*arguments)


def test_the_means_of_seed_dots_have_as_many_digits_as_one_another(drawn):
    picture = seed_dots({"LSTM": {"one": [6.9, 7.1], "two": [7.0, 7.12]}}, xlabel="error")
    said = [text.get_text() for text in drawn[0].axes[0].texts]
    assert {"7.00", "7.06"} <= {*said}
    assert "one 7.00, 6.90 to 7.10" in picture.alt
    assert "two 7.06, 7.00 to 7.12" in picture.alt


def test_every_seed_is_a_dot_and_its_mean_is_written(drawn):
    groups = {"RNN": {"mask": [10, 30], "none": [40.0]}, "GRU": {"none": [50, 60, 70]}}
    picture = seed_dots(groups, xlabel="error", baselines={"guess": 90})
    (figure,) = drawn
    (axes,) = figure.axes
    dots = {
        role: [line.get_xydata() for line in axes.lines if line.get_marker() == "o"
               and line.get_color() == placeholder(role)]
        for role in ("h", "f")
    }  # fmt: skip
    # One colour for rows of one name, in whatever group they stand.
    assert [row[:, 0].tolist() for row in dots["h"]] == [[10, 30]]
    assert [row[:, 0].tolist() for row in dots["f"]] == [[40], [50, 60, 70]]
    places = [row[0, 1] for row in (*dots["h"], *dots["f"])]
    strokes = [line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker() == "|"]
    assert strokes == [[20, places[0]], [40, places[1]], [60, places[2]]]
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert places == list(axes.get_yticks())
    assert ticks == ["mask", "none", "none"]
    written = [text.get_text() for text in axes.texts]
    assert written == ["RNN", "20", "40", "GRU", "60", "guess"]
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlim()[1] > 90
    assert picture.alt == (
        "Error: mean, and the range over the seeds. RNN: mask 20, 10 to 30; none 40. "
        "GRU: none 60, 50 to 70. guess is at 90."
    )
    seed_dots({"GRU": {"none": [50, 60, 70]}}, zero=False)
    assert 45 < drawn[1].axes[0].get_xlim()[0] < 50


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "at least one row in each of at least one, got {}"),
        ({"RNN": {}}, "at least one row in each"),
        ({"RNN": {"mask": []}}, r"RNN, mask: expected shape \(n,\) and at least one"),
        ({"RNN": {"mask": [np.nan]}}, "expected finite numbers, got nan at index 0"),
        ({"RNN": {key: [1.0] for key in "abcdefghi"}}, "1 to 8 different rows, got 9"),
    ],
)
def test_seed_dots_refuse(groups, message):
    with pytest.raises(ValueError, match=message):
        seed_dots(groups)


def test_intervals_are_as_long_as_they_say_and_one_row_stands_out(drawn):
    groups = {"A": {"x": [0.5, 0.25, 0.75], "y": [0.9, 0.8, 1.0]}, "B": {"y": [0.6, 0.5, 0.7]}}
    picture = intervals(groups, "r", highlight="y")
    (axes,) = drawn[0].axes
    strokes = [line for line in axes.lines if line.get_marker() == "None"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xdata().tolist() for line in strokes] == [[0.25, 0.75], [0.8, 1], [0.5, 0.7]]
    assert [line.get_xdata().tolist() for line in dots] == [[0.5], [0.9], [0.6]]
    places = [line.get_ydata()[0] for line in dots]
    assert places == [line.get_ydata()[0] for line in strokes] == list(axes.get_yticks())
    colours = [line.get_color() for line in dots]
    assert colours == [placeholder("h"), placeholder("f"), placeholder("f")]
    assert [text.get_text() for text in axes.texts] == ["A", "0.500", "0.900", "B", "0.600"]
    assert 0.15 < axes.get_xlim()[0] < 0.25  # It does not begin at 0, for a dot has no length.
    assert axes.get_xlim()[1] > 1
    assert picture.alt == (
        "R, with intervals. A: x 0.500, 0.250 to 0.750; y 0.900, 0.800 to 1.00. "
        "B: y 0.600, 0.500 to 0.700."
    )


@pytest.mark.parametrize(
    ("groups", "highlight", "message"),
    [
        ({}, None, "at least one row in each"),
        ({"A": {"x": [1, 0]}}, None, "A, x: expected a value and the ends"),
        ({"A": {"x": [1, 2, 3]}}, None, "A, x: expected a value and the ends"),
        ({"A": {"x": [1, np.nan, 3]}}, None, "finite"),
        ({"A": {"x": [1, 0, 2], "y": [1, 0, 2]}, "B": {"y": [1, 0, 2], "x": [1, 0, 2]}}, None,
         r"B: expected rows in the order \['x', 'y'\], got \['y', 'x'\]"),
        ({"A": {"x": [1, 0, 2]}, "B": {"y": [1, 0, 2]}}, None, "B: expected rows in the order"),
        ({"A": {"x": [1, 0, 2]}}, "z", r"highlight: expected one of \['x'\], got 'z'"),
    ],
)  # fmt: skip
def test_intervals_refuse(groups, highlight, message):
    with pytest.raises(ValueError, match=message):
        intervals(groups, highlight=highlight)


def test_stacked_networks_refuse_too_many_words():
    with pytest.raises(ValueError, match="1 to 4 words, got 5"):
        stacked_networks(["at"] * 5)


def test_padding_is_hatched_and_words_are_written(drawn):
    words = ["", "[UNK]", "ten", "to", "six", "past", "noon"]
    picture = padded_batch(IDS, YES, words)
    axes = drawn[0].axes[0]
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert len(hatched) == 1 + 1, "one padded cell and its key"
    texts = [text.get_text() for text in axes.texts]
    assert [t for t in texts if t in words or t == "0"] == ["ten", "to", "0", "six", "past", "noon"]
    assert picture.alt == (
        "A batch of 2 rows, each 3 steps long, padded after the words. "
        "Row 1 has 2 words: ten to, and 1 step of padding. Row 2 has 3 words: six past noon."
    )
    assert padded_batch(IDS, YES, [["ten", "to"], ["six", "past", "noon"]]) == picture


def test_padding_before_the_words_and_a_row_of_nothing_else():
    alt = padded_batch([[0, 0], [0, 7]], [[False, False], [False, True]], side="pre").alt
    assert "padded before the words" in alt
    assert "Row 1 has 0 words, and 2 steps of padding." in alt


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1.5]], [[True]]), TypeError, "ids: expected integers, got float64"),
        (([[1]], [[1]]), TypeError, "mask: expected bools, got int64"),
        (([1], [True]), ValueError, r"a filled \(N, T\) array, got shape \(1,\)"),
        ((IDS, YES[:1]), ValueError, r"the shape of ids, \(2, 3\), got \(1, 3\)"),
        ((IDS, YES, None, "left"), ValueError, "'post' or 'pre', got 'left'"),
        ((IDS, YES, None, "pre"), ValueError, "padding only before the words"),
        ((IDS, YES[:, ::-1]), ValueError, "padding only after the words"),
        ((np.ones((2, 25), int), np.ones((2, 25), bool)), ValueError, "at most 12 rows of 24"),
        ((IDS, YES, ["", "[UNK]", "a"]), ValueError, "got 3 words and the id 3"),
        ((IDS, YES, [["a", "b"]]), ValueError, "2 rows of words, got 1"),
        ((IDS, YES, [["a", "b"], ["c"]]), ValueError, "3 words in row 2, got 1"),
        ((IDS, YES, "words"), TypeError, "a vocabulary or rows of words, got 'words'"),
    ],
)
def test_padded_batch_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        padded_batch(*arguments)


def test_the_strength_of_a_cell_is_its_value_and_a_hatch_its_sign(drawn):
    alt = gates(["ten", "to"], {"f": [[1, 0.5], [0, 0.25]], "g": [-0.5, 0.75]}).alt
    patches = drawn[0].axes[0].patches
    strengths = {
        role: [p.get_alpha() for p in patches if p.get_facecolor()[:3] == rgb(role)]
        for role in "fg"
    }
    assert strengths == {"f": [1, 0.5, 0, 0.25], "g": [0.5, 0.75]}
    assert sum(bool(p.get_hatch()) for p in patches) == 1 + 1, "one value below 0 and the key"
    assert alt == (
        "Values over 2 words: ten, to. "
        "f: mean of 2 units 0.438; highest at word 1, ten, with 0.75; lowest at word 2, to, with "
        "0.125. g: mean 0.125; highest at word 2, to, with 0.75; lowest at word 1, ten, with -0.5."
    )


def rgb(role):
    colour = placeholder(role)
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


@pytest.mark.parametrize(
    ("tokens", "values", "error", "message"),
    [
        ([], {"f": []}, ValueError, "tokens: expected at least one"),
        ("ten", {"f": [1, 1, 1]}, TypeError, "tokens: expected a list of strings"),
        (["ten"], {}, ValueError, "at least one gate"),
        (["ten"], {"f": [1, 1]}, ValueError, "f and tokens: expected equal lengths, got 2 and 1"),
        (["ten"], {"f": [1.5]}, ValueError, "f: expected values from -1 to 1, got 1.5 to 1.5"),
        (["ten"], {"f": np.ones((1, 6001))}, ValueError, "at most 6000 cells, got 6001"),
    ],
)
def test_gates_refuse(tokens, values, error, message):
    with pytest.raises(error, match=message):
        gates(tokens, values)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], ValueError, "words: expected at least one text, got none"),
        ("ten to six", TypeError, "words: expected a list of strings"),
        (["ten", 2], TypeError, "words: expected only strings, got int"),
        (["ten", " "], ValueError, r"no blank word, got \[' '\]"),
        (["a"] * 13, ValueError, "1 to 12 words, got 13"),
    ],
)
@pytest.mark.parametrize("draw", [unrolled_network, gradient_network])
def test_a_network_refuses(draw, words, error, message):
    with pytest.raises(error, match=message):
        draw(words)


def test_letter_bars_stand_over_their_letters(drawn):
    rows = {"one": [0, 1, 2], "two": [3, 0, 0.5]}
    picture = letter_bars("a b", rows, "bits")
    assert [[bar.get_height() for bar in axes.patches] for axes in drawn[0].axes] == [
        [0, 1, 2],
        [3, 0, 0.5],
    ]
    assert [label.get_text() for label in drawn[0].axes[-1].get_xticklabels()] == ["a", "␣", "b"]
    assert 'two: 3.5 in all, at most 3, for "a".' in picture.alt


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "expected 1 to"),
        ({"one": [1.0]}, "expected equal lengths, got 1 and 2"),
        ({"one": [1.0, -1.0]}, "expected 0 or above"),
    ],
)
def test_letter_bars_refuse(rows, message):
    with pytest.raises(ValueError, match=message):
        letter_bars("ab", rows)
