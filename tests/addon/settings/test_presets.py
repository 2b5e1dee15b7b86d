"""Presets, shipped and of one's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session
from devtools.paths import REPO


def _presets() -> list[Path]:
    return sorted((REPO / "presets").glob("*.json"))


def test_there_are_presets(bpy: Any) -> None:
    assert len(_presets()) >= 6
    shown = bpy_session.submodule("settings.presets").shipped_presets()
    assert shown[0].stem == "powers_of_ten"
    assert set(shown) == {Path(shown[0].parent / file.name) for file in _presets()}


@pytest.mark.parametrize("file", _presets(), ids=lambda file: file.stem)
def test_every_preset_is_a_job_that_survives_the_settings(bpy: Any, file: Path) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.use_steps, settings.steps, settings.seed = True, 11, 5
    assert bpy.ops.zoom_stack.load_preset(preset=file.stem) == {"FINISHED"}
    job = bpy_session.submodule("settings.job").job_from_settings(settings)
    preset = json.loads(file.read_text())
    assert [level.prompt for level in job.levels] == [item["prompt"] for item in preset["levels"]]
    factors = [level.zoom_factor for level in job.levels[1:]]
    assert factors == [item.get("zoom_factor", 2.0) for item in preset["levels"][1:]]
    assert job.sampler.steps == preset.get("sampler", {}).get("steps", 11)
    assert job.seed == preset.get("seed", 5)


def test_a_preset_of_ones_own_comes_back(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    for prompt, factor in (("a galaxy", 2.0), ("a star", 3.5), ("a planet", 1.5)):
        level = settings.levels.add()
        level.prompt, level.zoom_factor, level.use_own_zoom_factor = prompt, factor, True
    settings.levels[2].focus = (0.4, 0.6)
    settings.levels[0].pin_image, settings.levels[0].pin_mask = "/photo.png", "/mask.png"
    settings.levels[1].use_own_seed, settings.levels[1].seed = True, 77
    settings.use_size, settings.width, settings.height = True, 640, 384
    settings.use_guidance, settings.guidance_scale = True, 7.5
    settings.seed = 1234
    before = bpy_session.submodule("settings.job").job_from_settings(settings)
    assert bpy.ops.zoom_stack.save_preset(name="Mine, of course") == {"FINISHED"}
    bpy_session.load_factory_startup()
    assert bpy.ops.zoom_stack.load_preset(preset="mine__of_course") == {"FINISHED"}
    settings = bpy.context.scene.zoom_stack
    assert bpy_session.submodule("settings.job").job_from_settings(settings) == before
    assert bpy.ops.zoom_stack.remove_preset(preset="mine__of_course") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="no preset"):
        bpy.ops.zoom_stack.load_preset(preset="mine__of_course")


def test_a_seed_too_large_for_blender_gets_a_sentence(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    apply_job = bpy_session.submodule("settings.job").apply_job
    before = len(settings.levels)
    for data in (
        {"levels": [{"prompt": "a"}], "seed": 2**31},
        {"levels": [{"prompt": "a", "seed": 2**40}]},
    ):
        with pytest.raises(Exception, match="larger than Blender can hold"):
            apply_job(settings, data)
    assert len(settings.levels) == before


def test_a_preset_is_not_called_like_a_device_of_windows(bpy: Any) -> None:
    bpy.context.scene.zoom_stack.levels.add().prompt = "a galaxy"
    for name in ("con", "LPT1", "x" * 300):
        with pytest.raises(RuntimeError, match=r"The name .* (device|longer)"):
            bpy.ops.zoom_stack.save_preset(name=name)


def test_a_file_whose_name_is_no_text_is_no_preset(bpy: Any) -> None:
    presets = bpy_session.submodule("settings.presets")
    folder = presets.presets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = Path(os.fsdecode(os.fsencode(folder) + b"/\xff.json"))
    file.write_text("{}", encoding="utf-8")
    try:
        assert file not in presets.user_presets()
    finally:
        file.unlink()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"levels": [{"prompt": "\\ud800"}]}', r"level 1 has U\+D800 in it"),
        (b'{"levels": [{"prompt": "\xff"}]}', "no UTF-8"),
        (b'{"levels": [{"prompt": "a"}], "seed": ' + b"1" * 5000 + b"}", "thousands of digits"),
        (b'{"levels": ' + b"[" * 500 + b"]" * 500 + b"}", "more than 100 deep"),
    ],
)
def test_a_strangers_preset_gets_a_sentence(bpy: Any, content: bytes, words: str) -> None:
    folder = bpy_session.submodule("settings.presets").presets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "strange.json").write_bytes(content)
    try:
        with pytest.raises(RuntimeError, match=words):
            bpy.ops.zoom_stack.load_preset(preset="strange")
        assert not bpy.context.scene.zoom_stack.levels
    finally:
        (folder / "strange.json").unlink()
