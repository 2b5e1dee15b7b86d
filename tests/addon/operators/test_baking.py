"""Bake to Keyframes, as a person presses it."""

from __future__ import annotations

from typing import Any

import pytest

from devtools import bpy_session


@pytest.fixture
def root(bpy: Any) -> Any:
    """The sample, in a scene of its own."""
    bpy.ops.zoom_stack.import_sample("EXEC_DEFAULT", target="NEW_SCENE")
    return bpy_session.submodule("scene.finding").shown_roots()[0]


def counts(bpy: Any) -> list[int]:
    return [len(getattr(bpy.data, kind)) for kind in ("scenes", "objects", "actions", "materials")]


def test_a_copy_is_baked_and_the_zoom_stays(bpy: Any, root: Any) -> None:
    scene = bpy.context.scene
    for number in range(2):
        before = len(bpy.data.objects)
        names = {item.name for item in bpy.data.objects}
        assert bpy.ops.zoom_stack.bake_to_keyframes(step=4) == {"FINISHED"}
        assert len(bpy.data.objects) - before == len([root, *root.children_recursive]), number
        new = [item for item in bpy.data.objects if item.name not in names]
        assert scene.camera in (new if number == 0 else bpy.data.objects[:])
        assert not any(item.animation_data and item.animation_data.drivers for item in new)
    home = root.users_collection[0]
    assert home.hide_render
    assert home.hide_viewport
    assert bpy_session.submodule("scene.finding").shown_roots() == [root]
    assert bpy_session.submodule("scene.finding").camera_of(root).animation_data.action


def test_in_place_no_zoom_is_left(bpy: Any, root: Any) -> None:
    camera, before = bpy.context.scene.camera, len(bpy.data.objects)
    assert bpy.ops.zoom_stack.bake_to_keyframes(step=8, in_place=True) == {"FINISHED"}
    assert len(bpy.data.objects) == before
    assert bpy.context.scene.camera == camera
    assert not bpy.ops.zoom_stack.bake_to_keyframes.poll()


def test_a_range_of_nothing_is_refused(bpy: Any, root: Any) -> None:
    before = counts(bpy)
    with pytest.raises(RuntimeError, match=r"The last frame, 5, does not come after the first"):
        bpy.ops.zoom_stack.bake_to_keyframes(frame_start=5, frame_end=5)
    assert counts(bpy) == before
