"""A job on every family of stock pipelines, found on the disk: by name and by path."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from engine.contract.pipeline_families import PIPELINES
from engine.contract.stack import Stack, read_stack
from engine.machine.failures import Cancelled
from engine.method import rounds
from engine.method.latent_footprint import Fit
from engine.models import registry
from engine.models.library import library
from engine.models.library.found import Found, Kind
from engine.models.pipelines.opening import open_pipeline
from engine.models.registry import find_model
from engine.models.revision import revision_of_parts
from engine.models.single_file import halves
from engine.pictures.colour import to_linear
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from tests.engine.models.original_layout import original_checkpoint, write
from tests.engine.models.pipelines.tiny_pipelines import TINY, save_tiny
from tests.engine.models.single_file.tiny_checkpoints import configuration, tiny
from tests.engine.recorder import Recorder

SIDE = 64
ONE = (LevelSpec("a galaxy", "text"),)


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


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with trained codecs: no fit is good enough where weights are random."""
    monkeypatch.setattr(Fit, "usable", property(lambda _: True))


@pytest.fixture(params=["fitted", "not fitted"])
def either(request: pytest.FixtureRequest) -> None:
    if request.param == "fitted":
        request.getfixturevalue("fitted")


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


def files(stack: Stack) -> list[bytes]:
    return [stack.picture(level).read_bytes() for level in range(len(stack.levels))]


