"""What stage I is trained on: a drawn set, or as much as there is of one that is being drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import T5Tokenizer

from ..drawing.captions import parted
from ..drawing.images import CONCEPTS, captions_of, is_made, parts_of, read_part
from . import tokens


class Pictures:
    """A set's pictures and captions, ready to draw batches from.

    On a GPU all of them lie in its memory: a batch takes less time there than its way from a disk.

    Attributes:
        images: (n, 64, 64, 3) bytes.

    Args:
        twice: subjects to draw twice as often.
        holding: share of what is drawn that holds another picture, at most that of the set; None
            leaves it as it is.
    """

    def __init__(
        self,
        folder: Path,
        tokenizer: T5Tokenizer,
        twice: Sequence[str],
        device: torch.device,
        holding: float | None = None,
    ) -> None:
        self._folder, self._tokenizer, self._device = folder, tokenizer, device
        self._holding = holding
        self._twice = [list(CONCEPTS).index(name) for name in twice]
        self._taken: set[tuple[Path, int]] = set()
        self._whole = False
        self._empty()
        self.take_new()

    def __len__(self) -> int:
        return len(self.images)

    def _empty(self) -> None:
        self.images = torch.empty(0, 64, 64, 3, dtype=torch.uint8, device=self._device)
        self._ids = torch.empty(0, tokens.TOKENS, dtype=torch.int16, device=self._device)
        self._marks = self._ids
        self._pool = np.empty(0, np.int64)

    def take_new(self) -> None:
        """Take over what has been drawn since; nothing once the set is whole."""
        if self._whole:
            return
        if is_made(self._folder):
            self._empty()
            texts = captions_of(self._folder)
            images = np.load(self._folder / "images.npy", mmap_mode="c")
            self._add([images], texts, np.load(self._folder / "concepts.npy"))
            self._whole = True
            return
        parts = []
        for file in parts_of(self._folder):
            try:
                known = file, file.stat().st_mtime_ns
                if known in self._taken:
                    continue
                parts.append(read_part(file))
            except FileNotFoundError:  # the set has just become whole
                continue
            self._taken.add(known)
        if parts:
            texts = [text for part in parts for text in part["texts"].tolist()]
            numbers = np.concatenate([part["numbers"] for part in parts])
            self._add([part["images"] for part in parts], texts, numbers)

    def _add(
        self, images: list[NDArray[np.uint8]], texts: list[str], numbers: NDArray[np.int16]
    ) -> None:
        known = len(self.images)
        new = [torch.from_numpy(each).to(self._device) for each in images]
        self.images = torch.cat([self.images, *new]) if known or len(new) > 1 else new[0]
        # A picture whose caption is left out still tells what it holds: guidance is not to
        # exaggerate that.
        marks = [parted(text)[0] for text in texts]
        self._ids = torch.cat([self._ids, self._encoded(texts)])
        self._marks = torch.cat([self._marks, self._encoded(marks)])
        again = np.flatnonzero(np.isin(numbers, self._twice))
        pool = np.concatenate([np.arange(len(numbers)), again])
        if self._holding is not None:
            holds = np.asarray([bool(mark) for mark in marks])[pool]
            bare = int((~holds).sum())
            kept = min(round(bare * self._holding / (1 - self._holding)), int(holds.sum()))
            spread = np.linspace(0, holds.sum() - 1, kept).astype(int)
            pool = np.concatenate([pool[~holds], pool[holds][spread]])
        self._pool = np.concatenate([self._pool, known + pool])

    def _encoded(self, texts: list[str]) -> torch.Tensor:
        return tokens.encode(self._tokenizer, texts).to(self._device, torch.int16)

    def batch(
        self, order: np.random.Generator, count: int, left_out: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (count, 3, 64, 64) in -1..1 and token numbers (count, 77), on the device.

        Args:
            left_out: share of the captions of which only the mark is kept.
        """
        chosen = torch.from_numpy(np.sort(order.choice(self._pool, count))).to(self._device)
        x0 = self.images[chosen].permute(0, 3, 1, 2).float() / 127.5 - 1
        dropped = torch.rand(count, 1, device=self._device) < left_out
        ids = torch.where(dropped, self._marks[chosen], self._ids[chosen])
        return x0, ids.to(torch.int64)
