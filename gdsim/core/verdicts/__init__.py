"""What can be said of a run: each textbook failure is one function that looks at the evidence."""
