"""Recording from the window: the file is the document's, whatever is done to the window meanwhile."""

import dataclasses
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox
from windows import Key, Mods, action, press, ravine, settle, wait_for

from gdsim.app import main
from gdsim.core.documents import encode, save
from gdsim.recording import formats
from gdsim.recording.embedded import extract
from gdsim.ui import recording_desk
from gdsim.ui.export_dialog import PictureDialog, VideoDialog
from gdsim.ui.figure import FigureOptions
from gdsim.ui.film import FilmOptions

SMALL = FigureOptions(320, 180, title="Ravine")
QUICK = FilmOptions(SMALL, fps=30, pace="frame", speed=10, hold_last=0.2)
SLOW = FilmOptions(SMALL, fps=30, pace="frame", speed=1, hold_last=20)
Buttons = QMessageBox.StandardButton


@pytest.fixture(autouse=True)
def small_live(monkeypatch):
    monkeypatch.setattr(recording_desk, "LIVE_SIZE", (320, 180))


@pytest.fixture(autouse=True)
def nothing_goes_on(request):
    """Tests end their recordings; a question that nobody expects would hang."""
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("recording ")]


@pytest.fixture
def asked(monkeypatch):
    """Answers the next question; asking more often fails."""
    given, questions = [], []

    def question(_parent, _title, text, *_):
        questions.append(text)
        return given.pop(0)

    monkeypatch.setattr(QMessageBox, "question", question)
    return given, questions


def begin(window, path, options=QUICK):
    window.desk.begin_film(window.desk._still(), options, path)


def ended(window):
    wait_for(lambda: not window.desk.busy, 30.0)
    return window.status.message.text()


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def media(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".ini")


# films


@pytest.mark.parametrize("ending", ["mp4", "webm", "gif"])
def test_the_window_and_the_command_record_the_same(window, tmp_path, ending):
    window.session.jump(40)
    window.resize(1000, 600)
    options = dataclasses.replace(QUICK, fps=25)
    begin(window, tmp_path / f"window.{ending}", options)
    assert window.desk.strip.isVisible()
    assert f"Recorded window.{ending}: 18 frames" in ended(window)
    assert not window.desk.strip.isVisible()
    save(ravine(), tmp_path / "a.json")
    status = main(
        ["record", str(tmp_path / "a.json"), "--out", str(tmp_path / f"command.{ending}"), "--size", "320x180",
         "--fps", "25", "--per-frame", "10", "--hold-last", "0.2"]
    )  # fmt: skip
    assert status == 0
    one, other = frames_of(tmp_path / f"window.{ending}"), frames_of(tmp_path / f"command.{ending}")
    assert len(one) == len(other) == 18
    assert max(np.abs(a - b).mean() for a, b in zip(one, other, strict=True)) < 0.5
    assert np.abs(one[0] - one[-1]).mean() > 1


def test_what_is_done_meanwhile_does_not_change_the_film(window, tmp_path):
    begin(window, tmp_path / "quiet.mp4")
    ended(window)
    options = dataclasses.replace(QUICK)
    begin(window, tmp_path / "busy.mp4", options)
    job = window.desk._job
    edits = [
        lambda: window.landscape._edit_steps(33),
        lambda: window.session.jump(20),
        lambda: window.stage.landscape.zoom(4.0),
        lambda: action(window, "log_loss").trigger(),
        lambda: window.set_theme("light"),
        lambda: window.show_experiment(ravine(title="Another", steps=7)),
    ]
    for number, edit in enumerate(edits):
        wait_for(lambda n=number: job.recorder.frames > 2 * n or not window.desk.busy)
        edit()
    ended(window)
    settle(window)
    quiet, busy = frames_of(tmp_path / "quiet.mp4"), frames_of(tmp_path / "busy.mp4")
    assert len(quiet) == len(busy)
    assert all(np.array_equal(a, b) for a, b in zip(quiet, busy, strict=True))
    action(window, "log_loss").trigger()
    window.set_theme("dark")
    settle(window)


def test_the_program_stays_usable(window, tmp_path):
    begin(window, tmp_path / "a.mp4", SLOW)
    window.session.toggle_play()
    wait_for(lambda: window.session.cursor > 5)
    window.session.toggle_play()
    assert window.desk.busy
    window.desk.cancel()
    settle(window)


