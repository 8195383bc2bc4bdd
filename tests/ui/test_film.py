"""Films and written pictures: every frame is the figure at its step, and the files are what their endings say."""

import dataclasses
import re

import pytest
from PySide6.QtGui import QImage
from samples import document
from windows import ravine

import gdsim
from gdsim.core.documents import decode, encode
from gdsim.core.trajectory import run
from gdsim.recording.embedded import extract
from gdsim.recording.encoder import VideoSettings, estimate
from gdsim.recording.faults import RecordingError
from gdsim.ui.figure import Figure, FigureOptions, Filmstrip
from gdsim.ui.film import Film, FilmOptions, duration, film_facts, write_picture
from gdsim.ui.plots.moment import Moment

SMALL = FigureOptions(320, 180)


@pytest.fixture(scope="module")
def moment():
    experiment = ravine(steps=30)
    return Moment(experiment, run(experiment), 12)


def same(one, other):
    return bytes(one.constBits()) == bytes(other.constBits())


# films


PLANS = {
    "steady": FilmOptions(SMALL, fps=30, speed=20, hold_first=0.1, hold_last=0.2),
    "slower than the frames": FilmOptions(SMALL, fps=30, speed=7),
    "per frame": FilmOptions(SMALL, fps=10, pace="frame", speed=4),
    "faster": FilmOptions(SMALL, fps=30, pace="faster", speed=5, end_speed=200),
    "a part": FilmOptions(SMALL, fps=30, speed=30, first=7, last=19),
    "one step": FilmOptions(SMALL, fps=30, first=5, last=5, hold_last=0.5),
}


@pytest.mark.parametrize("options", PLANS.values(), ids=PLANS)
def test_each_frame_is_the_figure_at_its_step(qapp, moment, tmp_path, options):
    film = Film(moment, options, tmp_path / "a.mp4")
    plan = list(film.timing.steps())
    assert plan == sorted(plan)
    assert (plan[0], plan[-1]) == (options.first, 30 if options.last is None else options.last)
    pictures = list(film.pictures())
    assert sum(frames for _, frames in pictures) == len(film) == len(plan)
    alone = Figure(film.options.figure)
    for place, (image, _) in zip(_starts(pictures), pictures, strict=True):
        assert same(image, alone.image(dataclasses.replace(moment, cursor=plan[place])))


def _starts(pictures):
    place = 0
    for _, frames in pictures:
        yield place
        place += frames


@pytest.mark.parametrize(
    ("ending", "size"), [("mp4", (322, 182)), ("webm", (322, 182)), ("gif", (321, 181))], ids=["mp4", "webm", "gif"]
)
def test_odd_sizes_are_made_even_where_they_must_be(qapp, moment, tmp_path, ending, size):
    options = FilmOptions(FigureOptions(321, 181), fps=25)
    film = Film(moment, options, tmp_path / f"a.{ending}")
    assert (film.settings.width, film.settings.height) == size
    assert film.grown == (ending != "gif")
    image, _ = next(film.pictures())
    assert (image.width(), image.height()) == size
    assert ("322 × 182, even" in film_facts(options, moment, ending)) == film.grown


def test_a_film_has_a_ground(qapp, moment, tmp_path):
    for background, name in (("transparent", "#0e1217"), ("white", "#ffffff")):
        options = FilmOptions(dataclasses.replace(SMALL, layout="side", background=background))
        image, _ = next(Film(moment, options, tmp_path / "a.mp4").pictures())
        assert image.format() == QImage.Format.Format_RGB32
        assert image.pixelColor(1, 178).alpha() == 255
        if background == "white":
            assert image.pixelColor(1, 178).name() == name


def test_the_document_goes_into_the_settings(moment, tmp_path):
    settings = Film(moment, FilmOptions(SMALL), tmp_path / "a.mp4").settings
    assert decode(settings.document) == moment.experiment
    assert settings.title == "Ravine"


