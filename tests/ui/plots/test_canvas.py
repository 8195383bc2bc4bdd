"""Images of the pixels of the screen: empty when they are taken, and their memory used again."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from gdsim.ui.plots.canvas import MOST_SPARE, Device, Sheet, Stock


def device(width=30, height=20, scale=1.0):
    image = QImage(80, 60, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(scale, scale)
    found = Device.of(painter, QRectF(0.0, 0.0, width, height))
    painter.end()
    return found


def painted(sheet):
    with sheet.painting() as canvas:
        canvas.fillRect(QRectF(3.0, 2.0, 9.0, 4.0), QColor("red"))
    return sheet


def address(sheet):
    return np.frombuffer(sheet.image.constBits(), np.uint8).__array_interface__["data"][0]


def drawn(sheet):
    image = QImage(80, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    sheet.draw(painter)
    painter.end()
    return image


@pytest.mark.parametrize("opaque", [False, True])
def test_a_sheet_in_the_place_of_another_is_empty_and_has_its_memory(qapp, opaque):
    old = painted(Sheet(device(), opaque=opaque))
    where = address(old)
    new = Sheet(device(), opaque=opaque, instead=old)
    assert address(new) == where
    fresh = Sheet(device(), opaque=opaque)
    assert new.image == fresh.image
    assert drawn(new) == drawn(fresh)
    assert drawn(painted(new)) == drawn(painted(fresh))


@pytest.mark.parametrize("other", [device(31, 20), device(30, 20, 2.0)], ids=["wider", "finer"])
def test_memory_that_does_not_fit_is_not_used(qapp, other):
    old = painted(Sheet(device()))
    new = Sheet(other, instead=old)
    assert new.image.size() != old.image.size()
    assert not np.frombuffer(new.image.constBits(), np.uint8).any()
    assert not Sheet(device(), opaque=True, instead=old).image.hasAlphaChannel()


def test_a_stock_gives_out_what_it_was_given_and_keeps_little(qapp):
    stock, sheets = Stock(), [painted(Sheet(device())) for _ in range(MOST_SPARE + 2)]
    places = {address(sheet) for sheet in sheets[:MOST_SPARE]}
    stock.give(sheets)
    taken = [stock.take(device()) for _ in range(MOST_SPARE)]
    assert {address(sheet) for sheet in taken} == places
    assert not any(np.frombuffer(sheet.image.constBits(), np.uint8).any() for sheet in taken)
    assert address(stock.take(device())) not in {address(sheet) for sheet in sheets}
