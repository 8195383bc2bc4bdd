"""The surface in figures and films: in place of the map or beside it, from the document's camera, on a turntable."""

import dataclasses

import msgspec
import numpy as np
import pytest
from windows import ravine

from gdsim.core.camera import Camera
from gdsim.core.documents import as_dict, decode, encode, load
from gdsim.core.trajectory import run
from gdsim.ui.figure import LAYOUTS, Figure, FigureOptions, Filmstrip
from gdsim.ui.film import Film, FilmOptions
from gdsim.ui.plots.moment import Moment

LOOK = FigureOptions(320, 200, layout="landscape", space="3d")


@pytest.fixture(scope="module")
def moment():
    experiment = ravine(steps=20)
    return Moment(experiment, run(experiment), 12)


def bits(image):
    return bytes(image.constBits())


def aimed(moment, **camera):
    experiment = msgspec.structs.replace(moment.experiment, camera=Camera(**camera))
    return dataclasses.replace(moment, experiment=experiment)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("space", ["3d", "both"])
@pytest.mark.parametrize("size", [(64, 64), (640, 360), (300, 700)], ids=str)
def test_every_layout_has_room_for_it(qapp, moment, layout, space, size):
    flat, solid = (
        Figure(FigureOptions(*size, layout=layout, space=one)).image(moment) for one in ("2d", space)
    )  # fmt: skip
    assert (solid.width(), solid.height()) == size
    assert bits(flat) != bits(solid)


def test_the_camera_of_the_document_is_used_and_an_option_goes_before_it(qapp, moment):
    plain = bits(Figure(LOOK).image(moment))
    other = bits(Figure(LOOK).image(aimed(moment, azimuth=20.0)))
    asked = bits(Figure(dataclasses.replace(LOOK, camera=Camera(azimuth=20.0))).image(moment))
    assert plain != other
    assert other == asked


def test_the_same_figure_gives_the_same_pixels(qapp, moment):
    figure = Figure(LOOK)
    first = bits(figure.image(moment))
    figure.image(dataclasses.replace(moment, cursor=2))
    figure.turn(90.0)
    assert bits(figure.image(moment)) != first
    figure.turn(0.0)
    assert bits(figure.image(moment)) == first
    assert bits(Figure(LOOK).image(moment)) == first


def test_a_live_recording_follows_the_camera(qapp, moment):
    figure = Figure(LOOK)
    before = bits(figure.image(moment))
    assert figure.adjust(dataclasses.replace(LOOK, camera=Camera(azimuth=70.0)))
    assert bits(figure.image(moment)) != before
    assert not figure.adjust(dataclasses.replace(LOOK, space="2d"))


def test_on_a_turntable_every_frame_is_another(qapp, moment, tmp_path):
    options = FilmOptions(LOOK, fps=10, speed=5, first=10, last=12, hold_last=0.3)
    still = list(Film(moment, options, tmp_path / "a.mp4").pictures())
    turning = Film(aimed(moment, turntable=90.0), options, tmp_path / "b.mp4")
    pictures = list(turning.pictures())
    assert sum(frames for _, frames in still) == len(pictures) == len(turning)
    assert all(frames == 1 for _, frames in pictures)
    assert len({bits(image) for image, _ in pictures}) == len(pictures)
    assert bits(pictures[0][0]) == bits(still[0][0])


def test_filmstrips_and_transparent_grounds_work(qapp, moment):
    strip = Filmstrip(dataclasses.replace(LOOK, width=600), [0, 5, 12]).image(moment)
    assert (strip.width(), strip.height()) == (600, 200)
    clear = Figure(dataclasses.replace(LOOK, background="transparent")).image(moment)
    rows = np.frombuffer(clear.constBits(), np.uint8).reshape(clear.height(), clear.width(), 4)
    assert rows[2, -3, 3] == 0
    assert rows[..., 3].max() == 255


def test_a_document_keeps_its_camera_and_a_plain_one_has_none(moment):
    assert "camera" not in as_dict(moment.experiment)
    seen = aimed(moment, azimuth=12.0, elevation=50.0, zoom=1.5, height="log", turntable=10.0).experiment
    assert as_dict(seen)["camera"] == {
        "azimuth": 12.0, "elevation": 50.0, "zoom": 1.5, "height": "log", "turntable": 10.0,
    }  # fmt: skip
    assert decode(encode(seen)) == seen


@pytest.mark.parametrize(
    ("camera", "place"),
    [({"elevation": 95.0}, "$.camera.elevation"), ({"azimuth": "far"}, "$.camera.azimuth"), ({"roll": 1}, "$.camera")],
)
def test_a_camera_that_cannot_be_is_refused_with_its_place(moment, camera, place):
    from gdsim.core.documents import DocumentError

    with pytest.raises(DocumentError) as refusal:
        load(as_dict(moment.experiment) | {"camera": camera})
    assert place in str(refusal.value)


def test_the_camera_of_the_window_lies_in_the_file(moment, tmp_path):
    camera = Camera(azimuth=5.0, turntable=30.0)
    for space, known in (("3d", camera), ("2d", None)):
        look = dataclasses.replace(LOOK, camera=camera, space=space)
        film = Film(moment, FilmOptions(look, fps=10), tmp_path / "a.mp4")
        assert decode(film.settings.document).camera == known
        assert film.turntable == (30.0 if known else 0.0)
