"""The real data sets are the genuine ones: their published figures are met."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gdsim.core.data import Cars, Faithful, Iris, Penguins
from gdsim.core.data.shipped import Shipped
from gdsim.core.spec import kinds_of
from gdsim.resources import resource


@pytest.mark.parametrize(
    ("kind", "size", "slope", "intercept", "r_squared"),
    [(Cars, 50, 3.932409, -17.579095, 0.6510794), (Faithful, 272, 10.72964, 33.4744, 0.8114608)],
)
def test_published_fits(kind: type[Any], size: int, slope: float, intercept: float, r_squared: float) -> None:
    dataset = kind()
    x, y = dataset.inputs()[:, 0], dataset.targets()
    assert dataset.size == len(x) == size
    assert np.polyfit(x, y, 1) == pytest.approx([slope, intercept], rel=1e-6)
    assert np.corrcoef(x, y)[0, 1] ** 2 == pytest.approx(r_squared, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "label", "count", "means", "deviations"),
    [
        (Iris, "versicolor", 50, (4.260, 1.326), (0.469911, 0.197753)),
        (Iris, "virginica", 50, (5.552, 2.026), (0.551895, 0.274650)),
        (Penguins, "Adelie", 151, (38.79139, 3700.662), (2.663405, 458.5661)),
        (Penguins, "Chinstrap", 68, (48.83382, 3733.088), (3.339256, 384.3351)),
    ],
)
def test_published_means(
    kind: type[Any], label: str, count: int, means: tuple[float, ...], deviations: tuple[float, ...]
) -> None:
    dataset = kind()
    assert dataset.task == "classification"
    rows = dataset.inputs()[dataset.targets() == dataset.class_names.index(label)]
    assert rows.shape == (count, 2)
    assert rows.mean(axis=0) == pytest.approx(means, rel=1e-6)
    assert rows.std(axis=0, ddof=1) == pytest.approx(deviations, rel=1e-5)


def test_every_file_says_where_it_comes_from() -> None:
    text = resource("datasets", "SOURCES.md").read_text(encoding="utf-8")
    files = {path.name for path in resource("datasets").glob("*.csv")}
    kinds: tuple[type[Shipped], ...] = kinds_of(Shipped)
    assert {kind.file for kind in kinds} == files
    assert len(kinds) == 4
    for kind in kinds:
        dataset = kind()
        assert f"`{kind.file}`" in text
        assert kind.title
        assert kind.teaches.endswith(".")
        assert any(licence in kind.source for licence in ("GPL", "CC BY 4.0", "CC0"))
        assert len(dataset.input_names) == dataset.features == dataset.inputs().shape[1]
        assert dataset.target_name == kind.labels[-1]
