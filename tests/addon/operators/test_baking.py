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
        if number == 0:
            assert scene.camera in new
        assert bpy.context.selected_objects == [bpy.context.active_object]
        assert bpy.context.active_object in new
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


def test_view_layers_show_of_the_copy_what_they_show_of_the_zoom(bpy: Any, root: Any) -> None:
    bpy.ops.zoom_stack.add_thing(kind="CUBE", level=2)
    layer = bpy.context.view_layer
    layer.layer_collection.children[0].children[f"{root.name} Things"].holdout = True
    assert bpy.ops.zoom_stack.bake_to_keyframes(step=20) == {"FINISHED"}
    copy = layer.layer_collection.children[f"{root.name} Baked"]
    assert not copy.holdout
    assert [inner.holdout for inner in copy.children] == [True]
    assert len(copy.collection.all_objects) == len([root, *root.children_recursive])


def test_among_other_things_the_zoom_alone_is_hidden(bpy: Any, root: Any) -> None:
    home = root.users_collection[0]
    other = bpy.data.objects.new("Other", None)
    home.objects.link(other)
    assert bpy.ops.zoom_stack.bake_to_keyframes(step=20) == {"FINISHED"}
    assert not home.hide_render
    assert list(home.objects) == [other]
    inner = root.users_collection[0]
    assert inner.hide_render
    assert inner.hide_viewport
    assert inner in home.children[:]
