"""The programs that are timed from their start to their first picture: this one, and the barest of its kind.

Each runs as ``python -c`` and says when it has painted. Nothing but the paint event is touched, so that what is
timed is what a person waits for.
"""

_SAY = """
import os, sys
def say():
    sys.stdout.buffer.write(b"painted\\n")
    sys.stdout.buffer.flush()
"""

BARE_WINDOW = (
    _SAY
    + """
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        say()
app = QApplication(sys.argv)
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
)
"""An empty QMainWindow."""

FIRST_WINDOW = (
    _SAY
    + """
from gdsim.ui.main_window import MainWindow, QMainWindow
def painted(window, event):
    QMainWindow.paintEvent(window, event)
    say()
MainWindow.paintEvent = painted
from gdsim.app import main
main([])
"""
)
"""gdsim until its window stands."""

BARE_PLOT = (
    _SAY
    + """
import pyqtgraph
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Plot(pyqtgraph.PlotWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, say)
app = QApplication(sys.argv)
plot = Plot()
plot.plot([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])
window = QMainWindow()
window.setCentralWidget(plot)
window.resize(1440, 900)
window.show()
app.exec()
"""
)
"""A QMainWindow around a pyqtgraph.PlotWidget with one line."""

FULL_PICTURE = (
    _SAY
    + """
from gdsim.ui.main_window import MainWindow
furnish = MainWindow.furnish
def furnish_and_watch(window, experiment):
    from PySide6.QtCore import QTimer
    from gdsim.ui.plots.plot import Plot
    paint, seen = Plot.paint, set()
    def painted(plot, *rest):
        paint(plot, *rest)
        moment = plot.moment
        if moment is not None and all(len(run) for run in moment.trajectory.runs):
            seen.add(plot)
        if len(seen) == 3:
            QTimer.singleShot(0, say)
    Plot.paint = painted
    furnish(window, experiment)
MainWindow.furnish = furnish_and_watch
from gdsim.app import main
main([])
"""
)
"""gdsim until all three plots, with their marbles, stand in a furnished window."""
