"""What the selected run is doing, in words, with the numbers that show it and what to try; a line on each other run."""

from __future__ import annotations

import html
import logging
import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFont, QHideEvent, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gdsim.core.experiment import Experiment
from gdsim.core.labels import relabelled
from gdsim.core.readiness import costly
from gdsim.core.trajectory import RunTrajectory
from gdsim.session.session import Session
from gdsim.ui import icons, style
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import in_print
from gdsim.ui.waiting import WorkThread
from gdsim.ui.widgets import ElidedLabel, RunSwatch, label

if TYPE_CHECKING:
    from gdsim.core.remedies import Remedy
    from gdsim.core.verdicts.verdict import Diagnosis

log = logging.getLogger(__name__)

MOST_WHILE_MOVING = 40
"""With more parameters a diagnosis waits until everything rests."""
MOST_ROWS_WHILE_MOVING = 20_000
"""So does one of more steps."""
FEW_ROWS = 300
"""A run of more steps, or of more parameters than two, is looked through on a thread; while it moves, any run is."""
EVERY = 300
"""Milliseconds between two diagnoses while the picture moves; at rest they follow each other at once."""

STALE = 600
"""Milliseconds that the last verdict stays while another is found."""

SIGNS: dict[str, tuple[str, str]] = {
    "data": ("search", "danger"),
    "diverging": ("warning", "danger"),
    "not learning": ("warning", "danger"),
    "over-fitting": ("warning", "warn"),
    "local minimum": ("curvature", "warn"),
    "saddle": ("curvature", "warn"),
    "plateau": ("surface", "warn"),
    "decayed": ("down", "warn"),
    "spikes": ("up", "warn"),
    "held by decay": ("down", "warn"),
    "bouncing": ("zigzag", "warn"),
    "swinging": ("zigzag", "warn"),
    "clipping": ("warning", "warn"),
    "noise": ("zigzag", "warn"),
    "ravine": ("curvature", "warn"),
    "crawling": ("arrows", "warn"),
    "under-fitting": ("warning", "warn"),
    "unsettled": ("zigzag", "warn"),
    "converged": ("check", "good"),
    "settled": ("check", "good"),
    "descending": ("down", "t2"),
    "too early": ("info", "t2"),
}
"""Icon and tone of each kind of verdict."""

Key = tuple[Experiment, int, RunTrajectory, int, int, bool]


