"""The cells' drawings: their arrows are the graph's edges, and nothing lies on anything."""

import re
from collections import Counter

import matplotlib.style
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba

from unrolled.figures import Graph, Node, cell_graph, gradient_graph, gru_cell, network_graph
from unrolled.figures.cells import draw_gru, draw_lstm, draw_rnn
from unrolled.figures.diagram import Diagram
from unrolled.figures.encoders import draw_encoder, encoder_graph
from unrolled.figures.network import draw_gradients, draw_network
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import STYLE
from unrolled.figures.stacks import draw_stacks, stack_graph, stacks_graph

SHEETS = {
    "rnn": draw_rnn,
    "lstm": draw_lstm,
    "gru": lambda: draw_gru(True),
    "gru_reset_before": lambda: draw_gru(False),
    "network": lambda: draw_network(["ten", "to", "six"], False),
    "bidirectional": lambda: draw_network(["ten", "to", "six"] * 2, True),
    "gradients": lambda: draw_gradients(["ten", "to", "six"]),
    "gradients of one long word": lambda: draw_gradients(["extraordinarily"]),
    "one word": lambda: draw_network(["breakfast"], True),
    "stacks": lambda: draw_stacks(["breakfast", "at", "ten"]),
    "encoder": lambda: draw_encoder(["breakfast", "at", "ten"], 2),
    "long words": lambda: draw_network(["extraordinarily", "wakefulness"], False),
}
GRAPHS = {name: cell_graph(name) for name in ("rnn", "lstm", "gru", "gru_reset_before")} | {
    "network": network_graph(3),
    "bidirectional": network_graph(6, bidirectional=True),
    "gradients": gradient_graph(3),
    "stacks": stacks_graph(3),
    "encoder": encoder_graph(2, 3),
}
GATE_INPUTS = {"x_t", "h_{t-1}"}


@pytest.fixture(scope="module", params=SHEETS)
def sheet(request):
    with matplotlib.style.context(["default", STYLE]):
        return SHEETS[request.param]()


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAPHS)
def test_drawn_arrows_are_the_declared_edges(name, pictures):
    drawn = re.findall(r'data-edge="([^":]+):([^":]+)"', pictures[name].svg)
    assert Counter(drawn) == Counter(GRAPHS[name].edges)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_is_drawn_once(name, pictures):
    drawn = re.findall(r'data-node="([^"]+)"', pictures[name].svg)
    assert sorted(drawn) == sorted(node.name for node in GRAPHS[name].nodes)


def test_cells_depend_on_what_their_equations_name():
    assert cell_graph("rnn").dependencies() == {"h_t": GATE_INPUTS}
    assert cell_graph("lstm").dependencies() == {
        **{gate: GATE_INPUTS for gate in ("f_t", "i_t", "g_t", "o_t")},
        "c_t": {"f_t", "c_{t-1}", "i_t", "g_t"},
        "h_t": {"o_t", "c_t"},
    }
    for name in ("gru", "gru_reset_before"):
        assert cell_graph(name).dependencies() == {
            "z_t": GATE_INPUTS,
            "r_t": GATE_INPUTS,
            "g_t": GATE_INPUTS | {"r_t"},
            "h_t": {"z_t", "h_{t-1}", "g_t"},
        }


def test_the_two_grus_differ_in_where_the_reset_gate_stands():
    after, before = (set(cell_graph(n).edges) for n in ("gru", "gru_reset_before"))
    assert after - before == {("h_{t-1}", "hU"), ("hU", "reset")}
    assert before - after == {("h_{t-1}", "reset")}


def test_a_network_shares_one_set_of_weights_between_all_steps():
    edges = network_graph(4).edges
    assert [t for s, t in edges if s == "weights"] == ["h_1", "h_2", "h_3", "h_4"]
    both = network_graph(4, bidirectional=True).dependencies()
    assert both["h_2"] == {"x_2", "h_1", "weights"}
    assert both["k_2"] == {"x_2", "k_3", "backward weights"}
    assert both["y"] == {"h_4", "k_1"}


def test_a_gradient_takes_every_arrow_of_the_network_the_other_way():
    edges = gradient_graph(3).edges
    forward = {*network_graph(3).edges, ("y", "L")}
    assert {*edges} - forward == {(target, source) for source, target in forward}
    with matplotlib.style.context(["default", STYLE]):
        drawn = draw_gradients(["ten", "to", "six"])
    for patch in drawn.axes.patches:
        edge = tuple((patch.get_gid() or "").split(":")[1:])
        if edge in edges:
            assert (patch.get_linestyle() != "solid") == (edge not in forward), edge
            assert (patch.get_edgecolor() == to_rgba(placeholder("r"))) == (edge not in forward)


def test_a_second_layer_reads_every_state_of_the_first():
    deep = stack_graph(2, 1, steps=3).dependencies()
    assert deep["h2_2"] == {"h1_2", "h2_1"}
    assert deep["y"] == {"h2_3"}
    wide = stack_graph(2, 2, steps=3).dependencies()
    # Operations are looked through, so the joined states of both readers are named.
    assert wide["h2_2"] == {"h1_2", "k1_2", "h2_1"}
    assert wide["k2_2"] == {"h1_2", "k1_2", "k2_3"}
    assert wide["k1_2"] == {"x_2", "k1_3"}
    assert wide["y"] == {"h2_3", "k2_1"}


def test_a_layer_of_an_encoder_reads_all_of_the_layer_below_and_no_neighbour():
    found = encoder_graph(2, steps=3).dependencies()
    assert found["h1_2"] == {"x_1", "x_2", "x_3"}
    assert found["h2_3"] == {"h1_1", "h1_2", "h1_3"}
    assert found["y"] == {"h2_1", "h2_2", "h2_3"}


