"""Losses over parameters: what the marble rolls on."""

from gdsim.core.landscapes import analytic, fitted, formula, network
from gdsim.core.landscapes.base import Floats, Landscape, PlaneLandscape, View
from gdsim.core.landscapes.model import ModelLandscape

__all__ = [
    "Floats",
    "Landscape",
    "ModelLandscape",
    "PlaneLandscape",
    "View",
    "analytic",
    "fitted",
    "formula",
    "network",
]
