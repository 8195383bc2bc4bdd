"""Recording jobs: frames are drawn while the program goes on, and every ending is told once."""

import dataclasses
import threading
import time

import av
import numpy as np
import pytest
from windows import app, ravine, wait_for

from gdsim.core.documents import encode
from gdsim.core.trajectory import run
from gdsim.recording import formats
from gdsim.recording.encoder import VideoSettings
from gdsim.recording.faults import RecordingError
from gdsim.ui import recorder
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.film import Film, FilmOptions
from gdsim.ui.plots.moment import Moment
from gdsim.ui.recorder import FilmJob, LiveJob

SMALL = FigureOptions(160, 90, layout="side")
SETTINGS = VideoSettings("mp4", 160, 90, 30)


@pytest.fixture(scope="module")
def moment():
    experiment = ravine(steps=30)
    return Moment(experiment, run(experiment), 0)


class Told:
    """What a job tells, and how often it ends."""

    def __init__(self, job):
        self.job, self.ends, self.progress = job, [], []
        job.ended.connect(lambda path, text: self.ends.append((path, text)))
        job.progressed.connect(lambda share, words: self.progress.append((share, words)))

    def end(self):
        wait_for(lambda: self.ends, 20.0)
        app().processEvents()
        assert len(self.ends) == 1, "it ends once"
        assert not self.job._timer.isActive()
        self.job.deleteLater()
        return self.ends[0]


def film(moment, path, **options):
    return Film(moment, FilmOptions(SMALL, **({"fps": 30, "pace": "frame", "speed": 1} | options)), path)


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def recording_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("recording ")]


def test_a_film_has_the_frames_of_its_plan(qapp, moment, tmp_path):
    path = tmp_path / "a.mp4"
    made = film(moment, path, hold_first=0.2, hold_last=0.2)
    told = Told(FilmJob(made))
    got, text = told.end()
    assert got == path
    assert text.startswith(f"Recorded a.mp4: {len(made)} frames, ")
    assert len(frames_of(path)) == len(made) == 43
    shares = [share for share, _ in told.progress if share >= 0]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert left(tmp_path) == ["a.mp4"]


def test_while_it_records_events_are_handled(qapp, moment, tmp_path):
    told = Told(FilmJob(film(moment, tmp_path / "a.mp4")))
    steps = []
    wait_for(lambda: steps.append(told.job.recorder.frames) or told.ends)
    assert len(set(steps)) > 5, "it is seen to go on"
    told.end()


def test_the_pause_while_the_window_plays_begins_when_a_frame_is_done(qapp, moment, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "REST", 400)
    job = FilmJob(film(moment, tmp_path / "a.mp4"), playing=lambda: True)
    offer, left = job.recorder.offer, []
    monkeypatch.setattr(job.recorder, "offer", lambda *given: (time.sleep(0.2), offer(*given))[1])
    job.progressed.connect(lambda *_: left.append(job._timer.remainingTime()))
    wait_for(lambda: left)
    job.cancel()
    assert left[0] > 300, "handing over took none of it"


@pytest.mark.parametrize("after", [0, 1, 10, 31])
def test_cancelling_leaves_nothing(qapp, moment, tmp_path, after):
    told = Told(FilmJob(film(moment, tmp_path / "a.mp4", hold_last=30)))
    wait_for(lambda: told.job.recorder.frames >= after)
    told.job.cancel()
    assert told.end() == (None, "Recording of a.mp4 cancelled; nothing was kept")
    assert left(tmp_path) == []
    assert recording_threads() == []


def test_cancelling_what_is_whole_already_tells_the_truth(qapp, moment, tmp_path):
    told = Told(FilmJob(film(moment, tmp_path / "a.mp4")))
    wait_for(lambda: told.job._sealed)
    told.job._timer.stop()  # the job does not look
    wait_for(lambda: told.job.recorder.done)
    told.job.cancel()
    path, text = told.end()
    assert path == tmp_path / "a.mp4"
    assert "31 frames" in text


