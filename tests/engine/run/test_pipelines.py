"""A job on every family of stock pipelines, found on the disk: by name and by path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.job import Job, LevelSpec, Pin, SamplerSettings
from engine.contract.stack import Stack, read_stack
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.models.pipelines.tiny_pipelines import TINY, save_tiny
from tests.engine.recorder import Recorder

SIDE = 64


@pytest.fixture(scope="module", params=list(TINY))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(request.param, tmp_path_factory.mktemp("models") / request.param)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    colours = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(colours).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(
        tmp_path / "photo.png"
    )
    return tmp_path / "photo.png"


def job(model: str, photo: Path | None, *, loop: bool) -> Job:
    levels = (
        LevelSpec("a galaxy", "text"),
        LevelSpec("a planet", "", 2.0, (0.6, 0.45)),
        LevelSpec("a sea", "", 2.7, pin=None if photo is None else Pin(str(photo))),
    )
    if loop:
        levels = (replace(levels[0], zoom_factor=2.0), *levels[1:])
    sampler = SamplerSettings(steps=3)
    size = (SIDE, SIDE)
    return Job(levels, model=model, size=size, loop=loop, sampler=sampler, upscaler="lanczos")


def make(job: Job, out: Path, places: tuple[Path, ...] = ()) -> tuple[Stack, Recorder]:
    recorder = Recorder()
    request = GenerateRequest(job, out, device="cpu", models=places)
    run_generate(request, recorder, lambda: False)
    return read_stack(out), recorder


def pixels(stack: Stack, level: int) -> np.ndarray:
    with Image.open(stack.picture(level)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def test_by_name_with_a_pin(model: Path, photo: Path, tmp_path: Path) -> None:
    asked = job(model.name, photo, loop=False)
    stack, _ = make(asked, tmp_path / "stack", (model.parent,))
    assert stack.made_with["model"]["name"] == model.name
    with Image.open(photo) as picture:
        given = np.asarray(picture.convert("RGB"), np.float32)
    assert np.abs(pixels(stack, 2) - given).max() <= 1
    assert pixels(stack, 0).std() > 1


def test_by_path_as_a_loop(model: Path, tmp_path: Path) -> None:
    stack, _ = make(job(str(model), None, loop=True), tmp_path / "stack")
    assert stack.loop
    # Each level lies, at half the size, in the one before it.
    wider, deeper = pixels(stack, 0), pixels(stack, 1)
    small = np.asarray(
        Image.fromarray(deeper.astype(np.uint8)).resize(
            (SIDE // 2, SIDE // 2), Image.Resampling.BOX
        )
    )
    left, top = round((0.6 - 0.25) * SIDE), round((0.45 - 0.25) * SIDE)
    seen = wider[top + 4 : top + SIDE // 2 - 4, left + 4 : left + SIDE // 2 - 4]
    assert np.abs(seen - small[4:-4, 4:-4].astype(np.float32)).mean() < 12
