"""A surface in three dimensions, drawn by NumPy alone: no screen, no graphics driver, the same pixels everywhere."""
