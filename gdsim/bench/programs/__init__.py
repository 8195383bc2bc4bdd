"""Programs that are measured in processes of their own; each writes what it found as one line of JSON."""
