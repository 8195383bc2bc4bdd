"""Typing a formula: what it becomes while it is typed, where it is marked as wrong, and the sliders of its letters."""

import html
import re

import pytest
from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtTest import QTest
from samples import document
from windows import Key, Mods, action, app, drag, focus, settle, type_number, wait_for

import gdsim
from gdsim.core.expression import ALIASES, CONSTANTS, FUNCTIONS, MAX_LENGTH, FormulaError
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.landscapes.formula import Formula
from gdsim.ui.formula_editor import EXAMPLES, HINT, help_texts, parameters_of
from gdsim.ui.panels.landscape_panel import NOWHERE


@pytest.fixture(name="lab")
def lab_fixture(open_window):
    """A window whose landscape is a*x**2 + b*y**2."""
    values = {"name": "formula", "expression": "a*x**2 + b*y**2", "parameters": {"a": 1.0, "b": 10.0}}
    window = open_window(gdsim.load(document({"optimizer": {"name": "SGD", "lr": 0.01}}, landscape=values, steps=60)))
    settle(window)
    return window


def formula_of(window):
    return window.session.experiment.landscape


def write(window, text, end=None):
    """Type ``text`` instead of what stands in the field."""
    field = window.landscape.formula.field
    focus(field)
    field.selectAll()
    QTest.keyClicks(field, text)
    if end is None:
        window.landscape.formula._pause.setInterval(0)
        wait_for(lambda: not window.landscape.formula._pause.isActive())
    else:
        QTest.keyClick(field, end)
    settle(window)


def underlined(window):
    """The part of the text that is marked."""
    marks = window.landscape.formula.field.extraSelections()
    return [mark.cursor.selectedText() for mark in marks]


# -- parameters


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("x**2", {}, {}),
        ("a*x**2 + b*y", {}, {"a": 1.0, "b": 1.0}),
        ("b*x + a*y", {"a": 2.0, "b": 3.0}, {"b": 3.0, "a": 2.0}),
        ("a*x", {"a": 2.0, "b": 3.0}, {"a": 2.0}),
        ("height*x + k", {"height": 5.0}, {"height": 5.0, "k": 1.0}),
        ("2e5*x + w_1 + θ", {}, {"w_1": 1.0, "θ": 1.0}),
        ("pi*x + e + tau + sin(y)", {}, {}),
    ],
)
def test_letters_become_parameters(text, known, expected):
    found = parameters_of(text, known)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("text", ["sn(x)", "height*x", "a(x)", "x +", "", "(a", "X", "x2", "a = 3"])
def test_what_is_no_formula_is_refused_with_its_place(text):
    with pytest.raises(FormulaError) as caught:
        parameters_of(text, {})
    assert 0 <= caught.value.start < caught.value.end


def test_every_example_is_a_formula_that_a_run_can_start_on():
    assert 5 <= len(EXAMPLES) <= 8
    for example in EXAMPLES:
        assert example.teaches.endswith(".")
        assert parameters_of(example.formula.expression, {}).keys() == example.formula.parameters.keys()
        assert example.formula.parameters, f"{example.title} has something to play with"
        gdsim.load(document(landscape={"name": "formula", "expression": example.formula.expression,
                                       "parameters": example.formula.parameters,
                                       "view": list(example.formula.view)}))  # fmt: skip


def test_the_help_lists_everything_that_can_be_written():
    links = set(re.findall(r'href="([^"]+)"', " ".join(text for _, text in help_texts())))
    assert links == {*FUNCTIONS, *(name for name in CONSTANTS if name.isascii()), "x", "y"}
    plain = html.unescape(" ".join(text for _, text in help_texts()))
    assert all(f"= {name}" in plain.replace("\xa0", " ") for name in ALIASES.values())


# -- typing


def test_a_formula_takes_force_while_it_is_typed_and_is_one_step_of_undoing(lab):
    write(lab, "x**2 + 3*y**2")
    assert formula_of(lab).expression == "x**2 + 3*y**2"
    assert formula_of(lab).parameters == {}
    write(lab, "x**2 + 4*y**2 + sin(x)", Key.Key_Return)
    assert formula_of(lab).expression == "x**2 + 4*y**2 + sin(x)"
    assert lab.undo_stack.count() == 1
    write(lab, "x**2 + y**2", Key.Key_Return)
    assert lab.undo_stack.count() == 2
    lab.undo_stack.undo()
    assert lab.landscape.formula.field.text == "x**2 + 4*y**2 + sin(x)"
    lab.undo_stack.undo()
    assert formula_of(lab).parameters == {"a": 1.0, "b": 10.0}
    assert lab.landscape.formula.field.text == "a*x**2 + b*y**2"


