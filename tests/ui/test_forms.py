from typing import Annotated, Literal

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from gdsim.core.clipping import Clip
from gdsim.core.optimizers import Optimizer
from gdsim.core.schedules import Schedule
from gdsim.core.spec import Spec, hyperparameters, kinds_of, number, option
from gdsim.ui import style
from gdsim.ui.editors import (
    ChoiceEditor,
    FlagEditor,
    NumberEditor,
    ReadOnly,
    TextEditor,
    described,
    read_list,
    tooltip,
)
from gdsim.ui.forms import SpecForm

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
Key = Qt.Key


class Part(msgspec.Struct, frozen=True):
    def describe(self) -> str:
        return "halve every 30"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One of every kind of value."""

    lr: Annotated[
        float, number("learning rate", "η", "How far a step goes.", low=1e-4, high=1.0, scale="log", gt=0.0)
    ] = 0.01
    betas: tuple[
        Annotated[float, number("first decay", "β₁", "Memory.", low=0.0, high=0.999, ge=0.0, lt=1.0)],
        Annotated[float, number("second decay", "β₂", "Memory.", low=0.0, high=0.999, ge=0.0, lt=1.0)],
    ] = (0.9, 0.999)
    period: Annotated[int, number("period", "T", "Steps.", low=1, high=100, ge=1)] = 30
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    nesterov: Annotated[bool, option("Nesterov", "Look ahead.")] = False
    mode: Annotated[Literal["min", "max"], option("mode", "What is better.")] = "min"
    floor: Annotated[float | None, number("floor", "f", "Never below.", low=1e-6, high=1e-2, scale="log", gt=0.0)] = (
        None
    )
    milestones: Annotated[tuple[Annotated[int, msgspec.Meta(ge=1)], ...], option("milestones", "When.")] = (50, 120)
    formula: Annotated[str, option("formula", "In x and y.")] = "x"
    parts: Annotated[tuple[Part, ...], option("parts", "One after the other.")] = (Part(), Part())
    eps: Annotated[
        float, number("epsilon", "ε", "Avoids 0/0.", low=1e-10, high=1e-4, scale="log", gt=0.0, advanced=True)
    ] = 1e-8

    def __post_init__(self) -> None:
        if self.period == 13:
            raise ValueError("13 brings bad luck")
        if "import" in self.formula:
            raise ValueError("import is not a formula")


class Ears:
    def __init__(self, form):
        self.edited, self.refused, self.finished = [], [], 0
        form.edited.connect(self.edited.append)
        form.refused.connect(self.refused.append)
        form.finished.connect(self._finished)

    def _finished(self):
        self.finished += 1


@pytest.fixture(params=[False, True], ids=["roomy", "compact"])
def form(qapp, qtbot, request):
    style.apply(qapp, "dark")
    form = SpecForm(compact=request.param)
    qtbot.addWidget(form)
    form.resize(268, 700)
    form.set_spec(Sample())
    with qtbot.waitExposed(form):
        form.show()
    form.activateWindow()
    return form


@pytest.fixture
def ears(form):
    return Ears(form)


def enter(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Key.Key_Return)


def test_rows_follow_from_the_declaration(form):
    assert form.paths() == [
        "lr", "betas[0]", "betas[1]", "period", "seed", "nesterov", "mode", "floor", "milestones", "formula", "parts",
        "eps",
    ]  # fmt: skip
    kinds = {
        "lr": NumberEditor, "period": NumberEditor, "nesterov": FlagEditor, "mode": ChoiceEditor,
        "floor": NumberEditor, "milestones": TextEditor, "formula": TextEditor, "parts": ReadOnly,
    }  # fmt: skip
    for path, kind in kinds.items():
        assert type(form.editor(path)) is kind
    assert form.editor("seed").slider is None  # no usual range is declared
    assert form.editor("lr").field.text() == "0.01"
    assert form.editor("parts").words.text() == "halve every 30, halve every 30"


@pytest.mark.parametrize("kind", [*kinds_of(Optimizer), *kinds_of(Schedule), Clip], ids=lambda k: k.__name__)
def test_every_declared_struct_has_a_form(qapp, qtbot, kind):
    form = SpecForm()
    qtbot.addWidget(form)
    ears = Ears(form)
    form.set_spec(kind())
    declared = sorted(hyperparameters(kind), key=lambda one: one.advanced)  # what is rarely touched stands last
    assert form.paths() == [one.path for one in declared]
    form.grab()
    assert not ears.edited
    assert not ears.refused


def test_typing_edits_one_value(form, ears, qtbot):
    enter(qtbot, form.editor("lr").field, "0,02")
    enter(qtbot, form.editor("betas[1]").field, "0.99")
    enter(qtbot, form.editor("period").field, "7")
    assert ears.edited[0] == Sample(lr=0.02)
    assert ears.edited[-1] == Sample(lr=0.02, betas=(0.9, 0.99), period=7)
    assert isinstance(ears.edited[-1].period, int)
    assert ears.finished == 3


def test_dragging_edits_all_the_time_and_finishes_once(form, ears, qtbot):
    slider = form.editor("lr").slider
    for x in (30, 40, 50):
        (qtbot.mousePress if x == 30 else qtbot.mouseMove)(slider, *([Qt.MouseButton.LeftButton] if x == 30 else []),
                                                           pos=QPoint(x, 14))  # fmt: skip
    assert ears.finished == 0
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(50, 14))
    assert len(ears.edited) >= 2
    assert ears.finished == 1
    assert form.editor("lr").field.text() == repr(form.spec.lr)
    assert form.spec == ears.edited[-1]


def test_refusals_carry_reasons_and_change_nothing(form, ears, qtbot):
    enter(qtbot, form.editor("lr").field, "0")
    enter(qtbot, form.editor("betas[0]").field, "1")
    enter(qtbot, form.editor("period").field, "13")
    enter(qtbot, form.editor("milestones").line, "50, x")
    enter(qtbot, form.editor("milestones").line, "0, 5")
    enter(qtbot, form.editor("formula").line, "__import__('os')")
    assert "learning rate must be greater than 0" in ears.refused[0]
    assert "less than 1" in ears.refused[1]
    assert ears.refused[2] == "13 brings bad luck"
    assert "numbers between commas" in ears.refused[3]
    assert ">= 1" in ears.refused[4]
    assert ears.refused[-1] == "import is not a formula"
    assert not ears.edited
    assert form.spec == Sample()
    QApplication.focusWidget().clearFocus()
    assert form.editor("period").field.text() == "30"


def test_a_refused_text_stays_and_escape_restores(form, qtbot):
    line = form.editor("formula").line
    enter(qtbot, line, "import y")
    assert line.property("invalid")
    assert line.text() == "import y"
    qtbot.keyClick(line, Key.Key_Escape)
    assert line.text() == "x"
    assert not line.property("invalid")


def test_a_slider_that_is_refused_goes_back(form, ears, qtbot):
    editor = form.editor("period")
    form.set_spec(Sample(period=12))
    editor.slider.setFocus()
    qtbot.keyClick(editor.slider, Key.Key_Right)
    assert ears.refused == ["13 brings bad luck"]
    assert editor.slider.number == 12


def test_switches_choices_lists(form, ears, qtbot):
    form.editor("nesterov").box.click()
    form.editor("mode").box.setCurrentIndex(1)
    enter(qtbot, form.editor("milestones").line, "10, 20;30 40")
    assert ears.edited[-1] == Sample(nesterov=True, mode="max", milestones=(10, 20, 30, 40))
    assert form.editor("milestones").line.text() == "10, 20, 30, 40"
    assert ears.finished == 3


def test_optional_numbers_are_turned_on_and_off(form, ears, qtbot):
    editor = form.editor("floor")
    assert not editor.field.isEnabled()
    editor.check.click()
    assert ears.edited[-1].floor == 1e-4
    assert editor.field.isEnabled()
    enter(qtbot, editor.field, "0.002")
    editor.check.click()
    assert ears.edited[-1].floor is None
    editor.check.click()
    assert ears.edited[-1].floor == 0.002


def test_set_spec_is_silent_and_keeps_its_editors(form, ears):
    before = form.editor("lr")
    form.set_spec(Sample(lr=0.5, nesterov=True, mode="max", floor=1e-3, milestones=(1,), formula="y"))
    assert form.editor("lr") is before
    assert before.field.text() == "0.5"
    assert form.editor("mode").box.currentIndex() == 1
    assert form.editor("floor").check.isChecked()
    assert not ears.edited
    assert not ears.finished
    form.set_spec(Clip())
    assert form.paths() == ["kind", "value"]
    form.set_spec(None)
    assert form.paths() == []
    assert not ears.edited


def test_rare_values_are_folded(form, qtbot):
    editor = form.editor("eps")
    assert not editor.isVisible()
    form._fold.click()
    assert editor.isVisible()
    form.set_spec(Clip())
    form.set_spec(Sample())
    assert form.editor("eps").isVisible()


def test_the_limit_outlives_a_change_of_layout(form):
    form.set_limit("lr", 0.02)
    form.set_limit("nothing of that name", 1.0)
    form.set_compact(not form._compact)
    assert form.editor("lr").slider.limit == 0.02
    form.set_limit("lr", float("nan"))
    assert form.editor("lr").slider.limit is None


def test_tab_visits_every_control_in_order(form, qtbot):
    stops = [control for path in form.paths() for control in form.editor(path).controls()]
    seen, at = [], stops[0]
    for _ in range(200):
        if at in stops:
            seen.append(at)
        at = at.nextInFocusChain()
        if at is stops[0]:
            break
    assert seen == stops


def test_tooltips_are_safe_rich_text():
    lr, betas = hyperparameters(Sample)[0], hyperparameters(Sample)[1]
    assert tooltip(lr).startswith("<qt><b><i>η</i>&nbsp; learning rate</b><br>How far a step goes.")
    assert "Usual: 10⁻⁴ to 1" in tooltip(lr)
    assert "Usual: 0 to 0.999" in tooltip(betas)


@pytest.mark.parametrize(
    ("text", "whole", "values"),
    [
        ("50, 120,160", True, (50, 120, 160)),
        ("", True, ()),
        ("0.1,0.5", False, (0.1, 0.5)),
        ("0,1; 0,5", False, (0.1, 0.5)),
        ("0,1 0,5", False, (0.1, 0.5)),
        ("0,1, 0,5", False, (0.1, 0.5)),
    ],
)
def test_lists(text, whole, values):
    assert read_list(text, whole=whole) == values


def test_described():
    assert described(None) == "–"
    assert described(()) == "none"
    assert described(tuple(range(100))) == "100 values"
    assert described((0.5, 2)) == "0.5, 2"


def test_no_form_knows_a_name():
    from gdsim.resources import root

    source = "".join((root().parent / "gdsim" / "ui" / name).read_text() for name in ("forms.py", "editors.py"))
    named = [kind.name() for base in (Optimizer, Schedule) for kind in kinds_of(base) if issubclass(kind, Spec)]
    assert named
    assert not [name for name in named if f'"{name}"' in source]


def test_fields_are_left_out_hidden_and_edited_otherwise(qapp, qtbot):
    class Own(NumberEditor):
        pass

    form = SpecForm(
        leave_out=("eps", "betas"),
        makers={"period": lambda declared, check: Own(declared, check, compact=False)},
        matters=lambda spec, declared: declared.field != "floor" or spec.nesterov,
    )
    qtbot.addWidget(form)
    form.set_spec(Sample())
    form.show()
    assert not {"eps", "betas[0]", "betas[1]"} & set(form.paths())
    assert form._fold is None, "nothing is left to fold away"
    assert type(form.editor("period")) is Own
    assert type(form.editor("lr")) is NumberEditor
    ears = Ears(form)
    assert not form.editor("floor").isVisible()
    form.editor("nesterov").box.click()
    assert form.editor("floor").isVisible()
    form.set_spec(Sample(period=5))
    assert not form.editor("floor").isVisible()
    form.editor("period")._moved(13.0)
    form.editor("period")._moved(7.0)
    assert ears.refused == ["13 brings bad luck"]
    assert ears.edited[-1] == Sample(period=7)