class DiagnosisPanel(QScrollArea):
    """A card for each verdict on the selected run, and a line for each other run.

    Verdicts are computed one at a time between frames, the selected run's first, and kept until the run changes.

    Signals:
        jumped: A step was clicked.
        run_clicked: Another run's line was clicked.
        refused: Why a remedy could not be applied.
        said: What was applied.
        learned: There is another verdict.
    """

    jumped = Signal(int)
    run_clicked = Signal(int)
    refused = Signal(str)
    said = Signal(str)
    learned = Signal()

    def __init__(self, session: Session, editor: DocumentEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._editor = session, editor
        self._known: dict[int, tuple[Key, tuple[Diagnosis, ...]]] = {}
        self._shown: object = None
        self._buttons: list[QPushButton] = []
        self._told: tuple[int, tuple[str, ...]] | None = None
        self._since = QElapsedTimer()
        self._since.start()
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._work)
        self._thread: WorkThread | None = None
        self._asked: Key | None = None
        self._watched = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Diagnosis")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the arrow keys scroll
        style.mark(self, "ringed", True)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._body = QWidget()
        style.panel(self._body)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(8, 4, 8, 10)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        self.setWidget(self._body)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits: the panel, to scroll it; its buttons follow by themselves."""
        return [self]

    # What is known

    def found(self, index: int) -> tuple[Diagnosis, ...] | None:
        """The verdicts on run ``index`` as it stands, None where they have still to be computed."""
        known = self._known.get(index)
        return known[1] if known is not None and _same(known[0], self._key(index)) else None

    def _key(self, index: int) -> Key:
        session = self._session
        run = session.trajectory.runs[index]
        return session.experiment, index, run, run.generation, len(run), run.ended

    @Slot()
    def update_diagnosis(self) -> None:
        """Show what is known, and see to the rest."""
        if not self._is_seen():
            return
        self._show()
        if self._wanted() is not None and self._thread is None and not self._next.isActive():
            self._next.start(EVERY if self._session.busy else 0)

    def give_up(self) -> None:
        """Wait for a verdict that is being computed, and compute no more."""
        self._next.stop()
        if self._thread is not None:
            self._thread.wait()

    def _is_seen(self) -> bool:
        """Whether it is in sight: Qt calls a tab visible that lies behind another."""
        return self._watched or (self.isVisible() and not self.visibleRegion().isEmpty())

    def watch(self, watched: bool) -> None:
        """Be told that the verdicts are shown elsewhere, whether or not the panel is in sight."""
        self._watched = watched
        self.update_diagnosis()

    def _wanted(self) -> int | None:
        """The run to be diagnosed next."""
        session = self._session
        runs = range(len(session.trajectory.runs))
        order = [session.selected, *(index for index in runs if index != session.selected)]
        return next((index for index in order if self._may(index) and self.found(index) is None), None)

    def _may(self, index: int) -> bool:
        """Whether now is the time: it has ended, or all rests; long runs and large models wait for rest."""
        session = self._session
        run = session.trajectory.runs[index]
        if not session.busy:
            return True
        return run.ended and run.dim <= MOST_WHILE_MOVING and len(run) <= MOST_ROWS_WHILE_MOVING

    @Slot()
    def _work(self) -> None:
        """Compute the next verdicts: on a thread, where they take longer than a frame may wait."""
        index = self._wanted() if self._is_seen() and self._thread is None else None
        if index is None:
            return
        key = self._key(index)
        experiment, columns = key[0], key[2]
        light = not self._session.busy and columns.dim == 2 and len(columns) <= FEW_ROWS
        if light and not costly(experiment.landscape):
            self._learn(key, _diagnosed(experiment, index, columns))
            return
        self._asked, columns = key, columns.frozen()
        self._thread = WorkThread(lambda _tell, _stop: _diagnosed(experiment, index, columns))
        self._thread.finished.connect(self._ended)
        self._thread.start()

    @Slot()
    def _ended(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None or self._asked is None:
            return
        thread.wait()
        found: Any = thread.result
        thread.deleteLater()
        self._learn(self._asked, found)

    def _learn(self, key: Key, found: tuple[Diagnosis, ...]) -> None:
        self._known[key[1]] = (key, found)
        self._show()
        self.learned.emit()
        if self._wanted() is not None:
            self._next.start(EVERY if self._session.busy else 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Whoever looks sees what holds now."""
        super().showEvent(event)
        self.update_diagnosis()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: no need to know."""
        super().hideEvent(event)
        self._next.stop()

    # Showing

    def show_theme(self) -> None:
        """Take on the theme in force."""
        self._shown = None
        self.update_diagnosis()

    def _show(self) -> None:
        """Build the cards anew where there is something else to be read."""
        session = self._session
        labels = session.experiment.labels()
        found = [self.found(index) for index in range(len(labels))]
        mine = found[session.selected]
        waiting = mine is None and not session.trajectory.runs[session.selected].ended
        if mine is None and (session.selected, labels) == self._told and self._since.elapsed() < STALE:
            return  # while a number is dragged the cards must not flicker
        if mine is not None:
            self._told = session.selected, labels
            self._since.start()
        colors = tuple(
            (session.experiment.color(index), run.ghost) for index, run in enumerate(session.experiment.runs)
        )
        state = (session.selected, labels, colors, waiting, [None if one is None else id(one) for one in found])
        if state == self._shown:
            return
        self._shown = state
        place = self.verticalScrollBar().value()
        self._clear()
        head = _RunLine(session.selected, "", labels, colors)
        head.layout().setContentsMargins(4, 0, 4, 0)  # type: ignore[union-attr]
        self._add(head)
        if mine is None:
            self._add(_Card("info", "t2", "Computing …" if waiting else "Looking …", ()))
        else:
            self._add(label(_extent(session.trajectory.runs[session.selected], session.experiment.steps), "t3", 11))
        for number, one in enumerate(mine or ()):
            self._add(self._card(one, first=number == 0))
        others = [index for index in range(len(labels)) if index != session.selected]
        if others:
            self._add(label("Other runs", "t3", 11))
        for index in others:
            known = found[index]
            line = _RunLine(
                index, known[0].headline if known else "…", labels, colors, SIGNS[known[0].kind][1] if known else "t2"
            )
            line.clicked.connect(self.run_clicked)
            self._add(line)
        self.verticalScrollBar().setValue(place)

    def _clear(self) -> None:
        self._buttons = []
        while self._column.count() > 1:
            item = self._column.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()

    def _add(self, widget: QWidget) -> None:
        self._column.insertWidget(self._column.count() - 1, widget)

    def _card(self, one: Diagnosis, *, first: bool) -> QWidget:
        icon, tone = SIGNS[one.kind]
        card = _Card(icon, tone, one.headline, one.evidence)
        card.jumped.connect(self.jumped)
        for remedy in one.remedies:
            button = QPushButton(remedy.text)
            button.setToolTip(f"<b>{html.escape(remedy.text)}</b><br>{html.escape(remedy.tooltip)}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            if first and not self._buttons:
                style.mark(button, "primary", True)
            button.clicked.connect(lambda _=False, one=remedy: self.apply(one))
            self._buttons.append(button)
            card.add(button)
        return card

    # Doing

    def apply(self, remedy: Remedy) -> None:
        """Apply a remedy, as one edit."""
        session = self._session
        old, name = session.experiment, session.experiment.labels()[session.selected]
        try:
            new = relabelled(old, remedy.edit(old))
        except (ValueError, TypeError, ArithmeticError) as reason:
            self.refused.emit(f"{remedy.text}: {reason}")
            return
        refusal = self._editor.edit(f"{remedy.text} ({name})", new)
        if refusal is not None:
            self.refused.emit(refusal)
        else:
            anew = new.steps == old.steps and new.runs[session.selected] != old.runs[session.selected]
            since = ", from the first step on" if anew else ""
            self.said.emit(f"{name}: {remedy.text[:1].lower()}{remedy.text[1:]}{since}; Undo takes it back")


class _Card(QFrame):
    """One verdict: its sign and headline, the evidence, and room for buttons."""

    jumped = Signal(int)

    def __init__(self, icon: str, tone: str, headline: str, evidence: tuple[str, ...]) -> None:
        super().__init__()
        style.mark(self, "card", True)
        sign = QLabel()
        sign.setPixmap(icons.icon(icon, tone=tone).pixmap(QSize(18, 18)))
        sign.setFixedSize(18, 20)
        title = label(in_print(headline), tone, 14, bold=True)
        title.setWordWrap(True)
        title.setAccessibleName(headline)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(title, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 8, 10, 10)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        for sentence in evidence:
            self._column.addWidget(self._sentence(sentence))

    def _sentence(self, sentence: str) -> QLabel:
        text = QLabel(linked(in_print(sentence)))
        text.setFont(style.font(12))
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        style.mark(text, "tone", "t2")
        text.linkActivated.connect(lambda link: self.jumped.emit(int(link)))
        return text

    def add(self, button: QPushButton) -> None:
        self._column.addWidget(button)


class _RunLine(QFrame):
    """One line on a run: its sign, its name, and a headline; a click selects it."""

    clicked = Signal(int)

    def __init__(
        self, index: int, headline: str, labels: tuple[str, ...], colors: tuple[tuple[int, bool], ...], tone: str = "t2"
    ) -> None:
        super().__init__()
        self._index = index
        color, ghost = colors[index]
        swatch = RunSwatch(style.current().run(color))
        swatch.set_style(style.current().run(color), faded=ghost)
        name = ElidedLabel(labels[index], "t1")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(swatch)
        if not headline:
            name.setFont(style.font(13, QFont.Weight.DemiBold))
            row.addWidget(name, 1)
            return
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(name, 2)
        said = ElidedLabel(in_print(headline), tone)
        said.setFont(style.font(12))
        said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(said, 3)
        self.setToolTip(f"<b>{html.escape(labels[index])}</b><br>{html.escape(in_print(headline))}")
        self.setAccessibleName(f"{labels[index]}: {headline}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()) and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self._index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self._index)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            style.mark(self, "card", event.type() == QEvent.Type.FocusIn)
        return super().event(event)


def _extent(run: RunTrajectory, steps: int) -> str:
    """What a verdict is about, wherever the cursor is."""
    made = max(0, run.last)
    if not run.ended:
        return f"Over the first {made:,} of {steps:,} steps"
    return f"Over all {made:,} steps" if made != 1 else "Over its only step"


def linked(sentence: str) -> str:
    """A sentence as rich text in which steps can be clicked."""
    color = style.color("accent").name()

    def link(found: re.Match[str]) -> str:
        words, number = found[1], found[2]
        return f'{words}<a style="color: {color}" href="{number.replace(",", "")}">{number}</a>'

    found = re.sub(r"\b((?:[Ss]tep|[Uu]pdate) )(\d[\d,]*)(?![\d.])", link, html.escape(sentence))
    return re.sub(r"(?<=</a>)( to )(\d[\d,]*)(?![\d.])", link, found)


def _diagnosed(experiment: Experiment, index: int, run: RunTrajectory) -> tuple[Diagnosis, ...]:
    """The verdicts; a fault in one is logged and said instead of them."""
    from gdsim.core.diagnosis import diagnose
    from gdsim.core.verdicts.verdict import Diagnosis

    try:
        return diagnose(experiment, index, run)
    except Exception as error:
        log.exception("run %d cannot be diagnosed", index)
        told = (f"The diagnosis itself failed ({type(error).__name__}); the log has the details.",)
        return (Diagnosis("too early", "No diagnosis", told, 0),)


def _same(a: Key, b: Key) -> bool:
    return a[0] is b[0] and a[2] is b[2] and a[1:2] == b[1:2] and a[3:] == b[3:]