@pytest.mark.parametrize(
    ("text", "marked", "said", "remedy", "mended"),
    [
        ("x**2 + sn(y)", "sn", "did you mean sin?", "sin", "x**2 + sin(y)"),
        ("x**2 + (y", "(", "A closing bracket is missing", "", ""),
        ("X**2", "X", "X is not known", "x", "x**2"),
        ("2x + y**2", "2x", "An operator is missing: write 2*x", "2*x", "2*x + y**2"),
        ("", "", "The formula is empty", "x**2 + y**2", "x**2 + y**2"),
        ("x**2 +", "+", "Something is missing after the +", "", ""),
    ],
)
def test_what_is_wrong_is_marked_where_it_is(lab, text, marked, said, remedy, mended):
    editor = lab.landscape.formula
    before = formula_of(lab)
    write(lab, text or " ")
    if not text:
        editor.field.clear()
        editor.commit()
    assert underlined(lab) == ([marked] if marked else [])
    assert said in editor.message.text()
    assert editor.message.property("tone") == "danger"
    assert formula_of(lab) is before, "the last good one stays in force"
    assert editor.remedy.isVisible() == bool(remedy)
    if remedy:
        assert remedy in editor.remedy.toolTip()
        editor.remedy.click()
        assert formula_of(lab).expression == mended
        assert underlined(lab) == []
        assert editor.message.property("tone") == "t3"
    settle(lab)


def test_what_was_refused_stays_until_escape(lab):
    editor = lab.landscape.formula
    write(lab, "x**2 + ", Key.Key_Return)
    lab.stage.setFocus()
    assert editor.field.text == "x**2 + "
    assert lab.undo_stack.count() == 0
    lab.landscape.show_document()
    assert editor.field.text == "x**2 + "
    assert editor.message.property("tone") == "danger"
    focus(editor.field)
    QTest.keyClick(editor.field, Key.Key_Escape)
    assert editor.field.text == "a*x**2 + b*y**2"
    assert underlined(lab) == []
    QTest.keyClick(editor.field, Key.Key_Escape)
    assert lab.stage.hasFocus()


def test_ground_on_which_nothing_can_start_is_refused_in_words(lab):
    lab._start_moved(-1.0, 0.5)
    write(lab, "log(-1 - x**2)", Key.Key_Return)
    assert formula_of(lab).expression == "a*x**2 + b*y**2"
    assert lab.landscape.formula.message.text() == lab.status.message.text() == NOWHERE
    assert lab.landscape.formula.field.text == "log(-1 - x**2)"
    assert underlined(lab) == ["log(-1 - x**2)"]


def test_the_start_moves_to_where_the_loss_is_finite_in_the_same_step(lab):
    lab._start_moved(-3.2, 1.5)
    before, edits = lab.session.experiment, lab.undo_stack.count()
    write(lab, "log(x)")
    assert formula_of(lab).expression == "log(x)"
    assert lab.session.experiment.start == formula_of(lab).initial()
    assert "the start, which moved to (" in lab.status.message.text()
    assert lab.status.message.property("tone") != "danger"
    write(lab, "log(x) + y", Key.Key_Return)
    assert lab.session.experiment.start[0] > 0.0
    assert lab.undo_stack.count() == edits + 1
    lab.undo_stack.undo()
    assert lab.session.experiment == before
    settle(lab)


def test_the_start_returns_where_what_is_typed_further_is_finite_there(lab):
    lab._start_moved(-3.2, 1.5)
    write(lab, "log(x)")
    assert lab.session.experiment.start != (-3.2, 1.5)
    write(lab, "log(x**2)", Key.Key_Return)
    assert lab.session.experiment.start == (-3.2, 1.5)
    settle(lab)


def test_what_was_refused_is_no_longer_said_once_a_formula_is_accepted(lab):
    write(lab, "log(-1 - x**2)", Key.Key_Return)
    assert lab.status.message.property("tone") == "danger"
    write(lab, "x**2 + y**2", Key.Key_Return)
    assert lab.status.message.text() == ""
    assert lab.landscape.formula.message.property("tone") == "t3"
    settle(lab)