def test_the_description_names_every_gate_and_state(pictures):
    assert pictures["rnn"].alt == (
        "One step of an RNN cell. "
        "The hidden state h(t) is tanh of a weighted sum of x(t) and h(t-1)."
    )
    gates = ("forget gate f(t)", "input gate i(t)", "candidate g(t)", "output gate o(t)")
    for title in (*gates, "cell state c(t)", "hidden state h(t)"):
        assert f"The {title} is " in pictures["lstm"].alt
    assert "c(t) is f(t) times c(t-1) plus i(t) times g(t)." in pictures["lstm"].alt
    for title in ("update gate z(t)", "reset gate r(t)", "candidate g(t)", "hidden state h(t)"):
        assert f"The {title} is " in pictures["gru"].alt
    assert "plus r(t) times the weighted h(t-1)" in pictures["gru"].alt
    assert "a weighted sum of x(t) and r(t) times h(t-1)" in pictures["gru_reset_before"].alt


def boxes(diagram):
    """Return each text of a drawing with the box that its letters fill, in pixels."""
    renderer = FigureCanvasAgg(diagram.figure).get_renderer()
    return {
        (text.get_text(), k): text.get_window_extent(renderer)
        for k, text in enumerate(diagram.axes.texts)
        if text.get_text()
    }


def arrows(diagram):
    """Return each arrow's line in pixels; a FancyArrowPatch holds its own in points."""
    found = {}
    for patch in diagram.axes.patches:
        if (patch.get_gid() or "").startswith("edge:"):
            path = patch._path_original.transformed(diagram.axes.transData)
            found[patch.get_gid()] = path.interpolated(8)
    return found


def test_no_two_texts_overlap_and_none_leaves_the_sheet(sheet):
    found = list(boxes(sheet).items())
    page = sheet.axes.get_window_extent()
    for k, (one, box) in enumerate(found):
        assert page.x0 <= box.x0 < box.x1 <= page.x1, one
        assert page.y0 <= box.y0 < box.y1 <= page.y1, one
        for other, second in found[k + 1 :]:
            assert not box.overlaps(second), (one, other)


def test_a_label_stays_inside_its_box(sheet):
    to_points = sheet.axes.transData.inverted()
    for label, box in boxes(sheet).items():
        ends = to_points.transform(box.get_points())
        middle = ends.mean(axis=0)
        for name, shape in sheet.shapes.items():
            place, half = (shape.x, shape.y), (shape.half_width, shape.half_height)
            if (abs(middle - place) < half).all():
                assert (abs(ends - place) <= half).all(), (label, name)


def test_no_arrow_runs_through_a_label(sheet):
    for label, box in boxes(sheet).items():
        for name, path in arrows(sheet).items():
            assert not path.intersects_bbox(box, filled=False), (label, name)


def test_every_arrow_leaves_its_source_and_meets_its_target(sheet):
    for source, target in sheet.graph.edges:
        (patch,) = [p for p in sheet.axes.patches if p.get_gid() == f"edge:{source}:{target}"]
        way = patch._path_original.vertices
        for name, end in ((source, way[0]), (target, way[-1])):
            shape = sheet.shapes[name]
            across = abs(end - (shape.x, shape.y)) / (shape.half_width, shape.half_height)
            assert max(across) == pytest.approx(1), (source, target, name)


def test_no_arrow_runs_through_a_shape_that_it_does_not_join(sheet):
    for source, target in sheet.graph.edges:
        (patch,) = [p for p in sheet.axes.patches if p.get_gid() == f"edge:{source}:{target}"]
        points = patch._path_original.interpolated(50).vertices
        for name, shape in sheet.shapes.items():
            clear = -0.01 if name in (source, target) else 3
            half = shape.half_width + clear, shape.half_height + clear
            inside = (abs(points - (shape.x, shape.y)) < half).all(axis=1)
            assert not inside.any(), (source, target, name)


def test_no_two_shapes_touch(sheet):
    shapes = list(sheet.shapes.items())
    for k, (one, a) in enumerate(shapes):
        for other, b in shapes[k + 1 :]:
            apart = (
                abs(a.x - b.x) >= a.half_width + b.half_width
                or abs(a.y - b.y) >= a.half_height + b.half_height
            )
            assert apart, (one, other)


def test_a_graph_refuses_what_does_not_fit_together():
    node = Node("a", "input")
    with pytest.raises(ValueError, match="an edge between nodes, got one at 'b'"):
        Graph((node,), (("a", "b"),))
    with pytest.raises(ValueError, match="every node once"):
        Graph((node, node), ())
    with pytest.raises(ValueError, match="a kind among"):
        Graph((Node("a", "thing"),), ())
    with pytest.raises(ValueError, match="one of rnn, lstm, gru, gru_reset_before, got 'LSTM'"):
        cell_graph("LSTM")


def test_a_drawing_can_neither_add_an_arrow_nor_lose_a_node():
    graph = Graph((Node("a", "input"), Node("b", "output")), (("a", "b"),))
    with matplotlib.style.context(["default", STYLE]):
        diagram = Diagram(graph, 200, 100)
        diagram.variable("a", 40, 50, "x")
        with pytest.raises(ValueError, match=r"a shape for every node, got none for \['b'\]"):
            diagram.connect()
        diagram.variable("b", 160, 50, "h")
        with pytest.raises(ValueError, match="corners of the graph's edges"):
            diagram.connect({("b", "a"): [(100, 50)]})


def test_gru_cell_wants_a_bool():
    with pytest.raises(TypeError, match="expected True or False, got 'after'"):
        gru_cell("after")
