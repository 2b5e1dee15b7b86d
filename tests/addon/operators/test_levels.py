"""The list of levels, and the shape of the pictures."""

from __future__ import annotations

from typing import Any

import pytest

from devtools import bpy_session


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


def test_another_scenes_list_of_the_same_zoom_is_told_and_taken(bpy: Any) -> None:
    scene, other = bpy.context.scene, bpy.data.scenes.new("Other")
    told = bpy_session.submodule("settings.made").scene_with_other_list
    for each in (scene, other):
        each.zoom_stack.uid = "aa" * 8
        for prompt in "ab":
            each.zoom_stack.levels.add().prompt = prompt
    assert told(scene) is None
    other.zoom_stack.levels[1].prompt = "c"
    assert (told(scene), told(other)) == (other, scene)
    assert bpy.ops.zoom_stack.take_list(scene="Other") == {"FINISHED"}
    assert [level.prompt for level in scene.zoom_stack.levels] == ["a", "c"]
    assert told(scene) is None
    other.zoom_stack.levels[1].prompt = "d"
    other.zoom_stack.uid = "bb" * 8  # another zoom's
    assert told(scene) is None
    with pytest.raises(RuntimeError, match="no other scene Gone"):
        bpy.ops.zoom_stack.take_list(scene="Gone")


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


def test_a_size_keeps_the_shape_however_often_it_changes(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    bpy.ops.zoom_stack.shape(shape="SCOPE")
    for size in ("256", "4096", "256", "4096"):
        assert bpy.ops.zoom_stack.size(size=size) == {"FINISHED"}
    assert (settings.width, settings.height) == (4096, 1712)
    bpy.ops.zoom_stack.size(size="OWN")
    assert not settings.use_size
    settings.width, settings.height = 1000, 250  # a shape of one's own
    bpy.ops.zoom_stack.size(size="2048")
    assert settings.use_size
    assert (settings.width, settings.height) == (2048, 512)


def test_a_size_that_makes_no_picture_of_a_shape_is_refused(bpy: Any) -> None:
    settings = bpy.context.scene.zoom_stack
    settings.width, settings.height = 1024, 20
    with pytest.raises(RuntimeError, match="Pictures of 256 pixels cannot be as long as that"):
        bpy.ops.zoom_stack.size(size="256")
    assert (settings.width, settings.height) == (1024, 20)
