"""What stage I is trained on: a drawn set, ready to take batches from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import T5Tokenizer

from ..drawing.captions import parted
from ..drawing.images import captions_of
from . import tokens


class Pictures:
    """A set's pictures and captions.

    On a GPU all of them lie in its memory: a batch takes less time there than its way from a disk.

    Attributes:
        images: (n, 64, 64, 3) bytes.

    Args:
        folder: a whole set.
        holding: share of what is drawn that holds another picture, at most that of the set; None
            leaves it as it is.
    """

    def __init__(
        self,
        folder: Path,
        tokenizer: T5Tokenizer,
        device: torch.device,
        holding: float | None = None,
    ) -> None:
        self._device = device
        images = np.load(folder / "images.npy", mmap_mode="c")
        self.images = torch.from_numpy(images).to(device)
        texts = captions_of(folder)
        # A picture whose caption is left out still tells what it holds: guidance is not to
        # exaggerate that.
        marks = [parted(text)[0] for text in texts]
        self._ids, self._marks = (
            tokens.encode(tokenizer, each).to(device, torch.int16) for each in (texts, marks)
        )
        self._pool = _pool(marks, holding)

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


def _pool(marks: Sequence[str], holding: float | None) -> NDArray[np.int64]:
    """Numbers of the pictures to draw from: of those with a mark as many as the share allows."""
    pool = np.arange(len(marks), dtype=np.int64)
    if holding is None:
        return pool
    holds = np.asarray([bool(mark) for mark in marks])
    bare = int((~holds).sum())
    kept = min(round(bare * holding / (1 - holding)), int(holds.sum()))
    spread = np.linspace(0, holds.sum() - 1, kept).astype(int)
    return np.concatenate([pool[~holds], pool[holds][spread]])
