"""What PyAV does: the containers and codecs, and how a part becomes a finished file.

This module loads PyAV and is itself loaded only when a video is written.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PySide6.QtGui import QImage

from gdsim.recording.embedded import gif_comment, gif_head, plain
from gdsim.recording.encoder import Kind, Quality, VideoSettings
from gdsim.recording.sinks import Disk

THREADS = 4
"""Always as many: H.264 is the same to the bit only with the same number of threads."""

LOOKAHEAD = 5
"""Frames that x264 waits for before it decides about one. Boards hardly gain by more, and what waits can be lost."""

PALETTE_FRAMES = 60
"""Frames that a GIF's colours are chosen from."""

_BT709 = 1
_LIMITED = 1


@dataclass(frozen=True)
class _Format:
    """How a kind of video is written.

    Attributes:
        codec: FFmpeg's name of the encoder.
        container: FFmpeg's name of the container of the part.
        pixels: What the encoder is given.
        options: Of the encoder.
        quality: Further options for each quality.
        container_options: So that the part plays at any moment.
    """

    codec: str
    container: str
    pixels: str
    options: dict[str, str]
    quality: dict[Quality, dict[str, str]]
    container_options: dict[str, str]


_FRAGMENTS = {"movflags": "+empty_moov+default_base_moof+frag_every_frame", "flush_packets": "1"}

_FORMATS: dict[Kind, _Format] = {
    "mp4": _Format(
        codec="libx264",
        container="mp4",
        pixels="yuv420p",
        options={"preset": "veryfast", "bf": "0"},
        quality={"small": {"crf": "28"}, "good": {"crf": "20"}, "best": {"crf": "14"}},
        container_options=_FRAGMENTS,
    ),
    "webm": _Format(
        codec="libvpx-vp9",
        container="webm",
        pixels="yuv420p",
        options={"deadline": "realtime", "row-mt": "1", "lag-in-frames": "0", "b": "0", "tile-columns": "2"},
        quality={
            "small": {"crf": "40", "cpu-used": "7"},
            "good": {"crf": "30", "cpu-used": "7"},
            "best": {"crf": "20", "cpu-used": "5"},
        },
        container_options={"cluster_time_limit": "250", "flush_packets": "1"},
    ),
    # A palette can be chosen only when all frames are known: until then they are kept without loss.
    "gif": _Format(
        codec="libx264rgb",
        container="mp4",
        pixels="bgr0",
        options={"preset": "ultrafast", "qp": "0", "bf": "0"},
        quality={"small": {}, "good": {}, "best": {}},
        container_options=_FRAGMENTS,
    ),
}

_DITHER: dict[Quality, str] = {"small": "none", "good": "none", "best": "bayer:bayer_scale=4"}
_COLORS: dict[Quality, int] = {"small": 128, "good": 256, "best": 256}

Progress = Callable[[int], None]


