"""Every frame is one moment of the trajectory, and how many there are is known before."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdsim.recording.timing import MAX_FRAMES, Curve, LiveClock, Pace, PerFrame, Steady, plan

speeds = st.floats(0.5, 5_000)
paces = st.one_of(st.builds(Steady, speeds), st.builds(PerFrame, st.integers(1, 500)), st.builds(Curve, speeds, speeds))


@given(
    pace=paces,
    fps=st.sampled_from([1, 10, 24, 25, 29.97, 30, 60, Fraction(30_000, 1001)]),
    first=st.integers(0, 50),
    updates=st.integers(0, 400),
    holds=st.tuples(st.floats(0, 3), st.floats(0, 3)),
)
def test_first_to_last_and_never_back(
    pace: Pace, fps: float | Fraction, first: int, updates: int, holds: tuple[float, float]
) -> None:
    timing = plan(pace, fps=fps, first=first, last=first + updates, hold_first=holds[0], hold_last=holds[1])
    steps = list(timing.steps())
    assert len(steps) == timing.frames == timing.held_first + 1 + timing.moving + timing.held_last
    assert steps[0] == first
    assert steps[-1] == first + updates
    assert steps == sorted(steps)
    assert set(steps[: timing.held_first + 1]) == {first}
    assert set(steps[len(steps) - timing.held_last - 1 :]) == {first + updates}
    assert [step for step, frames in timing.pictures() for _ in range(frames)] == steps
    assert timing.seconds == pytest.approx(timing.frames / float(fps), rel=1e-4)


@given(speed=speeds, fps=st.integers(1, 60), updates=st.integers(0, 1_000))
def test_steady_counts_as_the_formula_says(speed: float, fps: int, updates: int) -> None:
    timing = plan(Steady(speed), fps=fps, first=0, last=updates)
    exact = Fraction(repr(speed))
    assert timing.frames == 1 + math.ceil(updates * fps / exact)
    for frame in range(0, timing.frames, 7):
        assert timing.step(frame) == min(updates, math.floor(frame * exact / fps))


@given(per=st.integers(1, 50), updates=st.integers(0, 1_000))
def test_per_frame_shows_every_so_manieth_step(per: int, updates: int) -> None:
    steps = list(plan(PerFrame(per), fps=30, first=0, last=updates).steps())
    assert steps[:-1] == list(range(0, updates, per))
    assert steps[-1] == updates


def test_a_curve_starts_slow_and_ends_fast() -> None:
    timing = plan(Curve(10, 1_000), fps=60, first=0, last=10_000)
    steps = list(timing.steps())
    gaps = [after - before for before, after in pairwise(steps)]
    assert sum(gaps[:60]) == pytest.approx(10, abs=4)
    assert sum(gaps[-60:]) == pytest.approx(950, abs=20)
    assert timing.moving == math.ceil(10_000 * 60 / ((1_000 - 10) / math.log(100)))


def test_as_many_updates_a_second_as_frames_shows_each_step_once() -> None:
    for pace in (Steady(30), PerFrame(1), Curve(30, 30)):
        assert list(plan(pace, fps=30, first=5, last=50).steps()) == list(range(5, 51))


def test_one_step_is_one_frame_and_its_holds() -> None:
    timing = plan(Steady(10), fps=10, first=3, last=3, hold_first=0.5, hold_last=1)
    assert list(timing.steps()) == [3] * 16
    assert list(timing.pictures()) == [(3, 16)]


@pytest.mark.parametrize(
    ("pace", "given_", "said"),
    [
        (Steady(1), {"fps": 0}, "rate"),
        (Steady(1), {"fps": math.nan}, "rate"),
        (Steady(1), {"fps": 1_000}, "240"),
        (Steady(1), {"first": 5, "last": 4}, "first step"),
        (Steady(1), {"first": -1}, "first step"),
        (Steady(1), {"hold_first": -1}, "hold on the first"),
        (Steady(1), {"hold_last": math.inf}, "hold on the last"),
        (Steady(0.001), {"last": 1_000_000}, f"{MAX_FRAMES:,}"),
        (Curve(0.001, 0.002), {"last": 1_000_000}, f"{MAX_FRAMES:,}"),
    ],
)
def test_what_cannot_be_is_refused(pace: Pace, given_: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan(pace, **({"fps": 30, "first": 0, "last": 10} | given_))  # type: ignore[arg-type]


@pytest.mark.parametrize("speed", [0, -1, math.nan, math.inf, 1e300])
def test_speeds_that_are_none_are_refused(speed: float) -> None:
    for make in (Steady, lambda v: Curve(v, 1), lambda v: Curve(1, v)):
        with pytest.raises(ValueError, match="speed"):
            make(speed)
    with pytest.raises(ValueError, match="at least 1"):
        PerFrame(0)


def test_a_live_clock_gives_every_frame_once_and_skips_sleep() -> None:
    clock = LiveClock(30)
    assert sum(clock.due(0.007) for _ in range(1_000)) == 210
    assert clock.due(60) <= 8  # a machine that slept
    assert clock.due(-5) == 0
