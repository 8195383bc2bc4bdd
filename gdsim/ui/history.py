"""Edits that can be undone: each replaces the frozen document by another."""

from __future__ import annotations

import sys

from PySide6.QtGui import QUndoCommand, QUndoStack

from gdsim.core.documents import DocumentError, check
from gdsim.core.experiment import Experiment
from gdsim.session.session import Session


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


class DocumentEditor:
    """The only way in which the window changes the document.

    Raises nothing: an edit that is refused says why through ``refused``.
    """

    def __init__(self, session: Session, stack: QUndoStack) -> None:
        self.session = session
        self.stack = stack
        self._drag = 0

    def edit(self, text: str, new: Experiment, key: str = "") -> str | None:
        """Replace the document.

        Args:
            text: What is done, for the Edit menu ("Change η of Momentum").
            new: The document to show.
            key: The control that is being dragged; edits of one drag are one step back.

        Returns:
            Why it was refused, None where it was done.
        """
        if new == self.session.experiment:
            return None
        try:
            check(new)
        except DocumentError as error:
            return str(error)
        self.stack.push(Replace(self.session, text, new, f"{key}/{self._drag}" if key else ""))
        return None

    def drag_ended(self) -> None:
        """The next edit, though of the same control, is a step of its own."""
        self._drag += 1
