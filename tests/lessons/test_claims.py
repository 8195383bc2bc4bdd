"""What lessons can claim: every sentence once where it holds and once where it does not, on runs of a few steps."""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import document

import gdsim
from gdsim.lessons.claims import KINDS, ClaimError, Ran, Written, judge

LINE = {
    "name": "linear_regression", "standardise": 1.0, "validation": 0.25,
    "dataset": {"name": "line", "size": 64, "noise": 0.6},
}  # fmt: skip


def sgd(label: str, lr: float, **more: Any) -> dict[str, Any]:
    return {"label": label, "optimizer": {"name": "SGD", "lr": lr}, **more}


WORLDS: dict[str, dict[str, Any]] = {
    "bowl": document(
        sgd("slow", 0.02), sgd("fast", 0.2), sgd("wild", 0.53), landscape="bowl", start=[-3.2, -0.7], steps=60
    ),
    "ravine": document(
        sgd("SGD", 0.045), sgd("again", 0.045), landscape={"name": "quadratic", "a": 1.0, "b": 40.0},
        start=[-1.8, 1.0], steps=30,
    ),
    "cliff": document(
        sgd("clipped", 0.1, clip={"kind": "norm", "value": 1.0}),
        landscape={"name": "cliff", "slope": 1.5, "wall": 30.0}, start=[-1.3, 1.4], steps=40,
    ),
    "two": document(sgd("sharp", 0.05), sgd("flat", 0.45), landscape="sharp_and_flat", start=[-2.6, 1.3], steps=40),
    "noise": document(
        sgd("calm", 0.05, noise={"std": 1.0}), sgd("restless", 0.4, noise={"std": 1.0}),
        sgd("quiet", 0.4, noise={"std": 1e-3}),
        landscape="bowl", start=[-3.2, 0.8], steps=60,
    ),
    "line": document(sgd("B = 4", 0.1, batch_size=4), sgd("all", 0.1), landscape=LINE, steps=60),
    "polynomial": document(
        {"label": "Adam", "optimizer": {"name": "Adam", "lr": 0.05}},
        landscape={
            "name": "polynomial_regression", "degree": 12, "standardise": 1.0, "validation": 0.5,
            "dataset": {"name": "noisy_sine", "size": 30, "noise": 0.5, "seed": 2},
        },
        steps=900,
    ),
    "network": document(
        sgd("SGD", 0.3), landscape={"name": "network", "hidden": 4, "hidden2": 0},
        plane={"name": "directions", "through": "end"}, steps=40,
    ),
    "principal": document(
        sgd("SGD", 0.3), landscape={"name": "network", "hidden": 4, "hidden2": 0},
        plane={"name": "components", "through": "end"}, steps=40,
    ),
}  # fmt: skip

