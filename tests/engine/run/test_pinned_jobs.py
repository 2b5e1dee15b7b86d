"""A job with pinned levels: the pictures that it names are read, and end up on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import Job, LevelSpec, Pin, SamplerSettings
from engine.contract.job_parser import load_job, parse_job
from engine.machine.failures import Cancelled
from engine.method.nesting import footprints
from engine.pictures.colour import bytes_to_linear
from engine.run.given_pictures import read_given
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder

SIZE = (64, 48)


def photo(folder: Path, name: str = "photo.png", size: tuple[int, int] = SIZE) -> Path:
    """A picture with structure at every scale, written to a file."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    noise = np.random.default_rng(3).integers(0, 60, (size[1], size[0]))
    red = (x * 190 // size[0] + noise).astype(np.uint8)
    pixels = np.stack([red, (y * 3 % 256).astype(np.uint8), 255 - red], -1)
    Image.fromarray(pixels).save(folder / name)
    return folder / name


def rms(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2)))


def generate(job: Job, out: Path, **options: bool) -> list[np.ndarray]:
    request = GenerateRequest(job, out, device="cpu", **options)
    run_generate(request, Recorder(), lambda: False, lambda *_: AnalyticModel())
    return [np.asarray(Image.open(file)) for file in sorted(out.glob("level_*.png"))]


@pytest.mark.parametrize("level", [0, 1])
def test_the_picture_on_disk_is_the_photo(tmp_path: Path, level: int) -> None:
    image = photo(tmp_path)
    levels = [LevelSpec("a"), LevelSpec("b"), LevelSpec("c", "", 3.0, (0.4, 0.6))]
    levels[level] = replace(levels[level], pin=Pin(str(image)))
    job = Job(tuple(levels), size=SIZE, sampler=SamplerSettings(steps=4))
    pictures = generate(job, tmp_path / "out")
    assert rms(pictures[level], np.asarray(Image.open(image))) < 2.0


def stars(size: tuple[int, int]) -> np.ndarray:
    """Points of light on black: no smooth picture shows them when it is reduced."""
    rng = np.random.default_rng(5)
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[rng.integers(0, size[1], 90), rng.integers(0, size[0], 90)] = 255
    return pixels


@pytest.mark.parametrize("factor", [2.0, 1.7, 4.0])
@pytest.mark.parametrize("level", [0, 1])
def test_points_of_light_are_the_photo_too(tmp_path: Path, level: int, factor: float) -> None:
    wanted = stars(SIZE)
    Image.fromarray(wanted).save(tmp_path / "stars.png")
    levels = [LevelSpec(name, "", factor) for name in "abc"]
    levels[level] = replace(levels[level], pin=Pin(str(tmp_path / "stars.png")))
    job = Job(tuple(levels), size=SIZE, sampler=SamplerSettings(steps=4))
    pictures = generate(job, tmp_path / "out")
    assert rms(pictures[level], wanted) < 2.0
    # And the next level is still the same place, as far as bytes can be.
    place = footprints([Placement(), Placement(factor)], SIZE)[0]
    light = [torch.from_numpy(bytes_to_linear(p)).permute(2, 0, 1) for p in pictures]
    seen, shown = place.reduce(light[level + 1]), place.crop(light[level])
    assert float(((seen - shown) ** 2).mean().sqrt()) < 0.1


def test_a_given_picture_is_stretched_as_the_levels_are(tmp_path: Path) -> None:
    # A model that samples 16:9 at 11:6: what lies at the photo's edge must lie at the level's.
    Image.fromarray(np.tile(np.arange(160, dtype=np.uint8), (90, 1))).save(tmp_path / "ramp.png")
    given = read_given(Job((LevelSpec("a", pin=Pin(str(tmp_path / "ramp.png"))),)))[0]
    pin = given.at((88, 48), 16 / 9)
    row = (pin.target[0, 24] + 1.0) * 127.5
    assert row[0] == pytest.approx(0.4, abs=0.5)
    assert row[-1] == pytest.approx(158.6, abs=0.5)


def test_only_the_masked_part_is_the_photo(tmp_path: Path) -> None:
    image = photo(tmp_path)
    left = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    left[:, : SIZE[0] // 2] = 255
    Image.fromarray(left).save(tmp_path / "mask.png")
    pin = Pin(str(image), str(tmp_path / "mask.png"))
    levels = (LevelSpec("a", pin=pin), LevelSpec("b"))
    job = Job(levels, size=SIZE, sampler=SamplerSettings(steps=4))
    seen, wanted = generate(job, tmp_path / "out")[0], np.asarray(Image.open(image))
    half = SIZE[0] // 2
    assert (
        rms(seen[:, :half], wanted[:, :half]) < 2.0 < 20.0 < rms(seen[:, half:], wanted[:, half:])
    )


def test_transparent_parts_of_a_picture_are_free(tmp_path: Path) -> None:
    rgba = Image.open(photo(tmp_path)).convert("RGBA")
    rgba.putalpha(Image.fromarray(np.tile(np.uint8([[0] * 32 + [255] * 32]), (48, 1))))
    rgba.save(tmp_path / "cut.png")
    job = Job((LevelSpec("a", pin=Pin(str(tmp_path / "cut.png"))),))
    _, mask = read_given(job)[0].fitted(SIZE)
    assert mask[:, :30].max() == 0.0
    assert mask[:, 34:].min() == 1.0


def test_a_picture_of_another_shape_is_cut_and_not_stretched(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), (200, 0, 0)).save(tmp_path / "wide.png")
    picture, mask = read_given(Job((LevelSpec("a", pin=Pin(str(tmp_path / "wide.png"))),)))[
        0
    ].fitted((40, 40))
    assert picture.shape == (40, 40, 3)
    assert mask.shape == (40, 40)


def test_paths_in_a_job_file_are_relative_to_it(tmp_path: Path) -> None:
    level = {"prompt": "a", "pin": {"image": "photo.png"}}
    (tmp_path / "job.json").write_text(json.dumps({"levels": [level]}), encoding="utf-8")
    job = load_job(tmp_path / "job.json")
    assert job.levels[0].pin == Pin(str(tmp_path.resolve() / "photo.png"))
    assert parse_job(job.to_dict()) == job


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        ({"image": "absent.png"}, "Level 1 is pinned to"),
        ({"image": "text.png"}, "cannot be read as a picture"),
        ({"image": " "}, "without a picture"),
        ({"picture": "a.png"}, "unknown key 'picture'"),
        ("photo.png", "must be an object"),
    ],
)
def test_a_wrong_pin_gets_one_sentence(tmp_path: Path, pin: object, words: str) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    with pytest.raises(ZoomStackError, match=words):
        generate(parse_job({"levels": [{"prompt": "a", "pin": pin}]}, tmp_path), tmp_path / "out")
    assert not list((tmp_path / "out").glob("level_*"))


def test_an_interrupted_run_does_not_go_on_with_another_photo(tmp_path: Path) -> None:
    image = photo(tmp_path)
    job = Job((LevelSpec("a", pin=Pin(str(image))),), size=SIZE, sampler=SamplerSettings(steps=4))
    recorder = Recorder()
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    with pytest.raises(Cancelled):
        run_generate(
            request, recorder, lambda: bool(recorder.of("progress")), lambda *_: AnalyticModel()
        )
    Image.new("RGB", SIZE, (0, 90, 0)).save(image)
    with pytest.raises(ZoomStackError) as caught:
        generate(job, tmp_path / "out", resume=True)
    assert caught.value.code == "other_job"
    assert "picture that a level keeps or is pinned to" in caught.value.text
