"""Working on a zoom that exists: keeping levels, making one again, adding more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, latest

from devtools import bpy_session


def _job(group: Any) -> Any:
    return bpy_session.submodule("settings.job").job_from_settings(group)


@pytest.fixture
def made(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    """The settings beside a zoom that was generated from them."""
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    return settings


def test_levels_know_their_finished_pictures(made: Any) -> None:
    out = latest().generation.out
    assert [Path(level.made) for level in made.levels] == [
        out / f"level_{number:02d}.png" for number in range(len(PROMPTS))
    ]
    assert not any(level.keep for level in made.levels), "unasked"


def test_the_new_scene_knows_them_too(bpy: Any, made: Any) -> None:
    scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    assert scene.zoom_stack != made
    assert all(level.made for level in scene.zoom_stack.levels)


def test_levels_that_were_moved_during_the_run_get_their_own_picture(
    bpy: Any,
    settings: Any,
    use_worker: UseWorker,
) -> None:
    generation = bpy_session.submodule("tasks.start").new_generation(bpy.context)
    settings.levels.move(0, 2)
    settings.levels.add().prompt = "not in the run"
    bpy_session.submodule("tasks.runner").run_to_end(generation)
    names = [Path(level.made).name for level in settings.levels]
    assert names == ["level_01.png", "level_02.png", "level_00.png", ""]


def test_kept_levels_are_asked_for_by_their_pictures(made: Any) -> None:
    made.levels[0].keep = made.levels[2].keep = True
    made.levels[0].pin_image = "/some/photo.png"
    made.wider_follow = True
    keeps = [level.keep for level in _job(made).levels]
    assert keeps[1] is None
    assert [k.image for k in keeps if k] == [
        made.levels[0].made,
        made.levels[2].made,
    ]
    assert keeps[0].follow
    assert _job(made).levels[0].pin is None


def test_a_level_is_made_again_with_another_seed(bpy: Any, made: Any) -> None:
    made.active_level = 1
    assert bpy.ops.zoom_stack.level_again() == {"FINISHED"}
    job = latest().generation.job
    assert [level.keep is not None for level in job.levels] == [True, False, True]
    assert job.levels[1].seed is not None
    assert job.levels[0].keep.follow, "else what it shows of the level leaves nothing to draw"
    assert Path(made.levels[1].made).parent == latest().generation.out


@pytest.fixture
def kept(bpy: Any, settings: Any, use_worker: UseWorker) -> Any:
    """Three kept levels, the closest one beside the middle."""
    settings.zoom_factor = 4.0
    settings.levels[2].focus = (0.4, 0.55)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
    for level in settings.levels:
        level.keep = True
    settings.active_level = 1
    return settings


def _place(levels: Any, wider: int, deeper: int) -> list[float]:
    """Centre and size of a level in another one's widths."""
    x, y, size = 0.5, 0.5, 1.0
    for level in levels[wider + 1 : deeper + 1]:
        x, y = x + (level.focus[0] - 0.5) * size, y + (level.focus[1] - 0.5) * size
        size /= level.zoom_factor
    return [x, y, size]


def test_a_level_between_kept_ones_leaves_them_where_they_are(bpy: Any, kept: Any) -> None:
    with pytest.raises(RuntimeError, match="Every level is kept"):
        bpy.ops.zoom_stack.generate()
    assert bpy.ops.zoom_stack.level_add() == {"FINISHED"}
    kept.levels[2].prompt = "between"
    assert bpy.ops.zoom_stack.level_add() == {"FINISHED"}
    kept.levels[3].prompt = "between that and the closest"
    levels = _job(kept).levels
    assert [level.keep is not None for level in levels] == [True, True, False, False, True]
    assert _place(levels, 1, 4) == pytest.approx([0.4, 0.55, 0.25], abs=1e-4)
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}


def test_removing_a_level_leaves_kept_ones_where_they_are(bpy: Any, kept: Any) -> None:
    kept.levels[1].keep = False
    assert bpy.ops.zoom_stack.level_remove() == {"FINISHED"}
    kept.active_level = 0
    assert bpy.ops.zoom_stack.level_add() == {"FINISHED"}
    kept.levels[1].prompt = "instead"
    assert _place(_job(kept).levels, 0, 2) == pytest.approx([0.475, 0.5125, 1 / 16], abs=1e-4)


def test_a_new_level_moves_past_a_kept_one_that_stays(bpy: Any, kept: Any) -> None:
    bpy.ops.zoom_stack.level_add()
    kept.levels[2].prompt = "new"
    for direction, there in (("UP", 1), ("UP", 0), ("DOWN", 1), ("DOWN", 2)):
        assert bpy.ops.zoom_stack.level_move(direction=direction) == {"FINISHED"}
        assert kept.levels[there].prompt == "new"
        assert kept.active_level == there
        levels = _job(kept).levels  # which is refused where a kept level has left its place
    assert _place(levels, 1, 3) == pytest.approx([0.4, 0.55, 0.25], abs=1e-4)


def test_kept_levels_do_not_change_their_order(bpy: Any, kept: Any) -> None:
    with pytest.raises(RuntimeError, match="unlock one of the two"):
        bpy.ops.zoom_stack.level_move(direction="UP")
    assert [level.prompt for level in kept.levels] == list(PROMPTS)


