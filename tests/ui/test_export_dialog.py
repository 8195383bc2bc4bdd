"""The dialogs for pictures and videos: what they promise is what is written; the rest is refused with a reason."""

import av
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox
from windows import app, ravine, settle, type_number, wait_for

from gdsim.core.documents import decode
from gdsim.core.trajectory import run
from gdsim.recording.embedded import extract
from gdsim.ui import style
from gdsim.ui.export_dialog import PictureDialog, VideoDialog, with_ending
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.plots.moment import Moment
from gdsim.ui.preferences import Preferences


@pytest.fixture(scope="module")
def moment():
    experiment = ravine(steps=60)
    return Moment(experiment, run(experiment), 30)


@pytest.fixture
def made(qapp, moment, tmp_path):
    """Makes dialogs that share their preferences, and closes them."""
    dialogs = []
    preferences = Preferences(tmp_path / "gdsim.ini")

    def make(kind, **options):
        dialog = kind(moment, "Ravine: 100% / odd", preferences, **options)
        dialog.width_field.set_number(320)
        dialog.height_field.set_number(180)
        dialogs.append(dialog)
        dialog.show()
        seen(dialog)
        return dialog

    yield make
    for dialog in dialogs:
        dialog.close()
        dialog.deleteLater()


@pytest.fixture
def video(made):
    return made(VideoDialog)


@pytest.fixture
def picture(made):
    return made(PictureDialog)


def seen(dialog):
    """Wait until the preview shows what is set."""
    wait_for(lambda: not dialog._later.isActive() and not dialog._preview.pixmap().isNull())


def choose(box, index):
    box.setCurrentIndex(index)
    box.activated.emit(index)


def answer(monkeypatch, name, used=""):
    offered = []

    def ask(_parent, _title, path, filters, *_):
        offered.append((path, filters))
        return str(name), used

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return offered


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".ini")


# both


@pytest.mark.parametrize("kind", [PictureDialog, VideoDialog])
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1020, 620), (400, 300)], ids=str)
def test_nothing_is_cut_or_overlaps(made, qapp, kind, theme, size):
    style.apply(qapp, theme)
    dialog = made(kind)
    dialog.resize(*size)
    dialog._error.setText("a reason that is rather long " * 6)
    app().processEvents()
    assert dialog.width() <= 1024
    assert dialog.height() <= 700
    shown = [child for child in dialog.children() if hasattr(child, "isVisible") and child.isVisible()]
    for k, one in enumerate(shown):
        assert dialog.rect().contains(one.geometry()), one.accessibleName()
        assert not any(one.geometry().intersects(other.geometry()) for other in shown[k + 1 :]), one.accessibleName()
    for label in dialog.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap():
            assert label.width() >= label.minimumSizeHint().width(), label.text()
    style.apply(qapp, "dark")


@pytest.mark.parametrize("kind", [PictureDialog, VideoDialog])
def test_the_preview_is_what_will_be_written(made, moment, kind):
    dialog = made(kind)
    dialog.title_field.setText("Another title")
    choose(dialog.layout_box, 1)
    choose(dialog.theme_box, 1)
    options = dialog.options()
    assert (options.width, options.height, options.layout, options.theme) == (320, 180, "side", "light")
    assert dialog.preview_picture() == Figure(options).image(moment)
    before = dialog._preview.pixmap().toImage()
    seen(dialog)
    assert dialog._preview.pixmap().toImage() != before


def test_a_large_picture_is_previewed_smaller(picture):
    picture.width_field.set_number(8192)
    picture.height_field.set_number(4096)
    preview = picture.preview_picture()
    assert preview.width() * preview.height() <= 1.01 * 1920 * 1080
    assert preview.width() / preview.height() == pytest.approx(2, rel=0.01)
    assert (picture.options().width, picture.options().height) == (8192, 4096)
    picture.width_field.set_number(320)
    picture.height_field.set_number(180)


@pytest.mark.parametrize("kind", [PictureDialog, VideoDialog])
def test_sizes_that_cannot_be_are_refused_and_nothing_is_asked(made, monkeypatch, kind):
    dialog = made(kind)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("asked where to save"))
    for field in (dialog.width_field, dialog.height_field):
        for text in ("0", "63", "100000", "-5", "1.5", "wide", "1e999"):
            field.setFocus()
            field.selectAll()
            field.setText(text)
            field.setModified(True)
            (dialog._save if kind is PictureDialog else dialog._record)()
            assert dialog._error.text(), text
            assert dialog.isVisible()
            field.restore()
    assert dialog.fields_valid()
    if kind is PictureDialog:
        dialog._copy()


