"""The renderer against surfaces whose picture is known: planes, a hill, a bowl; and the same from both sides."""

import math

import numpy as np
import pytest

from gdsim.core.camera import Camera
from gdsim.relief.mesh import INK_BITS, SLOPE_BITS, TONE_BITS, bake
from gdsim.relief.projection import Block, Projection
from gdsim.relief.raycast import PALETTE_BITS, SHADE_BITS, shoot

NONE = np.empty(0)
PALETTE = np.full(1 << PALETTE_BITS, 0xFF808080, np.uint32)
BLOCK = Block(1.0, 0.7, 0.9, 0.3)


def grid(surface, n=96):
    u, v = np.meshgrid(np.linspace(-1.0, 1.0, n), np.linspace(-1.0, 1.0, n))
    return surface(u, v)


def mesh_of(surface, levels=NONE, block=BLOCK, texels=256):
    z = grid(surface)
    return bake(z, z, levels, block, texels)


def view_of(azimuth=-60.0, elevation=38.0, width=320, height=240, block=BLOCK, **more):
    camera = Camera(azimuth=azimuth, elevation=elevation, **more)
    return Projection.fitted(camera, block, width, height, (10.0, 10.0, 10.0))


def hill(u, v):
    return np.exp(-8.0 * (u * u + v * v))


def bowl(u, v):
    return 0.5 * (u * u + v * v)


@pytest.mark.parametrize("elevation", [15.0, 38.0, 70.0, 90.0])
@pytest.mark.parametrize("azimuth", [-180.0, -135.0, -60.0, 0.0, 33.0, 90.0])
def test_a_level_plane_is_where_geometry_says(azimuth, elevation):
    mesh, view = mesh_of(lambda u, v: 0.0 * u + 0.5), view_of(azimuth, elevation)
    depth = shoot(mesh, view, 320, 240, PALETTE, smooth=False).depth
    row, column = np.nonzero(np.isfinite(depth))
    u, v = view.ground(column + 0.5, depth[row, column].astype(float))
    assert np.abs(u).max() <= BLOCK.half_u + 1e-3
    assert np.abs(v).max() <= BLOCK.half_v + 1e-3
    x, y = view.pixels(u, v, 0.5 * BLOCK.height)
    assert np.abs(x - column - 0.5).max() < 1e-3
    assert np.abs(y - row - 0.5).max() < 1e-2
    area = 4.0 * BLOCK.half_u * BLOCK.half_v * view.scale**2 * view.sine
    assert len(row) == pytest.approx(area, rel=0.03)


def test_a_hill_hides_what_is_behind_it_and_nothing_else():
    mesh, view = mesh_of(hill), view_of(-90.0, 20.0)
    depth = shoot(mesh, view, 320, 240, PALETTE, smooth=False).depth

    def seen(u, v):
        x, y = view.pixels(u, v, float(mesh.height(np.array([u]), np.array([v]))[0]))
        return depth[int(y), int(x)] >= view.depth(u, v) - 0.05

    assert not seen(0.0, 0.35)
    assert seen(0.0, -0.35)
    assert seen(0.8, 0.35)
    assert seen(0.0, 0.0)


def test_the_front_wall_of_a_bowl_is_glass():
    mesh, view = mesh_of(bowl), view_of(-90.0, 20.0)
    depth = shoot(mesh, view, 320, 240, PALETTE, smooth=False).depth
    x, y = view.pixels(0.0, 0.05, 0.0)
    assert depth[int(y), int(x)] == pytest.approx(view.depth(0.0, 0.05), abs=0.05)
    front = view.pixels(0.0, -BLOCK.half_v, BLOCK.height * 0.5)[1]
    assert y > front, "the front edge stands higher on the screen than the bottom that is seen through it"


@pytest.mark.parametrize("azimuth", [0.0, 17.0, 45.0, 100.0])
def test_a_surface_that_is_a_mirror_image_looks_like_one(azimuth):
    surface = mesh_of(hill, block=Block(1.0, 1.0))
    block = surface.block

    def depth(at):
        return shoot(surface, view_of(at, 30.0, block=block), 320, 240, PALETTE, smooth=False).depth

    left, right = depth(-90.0 - azimuth), depth(-90.0 + azimuth)[:, ::-1]
    assert (np.isfinite(left) == np.isfinite(right)).mean() > 0.995
    both = np.isfinite(left) & np.isfinite(right)
    assert np.quantile(np.abs(left[both] - right[both]), 0.99) < 0.03


def test_the_same_call_gives_the_same_pixels():
    mesh, view = mesh_of(hill, np.linspace(0.05, 0.95, 10)), view_of()
    palette = np.random.default_rng(1).integers(0, 1 << 32, 1 << PALETTE_BITS, dtype=np.uint32)
    first, again = (shoot(mesh, view, 500, 400, palette) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.depth, again.depth)


