"""The settings of a run that come from data: batches, their effect in words, and the rate of another optimizer."""

import msgspec
import numpy as np
import pytest
from samples import document
from windows import drag, settle, type_number

import gdsim
from gdsim.core.experiment import Settings
from gdsim.core.landscapes import Landscape
from gdsim.core.optimizers import SGD, Adam, AdamW, Optimizer
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.ui.panels.run_editor import RunEditor, batching, effect_of, rate_note

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
RUN = {"optimizer": {"name": "SGD", "lr": 0.02}}


@pytest.fixture
def fitting(open_window):
    """A window in which a line is fitted to 70 points."""
    window = open_window(gdsim.load(document(RUN, {"optimizer": {"name": "Adam"}}, landscape=LINE, steps=60)))
    settle(window)
    return window


def run_of(window, index=0):
    return window.session.experiment.runs[index]


def test_only_models_have_batches(window, fitting):
    assert window.runs.settings._rows["batch"].isHidden()
    assert window.runs.settings.form("batch").isHidden()
    assert not fitting.runs.settings._rows["batch"].isHidden()
    assert fitting.runs.settings.form("batch").paths() == ["average"]


@pytest.mark.parametrize(("examples", "size"), [(70, 17), (1000, 32), (2, 1)])
def test_mini_batches_start_with_a_usual_size(qtbot, examples, size):
    editor = RunEditor()
    qtbot.addWidget(editor)
    editor.set_examples(examples)
    editor.show_settings(Settings(optimizer=SGD(), schedule=gdsim.load(document(RUN)).runs[0].schedule), [])
    with qtbot.waitSignals([editor.edited, editor.finished], order="strict"), qtbot.waitSignal(editor.edited) as edited:
        editor._choose_batch(1)
    settings, what = edited.args
    assert settings.batch_size == size
    assert what == "batch size"
    with qtbot.assertNotEmitted(editor.edited):
        editor._choose_batch(0)


def test_batches_are_switched_on_and_off_from_the_cursor_on(fitting):
    before = fitting.session.trajectory.runs[0].theta.copy()
    fitting.session.jump(20)
    fitting.runs.settings._choose_batch(1)
    assert [change.batch_size for change in run_of(fitting).changes] == [17]
    assert run_of(fitting).changes[0].step == 20
    assert "from step 20 on" in fitting.status.message.text()
    settle(fitting)
    after = fitting.session.trajectory.runs[0]
    assert np.array_equal(after.theta[:21], before[:21])
    assert np.isnan(after.batch_loss[:20]).all()
    assert np.isfinite(after.batch_loss[20:]).all()
    assert fitting.runs.settings.form("batch").paths() == ["batch_size", "accumulate", "schedule_by", "average"]
    assert fitting.runs.settings._effect.whole == "17 of 70 examples, 5 updates an epoch"
    fitting.runs.settings._choose_batch(0)
    assert run_of(fitting).changes == ()
    assert fitting.runs.settings._effect.isHidden()


def test_every_setting_of_batches_can_be_edited(fitting):
    settings = fitting.runs.settings
    settings._choose_batch(1)
    form = settings.form("batch")
    type_number(form.editor("batch_size").field, "10")
    assert run_of(fitting).batch_size == 10
    form._unfold(True)
    type_number(form.editor("accumulate").field, "2")
    assert settings._effect.whole == "effective batch 20, 4 updates an epoch"
    form.editor("schedule_by").box.setCurrentIndex(1)
    form.editor("average").check.setChecked(True)
    assert run_of(fitting).average is not None
    type_number(form.editor("average").field, "0.95")
    found = run_of(fitting)
    assert (found.batch_size, found.accumulate, found.schedule_by, found.average) == (10, 2, "epoch", 0.95)
    settle(fitting)
    assert np.array_equal(fitting.session.trajectory.runs[0].theta, gdsim.run(fitting.session.experiment).runs[0].theta)
    type_number(form.editor("batch_size").field, "0")
    assert run_of(fitting).batch_size == 10, "a batch holds one example at least"
    assert "at least 1" in fitting.status.message.text()


