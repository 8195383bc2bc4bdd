"""A lesson on pages of paper, as PDF: pictures stay with their headings, answers and scripts stand at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from gdsim.recording.embedded import plain
from gdsim.ui import style as dress
from gdsim.ui.teaching.content import Code, Content, Heading, Node, Picture, Prose
from gdsim.ui.teaching.markup import letters
from gdsim.ui.theme import LIGHT

DPI = 96
"""Dots to the inch in which the pages are laid out; what is drawn is finer."""
FINE = 1200
MARGIN = 27.0, 22.0, 27.0, 24.0
"""Millimetres: left, top, right, bottom."""
FOOT = 9.0
"""Millimetres between the text and the number of the page."""
FOOT_SIZE = 11
POINTS = 11
PICTURE = "\ufffc"
"""How Qt keeps a picture in a text."""
SHORT = 0.25
"""A block of less than this share of a page is not torn from what it belongs to."""
LISTED, LEAD = 8, 200
"""A list of so many items stays in one piece, with a paragraph of so many letters that leads to it."""
STYLE = f"""
body {{ color: {LIGHT.t1}; }}
h1 {{ font-size: 24pt; font-weight: 700; margin: 0 0 8px 0; }}
h2 {{ font-size: 16pt; font-weight: 600; margin: 30px 0 10px 0; }}
h3 {{ font-size: 12.5pt; font-weight: 600; margin: 18px 0 6px 0; }}
h4 {{ font-size: 9.5pt; font-weight: 600; color: {LIGHT.t2}; margin: 8px 0 2px 0; }}
p {{ margin: 0 0 9px 0; line-height: 135%; }}
p.summary, .summary p {{ font-size: 12.5pt; color: {LIGHT.t2}; }}
p.picture {{ margin: 4px 0 2px 0; line-height: 100%; }}
p.caption {{ font-size: 9pt; color: {LIGHT.t2}; margin: 0 0 12px 0; }}
p.later {{ font-size: 9.5pt; color: {LIGHT.t2}; }}
ul, ol {{ margin: 0 0 9px 0; -qt-list-indent: 1; }}
li {{ margin: 0 0 3px 0; line-height: 130%; }}
.checked li {{ font-size: 9.5pt; color: {LIGHT.t2}; }}
pre {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 8.5pt; white-space: pre-wrap;
  margin: 0; }}