@pytest.mark.parametrize(
    ("text", "button", "mended"),
    [
        ("sin^2(x) + y^2", "Use sin(x)^2", "sin(x)^2 + y^2"),
        ("x**2 + 2(x+1)", "Use 2*(x+1)", "x**2 + 2*(x+1)"),
        ("(x**2 + 1)(y**2 + 1)", "Mend it", "(x**2 + 1)*(y**2 + 1)"),
    ],
)
def test_the_button_shows_a_whole_piece(lab, text, button, mended):
    write(lab, text)
    assert lab.landscape.formula.remedy.text() == button
    lab.landscape.formula.remedy.click()
    assert formula_of(lab).expression == mended
    settle(lab)


def test_the_name_being_typed_is_no_parameter_yet(lab):
    write(lab, "x**2 + y**2 + s")
    assert formula_of(lab).expression == "a*x**2 + b*y**2"
    assert lab.landscape.formula.message.property("tone") == "t3"
    QTest.keyClicks(lab.landscape.formula.field, "in(x)")
    wait_for(lambda: formula_of(lab).expression == "x**2 + y**2 + sin(x)")
    assert list(lab.landscape.formula.rows) == []
    assert lab.landscape.formula.message.text() == HINT
    write(lab, "x**2 + s", Key.Key_Return)
    assert formula_of(lab).parameters == {"s": 1.0}


def test_what_is_typed_never_reaches_the_plots(lab):
    lab.session.jump(20)
    write(lab, "bvr0hcls[]+-=? ")
    assert lab.landscape.formula.field.text == "bvr0hcls[]+-=? "
    assert lab.session.cursor == 20
    assert not lab.session.playing
    assert not action(lab, "fan").isChecked()
    for key in (Key.Key_Left, Key.Key_Home, Key.Key_PageUp, Key.Key_Space):
        QTest.keyClick(lab.landscape.formula.field, key)
    assert lab.session.cursor == 20
    lab.landscape.formula.restore()


def test_undo_in_the_field_and_of_the_window(lab):
    field = lab.landscape.formula.field
    write(lab, "x**2 + y**2", Key.Key_Return)
    QTest.keyClicks(field, " +")
    QTest.keyClick(field, Key.Key_Z, Mods.ControlModifier)
    assert field.text == "x**2 + y**2", "first what was typed is taken back"
    QTest.keyClick(field, Key.Key_Z, Mods.ControlModifier)
    assert formula_of(lab).expression == "a*x**2 + b*y**2", "then the last edit"
    assert field.text == "a*x**2 + b*y**2"
    settle(lab)


def test_a_formula_stays_on_one_line_and_grows(lab):
    field = lab.landscape.formula.field
    low = field.height()
    field.selectAll()
    mime = QMimeData()
    mime.setText("x**2\n + y**2" + " + x*y" * 20)
    assert field.canInsertFromMimeData(mime)
    field.insertFromMimeData(mime)
    assert "\n" not in field.text
    assert field.height() > low
    huge = QMimeData()
    huge.setText("x" * 10 * MAX_LENGTH)
    field.selectAll()
    field.insertFromMimeData(huge)
    lab.landscape.formula.commit()
    assert f"at most {MAX_LENGTH:,}".replace(",", "") in lab.landscape.formula.message.text()
    files = QMimeData()
    files.setText("file:///a.json")
    files.setUrls([QUrl("file:///a.json")])
    assert not field.canInsertFromMimeData(files), "files are for the window"
    lab.landscape.formula.restore()
    assert field.height() == low


def test_another_landscape_is_not_taken_back_by_a_text_left_behind(lab):
    write(lab, "x**2 + y**2", Key.Key_Return)
    QTest.keyClicks(lab.landscape.formula.field, " + x")
    lab.landscape._pick(Rosenbrock)
    lab.landscape.formula.commit()
    settle(lab)
    assert isinstance(formula_of(lab), Rosenbrock)
    assert not lab.landscape.formula.isVisible()


# -- sliders


