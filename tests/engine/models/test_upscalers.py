"""Which upscaler a job gets: by name, after a second stage, or the best at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import (
    AUTOMATIC,
    LANCZOS,
    REAL_ESRGAN,
    REAL_ESRGAN_QUICK,
    Job,
    LevelSpec,
    SamplerSettings,
)
from engine.contract.stack import read_stack
from engine.machine import environment
from engine.models import ncnn_network, real_esrgan
from engine.models.upscalers import Upscalers
from engine.pictures.colour import to_linear
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.recorder import Recorder
from tests.engine.tiny_models import save_tiny_if, save_tiny_swin2sr


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_tiny_if(folder / "first", size=16)
    save_tiny_if(folder / "second", size=32, enlarges=True)
    save_tiny_swin2sr(folder / "swin")
    return folder


def run(models: Path, out: Path, **changes: Any) -> Recorder:
    levels = (LevelSpec("a spiral galaxy"), LevelSpec("a blue planet"))
    job = Job(levels, "first", size=(128, 128), sampler=SamplerSettings(steps=2))
    recorder = Recorder()
    request = GenerateRequest(replace(job, **changes), out, device="cpu", models=(models,))
    run_generate(request, recorder, lambda: False)
    return recorder


@pytest.mark.parametrize(
    ("name", "used", "sampled"),
    [
        (AUTOMATIC, REAL_ESRGAN_QUICK, 16),
        (REAL_ESRGAN_QUICK, REAL_ESRGAN_QUICK, 16),
        ("second", "second", 32),
        ("second + real_esrgan_quick", "second + real_esrgan_quick", 32),
        ("second + swin", "second + swin", 32),
        ("second + automatic", "second + real_esrgan_quick", 32),
        ("second + lanczos", "second", 32),
    ],
)
def test_a_job_gets_what_it_names(
    models: Path, tmp_path: Path, name: str, used: str, sampled: int
) -> None:
    recorder = run(models, tmp_path / "out", upscaler=name)
    made_with = read_stack(tmp_path / "out").made_with
    assert made_with["upscaler"]["name"] == used
    assert made_with["upscaler"]["revision"].count(" + ") == used.count(" + ")
    assert made_with["upscaler"].get("device") == ("cpu" if "esrgan" in used else None)
    assert made_with["sample_size"] == [sampled, sampled]
    wide, deep = (
        to_linear(np.asarray(Image.open(tmp_path / f"out/level_0{n}.png"), np.float32) / 255.0)
        for n in (0, 1)
    )
    means = deep.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(wide[32:96, 32:96] - means).max() < 0.01, "the levels do not show one another"
    stages = [message["name"] for message in recorder.of("stage")]
    assert stages[-1] == ("finish" if used == "second" else "enlarge")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("swin + lanczos", "The upscaler 'swin' is no second stage"),
        ("second + second", "'second' is a second stage, which cannot enlarge finished"),
        ("second + nothing", "There is no upscaler 'nothing'"),
        ("nothing", "Known upscalers: automatic, lanczos, real_esrgan, real_esrgan_quick, bundled"),
        ("first", "makes pictures and cannot enlarge them"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_loaded(
    models: Path, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(ZoomStackError) as caught:
        run(models, tmp_path / "out", upscaler=name)
    assert words in str(caught.value)


def test_without_its_packages_automatic_is_plain_and_says_so(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = {"no_such_package": "ncnn"}
    monkeypatch.setattr(environment, "UPSCALER_PACKAGES", absent)
    recorder = run(models, tmp_path / "out")
    assert read_stack(tmp_path / "out").made_with["upscaler"] is None
    notes = [each["text"] for each in recorder.of("warning") if each["code"] == "upscaler"]
    assert len(notes) == 1
    assert notes[0].startswith("The pictures are enlarged plainly, not sharply. Real-ESRGAN needs")
    with pytest.raises(ZoomStackError, match="Real-ESRGAN needs ncnn"):
        run(models, tmp_path / "other", upscaler=REAL_ESRGAN)


@pytest.mark.parametrize(
    ("device", "may_use_card", "card", "name"),
    [
        ("cpu", False, "cpu", REAL_ESRGAN_QUICK),
        ("cpu", True, "A Card", REAL_ESRGAN_QUICK),
        ("cuda", True, "A Card", REAL_ESRGAN),
        ("cuda", True, "cpu", REAL_ESRGAN_QUICK),
    ],
)
def test_the_large_network_wants_a_card(
    monkeypatch: pytest.MonkeyPatch, device: str, may_use_card: bool, card: str, name: str
) -> None:
    monkeypatch.setattr(real_esrgan, "device_at_hand", lambda _where: card)
    note: Callable[[str], None] = pytest.fail
    opened = Upscalers((), torch.device(device), may_use_card, note).single(AUTOMATIC)
    assert (opened.name, opened.device) == (name, card)


def test_a_runtime_that_does_not_run_is_found_out_before_anything_is_sampled(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nsys.exit('a library is missing')\n")
    monkeypatch.setattr(ncnn_network, "_PROGRAM", program)
    recorder = run(models, tmp_path / "out")
    (note,) = [each["text"] for each in recorder.of("warning") if each["code"] == "upscaler"]
    assert note.startswith("The pictures are enlarged plainly, not sharply. Real-ESRGAN does not")
    assert "a library is missing" in note
    with pytest.raises(ZoomStackError, match="Real-ESRGAN does not run: a library is missing"):
        run(models, tmp_path / "named", upscaler=REAL_ESRGAN_QUICK)
    assert not list((tmp_path / "named").rglob("*.safetensors")), "it was sampled first"


def test_a_path_may_hold_what_joins_two_names(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "R + D"
    save_tiny_swin2sr(folder)
    run(models, tmp_path / "out", upscaler=str(folder))
    assert read_stack(tmp_path / "out").made_with["upscaler"]["name"] == str(folder)


def test_a_little_larger_is_left_to_interpolation(models: Path, tmp_path: Path) -> None:
    run(models, tmp_path / "out", size=(18, 18))
    assert read_stack(tmp_path / "out").made_with["upscaler"] is None
    run(models, tmp_path / "named", size=(18, 18), upscaler=LANCZOS)
    for number in (0, 1):
        name = f"level_0{number}.png"
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "named" / name).read_bytes()
