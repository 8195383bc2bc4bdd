"""Dresses Qt in a theme: Fusion, then a palette, then one small style sheet.

A rule of a sheet beats ``setPalette`` and ``setFont``, so the sheet names controls only, never ``QWidget``, and
sets no sizes of type. A ring of focus takes from the padding what it adds to the border, so that nothing jumps.
"""

from __future__ import annotations

from dataclasses import asdict
from string import Template
from typing import Any, Literal

from PySide6 import QtCore
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from gdsim.resources import resource
from gdsim.ui.theme import DARK, LIGHT, Theme

Preference = Literal["system", "dark", "light"]

BODY = 13  # pixels
_NO_OPINION = ("", "Sans", "Sans Serif", "sans-serif", "DejaVu Sans")  # what a bare Linux names
_PREFERRED = ("Inter", "Cantarell", "Noto Sans")
_state: dict[str, Any] = {"theme": DARK, "preference": "dark"}


def current() -> Theme:
    """The theme in force; painted widgets ask at every paint."""
    theme: Theme = _state["theme"]
    return theme


def color(token: str, alpha: int = 255) -> QColor:
    """A colour of the theme in force by the name of its token, such as ``"accent"``."""
    found = QColor(getattr(current(), token))
    found.setAlpha(alpha)
    return found


def font(
    size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal, *, tabular: bool = True, italic: bool = False
) -> QFont:
    """The platform's font; where it has none of its own, a good one that is installed.

    Args:
        size: Height in pixels.
        weight: Semibold is this program's emphasis.
        tabular: Ask for digits of one width, so that changing numbers stand still.
        italic: For symbols.
    """
    found = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if found.family() in _NO_OPINION:
        found.setFamilies([*_PREFERRED, found.family()])
    found.setPixelSize(size)
    found.setWeight(weight)
    found.setItalic(italic)
    if tabular:
        found.setFeature(QFont.Tag("tnum"), 1)
    return found


def resolve(app: QApplication, preference: Preference) -> Theme:
    """The theme that ``preference`` means now; where the system does not say, dark."""
    if preference == "system":
        return LIGHT if _scheme(app) == QtCore.Qt.ColorScheme.Light else DARK
    return LIGHT if preference == "light" else DARK


def _scheme(app: QApplication) -> QtCore.Qt.ColorScheme:
    return app.styleHints().colorScheme()


def apply(app: QApplication, preference: Preference | Theme = "system") -> Theme:
    """Dress ``app`` and every widget it has or will have.

    Args:
        app: The application.
        preference: "system" follows the desktop's colour scheme from now on.

    Returns:
        The theme now in force.
    """
    theme = preference if isinstance(preference, Theme) else resolve(app, preference)
    _state.update(theme=theme, preference=preference)
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(palette(theme))
    app.setStyleSheet(sheet(theme))
    if app.findChild(_Follower) is None:
        _Follower(app)
    return theme


