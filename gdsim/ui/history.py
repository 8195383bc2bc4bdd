"""Edits that can be undone: each replaces the frozen document by another."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from gdsim.core.documents import DocumentError, check
from gdsim.core.experiment import Experiment
from gdsim.session.session import Session
from gdsim.ui.ahead import Ahead


class Replace(QUndoCommand):
    """One edit. Edits with the same ``key`` that follow each other (a drag) become one."""

    def __init__(self, session: Session, text: str, new: Experiment, key: str) -> None:
        super().__init__(text)
        self.session = session
        self.key = key
        self.old, self.new = session.experiment, new

    def redo(self) -> None:
        """Show the new document."""
        self._show(self.new)

    def undo(self) -> None:
        """Show the old document."""
        self._show(self.old)

    def _show(self, experiment: Experiment) -> None:
        """An exception must not pass through Qt's stack, which would not survive it: it is reported from here."""
        try:
            self.session.replace(experiment)
        except Exception:
            sys.excepthook(*sys.exc_info())

    def id(self) -> int:
        """Only edits with a key can merge."""
        return 1 if self.key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the next edit of the same drag."""
        if not isinstance(other, Replace) or other.key != self.key:
            return False
        self.new = other.new
        return True


class Waiting(NamedTuple):
    """An edit of a drag whose document is being made ready: ``old`` is the document that it is made to."""

    text: str
    old: Experiment
    new: Experiment
    key: str


class DocumentEditor(QObject):
    """The only way in which the window changes the document.

    Raises nothing: an edit that is refused says why.

    Signals:
        refused: Why an edit that was waited for was not made.
        dropped: An edit that was waited for is not made, since it was taken back.

    Args:
        session: What is changed.
        stack: Where edits are kept.
        ahead: Makes large documents ready before they are shown; None: nothing is waited for.
    """

    refused = Signal(str)
    dropped = Signal()

    def __init__(self, session: Session, stack: QUndoStack, ahead: Ahead | None = None) -> None:
        super().__init__()
        self.session = session
        self.stack = stack
        self._ahead = ahead
        self._drag = 0
        self._waiting: Waiting | None = None
        if ahead is not None:
            ahead.ready.connect(self._made_ready)

    @property
    def waits(self) -> bool:
        """Whether an edit is still to be shown: the newest of a drag, as soon as it is ready."""
        return self._waiting is not None

    def edit(self, text: str, new: Experiment, key: str = "") -> str | None:
        """Replace the document.

        Args:
            text: What is done, for the Edit menu ("Change η of Momentum").
            new: The document to show.
            key: The control that is being dragged; edits of one drag are one step back.

        Returns:
            Why it was refused, None where it was done, or will be as soon as it is ready.
        """
        key = f"{key}/{self._drag}" if key else ""
        if self._waiting is not None and self._waiting.key != key:
            old = self.session.experiment
            self.settle()
            try:
                new = _carried(old, self.session.experiment, new)
            except ValueError as error:  # what was waited for has left no room for it
                return str(error)
        self._give_up()
        if new == self.session.experiment:
            return None
        if self._ahead is not None and key and self._ahead.needed(self.session.experiment, new):
            self._waiting = Waiting(text, self.session.experiment, new, key)
            self._ahead.begin(new)
            return None
        return self._ready(new) or self._push(text, new, key)

    def undo(self) -> str | None:
        """Take the last edit back; returns why it was not done."""
        if self._waiting is not None:
            self._give_up()
            self.dropped.emit()
            return None
        command = self.stack.command(self.stack.index() - 1)
        refusal = self._ready(command.old) if isinstance(command, Replace) else None
        if refusal is None:
            self.stack.undo()
        return refusal

    def redo(self) -> str | None:
        """Make the edit again that was taken back; returns why it was not done."""
        if self._waiting is not None:
            self._give_up()
            self.dropped.emit()
        command = self.stack.command(self.stack.index())
        refusal = self._ready(command.new) if isinstance(command, Replace) else None
        if refusal is None:
            self.stack.redo()
        return refusal

    def settle(self) -> None:
        """Wait until the edit that is still to be shown is made, so that nothing that comes now goes without it."""
        waiting = self._waiting
        self._give_up()
        if waiting is None or waiting.old is not self.session.experiment:
            return
        refusal = self._ready(waiting.new) or self._push(waiting.text, waiting.new, waiting.key)
        if refusal:
            self.refused.emit(refusal)

    def drag_ended(self) -> None:
        """The next edit, though of the same control, is a step of its own."""
        self._drag += 1

    def _push(self, text: str, new: Experiment, key: str) -> str | None:
        try:
            check(new)
        except DocumentError as error:
            return str(error)
        self.stack.push(Replace(self.session, text, new, key))
        return None

    def _ready(self, new: Experiment) -> str | None:
        """Wait until a document can be shown at once; returns why it cannot."""
        if self._ahead is None or not self._ahead.needed(self.session.experiment, new):
            return None
        return self._ahead.wait(new)

    def _give_up(self) -> None:
        self._waiting = None
        if self._ahead is not None:
            self._ahead.forget()

    @Slot(str)
    def _made_ready(self, trouble: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.old is not self.session.experiment:
            return  # another document is shown by now
        refusal = trouble or self._push(waiting.text, waiting.new, waiting.key)
        if refusal:
            self.refused.emit(refusal)


def _carried(old: Any, before: Any, new: Any) -> Any:
    """``new``, which was made from ``old``, with what else ``before`` changed in that."""
    if new == old:
        return before
    if before == old or not isinstance(new, msgspec.Struct) or not type(old) is type(before) is type(new):
        return new
    fields = new.__struct_fields__
    values = {name: _carried(getattr(old, name), getattr(before, name), getattr(new, name)) for name in fields}
    return msgspec.structs.replace(new, **values)