@pytest.mark.parametrize("frame", [1, 2, 9])
@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_an_encoder_that_fails_is_told_with_a_remedy(qapp, moment, tmp_path, monkeypatch, frame, kind):
    real, count = formats.Writer.write, []

    def failing(self, image):
        count.append(1)
        if len(count) == frame:
            raise ValueError("the codec broke")
        return real(self, image)

    monkeypatch.setattr(formats.Writer, "write", failing)
    told = Told(FilmJob(film(moment, tmp_path / f"a.{kind}", hold_last=5)))
    path, text = told.end()
    assert path is None
    assert text.startswith(f"{tmp_path / f'a.{kind}'}: the encoder failed (ValueError: the codec broke)")
    assert "try another format" in text
    for name in left(tmp_path):
        assert name in text, "what is left is named"
        assert frames_of(tmp_path / name)
    assert recording_threads() == []


def test_a_frame_that_cannot_be_drawn_ends_a_film(qapp, moment, tmp_path, monkeypatch):
    real, count = Figure.image, []

    def failing(self, shown):
        count.append(1)
        if len(count) == 4:
            raise MemoryError("too large")
        return real(self, shown)

    monkeypatch.setattr(Figure, "image", failing)
    told = Told(FilmJob(film(moment, tmp_path / "a.mp4")))
    assert told.end() == (None, "a.mp4: drawing a frame failed (MemoryError: too large); nothing was kept")
    assert left(tmp_path) == []
    assert recording_threads() == []


def test_a_frame_of_the_wrong_size_leaves_no_thread(qapp, moment, tmp_path):
    other = dataclasses.replace(SMALL, width=162)
    told = Told(LiveJob(tmp_path / "a.mp4", SETTINGS, lambda: other, lambda: moment))
    path, text = told.end()
    assert path is None
    assert "162 x 90" in text
    assert left(tmp_path) == []
    assert recording_threads() == []


@pytest.mark.parametrize("place", ["missing/a.mp4", "folder.mp4", "x" * 300 + ".mp4", "a.avi"])
def test_what_is_refused_leaves_nothing(qapp, moment, tmp_path, place):
    (tmp_path / "folder.mp4").mkdir()
    parent = recorder.QObject()
    with pytest.raises(RecordingError):
        LiveJob(tmp_path / place, SETTINGS, lambda: SMALL, lambda: moment, parent)
    assert parent.children() == []
    assert left(tmp_path) == ["folder.mp4"]
    assert recording_threads() == []


# as it goes


class Driver:
    """Somebody who drives the program: what is shown, and a clock that they turn."""

    def __init__(self, moment, monkeypatch):
        self.moment, self.look, self.now = moment, SMALL, 100.0
        monkeypatch.setattr(recorder, "perf_counter", lambda: self.now)

    def job(self, path, **settings):
        made = LiveJob(path, dataclasses.replace(SETTINGS, **settings), lambda: self.look, lambda: self.moment)
        made._timer.stop()  # ticks come by hand
        return Told(made)

    def go(self, told, seconds=1 / 30, step=None):
        if step is not None:
            self.moment = dataclasses.replace(self.moment, cursor=step)
        self.now += seconds
        before = told.job.recorder.frames
        told.job._tick()
        wait_for(lambda: told.job.recorder.encoded == told.job.recorder.frames)
        return told.job.recorder.frames - before

    def stop(self, told):
        told.job.stop()
        told.job._timer.start()
        return told.end()


def test_what_is_shown_is_recorded_frame_by_frame(qapp, moment, tmp_path, monkeypatch):
    driver = Driver(moment, monkeypatch)
    told = driver.job(tmp_path / "a.mp4")
    steps = (0, 3, 3, 30, 11)
    for place, step in enumerate(steps):
        driver.go(told, 1 / 30 if place else 0.0, step)
    path, text = driver.stop(told)
    assert "5 frames" in text
    figure = Figure(SMALL)
    wanted = {step: _pixels(figure.image(dataclasses.replace(moment, cursor=step))) for step in steps}
    for frame, step in zip(frames_of(path), steps, strict=True):
        differences = {other: abs(frame.astype(int) - picture).mean() for other, picture in wanted.items()}
        assert min(differences, key=differences.get) == step
        assert differences[step] < 6