TABLE = [  # the world, what holds of it, what does not
    ("bowl", "wild diverges before step 45", "slow diverges before step 45"),
    ("bowl", "wild diverges after step 20", "wild diverges after step 50"),
    ("bowl", "wild diverges at step 39", "wild diverges at step 40"),
    ("bowl", "wild diverges", "fast diverges"),
    ("bowl", "slow does not diverge", "wild does not diverge"),
    ("bowl", "fast converges before step 40", "fast converges before step 20"),
    ("bowl", "fast converges", "slow converges"),
    ("bowl", "slow does not converge", "fast does not converge"),
    ("bowl", "the diagnosis of wild says diverging", "the diagnosis of fast says diverging"),
    ("bowl", "the diagnosis of wild offers η", "the diagnosis of wild offers a cup of tea"),
    ("bowl", "fast reaches a loss of 0.01 before step 15", "fast reaches a loss of 0.01 before step 14"),
    ("bowl", "fast reaches a loss of 0.01 after step 13", "fast reaches a loss of 0.01 after step 14"),
    ("bowl", "slow never reaches a loss of 0.01", "fast never reaches a loss of 0.01"),
    ("bowl", "fast reaches a loss of 0.01", "slow reaches a loss of 0.01"),
    (
        "bowl",
        "fast needs fewer than 0.5 times the steps of slow to reach a loss of 1",
        "slow needs fewer than 2 times the steps of fast to reach a loss of 1",
    ),
    (
        "bowl",
        "slow needs more than 2 times the steps of fast to reach a loss of 1",
        "fast needs more than 0.5 times the steps of slow to reach a loss of 1",
    ),
    (
        "bowl",
        "fast needs fewer steps than slow to reach a loss of 1",
        "slow needs fewer steps than fast to reach a loss of 1",
    ),
    ("bowl", "the loss of slow at step 60 is below 0.5", "the loss of slow at step 60 is below 0.4"),
    ("bowl", "the loss of slow at step 60 is above 0.4", "the loss of slow at step 60 is above 0.5"),
    ("bowl", "the loss of slow at step 60 is 0.45", "the loss of slow at step 60 is 0.46"),
    ("bowl", "slow ends below a loss of 0.5", "slow ends below a loss of 0.4"),
    ("bowl", "slow ends above a loss of 0.4", "slow ends above a loss of 0.5"),
    ("bowl", "fast ends lower than slow", "slow ends lower than fast"),
    ("bowl", "fast ends at most 0.1 times as high as slow", "slow ends at most 10 times as high as fast"),
    (
        "bowl",
        "the mean of the last 9 losses of slow is below 1",
        "the mean of the last 9 losses of slow is below 0.1",
    ),
    (
        "bowl",
        "the mean of the last 9 losses of slow is above 0.1",
        "the mean of the last 9 losses of slow is above 1",
    ),
    (
        "bowl",
        "the mean of the last 20 losses of fast is lower than that of slow",
        "the mean of the last 9 losses of slow is lower than that of fast",
    ),
    ("bowl", "wild first lands higher at step 3", "slow first lands higher at step 3"),
    ("bowl", "slow never lands higher", "wild never lands higher"),
    ("bowl", "the highest loss of slow is above 6", "the highest loss of slow is above 7"),
    (
        "bowl",
        "the highest loss of wild after step 30 is above 100",
        "the highest loss of slow after step 30 is above 2",
    ),
    ("bowl", "the highest loss of slow after step 30 is below 2", "the highest loss of slow after step 0 is below 2"),
    ("bowl", "the lowest loss of slow is below 0.5", "the lowest loss of slow is below 0.4"),
    (
        "line",
        "the batch loss of B = 4 is above 0.1 in at least 30 steps",
        "the batch loss of B = 4 is above 100 in at least 1 steps",
    ),
    (
        "polynomial",
        "the validation loss of Adam is lowest before step 400",
        "the validation loss of Adam is lowest before step 300",
    ),
    (
        "polynomial",
        "the validation loss of Adam ends above 1.5 times its lowest",
        "the validation loss of Adam ends above 5 times its lowest",
    ),
    ("line", "the validation loss of all ends below 1", "the validation loss of all ends below 0.1"),
    (
        "line",
        "the validation loss of all ends lower than that of B = 4",
        "the validation loss of B = 4 ends lower than that of all",
    ),
    ("bowl", "slow is at (-3.2, -0.7) at step 0", "slow is at (-3.2, -0.8) at step 0"),
    ("two", "flat ends within 0.1 of (1.6, 0)", "flat ends within 0.1 of (-1.6, 0)"),
    ("two", "flat ends farther than 1 from (-1.6, 0)", "flat ends farther than 1 from (1.6, 0)"),
    ("bowl", "slow and fast end within 1 of each other", "slow and fast end within 0.1 of each other"),
    ("two", "sharp and flat end farther than 3 from each other", "sharp and flat end farther than 4 from each other"),
    ("ravine", "SGD and again take the same way", None),
    ("bowl", None, "slow and fast take the same way"),
    ("bowl", "θ of fast ends shorter than that of slow", "θ of slow ends shorter than that of fast"),
    ("bowl", "wild rolls farther than slow", "slow rolls farther than wild"),
    ("ravine", "y of SGD changes its sign at least 20 times", "x of SGD changes its sign at least once"),
    ("ravine", "x of SGD changes its sign at most once", "y of SGD changes its sign at most 20 times"),
    ("ravine", "x of SGD never changes its sign", "y of SGD never changes its sign"),
    ("ravine", "the loss at (1, 0.5) is 5.5", "the loss at (1, 0.5) is 5.4"),
    ("ravine", "the gradient of SGD at step 0 is (-1.8, 40)", "the gradient of SGD at step 0 is (-1.8, 41)"),
    (
        "ravine",
        "the gradient of SGD at step 0 is shorter than 41",
        "the gradient of SGD at step 0 is shorter than 40",
    ),
    ("ravine", "the gradient of SGD at step 0 is longer than 40", "the gradient of SGD at step 0 is longer than 41"),
    ("ravine", "the longest gradient of SGD is longer than 40", "the longest gradient of SGD is longer than 41"),
    ("cliff", "clipped is clipped at least 20 times", "clipped is clipped at least 41 times"),
    ("ravine", "the rate of SGD at step 5 is 0.045", "the rate of SGD at step 5 is 0.046"),
    (
        "ravine",
        "the largest stable rate of SGD at step 0 is 0.050",
        "the largest stable rate of SGD at step 0 is 0.051",
    ),
    (
        "bowl",
        "the rate of wild is above its stable limit at step 0",
        "the rate of slow is above its stable limit at step 0",
    ),
    (
        "bowl",
        "the rate of slow is below its stable limit at step 0",
        "the rate of wild is below its stable limit at step 0",
    ),
    (
        "ravine",
        "the rate of SGD is within 11 % of its stable limit at step 0",
        "the rate of SGD is within 9 % of its stable limit at step 0",
    ),
    (
        "ravine",
        "the condition number of SGD at step 0 is 40",
        "the condition number of SGD at step 0 is 41",
    ),
    (
        "ravine",
        "the condition number of SGD at step 0 is above 39",
        "the condition number of SGD at step 0 is above 41",
    ),
    (
        "ravine",
        "the condition number of SGD at step 0 is below 41",
        "the condition number of SGD at step 0 is below 39",
    ),
    ("two", "the ground of flat at step 40 is a bowl", "the ground of flat at step 40 is a saddle"),
    ("two", "sharp ends on sharper ground than flat", "flat ends on sharper ground than sharp"),
    (
        "bowl",
        "the range test of slow suggests a rate between 0.1 and 1",
        "the range test of slow suggests a rate between 1 and 2",
    ),
    (
        "bowl",
        "the range test of slow blows up between 1 and 10",
        "the range test of slow blows up between 0.1 and 1",
    ),
    (
        "line",
        "gradients of batches of 1 scatter at least 3 times as much as those of 16 at the start",
        "gradients of batches of 16 scatter at least 3 times as much as those of 1 at the start",
    ),
    (
        "noise",
        "of 20 seeds of calm at least 15 end below a loss of 0.5",
        "of 20 seeds of calm at least 1 end below a loss of 0",
    ),
    (
        "noise",
        "of 20 seeds of calm at most 0 end below a loss of 0",
        "of 20 seeds of calm at most 5 end below a loss of 0.5",
    ),
    (
        "noise",
        "among 20 seeds of restless the highest final loss is at least 3 times the lowest",
        "among 20 seeds of restless the highest final loss is at least 1e9 times the lowest",
    ),
    (
        "noise",
        "the median of 20 seeds of calm ends lower than that of restless",
        "the median of 20 seeds of restless ends lower than that of calm",
    ),
    (
        "network",
        "the picture under SGD at step 0 is at least 0.01 times as high as its loss",
        "the picture under SGD at step 0 is at least 1000 times as high as its loss",
    ),
    (
        "polynomial",
        "the validation loss of Adam is lowest at step 377",
        "the validation loss of Adam is lowest at step 900",
    ),
    (
        "polynomial",
        "the validation loss of Adam at step 0 is 0.4435",
        "the validation loss of Adam at step 0 is 7.0",
    ),
    ("ravine", "the ground at (1, 1) is a bowl", "the ground at (1, 1) is a saddle"),
    ("ravine", "the gradient at (0, 0) is shorter than 1e-9", "the gradient at (1, 1) is shorter than 1"),
    (
        "line",
        "of batches of 1 at least 1 % point uphill at the start",
        "of batches of 48 at least 1 % point uphill at the start",
    ),
    (
        "line",
        "of batches of 1 at most 50 % point uphill at the start",
        "of batches of 1 at most 0.1 % point uphill at the start",
    ),
    (
        "line",
        "of batches of 48 none points uphill at the start",
        "of batches of 1 none points uphill at the start",
    ),
    (
        "noise",
        "each of 20 seeds of quiet ends lower than each of restless",
        "each of 20 seeds of restless ends lower than each of quiet",
    ),
    (
        "network",
        "the picture under SGD at step 0 shows a loss of 0.3587",
        "the picture under SGD at step 0 shows a loss of 700",
    ),
    (
        "network",
        "nothing in the picture of SGD at step 0 is lower than 0",
        "nothing in the picture of SGD at step 0 is lower than 1e9",
    ),
    ("principal", "the picture holds 99.9 % of the movement of SGD", "the picture holds 1 % of the movement of SGD"),
    ("network", "the model has 17 parameters", "the model has 18 parameters"),
]
CASES = [
    (world, text, holds) for world, *both in TABLE for text, holds in zip(both, (True, False), strict=True) if text
]


