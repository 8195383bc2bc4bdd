import dataclasses
import itertools

import pytest
import shiboken6
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QLineEdit, QPushButton

from gdsim.resources import resource
from gdsim.ui import icons, style, theme
from gdsim.ui.plots.markers import marker_path
from gdsim.ui.theme import DARK, LIGHT, THEMES

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
GROUNDS = ("bg0", "bg1", "bg2", "bg3")


def luminance(color: str) -> float:
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@BOTH
def test_text_can_be_read(tokens):
    for token, ground in itertools.product(("t1", "t2", "t3", "accent", "danger", "warn", "good"), GROUNDS):
        assert contrast(getattr(tokens, token), getattr(tokens, ground)) >= 4.5, (token, ground)
    for token in ("accent", "accent_hover", "accent_press"):
        assert contrast(tokens.on_accent, getattr(tokens, token)) >= 4.5, token


@BOTH
def test_controls_and_runs_can_be_seen(tokens):
    for ground in GROUNDS:
        assert contrast(tokens.edge, getattr(tokens, ground)) >= 3.0, ground
    for color, ground in itertools.product((*tokens.run_colors, tokens.gradient, tokens.memory), ("bg1", "bg2", "bg3")):
        assert contrast(color, getattr(tokens, ground)) >= 3.0, (color, ground)


@BOTH
def test_every_run_has_its_own_look(tokens):
    looks = [tokens.run(slot) for slot in range(24)]
    assert len(set(looks)) == 24
    assert len({(look.dash, look.marker) for look in looks[:6]}) == 6


@BOTH
def test_the_sheet_is_complete(tokens):
    sheet = style.sheet(tokens)
    assert "$" not in sheet
    assert "QWidget {" not in sheet
    assert "QWidget{" not in sheet
    for part in sheet.split('url("')[1:]:
        assert resource("icons", "style", part.partition('"')[0].rpartition("/")[2]).is_file()


def test_apply_changes_what_exists(qapp, qtbot):
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    style.apply(qapp, "dark")
    assert style.current() is DARK
    assert qapp.palette().window().color().name().upper() == DARK.bg1
    dark = field.grab().toImage()
    style.apply(qapp, "light")
    assert style.current() is LIGHT
    assert field.grab().toImage() != dark
    assert qapp.font().pixelSize() == 13


def test_system_follows_the_desktop(qapp, monkeypatch):
    scheme = Qt.ColorScheme.Light
    monkeypatch.setattr(style, "_scheme", lambda app: scheme)
    assert style.apply(qapp, "system") is LIGHT
    scheme = Qt.ColorScheme.Dark
    qapp.styleHints().colorSchemeChanged.emit(scheme)
    assert style.current() is DARK
    style.apply(qapp, "dark")
    scheme = Qt.ColorScheme.Light
    qapp.styleHints().colorSchemeChanged.emit(scheme)
    assert style.current() is DARK


def test_nothing_jumps_when_focused(qapp, qtbot):
    style.apply(qapp, "dark")
    for widget in (QPushButton("Halve"), QLineEdit("1")):
        qtbot.addWidget(widget)
        widget.show()
        size = widget.sizeHint()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        style.mark(widget, "invalid", True)
        style.mark(widget, "primary", True)
        assert widget.sizeHint().height() == size.height()


NEEDED = (
    "play pause first last back forward open save undo redo add fit contours arrows eye eye-off chevron-down camera "
    "video lecture theme float close warning zigzag copy help more reset trash up down check start dice loop settings "
    "lightbulb"
)


def test_all_icons_are_shipped_and_take_the_colour():
    assert set(NEEDED.split()) <= set(icons.names())
    for name in icons.names():
        shape = resource("icons", f"{name}.svg").read_text()
        assert "currentColor" in shape
        assert "#" not in shape


@BOTH
def test_icons_have_their_states(qapp, tokens):
    icon = icons.icon("contours", tokens)
    expected = {
        (QIcon.Mode.Normal, QIcon.State.Off): tokens.t1,
        (QIcon.Mode.Disabled, QIcon.State.Off): tokens.edge,
        (QIcon.Mode.Normal, QIcon.State.On): tokens.accent,
    }
    for (mode, state), color in expected.items():
        image = icon.pixmap(QSize(20, 20), 3.0, mode, state).toImage()
        assert color.lower() in colors(image)


def colors(image: QImage) -> set[str]:
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0, 3.0])
def test_icons_are_crisp_at_any_scale(qapp, scale):
    picture = icons.icon("play", DARK).pixmap(QSize(20, 20), scale)
    assert picture.width() == round(20 * scale)
    assert picture.devicePixelRatio() == scale


def test_icons_follow_the_theme(qapp):
    icon = icons.icon("save")
    style.apply(qapp, "light")
    light = icon.pixmap(20, 20).toImage()
    style.apply(qapp, "dark")
    assert icon.pixmap(20, 20).toImage() != light
    assert DARK.t1.lower() in colors(icon.pixmap(20, 20).toImage())


def test_an_unknown_icon_does_not_break_painting(qapp):
    assert not icons.icon("no such icon").pixmap(20, 20).isNull()


def test_icons_survive_detaching(qapp):
    kept = []
    for _ in range(20):
        icon = icons.icon("play")
        copy = QIcon(icon)
        copy.setIsMask(True)
        kept.append(copy)
        del icon
    assert not kept[-1].pixmap(20, 20).isNull()
    assert all(shiboken6.isValid(copy) for copy in icons._clones[-20:])


def test_markers_look_equally_large(qapp):
    for marker in theme.MARKERS:
        path = marker_path(marker, 10.0)
        box = path.boundingRect()
        assert 15.0 < box.width() < 28.0
        assert path.contains(path.boundingRect().center())
        polygon = path.toFillPolygon()
        points = [polygon.at(k) for k in range(polygon.count())]
        area = abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in itertools.pairwise(points))) / 2
        assert 150.0 < area < 360.0, marker


def test_themes_differ_in_every_colour():
    assert set(THEMES) == {"dark", "light"}
    for field in dataclasses.fields(DARK):
        if isinstance(getattr(DARK, field.name), str):
            assert getattr(DARK, field.name) != getattr(LIGHT, field.name), field.name
