"""The RNN, LSTM and GRU cell, drawn: time runs to the right, data flows upwards."""

from unrolled.figures.diagram import Diagram
from unrolled.figures.graphs import cell_graph
from unrolled.figures.picture import Picture, drawn

SUM = "xW + hU + b"
SUM_LABEL = r"$x_t\,W + h_{t-1}\,U + b$"
#: Gate, its block in W, U and b, its title and its place, in the order of the blocks.
_LSTM_GATES = (
    ("i", "i", "input", 102),
    ("f", "f", "forget", 178),
    ("g", "c", "candidate", 254),
    ("o", "o", "output", 330),
)


@drawn
def rnn_cell(alt: str | None = None) -> Picture:
    """Draw one step of the simple recurrent cell :cite:p:`elman1990`.

    ``alt`` replaces the description that is made from the graph.

    >>> rnn_cell().alt.split(". ")[-1]
    'The hidden state h(t) is tanh of a weighted sum of x(t) and h(t-1).'
    """
    sheet = draw_rnn()
    return sheet.picture(alt or f"One step of an RNN cell. {sheet.graph.describe()}", 0, 520)


def draw_rnn() -> Diagram:
    """Return the drawing of the RNN cell."""
    d = Diagram(cell_graph("rnn"), 440, 196)
    d.panel(66, 12, 434, 136)
    d.variable("h_{t-1}", 30, 74, "h")
    d.variable("x_t", 166, 172, "x")
    d.box(SUM, 166, 74, 164, 42, "x", SUM_LABEL, 15)
    d.box("tanh", 308, 74, 72, 42, "h")
    d.activation(308, 74, "h", "tanh")
    d.variable("h_t", 400, 74, "h")
    d.connect()
    d.text(30, 42, "before")
    d.text(400, 42, "after")
    d.text(400, 110, "also $y_t$")
    d.text(198, 172, "the input", ha="left")
    return d


@drawn
def lstm_cell(alt: str | None = None) -> Picture:
    """Draw one step of the LSTM cell :cite:p:`hochreiter1997,gers2000`.

    ``alt`` replaces the description that is made from the graph.

    >>> "The forget gate f(t) is the sigmoid of" in lstm_cell().alt
    True
    """
    sheet = draw_lstm()
    blocks = "W, U and b each hold four blocks side by side: i, f, c, o."
    said = f"One step of an LSTM cell. {sheet.graph.describe()} {blocks}"
    return sheet.picture(alt or said, 0, 560)


def draw_lstm() -> Diagram:
    """Return the drawing of the LSTM cell: the cell state runs along the top."""
    d = Diagram(cell_graph("lstm"), 458, 434)
    d.panel(58, 12, 452, 378)
    d.band(28, 416, 64, "c")
    d.variable("c_{t-1}", 28, 64, "c")
    d.variable("h_{t-1}", 28, 338, "h")
    d.variable("x_t", 216, 412, "x")
    d.box(SUM, 216, 338, 298, 56, "x")
    d.line((67, 338), (365, 338), "x")
    d.text(216, 352, SUM_LABEL, 15, "ink")
    for gate, block, title, x in _LSTM_GATES:
        d.box(f"{gate}_t", x, 244, 70, 78, gate)
        d.text(x, 221, f"${gate}_t$", 18, gate)
        d.activation(x, 245, gate, "tanh" if gate == "g" else "sigmoid")
        d.text(x, 269, title, 12, "ink")
        d.text(x, 324, rf"$W_{block}\;U_{block}\;b_{block}$", 14, gate)
        if gate != "i":
            d.line((x - 38, 310), (x - 38, 338), "x")
    d.valve("keep", 178, 64, "f", flow="c")
    d.valve("write", 254, 144, "i", flow="g", upright=True)
    d.valve("show", 416, 244, "o", flow="h", upright=True)
    d.operation("+", 254, 64, "+", flow="c")
    d.variable("c_t", 416, 64, "c")
    d.box("tanh", 416, 144, 64, 38, "c")
    d.activation(416, 144, "c", "tanh")
    d.variable("h_t", 416, 338, "h")
    d.connect({("i_t", "write"): [(102, 144)]})
    d.text(178, 33, "keep some")
    d.text(272, 144, "write some", ha="left")
    d.text(404, 283, "show", ha="right")
    d.text(404, 299, "some", ha="right")
    return d


