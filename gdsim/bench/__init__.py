"""What the project claims about speed, measured: every figure a row of one table, as ratios taken in one run."""