def test_edges_are_smooth_at_rest_and_hard_while_it_moves():
    mesh, view = mesh_of(hill), view_of()
    alphas = [np.unique(shoot(mesh, view, 320, 240, PALETTE, smooth=smooth).pixels >> 24) for smooth in (False, True)]
    assert alphas[0].tolist() == [0, 255]
    assert len(alphas[1]) > 2


def test_lines_lie_at_their_levels():
    mesh = mesh_of(lambda u, v: 0.5 + 0.5 * u, np.array([0.25, 0.5, 0.75]), Block(1.0, 1.0, 1.0, 0.2))
    ink = mesh.texels >> np.uint32(2 * SLOPE_BITS + TONE_BITS)
    assert ink.max() < 1 << INK_BITS
    across = ink.max(axis=0).nonzero()[0] / 256.0
    assert {round(4.0 * float(at)) / 4.0 for at in across} == {0.25, 0.5, 0.75}
    assert np.abs(across - np.round(4.0 * across) / 4.0).max() < 0.02


def test_what_is_no_surface_is_hatched():
    z = grid(hill)
    mesh = bake(z, z, NONE, BLOCK, 256, grid(lambda u, v: u) > 0.5)
    ink = mesh.texels >> np.uint32(2 * SLOPE_BITS + TONE_BITS)
    assert not ink[:, :180].any()
    assert 0.3 < (ink[:, 200:] > 0).mean() < 0.7


def test_slopes_that_face_the_light_are_brighter():
    palette = np.repeat(np.arange(1 << (PALETTE_BITS - SHADE_BITS)), 1 << SHADE_BITS)
    shades = (np.arange(1 << PALETTE_BITS) & ((1 << SHADE_BITS) - 1)).astype(np.uint32)
    assert len(palette) == len(shades)
    for azimuth in (-150.0, -90.0, 0.0, 40.0):
        mesh, view = mesh_of(hill, block=Block()), view_of(azimuth, 45.0, block=Block())
        shot = shoot(mesh, view, 320, 240, shades, smooth=False)
        x, y = view.pixels(0.0, 0.0, mesh.block.height)
        left, right = (shot.pixels[int(y) + 20, int(x) + side] for side in (-18, 18))
        assert left > right, "the light stands at the viewer's left, wherever the viewer is"


@pytest.mark.parametrize("zoom", [0.25, 1.0, 20.0])
def test_a_picture_that_shows_nothing_or_a_speck_is_drawn(zoom):
    mesh = mesh_of(hill)
    for across, up in ((0.0, 0.0), (4.0, 4.0), (-4.0, 0.0)):
        shot = shoot(mesh, view_of(zoom=zoom, across=across, up=up), 64, 48, PALETTE)
        assert shot.pixels.shape == shot.depth.shape == (48, 64)


def test_heights_are_found_between_the_points_and_at_the_edge():
    mesh = mesh_of(lambda u, v: 0.5 + 0.25 * u + 0.2 * v)
    found = mesh.height(np.array([0.0, 0.5, 9.0, np.nan]), np.array([0.0, 0.35, 0.0, 0.0]))
    assert found[:3] == pytest.approx(np.array([0.5, 0.5 + 0.125 + 0.1, 0.75]) * BLOCK.height, abs=1e-5)
    assert math.isnan(found[3])
    along_u, along_v = mesh.slopes(0.1, 0.1)
    assert along_u == pytest.approx(0.25 * BLOCK.height, rel=0.02)
    assert along_v == pytest.approx(0.2 * BLOCK.height / BLOCK.half_v, rel=0.02)


def test_ground_and_pixels_are_each_others_inverse():
    view = view_of(12.0, 50.0, across=0.3, up=-0.2, zoom=2.0)
    for u, v in ((0.2, -0.5), (-0.9, 0.1)):
        x, _ = view.pixels(u, v, 0.4)
        assert view.ground(x, view.depth(u, v)) == pytest.approx((u, v))


def test_the_block_fits_its_area_from_everywhere():
    for azimuth in range(-180, 180, 30):
        for elevation in (5.0, 38.0, 90.0):
            view = view_of(float(azimuth), elevation)
            for u in (-BLOCK.half_u, BLOCK.half_u):
                for v in (-BLOCK.half_v, BLOCK.half_v):
                    for w in (-BLOCK.drop, BLOCK.height):
                        x, y = view.pixels(u, v, w)
                        assert 9.0 <= x <= 311.0
                        assert 9.0 <= y <= 231.0
