"""Put a stack's levels side by side with their prompts: run with the engine's Python.

python contact_sheet.py STACK_FOLDER SHEET.png
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from engine.contract.stack import read_stack

SIDE = 256
GAP = 12
CAPTION = 44
COLUMNS = 4


def main(folder: Path, target: Path) -> None:
    """Draw the sheet, widest level first."""
    stack = read_stack(folder)
    rows = -(-len(stack.levels) // COLUMNS)
    size = (GAP + COLUMNS * (SIDE + GAP), GAP + rows * (SIDE + CAPTION + GAP))
    sheet = Image.new("RGB", size, (24, 24, 26))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    for index, level in enumerate(stack.levels):
        row, column = divmod(index, COLUMNS)
        left = GAP + column * (SIDE + GAP)
        top = GAP + row * (SIDE + CAPTION + GAP)
        with Image.open(stack.picture(index)) as picture:
            picture.thumbnail((SIDE, SIDE))
            sheet.paste(picture, (left, top))
        caption = textwrap.fill(f"{index + 1}. {level.prompt}", 36, max_lines=2, placeholder=" …")
        draw.text((left, top + SIDE + 4), caption, fill=(225, 225, 225), font=font)
    sheet.save(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
