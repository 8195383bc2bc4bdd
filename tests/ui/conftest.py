from windows import window_fixture

__all__ = ["window_fixture"]
