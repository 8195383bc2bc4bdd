"""Real data that come with the program: small, well known, each with its source and licence.

Each is declared once; its examples lie in ``resources/datasets``, where ``SOURCES.md`` says more about them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from gdsim.core.data.base import Dataset, Floats, Task
from gdsim.core.data.csv_text import CsvOptions
from gdsim.resources import resource

if TYPE_CHECKING:
    from gdsim.core.data.csv_reader import Picked

_FORMAT = CsvOptions(delimiter=",", decimal=".", encoding="utf-8", header="yes")


class Shipped(Dataset, frozen=True, kw_only=True):
    """Examples from a file of the program. A declaration gives its name, its columns and what they are called.

    Raises:
        FileNotFoundError: The installation is incomplete (when the examples are asked for).
    """

    file: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    """Columns of the file: the inputs, and at last the target."""
    labels: ClassVar[tuple[str, ...]]
    """What these are called on axes, with their units."""
    kind: ClassVar[Task] = "regression"

    @property
    def task(self) -> Task:
        """Whether a number is to be predicted or one of two classes."""
        return self.kind

    @property
    def size(self) -> int:
        """How many examples it has."""
        return int(self._picked().y.size)

    @property
    def features(self) -> int:
        """How many inputs an example has."""
        return len(self.columns) - 1

    def make(self) -> tuple[Floats, Floats]:
        """The examples of the file."""
        return self._picked().x.copy(), self._picked().y.copy()

    @property
    def input_names(self) -> tuple[str, ...]:
        """What the inputs are called."""
        return self.labels[:-1]

    @property
    def target_name(self) -> str:
        """What the target is called."""
        return self.labels[-1]

    @property
    def class_names(self) -> tuple[str, str] | None:
        """What the classes are called."""
        return self._picked().class_names

    @classmethod
    @cache
    def _picked(cls) -> Picked:
        from gdsim.core.data.csv_reader import read_table

        *inputs, target = cls.columns
        return read_table(resource("datasets", cls.file), options=_FORMAT).pick(inputs, target, cls.kind)


class Cars(Shipped, frozen=True, kw_only=True, tag="cars"):
    """Speed and stopping distance of cars of the 1920s: 50 trials."""

    title: ClassVar[str] = "Stopping distance of cars"
    teaches: ClassVar[str] = (
        "Speeds far from 0 make a long ravine: the line needs thousands of steps, standardised a few dozen."
    )
    source: ClassVar[str] = (
        "50 trials of the 1920s, from M. Ezekiel, Methods of Correlation Analysis (Wiley, 1930), as in the data "
        "set “cars” of R (package datasets, part of R, GPL-2 or GPL-3)."
    )
    file: ClassVar[str] = "cars.csv"
    columns: ClassVar[tuple[str, ...]] = ("speed_mph", "stopping_distance_ft")
    labels: ClassVar[tuple[str, ...]] = ("speed (mph)", "stopping distance (ft)")


class Faithful(Shipped, frozen=True, kw_only=True, tag="faithful"):
    """Eruptions of the Old Faithful geyser: 272 of them."""

    title: ClassVar[str] = "Old Faithful geyser"
    teaches: ClassVar[str] = "Two clouds, one line: a small loss does not mean that a line is the right model."
    source: ClassVar[str] = (
        "272 eruptions of Old Faithful, Yellowstone, 1985; W. Härdle, Smoothing Techniques with Implementation in S "
        "(Springer, 1991); A. Azzalini and A. W. Bowman, Applied Statistics 39 (1990) 357-365; as in the data set "
        "“faithful” of R (package datasets, part of R, GPL-2 or GPL-3)."
    )
    file: ClassVar[str] = "faithful.csv"
    columns: ClassVar[tuple[str, ...]] = ("eruption_min", "waiting_min")
    labels: ClassVar[tuple[str, ...]] = ("eruption (min)", "wait for the next (min)")


class Iris(Shipped, frozen=True, kw_only=True, tag="iris"):
    """Petals of two species of iris: 50 flowers of each."""

    title: ClassVar[str] = "Iris petals"
    teaches: ClassVar[str] = "Two species that nearly part along a line: a few flowers stay on the wrong side."
    source: ClassVar[str] = (
        "Iris versicolor and virginica, measured by E. Anderson, published by R. A. Fisher, The use of multiple "
        "measurements in taxonomic problems, Annals of Eugenics 7 (1936) 179-188; UCI Machine Learning Repository, "
        "doi:10.24432/C56C76, CC BY 4.0."
    )
    file: ClassVar[str] = "iris.csv"
    columns: ClassVar[tuple[str, ...]] = ("petal_length_cm", "petal_width_cm", "species")
    labels: ClassVar[tuple[str, ...]] = ("petal length (cm)", "petal width (cm)", "species")
    kind: ClassVar[Task] = "classification"


class Penguins(Shipped, frozen=True, kw_only=True, tag="penguins"):
    """Bills and body mass of two species of penguin: 151 Adelie and 68 chinstrap penguins."""

    title: ClassVar[str] = "Penguins"
    teaches: ClassVar[str] = (
        "Millimetres against grams: one input is a hundred times the other, and only standardising tames the ravine."
    )
    source: ClassVar[str] = (
        "Adelie and chinstrap penguins of the Palmer Archipelago, 2007-2009; K. B. Gorman, T. D. Williams and "
        "W. R. Fraser, PLoS ONE 9(3) (2014) e90081; R package palmerpenguins by A. Horst, A. Hill and K. Gorman "
        "(2020), doi:10.5281/zenodo.3960218, CC0 1.0."
    )
    file: ClassVar[str] = "penguins.csv"
    columns: ClassVar[tuple[str, ...]] = ("bill_length_mm", "body_mass_g", "species")
    labels: ClassVar[tuple[str, ...]] = ("bill length (mm)", "body mass (g)", "species")
    kind: ClassVar[Task] = "classification"
