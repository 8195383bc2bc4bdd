"""Four optimizers in a ravine, computed, and ready to be recorded as often as it takes."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gdsim.core.documents import load
from gdsim.core.trajectory import run
from gdsim.recording.encoder import Recorder
from gdsim.ui import headless
from gdsim.ui.figure import FigureOptions
from gdsim.ui.film import Film, FilmOptions
from gdsim.ui.plots.moment import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QImage

FPS = 60


def moment(steps: int) -> Moment:
    """The experiment and its trajectory."""
    headless.start()
    document: dict[str, Any] = {
        "format": "gdsim-experiment",
        "version": 1,
        "title": "Four optimizers in a ravine",
        "landscape": {"name": "rosenbrock"},
        "start": [-1.3, 0.3],
        "steps": steps,
        "runs": [
            {"optimizer": {"name": "SGD", "lr": 0.002}},
            {
                "optimizer": {"name": "SGD", "lr": 0.0015, "momentum": 0.9},
                "schedule": {"name": "StepLR", "gamma": 0.5},
                "label": "Momentum",
            },
            {"optimizer": {"name": "RMSprop", "lr": 0.12}},
            {
                "optimizer": {"name": "Adam", "lr": 0.6},
                "schedule": {"name": "CosineWithWarmup", "num_training_steps": steps},
            },
        ],
    }
    experiment = load(document)
    return Moment(experiment, run(experiment), 0)


def film(what: Moment, path: Path, width: int, height: int, **options: Any) -> Film:
    """The full board; unless ``options`` say otherwise each frame shows another step."""
    look = FigureOptions(width, height, title=what.experiment.title)
    return Film(what, FilmOptions(look, **({"fps": FPS, "speed": FPS} | options)), path)


def record(one: Film, pictures: Iterable[tuple[QImage, int]] | None = None) -> float:
    """Record ``one`` (or ``pictures`` instead of its own), and remove nothing; returns the seconds it took."""
    one.path.unlink(missing_ok=True)
    begin = perf_counter()
    with Recorder(one.path, one.settings, frames=len(one)) as recorder:
        for image, frames in one.pictures() if pictures is None else pictures:
            recorder.put(image, frames)
    return perf_counter() - begin
