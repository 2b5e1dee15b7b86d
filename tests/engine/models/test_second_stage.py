"""Stage II of an IF cascade: against the stock pipeline, and as a part of a job."""

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
from engine.contract.job import Job, Keep, LevelSpec, SamplerSettings
from engine.contract.job_parser import parse_job
from engine.contract.stack import read_stack
from engine.machine.failures import Cancelled
from engine.method.nesting import render
from engine.models import deepfloyd_if_sr
from engine.models.registry import find_model
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.recorder import Recorder
from tests.engine.tiny_models import save_tiny_if

SMALL, LARGE = 16, 32


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_tiny_if(folder / "first", size=SMALL)
    save_tiny_if(folder / "second", size=LARGE, enlarges=True)
    save_tiny_if(folder / "same", size=SMALL, enlarges=True)
    return folder


def job(**changes: object) -> Job:
    levels = (LevelSpec("a spiral galaxy"), LevelSpec("a blue planet"), LevelSpec("a leaf"))
    settings = SamplerSettings(steps=6)
    return replace(Job(levels, "first", upscaler="second", sampler=settings), **changes)


def run(models: Path, out: Path, job: Job, **options: object) -> Recorder:
    recorder = Recorder()
    request = GenerateRequest(job, out, device="cpu", models=(models,), **options)
    run_generate(request, recorder, lambda: False)
    return recorder


def pictures(out: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(out.glob("level_*.png"))]


def test_it_asks_the_unet_as_the_stock_pipeline_does(models: Path) -> None:
    from diffusers import IFSuperResolutionPipeline

    pipeline = IFSuperResolutionPipeline.from_pretrained(models / "second", safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    asked: list[tuple[torch.Tensor, dict[str, torch.Tensor]]] = []
    answer = pipeline.unet.forward

    def listen(sample: torch.Tensor, timestep: torch.Tensor, **options: object) -> object:
        result = answer(sample, timestep, **options)
        asked.append((sample, {"t": timestep, "out": result[0], **options}))
        return result

    pipeline.unet.forward = listen
    small = torch.rand(1, 3, SMALL, SMALL) * 2 - 1
    pipeline(
        "a blue planet",
        image=small,
        negative_prompt="red",
        guidance_scale=deepfloyd_if_sr.GUIDANCE,
        noise_level=deepfloyd_if_sr.AUGMENTATION,
        num_inference_steps=3,
        output_type="pt",
    )
    model = deepfloyd_if_sr.load(models / "second", "second", "0", torch.device("cpu"))
    abar = pipeline.image_noising_scheduler.alphas_cumprod[deepfloyd_if_sr.AUGMENTATION]
    enlarged = torch.nn.functional.interpolate(
        small, (LARGE, LARGE), mode="bilinear", align_corners=True
    )
    with torch.inference_mode():
        for sample, seen in asked:
            latent, augmented = sample[:1, :3], sample[:1, 3:]
            noise = (augmented - abar.sqrt() * enlarged) / (1 - abar).sqrt()
            denoiser = model.condition(["a blue planet"], ["red"], small, noise)
            assert torch.allclose(denoiser.augmented, augmented, atol=1e-5)
            alpha = pipeline.scheduler.alphas_cumprod[int(seen["t"])].sqrt()
            sigma = (1 - alpha**2).sqrt() / alpha
            x0 = denoiser.predict_x0(latent / alpha, sigma.view(1))
            negative, positive = seen["out"][:, :3].chunk(2)
            guided = negative + deepfloyd_if_sr.GUIDANCE * (positive - negative)
            expected = denoiser._threshold((latent - (1 - alpha**2).sqrt() * guided) / alpha)
            assert torch.allclose(x0, expected, atol=1e-3)


def test_a_job_ends_at_the_second_stages_size_and_is_nested(models: Path, tmp_path: Path) -> None:
    recorder = run(models, tmp_path / "out", job(size=(LARGE, LARGE)))
    assert [m["name"] for m in recorder.of("stage")] == [
        "load", "prompts", "sample", "refine", "finish",
    ]  # fmt: skip
    steps = [(m["step"], m["total"]) for m in recorder.of("progress")]
    assert steps == [(i, 6) for i in range(1, 7)] + [(i, 3) for i in range(1, 4)]
    assert not recorder.of("warning"), "nothing had to be enlarged"
    stack = read_stack(tmp_path / "out")
    assert stack.made_with["upscaler"]["name"] == "second"
    assert stack.made_with["sample_size"] == [LARGE, LARGE]
    from engine.pictures.colour import bytes_to_linear

    x = torch.stack(
        [
            torch.from_numpy(bytes_to_linear(np.array(Image.open(stack.picture(i)))))
            for i in range(3)
        ]
    ).permute(0, 3, 1, 2)
    placements = [Placement(), Placement(2.0), Placement(2.0)]
    assert (render(x, placements) - x).abs().max() < 0.012


def test_the_second_stage_decides_detail(models: Path, tmp_path: Path) -> None:
    run(models, tmp_path / "two", job(size=(LARGE, LARGE)))
    run(models, tmp_path / "one", job(size=(LARGE, LARGE), upscaler="lanczos"))
    assert pictures(tmp_path / "two") != pictures(tmp_path / "one")


@pytest.mark.parametrize("stop_after", [4, 8])
def test_a_cancelled_run_goes_on_bit_for_bit_in_either_stage(
    models: Path, tmp_path: Path, stop_after: int
) -> None:
    run(models, tmp_path / "whole", job())
    recorder = Recorder()
    request = GenerateRequest(job(), tmp_path / "cut", device="cpu", models=(models,))
    with pytest.raises(Cancelled):
        run_generate(request, recorder, lambda: len(recorder.of("progress")) >= stop_after)
    resumed = run(models, tmp_path / "cut", job(), resume=True)
    assert len(resumed.of("progress")) == 9 - stop_after
    assert pictures(tmp_path / "cut") == pictures(tmp_path / "whole")


def test_kept_levels_are_not_refined(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(models, tmp_path / "first", job())
    levels = list(job().levels)
    for i in (0, 2):
        levels[i] = replace(levels[i], keep=Keep(str(tmp_path / f"first/level_{i:02d}.png")))
    asked: list[int] = []
    answer = deepfloyd_if_sr.SuperResolutionDenoiser.predict_x0

    def count(self, z, sigma):
        asked.append(len(z))
        return answer(self, z, sigma)

    monkeypatch.setattr(deepfloyd_if_sr.SuperResolutionDenoiser, "predict_x0", count)
    run(models, tmp_path / "second", job(levels=tuple(levels), seed=5))
    assert asked == [1, 1, 1]
    before, after = pictures(tmp_path / "first"), pictures(tmp_path / "second")
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "second"}, "enlarges pictures of a first stage"),
        ({"upscaler": "first"}, "makes pictures and cannot enlarge them"),
        ({"upscaler": "absent"}, "There is no upscaler 'absent'"),
        ({"upscaler": "same"}, "no multiple of the 16 of the model 'first'"),
    ],
)
def test_stages_in_the_wrong_place_are_told(
    models: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ZoomStackError, match=words):
        run(models, tmp_path / "out", job(**changes))


