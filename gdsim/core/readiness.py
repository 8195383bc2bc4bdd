"""Makes ready what is asked of an experiment on very many examples, before it is shown.

Whatever is found of the data is kept where it is asked for: split, sums, minima. So a window that has it found on a
thread first does not wait for it afterwards, and who is told to stop leaves nothing behind but what is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gdsim.core.data import Cancelled, CsvFile, Preparation, load_tables, prepare
from gdsim.core.documents import Watch
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape

MANY = 50_000
"""More examples than this take longer to go through than a window may wait."""


FEW = 400
"""A small picture of a landscape is made of no more examples."""


def costly(landscape: Landscape) -> bool:
    """Whether it may take long to find what is asked of ``landscape``: of many examples, or of a file to be read."""
    if not isinstance(landscape, ModelLandscape):
        return False
    dataset = landscape.dataset
    if not isinstance(dataset, CsvFile):
        return dataset.size > MANY
    table = dataset.at_hand()
    return table is None or table.size > MANY


def slow(landscape: Landscape) -> bool:
    """Whether a single loss goes through so many examples that it must not be asked for in every frame."""
    if not isinstance(landscape, ModelLandscape) or landscape.closed:
        return False
    return landscape.passes(landscape.data().y.size) > MANY


def make_ready(experiment: Experiment, watch: Watch) -> None:
    """Find what will be asked of the landscape; nothing is done of what was found before.

    Raises:
        CsvError: The data file can no longer be read, or is another one.
        Cancelled: ``watch`` said so.
    """
    landscape = experiment.landscape
    if not isinstance(landscape, ModelLandscape):
        return
    dataset = landscape.dataset
    if isinstance(dataset, CsvFile) and dataset.at_hand() is None:
        load_tables(dataset, Path.cwd(), progress=watch.progress, cancelled=watch.cancelled)
    for step in _steps(landscape, experiment.origin):
        if watch.cancelled is not None and watch.cancelled():
            raise Cancelled
        step()


def _steps(landscape: ModelLandscape, origin: tuple[float, ...]) -> tuple[Callable[[], object], ...]:
    point = np.array([origin])
    raw: Preparation = landscape.preparation._replace(standardise=0.0)
    return (
        lambda: prepare(landscape.dataset, raw),
        lambda: prepare(landscape.dataset, raw._replace(only=FEW)),
        landscape.data,
        lambda: landscape.loss(point),
        lambda: landscape.gradient(point),
        lambda: landscape.hessian(point),
        lambda: landscape.val_loss(point),
        landscape.minima,
        landscape.home,
        landscape.notes,
    )
