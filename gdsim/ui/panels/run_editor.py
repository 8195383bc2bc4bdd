"""The settings of one run: optimizer, schedule, clipping, noise. Every editor comes from a declaration."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.core.clipping import Clip
from gdsim.core.experiment import Noise, Settings
from gdsim.core.optimizers import Optimizer
from gdsim.core.schedules import Schedule
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.ui.forms import SpecForm
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import ChoiceBox, ElidedLabel, label

CLIPS: tuple[tuple[str, Clip | None], ...] = (
    ("off", None),
    ("norm ≤", Clip(kind="norm")),
    ("value ≤", Clip(kind="value")),
)
NOISES: tuple[tuple[str, Noise | None], ...] = (("off", None), ("Gaussian", Noise()))


class RunEditor(QWidget):
    """Edits a Settings value.

    Signals:
        edited: The new settings, and what was changed ("learning rate").
        finished: A drag or commit ended.
        refused: Why a value was not accepted.
        whole_run_asked: The settings shown shall hold from the first step on.
    """

    edited = Signal(object, str)
    finished = Signal()
    refused = Signal(str)
    whole_run_asked = Signal()

    def __init__(self, compact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings: Any = None
        self._variants = [
            (text, kind, values) for kind in kinds_of(Optimizer) for text, values in kind.variants.items()
        ]
        self._schedules = kinds_of(Schedule)
        self._optimizer = ChoiceBox()
        self._schedule = ChoiceBox()
        self._clip = ChoiceBox()
        self._noise = ChoiceBox()
        self._forms = {
            name: SpecForm(compact or name != "optimizer") for name in ("optimizer", "schedule", "clip", "noise")
        }
        for name, form in self._forms.items():
            form.edited.connect(lambda spec, n=name: self._form_edited(n, spec))
            form.finished.connect(self.finished)
            form.refused.connect(self.refused)
            form.rebuilt.connect(self._order_tabs)
        self._note = ElidedLabel(tone="t2")
        self._whole = QPushButton("Apply to whole run")
        self._whole.setToolTip("Use these settings from the first step on, and forget the changes made on the way.")
        self._whole.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._whole.clicked.connect(self.whole_run_asked)
        self._fill()
        self._lay_out()

    def _fill(self) -> None:
        for index, (text, kind, _) in enumerate(self._variants):
            self._optimizer.addItem(text)
            self._optimizer.setItemData(index, f"<b>{text}</b><br>{kind.teaches}", TOOLTIP)
        for index, kind in enumerate(self._schedules):
            self._schedule.addItem(kind.title)
            self._schedule.setItemData(index, f"<b>{kind.title}</b><br>{kind.teaches}", TOOLTIP)
        for text, _ in CLIPS:
            self._clip.addItem(text)
        for text, _ in NOISES:
            self._noise.addItem(text)
        self._optimizer.setToolTip("<b>Optimizer</b><br>How a gradient becomes a step.")
        self._schedule.setToolTip("<b>Schedule</b><br>How the learning rate changes over the steps.")
        self._clip.setToolTip("<b>Gradient clipping</b><br>A limit on the gradient before the update sees it: "
                              "saves the marble at cliffs. Norm 1 is usual.")  # fmt: skip
        self._noise.setToolTip("<b>Gradient noise σ</b><br>Seeded noise on every gradient: what a small batch does.")
        self._optimizer.activated.connect(self._choose_optimizer)
        self._schedule.activated.connect(self._choose_schedule)
        self._clip.activated.connect(self._choose_clip)
        self._noise.activated.connect(self._choose_noise)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        rows = (
            ("optimizer", self._optimizer),
            ("schedule", self._schedule),
            ("clip", self._clip),
            ("noise", self._noise),
        )
        for name, box in rows:
            row = QHBoxLayout()
            row.setSpacing(8)
            caption = label({"noise": "gradient noise"}.get(name, name), "t2")
            caption.setFixedWidth(96)
            caption.setBuddy(box)
            box.setAccessibleName(name)
            row.addWidget(caption)
            row.addWidget(box, 1)
            column.addLayout(row)
            column.addWidget(self._forms[name])
        foot = QHBoxLayout()
        foot.addWidget(self._note, 1)
        foot.addWidget(self._whole)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        foot.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self._foot)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits: choices and their settings as they stand."""
        boxes = (self._optimizer, self._schedule, self._clip, self._noise)
        stops: list[QWidget] = []
        for box, form in zip(boxes, self._forms.values(), strict=True):
            stops += [box, *form.stops()]
        return [*stops, self._whole]

    @Slot()
    def _order_tabs(self) -> None:
        chain(self.stops())

    def set_compact(self, compact: bool) -> None:
        """Put label, slider and field of the optimizer's numbers on one line, as all others are."""
        self._forms["optimizer"].set_compact(compact)

    def form(self, name: str) -> SpecForm:
        """The form of "optimizer", "schedule", "clip" or "noise"."""
        return self._forms[name]

    def show_settings(self, settings: Settings, changes: list[int]) -> None:
        """Show ``settings``; ``changes`` are the steps at which the run's settings change."""
        self._settings = settings
        self._optimizer.setCurrentIndex(self._variant_of(settings.optimizer))
        self._schedule.setCurrentIndex(self._schedules.index(type(settings.schedule)))
        self._schedule.setItemText(self._schedule.currentIndex(), settings.schedule.describe())
        for index, kind in enumerate(self._schedules):
            if index != self._schedule.currentIndex():
                self._schedule.setItemText(index, kind.title)
        self._clip.setCurrentIndex(0 if settings.clip is None else 1 + (settings.clip.kind == "value"))
        self._noise.setCurrentIndex(0 if settings.noise is None else 1)
        for name, form in self._forms.items():
            spec = getattr(settings, name)
            form.set_spec(spec)
            form.setVisible(spec is not None and bool(hyperparameters(spec.__class__)))
        self._foot.setVisible(bool(changes))
        steps = ", ".join(f"{step:,}" for step in changes[:40]) + (" …" if len(changes) > 40 else "")
        one = len(changes) == 1
        self._note.set_text(f"changed at {steps}" if one else f"{len(changes)} changes" if changes else "")
        self._note.setToolTip(f"The settings of this run change at step {steps}." if changes else "")

    def _variant_of(self, optimizer: Optimizer) -> int:
        name = optimizer.describe()
        return next(index for index, (text, _, _) in enumerate(self._variants) if text == name)

    def _emit(self, what: str, done: bool = True, **values: Any) -> None:
        if all(getattr(self._settings, name) == value for name, value in values.items()):
            return  # the same choice again: nothing changes, neither now nor later
        self.edited.emit(msgspec.structs.replace(self._settings, **values), what)
        if done:
            self.finished.emit()

    def _form_edited(self, name: str, spec: Any) -> None:
        old = getattr(self._settings, name)
        changed = [p.label for p in hyperparameters(spec.__class__) if old is None or p.get(spec) != p.get(old)]
        self._emit(changed[0] if changed else name, done=False, **{name: spec})

    @Slot(int)
    def _choose_optimizer(self, index: int) -> None:
        _, kind, values = self._variants[index]
        old = self._settings.optimizer
        if type(old) is kind:
            values = {key: _kept(getattr(old, key), value) for key, value in values.items()}
            new = msgspec.structs.replace(old, **values)
        else:
            shared = {key: getattr(old, key) for key in ("lr",) if kind.momentum_field and _alike(type(old), kind)}
            new = kind(**(shared | values))
        self._emit("optimizer", optimizer=new)

    @Slot(int)
    def _choose_schedule(self, index: int) -> None:
        if type(self._settings.schedule) is not self._schedules[index]:
            self._emit("schedule", schedule=self._schedules[index]())

    @Slot(int)
    def _choose_clip(self, index: int) -> None:
        new, old = CLIPS[index][1], self._settings.clip
        if new is not None and old is not None:
            new = msgspec.structs.replace(old, kind=new.kind)
        self._emit("clipping", clip=new)

    @Slot(int)
    def _choose_noise(self, index: int) -> None:
        new, old = NOISES[index][1], self._settings.noise
        self._emit("gradient noise", noise=old if new is not None and old is not None else new)


def _kept(old: Any, wanted: Any) -> Any:
    """A momentum that is in use stays what it is when another variant with momentum is chosen."""
    return old if not isinstance(wanted, bool) and bool(old) == bool(wanted) else wanted


def _alike(old: type[Optimizer], new: type[Optimizer]) -> bool:
    """Whether a learning rate of one means about the same to the other: both belong to the Adam family."""
    return old.momentum_field == new.momentum_field == "betas"


TOOLTIP = 3  # Qt.ItemDataRole.ToolTipRole
