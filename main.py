"""Starts gdsim."""

from gdsim.app import main

if __name__ == "__main__":
    raise SystemExit(main())