def test_a_drag_of_the_batch_size_is_one_step_of_undoing(fitting):
    fitting.runs.settings._choose_batch(1)
    count = fitting.undo_stack.count()
    slider = fitting.runs.settings.form("batch").editor("batch_size").slider
    middle = slider.rect().center()
    drag(slider, [middle, *(type(middle)(middle.x() + d, middle.y()) for d in range(0, 200, 20))])
    assert run_of(fitting).batch_size == 70, "the slider ends at all examples"
    assert fitting.undo_stack.count() == count + 1
    settle(fitting)


def test_another_landscape_has_other_examples(fitting):
    fitting.runs.settings._choose_batch(1)
    settle(fitting)
    fewer = msgspec.structs.replace(fitting.session.experiment.landscape, only=9)
    fitting.editor.edit("Fewer", msgspec.structs.replace(fitting.session.experiment, landscape=fewer))
    assert fitting.runs.settings._effect.whole == "all 9 examples in every update"
    assert fitting.runs.settings.form("batch").editor("batch_size").declared.high == 9
    bowl = next(kind for kind in kinds_of(Landscape) if kind.name() == "bowl")()
    fitting.editor.edit("Bowl", msgspec.structs.replace(fitting.session.experiment, landscape=bowl, start=(1.0, 1.0)))
    assert fitting.runs.settings._rows["batch"].isHidden()
    settle(fitting)


@pytest.mark.parametrize("examples", [None, 1, 500])
def test_the_editors_are_those_of_the_declaration(examples):
    declared = {one.field: one for one in hyperparameters(Settings)}
    for one in hyperparameters(batching(examples)):
        assert one.meaning == declared[one.field].meaning
        assert (one.ge, one.gt, one.le, one.lt) == tuple(
            getattr(declared[one.field], b) for b in ("ge", "gt", "le", "lt")
        )
        assert one.optional == (one.field == "average")


@pytest.mark.parametrize(
    ("size", "accumulate", "said"),
    [
        (None, 1, ""),
        (32, 2, "effective batch 64, 7 updates an epoch"),
        (1, 1, "1 of 400 examples, 400 updates an epoch"),
        (200, 2, "all 400 examples in every update"),
    ],
)
def test_what_the_batches_come_to_is_said(size, accumulate, said):
    settings = Settings(optimizer=SGD(), schedule=gdsim.load(document(RUN)).runs[0].schedule)
    assert effect_of(msgspec.structs.replace(settings, batch_size=size, accumulate=accumulate), 400) == said


def test_another_optimizer_says_what_became_of_the_rate(fitting):
    settings = fitting.runs.settings
    adam = next(i for i, (text, _, _) in enumerate(settings._variants) if text == "Adam")
    settings._choose_optimizer(adam)
    assert run_of(fitting).optimizer.lr == Adam().lr
    assert "η is now 0.001, usual for Adam" in fitting.status.message.text()
    settle(fitting)
    fitting.session.jump(20)
    settings._choose_optimizer(next(i for i, (text, _, _) in enumerate(settings._variants) if text == "RMSprop"))
    assert "from step 20 on; η is now 0.01, usual for RMSprop" in fitting.status.message.text()


def test_only_a_rate_that_changed_is_told():
    schedule = gdsim.load(document(RUN)).runs[0].schedule

    def note(old: Optimizer, new: Optimizer) -> str:
        return rate_note(*(Settings(optimizer=one, schedule=schedule) for one in (old, new)))

    assert note(SGD(lr=0.02), Adam()) != ""
    assert note(Adam(lr=0.02), AdamW(lr=0.02)) == ""
    assert note(SGD(lr=0.02), SGD(lr=0.02, momentum=0.9)) == ""
