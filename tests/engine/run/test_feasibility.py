"""Jobs that cannot be done: one clear sentence, before a model is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from engine.models import registry
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder
from tests.engine.tiny_models import save_tiny_if

JOB = Job((LevelSpec("a"), LevelSpec("b")), sampler=SamplerSettings(steps=2))


@pytest.fixture
def refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a job that must be refused, with the real registry and no way to load anything."""

    def loaded(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(registry, "open_model", loaded)

    def refuse(job: Job, **options: object) -> ZoomStackError:
        request = GenerateRequest(job, tmp_path / "out", device="cpu", **options)
        with pytest.raises(ZoomStackError) as caught:
            run_generate(request, Recorder(), lambda: False)
        return caught.value

    return refuse


@pytest.mark.parametrize(
    ("size", "factor", "focus", "words"),
    [
        ((16, 16), 10.0, (0.5, 0.5), "at 16x16 pixels."),
        ((32, 18), 12.0, (0.5, 0.5), "at 32x18 pixels."),
        (None, 64.0, (0.5, 0.5), "at 64x64 pixels, the size at which the model works."),
        ((512, 512), 40.0, (0.31, 0.4), "at 64x64 pixels, the size at which the model works."),
    ],
)
def test_levels_too_small_to_be_seen(refuse, size, factor, focus, words):
    error = refuse(
        replace(JOB, levels=(LevelSpec("a"), LevelSpec("b", "", factor, focus)), size=size)
    )
    assert error.code == "bad_geometry"
    assert words in error.text
    assert error.text.startswith(f"Level 2 has a zoom factor of {factor:g} and covers less than 2")


@pytest.mark.parametrize(
    ("size", "nearest"), [((16, 8192), "high as wide"), ((8192, 256), "wide as high")]
)
def test_shapes_that_the_model_cannot_take(refuse, size, nearest):
    error = refuse(replace(JOB, size=size))
    assert error.code == "bad_geometry"
    assert "This model cannot make pictures" in error.text
    assert "The nearest shape is" in error.hint
    assert nearest in error.hint


def test_an_upscaler_of_another_cascade(refuse, tmp_path: Path) -> None:
    save_tiny_if(tmp_path / "models/first", size=16)
    save_tiny_if(tmp_path / "models/second", size=24, enlarges=True)
    job = replace(JOB, model="first", upscaler="second")
    error = refuse(job, models=(tmp_path / "models",))
    assert "24 pixels, which is no multiple of the 16" in error.text


def _pin(folder: Path, name: str, free: tuple[slice, slice]) -> Pin:
    Image.effect_noise((64, 64), 90).convert("RGB").save(folder / f"{name}.png")
    mask = np.full((64, 64), 255, np.uint8)
    mask[free] = 0
    Image.fromarray(mask).save(folder / f"{name}_mask.png")
    return Pin(str(folder / f"{name}.png"), str(folder / f"{name}_mask.png"))


def test_two_pins_that_a_loop_sets_against_each_other(refuse, tmp_path: Path) -> None:
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


def run(job: Job, out: Path) -> list[str]:
    """The warnings about kept levels of a job that runs."""
    recorder = Recorder()
    request = GenerateRequest(job, out, device="cpu")
    run_generate(request, recorder, lambda: False, lambda *_: AnalyticModel())
    return [m["text"] for m in recorder.of("warning") if m["code"] == "kept_apart"]


def keep_all(folder: Path, levels: tuple[LevelSpec, ...], *new: LevelSpec) -> tuple[LevelSpec, ...]:
    kept = [
        replace(level, pin=None, keep=Keep(str(folder / f"level_{number:02d}.png")))
        for number, level in enumerate(levels)
    ]
    return (*kept, *new)


def test_kept_pictures_that_do_not_lie_in_one_another_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(2):
        pixels = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        picture = Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST)
        picture.save(tmp_path / f"level_{number:02d}.png")
    levels = keep_all(tmp_path, (LevelSpec("a"), LevelSpec("b")), LevelSpec("new"))
    (sentence,) = run(replace(JOB, levels=levels), tmp_path / "out")
    assert "Level 1 is kept and shows something else where level 2 lies" in sentence
    # A wider level that follows takes on what lies in it.
    first = replace(levels[0], keep=replace(levels[0].keep, follow=True))
    assert not run(replace(JOB, levels=(first, *levels[1:])), tmp_path / "follows")


