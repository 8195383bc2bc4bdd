"""The bar at the foot of the window: transport, timeline, speed."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gdsim.core.epochs import epoch_ends, examples_of, stretches
from gdsim.session.player import SPEEDS
from gdsim.session.session import Session
from gdsim.ui import style
from gdsim.ui.plots.schedule_plot import MOST_EPOCHS
from gdsim.ui.theme import Theme
from gdsim.ui.widgets import IconButton, PlayButton, Slider, Timeline


class PlayBar(QWidget):
    """Shows and moves the cursor."""

    play_pressed = Signal()

    def __init__(self, session: Session, actions: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.play = PlayButton()
        self.timeline = Timeline()
        self._step = QLabel()
        self._said: tuple[int, int, Theme] | None = None
        self._step.setTextFormat(Qt.TextFormat.RichText)
        self._speed = Slider()
        self._speed.set_range(SPEEDS[0], SPEEDS[-1], log=True)
        self._speed.setFixedWidth(96)
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("<b>Speed</b> ([ slower, ] faster)<br>Updates shown a second.")
        self._speed_text = QLabel()
        self._lay_out(actions)
        self.play.clicked.connect(self.play_pressed)
        self.timeline.moved.connect(session.jump)
        self._speed.moved.connect(self._speed_dragged)
        self._speed.released.connect(self.show_speed)
        session.speed_changed.connect(self.show_speed)
        session.playing_changed.connect(self.show_playing)
        self.show_speed()

    def _lay_out(self, actions: Any) -> None:
        buttons = {name: _button(actions[name], name) for name in ("first", "back", "forward", "last", "reset")}
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 12, 8)
        row.setSpacing(6)
        for name in ("first", "back"):
            row.addWidget(buttons[name])
        row.addWidget(self.play)
        for name in ("forward", "last"):
            row.addWidget(buttons[name])
        row.addSpacing(6)
        row.addWidget(self.timeline, 1)
        row.addSpacing(6)
        self._step.setFont(style.font(14))
        self._step.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._step)
        row.addSpacing(6)
        row.addWidget(buttons["reset"])
        row.addWidget(self._speed)
        self._speed_text.setMinimumWidth(self._speed_text.fontMetrics().horizontalAdvance("100,000 steps/s"))
        self._speed_text.setFont(style.font(13))
        row.addWidget(self._speed_text)
        self.setFixedHeight(56)
        back, forward = [buttons["first"], buttons["back"]], [buttons["forward"], buttons["last"]]
        self._stops = [*back, self.play, *forward, self.timeline, buttons["reset"], self._speed]

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return self._stops

    def set_narrow(self, narrow: bool) -> None:
        """Leave out the speed slider where there is little room; its keys and its reading stay."""
        self._speed.setVisible(not narrow)

    def update_reading(self) -> None:
        """Show the cursor; called once a frame."""
        session = self._session
        last = session.last
        self.timeline.set_steps(last)
        self.timeline.set_computed(session.computed)
        self.timeline.set_step(session.cursor)
        shown = (session.cursor, last, style.current())
        if shown != self._said:
            self._said = shown
            self._say(*shown[:2])

    def _say(self, cursor: int, last: int) -> None:
        # The room of the widest reading is kept, so that nothing moves while the digits run; and since a label of
        # fixed size asks for no new layout, the window is not laid out anew in every frame.
        metrics = self._step.fontMetrics()
        self._step.setFixedSize(metrics.horizontalAdvance(f"step {last:,} / {last:,}") + 12, metrics.height() + 4)
        quiet = style.current().t2
        self._step.setText(
            f"<span style='color:{quiet}'>step</span> <b>{cursor:,}</b><span style='color:{quiet}'> / {last:,}</span>"
        )

    def update_ticks(self) -> None:
        """Mark the steps at which the selected run's settings change, its schedule drops or an epoch ends."""
        experiment = self._session.experiment
        run = experiment.runs[self._session.selected]
        parts = stretches(run, experiment.steps, examples_of(experiment))
        ticks = [change.step for change in run.changes]
        schedule = run.schedule
        if schedule.stairs and schedule.known_ahead:
            clock = parts[0].ticks
            rates = schedule.rates(0, min(experiment.steps // clock + 1, 2000), 1.0)
            ticks += [t * clock for t in range(1, len(rates)) if rates[t] != rates[t - 1] and t * clock < parts[0].end]
        ticks = ticks if len(ticks) <= 60 else []
        self.timeline.set_ticks(sorted({*ticks, *epoch_ends(parts, MOST_EPOCHS)}))

    @Slot()
    def show_playing(self) -> None:
        """Show play or pause."""
        self.play.set_playing(self._session.playing)

    @Slot()
    def show_speed(self) -> None:
        """Show the speed."""
        speed = self._session.player.speed
        if not self._speed.isSliderDown():
            self._speed.set_number(speed)
        number = f"{speed:,.0f}" if speed >= 1 else f"{speed:g}"
        self._speed_text.setText(f"{number} step/s" if number == "1" else f"{number} steps/s")

    @Slot(float)
    def _speed_dragged(self, value: float) -> None:
        nearest = min(SPEEDS, key=lambda speed: abs(math.log(speed / value)))
        self._session.set_speed(nearest)


def _button(action: Any, icon: str) -> IconButton:
    button = IconButton(icon, action.text().replace("&", ""))
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    button.setAutoRepeat(icon in ("back", "forward"))
    return button
