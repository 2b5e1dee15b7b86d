"""Swin2SR, the upscaler without diffusion: against transformers, and as a part of a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.stack import read_stack
from engine.machine.failures import Cancelled
from engine.models import swin2sr
from engine.models.registry import find_model, list_models
from engine.models.upscaling import unobserved
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.recorder import Recorder
from tests.engine.tiny_models import save_tiny_if, save_tiny_swin2sr


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_tiny_if(folder / "first", size=16)
    save_tiny_swin2sr(folder / "swin")
    return folder


def run(models: Path, out: Path, **changes: Any) -> Recorder:
    levels = (LevelSpec("a spiral galaxy"), LevelSpec("a blue planet"))
    job = Job(levels, "first", upscaler="swin", size=(48, 48), sampler=SamplerSettings(steps=2))
    recorder = Recorder()
    request = GenerateRequest(replace(job, **changes), out, device="cpu", models=(models,))
    run_generate(request, recorder, lambda: False)
    return recorder


def test_it_enlarges_as_transformers_does(models: Path) -> None:
    from transformers import Swin2SRForImageSuperResolution

    stock = Swin2SRForImageSuperResolution.from_pretrained(models / "swin")
    picture = np.random.default_rng(1).random((16, 24, 3)).astype(np.float32)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = stock(pixel_values=pixels).reconstruction[0].clamp(0, 1).permute(1, 2, 0)
    model = swin2sr.load(models / "swin", "swin", "0", torch.device("cpu"))
    assert np.allclose(model.enlarged(picture, unobserved), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("size", [(13, 7), (100, 60), (53, 7), (13, 200), (9, 5)])
def test_any_size_comes_of_any_size(models: Path, size: tuple[int, int]) -> None:
    model = swin2sr.load(models / "swin", "swin", "0", torch.device("cpu"))
    picture = np.random.default_rng(1).random((7, 13, 3)).astype(np.float32)
    larger = model.resize(picture, size)
    assert larger.shape == (size[1], size[0], 3)
    assert larger.min() >= 0.0
    assert larger.max() <= 1.0
    assert (larger is picture) == (size == (13, 7))


def test_a_job_takes_it_and_says_so(models: Path, tmp_path: Path) -> None:
    run(models, tmp_path / "swin")
    run(models, tmp_path / "plain", upscaler="lanczos")
    made_with = read_stack(tmp_path / "swin").made_with
    assert made_with["upscaler"]["name"] == "swin"
    assert made_with["upscaler"]["revision"]
    assert made_with["sample_size"] == [16, 16]
    enlarged, plain = (
        np.array(Image.open(tmp_path / name / "level_01.png"), dtype=float)
        for name in ("swin", "plain")
    )
    assert enlarged.shape == plain.shape == (48, 48, 3)
    assert np.abs(enlarged - plain).mean() > 1.0, "plain interpolation was used"


def test_what_was_not_used_is_not_named(models: Path, tmp_path: Path) -> None:
    run(models, tmp_path / "same", size=(18, 18))
    assert read_stack(tmp_path / "same").made_with["upscaler"] is None


def test_a_cancel_is_seen_within_a_picture(models: Path) -> None:
    model = swin2sr.load(models / "swin", "swin", "0", torch.device("cpu"))

    def cancel(_share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        model.resize(np.zeros((16, 16, 3), np.float32), (64, 64), cancel)


def test_it_is_listed_and_makes_no_pictures(models: Path) -> None:
    entry = next(entry for entry in list_models([models]).entries if entry.name == "swin")
    assert (entry.family, entry.enlarges, entry.problem) == ("Swin2SR", True, "")
    with pytest.raises(ZoomStackError, match="makes none by itself"):
        find_model("swin", [models])


def test_other_transformers_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat/config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    assert [entry.name for entry in list_models([tmp_path]).entries] == ["bundled", "bundled_x4"]


def test_pickled_and_missing_weights_are_refused(tmp_path: Path) -> None:
    folder = save_tiny_swin2sr(tmp_path / "swin")
    weights = folder / "model.safetensors"
    weights.rename(folder / "pytorch_model.bin")
    with pytest.raises(ZoomStackError, match="The model 'swin' has its weights only as pickle"):
        find_model("swin", [tmp_path], enlarges=True)
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(ZoomStackError, match="The model 'swin' has no weights"):
        find_model("swin", [tmp_path], enlarges=True)


def test_one_that_does_not_enlarge_is_refused(tmp_path: Path) -> None:
    folder = save_tiny_swin2sr(tmp_path / "restores", upscale=1)
    with pytest.raises(ZoomStackError, match="does not enlarge colour pictures"):
        swin2sr.load(folder, "restores", "0", torch.device("cpu"))
