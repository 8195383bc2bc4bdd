"""The start of the program, as far as it is not measured: who hears of faults."""

from windows import (
    settle,
)

from gdsim.ui import launch


def test_a_fault_is_shown_and_the_window_goes_on(window):
    reporter = launch._Reporter()
    reporter.reported.connect(window.show_fault)
    launch._reporter[:] = [reporter]
    try:
        launch.report("Traceback ...\nZeroDivisionError: division by zero\n")
    finally:
        launch._reporter.clear()
    assert "ZeroDivisionError: division by zero" in window.status.message.text()
    window.session.step(1)
    settle(window)
    assert window.session.cursor == 1
