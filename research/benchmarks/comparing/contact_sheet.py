"""A picture of a comparison: a block a chain, a row a method, levels from left to right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont

from engine.contract.geometry import Placement
from engine.models.upscaling import Lanczos
from engine.run.finishing import final_pictures

from ..blocks import BACKGROUND, FAINT, TEXT, Blocks
from .chains import Chain

SIDE = 168
GAP = 8
MARGIN = 220  # on the left, for the names
TITLE = 34
CAPTION = 40

Row = tuple[str, str, torch.Tensor]
"""A method's name, a line below it, and its levels (N, 3, h, w), -1 to 1."""


class ContactSheet(Blocks):
    """Collects the blocks of a comparison and draws them one below the other."""

    def add(self, chain: Chain, seed: int, rows: Sequence[Row]) -> None:
        """Draw a chain's block."""
        width = MARGIN + len(chain.levels) * (SIDE + GAP)
        height = TITLE + CAPTION + len(rows) * (SIDE + GAP) + GAP
        block = Image.new("RGB", (width, height), BACKGROUND)
        draw = ImageDraw.Draw(block)
        title = f"{chain.title}: each picture is in the middle of the one on its left, "
        title += f"{chain.factor:g} times smaller (seed {seed})"
        draw.text((GAP, GAP), title, fill=TEXT, font=ImageFont.load_default(18))
        for column, prompt in enumerate(chain.prompts):
            text = textwrap.fill(prompt, 25, max_lines=2, placeholder=" …")
            place = (MARGIN + column * (SIDE + GAP), TITLE)
            draw.multiline_text(place, text, fill=FAINT, font=ImageFont.load_default(13))
        for index, (name, note, levels) in enumerate(rows):
            top = TITLE + CAPTION + index * (SIDE + GAP)
            text = textwrap.fill(name, 22)
            draw.multiline_text((GAP, top + 8), text, fill=TEXT, font=ImageFont.load_default(18))
            below = top + 14 + 23 * len(text.splitlines())
            draw.multiline_text((GAP, below), note, fill=FAINT, font=ImageFont.load_default(13))
            for column, picture in enumerate(_pictures(levels, chain.placements)):
                block.paste(picture, (MARGIN + column * (SIDE + GAP), top))
        self._blocks.append(block)


def _pictures(levels: torch.Tensor, placements: Sequence[Placement]) -> list[Image.Image]:
    """The levels as the engine finishes them: enlarged, then pasted once more in linear light."""
    made = dict(final_pictures(levels, placements, (SIDE, SIDE), Lanczos()))
    return [Image.fromarray(made[index]) for index in range(len(levels))]
