"""The landscape: a card that opens a gallery, its parameters, how it is seen, the start, steps and seed."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.data import Preparation
from gdsim.core.experiment import MAX_STEPS, Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.landscapes.formula import Formula
from gdsim.core.planes import Plane, Surface
from gdsim.core.spec import Hyperparameter
from gdsim.session.session import Session
from gdsim.ui import icons, style
from gdsim.ui.forms import SpecForm
from gdsim.ui.formula_editor import FormulaEditor, ViewFields
from gdsim.ui.gallery import Gallery
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import short
from gdsim.ui.plane_editor import PlaneEditor
from gdsim.ui.plots.thumbnail import thumbnail
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import ElidedLabel, NumberField, label

THUMB = QSize(76, 58)
LEAST = 140
"""So high the panel is at least; the rest of it is scrolled to."""
SHARE, OTHERS = 0.48, 290
"""The part of the window's height that it may take from the other docks, once menu, bars and a plot have theirs."""
PICTURE_PAUSE = 80
"""Milliseconds without another edit until the thumbnail follows a dragged parameter."""
OF_THE_DATA = ("dataset", *Preparation._fields)
"""Fields of models that are edited beside the picture of the data."""
NOWHERE = "The loss is not finite anywhere in the view: there is no place to start."
ONLY_WITH = {"delta": ("loss_kind", "huber")}
"""Fields that mean something only where another one has a certain value."""


