"""The window, and the plots that it shares with the recorder."""
