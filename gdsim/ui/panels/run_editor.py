"""The settings of one run: optimizer, schedule, clipping, noise, batches. Every editor comes from a declaration."""

from __future__ import annotations

import typing
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.core.clipping import Clip
from gdsim.core.experiment import Noise, Settings
from gdsim.core.optimizers import Optimizer
from gdsim.core.schedules import Schedule
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.ui.forms import SpecForm
from gdsim.ui.numbers import short
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import ChoiceBox, ElidedLabel, label

CLIPS: tuple[tuple[str, Clip | None], ...] = (
    ("off", None),
    ("norm ≤", Clip(kind="norm")),
    ("value ≤", Clip(kind="value")),
)
NOISES: tuple[tuple[str, Noise | None], ...] = (("off", None), ("Gaussian", Noise()))
BATCHES = ("all examples", "mini-batches")
USUAL_BATCH = 32


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
        self._examples: int | None = None
        self._variants = [
            (text, kind, values) for kind in kinds_of(Optimizer) for text, values in kind.variants.items()
        ]
        self._schedules = kinds_of(Schedule)
        self._optimizer = ChoiceBox()
        self._schedule = ChoiceBox()
        self._clip = ChoiceBox()
        self._noise = ChoiceBox()
        self._batch = ChoiceBox()
        self._boxes = {
            "optimizer": self._optimizer, "schedule": self._schedule, "batch": self._batch, "clip": self._clip,
            "noise": self._noise,
        }  # fmt: skip
        self._forms = {name: SpecForm(compact or name != "optimizer") for name in self._boxes}
        self._effect = ElidedLabel(tone="t2")
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
        self._batch.addItems(BATCHES)
        self._optimizer.setToolTip("<b>Optimizer</b><br>How a gradient becomes a step.")
        self._schedule.setToolTip("<b>Schedule</b><br>How the learning rate changes over the steps.")
        self._clip.setToolTip("<b>Gradient clipping</b><br>A limit on the gradient before the update sees it: "
                              "saves the marble at cliffs. Norm 1 is usual.")  # fmt: skip
        self._noise.setToolTip("<b>Gradient noise σ</b><br>Seeded noise on every gradient: what a small batch does.")
        self._optimizer.activated.connect(self._choose_optimizer)
        self._schedule.activated.connect(self._choose_schedule)
        self._clip.activated.connect(self._choose_clip)
        self._batch.setToolTip("<b>Batch</b><br>The examples that an update sees. Mini-batches make many cheap, noisy "
                               "steps out of one pass over the data, an epoch.")  # fmt: skip
        self._noise.activated.connect(self._choose_noise)
        self._batch.activated.connect(self._choose_batch)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._rows: dict[str, QWidget] = {}
        for name, box in self._boxes.items():
            self._rows[name] = QWidget()
            row = QHBoxLayout(self._rows[name])
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            caption = label({"noise": "gradient noise"}.get(name, name), "t2")
            caption.setFixedWidth(96)
            caption.setBuddy(box)
            box.setAccessibleName(name)
            row.addWidget(caption)
            row.addWidget(box, 1)
            column.addWidget(self._rows[name])
            column.addWidget(self._forms[name])
            if name == "batch":
                column.addWidget(self._effect)
        foot = QHBoxLayout()
        foot.addWidget(self._note, 1)
        foot.addWidget(self._whole)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        foot.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self._foot)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits: choices and their settings as they stand."""
        stops: list[QWidget] = []
        for name, box in self._boxes.items():
            stops += [box, *self._forms[name].stops()]
        return [*stops, self._whole]

    @Slot()
    def _order_tabs(self) -> None:
        chain(self.stops())

    def set_compact(self, compact: bool) -> None:
        """Put label, slider and field of the optimizer's numbers on one line, as all others are."""
        self._forms["optimizer"].set_compact(compact)

    def form(self, name: str) -> SpecForm:
        """The form of "optimizer", "schedule", "batch", "clip" or "noise"."""
        return self._forms[name]

    def set_examples(self, count: int | None) -> None:
        """Say how many examples the runs train on; None where the landscape does not come from data."""
        self._examples = count

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
        self._batch.setCurrentIndex(0 if settings.batch_size is None else 1)
        for name, form in self._forms.items():
            spec = self._spec_of(name)
            form.set_spec(spec)
            form.setVisible(spec is not None and bool(hyperparameters(spec.__class__)))
        self._rows["batch"].setVisible(self._examples is not None)
        effect = "" if self._examples is None else effect_of(settings, self._examples)
        self._effect.set_text(effect)
        self._effect.setVisible(bool(effect))
        self._foot.setVisible(bool(changes))
        steps = ", ".join(f"{step:,}" for step in changes[:40]) + (" …" if len(changes) > 40 else "")
        one = len(changes) == 1
        self._note.set_text(f"changed at {steps}" if one else f"{len(changes)} changes" if changes else "")
        self._note.setToolTip(f"The settings of this run change at step {steps}." if changes else "")

    def _spec_of(self, name: str) -> Any:
        """What the form ``name`` edits; None where there is nothing."""
        if name != "batch":
            return getattr(self._settings, name)
        if self._examples is None:
            return None
        kind = batching(self._examples) if self._settings.batch_size is not None else batching(None)
        return kind(**{field: getattr(self._settings, field) for field in kind.__struct_fields__})

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
        old = self._spec_of(name)
        changed = [p.label for p in hyperparameters(spec.__class__) if old is None or p.get(spec) != p.get(old)]
        values = msgspec.structs.asdict(spec) if name == "batch" else {name: spec}
        self._emit(changed[0] if changed else name, done=False, **values)

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

    @Slot(int)
    def _choose_batch(self, index: int) -> None:
        if self._examples is None or (index > 0) == (self._settings.batch_size is not None):
            return
        size = min(USUAL_BATCH, max(1, self._examples // 4)) if index > 0 else None
        self._emit("batch size", batch_size=size)


@lru_cache(maxsize=32)
def batching(examples: int | None) -> type[Any]:
    """The settings of a run that are about its batches, as a declared struct of its own.

    Args:
        examples: How many there are: the slider of the batch size ends there. None: all are seen at once, and what
            would only divide them is left out.
    """
    declared = typing.get_type_hints(Settings, include_extras=True)
    if examples is None:
        fields = {"average": _declared_again(declared["average"], "average", symbol="", advanced=False)}
    else:
        size = next(part for part in typing.get_args(declared["batch_size"]) if part is not type(None))
        fields = {"batch_size": _declared_again(size, high=max(examples, 2))}
        fields["accumulate"] = declared["accumulate"]
        fields["schedule_by"] = _declared_again(declared["schedule_by"], "schedule by")
        fields["average"] = _declared_again(declared["average"], "average", symbol="")  # beside its check box
    return msgspec.defstruct("Batching", list(fields.items()), frozen=True, kw_only=True)


def _declared_again(hint: Any, title: str = "", **extra: Any) -> Any:
    """A declaration with some of what its editor needs replaced."""
    if type(None) in typing.get_args(hint):
        inner = next(part for part in typing.get_args(hint) if part is not type(None))
        return _declared_again(inner, title, **extra) | None
    kind, meta = typing.get_args(hint)
    own = {name: getattr(meta, name) for name in ("title", "description", "ge", "gt", "le", "lt")}
    own = {name: value for name, value in own.items() if value is not None} | ({"title": title} if title else {})
    return Annotated[kind, msgspec.Meta(**own, extra={**(meta.extra or {}), **extra})]


def effect_of(settings: Settings, examples: int) -> str:
    """What the settings of batches come to: "effective batch 64, 7 updates an epoch"."""
    if settings.batch_size is None:
        return ""
    together = settings.batch_size * settings.accumulate
    batches = settings.batches(examples, 0)
    if batches is None:
        return f"all {examples:,} examples in every update"
    size = f"effective batch {together:,}" if settings.accumulate > 1 else f"{together:,} of {examples:,} examples"
    return f"{size}, {batches.per_epoch:,} updates an epoch"


def rate_note(old: Settings, new: Settings) -> str:
    """What happened to the learning rate when another optimizer was chosen; "" where it was kept."""
    name = new.optimizer.describe()
    if type(old.optimizer) is type(new.optimizer) or old.optimizer.rate == new.optimizer.rate:
        return ""
    return f"η is now {short(new.optimizer.rate)}, usual for {name}"


def _kept(old: Any, wanted: Any) -> Any:
    """A momentum that is in use stays what it is when another variant with momentum is chosen."""
    return old if not isinstance(wanted, bool) and bool(old) == bool(wanted) else wanted


def _alike(old: type[Optimizer], new: type[Optimizer]) -> bool:
    """Whether a learning rate of one means about the same to the other: both belong to the Adam family."""
    return old.momentum_field == new.momentum_field == "betas"


TOOLTIP = 3  # Qt.ItemDataRole.ToolTipRole