code {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 92%; }}
blockquote {{ color: {LIGHT.t2}; margin: 4px 0 9px 24px; }}
th, td {{ padding: 3px 12px 3px 0; text-align: left; }}
"""
BOX = f'<table width="100%" cellspacing="0" bgcolor="{LIGHT.bg1}"><tr><td style="padding: 7px 9px">'
BOX_END = "</td></tr></table><p></p>"


def as_pdf(content: Content) -> bytes:
    """The whole file."""
    document = _laid_out(content)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageLayout(_page())
    writer.setResolution(FINE)
    writer.setTitle(plain(content.title))
    writer.setCreator("gdsim")
    painter = QPainter(writer)
    try:
        _paint(painter, writer, document, content.title)
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _page() -> QPageLayout:
    return QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))


def _text_size() -> QSizeF:
    """What there is of a page for text, in dots of the layout."""
    left, top, right, bottom = MARGIN
    return QSizeF(_dots(210.0 - left - right), _dots(297.0 - top - bottom))


def _dots(millimetres: float) -> float:
    return millimetres / 25.4 * DPI


def _paint(painter: QPainter, writer: QPdfWriter, document: QTextDocument, title: str) -> None:
    size, pages = document.pageSize(), document.pageCount()
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(FINE / DPI, FINE / DPI)
    painter.translate(_dots(MARGIN[0]), _dots(MARGIN[1]))
    foot = QRectF(0, size.height() + _dots(FOOT), size.width(), 16)
    for number in range(pages):
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0, -number * size.height())
        document.drawContents(painter, QRectF(QPointF(0, number * size.height()), size))
        painter.restore()
        painter.setFont(dress.font(FOOT_SIZE, tabular=False))
        painter.setPen(QColor(LIGHT.t2))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{number + 1} / {pages}")
        room = foot.adjusted(0, 0, -60, 0)
        name = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, name)


def _font(points: float) -> QFont:
    font = dress.font(tabular=False)
    font.setPointSizeF(points)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@cache
def _sheet() -> QImage:
    """What pages are laid out on, whatever screen there is; Qt does not keep it."""
    sheet = QImage(1, 1, QImage.Format.Format_RGB32)
    sheet.setDotsPerMeterX(round(DPI / 0.0254))
    sheet.setDotsPerMeterY(round(DPI / 0.0254))
    return sheet


# The text


def _laid_out(content: Content) -> QTextDocument:
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setUseDesignMetrics(True)
    document.setDefaultFont(_font(POINTS))
    document.documentLayout().setPaintDevice(_sheet())
    document.setDefaultStyleSheet(STYLE)
    document.setHtml(_Text(document).html(content))
    document.setPageSize(_text_size())
    _keep_together(document)
    return document


class _Text:
    """The HTML of everything, in Qt's dialect; pictures become resources of the document."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._pictures = 0
        self._answers: list[str] = []
        self._scripts: list[str] = []

    def html(self, content: Content) -> str:
        """All of it."""
        parts = [f"<h1>{letters(content.title)}</h1>"]
        if content.summary:
            parts.append(f'<div class="summary">{content.summary}</div>')
        parts += self._nodes(content.scenes)
        for title, end in (("Answers", self._answers), ("Scripts", self._scripts)):
            if end:
                parts += [f'<h1 style="page-break-before: always">{title}</h1>', *end]
        return "<body>" + "".join(parts) + "</body>"

    def _nodes(self, nodes: Iterable[Node]) -> Iterator[str]:
        for node in nodes:
            yield from self._node(node)

    def _node(self, node: Node) -> Iterator[str]:
        if isinstance(node, Heading):
            yield f"<h{node.level}>{node.text}</h{node.level}>"
        elif isinstance(node, Prose):
            yield node.html.replace("<pre>", f"{BOX}<pre>").replace("</pre>", f"</pre>{BOX_END}")
        elif isinstance(node, Picture):
            yield self._picture(node)
        elif isinstance(node, Code):
            self._scripts.append(f"<h2>{letters(node.title)}</h2>{BOX}<pre>{letters(node.text)}</pre>{BOX_END}")
            yield '<p class="later">The script stands at the end.</p>'
        elif node.kind == "answer":
            self._answers.append(f"<h2>{node.title}</h2>" + "".join(self._nodes(node.nodes)))
            yield '<p class="later">The answer stands at the end.</p>'
        elif node.kind == "checked":
            yield '<div class="checked">' + "".join(self._nodes(node.nodes)) + "</div>"
        else:
            yield from self._nodes(node.nodes)

    def _picture(self, node: Picture) -> str:
        self._pictures += 1
        name = f"picture:{self._pictures}"
        self._document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), node.image)
        width = _text_size().width()
        height = width * node.image.height() / node.image.width()
        screen = QGuiApplication.primaryScreen().logicalDotsPerInch() / DPI  # Qt takes lengths for those of the screen
        size = f'width="{width * screen:.0f}" height="{height * screen:.0f}"'
        caption = f'<p class="caption">{letters(node.caption)}.</p>'
        return f'<p class="picture"><img src="{name}" {size}></p>{caption}'


# The pages


def _keep_together(document: QTextDocument) -> None:
    """Begin a new page before what would be torn apart by the end of one."""
    layout, height = document.documentLayout(), document.pageSize().height()
    layout.documentSize()  # lays everything out
    first = document.begin()
    while first.isValid():
        last = first
        while _goes_with_next(last, height, document) and last.next().isValid():
            last = last.next()
        begin, end = layout.blockBoundingRect(first).top(), layout.blockBoundingRect(last).bottom()
        torn = int(begin // height) != int((end - 1.0) // height)
        if torn and begin % height > 1.0 and end - begin < 2.0 * height and QTextCursor(first).currentTable() is None:
            style = QTextBlockFormat()
            style.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            QTextCursor(first).mergeBlockFormat(style)
            layout.documentSize()  # lays out what follows
        first = last.next()


def _goes_with_next(block: QTextBlock, height: float, document: QTextDocument) -> bool:
    """Whether a page must not end behind ``block``: a heading, a picture, its caption, what leads to it or a list."""
    if block.blockFormat().headingLevel() or PICTURE in block.text():
        return True
    before, after = block.previous(), block.next()
    if before.isValid() and PICTURE in before.text():
        return (
            document.documentLayout().blockBoundingRect(after).height() < SHORT * height if after.isValid() else False
        )
    if after.isValid() and PICTURE in after.text():
        return len(block.text()) <= LEAD
    if after.isValid() and after.textList() is not None:
        return after.textList().count() <= LISTED and (block.textList() is not None or len(block.text()) <= LEAD)
    return False
