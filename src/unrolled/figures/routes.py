"""The geometry of arrows: where they leave a shape, how they turn, where they part."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.path import Path

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """What stands at a place: its middle, half its width, half its height, and its colour."""

    x: float
    y: float
    half_width: float
    half_height: float
    role: str

    def border(self, point: Point) -> Point:
        """Return the point of the shape that is nearest to a point outside it."""
        x = min(max(point[0], self.x - self.half_width), self.x + self.half_width)
        y = min(max(point[1], self.y - self.half_height), self.y + self.half_height)
        return x, y

    def route(self, corners: Sequence[Point], target: "Shape") -> list[Point]:
        """Return the route from this shape to another, by way of the corners in between."""
        if not corners:
            # The middle of the smaller shape says where a straight arrow runs.
            small = min((self, target), key=lambda shape: shape.half_width * shape.half_height)
            middle = (small.x, small.y)
            return [self.border(target.border(middle)), target.border(self.border(middle))]
        return [self.border(corners[0]), *corners, target.border(corners[-1])]


def rounded(points: Sequence[Point], radius: float = 9.0) -> Path:
    """Return a path through the points whose corners are rounded.

    >>> len(rounded([(0, 0), (50, 0), (50, 50)]).vertices)
    5
    """
    way = np.asarray(points, float)
    vertices, codes = [way[0]], [Path.MOVETO]
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        reach = min(radius, np.hypot(*(corner - before)) / 2, np.hypot(*(after - corner)) / 2)
        for end in (before, after):
            vertices.append(corner + (end - corner) * reach / np.hypot(*(end - corner)))
        vertices.insert(-1, corner)
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, way[-1]], [*codes, Path.LINETO])


def junctions(routes: Sequence[Sequence[Point]]) -> set[Point]:
    """Return the points at which routes that began together part.

    >>> junctions([[(0, 0), (9, 0)], [(0, 0), (4, 0), (4, 5)]])
    {(4, 0)}
    """
    found = set()
    for route in routes:
        for other in routes:
            if other is route:
                continue
            for corner, after in pairwise(route[1:]):
                if _inside(corner, other) and not _inside(_towards(corner, after), other):
                    found.add(corner)
    return found


def crossings(routes: Sequence[Sequence[Point]], passed: Sequence[Sequence[Point]]) -> set[Point]:
    """Return the points at which horizontal and vertical stretches of routes cross earlier ones.

    >>> crossings([[(0, 5), (9, 5)]], [[(4, 0), (4, 9)]])
    {(4, 5)}
    """
    found = set()
    for route in routes:
        for other in passed:
            for a, b in pairwise(route):
                for c, d in pairwise(other):
                    level, upright = ((a, b), (c, d)) if a[1] == b[1] else ((c, d), (a, b))
                    if level[0][1] != level[1][1] or upright[0][0] != upright[1][0]:
                        continue
                    x, y = upright[0][0], level[0][1]
                    across = min(level[0][0], level[1][0]) < x < max(level[0][0], level[1][0])
                    along = (
                        min(upright[0][1], upright[1][1]) < y < max(upright[0][1], upright[1][1])
                    )
                    if across and along:
                        found.add((x, y))
    return found


def _towards(start: Point, end: Point) -> Point:
    """Return the point one unit from ``start`` on the way to ``end``."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    return start[0] + (end[0] - start[0]) / length, start[1] + (end[1] - start[1]) / length


def _inside(point: Point, route: Sequence[Point]) -> bool:
    """Whether a point lies on a route, its two ends left out."""
    if point in (route[0], route[-1]):
        return False
    for (x0, y0), (x1, y1) in pairwise(route):
        cross = (x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)
        along = min(x0, x1) <= point[0] <= max(x0, x1) and min(y0, y1) <= point[1] <= max(y0, y1)
        if cross == 0 and along:
            return True
    return False