@cache
def ran(world: str) -> Ran:
    return Ran(gdsim.load(WORLDS[world]))


def pattern_of(text: str, of: Ran) -> str:
    """The sentence that is judged: the first that fits, and whose runs there are."""
    for kind in KINDS:
        found = kind.regex.fullmatch(text)
        if found is not None and all(found.groupdict().get(gap, of.labels[0]) in of.labels for gap in ("run", "other")):
            return kind.pattern
    raise AssertionError(f"no sentence fits “{text}”")


@pytest.mark.parametrize(("world", "text", "holds"), CASES, ids=lambda value: str(value))
def test_a_claim_holds_where_it_should_and_nowhere_else(world, text, holds):
    found = judge(text, ran(world))
    assert found.holds == holds, found.seen
    assert found.seen


@pytest.mark.parametrize("holds", [True, False])
def test_every_sentence_is_in_the_table(holds):
    found = {pattern_of(text, ran(world)) for world, text, held in CASES if held == holds}
    assert found == {kind.pattern for kind in KINDS}


def test_a_claim_may_end_with_a_full_stop_and_quote_its_run():
    assert judge("“fast”  converges.", ran("bowl")).holds


def test_a_run_may_be_called_like_a_sentence():
    named = Ran(gdsim.load(document(sgd("SGD diverges", 1.0), sgd("SGD", 0.1), landscape="bowl", steps=30)))
    assert judge("SGD diverges diverges", named).holds
    assert judge("SGD does not diverge", named).holds