def test_cancelling_leaves_nothing(window, tmp_path, qtbot):
    begin(window, tmp_path / "a.mp4", SLOW)
    wait_for(lambda: window.desk._job.recorder.frames > 3)
    qtbot.mouseClick(window.desk.strip._cancel, Qt.MouseButton.LeftButton)
    assert "cancelled; nothing was kept" in window.status.message.text()
    assert not window.desk.busy
    assert not window.desk.strip.isVisible()
    assert media(tmp_path) == []


def test_one_recording_at_a_time(window, tmp_path, monkeypatch):
    monkeypatch.setattr(VideoDialog, "exec", lambda _: pytest.fail("a dialog opened"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("a dialog opened"))
    begin(window, tmp_path / "a.mp4", SLOW)
    first = window.desk._job
    for attempt in (
        lambda: begin(window, tmp_path / "b.mp4"),
        lambda: window.desk.begin_live(tmp_path / "c.mp4"),
        action(window, "record_video").trigger,
        action(window, "record_live").trigger,
    ):
        window.say("")
        attempt()
        assert "One recording is under way" in window.status.message.text()
        assert window.desk._job is first
        assert not action(window, "record_live").isChecked()
    window.desk.cancel()
    assert media(tmp_path) == []


def test_what_cannot_be_is_a_message(window, tmp_path):
    for path, options, words in (
        (tmp_path / "missing" / "a.mp4", QUICK, "no folder"),
        (tmp_path / "a.avi", QUICK, "unknown ending"),
        (tmp_path / "a.gif", dataclasses.replace(QUICK, fps=60), "50 frames per second"),
        (tmp_path / "a.mp4", dataclasses.replace(QUICK, last=500), "beyond the end"),
        (tmp_path / "a.mp4", dataclasses.replace(QUICK, figure=FigureOptions(8192, 8192)), "million pixels"),
    ):
        begin(window, path, options)
        assert words in window.status.message.text()
        assert window.status.message.property("tone") == "danger"
        assert not window.desk.busy
        assert not window.desk.strip.isVisible()
    assert media(tmp_path) == []


@pytest.mark.parametrize("frame", [1, 6])
def test_an_encoder_that_fails_is_a_message(window, tmp_path, monkeypatch, frame):
    real, count = formats.Writer.write, []

    def failing(self, image):
        count.append(1)
        if len(count) == frame:
            raise OSError(28, "No space left on device")
        return real(self, image)

    monkeypatch.setattr(formats.Writer, "write", failing)
    begin(window, tmp_path / "a.mp4", SLOW)
    text = ended(window)
    assert "the disk is full" in text
    assert "a.mp4" in text
    assert window.status.message.property("tone") == "danger"
    assert all(name in text for name in media(tmp_path)), "what is left is named"
    monkeypatch.undo()
    monkeypatch.setattr(recording_desk, "LIVE_SIZE", (320, 180))
    begin(window, tmp_path / "again.mp4")
    assert "Recorded again.mp4" in ended(window)


def test_steps_must_be_computed_first(open_window, tmp_path, monkeypatch):
    monkeypatch.setattr(VideoDialog, "exec", lambda _: pytest.fail("a dialog opened"))
    window = open_window(ravine(steps=10_000_000))
    action(window, "record_video").trigger()
    assert "still being computed" in window.status.message.text()


# the dialogs


def test_the_actions_open_the_dialogs(window, tmp_path, monkeypatch):
    shown = []

    def picture(dialog):
        shown.append(type(dialog).__name__)
        dialog.width_field.set_number(200)
        dialog.height_field.set_number(120)
        dialog.write(tmp_path / "a.png")
        return 1

    def video(dialog):
        shown.append(type(dialog).__name__)
        dialog.width_field.set_number(200)
        dialog.height_field.set_number(120)
        dialog.fps_field.set_number(10)
        dialog.speed_field.set_number(600)
        dialog.start(tmp_path / "a.mp4")
        return 1

    monkeypatch.setattr(PictureDialog, "exec", picture)
    monkeypatch.setattr(VideoDialog, "exec", video)
    press(window, Key.Key_E, Mods.ControlModifier)
    assert window.status.message.text() == "Saved a.png"
    press(window, Key.Key_E, Mods.ControlModifier | Mods.ShiftModifier)
    assert "Recorded a.mp4: 23 frames" in ended(window)
    assert shown == ["PictureDialog", "VideoDialog"]
    assert media(tmp_path) == ["a.mp4", "a.png"]


def test_the_dialogs_show_what_the_window_shows(window, monkeypatch):
    seen = []
    monkeypatch.setattr(PictureDialog, "exec", lambda dialog: seen.append(dialog.options()) or 0)
    action(window, "save_picture").trigger()
    assert seen[-1].view is None
    assert (seen[-1].log_loss, seen[-1].smoothing, seen[-1].contours) == (True, 0.0, True)
    window.stage.landscape.zoom(2.0)
    for name in ("log_loss", "smooth_loss", "contours"):
        action(window, name).trigger()
    action(window, "save_picture").trigger()
    assert seen[-1].view == window.stage.landscape.view
    assert (seen[-1].log_loss, seen[-1].smoothing, seen[-1].contours) == (False, 0.9, False)
    for name in ("log_loss", "smooth_loss", "contours"):
        action(window, name).trigger()
    settle(window)


def test_copying(window):
    window.session.jump(33)
    settle(window)
    press(window, Key.Key_C, Mods.ControlModifier | Mods.ShiftModifier)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (320, 180)
    assert "clipboard" in window.status.message.text()
    first = image.copy()
    window.session.jump(99)
    settle(window)
    press(window, Key.Key_C, Mods.ControlModifier | Mods.ShiftModifier)
    assert QGuiApplication.clipboard().image() != first


# as I go


def test_recording_by_hand_holds_what_was_shown(window, tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a"), ""))
    press(window, Key.Key_R, Mods.ControlModifier | Mods.ShiftModifier)
    assert action(window, "record_live").isChecked()
    assert window.desk.strip._stop.isVisible()
    assert not window.desk.strip._bar.isVisible()
    recorder = window.desk._job.recorder
    for step in (0, 30, 120):
        window.session.jump(step)
        before = recorder.frames
        wait_for(lambda least=before: recorder.frames >= least + 3)
    press(window, Key.Key_R, Mods.ControlModifier | Mods.ShiftModifier)
    assert "Recorded a.mp4" in ended(window)
    assert not action(window, "record_live").isChecked()
    frames = frames_of(path)
    assert len(frames) >= 9
    pictures = [recorded for k, recorded in enumerate(frames) if k == 0 or np.abs(recorded - frames[k - 1]).mean() > 1]
    assert len(pictures) == 3, "three steps were looked at"
    assert media(tmp_path) == ["a.mp4"]


def test_changing_the_run_while_recording_by_hand(window, tmp_path):
    window.desk.begin_live(tmp_path / "a.mp4")
    recorder = window.desk._job.recorder
    wait_for(lambda: recorder.frames > 2)
    window.landscape._edit_steps(40)
    window.session.jump(30)
    window.stage.landscape.zoom(2.0)
    settle(window)
    window.show_experiment(ravine(title="Another", steps=12))
    settle(window)
    count = recorder.frames
    wait_for(lambda: recorder.frames > count + 2)
    window.set_theme("light")
    count = recorder.frames
    wait_for(lambda: recorder.frames > count + 2)
    window.desk.stop()
    assert "Recorded a.mp4" in ended(window)
    frames = frames_of(tmp_path / "a.mp4")
    assert np.abs(frames[0] - frames[-1]).mean() > 30, "the last is light"
    assert extract(tmp_path / "a.mp4") == encode(window.session.experiment), "the document is the edited one"
    window.set_theme("dark")
    settle(window)


def test_changing_ones_mind_about_recording_by_hand(window, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    action(window, "record_live").trigger()
    assert not window.desk.busy
    assert not action(window, "record_live").isChecked()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "a.mp4"), ""))
    action(window, "record_live").trigger()
    assert "no folder" in window.status.message.text()
    assert not action(window, "record_live").isChecked()
    window.desk.begin_live(tmp_path / "a.mp4")
    window.desk.cancel()
    assert not action(window, "record_live").isChecked()
    assert media(tmp_path) == []


