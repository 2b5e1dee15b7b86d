"""A job on every family of stock pipelines, found on the disk: by name and by path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.job import Job, LevelSpec, Pin, SamplerSettings
from engine.contract.pipeline_families import PIPELINES
from engine.contract.stack import Stack, read_stack
from engine.models.registry import find_model
from engine.pictures.colour import to_linear
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.models.pipelines.tiny_pipelines import TINY, save_tiny
from tests.engine.recorder import Recorder

SIDE = 64


@pytest.fixture(scope="module", params=list(TINY))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(request.param, tmp_path_factory.mktemp("models") / request.param)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What says nothing of its size samples small pictures."""
    for name, row in PIPELINES.items():
        side = max(SIDE, row.grid * 8)
        monkeypatch.setitem(PIPELINES, name, replace(row, native=side))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    colours = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(colours).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(
        tmp_path / "photo.png"
    )
    return tmp_path / "photo.png"


def job(model: str, photo: Path | None, *, side: int, loop: bool) -> Job:
    levels = (
        LevelSpec("a galaxy", "text"),
        LevelSpec("a planet", "", 2.0, (0.5625, 0.4375)),
        LevelSpec("a sea", "", 2.7, pin=None if photo is None else Pin(str(photo))),
    )
    if loop:
        levels = (replace(levels[0], zoom_factor=2.0), *levels[1:])
    sampler = SamplerSettings(steps=3)
    size = (side, side)
    return Job(levels, model=model, size=size, loop=loop, sampler=sampler, upscaler="lanczos")


def side_of(model: Path) -> int:
    """Of the pictures that it was trained on, in pixels."""
    size = find_model(str(model)).native_size
    assert size is not None
    return size[0]


def make(job: Job, out: Path, places: tuple[Path, ...] = ()) -> tuple[Stack, Recorder]:
    recorder = Recorder()
    request = GenerateRequest(job, out, device="cpu", models=places)
    run_generate(request, recorder, lambda: False)
    return read_stack(out), recorder


def pixels(stack: Stack, level: int) -> np.ndarray:
    with Image.open(stack.picture(level)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def test_by_name_with_a_pin(model: Path, photo: Path, tmp_path: Path) -> None:
    asked = job(model.name, photo, side=side_of(model), loop=False)
    stack, _ = make(asked, tmp_path / "stack", (model.parent,))
    assert stack.made_with["model"]["name"] == model.name
    with Image.open(photo) as picture:
        given = np.asarray(picture.convert("RGB"), np.float32)
    enlarged = pixels(stack, 2).reshape(SIDE, side_of(model) // SIDE, SIDE, -1, 3).mean((1, 3))
    assert np.abs(enlarged - given).mean() < 4
    assert pixels(stack, 0).std() > 1


def test_by_path_as_a_loop(model: Path, tmp_path: Path) -> None:
    """Each level lies, at half the size, in the one before it, exactly."""
    side = side_of(model)
    stack, _ = make(job(str(model), None, side=side, loop=True), tmp_path / "stack")
    assert stack.loop
    wider, deeper = (to_linear(pixels(stack, level) / 255) for level in (0, 1))
    half, quarter = side // 2, side // 4
    left, top = round(0.5625 * side) - quarter, round(0.4375 * side) - quarter
    small = deeper.reshape(half, 2, half, 2, 3).mean((1, 3))
    assert np.abs(wider[top : top + half, left : left + half] - small).mean() < 0.01
