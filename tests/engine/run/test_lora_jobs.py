"""Jobs with LoRAs: found by name, acting on both halves, refused where they do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, LevelSpec, Lora, SamplerSettings
from engine.contract.pipeline_families import PIPELINES
from engine.contract.stack import read_stack
from engine.models import registry
from engine.models.library import library
from engine.models.library.found import Found, Kind
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.models.single_file.tiny_checkpoints import tiny
from tests.engine.models.single_file.tiny_loras import kohya, make, merged
from tests.engine.recorder import Recorder

SDXL = "StableDiffusionXLPipeline"
LEVELS = (LevelSpec("a galaxy"), LevelSpec("a planet"))
JOB = Job(LEVELS, model="plain", size=(64, 64), sampler=SamplerSettings(steps=3))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, the same one changed by the formula, and the file that says so."""
    folder = tmp_path_factory.mktemp("models")
    stock = tiny("sdxl")
    lora = make(stock, seed=1)
    stock.save_pretrained(folder / "plain")
    merged(stock, [(lora, 0.7)]).save_pretrained(folder / "merged")
    kohya(folder / "ink.safetensors", lora)
    return folder


@pytest.fixture(autouse=True)
def recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are told by widths that tiny ones do not have, and sizes by their VAE's depth."""
    monkeypatch.setitem(PIPELINES, SDXL, replace(PIPELINES[SDXL], native=64))
    for place in (registry, library):
        monkeypatch.setattr(
            place,
            "inspect_file",
            lambda path, name: Found(
                name, path, Kind.LORA, title="LoRA for Stable Diffusion XL", lora_for=SDXL
            ),
        )


def run(models: Path, out: Path, job: Job) -> list[np.ndarray]:
    request = GenerateRequest(job, out, device="cpu", models=(models,))
    run_generate(request, Recorder(), lambda: False)
    stack = read_stack(out)
    assert stack.made_with["job"]["loras"] == job.to_dict()["loras"]
    found = []
    for level in range(len(stack.levels)):
        with Image.open(stack.picture(level)) as picture:
            found.append(np.asarray(picture, np.float32))
    return found


@pytest.mark.parametrize("by_path", [False, True])
def test_a_lora_acts_as_its_formula_says(models: Path, tmp_path: Path, by_path: bool) -> None:
    name = str(models / "ink.safetensors") if by_path else "ink"
    plain = run(models, tmp_path / "plain", JOB)
    with_lora = run(models, tmp_path / "lora", replace(JOB, loras=(Lora(name, 0.7),)))
    expected = run(models, tmp_path / "merged", replace(JOB, model="merged"))
    for bare, changed, right in zip(plain, with_lora, expected, strict=True):
        assert np.abs(changed - right).max() <= 1
        assert np.abs(changed - bare).mean() > 1


def test_a_weight_of_nothing_changes_nothing(models: Path, tmp_path: Path) -> None:
    plain = run(models, tmp_path / "plain", JOB)
    without = run(models, tmp_path / "zero", replace(JOB, loras=(Lora("ink", 0.0),)))
    for bare, same in zip(plain, without, strict=True):
        assert np.abs(same - bare).max() <= 1


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"loras": (Lora("gone"),)}, "no_lora", "There is no LoRA 'gone'"),
        (
            {"loras": (Lora("ink"),), "model": "bundled"},
            "bad_lora",
            "'bundled' is Zoom St",
        ),
        ({"model": "ink"}, "bad_model", "changes a model and is none by itself"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_loaded(
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    code: str,
    words: str,
) -> None:
    monkeypatch.setattr(registry, "open_model", None)
    with pytest.raises(ZoomStackError, match=words) as caught:
        run(models, tmp_path / "out", replace(JOB, **changes))
    assert caught.value.code == code
