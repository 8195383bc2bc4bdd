import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gdsim.ui import style
from gdsim.ui.theme import DARK
from gdsim.ui.widgets import (
    ChoiceBox,
    ElidedLabel,
    IconButton,
    NumberField,
    PlayButton,
    RunSwatch,
    Section,
    Slider,
    Timeline,
)

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
Key = Qt.Key


@pytest.fixture(autouse=True)
def dressed(qapp):
    style.apply(qapp, "dark")


def show(qtbot, widget):
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    widget.setFocus(Qt.FocusReason.OtherFocusReason)
    qtbot.waitUntil(widget.hasFocus)
    return widget


def turn(widget, notches):
    at = QPointF(widget.width() / 2, widget.height() / 2)
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def heard(signal):
    values = []
    signal.connect(lambda *args: values.append(args[0] if args else None))
    return values


# -- number fields


@pytest.fixture
def field(qtbot):
    field = NumberField(
        lambda v: None if v > 0 else "learning rate must be greater than 0", low=1e-4, high=1.0, log=True
    )
    field.set_number(0.5)
    return show(qtbot, field)


def type_over(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)


@pytest.mark.parametrize("text", ["0.01", "0,01", "1e-2", "1E-2", "+.01", "10e-3"])
@pytest.mark.parametrize("name", ["C", "de_DE", "fr_FR", "ar_EG", "hi_IN"])
def test_typed_numbers_do_not_depend_on_the_locale(qtbot, field, text, name):
    before = QLocale()
    QLocale.setDefault(QLocale(name))
    try:
        committed = heard(field.committed)
        type_over(qtbot, field, text)
        qtbot.keyClick(field, Key.Key_Return)
        assert committed == [0.01]
        assert field.text() == "0.01"
    finally:
        QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("abc", "not a number"), ("1e999", "too large"), ("0", "greater than 0"), ("-1", "greater than 0"),
     ("1e", "not a number"), ("inf", "finite"), ("1" * 60, "too long")],
)  # fmt: skip
def test_refused_text_says_why(qtbot, field, text, reason):
    committed, refused = heard(field.committed), heard(field.refused)
    type_over(qtbot, field, text)
    qtbot.keyClick(field, Key.Key_Return)
    assert not committed
    assert reason in refused[0]
    assert field.property("invalid")
    assert reason in field.toolTip()
    qtbot.keyClick(field, Key.Key_Escape)
    assert field.text() == "0.5"
    assert not field.property("invalid")


def test_an_empty_field_is_refused(qtbot, field):
    refused = heard(field.refused)
    field.selectAll()
    qtbot.keyClick(field, Key.Key_Delete)
    qtbot.keyClick(field, Key.Key_Return)
    assert "needed" in refused[0]


def test_leaving_commits_or_restores(qtbot, field):
    committed, refused = heard(field.committed), heard(field.refused)
    type_over(qtbot, field, "0,25")
    field.clearFocus()
    assert committed == [0.25]
    field.setFocus()
    type_over(qtbot, field, "x")
    field.clearFocus()
    assert refused
    assert field.text() == "0.25"
    assert not field.property("invalid")


