"""The docks, in one table, and their title bars; where they stand in wide and in narrow windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QEnterEvent, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QWidget

from gdsim.ui import icons, style
from gdsim.ui.widgets import ElidedLabel, IconButton, label

NARROW = 1180
"""Below this width of the window the docks stand in one column."""


@dataclass(frozen=True)
class DockSpec:
    """One dock: its place in a wide window, and the dock ``behind`` which it is a tab there.

    ``tab`` says that it is one behind the runs in a narrow window, under its ``short`` title if it has one. ``width``
    is that of its column in a wide window where it is not the usual one.
    """

    id: str
    title: str
    area: Qt.DockWidgetArea
    tip: str
    tab: bool = False
    behind: str = ""
    short: str = ""
    width: int = 0


DOCKS: tuple[DockSpec, ...] = (
    DockSpec("landscape", "Landscape", Qt.DockWidgetArea.LeftDockWidgetArea, "Where the marbles roll."),
    DockSpec("runs", "Runs", Qt.DockWidgetArea.LeftDockWidgetArea, "The marbles and what moves them."),
    DockSpec("readings", "Readings", Qt.DockWidgetArea.RightDockWidgetArea, "Every number at the cursor.", tab=True),
    DockSpec(
        "update",
        "This update",
        Qt.DockWidgetArea.RightDockWidgetArea,
        "What makes the next step, number by number, and how fast it may go here.",
        tab=True,
        behind="readings",
        short="Update",
    ),
    DockSpec(
        "diagnosis",
        "Diagnosis",
        Qt.DockWidgetArea.RightDockWidgetArea,
        "What a run is doing, and what to try.",
        tab=True,
        behind="readings",
    ),
    DockSpec(
        "data", "Data", Qt.DockWidgetArea.RightDockWidgetArea, "The points, and what is fitted to them.", tab=True
    ),
)

LESSON = DockSpec("lesson", "Lesson", Qt.DockWidgetArea.LeftDockWidgetArea, "What the lesson says.", width=340)
"""The dock that is there while a lesson is open."""
CODE = DockSpec("code", "Code", Qt.DockWidgetArea.LeftDockWidgetArea, "The experiment as a script.", width=430)
"""The dock in which a lesson shows the script of its run."""


class Dock(QDockWidget):
    """A dock with a quiet title bar whose buttons show under the pointer."""

    def __init__(self, spec: DockSpec, window: QMainWindow) -> None:
        super().__init__(spec.title, window)
        self.spec = spec
        self.setObjectName(spec.id)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._bar = _TitleBar(spec.title, self)
        self._nothing = QWidget(self)
        self._nothing.hide()
        self.setTitleBarWidget(self._bar)
        self._window = window
        self.setWidget(_empty())
        self.toggleViewAction().setStatusTip(spec.tip)

    def fill(self, content: QWidget) -> None:
        """Have ``content``; until then the dock keeps its place free."""
        self.setWidget(content)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order: the buttons of the title, then the contents."""
        content: Any = self.widget()
        return [*self._bar.buttons, *content.stops()]

    def show_title(self) -> None:
        """Have a title bar, or none where a tab says what this is."""
        beside = self._window.tabifiedDockWidgets(self)
        tabbed = any(dock.toggleViewAction().isChecked() for dock in beside)
        titled = self.isFloating() or not tabbed
        bar = self._bar if titled else self._nothing
        if self.titleBarWidget() is not bar:
            self.setTitleBarWidget(bar)
        bar.setVisible(True)
        self._bar.setVisible(titled)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where it floats, a rim."""
        super().paintEvent(event)
        if self.isFloating():
            painter = QPainter(self)
            painter.setPen(style.color("edge"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()

    def take(self, trailing: QWidget) -> None:
        """Have a control at the end of the title bar."""
        self._bar.take(trailing)

    def set_title(self, text: str) -> None:
        """Be called something else."""
        self.setWindowTitle(text)
        self._bar.name.setText(text)

    def set_subject(self, text: str) -> None:
        """Say in the title what the dock is about just now."""
        self._bar.subject.set_text(text)


class _TitleBar(QWidget):
    def __init__(self, title: str, dock: QDockWidget) -> None:
        super().__init__(dock)
        style.panel(self)
        self.name = label(title, bold=True)
        self.name.setFont(style.font(12, self.name.font().weight()))
        self.subject = ElidedLabel("", "t2")
        self.subject.setFont(style.font(12))
        self.buttons = [
            IconButton("float", f"Float {title}", tone="t2", side=24),
            IconButton("close", f"Close {title}; the View menu brings it back", tone="t2", side=24),
        ]
        self.buttons[0].clicked.connect(lambda: _float(dock))
        self.buttons[1].clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.subject, 1)
        for button in self.buttons:
            button.installEventFilter(self)
            row.addWidget(button)
        self._row = row
        self.setMinimumHeight(32)
        self._show_buttons(False)

    def take(self, trailing: QWidget) -> None:
        """Have ``trailing`` at the end."""
        self._row.addWidget(trailing)
        trailing.show()

    def _show_buttons(self, shown: bool) -> None:
        shown = shown or any(button.hasFocus() for button in self.buttons)
        for button, icon in zip(self.buttons, ("float", "close"), strict=True):
            button.setIcon(icons.icon(icon, tone="t2") if shown else QIcon())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._show_buttons(True)

    def leaveEvent(self, event: QEvent) -> None:
        self._show_buttons(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._show_buttons(event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)


def _empty() -> QWidget:
    widget = QWidget()
    style.panel(widget)
    return widget


def _float(dock: QDockWidget) -> None:
    """Let it float a little off its place, so that one sees that it does; or put it back."""
    place = dock.mapToGlobal(QPoint(0, 0)) + QPoint(24, 24)
    dock.setFloating(not dock.isFloating())
    if dock.isFloating():
        dock.move(place)


def share(window: QMainWindow, docks: dict[str, Dock], part: float) -> None:
    """Give the data dock ``part`` of the column that it has together with the readings."""
    pair = [docks["readings"], docks["data"]]
    layout = window.layout()
    if layout is not None:
        layout.activate()  # before that, the docks have no sizes to change
    beside = window.tabifiedDockWidgets(pair[0])
    if any(dock.isFloating() or dock.isHidden() for dock in pair) or pair[1] in beside:
        return
    upper = max(dock.height() for dock in (pair[0], *beside) if dock.toggleViewAction().isChecked())
    whole = upper + pair[1].height()
    own = round(part * whole)
    window.resizeDocks(pair, [max(whole - own, 1), max(own, 1)], Qt.Orientation.Vertical)


def arrange(
    window: QMainWindow,
    docks: dict[str, Dock],
    *,
    narrow: bool,
    first: tuple[Dock, ...] = (),
    named: tuple[str, ...] | None = None,
) -> None:
    """Put every dock into its place.

    Args:
        window: Where they are.
        docks: The docks of the table.
        narrow: Whether they stand in one column.
        first: Docks beside those of the table, which stand above them.
        named: Those that are to be seen, the first in front; None: all of them.
    """
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
        dock.setWindowTitle(dock.spec.short if narrow and dock.spec.short else dock.spec.title)
    left = Qt.DockWidgetArea.LeftDockWidgetArea
    for dock in first:
        dock.setFloating(False)
        window.removeDockWidget(dock)
        window.addDockWidget(left if narrow else dock.spec.area, dock)
        dock.show()
    for dock in docks.values():
        if narrow and dock.spec.tab:
            window.addDockWidget(left, dock)
            window.tabifyDockWidget(docks["runs"], dock)
        elif dock.spec.behind and not narrow:
            window.addDockWidget(dock.spec.area, dock)
            window.tabifyDockWidget(docks[dock.spec.behind], dock)
        else:
            window.addDockWidget(left if narrow else dock.spec.area, dock)
        dock.setVisible(named is None or dock.spec.id in named)
    if narrow:
        for dock in first[1:]:
            window.tabifyDockWidget(docks["runs"], dock)
    for dock in (*first, *docks.values()):
        dock.show_title()
    behind = [docks[dock.spec.behind] for dock in docks.values() if dock.spec.behind and not narrow]
    for dock in [*behind, docks["runs"]] if named is None else [docks[name] for name in reversed(named)]:
        dock.raise_()
    _set_widths(window, [*first, *docks.values()], narrow=narrow)


def _set_widths(window: QMainWindow, docks: list[Dock], *, narrow: bool) -> None:
    """Give each column the width of its widest dock."""
    left = Qt.DockWidgetArea.LeftDockWidgetArea
    columns: dict[Qt.DockWidgetArea, Dock] = {}
    for dock in docks:
        area = window.dockWidgetArea(dock)
        if not dock.isHidden() and (area not in columns or dock.spec.width > columns[area].spec.width):
            columns[area] = dock
    ends = list(columns.values())
    layout = window.layout()
    if layout is not None:
        layout.activate()  # before that, the docks have no sizes to change
    usual = {area: 290 if area == left else 310 for area in columns}
    widths = [usual[area] if narrow else dock.spec.width or usual[area] for area, dock in columns.items()]
    window.resizeDocks(ends, widths, Qt.Orientation.Horizontal)