def _pixels(image):
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, : image.width(), 2::-1].astype(int)


def test_frames_follow_the_clock(qapp, moment, tmp_path, monkeypatch):
    driver = Driver(moment, monkeypatch)
    told = driver.job(tmp_path / "a.mp4", fps=30)
    assert driver.go(told, 0.0) == 1, "the first at once"
    assert driver.go(told, 0.001) == 0
    assert driver.go(told, 0.1) == 3, "what took longer stands longer"
    assert driver.go(told, 60.0) <= 8, "a machine that slept adds no minute of standstill"
    assert told.progress[-1][1].startswith("recording  ")
    driver.stop(told)


def test_it_follows_the_view_and_the_theme(qapp, moment, tmp_path, monkeypatch):
    driver = Driver(moment, monkeypatch)
    told = driver.job(tmp_path / "a.mp4")
    driver.go(told, 0.0)
    figure = told.job._figure
    driver.look = dataclasses.replace(SMALL, view=(0.0, 1.0, 0.0, 1.0), log_loss=False)
    driver.go(told)
    assert told.job._figure is figure, "caches stay"
    driver.look = dataclasses.replace(driver.look, theme="light")
    driver.go(told)
    path, _ = driver.stop(told)
    first, second, third = frames_of(path)[:3]
    assert abs(first.astype(int) - second).mean() > 3
    assert third.mean() > second.mean() + 40


def test_a_busy_encoder_makes_a_frame_stand_longer(qapp, moment, tmp_path, monkeypatch):
    driver = Driver(moment, monkeypatch)
    told = driver.job(tmp_path / "a.mp4")
    driver.go(told)
    drawn = []
    real = Figure.image
    monkeypatch.setattr(Figure, "image", lambda self, shown: drawn.append(1) or real(self, shown))
    monkeypatch.setattr(told.job.recorder, "offer", lambda *_: False)
    for _ in range(5):
        driver.go(told)
    assert len(drawn) == 1, "nothing is drawn for nothing"
    monkeypatch.undo()
    monkeypatch.setattr(recorder, "perf_counter", lambda: driver.now)
    assert driver.go(told) == 6
    driver.stop(told)


def test_stopping_at_once_still_holds_a_frame(qapp, moment, tmp_path):
    told = Told(LiveJob(tmp_path / "a.mp4", SETTINGS, lambda: SMALL, lambda: moment))
    told.job.stop()
    path, _ = told.end()
    assert len(frames_of(path)) >= 1


def test_what_was_shown_is_kept_where_drawing_fails(qapp, moment, tmp_path, monkeypatch):
    driver = Driver(moment, monkeypatch)
    told = driver.job(tmp_path / "a.mp4")
    driver.go(told)
    driver.go(told)

    def broken():
        raise RuntimeError("gone")

    told.job._moment = broken
    driver.now += 1
    told.job._tick()
    told.job._timer.start()
    path, text = told.end()
    assert path is not None
    assert text.endswith("it ends early: drawing a frame failed (RuntimeError: gone)")
    assert len(frames_of(path)) >= 2


def test_finishing_waits_for_the_file(qapp, moment, tmp_path):
    told = Told(LiveJob(tmp_path / "a.webm", dataclasses.replace(SETTINGS, kind="webm"), lambda: SMALL, lambda: moment))
    wait_for(lambda: told.job.recorder.frames >= 3)
    told.job.finish()
    assert (tmp_path / "a.webm").exists()
    assert told.end()[0] == tmp_path / "a.webm"


def test_the_document_is_inside(qapp, moment, tmp_path):
    from gdsim.recording.embedded import extract

    told = Told(FilmJob(film(moment, tmp_path / "a.mp4")))
    told.end()
    assert extract(tmp_path / "a.mp4") == encode(moment.experiment)