def test_sliders_come_and_go_with_their_letters(lab):
    editor = lab.landscape.formula
    assert list(editor.rows) == ["a", "b"]
    write(lab, "a*x**2 + b*y**2 + c*x", Key.Key_Return)
    assert formula_of(lab).parameters == {"a": 1.0, "b": 10.0, "c": 1.0}
    assert list(editor.rows) == ["a", "b", "c"]
    write(lab, "c*x**2 + y**2", Key.Key_Return)
    assert list(editor.rows) == ["c"]
    write(lab, "b*x**2 + y**2", Key.Key_Return)
    assert formula_of(lab).parameters == {"b": 10.0}, "a letter that comes back has the value that it had"
    assert editor.message.text() == ""


def test_a_drag_is_one_step_and_an_exact_number_another(lab):
    row = lab.landscape.formula.rows["a"]
    x = round(row.slider._x_of(1.0))
    drag(row.slider, [QPoint(x + d, 14) for d in range(0, 20, 4)])
    assert lab.undo_stack.count() == 1
    assert formula_of(lab).parameters["a"] > 1.0
    assert row.field.number == formula_of(lab).parameters["a"]
    type_number(row.field, "2.25")
    assert formula_of(lab).parameters == {"a": 2.25, "b": 10.0}
    assert lab.undo_stack.count() == 2
    lab.undo_stack.undo()
    lab.undo_stack.undo()
    assert (row.field.number, row.slider.number) == (1.0, 1.0)
    settle(lab)


def test_the_range_of_a_slider(lab):
    row = lab.landscape.formula.rows["b"]
    assert row.range == (-20.0, 20.0)
    row.more.click()
    app().processEvents()
    type_number(row.ends[0], "0")
    type_number(row.ends[1], "12")
    assert row.range == (0.0, 12.0)
    assert row.slider.number_at(1.0) == 12.0
    type_number(row.ends[0], "12")
    assert row.range == (0.0, 12.0)
    assert "smaller to a larger" in lab.status.message.text()
    QTest.keyClick(row.ends[0], Key.Key_Escape)
    write(lab, "b*y**2 + x**2 + k", Key.Key_Return)
    assert lab.landscape.formula.rows["b"].range == (0.0, 12.0), "it is kept with the row"
    assert lab.undo_stack.count() == 1, "the range is none of the document's"


# -- view, examples, help


def test_the_view_is_typed(lab):
    lab.landscape.fold.setChecked(True)
    app().processEvents()
    fields = lab.landscape._view.fields
    assert [field.number for field in fields] == [-4.0, 4.0, -2.5, 2.5]
    type_number(fields[0], "-6")
    type_number(fields[3], "4")
    assert formula_of(lab).view == (-6.0, 4.0, -2.5, 4.0)
    assert lab.undo_stack.count() == 2
    type_number(fields[1], "-7")
    assert formula_of(lab).view == (-6.0, 4.0, -2.5, 4.0)
    assert "from left to right" in lab.status.message.text()
    QTest.keyClick(fields[1], Key.Key_Escape)
    lab.landscape._pick(Rosenbrock)
    assert not fields[0].isVisible()
    settle(lab)


def test_an_example_starts_anew(lab):
    lab._start_moved(-1.0, 0.5)
    entries = lab.landscape.formula.examples.menu().actions()
    assert [entry.text() for entry in entries] == [example.title for example in EXAMPLES]
    for entry, example in zip(entries, EXAMPLES, strict=True):
        entry.trigger()
        assert formula_of(lab) == example.formula
        assert lab.session.experiment.start is None
        assert list(lab.landscape.formula.rows) == list(example.formula.parameters)
    lab.undo_stack.undo()
    assert formula_of(lab) == EXAMPLES[-2].formula
    settle(lab)


def test_the_help_writes_what_is_clicked(lab):
    editor = lab.landscape.formula
    editor.show_help()
    wait_for(editor._help.isVisible)
    editor.field.selectAll()
    editor._help._choose("sqrt")
    assert not editor._help.isVisible()
    assert editor.field.text == "sqrt("
    editor._help._choose("pi")
    assert editor.field.text == "sqrt(pi"
    editor.restore()


def test_a_new_formula_from_anywhere(window):
    QTest.keyClick(window.stage, Key.Key_F, Mods.ControlModifier | Mods.ShiftModifier)
    assert isinstance(window.session.experiment.landscape, Formula)
    wait_for(window.landscape.formula.field.hasFocus)
    assert window.landscape.formula.field.textCursor().selectedText() == Formula().expression
    before = window.session.experiment
    action(window, "new_formula").trigger()
    assert window.session.experiment is before
    settle(window)
