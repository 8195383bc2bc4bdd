"""Markdown as HTML of a few plain tags that a browser and Qt's own rich text both read.

Qt reads the Markdown; what it found is written down anew, so that every letter is escaped and nothing comes through
but what is named here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import (
    QFont,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextFrame,
    QTextListFormat,
    QTextTable,
)

SAFE_LINKS = ("http", "https", "mailto")
MOST_PIXELS = 40_000_000
"""Larger pictures of a lesson are left out."""
NUMBERED = (
    QTextListFormat.Style.ListDecimal,
    QTextListFormat.Style.ListLowerAlpha,
    QTextListFormat.Style.ListUpperAlpha,
    QTextListFormat.Style.ListLowerRoman,
    QTextListFormat.Style.ListUpperRoman,
)
MARKS = {
    QTextBlockFormat.MarkerType.Checked: "☑ ",
    QTextBlockFormat.MarkerType.Unchecked: "☐ ",
}
LINE = "\u2028"
"""How Qt keeps a line break inside a paragraph."""


def rendered(markdown: str, folder: Path | None = None) -> str:
    """The HTML of a text.

    Args:
        markdown: What was written; HTML in it is shown as it stands, and does nothing.
        folder: Where pictures lie that the text names; None leaves them out.
    """
    document = QTextDocument()
    features = QTextDocument.MarkdownFeature
    document.setMarkdown(markdown, features.MarkdownDialectGitHub | features.MarkdownNoHTML)
    return "\n".join(_frame(document.rootFrame(), folder))


def one_line(markdown: str) -> str:
    """The HTML of a text that is no paragraph of its own, such as an answer."""
    found = rendered(markdown)
    inner = found.removeprefix("<p>").removesuffix("</p>")
    return inner if found.startswith("<p>") and "<p>" not in inner and "</p>" not in inner else letters(markdown)


def plain_text(markdown: str) -> str:
    """The words alone."""
    document = QTextDocument()
    document.setMarkdown(markdown)
    return " ".join(document.toPlainText().split())


def letters(text: str) -> str:
    """``text`` as it stands, for HTML."""
    return escape("".join(c for c in text if c.isprintable() or c in "\n\t"))


def data_uri(image: QImage) -> str:
    """A picture inside its own address, as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return "data:image/png;base64," + base64.b64encode(bytes(buffer.data().data())).decode("ascii")


def _frame(frame: QTextFrame, folder: Path | None) -> Iterator[str]:
    """The blocks of a frame, with the tables between them."""
    blocks: list[QTextBlock] = []
    place = frame.begin()
    while not place.atEnd():
        inner = place.currentFrame()
        if inner is None:
            blocks.append(place.currentBlock())
        else:
            yield from _blocks(blocks, folder)
            blocks = []
            yield from _table(inner, folder) if isinstance(inner, QTextTable) else _frame(inner, folder)
        place += 1
    yield from _blocks(blocks, folder)


def _table(table: QTextTable, folder: Path | None) -> Iterator[str]:
    yield "<table>"
    for row in range(table.rows()):
        tag = "th" if row == 0 else "td"
        cells = (table.cellAt(row, column).firstCursorPosition().block() for column in range(table.columns()))
        yield "<tr>" + "".join(f"<{tag}>{_inline(cell, folder, bold=row == 0)}</{tag}>" for cell in cells) + "</tr>"
    yield "</table>"


def _blocks(blocks: list[QTextBlock], folder: Path | None) -> Iterator[str]:
    """Blocks one after the other; those of one list, quote or piece of code belong together."""
    at = 0
    while at < len(blocks):
        same = _same(blocks[at])
        end = at + 1
        while same is not None and end < len(blocks) and same(blocks[end]):
            end += 1
        yield _together(blocks[at:end], folder)
        at = end


def _same(block: QTextBlock) -> Callable[[QTextBlock], bool] | None:
    """What tells whether a following block belongs to this one; None where none does."""
    if _is_code(block):
        return lambda other: other.blockFormat() == block.blockFormat()
    if block.textList() is not None:
        number = block.textList().objectIndex()
        return lambda other: (
            other.textList() is not None and (other.textList().objectIndex() == number or _depth(other) > 1)
        )
    if _quoted(block):
        return lambda other: _quoted(other) and other.textList() is None
    return None


