"""The program's own icons, coloured by the theme.

``QIcon.fromTheme`` is null on some platforms, so the shapes are shipped as SVG. An icon is drawn when it is first
painted, at the pixels of the screen it is on; one that follows the theme needs no telling when that changes.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

from gdsim.resources import resource
from gdsim.ui import style
from gdsim.ui.theme import Theme

SIZE = 20  # pixels of an icon in a button
_PLACEHOLDER = b"currentColor"
_clones: list[QIconEngine] = []


def icon(name: str, theme: Theme | None = None, tone: str = "t1") -> QIcon:
    """An icon with its normal, disabled, checked (accent) and selected looks.

    Args:
        name: A file of ``resources/icons`` without its ending.
        theme: The theme to draw in; where None, the one in force at each paint.
        tone: The token of the normal colour, such as ``"t2"`` for a quieter one.
    """
    engine = _Engine(name, theme, tone)
    return QIcon(engine)


def pixmap(name: str, color: str, size: int = SIZE, scale: float = 1.0) -> QPixmap:
    """One icon as a picture in one colour, for those who paint by themselves.

    Args:
        name: As for ``icon``.
        color: ``#RRGGBB``.
        size: Side in device-independent pixels.
        scale: Device pixels for each of them.
    """
    return _pixmap(name, color, max(round(size * scale), 1), scale)


def names() -> list[str]:
    """Every shipped icon."""
    return sorted(path.stem for path in resource("icons").glob("*.svg"))


class _Engine(QIconEngine):
    """Draws one icon when asked to, in the colours of that moment."""

    def __init__(self, name: str, theme: Theme | None, tone: str) -> None:
        super().__init__()
        self._name, self._theme, self._tone = name, theme, tone

    def clone(self) -> QIconEngine:
        """A copy, when a QIcon detaches itself; Qt owns it, yet Python must not forget it."""
        copy = _Engine(self._name, self._theme, self._tone)
        _clones.append(copy)
        return copy

    def key(self) -> str:
        """What kind of engine this is."""
        return "gdsim"

    def isNull(self) -> bool:
        """It always has a picture."""
        return False

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        """It fits any size."""
        return size

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw it in the middle of ``rect``."""
        scale = painter.device().devicePixelRatioF()
        side = min(rect.width(), rect.height())
        picture = pixmap(self._name, self._color(mode, state), side, scale)
        x, y = rect.x() + (rect.width() - side) // 2, rect.y() + (rect.height() - side) // 2
        painter.drawPixmap(x, y, picture)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Its picture at scale factor 1."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Its picture for a screen with that scale factor."""
        side = max(round(min(size.width(), size.height()) * scale), 1)
        return _pixmap(self._name, self._color(mode, state), side, scale)

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        theme = self._theme or style.current()
        if mode == QIcon.Mode.Disabled:
            return theme.edge
        if state == QIcon.State.On and self._tone in ("t1", "t2"):
            return theme.accent
        return str(getattr(theme, self._tone))


@lru_cache(maxsize=512)
def _pixmap(name: str, color: str, side: int, scale: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer  # not needed before the first icon is painted

    shape = _shape(name).replace(_PLACEHOLDER, color.encode())
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(shape)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


@lru_cache
def _shape(name: str) -> bytes:
    path = resource("icons", f"{name}.svg")
    try:
        return path.read_bytes()
    except OSError:
        return path.with_name("more.svg").read_bytes()  # three dots are better than a crash in a paint event