def takes_the_shortcut(field, key):
    """Whether a field wants Ctrl and a key for itself."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.ControlModifier)
    event.ignore()
    QApplication.sendEvent(field, event)
    return event.isAccepted()


@pytest.mark.parametrize("ending", [Qt.Key.Key_Return, Qt.Key.Key_Escape, None])
def test_what_was_committed_or_given_up_is_the_windows_to_undo(qtbot, field, ending):
    undo, redo = Qt.Key.Key_Z, Qt.Key.Key_Y
    assert not takes_the_shortcut(field, undo)
    type_over(qtbot, field, "0.25")
    assert takes_the_shortcut(field, undo)
    assert not takes_the_shortcut(field, redo)
    qtbot.keyClick(field, undo, Qt.KeyboardModifier.ControlModifier)
    assert takes_the_shortcut(field, redo)
    type_over(qtbot, field, "0.75")
    if ending is None:
        field.clearFocus()
    else:
        qtbot.keyClick(field, ending)
    assert not any([field.isUndoAvailable(), field.isRedoAvailable()])
    assert not any(takes_the_shortcut(field, key) for key in (undo, redo))
    assert field.text() == ("0.5" if ending == Qt.Key.Key_Escape else "0.75")


def test_wrong_letters_are_marked_while_typing_and_beginnings_are_not(qtbot, field):
    for text, wrong in (("-", False), ("0", False), ("1e-", False), ("1f", True), ("a", True)):
        type_over(qtbot, field, text)
        assert bool(field.property("invalid")) is wrong, text


@pytest.mark.parametrize("stuff", ["1", "x", "1.", "٣", "\n"])
def test_a_pasted_megabyte_does_no_harm(qtbot, field, stuff):
    committed, refused = heard(field.committed), heard(field.refused)
    QGuiApplication.clipboard().setText(stuff * 1_000_000)
    started = time.process_time()
    field.selectAll()
    field.paste()
    qtbot.keyClick(field, Key.Key_Return)
    assert time.process_time() - started < 1.0
    assert not committed
    assert refused
    QGuiApplication.clipboard().clear()


def test_keys_step(qtbot, field):
    committed = heard(field.committed)
    qtbot.keyClick(field, Key.Key_Up)
    qtbot.keyClick(field, Key.Key_Down)
    qtbot.keyClick(field, Key.Key_Down)
    assert committed == [0.63, 0.5, 0.4]
    linear = NumberField(lambda v: None if v < 1 else "momentum must be less than 1", low=0.0, high=0.999)
    linear.set_number(0.98)
    show(qtbot, linear)
    refused = heard(linear.refused)
    qtbot.keyClick(linear, Key.Key_Up)
    qtbot.keyClick(linear, Key.Key_Up)
    assert linear.number == 0.99
    assert refused == ["momentum must be less than 1"]


def test_whole_numbers_stay_whole(qtbot):
    field = show(qtbot, NumberField(whole=True, low=1, high=100))
    committed, refused = heard(field.committed), heard(field.refused)
    for text in ("9223372036854775807", "1e3", "1.5"):
        type_over(qtbot, field, text)
        qtbot.keyClick(field, Key.Key_Return)
    assert committed == [2**63 - 1, 1000]
    assert all(isinstance(value, int) for value in committed)
    assert refused == ["must be a whole number"]


def test_set_number_is_silent_and_exact(field):
    committed = heard(field.committed)
    field.set_number(0.1 + 0.2)
    assert field.text() == "0.30000000000000004"
    assert field.number == 0.1 + 0.2
    assert not committed


def test_typing_survives_an_echo_of_the_same_number(qtbot, field):
    type_over(qtbot, field, "0.0")
    field.set_number(0.5)
    assert field.text() == "0.0"
    field.set_number(0.7)
    assert field.text() == "0.7"


# -- sliders


@given(st.floats(-9, 3), st.floats(0.5, 12), st.floats(0, 1))
def test_log_mapping_goes_there_and_back(low, decades, position):
    slider = Slider(10.0**low, 10.0 ** (low + decades), log=True)
    number = slider.number_at(position)
    assert 10.0**low <= number <= 10.0 ** (low + decades)
    assert slider.position_of(number) == pytest.approx(position, abs=0.0025 / decades)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_linear_mapping_goes_there_and_back(low, span, position):
    slider = Slider(low, low + span)
    assert slider.position_of(slider.number_at(position)) == pytest.approx(position, abs=0.0051)


@given(st.floats())
def test_any_number_can_be_shown(number):
    slider = Slider(1e-4, 1.0, log=True)
    slider.set_number(number)
    slider.set_limit(number)
    assert 0.0 <= slider.position_of(number) <= 1.0
    assert not slider.grab().isNull()


def test_slider_keys(qtbot):
    slider = show(qtbot, Slider(1e-4, 1.0, log=True))
    slider.set_number(0.01)
    moved, released = heard(slider.moved), heard(slider.released)
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Up, Key.Key_PageUp, Key.Key_Home, Key.Key_End, Key.Key_Right):
        qtbot.keyClick(slider, key)
    assert moved == [0.0125, 0.01, 0.0125, 0.125, 1e-4, 1.0]
    assert len(released) == 7


def test_slider_is_dragged(qtbot):
    slider = Slider(0.0, 1.0)
    slider.resize(224, 28)
    show(qtbot, slider)
    moved, released = heard(slider.moved), heard(slider.released)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(112, 14))
    assert moved == [0.5]
    slider.set_number(0.1)  # an echo that comes late
    assert slider.number == 0.5
    qtbot.mouseMove(slider, QPoint(400, 14))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(400, 14))
    assert moved[-1] == 1.0
    assert len(released) == 1


def test_taking_the_handle_keeps_an_exact_number(qtbot):
    slider = Slider(0.0, 1.0)
    slider.resize(224, 28)
    slider.set_number(1 / 3)
    show(qtbot, slider)
    moved = heard(slider.moved)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(12 + 66, 14))
    assert not moved
    assert slider.number == 1 / 3


@pytest.mark.parametrize("make", [lambda: Slider(0.0, 1.0), Timeline, ChoiceBox])
def test_the_wheel_needs_focus(qtbot, make):
    host = QWidget()
    qtbot.addWidget(host)
    other, widget = NumberField(), make()
    column = QVBoxLayout(host)
    column.addWidget(other)
    column.addWidget(widget)
    if isinstance(widget, ChoiceBox):
        widget.addItems(["a", "b", "c"])
        widget.setCurrentIndex(1)
    host.show()
    host.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before = widget.grab().toImage()
    assert not turn(widget, 1)
    assert widget.grab().toImage() == before
    widget.setFocus()
    assert turn(widget, 1)


def test_the_limit_is_seen_even_under_the_handle(qtbot):
    def danger(number):
        slider = Slider(0.0, 1.0)
        qtbot.addWidget(slider)
        slider.resize(224, 28)
        slider.set_number(number)
        slider.set_limit(0.5)
        slider.show()
        image = slider.grab().toImage()
        scale = image.devicePixelRatio()
        wanted = style.color("danger").rgb()
        near = range(round(109 * scale), round(115 * scale))
        return [y / scale for x in near for y in range(image.height()) if image.pixel(x, y) == wanted]

    for number in (0.1, 0.5, 0.49, 0.51, 0.9):
        rows = danger(number)
        assert any(y < 7 for y in rows), number
        assert any(y > 20 for y in rows), number


@pytest.mark.qt_log_ignore("not accepted by receiving widget", extend=True)
def test_a_drag_can_be_disabled(qtbot):
    slider = Slider(0.0, 1.0)
    qtbot.addWidget(slider)
    slider.setEnabled(False)
    slider.show()
    moved = heard(slider.moved)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(100, 14))
    assert not moved


# -- the rest


def test_timeline(qtbot):
    line = Timeline()
    line.resize(420, 32)
    line.set_steps(80)
    line.set_computed(62)
    line.set_ticks([30, 60])
    show(qtbot, line)
    moved, released = heard(line.moved), heard(line.released)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(40)), 16))
    qtbot.keyClick(line, Key.Key_Right)
    qtbot.keyClick(line, Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(line, Key.Key_End)
    qtbot.keyClick(line, Key.Key_Home)
    assert moved == [40, 41, 31, 80, 0]
    assert len(released) == 5
    line.set_step(17)
    assert line.step == 17
    assert moved[-1] == 0
    assert all(line.step_at(line.x_of(k)) == k for k in range(81))


def test_timeline_reaches_every_step_of_the_longest_experiment(qtbot):
    line = Timeline()
    qtbot.addWidget(line)
    line.set_steps(10_000_000)
    line.set_step(9_999_999)
    assert line.step == 9_999_999
    line.set_steps(0)
    assert line.step <= 1
    assert not line.grab().isNull()


def test_buttons_have_names(qtbot):
    button = IconButton("save", "Save", shortcut="Ctrl+S")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Save"
    assert button.toolTip() == "Save (Ctrl+S)"
    assert (button.width(), button.height()) == (32, 32)
    play = PlayButton()
    qtbot.addWidget(play)
    stopped = play.grab().toImage()
    assert play.accessibleName() == "Play"
    play.set_playing(True)
    assert play.accessibleName() == "Pause"
    assert play.grab().toImage() != stopped
    with qtbot.waitSignal(play.clicked):
        qtbot.mouseClick(play, Qt.MouseButton.LeftButton)


def test_swatches_of_six_runs_differ_even_in_grey(qtbot):
    pictures = []
    for slot in range(6):
        swatch = RunSwatch(DARK.run(slot))
        qtbot.addWidget(swatch)
        image = swatch.grab().toImage()
        ground = image.pixel(0, 0)
        pictures.append(tuple(image.pixel(x, y) != ground for x in range(image.width()) for y in range(image.height())))
    assert len(set(pictures)) == 6


def test_labels_shorten_themselves(qtbot):
    words = ElidedLabel("learning rate of the optimizer")
    qtbot.addWidget(words)
    words.resize(60, 20)
    words.show()
    assert words.text().endswith("…")
    words.resize(words.sizeHint())
    assert words.text() == words.whole
    section = Section("Runs", "four", IconButton("add", "Add a run"))
    qtbot.addWidget(section)
    section.set_subject("five")
    section.set_title("Marbles")
    assert section.height() >= 32


def test_everything_survives_a_change_of_theme(qapp, qtbot):
    widgets = [Slider(), Timeline(), NumberField(), ChoiceBox(), IconButton("add", "Add"), PlayButton(),
               RunSwatch(DARK.run(1)), Section("Runs")]  # fmt: skip
    for widget in widgets:
        qtbot.addWidget(widget)
        widget.show()
        QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
    for name in ("light", "dark", "light"):
        style.apply(qapp, name)
        assert all(not widget.grab().isNull() for widget in widgets)