def test_the_look_of_the_window_is_taken_over(made):
    look = FigureOptions(99, 99, view=(0.0, 1.0, 0.0, 1.0), log_loss=False, smoothing=0.5, contours=False)
    options = made(PictureDialog, look=look).options()
    assert (options.view, options.log_loss, options.smoothing, options.contours) == (look.view, False, 0.5, False)
    assert (options.width, options.height) == (320, 180)


# pictures


def test_the_filmstrip(picture, tmp_path):
    picture.strip_box.setChecked(True)
    assert picture.steps_field.isEnabled()
    for text, reason in (
        ("0, abc", "numbers between commas are needed here"),
        ("0, 61", "between 0 and 60"),
        ("-1", "between 0 and 60"),
        ("0.5", "whole number"),
        ("", "1 to 24 steps"),
        (", ".join(["1"] * 25), "1 to 24 steps"),
    ):
        picture.steps_field.setText(text)
        seen(picture)
        assert reason in picture._error.text(), text
        picture._error.clear()
        picture.write(tmp_path / "a.png")
        assert reason in picture._error.text(), text
        assert picture.isVisible()
        picture._copy()
        assert reason in picture._error.text()
    assert files(tmp_path) == []
    picture.steps_field.setText("0, 10 60")
    seen(picture)
    assert picture._error.text() == ""
    picture.write(tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).size().toTuple() == (320, 180)
    assert not picture.isVisible()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_backgrounds(picture, tmp_path, index):
    choose(picture.background_box, index)
    choose(picture.layout_box, 1)
    picture.write(tmp_path / "a.png")
    corner = QImage(str(tmp_path / "a.png")).pixelColor(1, 178)
    assert (corner.alpha(), corner.name() == "#ffffff") == ((255, False), (255, True), (0, False))[index]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_saving(picture, moment, tmp_path, monkeypatch, ending):
    path = tmp_path / f"a b.{ending}"
    path.write_bytes(b"the dialog has asked whether this shall be replaced")
    offered = answer(monkeypatch, path)
    picture._save()
    assert offered[0][0].endswith("Ravine- 100- - odd.png"), "a name that every disk takes"
    assert picture.saved == path.name
    assert decode(extract(path)) == moment.experiment
    assert picture._preferences.text("export_folder") == str(tmp_path)


def test_copying(picture):
    QGuiApplication.clipboard().clear()
    picture._copy()
    assert QGuiApplication.clipboard().image().size().toTuple() == (320, 180)
    assert "clipboard" in picture._facts.text()
    assert picture.isVisible()


# videos


def test_facts_follow_what_is_set(video):
    type_number(video.fps_field, "30")
    type_number(video.speed_field, "30")
    type_number(video.hold_field, "0.5")
    seen(video)
    assert video._facts.text().startswith("91 frames  ·  3.0 s  ·  about ")
    type_number(video.last_field, "30")
    seen(video)
    assert video._facts.text().startswith("61 frames")
    type_number(video.width_field, "321")
    seen(video)
    assert "322 × 180, even" in video._facts.text()
    choose(video.format_box, 2)
    seen(video)
    assert "even" not in video._facts.text()


def test_what_does_not_go_together_is_said(video, tmp_path):
    started = []
    video.chosen.connect(lambda *given: started.append(given))
    type_number(video.first_field, "50")
    type_number(video.last_field, "20")
    seen(video)
    assert "the first step (50)" in video._error.text()
    assert video._facts.text() == ""
    video._error.clear()
    video.start(tmp_path / "a.mp4")
    assert "the first step (50)" in video._error.text()
    video.first_field.set_number(0)
    for name in ("missing/a.mp4", "a.avi", "a", "x" * 300 + ".mp4"):
        video._error.clear()
        video.start(tmp_path / name)
        assert video._error.text(), name
        assert video.isVisible()
    assert started == []
    assert files(tmp_path) == []


def test_steps_beyond_the_end_are_refused(video):
    for text in ("61", "-1", "1.5"):
        type_number(video.last_field, text)
        assert video._error.text()
        assert not video.fields_valid()
        video.last_field.restore()


