"""Losses over parameters: what the marble rolls on."""

from gdsim.core.landscapes import analytic, fitted
from gdsim.core.landscapes.base import Floats, Landscape, PlaneLandscape, View

__all__ = ["Floats", "Landscape", "PlaneLandscape", "View", "analytic", "fitted"]
