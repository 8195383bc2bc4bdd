"""What gradient descent is: pure Python, NumPy and msgspec. Nothing in here knows of Qt or of plots."""