@pytest.mark.parametrize(
    ("options", "name", "words"),
    [
        (FilmOptions(SMALL), "a.avi", "unknown ending '.avi'"),
        (FilmOptions(SMALL), "a", "unknown ending ''"),
        (FilmOptions(SMALL, last=31), "a.mp4", "beyond the end of the experiment (30)"),
        (FilmOptions(SMALL, first=9, last=3), "a.mp4", "first step (9)"),
        (FilmOptions(SMALL, first=-1), "a.mp4", "first step (-1)"),
        (FilmOptions(SMALL, fps=0), "a.mp4", "frames per second"),
        (FilmOptions(SMALL, fps=float("nan")), "a.mp4", "frames per second"),
        (FilmOptions(SMALL, speed=0), "a.mp4", "speed"),
        (FilmOptions(SMALL, speed=float("inf")), "a.mp4", "speed"),
        (FilmOptions(SMALL, pace="frame", speed=0), "a.mp4", "at least 1 update"),
        (FilmOptions(SMALL, pace="faster", end_speed=0), "a.mp4", "the end"),
        (FilmOptions(SMALL, hold_last=-1), "a.mp4", "hold on the last"),
        (FilmOptions(SMALL, hold_first=1e9), "a.mp4", "hold on the first"),
        (FilmOptions(SMALL, speed=0.001), "a.mp4", "record it faster"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(moment, tmp_path, options, name, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Film(moment, options, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_facts(moment):
    assert film_facts(FilmOptions(SMALL, fps=30, speed=30), moment).startswith("31 frames  ·  1.0 s  ·  about ")
    large = FilmOptions(FigureOptions(1920, 1080), speed=1)
    size = estimate(VideoSettings("mp4", 1920, 1080, 60), 1801) / 1e6
    assert film_facts(large, moment) == f"1,801 frames  ·  30.0 s  ·  about {size:,.0f} MB"
    for options, kind, words in (
        (FilmOptions(SMALL, fps=60), "gif", "gif takes"),
        (FilmOptions(FigureOptions(8192, 8192)), "mp4", "million pixels"),
        (FilmOptions(SMALL, last=99), "mp4", "beyond the end"),
    ):
        with pytest.raises(ValueError, match=words):
            film_facts(options, moment, kind)


def test_durations():
    assert [duration(seconds) for seconds in (0.04, 7.5, 59.9, 60, 125, 3600)] == [
        "0.0 s", "7.5 s", "59.9 s", "1 min 00 s", "2 min 05 s", "60 min 00 s",
    ]  # fmt: skip


def test_a_run_that_diverged_is_filmed_to_the_end_of_the_others(qapp, tmp_path):
    experiment = gdsim.load(
        document({"optimizer": {"name": "SGD", "lr": 1e3}}, {"optimizer": {"name": "SGD", "lr": 0.1}}, steps=12)
    )
    moment = Moment(experiment, run(experiment), 0)
    film = Film(moment, FilmOptions(SMALL, fps=10, pace="frame", speed=1), tmp_path / "a.mp4")
    assert len(film) == 13
    assert len(list(film.pictures())) == 13


# pictures


@pytest.mark.parametrize("make", [Figure, lambda options: Filmstrip(options, [0, 10, 30])], ids=["figure", "strip"])
@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
def test_pictures_hold_the_experiment(qapp, moment, tmp_path, make, ending):
    path = tmp_path / f"a.{ending}"
    figure = make(FigureOptions(400, 226, title="A & B <3", caption="below"))
    write_picture(figure, moment, path, encode(moment.experiment))
    assert decode(extract(path)) == moment.experiment
    if ending.lower() == "png":
        read = QImage(str(path))
        assert read.convertToFormat(QImage.Format.Format_RGB32) == figure.image(moment).convertToFormat(
            QImage.Format.Format_RGB32
        )
        assert read.text("Title") == "A & B <3"


def test_a_transparent_picture_stays_transparent_in_the_file(qapp, moment, tmp_path):
    write_picture(Figure(FigureOptions(320, 180, background="transparent")), moment, tmp_path / "a.png", b"")
    image = QImage(str(tmp_path / "a.png"))
    assert image.pixelColor(1, 178).alpha() == 0
    assert image.pixelColor(120, 70).alpha() == 255, "the ground of the landscape is there"


def test_svg_is_made_of_text_and_paths(qapp, moment, tmp_path):
    path = tmp_path / "a.svg"
    write_picture(Figure(FigureOptions(640, 360, title="Vectors")), moment, path, encode(moment.experiment))
    text = path.read_text(encoding="utf-8")
    assert 'viewBox="0 0 640 360"' in text
    for word in ("Vectors", "step 12 / 30", "slow", "|gradient|", "Learning rate"):
        assert word in text, "letters stay letters"
    assert text.count("<text") > 20
    assert text.count("<path") + text.count("<polyline") > 20
    assert text.count("<image") < 20, "only the ground and small signs are images"


def test_pdf_is_one_page_of_the_size(qapp, moment, tmp_path):
    path = tmp_path / "a.pdf"
    write_picture(Figure(FigureOptions(640, 360)), moment, path, encode(moment.experiment))
    data = path.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1
    box = [float(side) for side in re.search(rb"/MediaBox\s*\[([^\]]+)\]", data)[1].split()]
    assert box == pytest.approx([0, 0, 480, 270], abs=1), "a pixel is a 96th of an inch"
    assert b"/Font" in data


def test_an_existing_picture_is_replaced_only_when_told_to(qapp, moment, tmp_path):
    for ending in ("png", "svg", "pdf"):
        path = tmp_path / f"a.{ending}"
        path.write_bytes(b"mine")
        with pytest.raises(RecordingError, match="exists already"):
            write_picture(Figure(SMALL), moment, path, b"")
        assert path.read_bytes() == b"mine"
        write_picture(Figure(SMALL), moment, path, b"", force=True)
        assert path.read_bytes() != b"mine"


def test_unknown_endings_are_refused(qapp, moment, tmp_path):
    for name in ("a.jpg", "a", "a.mp4"):
        with pytest.raises(RecordingError, match="unknown ending"):
            write_picture(Figure(SMALL), moment, tmp_path / name, b"")
    assert list(tmp_path.iterdir()) == []
