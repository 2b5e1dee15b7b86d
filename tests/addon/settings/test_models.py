"""Which models are offered, of those that the engine has told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session

SDXL = "StableDiffusionXLPipeline"


@pytest.fixture
def tell(bpy: Any) -> Iterator[Any]:
    """Stands for the engine's answer."""
    model_list = bpy_session.submodule("settings.model_list")
    listed = bpy_session.submodule("engine.contract.model_listing").Listed

    def tell(*models: dict[str, Any]) -> None:
        model_list.remember([listed(**model) for model in models])

    yield tell
    tell()


def model(name: str, **known: Any) -> dict[str, Any]:
    return {"name": name, "kind": "model", "family": "Stable Diffusion XL", **known}


def offered(bpy: Any, which: str = "_MODEL_ITEMS") -> list[str]:
    properties = bpy_session.submodule("settings.properties")
    return [item[0] for item in getattr(properties, which)(bpy.context.scene.zoom_stack, None)]


def test_a_chosen_model_stays_when_the_folder_changes(bpy: Any, tell: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    assert settings.model_choice == "bundled"
    tell(model("bundled"), model("beta"), model("broken", problem="It is a pickle."), model("zeta"))
    assert offered(bpy) == ["bundled", "beta", "zeta"]
    settings.model_choice = "zeta"
    tell(model("alpha"), model("zeta"))
    assert settings.model_choice == "zeta"
    tell(model("alpha"))
    assert settings.model_choice == "zeta"
    items = bpy_session.submodule("settings.properties")._MODEL_ITEMS(settings, None)
    assert items[-1][1] == "(missing) zeta"
    assert settings.model == "zeta"


def test_a_chosen_model_that_is_refused_says_why(bpy: Any, tell: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.model = "cut"
    tell(model("cut", problem="cut is cut short."))
    items = bpy_session.submodule("settings.properties")._MODEL_ITEMS(settings, None)
    assert items[-1][:3] == ("cut", "(unusable) cut", "cut is cut short.")


def test_a_moved_model_is_still_known(bpy: Any, tell: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.model = "old folder/dream"
    tell(model("new folder/dream"))
    items = bpy_session.submodule("settings.properties")._MODEL_ITEMS(settings, None)
    assert "missing" not in items[-1][1]


def test_models_that_enlarge_are_offered_as_upscalers_alone(bpy: Any, tell: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    tell(
        model("first"),
        {"name": "second", "kind": "second_stage"},
        {"name": "swin", "kind": "upscaler"},
        {"name": "ink", "kind": "lora"},
        {"name": "unrelated"},
    )
    assert offered(bpy) == ["bundled", "first"]
    assert offered(bpy, "_UPSCALER_ITEMS") == [
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


def test_a_press_chooses_a_model_or_says_why_not(bpy: Any, tell: Any, prefs: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    tell(model("good"), model("bad", problem="It is a pickle."), {"name": "vae"})
    prefs.active_model = 0
    assert settings.model == "good"
    for row in (1, 2):
        prefs.active_model = row
        assert (settings.model, prefs.active_model) == ("good", row)
    prefs.active_model = 0
    assert prefs.active_model == 0


def test_what_was_told_outlasts_the_session(bpy: Any, tell: Any) -> None:
    """It lies in the preferences; a session begins with nothing in mind."""
    model_list = bpy_session.submodule("settings.model_list")
    tell(model("big", size=6_900_000_000, native_size=(1024, 768), draft=True, folder="/a/big"))
    before = model_list.known_models()
    model_list._known = None
    (after,) = model_list.known_models()
    assert abs(after.size - before[0].size) < 1e3
    assert (after.native_size, after.draft, after.folder) == ((1024, 768), True, "/a/big")
    describe = bpy_session.submodule("settings.model_list").describe
    assert describe(after) == "Stable Diffusion XL, 1024 × 768 px, 6.9 GB, draft"


def test_loras_of_the_chosen_model_can_be_added(bpy: Any, tell: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    tell(
        model("dream", pipeline=SDXL, checkpoint="sdxl"),
        {"name": "ink", "kind": "lora", "pipeline": SDXL, "family": "LoRA for SDXL"},
        {"name": "oil", "kind": "lora", "pipeline": "FluxPipeline", "family": "LoRA for FLUX.1"},
    )
    settings.model = "bundled"
    assert not bpy.ops.zoom_stack.lora_add.poll()
    settings.model = "dream"
    assert bpy.ops.zoom_stack.lora_add("EXEC_DEFAULT", lora="ink") == {"FINISHED"}
    settings.loras[0].weight = 0.6
    assert not bpy.ops.zoom_stack.lora_add.poll()  # it is there already
    settings.levels.add().prompt = "a leaf"
    job_module = bpy_session.submodule("settings.job")
    job = job_module.job_from_settings(settings)
    assert [(lora.name, lora.weight) for lora in job.loras] == [("ink", 0.6)]
    assert bpy.ops.zoom_stack.lora_remove(index=0) == {"FINISHED"}
    job_module.apply_job(settings, job.to_dict())
    assert [(item.lora, round(item.weight, 3)) for item in settings.loras] == [("ink", 0.6)]


def test_a_lora_that_does_not_fit_says_so(bpy: Any, tell: Any) -> None:
    why_not = bpy_session.submodule("settings.loras").why_not
    settings = bpy.context.scene.zoom_stack
    settings.model = "dream"
    tell(
        model("dream", pipeline=SDXL),
        {"name": "ink", "kind": "lora", "pipeline": SDXL},
        {"name": "oil", "kind": "lora", "pipeline": "FluxPipeline", "family": "LoRA for FLUX.1"},
    )
    assert why_not(settings, "ink") == ""
    assert why_not(settings, "oil") == "It is a LoRA for FLUX.1, not for Stable Diffusion XL."
    assert "none of the model folders" in why_not(settings, "gone")


def test_folders_are_looked_through_in_their_order(bpy: Any, prefs: Any) -> None:
    places = bpy_session.submodule("settings.preferences").model_places
    prefs.model_folder = "/models"
    for path in ("/ComfyUI", "", "/models", "/webui"):
        bpy.ops.zoom_stack.add_model_folder()
        prefs.model_folders[-1].path = path
    assert [str(place) for place in places()] == ["/models", "/ComfyUI", "/webui"]
    bpy.ops.zoom_stack.remove_model_folder(index=0)
    assert [str(place) for place in places()] == ["/models", "/webui"]


def test_a_lora_of_the_models_name_is_not_taken_for_it(bpy: Any, tell: Any, prefs: Any) -> None:
    tell({"name": "ink", "kind": "lora"}, model("ink"), model("other"))
    prefs.active_model = 1
    assert bpy.context.scene.zoom_stack.model == "ink"
    assert prefs.active_model == 1


def test_what_was_looked_at_gives_way_to_another_choice(bpy: Any, tell: Any, prefs: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    tell(model("good"), model("better"), model("bad", problem="It is a pickle."))
    settings.model = "good"
    prefs.active_model = 2
    assert prefs.active_model == 2
    settings.model_choice = "better"
    assert prefs.active_model == 1


def test_a_moved_model_is_marked(bpy: Any, tell: Any, prefs: Any) -> None:
    tell(model("first"), model("new folder/dream"))
    bpy.context.scene.zoom_stack.model = "old folder/dream"
    assert prefs.active_model == 1


def test_a_name_that_is_no_text_hides_no_other(bpy: Any, tell: Any) -> None:
    tell(model("bad\udcff"), model("Größe 漢字"))
    assert offered(bpy) == ["bundled", "Größe 漢字"]


def test_a_path_is_not_missed_in_the_list(bpy: Any, tell: Any) -> None:
    loras = bpy_session.submodule("settings.loras")
    settings = bpy.context.scene.zoom_stack
    settings.model = "/somewhere/else"
    settings.loras.add().lora = "/somewhere/ink.safetensors"
    tell(model("good"))
    assert loras.why_not_model(settings) == ""
    settings.model = "gone"
    assert "none of the model folders" in loras.why_not_model(settings)
    tell()
    assert loras.why_not_model(settings) == ""


def test_the_engine_remembers_the_disk_in_the_extensions_folder(bpy: Any, prefs: Any) -> None:
    start = bpy_session.submodule("tasks.start")
    prefs.python_path, prefs.model_folder = "/usr/bin/python3", "/models"
    launch = start._launch()
    cache = Path(dict(launch.variables)["ZOOM_STACK_CACHE"])
    assert cache.is_relative_to(bpy_session.submodule("blender.folders").user_path())
    assert launch.argv[-2:] == ("--models", "/models")
