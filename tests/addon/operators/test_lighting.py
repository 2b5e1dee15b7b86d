"""The buttons of light and of the catcher, as a person presses them."""

from __future__ import annotations

from typing import Any

import pytest

from devtools import bpy_session


@pytest.fixture
def root(bpy: Any) -> Any:
    """The sample, in a scene of its own, through which the camera travels."""
    bpy.ops.zoom_stack.import_sample("EXEC_DEFAULT", target="NEW_SCENE")
    root = bpy_session.submodule("scene.finding").shown_roots()[0]
    root["camera_travels"] = 1.0
    return root


def lit(root: Any) -> dict[int, float]:
    found = bpy_session.submodule("scene.receiving").receivers_of(root)
    return {number: holder["receives_light"] for number, holder in sorted(found.items())}


def test_one_click_sets_light_up_and_one_takes_it_away(bpy: Any, root: Any) -> None:
    scene = bpy.context.scene
    world, count = scene.world, len(bpy.data.objects)
    assert not bpy.ops.zoom_stack.remove_light.poll()
    for _ in range(2):
        assert bpy.ops.zoom_stack.set_up_light() == {"FINISHED"}
    levels = bpy_session.submodule("scene.finding").octaves_of(root)
    assert lit(root) == pytest.approx(dict.fromkeys(range(len(levels)), 0.85))
    assert root["camera_travels"] == 0.0
    assert len(bpy.data.objects) == count + 1
    assert bpy.ops.zoom_stack.remove_light() == {"FINISHED"}
    assert lit(root) == {}
    assert scene.world == world
    assert len(bpy.data.objects) == count


def test_a_rig_may_stay(bpy: Any, root: Any) -> None:
    assert bpy.ops.zoom_stack.set_up_light(grow=False, share=0.5) == {"FINISHED"}
    assert root["camera_travels"] == 1.0
    assert set(lit(root).values()) == {0.5}


def test_levels_take_light_one_by_one(bpy: Any, root: Any) -> None:
    assert bpy.ops.zoom_stack.receive_light(level=2, share=0.25) == {"FINISHED"}
    assert bpy.ops.zoom_stack.receive_light(level=4) == {"FINISHED"}
    assert lit(root) == {1: 0.25, 3: 1.0}
    assert bpy.ops.zoom_stack.receive_light(level=2, share=0.0) == {"FINISHED"}
    assert lit(root) == {3: 1.0}
    assert bpy.ops.zoom_stack.receive_light(share=0.0) == {"FINISHED"}
    assert lit(root) == {}


def test_what_is_wrong_is_said(bpy: Any, root: Any) -> None:
    with pytest.raises(RuntimeError, match="There is no level 99: choose one of 1 to"):
        bpy.ops.zoom_stack.receive_light(level=99)
    with pytest.raises(RuntimeError, match="There is no collection called Nothing"):
        bpy.ops.zoom_stack.set_up_catcher(things="Nothing")
    finding = bpy_session.submodule("scene.finding")
    finding.parts(root, "plane")[2].active_material = bpy.data.materials.new("Mine")
    with pytest.raises(RuntimeError, match="is one of your own"):
        bpy.ops.zoom_stack.receive_light(level=3)
    assert bpy.ops.zoom_stack.set_up_light() == {"FINISHED"}  # the others
    assert 2 not in lit(root)
    assert 1 in lit(root)


def test_the_catcher_comes_and_goes(bpy: Any, root: Any) -> None:
    scene = bpy.context.scene
    assert not bpy.ops.zoom_stack.remove_catcher.poll()
    bpy.ops.zoom_stack.add_thing(kind="CUBE", level=2)
    for _ in range(2):
        assert bpy.ops.zoom_stack.set_up_catcher() == {"FINISHED"}
    assert {layer.name for layer in scene.view_layers if layer.use} == {"Zoom", "Things"}
    assert bpy.ops.zoom_stack.remove_catcher() == {"FINISHED"}
    assert "Things" not in scene.view_layers
