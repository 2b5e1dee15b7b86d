"""Which models are offered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devtools import bpy_session
from devtools.bpy_session import MODULE


def test_a_chosen_model_stays_when_the_folder_changes(bpy: Any, tmp_path: Path) -> None:
    models = bpy_session.submodule("settings.models")
    items = bpy_session.submodule("settings.properties")._MODEL_ITEMS
    preferences = bpy.context.preferences.addons[MODULE].preferences
    settings = bpy.context.scene.zoom_stack
    assert settings.model_choice == "bundled"
    for name in ("beta", "zeta", "no_model"):
        (tmp_path / name).mkdir()
        if name != "no_model":
            (tmp_path / name / "model_index.json").write_text("{}")
    preferences.model_folder = str(tmp_path)
    try:
        assert [item[0] for item in items(settings, None)] == ["bundled", "beta", "zeta"]
        settings.model_choice = "zeta"
        (tmp_path / "alpha").mkdir()
        (tmp_path / "alpha" / "model_index.json").write_text("{}")
        models._scanned.clear()
        assert settings.model_choice == "zeta"
        preferences.model_folder = ""
        assert settings.model_choice == "zeta"
        assert "missing" in items(settings, None)[-1][1]
        assert settings.model == "zeta"
    finally:
        preferences.model_folder = ""


def test_models_that_enlarge_are_offered_as_upscalers_alone(bpy: Any, tmp_path: Path) -> None:
    properties = bpy_session.submodule("settings.properties")
    preferences = bpy.context.preferences.addons[MODULE].preferences
    settings = bpy.context.scene.zoom_stack
    for name, class_name in (
        ("first", "IFPipeline"),
        ("second", "IFSuperResolutionPipeline"),
    ):
        (tmp_path / name).mkdir()
        index = json.dumps({"_class_name": class_name})
        (tmp_path / name / "model_index.json").write_text(index)
    for name, architecture in (
        ("swin", "Swin2SRForImageSuperResolution"),
        ("unrelated", "LlamaForCausalLM"),
    ):
        (tmp_path / name).mkdir()
        config = json.dumps({"architectures": [architecture]})
        (tmp_path / name / "config.json").write_text(config)
    preferences.model_folder = str(tmp_path)
    try:
        made = [item[0] for item in properties._MODEL_ITEMS(settings, None)]
        enlarged = [item[0] for item in properties._UPSCALER_ITEMS(settings, None)]
        assert made == ["bundled", "first"]
        assert enlarged == [
            "automatic",
            "bundled_x4 + real_esrgan",
            "bundled_x4 + real_esrgan_quick",
            "bundled_x4",
            "real_esrgan",
            "real_esrgan_quick",
            "lanczos",
            "second + real_esrgan",
            "second + real_esrgan_quick",
            "second",
            "swin",
        ]
        settings.levels.add().prompt = "a leaf"
        settings.upscaler_choice = "second + real_esrgan"
        job = bpy_session.submodule("settings.job").job_from_settings(settings)
        assert job.upscaler == "second + real_esrgan"
        assert job.sampler.context_strength is None
    finally:
        preferences.model_folder = ""


def test_an_upscaler_is_known_as_soon_as_its_index_is_whole(prefs: Any, tmp_path: Path) -> None:
    models = bpy_session.submodule("settings.models")
    index = tmp_path / "second" / "model_index.json"
    index.parent.mkdir()
    index.write_text('{"_class_name": "IFSuperRes')
    prefs.model_folder = str(tmp_path)
    assert models._upscalers_found() == []
    index.write_text('{"_class_name": "IFSuperResolutionPipeline"}')
    models._scanned.clear()
    assert [each.name for each in models._upscalers_found()][-1] == "second"
