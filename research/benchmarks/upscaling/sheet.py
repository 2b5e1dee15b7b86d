"""A picture of the comparison: crops side by side, a row a place, a column an upscaler."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from engine.pictures.colour import Floats
from engine.pictures.files import to_bytes

from ..blocks import BACKGROUND, FAINT, TEXT, Blocks

SIDE = 256
"""Of a cell, in pixels."""

_GAP = 8
_MARGIN = 150  # on the left, for the names
_TITLE = 40
_HEADING = 44
_FOOT = 20


@dataclass(frozen=True)
class Crop:
    """A square part of a picture.

    Attributes:
        centre: (x, y), as shares of the sides.
        share: its side, as a share of the picture's height.
    """

    centre: tuple[float, float] = (0.5, 0.5)
    share: float = 1.0

    def of(self, picture: Floats) -> Image.Image:
        """A cell: no pixel is interpolated unless the part has more than a cell's."""
        height, width = picture.shape[:2]
        side = min(round(self.share * height), height, width)
        left, top = (
            min(max(round(middle * length - side / 2), 0), length - side)
            for middle, length in zip(self.centre, (width, height), strict=True)
        )
        part = Image.fromarray(to_bytes(picture[top : top + side, left : left + side]))
        plain = Image.Resampling.NEAREST if side <= SIDE else Image.Resampling.BOX
        return part.resize((SIDE, SIDE), plain)


@dataclass(frozen=True)
class Row:
    """One place by all upscalers.

    Attributes:
        name: on the left.
        note: below it; may be empty.
        pictures: as many as the block has columns.
        notes: below the cells; may be empty.
    """

    name: str
    note: str
    crop: Crop
    pictures: Sequence[Floats]
    notes: Sequence[str] = ()


class Sheet(Blocks):
    """Collects blocks and draws them one below the other."""

    def add(self, title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Draw a block."""
        foot = _FOOT if any(row.notes for row in rows) else 0
        height = SIDE + foot + _GAP
        width = _MARGIN + len(columns) * (SIDE + _GAP)
        size = (width, _TITLE + _HEADING + len(rows) * height + 2 * _GAP)
        block = Image.new("RGB", size, BACKGROUND)
        draw = ImageDraw.Draw(block)
        draw.text((_GAP, _GAP), title, fill=TEXT, font=ImageFont.load_default(20))
        for column, name in enumerate(columns):
            text = "\n".join(textwrap.wrap(name, 32)[:2])
            place = (_MARGIN + column * (SIDE + _GAP), _TITLE + _HEADING - 6)
            font = ImageFont.load_default(15)
            draw.multiline_text(place, text, fill=TEXT, font=font, anchor="ld")
        for index, row in enumerate(rows):
            top = _TITLE + _HEADING + index * height
            self._draw_row(block, draw, row, top)
        self._blocks.append(block)

    def _draw_row(self, block: Image.Image, draw: ImageDraw.ImageDraw, row: Row, top: int) -> None:
        name = textwrap.fill(row.name, 15)
        draw.multiline_text((_GAP, top), name, fill=TEXT, font=ImageFont.load_default(17))
        below = top + 6 + 21 * len(name.splitlines())
        note = textwrap.fill(row.note, 21)
        draw.multiline_text((_GAP, below), note, fill=FAINT, font=ImageFont.load_default(13))
        for column, picture in enumerate(row.pictures):
            left = _MARGIN + column * (SIDE + _GAP)
            block.paste(row.crop.of(picture), (left, top))
            if row.notes:
                place = (left, top + SIDE + 2)
                font = ImageFont.load_default(13)
                draw.text(place, row.notes[column], fill=FAINT, font=font)
