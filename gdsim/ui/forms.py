"""Declared hyperparameters become editors; no panel is written by hand for an optimizer, schedule or landscape."""

from __future__ import annotations

import typing
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import msgspec
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.core.spec import Hyperparameter, hyperparameters
from gdsim.ui import icons
from gdsim.ui.editors import Check, ChoiceEditor, Editor, FlagEditor, NumberEditor, ReadOnly, TextEditor
from gdsim.ui.tab_order import chain

Maker = Callable[[Hyperparameter, Check], Editor]


class SpecForm(QWidget):
    """Edits any declared struct: an optimizer, a schedule, a landscape, clipping, noise.

    Signals:
        edited: The struct with one value replaced, while a slider is dragged too.
        finished: A drag or a commit has ended; what was edited since the last one is one step of undoing.
        refused: Why a value was not accepted, in plain words.
        rebuilt: Other editors stand here now.

    Args:
        compact: Label, slider and field share a line.
        parent: As everywhere in Qt.
        leave_out: Fields that are edited elsewhere.
        makers: Editors of a kind of their own, by path.
        matters: Whether a value means anything in a struct; its editor is hidden where it does not.
    """

    edited = Signal(object)
    finished = Signal()
    refused = Signal(str)
    rebuilt = Signal()

    def __init__(
        self,
        compact: bool = False,
        parent: QWidget | None = None,
        *,
        leave_out: Collection[str] = (),
        makers: Mapping[str, Maker] | None = None,
        matters: Callable[[Any, Hyperparameter], bool] | None = None,
    ) -> None:
        super().__init__(parent)
        self._compact = compact
        self._leave_out, self._makers, self._matters = frozenset(leave_out), dict(makers or {}), matters
        self._spec: Any = None
        self._editors: dict[str, Editor] = {}
        self._limits: dict[str, float | None] = {}
        self._body: QWidget | None = None
        self._unfolded = False
        self._fold: QToolButton | None = None
        self._stops: list[QWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def spec(self) -> Any:
        """The struct as it is now; None where there is nothing to edit."""
        return self._spec

    def set_spec(self, spec: msgspec.Struct | None) -> None:
        """Show ``spec``; emits nothing. Editors are made anew only where its type is another one."""
        anew = type(spec) is not type(self._spec)
        self._spec = spec
        if anew:
            self._rebuild()
        self._refresh()

    def set_compact(self, compact: bool) -> None:
        """Put label, slider and field on one line, or the slider below."""
        if compact != self._compact:
            self._compact = compact
            self._rebuild()
            self._refresh()

    def set_limit(self, path: str, limit: float | None) -> None:
        """Mark the limit of stability on the slider of ``path`` ("lr"); None takes the mark away."""
        self._limits[path] = limit
        editor = self._editors.get(path)
        if isinstance(editor, NumberEditor):
            editor.set_limit(limit)

    def editor(self, path: str) -> Editor:
        """The editor of one value, such as ``"lr"`` or ``"betas[0]"``.

        Raises:
            KeyError: The struct has no such value.
        """
        return self._editors[path]

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return self._stops

    def paths(self) -> list[str]:
        """The values that can be edited, in order."""
        return list(self._editors)

    @property
    def _kind(self) -> type[msgspec.Struct]:
        return typing.cast("type[msgspec.Struct]", type(self._spec))

    # -- building

    def _rebuild(self) -> None:
        if self._body is not None:
            self._body.hide()
            self._body.setParent(None)
            self._body.deleteLater()
        self._editors.clear()
        self._fold = None
        self._body = QWidget(self)
        column = _column(self._body)
        if self._spec is not None:
            declared = [one for one in hyperparameters(self._kind) if one.field not in self._leave_out]
            self._add(column, [one for one in declared if not one.advanced])
            rare = [one for one in declared if one.advanced]
            if rare:
                self._add_fold(column, rare)
        own = self.layout()
        assert own is not None
        own.addWidget(self._body)
        self._body.show()
        for path, limit in self._limits.items():
            self.set_limit(path, limit)
        self._stops = [control for editor in self._editors.values() for control in editor.controls()]
        if self._fold is not None:
            usual = sum(len(one.controls()) for one in self._editors.values() if not one.declared.advanced)
            self._stops.insert(usual, self._fold)
        chain(self._stops)
        self.rebuilt.emit()

    def _add(self, column: QVBoxLayout, declared: list[Hyperparameter]) -> None:
        for one in declared:
            editor = self._made(one)
            editor.edited.connect(self._edited)
            editor.finished.connect(self._finished)
            editor.refused.connect(self.refused)
            self._editors[one.path] = editor
            column.addWidget(editor)

    def _add_fold(self, column: QVBoxLayout, rare: list[Hyperparameter]) -> None:
        fold = QToolButton()
        fold.setText("More")
        fold.setToolTip("Show the settings that are rarely touched")
        fold.setCheckable(True)
        fold.setChecked(self._unfolded)
        fold.setIcon(icons.icon("chevron-right", tone="t3"))
        fold.setIconSize(QSize(14, 14))
        fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column.addWidget(fold)
        folded = QWidget()
        self._add(_column(folded), rare)
        folded.setVisible(self._unfolded)
        column.addWidget(folded)
        self._fold, self._folded = fold, folded
        fold.toggled.connect(self._unfold)
        self._unfold(self._unfolded)

    def _made(self, declared: Hyperparameter) -> Editor:
        def check(value: Any) -> str | None:
            return self._refusal(declared, value)

        if declared.path in self._makers:
            return self._makers[declared.path](declared, check)
        if declared.kind in ("number", "integer"):
            return NumberEditor(declared, check, compact=self._compact)
        if declared.kind == "flag":
            return FlagEditor(declared, check)
        if declared.kind == "choice":
            return ChoiceEditor(declared, check)
        element = _element(self._kind, declared.field) if declared.index is None else None
        if declared.kind == "text" or element is not None:
            return TextEditor(declared, check, element)
        return ReadOnly(declared, check)

    def _refresh(self) -> None:
        for editor in self._editors.values():
            editor.set_value(editor.declared.get(self._spec))
            if self._matters is not None:
                editor.setVisible(self._matters(self._spec, editor.declared))

    # -- editing

    def _refusal(self, declared: Hyperparameter, value: Any) -> str | None:
        """Why ``value`` is not allowed: its own range, its type, or the struct as a whole."""
        if value is not None and declared.kind in ("number", "integer"):
            reason = declared.refusal(value)
            if reason:
                return reason
        try:
            changed = declared.put(self._spec, value)
            if declared.kind in ("text", "other"):
                msgspec.convert(getattr(changed, declared.field), _hints(self._kind)[declared.field])
        except (ValueError, TypeError, OverflowError, msgspec.ValidationError) as error:
            return str(error) or "not allowed"
        return None

    @Slot(object)
    def _edited(self, value: Any) -> None:
        editor = self.sender()
        if isinstance(editor, Editor):
            self._spec = editor.declared.put(self._spec, value)
            self.edited.emit(self._spec)

    @Slot()
    def _finished(self) -> None:
        self._refresh()
        self.finished.emit()

    @Slot(bool)
    def _unfold(self, shown: bool) -> None:
        self._unfolded = shown
        if self._fold is None:
            return
        self._fold.setIcon(icons.icon("chevron-down" if shown else "chevron-right", tone="t3"))
        self._fold.setText("Less" if shown else "More")
        self._folded.setVisible(shown)


@cache
def _hints(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


@cache
def _element(kind: type[msgspec.Struct], field: str) -> type | None:
    """``int`` or ``float`` where ``field`` is a list of them, or None."""
    hint = typing.get_type_hints(kind)[field]
    for part in (hint, *typing.get_args(hint)):
        if typing.get_origin(part) in (tuple, list):
            inside = typing.get_args(part)
            if inside and inside[0] in (int, float):
                return typing.cast(type, inside[0])
    return None


def _column(owner: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(owner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    return column