def pixels(stack: Stack, level: int) -> np.ndarray:
    with Image.open(stack.picture(level)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


@pytest.mark.usefixtures("fitted")
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


@pytest.fixture(scope="module")
def latent_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny("sdxl", tmp_path_factory.mktemp("models") / "latent")


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("step", [1, 6])
def test_a_run_that_was_cut_goes_on_to_the_same_bytes(
    latent_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    asked = job(str(latent_model), None, side=SIDE, loop=False)
    # Step 6 lies between two that are seen in pixels: what the earlier one added is saved as well.
    # (The latents of a random VAE are so small that the usual ones would all come last.)
    monkeypatch.setattr(rounds, "VISITS", rounds.Visits(2, (300.0, 60.0)))
    asked = replace(asked, sampler=SamplerSettings(steps=12))
    whole, _ = make(asked, tmp_path / "whole")
    request = GenerateRequest(asked, tmp_path / "cut", device="cpu")
    recorder = Recorder()
    with pytest.raises(Cancelled):
        run_generate(request, recorder, lambda: len(recorder.of("progress")) >= step)
    run_generate(replace(request, resume=True), Recorder(), lambda: False)
    assert files(read_stack(tmp_path / "cut")) == files(whole)


def test_another_file_under_a_loras_name_is_another_job(latent_model: Path, tmp_path: Path) -> None:
    """Its weights decide the numbers as the model's do."""
    entry = find_model(str(latent_model))
    assert entry.found is not None
    file = tmp_path / "ink.safetensors"
    revisions = []
    for content in (b"one", b"other"):
        file.write_bytes(content)
        lora = Found("ink", file, Kind.LORA)
        model = open_pipeline(entry.found, "m", torch.device("cpu"), loras=[(lora, 1.0)])
        revisions.append(model.revision)
    without = open_pipeline(entry.found, "m", torch.device("cpu")).revision
    assert len({without, *revisions}) == 3
    assert all(revision.startswith(without) for revision in revisions)


@pytest.mark.usefixtures("either")
def test_kept_levels_stay_and_the_others_fit(latent_model: Path, tmp_path: Path) -> None:
    asked = job(str(latent_model), None, side=SIDE, loop=False)
    before, _ = make(asked, tmp_path / "before")
    kept = [
        replace(level, keep=Keep(str(before.picture(number)))) if number != 1 else level
        for number, level in enumerate(asked.levels)
    ]
    after, _ = make(replace(asked, levels=tuple(kept), seed=8), tmp_path / "after")
    was, now = files(before), files(after)
    assert (now[0], now[2]) == (was[0], was[2])
    assert now[1] != was[1]


def test_what_a_family_does_not_read_is_said(model: Path, tmp_path: Path) -> None:
    asked = replace(job(str(model), None, side=side_of(model), loop=False), levels=ONE)
    _, recorder = make(asked, tmp_path / "stack")
    said = [each["text"] for each in recorder.of("warning") if each["code"] == "negative_prompts"]
    draft = find_model(str(model)).listed().draft
    assert bool(said) == (draft or "flux1" in model.name)


def test_steps_and_guidance_are_the_families_own(latent_model: Path, tmp_path: Path) -> None:
    asked = job(str(latent_model), None, side=SIDE, loop=False)
    stack, recorder = make(replace(asked, levels=ONE, sampler=SamplerSettings()), tmp_path / "own")
    sampler = stack.made_with["job"]["sampler"]
    assert (sampler["steps"], sampler["guidance_scale"]) == (30, 5.0)
    assert recorder.of("progress")[-1]["total"] == 30


def test_a_draft_takes_few_steps_without_guidance(tmp_path: Path) -> None:
    turbo = save_tiny("sdxl", tmp_path / "models" / "sdxl-turbo")
    asked = replace(
        job(str(turbo), None, side=SIDE, loop=False), levels=ONE, sampler=SamplerSettings()
    )
    stack, _ = make(asked, tmp_path / "stack")
    sampler = stack.made_with["job"]["sampler"]
    assert (sampler["steps"], sampler["guidance_scale"]) == (4, 0.0)


def test_a_model_larger_than_the_memory_is_refused_before_it_is_loaded(
    latent_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.memory.total_memory", lambda _device: 10_000)
    with pytest.raises(ZoomStackError) as caught:
        make(job(str(latent_model), None, side=SIDE, loop=False), tmp_path / "stack")
    assert caught.value.code == "too_large"
    assert "this machine has 0.0 GB" in caught.value.text


def test_levels_too_small_for_latents_are_refused(latent_model: Path, tmp_path: Path) -> None:
    asked = job(str(latent_model), None, side=SIDE, loop=False)
    levels = (asked.levels[0], replace(asked.levels[1], zoom_factor=6.0))
    with pytest.raises(ZoomStackError, match=r"Level 2 .* at 8x8 pixels, the size of the mod"):
        make(replace(asked, levels=levels), tmp_path / "stack")


@pytest.mark.parametrize("full", ["unet", "text_encoder"])
def test_parts_of_different_precision_load_together(tmp_path: Path, full: str) -> None:
    model = save_tiny("sdxl", tmp_path / "models" / "mixed")
    for part in (path for path in model.iterdir() if path.is_dir() and path.name != full):
        for file in part.glob("*.safetensors"):
            file.rename(file.with_name(f"{file.stem}.fp16.safetensors"))
    stack, _ = make(
        replace(job(str(model), None, side=SIDE, loop=False), levels=ONE), tmp_path / "s"
    )
    assert pixels(stack, 0).std() > 1


@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_a_single_file_makes_a_zoom(
    kind: str, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name and by path; that real ones are recognised, other tests show at full size."""
    stock = tiny(kind)
    file = tmp_path / "models" / "mine.safetensors"
    file.parent.mkdir()
    write(file, original_checkpoint(stock))
    monkeypatch.setattr(halves, "_CONFIGURATIONS", tmp_path / "configurations")
    configuration(stock, kind, tmp_path / "configurations" / kind)

    def recognised(path: Path, name: str) -> Found:
        family = type(stock).__name__
        return Found(
            name, path, Kind.MODEL, family, family, kind, single=True,
            native_size=(SIDE, SIDE), prediction="v_prediction" if kind == "sd2" else "epsilon",
        )  # fmt: skip

    for place in (registry, library):
        monkeypatch.setattr(place, "inspect_file", recognised)
    named, _ = make(job("mine", photo, side=SIDE, loop=False), tmp_path / "n", (file.parent,))
    by_path, _ = make(job(str(file), photo, side=SIDE, loop=False), tmp_path / "p")
    assert files(named) == files(by_path)
    looped, _ = make(job("mine", None, side=SIDE, loop=True), tmp_path / "l", (file.parent,))
    assert looped.loop


def test_a_guidance_below_the_lowest_means_that_one(tmp_path: Path) -> None:
    """PRX's pipeline refuses less than 1, which is no guidance."""
    prx = save_tiny("prx_pixel", tmp_path / "models" / "prx-turbo")
    asked = replace(job(str(prx), None, side=SIDE, loop=False), levels=ONE)
    stacks = [
        make(
            replace(asked, sampler=SamplerSettings(steps=2, guidance_scale=scale)), tmp_path / name
        )
        for name, scale in (("none", 0.0), ("one", 1.0))
    ]
    assert files(stacks[0][0]) == files(stacks[1][0])


def test_a_prediction_against_the_files_word_is_noted(latent_model: Path, tmp_path: Path) -> None:
    asked = replace(job(str(latent_model), None, side=SIDE, loop=False), levels=ONE)
    right, quiet = make(replace(asked, prediction="epsilon"), tmp_path / "right")
    wrong, noted = make(replace(asked, prediction="v_prediction"), tmp_path / "wrong")
    assert files(wrong) != files(right)
    said = [
        [each for each in run.of("warning") if "trained" in each["text"]] for run in (quiet, noted)
    ]
    assert [len(each) for each in said] == [0, 1]
    assert said[1][0]["code"] == "model"


def test_a_model_that_lies_elsewhere_is_named(latent_model: Path, tmp_path: Path) -> None:
    asked = replace(job("gone/latent", None, side=SIDE, loop=False), levels=ONE)
    stack, recorder = make(asked, tmp_path / "stack", (latent_model.parent,))
    assert stack.made_with["model"]["name"] == "latent"
    assert "There is no 'gone/latent'; 'latent' is used." in [
        each["text"] for each in recorder.of("warning")
    ]


@pytest.mark.parametrize(
    ("family", "part", "lost"),
    [
        ("sdxl", "text_encoder", "q_proj"),
        ("z_image", "text_encoder", "q_proj"),
        ("sdxl", "unet", "conv_in"),
        ("z_image", "vae", "decoder.conv_in"),
    ],
)
def test_weights_that_are_not_there_are_not_left_to_chance(
    tmp_path: Path, family: str, part: str, lost: str
) -> None:
    model = save_tiny(family, tmp_path / "models" / "lossy")
    (file,) = (model / part).glob("*.safetensors")
    weights = load_file(file)
    name = next(name for name in weights if lost in name)
    save_file({key: value for key, value in weights.items() if key != name}, file, {"format": "pt"})
    asked = replace(job(str(model), None, side=SIDE, loop=False), levels=ONE)
    with pytest.raises(ZoomStackError) as caught:
        make(asked, tmp_path / "stack")
    assert caught.value.code == "bad_model"
    assert f'"{part}" part' in caught.value.text


def test_a_changed_configuration_is_another_model(tmp_path: Path) -> None:
    model = save_tiny("sdxl", tmp_path / "models" / "mine")
    before = revision_of_parts(model)
    file = model / "scheduler" / "scheduler_config.json"
    file.write_text(file.read_text().replace("0.012", "0.013"))
    assert revision_of_parts(model) != before


def test_steps_that_a_scheduler_does_not_take_are_a_sentence(tmp_path: Path) -> None:
    model = save_tiny("sdxl", tmp_path / "models" / "mine")
    file = model / "scheduler" / "scheduler_config.json"
    config = json.loads(file.read_text()) | {"_class_name": "LCMScheduler"}
    file.write_text(json.dumps(config))
    index = json.loads((model / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", "LCMScheduler"]
    (model / "model_index.json").write_text(json.dumps(index))
    asked = replace(job(str(model), None, side=SIDE, loop=False), levels=ONE)
    make(asked, tmp_path / "few")
    with pytest.raises(ZoomStackError, match="does not take 100 steps"):
        make(replace(asked, sampler=SamplerSettings(steps=100)), tmp_path / "many")


def test_a_prediction_for_a_family_without_one_is_noted(tmp_path: Path) -> None:
    model = save_tiny("z_image", tmp_path / "models" / "mine")
    asked = replace(
        job(str(model), None, side=SIDE, loop=False), levels=ONE, prediction="v_prediction"
    )
    _, recorder = make(asked, tmp_path / "stack")
    assert any("no choice of prediction" in each["text"] for each in recorder.of("warning"))


def test_a_lora_of_few_steps_makes_a_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the steps, the guidance and the noise levels of one."""
    stock = tiny("sd15")
    file = write(tmp_path / "mine.safetensors", original_checkpoint(stock))
    monkeypatch.setattr(halves, "_CONFIGURATIONS", tmp_path)
    configuration(stock, "sd15", tmp_path / "sd15")
    family = type(stock).__name__
    found = Found(
        "mine", file, Kind.MODEL, family, checkpoint="sd15", single=True, prediction="epsilon"
    )
    lightning = Found("lightning", file, Kind.LORA, draft=True)
    for loras, steps, spacing in (((), 30, "leading"), (((lightning, 1.0),), 4, "trailing")):
        model = open_pipeline(found, "mine", torch.device("cpu"), loras=loras)
        scheduler = model._halves.rest(torch.float32).scheduler
        assert (model.default_steps, scheduler.config.timestep_spacing) == (steps, spacing)
