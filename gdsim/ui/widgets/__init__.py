"""The controls the window is made of; they know themes and numbers, and nothing of gradient descent."""

from gdsim.ui.widgets.buttons import IconButton, PlayButton
from gdsim.ui.widgets.fields import ChoiceBox, NumberField
from gdsim.ui.widgets.labels import ElidedLabel, RunSwatch, Section, label
from gdsim.ui.widgets.slider import Slider
from gdsim.ui.widgets.timeline import Timeline

__all__ = [
    "ChoiceBox",
    "ElidedLabel",
    "IconButton",
    "NumberField",
    "PlayButton",
    "RunSwatch",
    "Section",
    "Slider",
    "Timeline",
    "label",
]