@pytest.mark.parametrize(
    ("world", "text", "why"),
    [
        ("bowl", "fast converge before step 10", "The nearest that can be checked is “{run} converges before step"),
        ("bowl", "the moon is a balloon", "no claim that can be checked"),
        ("bowl", "quick converges", "there is no run quick; the runs are slow, fast, wild"),
        ("bowl", "the loss of slow at step 61 is below 1", "slow has no step 61: it ended at step 60"),
        ("bowl", "slow is at (1, 2, 3) at step 0", "3 numbers stand there, and there are 2 parameters"),
        ("bowl", "z of slow changes its sign at least once", "there is no z; the parameters are x and y"),
        ("bowl", "slow is clipped at least once", "slow is not clipped to a norm"),
        ("bowl", "the batch loss of slow is above 1 in at least 1 steps", "slow has no batches"),
        ("bowl", "the validation loss of slow ends below 1", "slow has no validation loss"),
        (
            "bowl",
            "gradients of batches of 4 scatter at least 2 times as much as those of 16 at the start",
            "only models on data have batches",
        ),
        ("bowl", "the loss at (1, 2, 3) is 4", "3 numbers stand there, and there are 2 parameters"),
        ("bowl", "the loss of slow at step 3 is 1e400", "1e400 is too large a number"),
        ("bowl", "slow ends below a loss of 1e99999", "no claim that can be checked"),
        ("bowl", "the mean of the last 0 losses of slow is below 1", "a mean is that of one loss at least"),
        ("bowl", "the highest loss of slow after step 99 is above 1", "slow has no step 99: it ended at step 60"),
        ("bowl", "of 1 seeds of slow at least 1 end below a loss of 1", "2 to 1,000 members, not 1"),
        ("bowl", "slow diverges before step " + "9" * 5000, "is too long for a claim"),
    ],
)
def test_what_cannot_be_judged_is_refused(world, text, why):
    with pytest.raises(ClaimError) as refusal:
        judge(text, ran(world))
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "the loss at (" + "1," * 200 + "1 is 3",
        "the loss at (" + "1, " * 150 + "1) is",
        " needs fewer than 1 times the steps of" * 12 + " to reach a loss of x",
        "the mean of the last " * 23,
    ],
)
def test_what_is_no_claim_is_found_out_at_once(text):
    before = perf_counter()
    with pytest.raises(ClaimError):
        judge(text, ran("bowl"))
    assert perf_counter() - before < 2.0


@pytest.mark.parametrize(
    ("text", "told", "not_told"),
    [
        ("2.0", (1.95, 1.96, 2.049), (1.94, 2.06)),
        ("40", (39.5, 40.4), (39.4, 40.6)),
        ("−1.8", (-1.84, -1.76), (1.8, -1.9)),
        ("1e-3", (0.0005, 0.0015), (0.0004, 0.0016)),
        ("2,000", (1999.6, 2000.4), (1999.0, 2001.0)),
    ],
)
def test_a_number_holds_as_it_is_written(text, told, not_told):
    assert all(Written(text).tells(value) for value in told)
    assert not any(Written(text).tells(value) for value in not_told)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_number_tells_what_is_rounded_to_it(value, digits):
    assert Written(f"{value:.{digits}f}").tells(value)