class _Follower(QObject):
    """Changes the theme with the desktop's, as long as the preference says so."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        app.styleHints().colorSchemeChanged.connect(self._changed)

    @Slot()
    def _changed(self) -> None:
        if _state["preference"] == "system" and resolve(self._app, "system") is not current():
            apply(self._app, "system")


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the sheet selects by, such as ``invalid``, ``primary``, ``card`` or ``tone``."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    if not widget.testAttribute(QtCore.Qt.WidgetAttribute.WA_WState_Polished):
        return  # it will be, with this property, before it is shown
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def panel(widget: QWidget) -> None:
    """Give a plain widget the ground of a panel."""
    widget.setAttribute(QtCore.Qt.WidgetAttribute.WA_StyledBackground, True)
    mark(widget, "panel", True)


def palette(theme: Theme) -> QPalette:
    """The palette of ``theme``: what Fusion paints with where the sheet is silent."""
    made = QPalette()
    role = QPalette.ColorRole
    for roles, token in {
        (role.Window, role.Base, role.AlternateBase): theme.bg1,
        (role.Button, role.ToolTipBase): theme.bg2,
        (role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText): theme.t1,
        (role.PlaceholderText,): theme.t3,
        (role.Highlight, role.Accent, role.Link, role.LinkVisited): theme.accent,
        (role.HighlightedText,): theme.on_accent,
        (role.Light, role.Midlight): theme.bg3,
        (role.Mid, role.Dark): theme.line,
        (role.Shadow,): theme.bg0,
    }.items():
        for one in roles:
            made.setColor(one, QColor(token))
    for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, one, QColor(theme.edge))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.bg3))
    return made


def sheet(theme: Theme) -> str:
    """The style sheet of ``theme``."""
    images = {
        name: f'url("{resource("icons", "style", f"{file}-{theme.name}.svg").as_posix()}")'
        for name, file in (
            ("arrow", "arrow"),
            ("arrow_off", "arrow-disabled"),
            ("arrow_up", "arrow-up"),
            ("dot", "dot"),
            ("check", "check"),
            ("tick", "tick"),
        )
    }
    return _SHEET.substitute(asdict(theme), **images)


_SHEET = Template("""
QMainWindow { background: $bg0; }
QMainWindow::separator { background: $bg0; width: 6px; height: 6px; }
QSplitter::handle { background: $bg0; }
QWidget[panel="true"] { background: $bg1; }
QFrame[divider="true"] { background: $line; }
QFrame[card="true"] { background: $bg2; border: 1px solid $line; border-radius: 6px; }
QFrame[card="true"][selected="true"] { border-color: $edge; background: $bg3; }
QFrame[card="true"][selected="true"] QLabel[tone="t3"] { color: $t2; }
QLabel[tone="t2"] { color: $t2; } QLabel[tone="t3"] { color: $t3; } QLabel[tone="accent"] { color: $accent; }
QLabel[tone="danger"] { color: $danger; } QLabel[tone="warn"] { color: $warn; }
QLabel[tone="good"] { color: $good; } QLabel:disabled { color: $edge; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton { color: $t1; background: $bg2; border: 1px solid $edge; border-radius: 6px; padding: 4px 12px;
  min-height: 18px; }
QPushButton:hover { background: $bg3; }
QPushButton:pressed, QPushButton:checked { background: $line; }
QPushButton:focus { border: 2px solid $accent; padding: 3px 11px; }
QPushButton[primary="true"] { color: $on_accent; background: $accent; border-color: $accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[primary="true"]:pressed { background: $accent_press; border-color: $accent_press; }
QPushButton[primary="true"]:focus { border-color: $t1; }
QPushButton:disabled, QPushButton[primary="true"]:disabled { color: $edge; background: transparent;
  border-color: $line; }

QToolButton { color: $t1; background: transparent; border: 0; border-radius: 6px; padding: 6px; }
QToolButton:hover, QToolButton:checked { background: $bg3; }
QToolButton:pressed { background: $line; }
QToolButton:focus { border: 2px solid $accent; padding: 4px; }
QToolButton:disabled { color: $edge; background: transparent; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox { color: $t1; background: $bg2; border: 1px solid $edge;
  border-radius: 6px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QAbstractSpinBox { padding: 4px 7px; min-height: 18px; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: 0; padding: 0 4px; min-height: 0;
  background: transparent; }
QAbstractSpinBox:focus { border: 2px solid $accent; padding: 3px 6px; }
QAbstractSpinBox:disabled { color: $edge; background: transparent; border-color: $line; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 20px; border: 0; background: transparent; }
QAbstractSpinBox::up-arrow { image: $arrow_up; width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: $arrow; width: 10px; height: 10px; }
QLineEdit:focus, QLineEdit[invalid="true"] { border: 2px solid $accent; padding: 3px 6px; }
QLineEdit[invalid="true"] { border-color: $danger; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; }
QLineEdit:disabled { color: $edge; background: transparent; border-color: $line; }
QLineEdit:read-only { color: $t2; background: transparent; border-color: $line; }

QComboBox { combobox-popup: 0; color: $t1; background: $bg2; border: 1px solid $edge; border-radius: 6px;
  padding: 4px 4px 4px 7px; min-height: 18px; }
QComboBox:hover { background: $bg3; }
QComboBox:focus, QComboBox:on { border: 2px solid $accent; padding: 3px 3px 3px 6px; }
QComboBox:disabled { color: $edge; background: transparent; border-color: $line; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox::down-arrow { image: $arrow; width: 12px; height: 12px; }
QComboBox::down-arrow:disabled { image: $arrow_off; }
QComboBoxPrivateContainer { background: $bg2; border: 0; padding: 0; }
QComboBox QAbstractItemView, QComboBox QAbstractItemView:focus { color: $t1; background: $bg2; border: 1px solid $edge;
  border-radius: 0; padding: 3px; outline: 0; selection-background-color: $bg3; selection-color: $t1; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 4px; border: 0; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected { background: $bg3; color: $t1; }

QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator, QGroupBox::indicator { width: 14px; height: 14px;
  border: 1px solid $edge; border-radius: 4px; background: $bg2; }
QRadioButton::indicator { border-radius: 8px; }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: $dot; }
QRadioButton::indicator:focus { width: 12px; height: 12px; border: 2px solid $t1; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover:!checked { background: $bg3; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: $check; }
QCheckBox::indicator:focus { width: 12px; height: 12px; border: 2px solid $accent; }
QCheckBox::indicator:checked:focus { border-color: $t1; }
QCheckBox::indicator:disabled { background: transparent; border-color: $line; }
QCheckBox::indicator:checked:disabled { background: $edge; }

QMenuBar { background: $bg1; color: $t2; padding: 2px 8px; }
QMenuBar::item { background: transparent; padding: 5px 10px; border-radius: 6px; }
QMenuBar::item:selected { background: $bg3; color: $t1; }
QMenu { color: $t1; background: $bg2; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; background: transparent; }
QMenu::item:selected { background: $bg3; }
QMenu::item:disabled { color: $edge; }
QMenu::icon { padding-left: 10px; }
QMenu::indicator { width: 14px; height: 14px; left: 8px; }
QMenu::indicator:checked { image: $tick; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QToolTip { color: $t1; background: $bg2; border: 1px solid $edge; padding: 6px 8px; }

QTabBar { background: $bg1; }
QTabBar::tab { color: $t2; background: transparent; padding: 6px 6px; border: 0;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { background: $bg3; }
QTabBar::tab:selected { color: $t1; border-bottom-color: $accent; }
QTabBar::tab:focus { border: 2px solid $accent; padding: 4px 4px 6px 4px; }
QTabWidget::pane { border: 0; }
QToolBar { background: $bg1; border: 0; spacing: 2px; padding: 4px 6px; }
QToolBar::separator { background: $line; width: 1px; margin: 7px 8px; }
QStatusBar { background: $bg1; color: $t1; border-top: 1px solid $line; } QStatusBar::item { border: 0; }
QDockWidget { color: $t1; } QDockWidget::title { background: $bg1; padding: 8px 10px; text-align: left; }
QScrollArea { border: 0; }
QScrollArea[ringed="true"] { background: $bg1; border: 2px solid transparent; border-radius: 6px; }
QScrollArea[ringed="true"]:focus { border-color: $accent; }

QScrollBar { background: transparent; margin: 0; border: 0; }
QScrollBar:vertical { width: 10px; } QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $edge; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; } QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $t3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }

QTableView, QTreeView, QListView { background: $bg1; border: 2px solid transparent; border-radius: 6px; outline: 0;
  gridline-color: $line; selection-background-color: $bg3; selection-color: $t1; }
QTableView:focus, QTreeView:focus, QListView:focus { border-color: $accent; }
QListView[quiet="true"], QListView[quiet="true"]:focus { background: transparent; border-color: transparent; }
QListView[quiet="true"]:focus { border-color: transparent; }
QHeaderView { background: $bg1; border: 0; }
QHeaderView::section { color: $t3; background: $bg1; border: 0; border-bottom: 1px solid $line; padding: 4px 8px;
  font-weight: 400; }
QTableCornerButton::section { background: $bg1; border: 0; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QProgressBar { color: transparent; background: $bg3; border: 0; border-radius: 4px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
""")