def test_kept_levels_that_no_longer_fit_are_refused_in_words(bpy: Any, kept: Any) -> None:
    kept.levels.add().prompt = "deeper"
    kept.zoom_factor = 2.0
    with pytest.raises(RuntimeError, match="Levels 1 and 2 are kept, but no longer lie"):
        bpy.ops.zoom_stack.generate()
    kept.wider_follow = True
    assert _job(kept), "wider levels change with what lies in them"
    kept.wider_follow, kept.zoom_factor = False, 4.0
    kept.loop = True
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}, "new levels may close a loop"


def test_a_loop_cannot_be_closed_between_kept_levels(bpy: Any, kept: Any) -> None:
    kept.levels[1].keep = False
    kept.loop = True
    with pytest.raises(RuntimeError, match="level 1 within level 3, and both are kept"):
        bpy.ops.zoom_stack.generate()


def test_a_kept_picture_that_is_gone_is_told_in_one_sentence(bpy: Any, kept: Any) -> None:
    kept.levels[1].keep = False
    Path(kept.levels[2].made).unlink()
    with pytest.raises(RuntimeError, match=r"Level 3 is kept, .* level_02\.png is no"):
        bpy.ops.zoom_stack.generate()
    assert latest().problem().code == "bad_picture"


def _chosen(group: Any) -> list[Any]:
    """What the artist has chosen of the levels and of how they are made."""
    levels = [(level.keep, level.use_own_seed, level.seed) for level in group.levels]
    return [*levels, group.wider_follow]


def test_making_again_leaves_padlocks_and_seeds_as_they_are(bpy: Any, made: Any) -> None:
    made.levels[2].keep = True
    made.levels[1].seed = 7
    made.active_level = 1
    before = _chosen(made)
    assert bpy.ops.zoom_stack.level_again() == {"FINISHED"}
    assert _chosen(made) == before
    assert bpy.ops.zoom_stack.level_again() == {"FINISHED"}
    assert _chosen(made) == before


def test_making_again_that_cannot_start_is_told_in_one_sentence(bpy: Any, made: Any) -> None:
    Path(made.levels[2].made).unlink()
    before = _chosen(made)
    with pytest.raises(RuntimeError) as told:
        bpy.ops.zoom_stack.level_again()
    assert str(told.value).startswith("Error: Level 3 is kept, but its picture"), "no traceback"
    assert "press Generate" in str(told.value)
    assert _chosen(made) == before
    assert bpy.ops.zoom_stack.generate() == {"FINISHED"}  # as it says


def test_a_preset_keeps_no_pictures(bpy: Any, kept: Any) -> None:
    assert bpy.ops.zoom_stack.save_preset(name="All kept") == {"FINISHED"}
    assert bpy.ops.zoom_stack.load_preset(preset="all_kept") == {"FINISHED"}
    assert [(level.made, level.keep) for level in kept.levels] == [("", False)] * 3
    bpy.ops.zoom_stack.remove_preset(preset="all_kept")


def test_padlocks_are_in_the_file(bpy: Any, kept: Any, tmp_path: Path) -> None:
    kept.levels[1].keep = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy_session.load_factory_startup()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    scene = next(scene for scene in bpy.data.scenes if scene.zoom_stack.levels)
    assert [level.keep for level in scene.zoom_stack.levels] == [True, False, True]


def test_a_subject_becomes_the_prompt(bpy: Any, settings: Any) -> None:
    settings.active_level = 1
    assert bpy.ops.zoom_stack.level_subject(subject="coast") == {"FINISHED"}
    assert settings.levels[1].prompt == "coast"


def test_making_again_wants_a_whole_zoom_first(bpy: Any, settings: Any) -> None:
    assert not bpy.ops.zoom_stack.level_again.poll()
    settings.levels[0].made = "/some/level_00.png"
    assert not bpy.ops.zoom_stack.level_again.poll()


def test_an_imported_zoom_can_be_gone_on_with(bpy: Any, made: Any) -> None:
    scene = bpy.data.scenes[latest().generation.delivery.result.scene_name]
    scene.zoom_stack.levels.clear()
    with bpy.context.temp_override(scene=scene):
        assert bpy.ops.zoom_stack.edit_levels() == {"FINISHED"}
    levels = scene.zoom_stack.levels
    assert [level.prompt for level in levels] == list(PROMPTS)
    assert all(level.keep and Path(level.made).exists() for level in levels)


def test_a_zoom_whose_folder_is_gone_is_told(bpy: Any, made: Any, tmp_path: Path) -> None:
    generation = latest().generation
    scene = bpy.data.scenes[generation.delivery.result.scene_name]
    generation.out.rename(tmp_path / "elsewhere")
    with (
        bpy.context.temp_override(scene=scene),
        pytest.raises(RuntimeError, match=r"The picture of level 1, level_00\.png, is not in"),
    ):
        bpy.ops.zoom_stack.edit_levels()


def test_a_loop_is_asked_for(settings: Any) -> None:
    settings.loop = True
    settings.levels[0].use_own_zoom_factor, settings.levels[0].zoom_factor = True, 3.0
    job = _job(settings)
    assert job.loop
    assert job.levels[0].zoom_factor == 3.0


def test_a_kept_picture_that_is_gone_is_refused_though_blender_shows_it(
    bpy: Any, settings: Any, use_worker: UseWorker
) -> None:
    """It is told before a run takes minutes, although Blender still has it in memory."""
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.zoom_stack.generate()
    level = settings.levels[1]
    Path(bpy.path.abspath(level.made)).unlink()
    level.keep = True
    with pytest.raises(RuntimeError, match="Level 2 is kept, but its picture"):
        bpy.ops.zoom_stack.generate()