class Writer:
    """Encodes frames into the part."""

    def __init__(self, disk: Disk, settings: VideoSettings) -> None:
        self.disk, self.settings = disk, settings
        self._format = _FORMATS[settings.kind]
        self._reformatter = VideoReformatter()
        self._frame: av.VideoFrame | None = None
        self._written = 0
        self._container, self._stream = self._begun(disk)

    def _begun(self, file: Any) -> tuple[Any, Any]:
        """A container whose header is written to ``file``, and its stream."""
        container: Any = av.open(file, "w", format=self._format.container, options=self._format.container_options)
        container.metadata.update(_metadata(self.settings))
        stream = container.add_stream(self._format.codec, rate=self.settings.rate)
        self._configure(stream)
        container.start_encoding()  # now: libav crashes where a header that failed is tried again with a frame
        return container, stream

    def _configure(self, stream: Any) -> None:
        settings, context = self.settings, stream.codec_context
        second = max(1, round(settings.rate))
        stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, self._format.pixels
        stream.options = self._format.options | self._format.quality[settings.quality]
        if self._format.codec.startswith("libx264"):
            # What waits in the encoder is lost with the process: together with the queue less than a second.
            stream.options |= {"rc-lookahead": str(min(LOOKAHEAD, second // 6))}
            if second < 20:
                stream.options |= {"tune": "zerolatency"}
            if -(-settings.width // 16) % 8:
                # Its propagation goes by eights of blocks and reads on in memory that nobody has written.
                stream.options |= {"mbtree": "0"}
        context.time_base = 1 / settings.rate
        context.gop_size = second
        context.thread_count = THREADS
        context.thread_type = "AUTO"
        if self._format.pixels == "yuv420p":
            context.color_range = _LIMITED
            context.colorspace = context.color_primaries = context.color_trc = _BT709

    def write(self, image: QImage | None) -> None:
        """Encode a frame; None is the one before once more."""
        if image is not None:
            self._frame = self._converted(image)
        assert self._frame is not None
        self._frame.pts = self._written
        self._frame.time_base = 1 / self.settings.rate
        if self._written == 0 and self._format.container == "mp4":
            self.disk.write_for_now(self._first_fragment())
        self._written += 1
        self._container.mux(self._stream.encode(self._frame))

    def _first_fragment(self) -> bytes:
        """The first frame as a fragment by itself: it plays until the encoder, which looks ahead, gives its own."""
        file = io.BytesIO()
        container, stream = self._begun(file)
        head = file.tell()
        container.mux(stream.encode(self._frame))
        container.mux(stream.encode(None))
        container.close()
        return file.getvalue()[head:]

    def _converted(self, image: QImage) -> av.VideoFrame:
        if self._format.pixels == "bgr0":
            frame = av.VideoFrame(image.width(), image.height(), "bgr0")
            _fill(frame, image)
            return frame
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
        return self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(pixels, "bgra"),
            format=self._format.pixels,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU709,
            threads=1,
        )

    def close(self) -> None:
        """Encode what still waits, and end the part."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Close as far as that is possible; the part holds what it holds."""
        if self.disk.error is None:
            with contextlib.suppress(Exception):
                self._container.mux(self._stream.encode(None))
        with contextlib.suppress(Exception):
            self._container.close()

    def finished(self, settings: VideoSettings, hidden: Callable[[], Disk], frames: int, progress: Progress) -> Disk:
        """The finished file that the part becomes.

        Args:
            settings: As at the start, though with the title and the document that it shall have in the end.
            hidden: Gives a further file.
            frames: How many the video must have.
            progress: Is told how many are done; may raise to end it.

        Raises:
            OSError: The disk failed.
            RuntimeError: What was written does not read back.
        """
        if settings.kind == "webm" and settings == self.settings:
            _verify(self.disk, frames)
            return self.disk
        out = hidden()
        try:
            if settings.kind == "gif":
                _to_gif(self.disk, out, settings, frames, progress)
            else:
                _copy(self.disk, out, settings, progress)
            _verify(out, frames)
        except BaseException:
            out.close()
            raise
        return out


def _fill(frame: av.VideoFrame, image: QImage) -> None:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    source = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    rows[: image.height(), : source.shape[1]] = source


def _metadata(settings: VideoSettings) -> dict[str, str]:
    found = {"title": plain(settings.title), "comment": settings.document.decode("utf-8", "replace")}
    return {key: text for key, text in found.items() if text}


@contextlib.contextmanager
def _reading(disk: Disk) -> Iterator[Any]:
    disk.seek(0)
    with av.open(disk, "r") as container:
        yield container


def _copy(part: Disk, out: Disk, settings: VideoSettings, progress: Progress) -> None:
    """Copy the part into a plain file; the index of an MP4 comes first, so that it starts at once."""
    options = {"movflags": "+faststart"} if settings.kind == "mp4" else {}
    with _reading(part) as source:
        track = source.streams.video[0]
        target: Any = av.open(
            out, "w", format=settings.kind, options=options, io_open=lambda url, flags, options: _Again(out)
        )
        with target:
            target.metadata.update(_metadata(settings))
            copy = target.add_stream_from_template(track)
            for done, packet in enumerate(source.demux(track)):
                if packet.size:
                    packet.stream = copy
                    target.mux(packet)
                    progress(done)


class _Again:
    """A second look at a file that is still being written."""

    def __init__(self, disk: Disk) -> None:
        self._file = disk.path.open("rb", buffering=0)
        self.read, self.seek, self.tell, self.close = (
            self._file.read, self._file.seek, self._file.tell, self._file.close
        )  # fmt: skip


def _to_gif(part: Disk, out: Disk, settings: VideoSettings, frames: int, progress: Progress) -> None:
    """Draw the part with the 256 colours that suit all of it best."""
    palette = _palette(part, settings, frames, progress)
    with _reading(part) as source:
        track = source.streams.video[0]
        graph = av.filter.Graph()
        begin = graph.add_buffer(template=track)
        colors = graph.add_buffer(width=16, height=16, format=palette.format, time_base=track.time_base)
        use = graph.add("paletteuse", f"dither={_DITHER[settings.quality]}:diff_mode=rectangle")
        end = graph.add("buffersink")
        begin.link_to(use, 0, 0)
        colors.link_to(use, 0, 1)
        use.link_to(end)
        graph.configure()
        palette.pts = 0
        palette.time_base = track.time_base
        colors.push(palette)
        colors.push(None)
        commented = _Commented(out, settings.document)
        target: Any = av.open(commented, "w", format="gif", options={"loop": "0" if settings.loop else "-1"})
        with target:
            stream = target.add_stream("gif", rate=settings.rate)
            stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "pal8"
            stream.codec_context.time_base = 1 / settings.rate
            for done, frame in enumerate(chain(source.decode(track), [None])):
                begin.push(frame)
                for drawn in _pulled(end):
                    target.mux(stream.encode(drawn))
                progress(done)
            target.mux(stream.encode(None))


class _Commented:
    """Puts the document behind the first bytes of a GIF that goes by."""

    def __init__(self, disk: Disk, document: bytes) -> None:
        self._disk = disk
        self._comment = gif_comment(document) if document else b""
        self._head = b""

    def write(self, data: bytes) -> int:
        """Write ``data``; the muxer only ever appends."""
        if self._comment:
            self._head += data
            place = gif_head(self._head)
            if place is not None:
                self._disk.write(self._head[:place] + self._comment + self._head[place:])
                self._comment = b""
        else:
            self._disk.write(data)
        return len(data)


def _palette(part: Disk, settings: VideoSettings, frames: int, progress: Progress) -> av.VideoFrame:
    """The colours of some frames spread over the whole video, the last one among them."""
    stride = -(-frames // PALETTE_FRAMES)
    graph = av.filter.Graph()
    with _reading(part) as source:
        track = source.streams.video[0]
        begin = graph.add_buffer(template=track)
        choose = graph.add("palettegen", f"max_colors={_COLORS[settings.quality]}:stats_mode=full")
        end = graph.add("buffersink")
        begin.link_to(choose)
        choose.link_to(end)
        graph.configure()
        for number, frame in enumerate(source.decode(track), start=1):
            if number % stride == 0 or number == frames:
                begin.push(frame)
            progress(0)
        begin.push(None)
        return next(_pulled(end))


def _pulled(end: Any) -> Iterator[av.VideoFrame]:
    with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            yield end.pull()


def _count(disk: Disk) -> int:
    with _reading(disk) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)


def _verify(disk: Disk, frames: int) -> None:
    """Read a file back before it is trusted."""
    found = _count(disk)
    if found != frames:
        raise RuntimeError(f"{found} of {frames} frames read back")
    with _reading(disk) as container:
        next(container.decode(container.streams.video[0]))


def salvage(part: Disk) -> bool:
    """Cut what was written half from the end of a part; returns whether something is left that plays."""
    if part.closed:
        return False
    if part.path.suffix == ".mp4":
        with contextlib.suppress(OSError):
            part.truncate(_whole(part))
    try:
        return _count(part) > 0
    except (av.error.FFmpegError, StopIteration, IndexError):
        return False


def _whole(part: Disk) -> int:
    """Where the last whole fragment ends."""
    size, place, whole = part.size(), 0, 0
    while place + 8 <= size:
        part.seek(place)
        head = part.read(8)
        length = int.from_bytes(head[:4], "big")
        place += length
        if length < 8 or place > size:
            break
        if head[4:] in (b"moov", b"mdat"):
            whole = place
    return whole