@drawn
def gru_cell(reset_after: bool = True, alt: str | None = None) -> Picture:
    """Draw one step of the GRU cell with its formulae :cite:p:`cho2014`.

    With ``reset_after`` the reset gate meets the state after the product with U_h, as it does in
    Keras by default; without, before it, as first published.
    ``alt`` replaces the description that is made from the graph.

    Raises ``TypeError`` where ``reset_after`` is no bool.

    >>> gru_cell().alt.split(" is ")[-1]
    'z(t) times h(t-1) plus (1 minus z(t)) times g(t).'
    """
    if not isinstance(reset_after, bool):
        raise TypeError(f"reset_after: expected True or False, got {reset_after!r}")
    sheet = draw_gru(reset_after)
    place = "after" if reset_after else "before"
    alt = alt or (
        f"One step of a GRU cell that resets {place} the recurrent product. "
        f"{sheet.graph.describe()}"
    )
    return sheet.picture(alt, 0, 580)


def _formulae(reset_after: bool) -> dict[str, tuple[str, str]]:
    """Return each gate's formula in two lines: what the input gives, what the state gives."""
    own = {g: rf" + b_{g}" if reset_after else "" for g in "zrh"}
    last = {g: rf" + b^U_{g}" if reset_after else rf" + b_{g}" for g in "zrh"}
    lines = {
        g: (rf"$= \sigma(x_t\,W_{g}{own[g]}$", rf"$\quad +\; h_{{t-1}}\,U_{g}{last[g]})$")
        for g in "zr"
    }
    inner = (
        r"r_t \odot (h_{t-1}\,U_h + b^U_h)" if reset_after else r"(r_t \odot h_{t-1})\,U_h + b_h"
    )
    return lines | {"g": (rf"$= \tanh(x_t\,W_h{own['h']}$", rf"$\quad +\; {inner})$")}


def draw_gru(reset_after: bool) -> Diagram:
    """Return the drawing of the GRU cell: the hidden state runs along the top."""
    d = Diagram(cell_graph("gru" if reset_after else "gru_reset_before"), 484, 470)
    d.panel(58, 12, 478, 418)
    d.band(30, 446, 64, "h")
    d.variable("h_{t-1}", 30, 64, "h")
    d.variable("x_t", 94, 448, "x")
    for gate, y in {"z": 148, "r": 232, "g": 376}.items():
        d.box(f"{gate}_t", 219, y, 214, 60, gate)
        d.text(130, y - 13, f"${gate}_t$", 18, gate)
        d.curve(130, y + 14, gate, "tanh" if gate == "g" else "sigmoid")
        for line, formula in enumerate(_formulae(reset_after)[gate]):
            d.text(150, y - 13 + 26 * line, formula, 14, "ink", ha="left")
    if reset_after:
        d.box("hU", 168, 304, 112, 34, "h", r"$h_{t-1}\,U_h + b^U_h$", 13)
    d.valve("reset", 272, 304, "r", flow="h")
    d.valve("keep", 346, 64, "z", flow="h")
    d.operation("1-", 346, 212, "1−", flow="z")
    d.valve("renew", 396, 212, "z", flow="g", upright=True)
    d.operation("+", 396, 64, "+", flow="h")
    d.variable("h_t", 446, 64, "h")
    d.connect(
        {
            ("h_{t-1}", "z_t"): [(74, 64), (74, 134)],
            ("h_{t-1}", "r_t"): [(74, 64), (74, 218)],
            ("h_{t-1}", "hU" if reset_after else "reset"): [(74, 64), (74, 304)],
            ("x_t", "z_t"): [(94, 162)],
            ("x_t", "r_t"): [(94, 246)],
            ("x_t", "g_t"): [(94, 376)],
            ("r_t", "reset"): [(272, 278)],
            ("reset", "g_t"): [(308, 304)],
            ("z_t", "keep"): [(346, 148)],
            ("z_t", "1-"): [(346, 148)],
            ("g_t", "renew"): [(396, 376)],
        }
    )
    d.text(346, 33, "keep some")
    d.text(416, 203, "renew", ha="left")
    d.text(416, 221, "the rest", ha="left")
    d.text(272, 331, "reset")
    return d