@pytest.mark.parametrize("factor", [2.0, 1.7, 1.3])
def test_kept_neighbours_of_one_stack_are_not_told(tmp_path: Path, factor: float) -> None:
    rng = np.random.default_rng(5)  # points of light: the worst that a pin can ask for
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[rng.integers(0, 64, 150), rng.integers(0, 64, 150)] = 255
    Image.fromarray(pixels).save(tmp_path / "stars.png")
    levels = (
        LevelSpec("a", pin=Pin(str(tmp_path / "stars.png"))),
        LevelSpec("b", "", factor),
        LevelSpec("c", "", factor),
    )
    assert not run(replace(JOB, levels=levels, size=(64, 64)), tmp_path / "made")
    again = keep_all(tmp_path / "made", levels, LevelSpec("new"))
    assert not run(replace(JOB, levels=again), tmp_path / "again")


def test_a_pin_within_a_pin_within_a_kept_level_is_not_told(tmp_path: Path) -> None:
    for name, colour in (("sea", (20, 60, 160)), ("sand", (220, 190, 120))):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"{name}.png")
    pins = [LevelSpec(name, pin=Pin(str(tmp_path / f"{name}.png"))) for name in ("sea", "sand")]
    job = replace(JOB, levels=(LevelSpec("a"), *pins), size=(64, 64))
    assert not run(job, tmp_path / "made")
    wider = replace(job.levels[0], keep=Keep(str(tmp_path / "made/level_00.png")))
    assert not run(replace(job, levels=(wider, *pins, LevelSpec("new"))), tmp_path / "again")


@pytest.mark.parametrize("side", [256, 1024])
def test_a_mask_may_end_where_the_loop_begins(tmp_path: Path, side: int) -> None:
    # Exactly the place where the level lies within itself, at any size of the mask.
    Image.new("RGB", (side, side), (20, 60, 160)).save(tmp_path / "sea.png")
    mask = np.full((side, side), 255, np.uint8)
    mask[side * 3 // 8 : side * 5 // 8, side * 3 // 8 : side * 5 // 8] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    pin = Pin(str(tmp_path / "sea.png"), str(tmp_path / "mask.png"))
    levels = (LevelSpec("a", "", 4.0, pin=pin),)
    run(replace(JOB, levels=levels, loop=True, size=(128, 128)), tmp_path / "out")


def blocks(folder: Path, *names: str) -> list[str]:
    """Pictures that have nothing in common, written to files."""
    rng = np.random.default_rng(1)
    files = []
    for name in names:
        pixels = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        files.append(str(folder / f"{name}.png"))
        Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(files[-1])
    return files


def test_kept_levels_with_a_new_one_between_are_compared_too(tmp_path: Path) -> None:
    first, third = blocks(tmp_path, "one", "three")
    levels = (LevelSpec("a", keep=Keep(first)), LevelSpec("new"), LevelSpec("c", keep=Keep(third)))
    (sentence,) = run(replace(JOB, levels=levels), tmp_path / "out")
    assert "Level 1 is kept and shows something else where level 3 lies" in sentence


def test_a_wider_level_shows_a_kept_one_as_its_file_is(tmp_path: Path) -> None:
    second, third = blocks(tmp_path, "two", "three")
    levels = (LevelSpec("new"), LevelSpec("b", keep=Keep(second)), LevelSpec("c", keep=Keep(third)))
    run(replace(JOB, levels=levels), tmp_path / "out")
    seen = np.asarray(Image.open(tmp_path / "out/level_00.png"), float)[16:48, 16:48]
    kept = np.asarray(Image.open(second).resize((32, 32), Image.Resampling.BOX), float)
    assert np.abs(seen - kept)[2:-2, 2:-2].mean() < 8.0


def test_a_pin_over_a_kept_level_in_a_loop_is_refused(refuse, tmp_path: Path) -> None:
    first, last = blocks(tmp_path, "one", "last")
    levels = (LevelSpec("a", keep=Keep(first)), LevelSpec("b"), LevelSpec("c", pin=Pin(last)))
    error = refuse(replace(JOB, levels=levels, loop=True))
    assert "Level 3 is pinned to a picture where the loop shows level 1, kept" in error.text


def test_a_pinned_picture_is_not_overwritten(refuse, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (picture,) = blocks(tmp_path / "out", "level_01")
    before = Path(picture).read_bytes()
    job = replace(JOB, levels=(LevelSpec("a", pin=Pin(picture)), LevelSpec("b")))
    for overwrite, words in ((False, "holds pictures already"), (True, "would replace")):
        error = refuse(job, overwrite=overwrite)
        assert error.code == "exists"
        assert words in error.text
    assert Path(picture).read_bytes() == before
