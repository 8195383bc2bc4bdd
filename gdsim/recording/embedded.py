"""The experiment's document inside the pictures and videos that were made of it, so that none of them is a dead end.

Whoever drops such a file on the window gets the experiment back. The files come from anywhere: what is read is capped,
and nothing in them can raise or hang. No library is needed, neither PyAV nor Qt.
"""

from __future__ import annotations

import base64
import binascii
import html
import os
import re
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from gdsim.core.documents import MAX_BYTES

KEY = "gdsim-experiment"
_KEY = KEY.encode()

MAX_TEXT_FILE = 32_000_000
"""Larger SVG and PDF files are not searched; a figure has a few hundred thousand bytes."""

_MAX_PARTS = 20_000
"""Boxes, chunks or elements that are looked at."""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:gdsim="urn:gdsim:experiment">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<gdsim:document>{document}</gdsim:document>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def plain(title: str) -> str:
    """A title that every format can hold: no controls, no halves of characters."""
    return "".join(letter if letter.isprintable() else " " for letter in title)


def into_png(png: bytes, document: bytes) -> bytes:
    """A PNG with the document in a text chunk."""
    head = 8 + 12 + 13  # the signature and the header chunk, after which text may stand
    body = b"iTXt" + _KEY + b"\0\1\0\0\0" + zlib.compress(document, 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:head] + chunk + png[head:]


def into_svg(svg: bytes, document: bytes) -> bytes:
    """An SVG with the document as its metadata."""
    start = re.search(rb"<svg\b[^>]*>", svg)
    if start is None:
        raise ValueError("no SVG")
    text = html.escape(_xml_text(document), quote=False)
    element = f'\n<metadata id="{KEY}">{text}</metadata>'.encode()
    return svg[: start.end()] + element + svg[start.end() :]


def xmp(title: str, document: bytes) -> bytes:
    """The metadata of a PDF, which readers leave uncompressed."""
    encoded = base64.b64encode(document).decode()
    return _XMP.format(title=html.escape(plain(title)), document=encoded).encode()


def gif_comment(document: bytes) -> bytes:
    """A GIF's comment block; its place is behind the head."""
    text = _KEY + b"\n" + document
    blocks = (text[place : place + 255] for place in range(0, len(text), 255))
    return b"\x21\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def gif_head(gif: bytes) -> int | None:
    """Where the head of a GIF ends, its palette included; None where more has to be read."""
    if len(gif) < 13:
        return None
    end = 13 + (3 * 2 ** ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0)
    return end if len(gif) >= end else None


def _xml_text(document: bytes) -> str:
    """The text without what XML cannot hold; in JSON these stand in strings only and may be escaped."""
    text = document.decode("utf-8", "replace")
    return re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r", "")
    )


