"""The learning-rate range test of a run: seen as a curve, told in words, applied with one click."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.core.experiment import Experiment
from gdsim.core.labels import relabelled
from gdsim.core.range_test import FACTOR, LONGEST, START, How, RangeTest, applied, range_test
from gdsim.ui import style
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import in_print, short
from gdsim.ui.plots.range_plot import RangePlot
from gdsim.ui.waiting import wait_for
from gdsim.ui.widgets import NumberField, RunSwatch, label

FARTHEST = 1e6
"""Rates up to here are tried, however slowly they rise: beyond, nothing sensible is left."""
SETTLE = 250
"""Milliseconds after the last change of a field until the test is made again."""

USES: tuple[tuple[How, str, str, str], ...] = (
    ("rate", "Use as rate", "as the rate",
     "The suggestion becomes the run's learning rate, from the first step on; its schedule stays."),
    ("one_cycle", "Peak of OneCycle", "as the peak of one cycle",
     "The rate rises to the suggestion and falls again, once over all steps: fast, and calm in the end."),
    ("warmup_cosine", "Warm-up with cosine", "as the peak of a warm-up with cosine",
     "A tenth of the steps leads up to the suggestion, a cosine down to nothing: the usual choice for Adam."),
)  # fmt: skip


class RangeDialog(QDialog):
    """Makes the test of one run and offers what it suggests.

    Signals:
        applied: What was done, in words.

    Args:
        experiment: The document.
        index: Which of its runs.
        editor: Takes the edit.
        parent: The window.
    """

    applied = Signal(str)

    def __init__(self, experiment: Experiment, index: int, editor: DocumentEditor, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Learning-rate range test")
        self._experiment, self._index, self._editor = experiment, index, editor
        self.test: RangeTest | None = None
        self._busy = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.make_test)
        self.start_field = self._field("first rate", START, _start_refusal, 1e-12, 1.0)
        self.factor_field = self._field("factor", FACTOR, _factor_refusal, 1.01, 10.0)
        self.start_field.setToolTip("<b>First rate</b><br>Far below what any landscape needs.")
        self.factor_field.setToolTip("<b>Factor</b><br>What the rate is multiplied by from update to update.")
        self.plot = RangePlot()
        self._stopped, self._why, self._error = label("", "t2"), label("", "t1"), label("", "danger")
        for line in (self._stopped, self._why, self._error):
            line.setWordWrap(True)
        self.buttons = {how: self._use_button(how, text, tip) for how, text, _, tip in USES}
        self._lay_out()
        self._later.start(0)

    # Building

    def _field(self, name: str, value: float, refusal: object, low: float, high: float) -> NumberField:
        field = NumberField(refusal, low=low, high=high, log=True)  # type: ignore[arg-type]
        field.set_number(value)
        field.setAccessibleName(name)
        field.committed.connect(self._changed)
        field.refused.connect(lambda reason: self._tell_refused(f"The {name}: {reason}."))
        return field

    def _use_button(self, how: How, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.setEnabled(False)
        button.clicked.connect(lambda: self.use(how))
        return button

    def _lay_out(self) -> None:
        run = self._experiment.runs[self._index]
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(RunSwatch(style.current().run(self._experiment.color(self._index))))
        name = label(self._experiment.labels()[self._index], bold=True)
        name.setToolTip(run.optimizer.describe())
        head.addWidget(name, 1)
        for caption, field in (("first rate", self.start_field), ("factor", self.factor_field)):
            text = label(caption, "t2")
            text.setBuddy(field)
            head.addWidget(text)
            head.addWidget(field)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        for button in (close, *reversed(self.buttons.values())):
            foot.addWidget(button)
        style.mark(self.buttons["rate"], "primary", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        for line in (self._why, self._stopped, self._error):
            column.addWidget(line)
        column.addLayout(foot)
        self._error.hide()
        size = QSize(820, 560)
        self.resize(size.boundedTo(self.screen().availableSize() - QSize(32, 64)))

    # Doing

    @Slot(object)
    def _changed(self, _value: object) -> None:
        self._later.start(SETTLE)

    @Slot()
    def make_test(self) -> None:
        """Make the test with the fields as they are; it can be cancelled, and keeps what it has by then."""
        if self._busy:
            self._later.start(SETTLE)
            return
        self._busy = True
        self._error.hide()
        start, factor = self.start_field.number, self.factor_field.number
        experiment, index = self._experiment, self._index
        cut: list[bool] = []

        def work(_tell: object, stopped: object) -> RangeTest:
            def stop() -> bool:
                if stopped():  # type: ignore[operator]
                    cut.append(True)
                return bool(cut)

            return range_test(experiment, index, start, factor, updates(start, factor), stop=stop)

        try:
            test = wait_for(self, "Raising the rate …", work)
        except (ValueError, ArithmeticError) as refusal:
            self._refuse(str(refusal))
            return
        finally:
            self._busy = False
        self._show(test, cut=bool(cut))

    def _show(self, test: RangeTest, *, cut: bool) -> None:
        self.test = test
        self.plot.show_test(test, style.current().run(self._experiment.color(self._index)).color)
        found = "No suggestion" if test.suggestion is None else f"Suggestion: η = {short(test.suggestion)}"
        self._why.setText(f"{found}. {in_print(test.why)}")
        self._stopped.setText(f"Cancelled after {test.step:,} updates." if cut else in_print(test.stopped))
        for button in self.buttons.values():
            button.setEnabled(test.suggestion is not None)

    def _refuse(self, reason: str) -> None:
        self.test = None
        self.plot.show_test(None, "#888888")
        self._why.clear()
        self._stopped.clear()
        self._tell_refused(f"{reason[:1].upper()}{reason[1:]}.")
        for button in self.buttons.values():
            button.setEnabled(False)

    def _tell_refused(self, text: str) -> None:
        self._error.setText(text)
        self._error.show()

    def use(self, how: How) -> None:
        """Put the suggestion into the run, as one edit, and close."""
        if self.test is None or self.test.suggestion is None:
            return
        name, rate = self._experiment.labels()[self._index], short(self.test.suggestion)
        words = next(text for kind, _, text, _ in USES if kind == how)
        try:
            new = relabelled(self._experiment, applied(self._experiment, self._index, self.test, how))
        except ValueError as refusal:
            self._refuse(str(refusal))
            return
        refused = self._editor.edit(f"Use {rate} {words} of {name}", new)
        if refused is not None:
            self._refuse(refused)
            return
        self.applied.emit(f"{name}: η = {rate} {words}, from the first step on")
        self.accept()

    def done(self, result: int) -> None:
        """Forget a test that was about to be made."""
        self._later.stop()
        super().done(result)


def updates(start: float, factor: float) -> int:
    """How many updates lead from the first rate to the farthest."""
    needed = math.log(max(FARTHEST / start, 1.0)) / math.log(factor)
    return min(math.ceil(needed) + 1, LONGEST)


def _start_refusal(number: float) -> str | None:
    return None if 0.0 < number < FARTHEST else f"must lie between 0 and {FARTHEST:g}"


def _factor_refusal(number: float) -> str | None:
    return None if 1.0 < number <= 1000.0 else "must be greater than 1, at most 1000: the rate has to rise"
