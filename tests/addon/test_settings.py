"""Settings, presets, models and preferences of the installed extension."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session
from devtools.bpy_session import MODULE


def _presets() -> list[Path]:
    return sorted((Path(__file__).parents[2] / "presets").glob("*.json"))


def test_it_registers_and_unregisters_twice(bpy: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert bpy.ops.preferences.addon_disable(module=MODULE) == {"FINISHED"}
        assert not hasattr(bpy.types.Scene, "zoom_stack")
        assert not [name for name in dir(bpy.types) if name.startswith("ZOOMSTACK_")]
        assert "generate" not in dir(bpy.ops.zoom_stack)
        assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
        assert hasattr(bpy.types.Scene, "zoom_stack")
    printed = capfd.readouterr()
    assert "Traceback" not in printed.out + printed.err


def test_there_are_presets(bpy: Any) -> None:
    assert len(_presets()) >= 6
    shown = bpy_session.submodule("settings.presets").shipped_presets()
    assert shown[0].stem == "powers_of_ten"
    assert set(shown) == {Path(shown[0].parent / file.name) for file in _presets()}


@pytest.mark.parametrize("file", _presets(), ids=lambda file: file.stem)
def test_every_preset_is_a_job_that_survives_the_settings(bpy: Any, file: Path) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.steps, settings.seed = 11, 5
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


def test_levels_are_added_moved_and_removed(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack

    def prompts() -> str:
        return "".join(level.prompt for level in settings.levels)

    for letter in "abc":
        bpy.ops.zoom_stack.level_add()
        settings.levels[settings.active_level].prompt = letter
    assert (prompts(), settings.active_level) == ("abc", 2)
    bpy.ops.zoom_stack.level_move(direction="UP")
    assert (prompts(), settings.active_level) == ("acb", 1)
    bpy.ops.zoom_stack.level_add()
    settings.levels[2].prompt = "x"
    assert prompts() == "acxb"
    settings.active_level = 0
    assert bpy.ops.zoom_stack.level_move(direction="UP") == {"CANCELLED"}
    for _ in range(4):
        bpy.ops.zoom_stack.level_remove()
    assert (prompts(), settings.active_level) == ("", 0)
    with pytest.raises(RuntimeError, match="no active level"):
        bpy.ops.zoom_stack.level_remove()


def test_a_level_is_added_wider(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    for prompt in "ab":
        settings.levels.add().prompt = prompt
    settings.active_level = 1
    bpy.ops.zoom_stack.level_add(wider=True)
    assert ([level.prompt for level in settings.levels], settings.active_level) == (
        ["a", "", "b"], 1,
    )  # fmt: skip
    settings.active_level = 0
    bpy.ops.zoom_stack.level_add(wider=True)
    assert ([level.prompt for level in settings.levels], settings.active_level) == (
        ["", "a", "", "b"], 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ("SQUARE", (512, 512)),
        ("WIDE", (512, 288)),
        ("TALL", (288, 512)),
        ("SCOPE", (512, 214)),
        ("RENDER", (512, 256)),
    ],
)
def test_pictures_get_a_shape(bpy: Any, shape: str, size: tuple[int, int]) -> None:
    scene = bpy.context.scene
    render = scene.render
    render.resolution_x, render.resolution_y = 1000, 1000
    render.pixel_aspect_x, render.pixel_aspect_y = 2.0, 1.0
    settings = scene.zoom_stack
    assert not settings.use_size
    assert bpy.ops.zoom_stack.shape(shape=shape) == {"FINISHED"}
    assert settings.use_size
    assert (settings.width, settings.height) == size
    # The longer side stays when it is turned round.
    bpy.ops.zoom_stack.shape(shape="TALL")
    assert (settings.width, settings.height) == (288, 512)


def test_a_shape_that_no_picture_has_is_refused(bpy: Any) -> None:
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y = 8000, 100
    render.pixel_aspect_x, render.pixel_aspect_y = 1.0, 1.0
    with pytest.raises(RuntimeError, match="Pictures of 512 pixels cannot be as long as that"):
        bpy.ops.zoom_stack.shape(shape="RENDER")
    assert not bpy.context.scene.zoom_stack.use_size


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
        assert enlarged == ["automatic", "lanczos", "bundled_x4", "second", "swin"]
        settings.levels.add().prompt = "a leaf"
        settings.upscaler_choice = "second"
        job = bpy_session.submodule("settings.job").job_from_settings(settings)
        assert job.upscaler == "second"
        assert job.sampler.context_strength is None
    finally:
        preferences.model_folder = ""


def test_without_online_access_nothing_is_installed(bpy: Any) -> None:
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Online Access"):
        bpy.ops.zoom_stack.install_engine()


@pytest.mark.parametrize(
    ("packages", "platform", "index"),
    [
        ("CPU", "linux", "whl/cpu"),
        ("CPU", "win32", "whl/cpu"),
        ("CUDA", "win32", "whl/cu"),
        ("CUDA", "linux", ""),
        ("PYPI", "darwin", ""),
    ],
)
def test_torch_comes_from_the_index_for_the_device(
    bpy: Any, tmp_path: Path, packages: str, platform: str, index: str
) -> None:
    installation = bpy_session.submodule("tasks.installation")
    requirements = (
        bpy_session.submodule("blender.folders").EXTENSION / "engine" / "requirements.txt"
    )
    where = installation.torch_index(packages, platform)
    commands = installation.install_commands("python", tmp_path, requirements, where)
    assert commands[0] == ["python", "-m", "venv", str(tmp_path)]
    torch = commands[2]
    assert any(part.startswith("torch==") for part in torch)
    assert [index in part for part in torch if "http" in part] == ([True] if index else [])
    assert commands[3][-2:] == ["-r", str(requirements)]


def test_an_installation_reports_what_pip_said(bpy: Any, tmp_path: Path) -> None:
    import sys
    import time

    installation = bpy_session.submodule("tasks.installation")
    runner = bpy_session.submodule("engine.client.command_runner").CommandRunner

    def run(*scripts: str) -> Any:
        commands = [[sys.executable, "-c", script] for script in scripts]
        task = installation.Installation(runner(commands, tmp_path))
        deadline = time.monotonic() + 20
        while task.tick() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return task

    good = run("print('Collecting x')", "print('Progress 5 of 10')")
    assert (good.state, good.fraction, good.lines) == ("finished", 1.0, ["Collecting x"])
    bad = run("pass", "print('ERROR: No matching distribution'); raise SystemExit(1)", "print(9)")
    assert bad.state == "failed"
    assert "updating pip" in bad.error.text
    assert "No matching distribution" in bad.error.hint
    assert "9" not in bad.lines


def test_the_report_is_for_people(bpy: Any) -> None:
    engine = bpy_session.submodule("panels.preferences")
    gpu = {"name": "cuda", "label": "NVIDIA L4 (CUDA)", "memory_total": 24 * 2**30}
    report = {
        "python": {"version": "3.11.7", "executable": "/e/python"},
        "torch": "2.13.0",
        "devices": [gpu],
        "device": "cuda",
        "models": [{"name": "bundled"}],
    }
    assert engine.report_lines(report) == [
        "Python 3.11.7 (/e/python)",
        "torch 2.13.0",
        "cuda: NVIDIA L4 (CUDA), 24 GB, used",
        "Models: bundled",
    ]
    assert engine.report_lines({})[1] == "torch is missing"


def test_texts_are_for_people(bpy: Any) -> None:
    texts = bpy_session.submodule("panels.texts")
    assert [texts.magnification_text(m) for m in (1.0, 2.5, 256.0, 1e6, 16384.0)] == [
        "1×",
        "2.5×",
        "256×",
        "10⁶×",
        "1.6·10⁴×",
    ]
    assert [texts.duration_text(s) for s in (3.2, 75, 7260)] == ["3 s", "1 min 15 s", "2 h 01 min"]


def test_every_property_and_operator_explains_itself(bpy: Any) -> None:
    groups = [bpy.types.Scene.bl_rna.properties["zoom_stack"].fixed_type]
    groups.append(groups[0].properties["levels"].fixed_type)
    for group in groups:
        for prop in group.properties:
            if prop.identifier not in {"rna_type", "name", "levels"} and not prop.is_hidden:
                assert prop.description, prop.identifier
    for name in dir(bpy.ops.zoom_stack):
        rna = getattr(bpy.ops.zoom_stack, name).get_rna_type()
        assert len(rna.description) > 8, name


def test_what_the_model_does_not_understand_is_told_where_a_prompt_decides(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.model = "bundled"
    settings.levels.clear()
    for prompt in ("a forest", "海岸", "a red leaf with a whale"):
        settings.levels.add().prompt = prompt
    middle = settings.levels[1]

    def told() -> list[str]:
        of_level = bpy_session.submodule("panels.levels")._not_understood
        return [of_level(settings, index) for index in range(3)]

    instead = "nothing in this prompt names what the model can draw; it draws “bark”."
    unknown = "the model does not know “whale”."
    assert told() == ["", instead, unknown]
    middle.pin_image = "//photo.png"
    assert told() == ["", "", unknown]
    middle.pin_image = ""
    middle.prompt = "a leaf"
    assert told() == ["", "", unknown]


def test_a_file_saved_by_version_0_2_0_keeps_every_value(bpy: Any) -> None:
    """``settings_0_2_0.blend`` holds another value than the default in every property."""
    data = Path(__file__).parent / "data"
    bpy.ops.wm.open_mainfile(filepath=str(data / "settings_0_2_0.blend"))
    expected = json.loads((data / "settings_0_2_0.json").read_text(encoding="utf-8"))
    assert _dumped(bpy.context.scene.zoom_stack) == expected


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
    settings.steps = 24
    job = bpy_session.submodule("settings.job").job_from_settings(settings)
    contract = bpy_session.submodule("engine.contract.job")
    assert job.sampler == contract.SamplerSettings()
    assert (job.model, job.upscaler, job.size, job.loop) == ("bundled", "automatic", None, False)


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


def test_an_upscaler_is_known_as_soon_as_its_index_is_whole(prefs: Any, tmp_path: Path) -> None:
    models = bpy_session.submodule("settings.models")
    index = tmp_path / "second" / "model_index.json"
    index.parent.mkdir()
    index.write_text('{"_class_name": "IFSuperRes')
    prefs.model_folder = str(tmp_path)
    assert models.known_models(enlarges=True) == []
    index.write_text('{"_class_name": "IFSuperResolutionPipeline"}')
    models._scanned.clear()
    assert models.known_models(enlarges=True) == ["second"]
