"""Jobs that cannot be done: one clear sentence, before a model is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import save_tiny_if

from engine import requests
from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from engine.requests import GenerateRequest, run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.test_generation import Recorder

JOB = Job((LevelSpec("a"), LevelSpec("b")), sampler=SamplerSettings(steps=2))


@pytest.fixture
def refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs a job that must be refused, with the real registry and no way to load anything."""

    def loaded(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(requests, "registry_open_model", loaded)

    def refuse(job: Job, **options: object) -> ZoomStackError:
        request = GenerateRequest(job, tmp_path / "out", device="cpu", **options)  # type: ignore[arg-type]
        with pytest.raises(ZoomStackError) as caught:
            run_generate(request, Recorder(), lambda: False)
        return caught.value

    return refuse


@pytest.mark.parametrize(
    ("size", "factor", "focus", "words"),
    [
        ((16, 16), 10.0, (0.5, 0.5), "less than 2 pixels of the level before it at 16x16"),
        ((32, 18), 12.0, (0.5, 0.5), "less than 2 pixels"),
        (None, 64.0, (0.5, 0.5), "less than 2 pixels of the level before it at 64x64"),
        ((512, 512), 30.0, (0.31, 0.4), "less than 2 pixels of the level before it at 64x64"),
    ],
)
def test_levels_too_small_to_be_seen(refuse, size, factor, focus, words):  # type: ignore[no-untyped-def]
    error = refuse(
        replace(JOB, levels=(LevelSpec("a"), LevelSpec("b", "", factor, focus)), size=size)
    )
    assert error.code == "bad_geometry" and words in error.text


@pytest.mark.parametrize(
    ("size", "nearest"), [((16, 8192), "high as wide"), ((8192, 256), "wide as high")]
)
def test_shapes_that_the_model_cannot_take(refuse, size, nearest):  # type: ignore[no-untyped-def]
    error = refuse(replace(JOB, size=size))
    assert error.code == "bad_geometry"
    assert "This model cannot make pictures" in error.text
    assert "The nearest shape is" in error.hint and nearest in error.hint


def test_an_upscaler_of_another_cascade(refuse, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_tiny_if(tmp_path / "models/first", size=16)
    save_tiny_if(tmp_path / "models/second", size=24, enlarges=True)
    job = replace(JOB, model="first", upscaler="second")
    error = refuse(job, models=tmp_path / "models")
    assert "24 pixels, which is no multiple of the 16" in error.text


def _pin(folder: Path, name: str, free: tuple[slice, slice]) -> Pin:
    Image.effect_noise((64, 64), 90).convert("RGB").save(folder / f"{name}.png")
    mask = np.full((64, 64), 255, np.uint8)
    mask[free] = 0
    Image.fromarray(mask).save(folder / f"{name}_mask.png")
    return Pin(str(folder / f"{name}.png"), str(folder / f"{name}_mask.png"))


def test_two_pins_that_a_loop_sets_against_each_other(refuse, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    # Each leaves its own place within itself free, and that is 16 pixels of 64.
    own = (slice(23, 41), slice(23, 41))
    wider = (slice(15, 49), slice(15, 49))
    pins = [_pin(tmp_path, "one", own), _pin(tmp_path, "two", own), _pin(tmp_path, "three", wider)]
    levels = [LevelSpec("a", pin=pins[0]), LevelSpec("b", pin=pins[1])]
    job = replace(JOB, levels=tuple(levels), loop=True, size=(64, 64))
    error = refuse(job)
    assert error.code == "bad_geometry"
    assert "Level 2 is pinned to a picture where the loop shows level 1, pinned too" in error.text
    assert "32 pixels large" in error.text
    # What the sentence advises is taken, and both pins are then met.
    levels[1] = replace(levels[1], pin=pins[2])
    out = tmp_path / "free"
    run_generate(
        GenerateRequest(replace(job, levels=tuple(levels)), out, device="cpu"),
        Recorder(),
        lambda: False,
        lambda *_: AnalyticModel(),
    )
    for number, (pin, free) in enumerate(((pins[0], wider), (pins[2], wider))):
        made = np.asarray(Image.open(out / f"level_{number:02d}.png"), float)
        outside = np.ones((64, 64), bool)
        outside[free] = False
        difference = (made - np.asarray(Image.open(pin.image), float))[outside]
        assert np.sqrt(np.mean(difference**2)) < 2.0


def test_kept_pictures_that_do_not_lie_in_one_another(refuse, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    for name in ("one", "two"):
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 64)).save(tmp_path / f"{name}.png")
    levels = tuple(LevelSpec("a", keep=Keep(str(tmp_path / f"{n}.png"))) for n in ("one", "two"))
    error = refuse(replace(JOB, levels=(*levels, LevelSpec("new"))))
    assert error.code == "bad_geometry"
    assert "Level 1 is kept and level 2 is kept, but what level 1 shows there" in error.text
