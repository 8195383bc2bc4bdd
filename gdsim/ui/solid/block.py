"""What stands around a surface: floor, walls, glass, axes and their numbers, which never collide and are never cut.

Everything takes its side by where the viewer stands: the walls behind the surface are ruled, those before it are
glass, and numbers stand along the edges in front.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPaintEngine, QPainter, QPen, QPolygonF

from gdsim.relief.projection import Projection
from gdsim.ui.plots.axes import linear_ticks
from gdsim.ui.plots.geometry import Segments
from gdsim.ui.plots.legend import elided
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle, halo_text
from gdsim.ui.solid.frame import SolidFrame
from gdsim.ui.solid.palette import line_color
from gdsim.ui.solid.terrain import Terrain

EDGE = 160
"""Points along the upper edge of a glass wall."""
APART = 46.0
"""Pixels between two numbers along an edge of the floor."""
APART_UP = 20.0
NAME_BESIDE = 16.0
"""Pixels that the name of the loss may reach to the right of its axis."""
SHORT = 34.0
"""An edge of fewer pixels has no numbers."""

UP = (0.0, -1.0)

Point = tuple[float, float, float]


class BlockPainter:
    """Paints what stands around a surface; a new one for each picture."""

    def __init__(self, painter: QPainter, frame: SolidFrame) -> None:
        self.painter, self.frame, self.style = painter, frame, frame.style
        self.view: Projection = frame.projection
        self.terrain: Terrain = frame.terrain
        block = self.terrain.mesh.block
        self.floor, self.top = -block.drop, block.height
        toward_u, toward_v = self.view.toward
        self.near_u = math.copysign(block.half_u, toward_u)
        self.near_v = math.copysign(block.half_v, toward_v)
        left, right, bottom, top = self.terrain.plan.region
        self.ticks_u = self._ticks(left, right, block.half_u, (1.0, 0.0))
        self.ticks_v = self._ticks(bottom, top, block.half_v, (0.0, 1.0))
        tall = block.height * self.view.cosine * self.view.scale
        most = int(tall / self.style.px(APART_UP))
        self.ticks_w = [
            (z * block.height, text) for z, text in (self.terrain.rise.ticks(min(most, 7)) if most >= 1 else [])
        ]

    def _ticks(self, low: float, high: float, half: float, way: tuple[float, float]) -> list[tuple[float, str]]:
        """Places along an axis of the ground, with their numbers."""
        across, down = self.view.direction(*way, 0.0)
        long = 2.0 * half * math.hypot(float(across), float(down))
        if long < self.style.px(SHORT):
            return []
        ticks = linear_ticks(low, high, max(2, min(8, int(long / self.style.px(APART)))))
        return [((2.0 * (t.value - low) / (high - low) - 1.0) * half, t.label) for t in ticks]

    # --- behind the surface

    def behind(self, *, lines: bool) -> None:
        """Floor and back walls; while the camera moves their edges are hard."""
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self.frame.coarse)
        u, v, floor, top = self.near_u, self.near_v, self.floor, self.top
        dark = self.style.theme.is_dark
        walls = ([(-u, -v), (-u, v)], [(-u, -v), (u, -v)])
        for wall in walls:
            shape = [(*wall[0], floor), (*wall[1], floor), (*wall[1], top), (*wall[0], top)]
            self._fill(shape, "bg2" if dark else "bg0", 120 if dark else 110)
        self._fill([(u, v, floor), (-u, v, floor), (-u, -v, floor), (u, -v, floor)], "bg2" if dark else "bg0", 190)
        rules: list[tuple[Point, Point]] = []
        for at, _ in self.ticks_w:
            rules += [((-u, -v, at), (-u, v, at)), ((-u, -v, at), (u, -v, at))]
        for at, _ in self.ticks_u:
            rules += [((at, -v, floor), (at, -v, top)), ((at, -v, floor), (at, v, floor))]
        for at, _ in self.ticks_v:
            rules += [((-u, at, floor), (-u, at, top)), ((-u, at, floor), (u, at, floor))]
        self._draw(rules, self.style.pen("t2", 1.0, 42))
        self._draw([((-u, -v, floor), (-u, -v, top))], self.style.pen("t2", 1.0, 70))
        if lines:
            self._floor_lines()

    def _floor_lines(self) -> None:
        """The lines of equal height on the floor, each in the colour of its height."""
        for k, (tone, line) in enumerate(self.terrain.floor):
            strong = k % 5 == 4
            if self.frame.coarse and k % 2:
                continue
            color = line_color(self.style.theme, tone, 0.92 if strong else 0.62)
            pen = self.style.pen(color, 1.5 if strong and not self.frame.coarse else 1.0)
            self._segments(line, pen)

    def _segments(self, line: Segments, pen: QPen) -> None:
        """Opaque pieces one by one: Qt draws them many times as fast as a path."""
        if not len(line):
            return
        x0, y0 = self.view.pixels(line.x0, line.y0, self.floor)
        x1, y1 = self.view.pixels(line.x1, line.y1, self.floor)
        seen = Segments(np.asarray(x0), np.asarray(y0), np.asarray(x1), np.asarray(y1), line.index, line.head)
        if self.painter.paintEngine().type() == QPaintEngine.Type.Raster:
            seen.stroke(self.painter, pen)
        else:
            self.painter.strokePath(seen.path(), pen)

    # --- before it

    def before(self) -> None:
        """The glass walls, and the edges of the block that the viewer is nearest to."""
        u, v, floor = self.near_u, self.near_v, self.floor
        for along_u in (True, False):
            edge = self._upper_edge(along_u=along_u)
            foot = [(-u, v, floor), (u, v, floor)] if along_u else [(u, -v, floor), (u, v, floor)]
            glass = QPolygonF(edge)
            for point in reversed(foot):
                glass.append(self._at(point))
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(self.style.color("t2", 26 if along_u else 14))
            self.painter.drawPolygon(glass)
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.setPen(self.style.pen("t1", 1.2, 150))
            self.painter.drawPolyline(edge)
        rules = [((-u, v, floor), (u, v, floor)), ((u, -v, floor), (u, v, floor))]
        self._draw(rules, self.style.pen("t2", 1.2, 210))
        corners = [(u, v), (-u, v), (u, -v)]
        heights = self.terrain.mesh.height(np.array([c[0] for c in corners]), np.array([c[1] for c in corners]))
        posts = [((*c, floor), (*c, float(h))) for c, h in zip(corners, heights, strict=True)]
        self._draw(posts, self.style.pen("t2", 1.0, 120))

    def _upper_edge(self, *, along_u: bool) -> QPolygonF:
        """The edge of the surface on a front wall, from the far corner to the near one."""
        even = np.linspace(-1.0, 1.0, EDGE)
        u = even * self.near_u if along_u else np.full(EDGE, self.near_u)
        v = np.full(EDGE, self.near_v) if along_u else even * self.near_v
        x, y = self.view.pixels(u, v, self.terrain.mesh.height(u, v))
        return QPolygonF([QPointF(a, b) for a, b in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True)])

    # --- numbers

    def numbers(self, taken: list[QRectF]) -> None:
        """The axes' numbers and names, where there is room for them beside ``taken``."""
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names = self.frame.moment.section.names
        u, v, floor = self.near_u, self.near_v, self.floor
        self._along([((at, v, floor), text) for at, text in self.ticks_u], self._outward(along_u=True), taken)
        self._along([((u, at, floor), text) for at, text in self.ticks_v], self._outward(along_u=False), taken)
        corner = self._left_corner()
        places = [((*corner, at), text) for at, text in self.ticks_w]
        self._along(places, (-1.0, 0.0), taken)
        if places:
            self._draw([((*corner, 0.0), (*corner, self.top))], self.style.pen("t2", 1.2, 210))
        font = self.style.font(13, SEMIBOLD, italic=True)
        if self.ticks_u:
            self._name(names[0], (0.0, v, floor), self._outward(along_u=True), font, taken)
        if self.ticks_v:
            self._name(names[1], (u, 0.0, floor), self._outward(along_u=False), font, taken)
        if places:
            self._name(self.terrain.rise.title, (*corner, self.top), UP, self.style.font(12), taken)

    def _left_corner(self) -> tuple[float, float]:
        """The corner of the block that is farthest to the left."""
        corners = [(self.near_u, -self.near_v), (-self.near_u, self.near_v)]
        return min(corners, key=lambda c: self._at((*c, 0.0)).x())

    def _outward(self, *, along_u: bool) -> tuple[float, float]:
        """The direction on the screen away from the block, square to a front edge of its floor."""
        way = self.view.direction(1.0, 0.0, 0.0) if along_u else self.view.direction(0.0, 1.0, 0.0)
        across, down = (float(part) for part in way)
        length = math.hypot(across, down) or 1.0
        normal = (-down / length, across / length)
        place = (0.0, self.near_v, self.floor) if along_u else (self.near_u, 0.0, self.floor)
        edge, middle = self._at(place), self._at((0.0, 0.0, self.floor))
        out = normal[0] * (edge.x() - middle.x()) + normal[1] * (edge.y() - middle.y())
        return normal if out >= 0.0 else (-normal[0], -normal[1])

    def _along(self, places: Iterable[tuple[Point, str]], out: tuple[float, float], taken: list[QRectF]) -> None:
        font = self.style.font(11)
        self.painter.setFont(font)
        for point, text in places:
            at = self._at(point)
            self.painter.setPen(self.style.pen("t2", 1.0, 150))
            tip = QPointF(at.x() + out[0] * self.style.px(4.0), at.y() + out[1] * self.style.px(4.0))
            box = self._box(at, text, out, font, self.style.px(7.0))
            if not self._free(box, taken):
                continue
            self.painter.drawLine(at, tip)
            self.painter.setPen(self.style.color("t2"))
            self.painter.drawText(box, _MIDDLE, text)
            taken.append(box)

    def _name(self, text: str, point: Point, out: tuple[float, float], font: QFont, taken: list[QRectF]) -> None:
        """The name of an axis, beyond its numbers."""
        at = self._at(point)
        near = 10.0 if out == UP else 22.0
        for away in (near, near + 8.0, near + 16.0, near + 26.0, near + 38.0, near + 52.0):
            box = self._box(at, text, out, font, self.style.px(away))
            if out == UP:  # a long one stands beside the surface rather than on it
                box.moveRight(min(box.right(), max(at.x() + self.style.px(NAME_BESIDE), box.width() + 3.0)))
            if self._free(box, taken):
                base = QPointF(box.left() + 1.0, box.center().y() + 0.36 * font.pixelSize())
                halo_text(self.painter, base, text, font, self.style)  # it may lie on the surface
                taken.append(box)
                return

    def _box(self, at: QPointF, text: str, out: tuple[float, float], font: QFont, gap: float) -> QRectF:
        width, height = self.style.advance(text, font) + 2.0, font.pixelSize() * 1.25
        off = gap + 0.5 * (abs(out[0]) * width + abs(out[1]) * height)
        return QRectF(at.x() + out[0] * off - width / 2, at.y() + out[1] * off - height / 2, width, height)

    def _free(self, box: QRectF, taken: list[QRectF]) -> bool:
        inside = self.frame.area.adjusted(2.0, 2.0, -2.0, -2.0)
        wide = box.adjusted(-self.style.px(3.0), 0.0, self.style.px(3.0), 0.0)
        return inside.contains(box) and not any(wide.intersects(other) for other in taken)

    # --- means

    def _at(self, point: Point) -> QPointF:
        x, y = self.view.pixels(*point)
        return QPointF(float(x), float(y))

    def _fill(self, shape: list[Point], token: str, alpha: int) -> None:
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.style.color(token, alpha))
        self.painter.drawPolygon(QPolygonF([self._at(point) for point in shape]))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw(self, lines: Iterable[tuple[Point, Point]], pen: QPen) -> None:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self.painter.setPen(pen)
        self.painter.drawLines([QLineF(self._at(a), self._at(b)) for a, b in lines])


def paint_note(painter: QPainter, text: str, area: QRectF, style: PlotStyle) -> list[QRectF]:
    """Say what has to be said of the surface in the lower left corner; returns where that stands."""
    if not text:
        return []
    font = style.font(11)
    text = elided(text, area.width() - style.px(20), style, 11)
    height = style.px(16)
    room = QRectF(
        area.left() + style.px(10), area.bottom() - height - style.px(4), style.advance(text, font) + 2, height
    )
    painter.setFont(font)
    painter.setPen(style.color("t3"))
    painter.drawText(room, _MIDDLE, text)
    return [room]


_MIDDLE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