def extract(path: Path) -> bytes | None:
    """The document inside a picture or video that gdsim made; None where there is none.

    Raises:
        OSError: The file cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(4096)
        try:
            found = _reader(head)(file, size)
        except (ValueError, struct.error, zlib.error, binascii.Error, OverflowError):
            return None
    if found is None or len(found) > MAX_BYTES or _KEY not in found:
        return None
    return found


_Reader = Callable[[BinaryIO, int], bytes | None]


def _reader(head: bytes) -> _Reader:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _from_png
    if head[4:8] == b"ftyp":
        return _from_mp4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _from_webm
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _from_gif
    if head.startswith(b"%PDF-"):
        return _from_pdf
    if b"<svg" in head:
        return _from_svg
    return lambda file, size: None


def _from_png(file: BinaryIO, size: int) -> bytes | None:
    place = 8
    for _ in range(_MAX_PARTS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return None
        length = int.from_bytes(head[:4], "big")
        if head[4:] in (b"tEXt", b"zTXt", b"iTXt") and length <= MAX_BYTES + 1000:
            found = _png_text(head[4:], file.read(length))
            if found is not None:
                return found
        place += 12 + length
    return None


def _png_text(kind: bytes, body: bytes) -> bytes | None:
    key, _, rest = body.partition(b"\0")
    if key != _KEY:
        return None
    if kind == b"tEXt":
        return rest.decode("latin-1").encode()
    if kind == b"zTXt":
        return _inflated(rest[1:]).decode("latin-1").encode()
    packed, rest = rest[:1] == b"\1", rest[2:]
    _, _, rest = rest.partition(b"\0")
    _, _, text = rest.partition(b"\0")
    return _inflated(text) if packed else text


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, MAX_BYTES + 1)


def _from_svg(file: BinaryIO, size: int) -> bytes | None:
    text = _whole(file, size)
    mark = max(text.find(b'id="' + _KEY + b'"'), text.find(b"id='" + _KEY + b"'"))
    if mark < 0 or text.rfind(b"<metadata", max(0, mark - 1_000), mark) < 0:
        return None
    start = text.find(b">", mark, mark + 1_000) + 1
    end = text.find(b"</metadata", start)
    if not 0 < start <= end <= start + 6 * MAX_BYTES:
        return None
    return html.unescape(text[start:end].decode("utf-8")).encode()


def _from_pdf(file: BinaryIO, size: int) -> bytes | None:
    text = _whole(file, size)
    open_, close = b"<gdsim:document>", b"</gdsim:document>"
    start = text.rfind(open_)
    end = text.find(close, start)
    if start < 0 or not 0 <= end - start <= 2 * MAX_BYTES:
        return None
    return base64.b64decode(text[start + len(open_) : end])


def _whole(file: BinaryIO, size: int) -> bytes:
    if size > MAX_TEXT_FILE:
        return b""
    file.seek(0)
    return file.read(MAX_TEXT_FILE)


def _from_gif(file: BinaryIO, size: int) -> bytes | None:
    file.seek(0)
    data = file.read(MAX_BYTES + MAX_BYTES // 100)
    place = gif_head(data)
    while place is not None and data[place : place + 1] == b"\x21":
        label, blocks = data[place + 1 : place + 2], []
        place += 2
        while place < len(data) and data[place]:
            blocks.append(data[place + 1 : place + 1 + data[place]])
            place += 1 + data[place]
        text = b"".join(blocks)
        if label == b"\xfe" and text.startswith(_KEY + b"\n"):
            return text.removeprefix(_KEY + b"\n")
        place += 1
    return None


def _from_mp4(file: BinaryIO, size: int) -> bytes | None:
    span = (0, size)
    for name in (b"moov", b"udta", b"meta", b"ilst", b"\xa9cmt", b"data"):
        inner = next((part for kind, part in _boxes(file, *span) if kind == name), None)
        if inner is None:
            return None
        span = (inner[0] + (4 if name == b"meta" else 0), inner[1])
    start, end = span[0] + 8, span[1]
    if not 0 <= end - start <= MAX_BYTES:
        return None
    file.seek(start)
    return file.read(end - start)


def _boxes(file: BinaryIO, place: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes of an MP4 that lie in a span, as (name, span of the content)."""
    for _ in range(_MAX_PARTS):
        if place + 8 > end:
            return
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        length, start = int.from_bytes(head[:4], "big"), place + 8
        if length == 1:
            length, start = int.from_bytes(head[8:16], "big"), place + 16
        elif length == 0:
            length = end - place
        if length < start - place or place + length > end:
            return
        yield head[4:8], (start, place + length)
        place += length


_SEGMENT, _TAGS, _TAG, _SIMPLE, _NAME, _STRING = 0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487


def _from_webm(file: BinaryIO, size: int) -> bytes | None:
    for span in _inside(file, (0, size), _SEGMENT, _TAGS, _TAG, _SIMPLE):
        parts = dict(_elements(file, span))
        if _NAME in parts and _STRING in parts and _content(file, parts[_NAME])[:7].upper() == b"COMMENT":
            text = _content(file, parts[_STRING])
            if _KEY in text:
                return text
    return None


def _inside(file: BinaryIO, span: tuple[int, int], *names: int) -> Iterator[tuple[int, int]]:
    if not names:
        yield span
        return
    for name, inner in _elements(file, span):
        if name == names[0]:
            yield from _inside(file, inner, *names[1:])


def _elements(file: BinaryIO, span: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The elements of a WebM that lie in a span, as (name, span of the content)."""
    place, end = span
    for _ in range(_MAX_PARTS):
        if place >= end:
            return
        file.seek(place)
        head = file.read(12)
        name, used = _number(head, keep_mark=True)
        length, more = _number(head[used:], keep_mark=False)
        start = place + used + more
        if length == (1 << 7 * more) - 1:  # not known: up to the end
            length = end - start
        if start > end:
            return
        yield name, (start, min(start + length, end))
        place = start + length


def _number(data: bytes, *, keep_mark: bool) -> tuple[int, int]:
    """A number of variable length, and how many bytes it took."""
    if not data or not data[0]:
        raise ValueError("no number")
    width = 9 - data[0].bit_length()
    if len(data) < width:
        raise ValueError("cut off")
    value = int.from_bytes(data[:width], "big")
    return (value if keep_mark else value & ((1 << 7 * width) - 1)), width


def _content(file: BinaryIO, span: tuple[int, int]) -> bytes:
    length = span[1] - span[0]
    if not 0 <= length <= MAX_BYTES:
        return b""
    file.seek(span[0])
    return file.read(length)