def _together(blocks: list[QTextBlock], folder: Path | None) -> str:
    first = blocks[0]
    if _is_code(first):
        return f"<pre>{letters(chr(10).join(block.text() for block in blocks))}</pre>"
    if first.textList() is not None:
        return _list(blocks, folder)
    if _quoted(first):
        inner = "".join(f"<p>{_inline(block, folder)}</p>" for block in blocks)
        return f"<blockquote>{inner}</blockquote>"
    style = first.blockFormat()
    if style.hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth):
        return "<hr>"
    level = style.headingLevel()
    inner = _inline(first, folder, bold=bool(level))
    if not inner:
        return ""
    return f"<h{level}>{inner}</h{level}>" if level else f"<p>{inner}</p>"


def _list(blocks: list[QTextBlock], folder: Path | None) -> str:
    """A list; what is indented further is a list inside its item."""
    parts: list[str] = []
    opened: list[str] = []
    for block in blocks:
        depth = max(1, _depth(block))
        while len(opened) > depth:
            parts.append(f"</li></{opened.pop()}>")
        if len(opened) == depth:
            parts.append("</li>")
        while len(opened) < depth:
            opened.append("ol" if _is_numbered(block) else "ul")
            first = block.textList().format().start() if opened[-1] == "ol" else 1
            parts.append(f"<{opened[-1]}" + (f' start="{first}">' if first != 1 else ">"))
            parts.append("<li>" if len(opened) < depth else "")
        parts.append(f"<li>{MARKS.get(block.blockFormat().marker(), '')}{_inline(block, folder)}")
    while opened:
        parts.append(f"</li></{opened.pop()}>")
    return "".join(parts)


def _is_code(block: QTextBlock) -> bool:
    style = block.blockFormat()
    return style.hasProperty(QTextFormat.Property.BlockCodeFence) or (
        style.hasProperty(QTextFormat.Property.BlockCodeLanguage)
    )


def _quoted(block: QTextBlock) -> bool:
    return bool(block.blockFormat().property(QTextFormat.Property.BlockQuoteLevel))


def _depth(block: QTextBlock) -> int:
    return int(block.textList().format().indent())


def _is_numbered(block: QTextBlock) -> bool:
    return block.textList().format().style() in NUMBERED


def _inline(block: QTextBlock, folder: Path | None, *, bold: bool = False) -> str:
    """The letters of a block; ``bold`` ones are so by what they stand in."""
    parts = []
    place = block.begin()
    while not place.atEnd():
        parts.append(_fragment(place.fragment(), folder, bold=bold))
        place += 1
    return "".join(parts).strip()


def _fragment(fragment: QTextFragment, folder: Path | None, *, bold: bool) -> str:
    style = fragment.charFormat()
    if style.isImageFormat():
        return _picture(style, folder)
    found = letters(fragment.text().replace(LINE, "\n")).replace("\n", "<br>")
    href = style.anchorHref()
    if style.fontFixedPitch() or (QFont.StyleHint.Monospace == style.fontStyleHint()):
        found = f"<code>{found}</code>"
    if style.fontStrikeOut():
        found = f"<s>{found}</s>"
    if style.fontItalic():
        found = f"<em>{found}</em>"
    if style.fontWeight() >= QFont.Weight.DemiBold and not bold:
        found = f"<strong>{found}</strong>"
    if href and urlsplit(href).scheme.lower() in SAFE_LINKS:
        found = f'<a href="{letters(href)}">{found}</a>'
    return found


def _picture(style: QTextCharFormat, folder: Path | None) -> str:
    """A picture that lies beside the lesson; where there is none, the words that stand for it."""
    alt = letters(str(style.property(QTextFormat.Property.ImageAltText) or ""))
    name = style.toImageFormat().name()
    if folder is not None and name and not urlsplit(name).scheme and not Path(name).is_absolute():
        image = QImage(str(folder / name))
        if not image.isNull() and image.width() * image.height() <= MOST_PIXELS:
            return f'<img src="{data_uri(image)}" alt="{alt}">'
    return alt