class LandscapePanel(QWidget):
    """Shows and edits where the marbles roll, and from where."""

    refused = Signal(str)

    def __init__(self, session: Session, editor: DocumentEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._editor = session, editor
        self._warned = False
        self.refused.connect(self._note_warning)
        self._moved_start: tuple[tuple[float, ...] | None, tuple[float, ...]] | None = None
        self.card = LandscapeCard()
        self.card.clicked.connect(self.open_gallery)
        self._gallery: Gallery | None = None
        self._shown: tuple[object, ...] = ()
        self.formula = FormulaEditor()
        self.formula.edited.connect(self._edit_formula)
        self.formula.chosen.connect(self._pick_formula)
        self.formula.finished.connect(self._formula_finished)
        self._form = SpecForm(compact=True, leave_out=OF_THE_DATA, matters=_matters)
        self._form.edited.connect(self._edit_landscape)
        self.plane = PlaneEditor()
        self.plane.plane_edited.connect(self._edit_plane)
        self.plane.surface_chosen.connect(self._edit_surface)
        for part in (self.formula, self._form, self.plane):
            part.finished.connect(editor.drag_ended)
            part.refused.connect(self.refused)
            part.rebuilt.connect(self._order_tabs)
        self.data_line = DataLine()
        self.data_line.button.clicked.connect(self._show_data)
        self._start = [NumberField(low=-5, high=5) for _ in range(2)]
        self._steps = NumberField(_range_of("steps", 1, MAX_STEPS), low=10, high=10_000, log=True, whole=True)
        self._seed = NumberField(_range_of("seed", 0, 2**63 - 1), low=0, high=100, whole=True)
        self._axis_labels = [label("", "t2") for _ in range(2)]
        self._start_label = label("start", "t2")
        self.fold = FoldButton()
        self._details = QWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        for field in (*self._start, self._steps, self._seed):
            field.refused.connect(self.refused)
        for field in self._start:
            field.committed.connect(self._edit_start)
        self._steps.committed.connect(self._edit_steps)
        self._seed.committed.connect(self._edit_seed)
        self._steps.setToolTip("<b>Steps</b><br>How many updates each run makes.")
        self._seed.setToolTip("<b>Seed</b><br>Decides all chance: the same seed gives the same noise, bit for bit.")
        inside = QVBoxLayout(self._details)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self._form)
        inside.addWidget(self.plane)
        inside.addLayout(self._make_grid())
        self.fold.toggled.connect(self._unfold)
        inner = QWidget()
        style.panel(inner)
        column = QVBoxLayout(inner)
        column.setContentsMargins(10, 4, 10, 10)
        column.setSpacing(8)
        for widget in (self.card, self.formula, self.data_line, self.fold, self._details):
            column.addWidget(widget)
        self._scroll = _Scroll(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        style.panel(self)
        self._unfold(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _make_grid(self) -> QGridLayout:
        """Start, view, steps and seed: all numbers below each other."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(6)
        for field, name in zip((self._start[0], self._steps, self._seed), ("start", "steps", "seed"), strict=True):
            field.setAccessibleName(name)
        grid.addWidget(self._start_label, 0, 0)
        for column, (field, axis) in enumerate(zip(self._start, self._axis_labels, strict=True)):
            axis.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(axis, 0, 1 + 2 * column)
            grid.addWidget(field, 0, 2 + 2 * column)
            field.setToolTip(
                "<b>Start</b><br>Where all marbles begin: drag the ring, double-click the ground, or type."
            )
        self._view = ViewFields(grid, 1)
        for field in (*self._start, *self._view.fields, self._steps, self._seed):
            field.setFixedWidth(72)
        for field in self._view.fields:
            field.refused.connect(self.refused)
            field.committed.connect(self._edit_view)
        seed = label("seed", "t2")
        seed.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(label("steps", "t2"), 3, 0)
        grid.addWidget(self._steps, 3, 2)
        grid.addWidget(seed, 3, 3)
        grid.addWidget(self._seed, 3, 4)
        grid.setColumnStretch(1, 1)
        return grid

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [
            self.card,
            *self.formula.stops(),
            self.data_line.button,
            self.fold,
            *self._form.stops(),
            *self.plane.stops(),
            *self._start,
            *self._view.fields,
            self._steps,
            self._seed,
        ]

    @Slot()
    def _order_tabs(self) -> None:
        chain(self.stops())

    @Slot(bool)
    def _unfold(self, shown: bool) -> None:
        self._details.setVisible(shown)
        self._scroll.fit()

    def set_compact(self, compact: bool) -> None:
        """Leave out the sentence where there is little room."""
        self.card.set_compact(compact)

    def follow_document(self) -> None:
        """Show the experiment where something of it that stands here has changed: not while a run is edited."""
        if _shown_of(self._session.experiment) != self._shown:
            self.show_document()

    def show_document(self) -> None:
        """Show the landscape, how it is seen, start, steps and seed of the experiment."""
        experiment = self._session.experiment
        self._shown = _shown_of(experiment)
        landscape = experiment.landscape
        formula = landscape if isinstance(landscape, Formula) else None
        self.card.show_landscape(landscape)
        self.formula.setVisible(formula is not None)
        if formula is not None:
            self.formula.set_formula(formula)
        self._view.set_formula(formula)
        self._form.set_spec(None if formula is not None else landscape)
        self._form.setVisible(bool(self._form.paths()))
        self.data_line.show_landscape(landscape)
        self.plane.show_experiment(experiment)
        self._show_start(experiment)
        self._steps.set_number(experiment.steps)
        self._seed.set_number(experiment.seed)
        self.fold.show_summary(experiment)
        self._scroll.fit()

    def _show_start(self, experiment: Experiment) -> None:
        """The two numbers of the start; many numbers are not shown."""
        few = experiment.landscape.dim == 2
        for widget in (self._start_label, *self._axis_labels, *self._start):
            widget.setVisible(few)
        for field, axis, name, value in zip(
            self._start, self._axis_labels, experiment.landscape.axes, experiment.origin, strict=False
        ):
            field.set_number(value)
            axis.setText(name)

    def show_theme(self) -> None:
        """Draw the thumbnails anew."""
        self.card.show_theme()
        self._gallery = None
        self._shown = ()

    @Slot()
    def open_gallery(self) -> None:
        """Let a landscape be picked by its picture."""
        if self._gallery is None:
            self._gallery = Gallery(self)
            self._gallery.picked.connect(self._pick)
        below = self.card.mapToGlobal(QPoint(0, self.card.height() + 4))
        self._gallery.popup(below, type(self._session.experiment.landscape))

    def edit_formula(self) -> None:
        """Let a formula be typed; where the landscape is none yet, it becomes one."""
        self._pick(Formula)
        if isinstance(self._session.experiment.landscape, Formula):
            self.formula.edit()

    @Slot(object)
    def _pick(self, kind: type[Landscape]) -> None:
        if kind is not type(self._session.experiment.landscape):
            self._replace(kind())

    def _replace(self, landscape: Landscape) -> None:
        """Show another landscape, from its own start and as it is usually seen."""
        text = f"Landscape {landscape.title}"
        self._apply(text, landscape=landscape, start=None, title="", plane=None, surface="training")

    @Slot(object)
    def _pick_formula(self, formula: Formula) -> None:
        self._replace(formula)
        self._editor.drag_ended()

    @Slot(object)
    def _edit_landscape(self, landscape: Landscape) -> None:
        """An edit; with another number of parameters, starts and planes of the old number go."""
        old = self._session.experiment
        values: dict[str, Any] = {"landscape": landscape}
        if landscape.dim != old.landscape.dim:
            values |= {"start": None, "plane": _fitting(old.plane, landscape.dim)}
        self._apply(f"Change {landscape.title}", "landscape", **values)

    @Slot(object, str)
    def _edit_formula(self, formula: Formula, what: str) -> None:
        if not isinstance(self._session.experiment.landscape, Formula):
            return  # a text that was left behind when another landscape was chosen
        text = "Change the formula" if what == "formula" else f"Change {what} of the formula"
        old = self._session.experiment.start
        if self._moved_start is not None and old == self._moved_start[1]:
            old = self._moved_start[0]  # what is typed further may be finite where the start was at first
        start, self._moved_start = old, None
        if old is not None and not _is_finite(formula, old):
            start = formula.initial()
            self._moved_start = (old, start)
        if not _is_finite(formula, start or formula.initial()):
            self._moved_start = None
            refusal: str | None = NOWHERE
            self.refused.emit(NOWHERE)
            self.show_document()
        else:
            refusal = self._apply(text, f"formula {what}", landscape=formula, start=start)
        if refusal is not None:
            if what == "formula":
                self.formula.complain(refusal)
        elif self._moved_start is not None:
            x, y = map(short, self._moved_start[1])
            tell(self, f"The loss is not finite at the start, which moved to ({x}, {y})")

    @Slot()
    def _formula_finished(self) -> None:
        """The next edit of the formula begins where the start is now."""
        self._moved_start = None
        self._accepted()

    @Slot(object)
    def _edit_view(self, _value: object) -> None:
        self._apply("Change the view", landscape=self._view.formula())

    @Slot(object)
    def _edit_plane(self, plane: Plane) -> None:
        self._apply("Change the plane", "plane", plane=plane)

    @Slot(str)
    def _edit_surface(self, surface: Surface) -> None:
        self._apply("Change the surface", surface=surface)

    @Slot(object)
    def _edit_start(self, _value: object) -> None:
        self._apply("Move the start", start=tuple(float(field.number) for field in self._start))

    @Slot(object)
    def _edit_steps(self, value: int) -> None:
        self._apply("Change the steps", steps=value)

    @Slot(object)
    def _edit_seed(self, value: int) -> None:
        self._apply("Change the seed", seed=value)

    def _apply(self, text: str, key: str = "", **values: Any) -> str | None:
        """Replace parts of the document; returns why it was refused, None where it was done."""
        try:
            new: Experiment = msgspec.structs.replace(self._session.experiment, **values)
            refusal = self._editor.edit(text, new, key)
        except ValueError as error:
            refusal = str(error)
        if refusal is not None:
            refusal = plain(refusal)
            self.refused.emit(refusal)
        else:
            self._accepted()
        if not self._editor.waits:
            self.show_document()
        return refusal

    @Slot()
    def _note_warning(self) -> None:
        self._warned = True

    def _accepted(self) -> None:
        """What was said of an edit that was refused is no longer true."""
        if self._warned:
            self._warned = False
            tell(self, "")

    @Slot()
    def _show_data(self) -> None:
        """Do what the menu's entry does; this panel may stand in a floating dock."""
        above = _main_window(self)
        action = above.findChild(QAction, "data") if above is not None else None
        if isinstance(action, QAction):
            action.trigger()


def _main_window(widget: QWidget) -> QMainWindow | None:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QMainWindow):
        above = above.parentWidget()
    return above


def tell(widget: QWidget, text: str) -> None:
    """Have the window in which ``widget`` stands say something in passing; "" takes back what it said last."""
    say = getattr(_main_window(widget), "say", None)
    if say is not None:
        say(text)


def plain(refusal: str) -> str:
    """Why an edit was refused, without the place in the document."""
    reason = re.sub(r"^\$[^:]*: ", "", refusal)
    return f"{reason[:1].upper()}{reason[1:]}" if reason != refusal else refusal


def _is_finite(formula: Formula, point: tuple[float, ...]) -> bool:
    """Whether a descent can start there."""
    place = np.array([point])
    return bool(np.isfinite(formula.loss(place)).all() and np.isfinite(formula.gradient(place)).all())


def _matters(spec: Any, declared: Hyperparameter) -> bool:
    if declared.field not in ONLY_WITH:
        return True
    other, wanted = ONLY_WITH[declared.field]
    return getattr(spec, other, wanted) == wanted


def _fitting(plane: Plane | None, dim: int) -> Plane | None:
    """The plane, where there is one of that kind for ``dim`` parameters too."""
    try:
        if plane is not None:
            plane.check(dim)
    except ValueError:
        return None
    return plane if dim > 2 else None


class _Scroll(QScrollArea):
    """As high as what is in it, where the window has room for that."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inner = inner
        self.setWidget(inner)

    def fit(self) -> None:
        """What is in it has changed."""
        layout = self._inner.layout()
        if layout is not None:
            layout.activate()
        self.updateGeometry()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Follow what is in it."""
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """All of it."""
        return QSize(self._inner.sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        """All of it, too, as long as that leaves the other docks their part of the window."""
        window = self.window()
        most = max(LEAST, round(SHARE * (window.height() - OTHERS))) if isinstance(window, QMainWindow) else LEAST
        return QSize(self._inner.minimumSizeHint().width(), min(self._height(), most))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words that are broken into other lines need another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _height(self) -> int:
        layout = self._inner.layout()
        if layout is not None and layout.hasHeightForWidth() and self.width() > 100:
            return layout.totalHeightForWidth(self.viewport().width())
        return self._inner.sizeHint().height()


class DataLine(QWidget):
    """What the examples of a model are, and the way to where they are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ElidedLabel("", "t2")
        self.button = QPushButton("Data…")
        self.button.setToolTip(
            "<qt><b>Data</b><br>See the examples, choose others, split, standardise, spoil them.</qt>"
        )
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)

    def show_landscape(self, landscape: Landscape) -> None:
        """Name the data set of a model; nothing for others."""
        self.setVisible(isinstance(landscape, ModelLandscape))
        if isinstance(landscape, ModelLandscape):
            count, whole = landscape.data().y.size, landscape.dataset.size
            number = f"{count:,}" if count == whole else f"{count:,} of {whole:,}"
            self.words.set_text(f"{landscape.dataset.title} · {number} example{'s' * (whole != 1)}")
            self.words.setToolTip(f"{self.words.whole} to train on")


def _range_of(name: str, low: int, high: int) -> Any:
    def refusal(value: float) -> str | None:
        return None if low <= value <= high else f"{name} must lie between {low:,} and {high:,}"

    return refusal


class FoldButton(QAbstractButton):
    """One line that says where and how long the marbles roll; pressing it unfolds the fields."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(24)
        self.setToolTip(
            "<b>Start, steps, seed</b><br>The landscape's own parameters, and how it is seen: click to change them."
        )
        self.toggled.connect(self.update)

    def show_summary(self, experiment: Experiment) -> None:
        """Show the start, the steps and, where there is chance in it, the seed."""
        if experiment.landscape.dim == 2:
            x, y = (short(value) for value in experiment.origin)
            where = f"start ({x}, {y})"
        else:
            where = f"{experiment.landscape.dim:,} parameters"
        text = f"{where}  ·  {experiment.steps:,} steps"
        if _by_chance(experiment):
            text += f"  ·  seed {experiment.seed}"
        self.setText(text)
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 30, 24)

    def minimumSizeHint(self) -> QSize:
        """It may be cut."""
        return QSize(80, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Chevron and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(style.color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 5, 5)
        chevron = "chevron-down" if self.isChecked() else "chevron-right"
        icons.icon(chevron, tone="t2").paint(painter, QRect(2, 4, 16, 16))
        painter.setPen(style.color("t1" if self.underMouse() else "t2"))
        painter.setFont(style.font(12))
        room = self.rect().adjusted(24, 0, -4, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class LandscapeCard(QAbstractButton):
    """Thumbnail, name and sentence of a landscape; pressing it opens the gallery."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._sentence = "", ""
        self._picture = QPixmap()
        self._compact = False
        self._hovered = False
        self._landscape: Landscape | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PICTURE_PAUSE)
        self._pause.timeout.connect(self.show_theme)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("<b>Landscape</b><br>Pick another loss for the marbles to roll on.")

    def show_landscape(self, landscape: Landscape) -> None:
        """Show ``landscape``; while its parameters are dragged the picture waits."""
        old, self._landscape = self._landscape, landscape
        if old is landscape:
            return
        if type(old) is type(landscape):
            self._pause.start()
            return
        self._title, self._sentence = landscape.title, landscape.teaches
        self.setAccessibleName(f"Landscape: {self._title}. {self._sentence}")
        self.show_theme()
        self.updateGeometry()

    @Slot()
    def show_theme(self) -> None:
        """Draw the picture, in the theme in force."""
        self._pause.stop()
        if self._landscape is not None:
            self._picture = thumbnail(self._landscape, style.current(), THUMB, self.devicePixelRatioF())
            self.update()

    def set_compact(self, compact: bool) -> None:
        """Leave out the sentence."""
        self._compact = compact
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """High enough for three lines of sentence."""
        if self._compact:
            return QSize(258, 48)
        room = QRect(0, 0, max(self.width(), 258) - 76 - 36, 1000)
        words = QFontMetrics(style.font(12)).boundingRect(room, Qt.TextFlag.TextWordWrap, self._sentence)
        return QSize(258, max(78, words.height() + 36))

    def minimumSizeHint(self) -> QSize:
        """As high as the hint."""
        return QSize(160, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Light up under the pointer."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self._hovered = event.type() == QEvent.Type.Enter
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, thumbnail, words, chevron."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        focused = self.hasFocus()
        painter.setPen(QPen(style.color("accent"), 2) if focused else style.color("line"))
        painter.setBrush(style.color("bg3" if self._hovered else "bg2"))
        rim = self.rect().adjusted(1, 1, -1, -1) if focused else self.rect().adjusted(0, 0, -1, -1)
        painter.drawRoundedRect(rim, 6, 6)
        height = min(self.height() - 16, THUMB.height())
        picture = QRect(8, 8, round(height * THUMB.width() / THUMB.height()), height)
        painter.drawPixmap(picture, self._picture)
        text = QRect(picture.right() + 12, 6, self.width() - picture.right() - 36, self.height() - 12)
        painter.setPen(style.color("t1"))
        painter.setFont(style.font(14, QFont.Weight.DemiBold))
        middle = Qt.AlignmentFlag.AlignVCenter if self._compact else Qt.AlignmentFlag.AlignTop
        painter.drawText(text, middle | Qt.AlignmentFlag.AlignLeft, self._title)
        if not self._compact:
            painter.setPen(style.color("t2"))
            painter.setFont(style.font(12))
            flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
            painter.drawText(text.adjusted(0, 20, 12, 0), flags, self._sentence)
        chevron = QRect(self.width() - 26, (8 if not self._compact else (self.height() - 18) // 2), 18, 18)
        icons.icon("chevron-down", tone="t2").paint(painter, chevron)
        painter.end()


def _by_chance(experiment: Experiment) -> bool:
    """Whether the seed matters to a run."""
    return any(run.noise is not None or run.batch_size is not None for run in experiment.runs)


def _shown_of(experiment: Experiment) -> tuple[object, ...]:
    """What of an experiment stands in the panel."""
    e = experiment
    return e.landscape, e.start, e.steps, e.seed, e.plane, e.surface, _by_chance(e)
