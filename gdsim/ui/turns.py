"""Which plots a frame draws: all of them, or beside the landscape one after the other while something is dragged.

A value that is dragged is another document at every frame, and each of its plots is painted from nothing. The landscape
is what the hand and the eye are at, and never waits. Curves that follow at half the pace look the same, and what they
leave goes to the hand.
"""

from __future__ import annotations


class Turns:
    """Whose turn it is.

    Attributes:
        due: Whether a plot has been left out, so that another frame is needed.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._next = 0
        self._edited = self._edited_before = False
        self.due = False

    def note_edit(self) -> None:
        """The document is another one: all plots have to be drawn."""
        self._edited = True

    def take(self) -> int | None:
        """Begin a frame; the place of the only one that is drawn in it, or None where all of them are.

        They take turns from the second frame on of those that each have a document of their own. The first frame
        without another document draws all, whatever was left out before.
        """
        dragged = self._edited and self._edited_before
        self._edited, self._edited_before = False, self._edited
        self.due = dragged
        if not dragged:
            return None
        self._next = (self._next + 1) % self._count
        return self._next
