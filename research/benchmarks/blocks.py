"""Pictures of figures: blocks one below the other, in one PNG."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

BACKGROUND = (24, 24, 26)
TEXT = (232, 232, 232)
FAINT = (160, 160, 164)


class Blocks:
    """Collects blocks; a subclass draws them."""

    def __init__(self) -> None:
        self._blocks: list[Image.Image] = []

    def save(self, target: Path) -> None:
        """Write all blocks as one PNG."""
        width = max(block.width for block in self._blocks)
        sheet = Image.new("RGB", (width, sum(b.height for b in self._blocks)), BACKGROUND)
        top = 0
        for block in self._blocks:
            sheet.paste(block, (0, top))
            top += block.height
        sheet.save(target)
