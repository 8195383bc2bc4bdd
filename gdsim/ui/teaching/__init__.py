"""Lessons on the screen and on paper: what the window, the recorder and the printer make of ``gdsim.lessons``."""
