"""Row 20, the half with plots: whatever diverges is drawn without a complaint, and the next experiment heals it.

A fifth of the landscapes; all of them with ``-m long``.
"""

from __future__ import annotations

import logging

import msgspec
import numpy as np
import pytest
import windows
from PySide6.QtGui import QImage, QPainter
from samples import plain_kinds
from windows import action, app, ravine, settle

from gdsim.core.experiment import MAX_RUNS, Experiment, Run
from gdsim.core.landscapes import Landscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.spec import kinds_of

window = windows.window_fixture
VARIANTS = [kind(**values) for kind in kinds_of(Optimizer) for values in kind.variants.values()]
RATES = [1e-300, 1e-20, 1e-3, 0.5, 3.0, 1e8, 1e153, 1e300]
LANDSCAPES = plain_kinds(Landscape)


def wild(landscape: Landscape, first: int) -> Experiment:
    """As many optimizers at as many rates as an experiment can hold."""
    pairs = [(optimizer, rate) for optimizer in VARIANTS for rate in RATES]
    chosen = [pairs[(first + 7 * n) % len(pairs)] for n in range(MAX_RUNS)]
    runs = tuple(Run(optimizer=msgspec.structs.replace(optimizer, lr=rate)) for optimizer, rate in chosen)
    return Experiment(landscape=landscape, steps=60, runs=runs)


def look(window):
    """Paint everything, as the screen would; every range must be finite afterwards."""
    window.stage.draw(window.moment())
    for pane in window.stage.panes:
        image = QImage(pane.size(), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        pane.render(painter)
        painter.end()
        assert np.isfinite(pane.plot.view).all()


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 5))])
def test_wild_rates_are_drawn(window, caplog, part):
    with caplog.at_level(logging.WARNING):
        for n, kind in enumerate(LANDSCAPES[part::5]):
            window.show_experiment(wild(kind(), 24 * n))
            settle(window)
            for step in (0, 1, 7, 60):
                window.session.jump(step)
                window.session.select(step % MAX_RUNS)
                app().processEvents()
                look(window)
            action(window, "log_loss").toggle()
            look(window)
            action(window, "smooth_loss").toggle()
            look(window)
            window.stage.home()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    window.show_experiment(ravine())
    settle(window)
    look(window)
    left, right, bottom, top = window.stage.landscape.view
    assert -100 < left < right < 100
    assert -100 < bottom < top < 100


def test_a_thousandfold_rate_heals_when_taken_back(window):
    before = window.stage.landscape.view
    loss = window.stage.loss.view
    for rate in (1e3, 1e150, 1e300):
        run = window.session.experiment.runs[0]
        wilder = msgspec.structs.replace(run, optimizer=msgspec.structs.replace(run.optimizer, lr=rate))
        window.editor.edit("Wild", msgspec.structs.replace(window.session.experiment, runs=(wilder,)))
        settle(window)
        window.session.jump(window.session.last)
        settle(window)
        look(window)
        window.undo_stack.undo()
        settle(window)
        look(window)
        assert window.stage.landscape.view == before
        assert window.stage.loss.view == pytest.approx(loss)
