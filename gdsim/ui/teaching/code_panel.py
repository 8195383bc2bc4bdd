"""The experiment as a script, as it stands: what is changed in the window changes in the code."""

from __future__ import annotations

import re

from PySide6.QtCore import Slot
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from gdsim.core.script import ScriptError
from gdsim.lessons.lesson import Code
from gdsim.session.session import Session
from gdsim.ui import style
from gdsim.ui.formula_editor import mono

TONES = (
    (
        re.compile(r"\b(?:import|def|return|for|in|if|not|break|as|from|while|with|and|or|lambda|class|else)\b"),
        "accent",
    ),
    (re.compile(r"(?:\"\"\".*?\"\"\"|\"[^\"]*\"|#.*)$|\"[^\"]*\""), "t3"),
)
"""What is coloured, and how; the later ones win."""


class CodePanel(QWidget):
    """A script that is read, not edited."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        style.panel(self)
        self._session = session
        self._kind: Code = "numpy"
        self._begin = -1
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setAccessibleName("The experiment as a script")
        self.text.setTabChangesFocus(True)
        self.text.setFont(mono(12))
        self._tones = _Tones(self.text.document())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.addWidget(self.text)
        session.replaced.connect(self.update_code)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits."""
        return [self.text]

    def show_code(self, kind: Code) -> None:
        """Write it for NumPy or PyTorch."""
        self._kind = kind
        self.update_code()

    def show_theme(self) -> None:
        """Take on the colours of another theme."""
        self._tones.rehighlight()

    @Slot()
    def update_code(self) -> None:
        """Write it anew where the experiment has changed."""
        if self.isHidden():
            return
        script = script_of(self._session, self._kind)
        if script != self.text.toPlainText():
            before, place = self._begin, self.text.verticalScrollBar().value()
            self.text.setPlainText(script)
            lines = script.splitlines()
            self._begin = next((k for k, line in enumerate(lines) if line.startswith("def ")), 0)  # behind the imports
            self.text.verticalScrollBar().setValue(place if self._begin == before else self._begin)


def script_of(session: Session, kind: Code) -> str:
    """The session's experiment as a script, or why there is none."""
    from gdsim.core.numpy_code import numpy_script
    from gdsim.core.pytorch_code import torch_script

    try:
        return (numpy_script if kind == "numpy" else torch_script)(session.experiment)
    except ScriptError as refusal:
        return f"# There is no script of this experiment:\n# {refusal}\n"


class _Tones(QSyntaxHighlighter):
    def highlightBlock(self, text: str) -> None:
        for pattern, tone in TONES:
            shape = QTextCharFormat()
            shape.setForeground(style.color(tone))
            for found in pattern.finditer(text):
                self.setFormat(found.start(), found.end() - found.start(), shape)
