"""The installed extension without a window: Generate waits, and leaves everything tidy."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, latest

from devtools import bpy_session


def _cameras(bpy: Any) -> list[str]:
    return [item.name for item in bpy.data.objects if item.type == "CAMERA" and "zoom" in item]


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_generate_waits_and_builds_the_zoom(bpy: Any, settings: Any, use_worker: UseWorker) -> None:
    extension = Path(bpy_session.submodule("blender.folders").EXTENSION)
    before = _files(extension)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert len(_cameras(bpy)) == 1
    generation = latest().generation
    assert (generation.out / "stack.json").exists()
    assert generation.thumbnails._icons is None, "icons that nobody sees any more"
    assert not {"extensions", ".user"} & set(generation.out.parts), "Blender removes those"
    assert _files(extension) == before, "files were written into the extension"
    zoom_scene = bpy.data.scenes[generation.delivery.result.scene_name]
    assert [level.prompt for level in zoom_scene.zoom_stack.levels] == list(PROMPTS)


def test_blenders_process_never_imports_the_engines_packages(
    bpy: Any, settings: Any, use_worker: UseWorker
) -> None:
    bpy.ops.zoom_stack.generate()
    assert not {"torch", "diffusers", "transformers", "PIL"} & set(sys.modules)


def test_the_output_goes_where_the_user_says(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    settings.output_folder = str(tmp_path / "mine")
    bpy.ops.zoom_stack.generate()
    bpy.ops.zoom_stack.generate()
    stacks = sorted(path.parent.name for path in (tmp_path / "mine").glob("*/stack.json"))
    assert stacks == ["spiral_galaxy_to_planet", "spiral_galaxy_to_planet_2"]


def test_the_output_of_a_saved_file_goes_beside_it(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.zoom_stack.generate()
    assert (tmp_path / "zooms" / "spiral_galaxy_to_planet" / "stack.json").exists()


def test_the_preferences_name_the_folder_for_all_scenes(
    bpy: Any, settings: Any, prefs: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    prefs.stack_folder = str(tmp_path / "all")
    bpy.ops.zoom_stack.generate()
    assert (tmp_path / "all" / "spiral_galaxy_to_planet" / "stack.json").exists()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("crash", "stopped unexpectedly .exit code 3.*out of memory"),
        ("no_torch", "no torch.*Install"),
        ("syntax", "too old.*3.11"),
        ("traceback", "before it was ready.*ImportError"),
        ("protocol", "protocol 99.*same version"),
    ],
)
def test_each_failure_is_one_sentence_and_the_next_run_works(
    bpy: Any, settings: Any, use_worker: UseWorker, mode: str, words: str
) -> None:
    use_worker(mode)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.zoom_stack.generate()
    assert _cameras(bpy) == []
    use_worker("ok")
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert latest().problem() is None


def test_what_cannot_be_a_job_is_named(bpy: Any, settings: Any, use_worker: UseWorker) -> None:
    settings.levels[1].prompt = "  "
    with pytest.raises(RuntimeError, match="Level 2 has no prompt"):
        bpy.ops.zoom_stack.generate()
    settings.levels[1].prompt = "a star field"
    settings.levels[1].focus = (0.0, 0.5)
    with pytest.raises(RuntimeError, match=r"Level 2: focus x = 0 .* between 0.25 and 0.75"):
        bpy.ops.zoom_stack.generate()
    settings.levels.clear()
    with pytest.raises(RuntimeError, match="Add a level first"):
        bpy.ops.zoom_stack.generate()


def test_without_an_engine_generate_says_what_to_do(bpy: Any, settings: Any, prefs: Any) -> None:
    with pytest.raises(RuntimeError, match="Install the engine first"):
        bpy.ops.zoom_stack.generate()


def test_a_missing_interpreter_is_named(bpy: Any, settings: Any, prefs: Any) -> None:
    prefs.python_path = "/no/such/python"
    with pytest.raises(RuntimeError, match=r"no program /no/such/python.*preferences"):
        bpy.ops.zoom_stack.generate()


@pytest.mark.parametrize("folder", ["file/within", "file"])
def test_an_unwritable_folder_is_named(
    bpy: Any, settings: Any, use_worker: UseWorker, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.output_folder = str(tmp_path / folder)
    with pytest.raises(RuntimeError, match=r"file.*Choose another output folder"):
        bpy.ops.zoom_stack.generate()


def test_a_folder_relative_to_an_unsaved_file_is_refused(
    bpy: Any, settings: Any, use_worker: UseWorker
) -> None:
    settings.output_folder = "//zooms"
    with pytest.raises(RuntimeError, match="not saved yet"):
        bpy.ops.zoom_stack.generate()


def test_a_remote_command_brings_the_pictures_over_the_pipe(
    bpy: Any, settings: Any, prefs: Any, use_worker: UseWorker, tmp_path: Path
) -> None:
    prefs.remote_command = f"'{prefs.python_path}' --quiet"
    settings.output_folder = str(tmp_path / "mine")
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert len(list((tmp_path / "mine").glob("*/level_*.png"))) == 3


def test_check_reports_the_engine(bpy: Any, prefs: Any, use_worker: UseWorker) -> None:
    assert bpy.ops.zoom_stack.check_engine() == {"FINISHED"}
    assert latest().check.report["device"] == "cpu"
    use_worker("no_torch")
    with pytest.raises(RuntimeError, match="no torch"):
        bpy.ops.zoom_stack.check_engine()


def test_the_real_engine_answers_the_check(bpy: Any, prefs: Any, engine_python: Path) -> None:
    prefs.python_path = str(engine_python)
    assert bpy.ops.zoom_stack.check_engine() == {"FINISHED"}
    report = latest().check.report
    assert report["torch"]
    lines = bpy_session.submodule("panels.preferences").report_lines(report)
    assert any("bundled" in line for line in lines)


@pytest.mark.slow
def test_the_real_engine_and_the_bundled_model_make_a_zoom(
    bpy: Any, settings: Any, prefs: Any, engine_python: Path, tmp_path: Path
) -> None:
    extension = Path(bpy_session.submodule("blender.folders").EXTENSION)
    prefs.python_path = str(engine_python)
    settings.output_folder = str(tmp_path)
    before = _files(extension)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    assert len(_cameras(bpy)) == 1
    stack = json.loads((latest().generation.out / "stack.json").read_text())
    assert [level["prompt"] for level in stack["levels"]] == list(PROMPTS)
    assert _files(extension) == before
    byte_code = list((extension / "engine").rglob("sampler.*.pyc"))
    assert not byte_code, "the worker wrote byte code into the extension"


def test_the_sample_needs_no_engine(bpy: Any, prefs: Any) -> None:
    assert bpy.ops.zoom_stack.import_sample() == {"FINISHED"}
    assert len(_cameras(bpy)) == 1


def test_no_process_and_no_thread_is_left(bpy: Any, settings: Any, use_worker: UseWorker) -> None:
    bpy.ops.zoom_stack.generate()
    client = latest().generation._client
    assert client.wait_closed(5.0)
    names = {thread.name for thread in threading.enumerate() if not thread.daemon}
    assert names == {"MainThread"}


def test_what_went_wrong_last_is_shown(
    bpy: Any, settings: Any, use_worker: UseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.load_preset(preset="absent")
    assert latest().problem().code == "no_preset"
    use_worker("crash")
    generation = bpy_session.submodule("tasks.start").new_generation(bpy.context)
    monkeypatch.setattr(latest(), "generation", generation)
    bpy_session.submodule("tasks.runner").run_to_end(generation)
    assert latest().problem().code == "worker_died"
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.load_preset(preset="absent")
    assert latest().problem().code == "no_preset"
    bpy.ops.zoom_stack.dismiss()
    assert latest().problem() is None


def test_a_value_that_is_no_number_is_refused_and_nothing_is_lost(
    bpy: Any, settings: Any, use_worker: UseWorker
) -> None:
    settings.use_guidance = True
    settings.guidance_scale = float("nan")
    before = latest().generation
    with pytest.raises(RuntimeError, match="the guidance scale is nan"):
        bpy.ops.zoom_stack.generate()
    assert latest().generation is before
