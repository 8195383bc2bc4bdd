"""Colours and type of the program: two themes, declared as tokens.

A hue always means something: height, a run, or a term of the update; the chrome is grey. Contrasts were
measured: text at least 4.5 : 1, controls, runs and terms at least 3 : 1 on everything they may lie on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Marker = Literal["circle", "square", "triangle", "diamond", "triangle_down", "star"]


@dataclass(frozen=True)
class RunStyle:
    """How one run is told apart: by colour, by dash and by marker, never by one of them alone.

    ``dash`` is a Qt dash pattern in pen widths; empty is solid.
    """

    color: str
    dash: tuple[float, ...]
    marker: Marker


@dataclass(frozen=True)
class Theme:
    """The tokens of one theme, as #RRGGBB."""

    name: Literal["dark", "light"]
    bg0: str  # gaps between panels
    bg1: str  # panels, plots
    bg2: str  # fields, cards
    bg3: str  # hover, selected row
    line: str  # decorative dividers
    edge: str  # borders of controls, disabled text
    t1: str  # text
    t2: str  # labels
    t3: str  # column heads, hints
    accent: str  # what is operated
    on_accent: str
    accent_hover: str
    accent_press: str
    danger: str
    warn: str
    good: str
    gradient: str  # terms of the update
    memory: str
    adapted: str
    decay: str
    step: str
    halo: str  # behind trails and labels on the ground
    halo_alpha: int
    contour: str
    contour_alpha: int
    contour_strong_alpha: int  # every fifth line
    ground_span: float  # how much of viridis is used
    ground_chroma: float
    ground_lightness: tuple[float, float]  # OKLab, low loss to high loss
    run_colors: tuple[str, ...]

    def __hash__(self) -> int:
        """What is painted is kept by style, and looked up many times a frame: all tokens would take too long."""
        return hash(self.name)

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on a dark ground."""
        return self.name == "dark"

    def run(self, slot: int) -> RunStyle:
        """The style of the run in ``slot``; after six the colours repeat with the next dash and marker."""
        color = self.run_colors[slot % len(self.run_colors)]
        turn = slot // len(self.run_colors)
        index = (slot + turn) % len(DASHES)
        return RunStyle(color, DASHES[index], MARKERS[index])


DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5.0, 2.5),
    (6.0, 2.0, 1.5, 2.0),
    (1.2, 2.0),
    (9.0, 3.0),
    (3.0, 2.0),
)
MARKERS: tuple[Marker, ...] = ("circle", "square", "triangle", "diamond", "triangle_down", "star")

DARK = Theme(
    name="dark",
    bg0="#0E1217",
    bg1="#161B22",
    bg2="#1F262F",
    bg3="#2B343F",
    line="#2A323D",
    edge="#7A8798",
    t1="#E9EEF4",
    t2="#AEB8C5",
    t3="#919DAC",
    accent="#8AA4FF",
    on_accent="#0E1217",
    accent_hover="#A9BBFF",
    accent_press="#7A91E4",
    danger="#FF8278",
    warn="#F0B94D",
    good="#62CC93",
    gradient="#FFE27A",
    memory="#CDBBFF",
    adapted="#7FE3E8",
    decay="#F7A8C6",
    step="#FFFFFF",
    halo="#0B0E12",
    halo_alpha=150,
    contour="#FFFFFF",
    contour_alpha=30,
    contour_strong_alpha=70,
    ground_span=0.62,
    ground_chroma=0.54,
    ground_lightness=(0.175, 0.40),
    run_colors=("#FFBB3C", "#5FBCF2", "#7AF3C3", "#DA85B4", "#F87D36", "#E9EEF4"),
)

LIGHT = Theme(
    name="light",
    bg0="#E8EBF0",
    bg1="#F5F6F8",
    bg2="#FFFFFF",
    bg3="#E0E4EA",
    line="#D0D6DE",
    edge="#737E8D",
    t1="#141A22",
    t2="#434E5C",
    t3="#556070",
    accent="#3A50C8",
    on_accent="#FFFFFF",
    accent_hover="#435BDE",
    accent_press="#3043AD",
    danger="#B3261E",
    warn="#7A4F00",
    good="#12653A",
    gradient="#6E5600",
    memory="#5B33B8",
    adapted="#00616B",
    decay="#93204F",
    step="#10151C",
    halo="#FFFFFF",
    halo_alpha=150,
    contour="#1B2440",
    contour_alpha=34,
    contour_strong_alpha=80,
    ground_span=0.84,
    ground_chroma=0.40,
    ground_lightness=(0.835, 0.968),
    run_colors=("#9A5700", "#0066A8", "#004A27", "#84386A", "#8A1200", "#000000"),
)

THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}
