"""Does the model read the marks that say what a picture holds?

On pictures that it has not seen: its error with the mark that is true, with none and with a wrong
one. Where the three are alike, the marks have taught it nothing, whatever the captions say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..drawing.captions import parted
from ..drawing.images import example
from ..learning import model, tokens
from ..learning.first_stage import exported
from ..learning.trainer import noised

_SEED = 990  # of the pictures; no training set has it
_SIGMAS = (10.0, 5.0, 2.5)  # where it is decided what lies in a picture


def effects(folder: Path, count: int) -> dict[str, float]:
    """Mean squared errors of v over noise levels.

    Args:
        folder: an exported model.
        count: pictures that hold something, and as many that hold nothing.
    """
    holding, bare = _pictures(count)
    marks = [parted(text)[0] for _, text in holding]
    captions = [parted(text)[1] for _, text in holding]
    networks, tokenizer = exported(folder)

    def error(pictures: Sequence[np.ndarray], texts: Sequence[str]) -> float:
        ids = tokens.encode(tokenizer, texts)
        x0 = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
        table = model.log_sigmas(model.build_scheduler())
        torch.manual_seed(0)  # the same noise for all texts
        errors = []
        for sigma in _SIGMAS:
            timesteps = model.timestep_at(table, torch.full((len(x0),), sigma))
            z, target = noised(table, x0, timesteps)
            with torch.inference_mode():
                errors.append(float((networks(z, timesteps, ids) - target).square().mean()))
        return float(np.mean(errors))

    # Each mark moves on until it stands where another stood.
    shifted = [next(m for m in marks[i:] + marks if m != mark) for i, mark in enumerate(marks)]
    images, plain = [image for image, _ in holding], [image for image, _ in bare]
    texts = [text for _, text in bare]
    return {
        "holding, true mark": error(images, [text for _, text in holding]),
        "holding, no mark": error(images, captions),
        "holding, wrong mark": error(images, _joined(shifted, captions)),
        "bare, no mark": error(plain, texts),
        "bare, a mark": error(plain, _joined(marks, texts)),
    }


def _pictures(count: int) -> tuple[list[tuple[np.ndarray, str]], list[tuple[np.ndarray, str]]]:
    """Pictures with their captions: of those that hold something and of those that do not."""
    holding: list[tuple[np.ndarray, str]] = []
    bare: list[tuple[np.ndarray, str]] = []
    index = 0
    while min(len(holding), len(bare)) < count:
        image, text, _ = example(_SEED, index)
        (holding if parted(text)[0] else bare).append((image, text))
        index += 1
    return holding[:count], bare[:count]


def _joined(marks: Sequence[str], captions: Sequence[str]) -> list[str]:
    return [f"{mark} {text}" for mark, text in zip(marks, captions, strict=True)]
