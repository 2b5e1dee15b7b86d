"""The settings keep their values, and every option finds its way to a job and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session


def test_settings_are_saved_with_the_file(bpy: Any, tmp_path: Path) -> None:
    bpy.ops.zoom_stack.load_preset(preset="forest_to_cell")
    bpy.context.scene.zoom_stack.blending = "uniform"
    prompts = [level.prompt for level in bpy.context.scene.zoom_stack.levels]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "zoom.blend"))
    bpy_session.load_factory_startup()
    assert len(bpy.context.scene.zoom_stack.levels) == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "zoom.blend"))
    settings = bpy.context.scene.zoom_stack
    assert settings.blending == "uniform"
    assert [level.prompt for level in settings.levels] == prompts


def test_a_file_saved_by_version_0_2_0_keeps_every_value(bpy: Any) -> None:
    """``settings_0_2_0.blend`` holds another value than the default in every property."""
    data = Path(__file__).parents[1] / "data"
    bpy.ops.wm.open_mainfile(filepath=str(data / "settings_0_2_0.blend"))
    expected = json.loads((data / "settings_0_2_0.json").read_text(encoding="utf-8"))
    # Of what it did not know, the steps were set by hand in every file.
    unknown = {"use_steps": True, "loras": [], "prediction": "automatic", "uid": ""}
    expected["levels"] = [{**level, "uid": ""} for level in expected["levels"]]
    assert _dumped(bpy.context.scene.zoom_stack) == expected | unknown


def _dumped(group: Any) -> dict[str, Any]:
    found = {}
    for prop in group.bl_rna.properties:
        name = prop.identifier
        if name in {"rna_type", "name"} or name.endswith("_choice"):
            continue
        value = getattr(group, name)
        if prop.type == "COLLECTION":
            value = [_dumped(item) for item in value]
        found[name] = list(value) if getattr(prop, "is_array", False) else value
    return found


def test_a_new_panel_asks_for_the_declared_defaults(bpy: Any, settings: Any) -> None:
    settings.use_steps = False
    job = bpy_session.submodule("settings.job").job_from_settings(settings)
    contract = bpy_session.submodule("engine.contract.job")
    assert job.sampler == contract.SamplerSettings()
    assert (job.model, job.upscaler, job.size, job.loop) == ("bundled", "automatic", None, False)


@pytest.mark.parametrize("set_by_hand", [True, False])
def test_a_file_without_the_switch_keeps_its_steps(
    bpy: Any, tmp_path: Path, set_by_hand: bool
) -> None:
    bpy_session.load_factory_startup()
    if set_by_hand:
        bpy.context.scene.zoom_stack.steps = 50
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "older.blend"))
    bpy_session.load_factory_startup()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "older.blend"))
    settings = bpy.context.scene.zoom_stack
    assert (settings.use_steps, settings.steps) == ((True, 50) if set_by_hand else (False, 24))


def test_every_option_goes_to_the_settings_and_back(bpy: Any, settings: Any) -> None:
    contract = bpy_session.submodule("engine.contract.job")
    options = bpy_session.submodule("engine.contract.options")
    job_module = bpy_session.submodule("settings.job")
    plain = {
        cls: {name: _other_value(each) for name, each in options.plain_options(cls).items()}
        for cls in (contract.Job, contract.LevelSpec, contract.SamplerSettings)
    }
    level = {**plain[contract.LevelSpec], "focus": (0.5, 0.5)}
    data = {
        **plain[contract.Job],
        "sampler": plain[contract.SamplerSettings],
        "levels": [level, level],
    }
    job_module.apply_job(settings, data)
    expected = bpy_session.submodule("engine.contract.job_parser").parse_job(data)
    assert job_module.job_from_settings(settings) == expected
    assert all(value is not None for value in plain[contract.SamplerSettings].values())


def _other_value(declared: Any) -> Any:
    """A value that is neither the default nor what a new panel holds."""
    if declared.choices:
        return next(e.name for e in declared.choices if e.name != declared.default)
    match declared.start:
        case bool():
            return not declared.start
        case int() | float():
            return declared.start + 1
        case str():
            return "something else"
        case _:
            return tuple(
                value / 2 if isinstance(value, float) else value + 8 for value in declared.start
            )
