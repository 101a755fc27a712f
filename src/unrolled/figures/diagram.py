"""Drawing a graph: shapes at places, and an arrow for every edge, and for nothing else.

Lengths are in points, x to the right and y downwards, as in SVG.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import (
    Circle,
    FancyArrowPatch,
    FancyBboxPatch,
    Patch,
    Polygon,
    Rectangle,
)

from unrolled.figures.graphs import Graph
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, from_figure
from unrolled.figures.routes import Point, Shape, crossings, junctions, rounded

#: How far an arrow keeps clear of a line that it crosses.
CLEARANCE = 5.0
#: How much of its colour fills a shape.
TINT = 0.12


@dataclass
class Diagram:
    """A sheet of ``width`` × ``height`` points on which a graph is drawn.

    ``ground`` is the colour role of what the arrows lie on.
    """

    graph: Graph
    width: float
    height: float
    ground: str = "panel"
    shapes: dict[str, Shape] = field(default_factory=dict)
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        """Open the sheet."""
        self.figure = Figure(figsize=(self.width / 72, self.height / 72))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        self.axes.set_axis_off()

    def panel(self, left: float, top: float, right: float, bottom: float) -> None:
        """Lay the ground on which one step stands."""
        panel = _box(left, top, right - left, bottom - top, 14)
        panel.set(fc=placeholder("panel"), ec=placeholder("grid"), zorder=0)
        self.axes.add_patch(panel)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 12,
        role: str = "muted",
        ha: str = "center",
    ) -> None:
        """Write words, or mathematics between dollar signs, centred on the height ``y``."""
        self.axes.text(
            x,
            y,
            words,
            size=size,
            color=placeholder(role),
            ha=ha,
            va="center_baseline",
            zorder=6,
        )

    def road(self, left: float, right: float, y: float, role: str) -> None:
        """Lay a broad band under the arrows that carry the state from step to step."""
        self.axes.add_patch(
            Rectangle(
                (left, y - 15), right - left, 30, lw=0, zorder=1.5, fc=placeholder(role), alpha=0.13
            )
        )

    def variable(self, name: str, x: float, y: float, role: str, label: str = "") -> None:
        """Draw a variable that is no gate: an input, a state or the output."""
        self.box(name, x, y, 44, 36, role, label or f"${name}$", 17, role)

    def box(
        self,
        name: str,
        x: float,
        y: float,
        width: float,
        height: float,
        role: str,
        label: str = "",
        size: float = 14,
        ink: str = "ink",
    ) -> None:
        """Draw a box with its label in the middle."""
        self.shapes[name] = Shape(x, y, width / 2, height / 2, role)
        self._solid(_box(x - width / 2, y - height / 2, width, height, 9), role, name)
        self.text(x, y, label, size, ink)

    def curve(self, x: float, y: float, role: str, kind: str) -> None:
        """Draw the curve of an activation function: ``sigmoid`` above 0, ``tanh`` about it."""
        t = np.linspace(-1, 1, 25)
        zero = y + (7 if kind == "sigmoid" else 0)
        self.axes.plot([x - 11, x + 11], [zero, zero], lw=1, zorder=5, color=placeholder("muted"))
        self.axes.plot(
            x + 11 * t,
            y - 7 * np.tanh(3 * t),
            lw=2.2,
            zorder=6,
            color=placeholder(role),
            solid_capstyle="round",
        )

    def squash(self, x: float, y: float, role: str, kind: str) -> None:
        """Write the activation function, ``sigmoid`` or ``tanh``, beside its curve."""
        if kind == "sigmoid":
            self.text(x - 16, y, r"$\sigma$", 15, "ink")
        else:
            self.text(x - 15, y, "tanh", 11, "ink")
        self.curve(x + (8 if kind == "sigmoid" else 15), y, role, kind)

    def operation(self, name: str, x: float, y: float, label: str, flow: str) -> None:
        """Draw an operation on numbers: a circle with its sign; ``flow`` colours what leaves it."""
        self.shapes[name] = Shape(x, y, 14, 14, flow)
        self._solid(Circle((x, y), 14), flow, name)
        self.text(x, y, label, 15, "ink")

    def valve(
        self, name: str, x: float, y: float, role: str, flow: str, upright: bool = False
    ) -> None:
        """Draw a product with a gate: a valve of the gate's colour in the pipe of the flow's."""
        reach = np.array([[-22, -13], [-22, 13], [22, -13], [22, 13]])
        self.shapes[name] = Shape(x, y, *((11, 22) if upright else (22, 11)), flow)
        corners = (reach[:, ::-1] if upright else reach) + (x, y)
        self._solid(Polygon(corners, closed=True), role, name)
        self._solid(Circle((x, y), 11), role)
        self.text(x, y, r"$\times$", 16, "ink")

    def _solid(self, patch: Patch, role: str, name: str | None = None) -> None:
        """Draw a patch in a tint of its role, hiding what lies under it; ``name`` is its node's."""
        ground, tint = ("surface", 1.0, 1.8, name and f"node:{name}"), (role, TINT, 0.0, None)
        for fill, alpha, line, gid in (ground, tint):
            again = copy(patch)
            again.set(
                zorder=4,
                lw=line,
                fc=to_rgba(placeholder(fill), alpha),
                ec=placeholder(role),
                joinstyle="round",
                gid=gid,
            )
            self.axes.add_patch(again)

    def connect(self, corners: Mapping[tuple[str, str], Sequence[Point]] | None = None) -> None:
        """Draw an arrow for every edge of the graph, by way of the corners given for it.

        Raises ``ValueError`` for corners of an edge that the graph does not have, and for a node
        without a shape.
        """
        corners = corners or {}
        if unknown := set(corners) - set(self.graph.edges):
            raise ValueError(f"expected corners of the graph's edges, got {sorted(unknown)}")
        if missing := {node.name for node in self.graph.nodes} - set(self.shapes):
            raise ValueError(f"expected a shape for every node, got none for {sorted(missing)}")
        passed: list[list[Point]] = []
        for source in (node.name for node in self.graph.nodes):
            routes = {
                edge: self.shapes[source].route(corners.get(edge, ()), self.shapes[edge[1]])
                for edge in self.graph.edges
                if edge[0] == source
            }
            for x, y in crossings(list(routes.values()), passed):
                self.axes.add_patch(
                    Circle((x, y), CLEARANCE, zorder=2, color=placeholder(self.ground))
                )
            self._arrows(source, routes)
            passed += routes.values()

    def _arrows(self, source: str, routes: Mapping[tuple[str, str], list[Point]]) -> None:
        """Draw one node's arrows, with a dot wherever they part."""
        colour = placeholder(self.shapes[source].role)
        for (_, target), points in routes.items():
            self.axes.add_patch(
                FancyArrowPatch(
                    path=rounded(points),
                    arrowstyle="-|>,head_length=4.5,head_width=2.6",
                    mutation_scale=1.6,
                    lw=1.8,
                    color=colour,
                    joinstyle="miter",
                    zorder=2,
                    gid=f"edge:{source}:{target}",
                )
            )
        for x, y in junctions(list(routes.values())):
            self.axes.add_patch(Circle((x, y), 3.2, color=colour, zorder=3, lw=0))

    def picture(self, alt: str, min_width: int, max_width: int) -> Picture:
        """Return the drawing."""
        return from_figure(self.figure, alt, min_width, max_width)


def _box(x: float, y: float, width: float, height: float, radius: float) -> FancyBboxPatch:
    """Return a box with round corners."""
    style = f"round,pad=0,rounding_size={radius}"
    return FancyBboxPatch((x, y), width, height, boxstyle=style)
