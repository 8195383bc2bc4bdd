"""The landscape in three dimensions. Nothing of it is imported before it is first shown."""