@pytest.mark.parametrize(
    ("upscaler", "size", "used"),
    [
        ("automatic", None, "bundled_x4"),
        ("automatic", (96, 96), "bundled_x4"),
        ("automatic", (64, 64), None),  # as the first stage makes them
        ("bundled_x4", (64, 64), "bundled_x4"),
        ("lanczos", None, None),
    ],
)
def test_the_bundled_models_second_stage(
    tmp_path: Path, upscaler: str, size: tuple[int, int] | None, used: str | None
) -> None:
    level = (LevelSpec("a leaf"),)
    settings = SamplerSettings(steps=2)
    run_generate(
        GenerateRequest(Job(level, size=size, upscaler=upscaler, sampler=settings), tmp_path / "o"),
        Recorder(),
        lambda: False,
    )
    made_with = read_stack(tmp_path / "o").made_with
    assert (made_with["upscaler"] and made_with["upscaler"]["name"]) == used
    assert Image.open(tmp_path / "o/level_00.png").size == (size or (256, 256))


def test_prompts_do_not_reach_a_second_stage_without_text() -> None:
    entry = find_model("bundled_x4", enlarges=True)
    model = deepfloyd_if_sr.load(entry.folder, "bundled_x4", "0", torch.device("cpu"))
    small, noise, z = torch.rand(1, 3, 8, 8), torch.randn(1, 3, 32, 32), torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        one, other = (
            model.condition([prompt], [""], small, noise).predict_x0(z, torch.ones(1))
            for prompt in ("a leaf", "red blood cells")
        )
    assert torch.equal(one, other)
    assert one.shape == (1, 3, 32, 32)


def test_the_bundled_second_stage_keeps_the_small_pictures_low_frequencies() -> None:
    entry = find_model("bundled_x4", enlarges=True)
    model = deepfloyd_if_sr.load(entry.folder, "bundled_x4", "0", torch.device("cpu"))
    small = torch.rand(1, 3, 16, 16)
    pool = torch.nn.functional.avg_pool2d
    with torch.inference_mode():
        denoiser = model.condition([""], [""], small, torch.randn(1, 3, 64, 64))
        z, sigma = 40 * torch.randn(1, 3, 64, 64), torch.full((1,), 40.0)
        follows = denoiser.predict_x0(z, sigma)
        denoiser.small = None
        alone = denoiser.predict_x0(z, sigma)
    far, near = (float((pool(x, 8) - pool(small, 2)).abs().mean()) for x in (alone, follows))
    assert near < 0.6 * far


def test_the_bundled_second_stage_draws_no_lines_along_the_border() -> None:
    entry = find_model("bundled_x4", enlarges=True)
    model = deepfloyd_if_sr.load(entry.folder, "bundled_x4", "0", torch.device("cpu"))
    random = torch.Generator().manual_seed(1)
    waves = 0.6 * torch.randn(2, 3, 4, 4, generator=random)
    small, large = (
        torch.nn.functional.interpolate(waves, (side, side), mode="bicubic") for side in (32, 128)
    )
    noise = torch.randn(2, 3, 128, 128, generator=random)
    with torch.inference_mode():
        denoiser = model.condition(["", ""], ["", ""], small, noise)
        x0 = denoiser.predict_x0(large + 0.5 * noise, torch.full((2,), 0.5))
    sides = (x0, x0.flip(2), x0.mT, x0.mT.flip(2))
    steps = torch.stack([side.diff(dim=2).abs().mean((0, 1, 3)) for side in sides]).mean(0)
    assert steps[:2].max() < 1.15 * steps[4:40].mean()


def test_a_job_says_its_upscaler() -> None:
    data = {"levels": [{"prompt": "a"}], "upscaler": "second"}
    assert parse_job(data).upscaler == "second"
    assert parse_job({"levels": data["levels"]}).upscaler == "automatic"
    assert json.loads(json.dumps(parse_job(data).to_dict()))["upscaler"] == "second"
