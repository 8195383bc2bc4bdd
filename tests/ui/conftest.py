from windows import open_window_fixture, window_fixture

__all__ = ["open_window_fixture", "window_fixture"]