def test_a_gif_has_fewer_frames_a_second(video, tmp_path, monkeypatch):
    assert video.fps_field.number == 60
    assert not video.loop_box.isEnabled()
    choose(video.format_box, 2)
    assert video.fps_field.number == 25
    assert video.loop_box.isEnabled()
    seen(video)
    assert video._error.text() == ""
    offered = answer(monkeypatch, "")
    video._record()
    assert offered[0][0].endswith(".gif")
    assert offered[0][1].startswith("GIF")
    type_number(video.fps_field, "60")
    seen(video)
    assert "gif takes 1 to 50 frames" in video._error.text()
    video.fps_field.set_number(25)
    choose(video.format_box, 1)
    assert video.fps_field.number == 60


def test_the_speed_keeps_its_meaning_when_the_pace_changes(video):
    type_number(video.fps_field, "30")
    type_number(video.speed_field, "90")
    choose(video.pace_box, 1)
    assert video.speed_field.number == 3
    choose(video.pace_box, 0)
    assert video.speed_field.number == 90
    type_number(video.speed_field, "20")
    choose(video.pace_box, 1)
    assert video.speed_field.number == 1
    choose(video.pace_box, 2)
    assert video.speed_field.number == 20, "there and back is no change"
    assert video.end_speed_field.isEnabled()
    choose(video.pace_box, 1)
    type_number(video.speed_field, "4")
    choose(video.pace_box, 0)
    assert video.speed_field.number == 120
    assert not video.end_speed_field.isEnabled()


def test_a_fixed_number_of_updates_is_whole(video, tmp_path):
    choose(video.pace_box, 1)
    type_number(video.speed_field, "1.5")
    seen(video)
    assert "whole number of updates" in video._error.text()
    video._error.clear()
    video.start(tmp_path / "a.mp4")
    assert "whole number of updates" in video._error.text()


def test_the_next_dialog_remembers(made, tmp_path):
    first = made(VideoDialog)
    for box, index in ((first.layout_box, 2), (first.format_box, 2), (first.pace_box, 2), (first.quality_box, 0)):
        choose(box, index)
    type_number(first.fps_field, "20")
    type_number(first.speed_field, "7")
    type_number(first.end_speed_field, "70")
    type_number(first.hold_field, "2")
    first.loop_box.setChecked(False)
    wanted = first.film_options()
    first.start(tmp_path / "a.gif")
    assert not first.isVisible()
    assert made(VideoDialog).film_options() == wanted
    one = made(PictureDialog)
    choose(one.background_box, 2)
    one.write(tmp_path / "a.png")
    assert made(PictureDialog).options().background == "transparent"


def test_it_hands_over_what_was_promised(video, tmp_path, monkeypatch):
    given = []
    video.chosen.connect(lambda *chosen: given.append(chosen))
    answer(monkeypatch, tmp_path / "mine", "WebM video (*.webm)")
    video._record()
    ((options, path),) = given
    assert path == tmp_path / "mine.webm"
    assert options == video.film_options()
    assert files(tmp_path) == [], "nothing is written here"


ENDINGS = [
    ("a", "a.png"), ("a.png", "a.png"), ("a.PDF", "a.PDF"), ("rate 0.5", "rate 0.5.png"), ("a.", "a..png"),
    ("a.jpg", "a.jpg"), (".hidden", ".hidden.png"), ("v1.2 final", "v1.2 final.png"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "name"), ENDINGS)
def test_endings(tmp_path, typed, name):
    assert with_ending(None, tmp_path / typed, ".png", (".png", ".svg", ".pdf")) == tmp_path / name


def test_an_ending_that_was_added_replaces_nothing_unasked(picture, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"mine")
    answer(monkeypatch, tmp_path / "a")
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    picture._save()
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    assert picture.isVisible()
    picture._save()
    assert not QImage(str(tmp_path / "a.png")).isNull()


def test_a_recorded_video_has_what_the_dialog_said(window, tmp_path, monkeypatch):
    said = []

    def drive(dialog):
        dialog.width_field.set_number(161)
        dialog.height_field.set_number(91)
        dialog.fps_field.set_number(10)
        dialog.speed_field.set_number(100)
        said.append(dialog.facts())
        dialog.start(tmp_path / "a.mp4")

    monkeypatch.setattr(VideoDialog, "exec", drive)
    window.desk.record_video()
    wait_for(lambda: not window.desk.busy, 20.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = list(container.decode(video=0))
    assert said[0].startswith(f"{len(frames)} frames")
    assert "162 × 92, even" in said[0]
    assert (frames[0].width, frames[0].height) == (162, 92)
    settle(window)
