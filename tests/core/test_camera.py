"""The camera of a document: what it may be, and where it goes when it is moved."""

import msgspec
import pytest

from gdsim.core.camera import FARTHEST, LEAST_ELEVATION, MOST_ZOOM, Camera, wrapped


def test_it_goes_around_and_neither_under_nor_over():
    camera = Camera(azimuth=170.0, elevation=80.0).turned(30.0, 45.0)
    assert camera.azimuth == pytest.approx(-160.0)
    assert camera.elevation == 90.0
    assert camera.turned(0.0, -500.0).elevation == LEAST_ELEVATION
    assert camera.turned(-360.0).azimuth == pytest.approx(camera.azimuth)


def test_it_comes_no_nearer_and_goes_no_further_than_can_be_drawn():
    camera = Camera().zoomed(1e9).moved(99.0, -99.0)
    assert (camera.zoom, camera.across, camera.up) == (MOST_ZOOM, FARTHEST, -FARTHEST)


@pytest.mark.parametrize("azimuth", [-720.0, -180.0, 0.0, 179.0, 540.0, 1e6])
def test_a_direction_has_one_name(azimuth):
    assert -180.0 <= wrapped(azimuth) < 180.0


@pytest.mark.parametrize(
    "fields", [{"azimuth": 400}, {"elevation": 0}, {"zoom": 0}, {"height": "tall"}, {"tilt": 3}, {"turntable": 9999}]
)
def test_what_cannot_be_is_refused(fields):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, Camera)
