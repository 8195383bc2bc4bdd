"""The shipped experiments: that each is a sound document, and that what it is there to show really happens."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import gdsim
from gdsim.core.documents import decode, encode
from gdsim.core.ensemble import bands
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats
from gdsim.core.section import Section, section
from gdsim.core.trajectory import RunTrajectory, Trajectory
from gdsim.resources import resource

PATHS = sorted(resource("experiments").glob("*.json"))
STEPS_A_SECOND = 20

DIVERGE = {("02", "η = 0.53"), ("03", "1.04 of 2/L"), ("13", "η = 0.05"), ("37", "Adam")}
"""The runs that are there to diverge."""


@cache
def experiment(number: str) -> Experiment:
    (path,) = resource("experiments").glob(f"{number}-*.json")
    return gdsim.load(path)


@cache
def runs(number: str) -> dict[str, RunTrajectory]:
    return {run.label: run for run in gdsim.run(experiment(number)).runs}


def kinds(number: str) -> dict[str, str]:
    return {label: run.outcome.kind for label, run in runs(number).items() if run.outcome}


def steps_to(run: RunTrajectory, level: float) -> int:
    """The first step at which the loss is at or below ``level``."""
    below = np.flatnonzero(run.loss <= level)
    assert below.size, f"{run.label} never reaches {level}"
    return int(below[0])


def end(number: str, label: str) -> Floats:
    return runs(number)[label].theta[-1]


def final(number: str, label: str) -> float:
    return float(runs(number)[label].loss[-1])


def nearest(points: Floats, theta: Floats) -> tuple[int, float]:
    """Which of ``points`` lies nearest, and how far."""
    distance = np.linalg.norm(points - theta, axis=1)
    return int(distance.argmin()), float(distance.min())


def seeds(number: str, count: int = 24) -> list[dict[str, RunTrajectory]]:
    """The experiment again with other chances: one lucky seed proves nothing."""
    document = experiment(number)
    changed = [msgspec.structs.replace(document, seed=seed) for seed in range(count)]
    return [{run.label: run for run in gdsim.run(each).runs} for each in changed]


def ends_at_rate(number: str, index: int, factor: float) -> float:
    """The final loss of one run had its rate been ``factor`` times what it is."""
    document = experiment(number)
    run = document.runs[index]
    optimizer = msgspec.structs.replace(run.optimizer, lr=run.optimizer.rate * factor)
    alone = msgspec.structs.replace(document, runs=(msgspec.structs.replace(run, optimizer=optimizer),))
    return float(gdsim.run(alone).runs[0].loss[-1])


def seen(number: str, run: RunTrajectory) -> Section:
    """What is seen of the landscape where this run is the selected one."""
    return section(experiment(number), Trajectory(experiment(number), (run,)), run.last, 0)


def extent(number: str, run: RunTrajectory) -> Floats:
    left, right, bottom, top = seen(number, run).home()
    return np.array([right - left, top - bottom])


def by_name(path: Path) -> str:
    return path.stem


# Sound documents


def test_the_menu_is_in_order() -> None:
    numbers = [int(path.name[:2]) for path in PATHS]
    textbook, data = [n for n in numbers if n < 20], [n for n in numbers if 20 <= n < 40]
    assert textbook == list(range(1, len(textbook) + 1))
    assert data == list(range(20, 20 + len(data)))
    assert all(path.name[2] == "-" for path in PATHS)
    titles = [gdsim.load(path).title for path in PATHS]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", PATHS, ids=by_name)
def test_saving_gives_the_same_bytes(path: Path) -> None:
    data = path.read_bytes()
    assert encode(decode(data)) == data
    assert decode(encode(gdsim.load(path))) == gdsim.load(path)


@pytest.mark.parametrize("path", PATHS, ids=by_name)
def test_title_and_labels_fit(path: Path) -> None:
    document = gdsim.load(path)
    labels = [run.label for run in document.runs]
    assert 8 <= len(document.title) <= 44
    assert document.title == document.title.strip()
    assert document.title[0].isupper()
    assert all(0 < len(label) <= 16 for label in labels)
    assert len(set(labels)) == len(labels) <= 5
    assert document.steps <= (300 if int(path.name[:2]) < 20 else 3000) or path.name.startswith("05-")


@pytest.mark.parametrize("path", PATHS, ids=by_name)
def test_every_run_stays_in_the_picture(path: Path) -> None:
    number = path.name[:2]
    for label, run in runs(number).items():
        if (number, label) in DIVERGE:
            continue
        assert len(run) == experiment(number).steps + 1
        assert np.isfinite(run.loss).all()
        left, right, bottom, top = seen(number, run).home()
        x, y = seen(number, run).places(run).T
        inside = (left < x) & (x < right) & (bottom < y) & (y < top)
        assert inside.all(), f"{label} leaves the home view at step {int(np.argmin(inside))}"


@pytest.mark.parametrize("path", PATHS, ids=by_name)
def test_only_what_should_diverges(path: Path) -> None:
    number = path.name[:2]
    diverged = {(number, label) for label, kind in kinds(number).items() if kind == "diverged"}
    assert diverged == {each for each in DIVERGE if each[0] == number}


@pytest.mark.parametrize("path", PATHS, ids=by_name)
def test_something_happens_within_a_second(path: Path) -> None:
    number = path.name[:2]
    if number in ("35", "37"):
        return  # there it is the lesson that nothing does
    moved = [
        np.ptp(seen(number, run).places(run)[: STEPS_A_SECOND + 1], axis=0) / extent(number, run)
        for (label, run) in runs(number).items()
        if (number, label) not in DIVERGE
    ]
    if number >= "20" and np.max(moved) <= 0.15:
        assert max(abs(1.0 - run.loss[STEPS_A_SECOND] / run.loss[0]) for run in runs(number).values()) > 0.1
    else:
        assert np.max(moved) > 0.15


# What each of them shows


def test_01_four_optimizers_take_four_ways() -> None:
    found = runs("01")
    assert list(found) == ["SGD", "Momentum", "RMSprop", "Adam"]
    assert experiment("01").origin == (-1.3, 0.3)
    for run in found.values():
        assert run.loss[-1] < 0.01 * run.loss[0]
        assert run.theta[-1][0] > 0.0, "it has come round the bend"
    paths = [run.theta[:60] for run in found.values()]
    for i, one in enumerate(paths):
        for other in paths[:i]:
            apart = np.linalg.norm(one - other, axis=1)
            assert apart.max() > 0.5, "two trails that look alike"
    length = {label: float(np.linalg.norm(np.diff(run.theta, axis=0), axis=1).sum()) for label, run in found.items()}
    assert length["Momentum"] > 2.0 * length["SGD"], "momentum roams"
    assert runs("01")["Momentum"].lr[29] == 2.0 * runs("01")["Momentum"].lr[30]
    assert found["Adam"].lr[0] == 0.0
    assert int(np.nanargmax(found["Adam"].lr)) == 20, "the end of its warm-up"


def test_02_too_small_right_large_and_too_large() -> None:
    small, right, large, beyond = runs("02").values()
    limit = 2.0 / np.linalg.eigvalsh(experiment("02").landscape.hessian([[0.0, 0.0]])[0])[-1]
    assert [run.lr[0] < limit for run in (small, right, large, beyond)] == [True, True, True, False]
    level = 1e-3 * small.loss[0]
    assert small.loss.min() > level
    assert steps_to(right, level) < experiment("02").steps / 3
    assert list(kinds("02").values())[3] == "diverged"
    turns = [int((np.einsum("ij,ij->i", s[1:], s[:-1]) < 0).sum()) for s in (np.diff(r.theta, axis=0) for r in
             (small, right, large))]  # fmt: skip
    assert turns[0] == turns[1] == 0 < 20 < turns[2]


def test_03_the_edge_is_two_over_the_curvature() -> None:
    steepest = float(np.linalg.eigvalsh(experiment("03").landscape.hessian([[0.0, 0.0]])[0])[-1])
    for label, run in runs("03").items():
        share = float(label.split()[0])
        assert run.lr[0] * steepest / 2.0 == pytest.approx(share)
        y = np.abs(run.theta[:, 1])
        if share == 0.5:
            assert y[1:].max() < 1e-12, "one step to the floor"
        elif share < 1.0:
            assert (np.diff(y) < 0.0).all()
        else:
            assert (np.diff(y) > 0.0).all()
    assert kinds("03")["1.04 of 2/L"] == "diverged"
    assert final("03", "0.9 of 2/L") < min(final("03", "0.5 of 2/L"), final("03", "0.99 of 2/L"))


def test_04_momentum_needs_less_than_half_the_steps() -> None:
    sgd, momentum, nesterov = runs("04").values()
    assert sgd.lr[0] == momentum.lr[0], "the memory is the only difference"
    for level in (1e-2, 1e-3):
        assert steps_to(momentum, level) < 0.5 * steps_to(sgd, level)
        assert steps_to(nesterov, level) < 0.5 * steps_to(sgd, level)
    assert (np.diff(np.sign(sgd.theta[:15, 1])) != 0).all(), "it zigzags from wall to wall"


def test_05_gradient_descent_finds_the_least_squares_line() -> None:
    document, sgd = experiment("05"), runs("05")["SGD"]
    assert (document.steps, document.origin, sgd.lr[0]) == (2000, (0.0, 0.0), 0.01)
    assert sgd.theta[-1] == pytest.approx([2.029825725024, -0.029370812040], abs=1e-11)
    assert document.landscape.minima()[0] == pytest.approx([2.03, -0.03])
    assert final("05", "Momentum") <= final("05", "SGD")
    floor = float(document.landscape.loss(document.landscape.minima())[0])
    assert steps_to(runs("05")["Momentum"], 1.01 * floor) < 0.5 * steps_to(sgd, 1.01 * floor)
    assert sgd.loss[10] < 0.01 * sgd.loss[0], "down the wall at once ..."
    assert steps_to(sgd, 1.01 * floor) > 400, "... and then along the floor"


def test_06_plain_descent_hangs_on_the_saddle() -> None:
    found = runs("06")
    left = {label: steps_to(run, -1.0) for label, run in found.items()}
    assert min(left, key=left.__getitem__) != "SGD"
    assert all(left["SGD"] > 2 * steps for label, steps in left.items() if label != "SGD")
    loss = found["SGD"].loss
    assert loss[20] - loss[80] < 0.1 * (loss[80] - loss[140])
    assert np.linalg.norm(found["SGD"].theta[20:80], axis=1).max() < 0.5
    minima = experiment("06").landscape.minima()
    ends = {label: nearest(minima, run.theta[-1]) for label, run in found.items()}
    assert all(distance < 0.05 for _, distance in ends.values())
    assert ends["Momentum"][0] != ends["SGD"][0], "momentum rolls straight through"


def test_07_the_plateau_is_left_early_by_all_but_sgd() -> None:
    found = runs("07")
    down = {label: steps_to(run, 0.1) for label, run in found.items()}
    assert all(down["SGD"] > 1.5 * steps for label, steps in down.items() if label != "SGD")
    shelf = found["SGD"].loss[20:60]
    assert shelf[0] - shelf[-1] < 0.1 * found["SGD"].loss[0]
    assert all(run.loss[-1] < 1e-3 for run in found.values())


def test_08_noise_leaves_the_shallow_minimum() -> None:
    landscape = experiment("08").landscape
    (deep,), (shallow,) = landscape.minima(), landscape.local_minima()
    assert np.linalg.norm(end("08", "no noise") - shallow) < 0.01
    assert kinds("08")["no noise"] == "converged"
    noisy = runs("08")["noise"].theta
    assert np.linalg.norm(noisy - shallow, axis=1)[20:80].mean() < 0.6, "it is seen in the shallow one first"
    assert np.linalg.norm(noisy[-1] - deep) < 0.15
    depth = float(landscape.loss([shallow])[0] - landscape.loss([deep])[0])
    assert final("08", "noise") < final("08", "no noise") - 0.9 * depth
    again = [nearest(np.array([shallow, deep]), each["noise"].theta[-1])[0] == 1 for each in seeds("08")]
    assert np.mean(again) > 0.5


def test_09_four_roads_lead_to_four_minima() -> None:
    minima = experiment("09").landscape.minima()
    ends = [nearest(minima, run.theta[-1]) for run in runs("09").values()]
    assert sorted(which for which, _ in ends) == [0, 1, 2, 3]
    assert max(distance for _, distance in ends) < 0.1


def test_10_four_pits_and_none_is_the_deepest() -> None:
    landscape, start = experiment("10").landscape, np.array(experiment("10").origin)
    pits = np.concatenate([landscape.minima(), landscape.local_minima()])
    ends = {label: nearest(pits, run.theta[-1]) for label, run in runs("10").items()}
    assert len({which for which, _ in ends.values()}) == 4
    assert 0 not in {which for which, _ in ends.values()}, "the first pit is the global minimum"
    assert max(distance for _, distance in ends.values()) < 0.2
    assert ends["SGD"][0] == nearest(pits, start)[0], "plain descent ends in the nearest"
    assert final("10", "SGD") > 2.0 * max(final("10", label) for label in ("Momentum", "Adam"))


@pytest.mark.parametrize("index", range(4))
def test_11_every_rate_is_tuned(index: int) -> None:
    own = ends_at_rate("11", index, 1.0)
    assert not ends_at_rate("11", index, 0.5) <= own
    assert not ends_at_rate("11", index, 1.5) <= own


def test_11_adam_gets_furthest() -> None:
    assert set(runs("11")) == {"SGD", "Adagrad", "RMSprop", "Adam"}
    assert all(final("11", "Adam") < 0.1 * final("11", label) for label in ("SGD", "Adagrad", "RMSprop"))
    rates = [run.lr[0] for run in runs("11").values()]
    assert max(rates) > 100.0 * min(rates), "there is no rate that suits all rules"


def late(run: RunTrajectory) -> float:
    """The mean loss over the last twenty steps."""
    return float(run.loss[-20:].mean())


def test_12_halving_beats_a_large_and_a_small_rate() -> None:
    large, small, halving = runs("12").values()
    assert halving.lr[0] == large.lr[0] == 0.4
    assert (halving.lr[9], halving.lr[10], halving.lr[20]) == (0.4, 0.2, 0.1)
    assert late(halving) < 0.2 * late(small) < 0.2 * late(large)
    means = np.mean([[late(run) for run in each.values()] for each in seeds("12")], axis=0)
    assert means[2] < 0.2 * min(means[:2])


def test_13_warm_up_bears_a_rate_that_diverges_when_constant() -> None:
    assert kinds("13")["η = 0.05"] == "diverged"
    peak = np.nanmax(runs("13")["warm-up"].lr)
    assert peak == runs("13")["η = 0.05"].lr[0] == 0.05
    assert int(np.nanargmax(runs("13")["warm-up"].lr)) == 40
    assert final("13", "warm-up") < 0.1 * final("13", "η = 0.01")


def test_14_one_cycle_is_bold_first_and_quiet_last() -> None:
    small, large, cycle = runs("14").values()
    assert np.nanmax(cycle.lr) == pytest.approx(large.lr[0])
    assert late(cycle) < 0.3 * late(small) < 0.3 * late(large)
    means = np.mean([[late(run) for run in each.values()] for each in seeds("14")], axis=0)
    assert means[2] < 0.5 * min(means[:2])


def test_15_clipping_keeps_the_marble_at_the_foot() -> None:
    free, clipped, careful = runs("15").values()
    assert free.lr[0] == clipped.lr[0]
    arrived = int(np.argmax(clipped.theta[:, 0] > -0.1))
    assert free.theta[:, 0].min() < -2.5, "thrown back, further than it started from"
    assert np.abs(clipped.theta[arrived:, 0]).max() < 0.15
    assert clipped.loss[60:].max() < 0.1 * free.loss[60:].max()
    assert clipped.loss[-20:].mean() < 0.2 * min(free.loss[-20:].mean(), careful.loss[-20:].mean())
    assert careful.theta[:, 0].max() < 0.0, "a rate that the wall would bear has not even arrived"


def test_16_the_sharp_minimum_does_not_hold() -> None:
    sharp, flat = experiment("16").landscape.minima()
    assert np.linalg.norm(end("16", "η = 0.05") - sharp) < 1e-6
    assert np.linalg.norm(end("16", "η = 0.45") - flat) < 1e-6
    assert np.linalg.norm(end("16", "noise") - flat) < 0.2
    for label in ("η = 0.45", "noise"):
        distance = np.linalg.norm(runs("16")[label].theta - sharp, axis=1)
        assert distance.min() < 0.5, "it has been in the sharp one"
    again = [nearest(np.array([sharp, flat]), each["noise"].theta[-1])[0] == 1 for each in seeds("16")]
    assert np.mean(again) > 0.5


def test_17_l2_in_adam_shrinks_what_is_flat_and_adamw_shrinks_both() -> None:
    document = experiment("17")
    plain, coupled, decoupled = document.runs
    decay = coupled.optimizer.weight_decay
    assert decoupled.optimizer.weight_decay == decay > 0.0 == plain.optimizer.weight_decay
    fit = document.landscape.minima()[0]
    curvature = np.diag(document.landscape.hessian([fit])[0])
    assert end("17", "no decay") == pytest.approx(fit, abs=1e-2)
    assert end("17", "Adam, L2") == pytest.approx(fit * curvature / (curvature + decay), abs=1e-2), "ridge regression"
    kept = {label: run.theta[-1] / fit for label, run in runs("17").items()}
    assert kept["Adam, L2"][0] > 0.85
    assert kept["Adam, L2"][1] < 0.7
    assert (kept["AdamW"] < 0.6).all()
    assert np.linalg.norm(end("17", "AdamW")) < 0.75 * np.linalg.norm(end("17", "Adam, L2"))


def test_18_more_noise_leaves_the_pit_more_often() -> None:
    """Two runs differ by their seed alone: how many get out is what tells the noises apart."""
    landscape = experiment("18").landscape
    pits = np.concatenate([landscape.local_minima(), landscape.minima()])
    out = [sum(nearest(pits, member)[0] == 1 for member in band.theta[-1]) for band in bands(experiment("18")).values()]
    assert 0 < out[0] < 15
    assert 30 < out[1] < 60


def test_20_raw_inputs_make_a_ravine() -> None:
    landscape: Any = experiment("20").landscape
    assert landscape.condition_number(end("20", "momentum")) > 500.0
    best = float(landscape.loss(landscape.minima())[0])
    for label in ("η = 0.003", "η = 0.0036"):
        assert final("20", label) > 1.05 * best, "the small rate that the ravine allows does not get there"


def test_21_standardised_they_make_a_bowl() -> None:
    landscape: Any = experiment("21").landscape
    assert landscape.condition_number(end("21", "η = 0.4")) == pytest.approx(1.0)
    assert landscape.dataset == experiment("20").landscape.dataset  # type: ignore[attr-defined]
    assert kinds("21")["η = 0.4"] == "converged"
    assert runs("21")["η = 0.4"].outcome.step < 10  # type: ignore[union-attr]


def test_22_small_batches_never_rest() -> None:
    restless = [
        [float(found[label].loss[-40:].std()) for label in ("B = 1", "B = 8", "all 64")] for found in seeds("22", 12)
    ]
    one, eight, all_of_them = np.median(restless, axis=0)
    assert one > 3.0 * eight
    assert eight > 3.0 * all_of_them


def test_23_accumulated_batches_are_one() -> None:
    found = runs("23")
    assert found["4 × (B = 4)"].theta.tobytes() == found["B = 16"].theta.tobytes()
    assert found["B = 4"].loss[-40:].std() > 2.0 * found["B = 16"].loss[-40:].std()


def test_24_the_average_lies_stiller_than_the_marble() -> None:
    landscape = experiment("24").landscape
    for found in seeds("24", 8):
        run = found["B = 2"]
        assert run.average is not None
        averaged = landscape.loss(run.average[-100:])
        assert averaged.std() < 0.3 * run.loss[-100:].std()
        assert averaged.mean() < run.loss[-100:].mean()


def test_25_and_26_outliers_pull_squares_harder() -> None:
    squares: Any = experiment("25").landscape
    hit = squares.data()
    clean = msgspec.structs.replace(squares, corrupt="nothing")
    truth = clean.minima()[0]
    assert not np.array_equal(hit.y, clean.data().y)
    by_squares, by_huber = end("25", "SGD"), end("26", "SGD")
    assert np.linalg.norm(by_huber - truth) < 0.4 * np.linalg.norm(by_squares - truth)


def test_27_two_minima() -> None:
    run = runs("27")["SGD"]
    assert experiment("27").surface == "both"
    lowest = int(np.argmin(run.val_loss))  # type: ignore[arg-type]
    assert 3 <= lowest < 40
    assert run.val_loss[-1] > 1.1 * run.val_loss[lowest]  # type: ignore[index]


def test_28_the_polynomial_over_fits_and_it_is_said() -> None:
    run = runs("28")["Adam"]
    lowest = int(np.argmin(run.val_loss))  # type: ignore[arg-type]
    assert 100 < lowest < 1000
    assert run.val_loss[-1] > 2.0 * run.val_loss[lowest]  # type: ignore[index]
    assert run.loss[-1] < 0.8 * run.loss[lowest]
    assert "Over-fitting" in run.outcome.why  # type: ignore[union-attr]


@pytest.mark.parametrize(("number", "right"), [("29", 0.9), ("30", 0.9), ("31", 0.97)])
def test_classes_are_told_apart(number: str, right: float) -> None:
    landscape: Any = experiment(number).landscape
    data = landscape.data()
    for run in runs(number).values():
        answers = landscape.predict(run.theta[-1], data.x) > 0.5
        assert np.mean(answers == (data.y > 0.5)) > right


def test_32_epochs_are_counted() -> None:
    run = runs("32")["Adam"]
    assert run.lr[0] == run.lr[3] > run.lr[4], "64 examples in batches of 16 are four updates"
    assert run.loss[-1] < 0.1 * run.loss[0]


def test_33_a_random_slice_hides_the_way() -> None:
    run = runs("33")["momentum"]
    cut = seen("33", run)
    way = float(np.linalg.norm(run.theta[-1] - run.theta[0]))
    x, y = cut.place(run.theta[0])
    shown = float(np.linalg.norm(cut.lift(np.array([x]), np.array([y]))[0] - run.theta[-1]))
    assert shown < 0.5 * way, "most of the way lies beside the plane"
    assert cut.distance(run.theta[0]) > 0.8 * way


def test_34_ten_examples_are_learned_by_heart() -> None:
    run = runs("34")["Adam"]
    assert experiment("34").landscape.data().y.size == 10  # type: ignore[attr-defined]
    assert run.loss[-1] < 1e-3
    assert run.val_loss[-1] > 1.0  # type: ignore[index]


def test_35_shuffled_labels_cannot_be_learned() -> None:
    run, sound = runs("35")["Adam"], runs("30")["Adam"]
    assert run.loss[-1] > 0.5
    assert sound.loss[-1] < 0.05


def test_36_a_wrong_scale_makes_a_cliff() -> None:
    data = experiment("36").landscape.data()  # type: ignore[attr-defined]
    assert np.abs(data.x[:, 0]).max() > 100.0 * np.median(np.abs(data.x[:, 0]))
    assert kinds("36")["SGD"] == "oscillating"


def test_37_missing_values_end_it_at_once() -> None:
    run = runs("37")["Adam"]
    assert len(run) == 1
    assert np.isnan(run.loss[0])


def test_40_a_typed_formula() -> None:
    found = runs("40")
    assert experiment("40").landscape.name() == "formula"
    assert found["momentum"].loss[-1] < 1e-4 < found["SGD"].loss[-1]
