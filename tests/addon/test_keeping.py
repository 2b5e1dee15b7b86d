"""Working on a zoom that exists: keeping levels, making one again, adding more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, board

from devtools import bpy_session


def _job(group: Any) -> Any:
    return bpy_session.submodule("job_settings").job_from_settings(group)


@pytest.fixture
def made(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    """The settings beside a zoom that was generated from them."""
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    return settings


def test_levels_know_their_finished_pictures(made: Any) -> None:
    out = board().generation.out
    assert [Path(level.made) for level in made.levels] == [
        out / f"level_{number:02d}.png" for number in range(len(PROMPTS))
    ]
    assert not any(level.keep for level in made.levels), "unasked"


def test_the_new_scene_knows_them_too(bpy: Any, made: Any) -> None:
    scene = bpy.data.scenes[board().generation.result.scene_name]
    assert scene.zoom_stack != made
    assert all(level.made for level in scene.zoom_stack.levels)


def test_levels_that_were_moved_during_the_run_get_their_own_picture(
    bpy: Any,
    settings: Any,
    use_worker: UseWorker,
) -> None:
    jobs = bpy_session.submodule("operators.generate")
    generation = jobs._start(bpy.context)
    settings.levels.move(0, 2)
    settings.levels.add().prompt = "not in the run"
    bpy_session.submodule("jobs").run_to_end(generation)
    names = [Path(level.made).name for level in settings.levels]
    assert names == ["level_01.png", "level_02.png", "level_00.png", ""]


def test_kept_levels_are_asked_for_by_their_pictures(made: Any) -> None:
    made.levels[0].keep = made.levels[2].keep = True
    made.levels[0].pin_image = "/some/photo.png"
    made.wider_follow = True
    keeps = [level.keep for level in _job(made).levels]
    assert keeps[1] is None and [k.image for k in keeps if k] == [
        made.levels[0].made,
        made.levels[2].made,
    ]
    assert keeps[0].follow
    assert _job(made).levels[0].pin is None


def test_a_level_is_made_again_with_another_seed(bpy: Any, made: Any) -> None:
    made.active_level = 1
    assert bpy.ops.zoom_stack.level_again() == {"FINISHED"}
    job = board().generation.job
    assert [level.keep is not None for level in job.levels] == [True, False, True]
    assert job.levels[1].seed is not None
    assert [level.keep for level in made.levels] == [True, False, True]
    assert Path(made.levels[1].made).parent == board().generation.out


def test_a_level_between_kept_ones_leaves_them_where_they_are(bpy: Any, made: Any) -> None:
    for level in made.levels:
        level.keep = True
    made.zoom_factor = 4.0
    made.levels[2].focus = (0.4, 0.55)
    made.active_level = 1
    assert not bpy.ops.zoom_stack.generate.poll(), "there is nothing to make"
    assert bpy.ops.zoom_stack.level_add() == {"FINISHED"}
    made.levels[2].prompt = "between"
    levels = _job(made).levels
    assert [level.keep is not None for level in levels] == [True, True, False, True]
    between, deeper = levels[2], levels[3]
    assert between.zoom_factor * deeper.zoom_factor == pytest.approx(4.0, rel=1e-4)
    for first, second, wanted in zip(between.focus, deeper.focus, (0.4, 0.55), strict=True):
        assert first + (second - 0.5) / between.zoom_factor == pytest.approx(wanted, abs=1e-4)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_making_again_wants_a_whole_zoom_first(bpy: Any, settings: Any) -> None:
    assert not bpy.ops.zoom_stack.level_again.poll()
    settings.levels[0].made = "/some/level_00.png"
    assert not bpy.ops.zoom_stack.level_again.poll()


def test_an_imported_zoom_can_be_gone_on_with(bpy: Any, made: Any) -> None:
    scene = bpy.data.scenes[board().generation.result.scene_name]
    scene.zoom_stack.levels.clear()
    with bpy.context.temp_override(scene=scene):
        assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    levels = scene.zoom_stack.levels
    assert [level.prompt for level in levels] == list(PROMPTS)
    assert all(level.keep and Path(level.made).exists() for level in levels)


def test_a_zoom_whose_folder_is_gone_is_told(bpy: Any, made: Any, tmp_path: Path) -> None:
    generation = board().generation
    scene = bpy.data.scenes[generation.result.scene_name]
    generation.out.rename(tmp_path / "elsewhere")
    with (
        bpy.context.temp_override(scene=scene),
        pytest.raises(RuntimeError, match="There is no folder"),
    ):
        bpy.ops.zoom_stack.edit_levels()


def test_a_loop_is_asked_for(settings: Any) -> None:
    settings.loop = True
    settings.levels[0].use_own_zoom_factor, settings.levels[0].zoom_factor = True, 3.0
    job = _job(settings)
    assert job.loop and job.levels[0].zoom_factor == 3.0