def test_a_name_without_an_ending_overwrites_nothing_unasked(window, tmp_path, monkeypatch, asked):
    given, questions = asked
    (tmp_path / "rate 0.5.mp4").write_bytes(b"mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "rate 0.5"), ""))
    given[:] = [Buttons.No]
    action(window, "record_live").trigger()
    assert questions == ["rate 0.5.mp4 exists already. Replace it?"]
    assert not window.desk.busy
    assert (tmp_path / "rate 0.5.mp4").read_bytes() == b"mine"
    given[:] = [Buttons.Yes]
    action(window, "record_live").trigger()
    window.desk.stop()
    ended(window)
    assert frames_of(tmp_path / "rate 0.5.mp4")


# the end


def test_closing_asks_what_becomes_of_a_film(open_window, tmp_path, asked):
    given, questions = asked
    window = open_window()
    settle(window)
    begin(window, tmp_path / "a.mp4", SLOW)
    given[:] = [Buttons.Cancel]
    window.close()
    assert window.isVisible()
    assert window.desk.busy
    assert questions == ["a.mp4 is still being recorded. Leave, and lose it?"]
    given[:] = [Buttons.Discard]
    window.close()
    assert not window.isVisible()
    assert not window.desk.busy
    assert media(tmp_path) == []


def test_closing_can_keep_what_was_recorded_by_hand(open_window, tmp_path, asked):
    given, questions = asked
    window = open_window()
    settle(window)
    window.desk.begin_live(tmp_path / "a.mp4")
    wait_for(lambda: window.desk._job.recorder.frames > 3)
    given[:] = [Buttons.Save]
    window.close()
    assert not window.isVisible()
    assert questions == ["a.mp4 is being recorded. End it here and keep it?"]
    assert len(frames_of(tmp_path / "a.mp4")) > 3


def test_a_recording_that_ends_while_the_question_stands(open_window, tmp_path, monkeypatch):
    window = open_window()
    settle(window)
    begin(window, tmp_path / "a.mp4")

    def question(*_):
        ended(window)
        return Buttons.Discard

    monkeypatch.setattr(QMessageBox, "question", question)
    window.close()
    assert not window.isVisible()
    assert frames_of(tmp_path / "a.mp4"), "what is whole stays"


# the strip in the status bar


def test_the_strip_moves_nothing(window, tmp_path):
    bar, stage = window.statusBar().height(), window.stage.size()
    for path in (tmp_path / "a.mp4", tmp_path / f"{'a long name ' * 12}.mp4"):
        for start in (lambda p=path: begin(window, p, SLOW), lambda p=path: window.desk.begin_live(p)):
            start()
            wait_for(lambda: window.desk._job.recorder.frames > 1)
            assert (window.statusBar().height(), window.stage.size()) == (bar, stage)
            assert window.minimumSizeHint().width() <= 760
            assert window.desk.strip._title.toolTip() == path.name
            window.desk.cancel()
    assert window.statusBar().height() == bar


# recordings lead back to their experiments


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(
        QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Mods.NoModifier)
    )


