"""What the real quick network makes of the pictures that the extension ships."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from PIL import Image

from devtools.paths import REPO
from engine.contract.job import REAL_ESRGAN_QUICK
from engine.contract.stack import read_stack
from engine.models.ncnn_network import PROCESSOR
from engine.models.real_esrgan import RealESRGAN
from engine.models.upscaling import Lanczos, Upscaler
from engine.pictures.colour import Bytes
from engine.run.finishing import final_pictures
from research.benchmarks.upscaling.compare import borders
from research.benchmarks.upscaling.measures import drift, halo

SIDE, LARGE = 128, 512
LEVELS = slice(3, 6)
NAMES = ("quick", "plain")


@pytest.fixture(scope="module")
def small() -> list[np.ndarray]:
    stack = read_stack(REPO / "samples/galaxy_to_shore")
    files = [stack.picture(number) for number in range(len(stack.levels))][LEVELS]
    pictures = [Image.open(file).convert("RGB").resize((SIDE, SIDE), 4) for file in files]
    return [np.asarray(picture, np.float32) / np.float32(255.0) for picture in pictures]


def finished(small: list[np.ndarray], upscaler: Upscaler) -> list[Bytes]:
    placements = read_stack(REPO / "samples/galaxy_to_shore").placements([(1, 1)] * 8)[LEVELS]
    levels = torch.from_numpy(np.stack(small).transpose(0, 3, 1, 2) * 2.0 - 1.0)
    with contextlib.closing(upscaler):
        made = dict(final_pictures(levels, placements, (LARGE, LARGE), upscaler))
    return [made[number] for number in range(len(small))]


def test_border_halo_and_drift_are_no_worse_than_promised(small: list[np.ndarray]) -> None:
    quick = finished(small, RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, pytest.fail))
    plain = finished(small, Lanczos())
    placements = read_stack(REPO / "samples/galaxy_to_shore").placements([(1, 1)] * 8)[LEVELS]
    rows = borders(placements, {"quick": quick, "plain": plain})
    ratio, seam = (
        {name: [getattr(row, value) for row in rows if row.upscaler == name] for name in NAMES}
        for value in ("ratio", "seam")
    )
    assert np.mean(ratio["quick"]) < np.mean(ratio["plain"])
    assert np.mean(seam["quick"]) < 1.05 * np.mean(seam["plain"])
    deepest = quick[-1].astype(np.float32) / np.float32(255.0)
    assert drift(deepest, small[-1]) < 1.0
    assert halo(deepest, small[-1]) < 3.0