def test_opening_or_dropping_a_recording_shows_its_experiment(window, tmp_path):
    for number, ending in enumerate(["png", "svg", "pdf", "mp4", "webm", "gif"]):
        wanted = ravine(title=f"Number {number}", steps=20)
        save(wanted, tmp_path / "a.json")
        path = tmp_path / f"odd näme “{ending}” 100%.{ending}"
        video = [] if number < 3 else ["--fps", "10", "--hold-last", "0"]
        assert main(["record", str(tmp_path / "a.json"), "--out", str(path), "--size", "160x90", *video]) == 0
        for way in (window.files.open, lambda p: drop(window, p)):
            window.show_experiment(ravine(title="Before", steps=5))
            way(path)
            assert encode(window.session.experiment) == encode(wanted)
            assert window.files.path is None, "a recording is no place to save to"
    settle(window)


def test_a_foreign_file_is_refused_and_the_experiment_stays(window, tmp_path):
    before = window.session.experiment
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(tmp_path / "foreign.png"))
    for name, data in (("x.mp4", b"no video"), ("x.svg", b"<svg></svg>"), ("x.pdf", b"%PDF-1.4"), ("x.gif", b"")):
        (tmp_path / name).write_bytes(data)
    for path in [Path(tmp_path / "foreign.png"), *sorted(tmp_path.glob("x.*"))]:
        assert not window.files.open(path)
        assert f"{path.name} was not opened: it holds no experiment" in window.status.message.text()
        assert window.session.experiment is before
