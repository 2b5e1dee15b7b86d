"""The buttons of a zoom's cameras, as a person presses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session


@pytest.fixture
def root(bpy: Any) -> Any:
    """The sample, in a scene of its own."""
    bpy.ops.zoom_stack.import_sample("EXEC_DEFAULT", target="NEW_SCENE")
    return bpy_session.submodule("scene.finding").shown_roots()[0]


def test_another_camera_is_selected_and_used_on_demand(bpy: Any, root: Any) -> None:
    finding = bpy_session.submodule("scene.finding")
    own = finding.camera_of(root)
    own.data.lens = 35.0
    for use in (False, True):
        assert bpy.ops.zoom_stack.add_camera(use=use) == {"FINISHED"}
        added = bpy.context.active_object
        assert added != own
        assert bpy.context.selected_objects == [added]
        assert added.parent == own.parent
        assert (added.data.lens, added.data.users) == (35.0, 1)
        assert bpy.context.scene.camera == (added if use else own)
        assert finding.camera_of(root) == own
        assert finding.active_root(bpy.context) == root
    assert len([each for each in own.parent.children if each.type == "CAMERA"]) == 3
    assert bpy.ops.zoom_stack.go_to_level(level=2) == {"FINISHED"}
    assert own["level"] == pytest.approx(2.0, abs=0.02)


def test_the_camera_in_use_is_focused_and_sharp_again(bpy: Any, root: Any) -> None:
    scene = bpy.context.scene
    own = scene.camera
    assert not bpy.ops.zoom_stack.drop_focus.poll()
    for f_stop in (0.5, 2.0):
        assert bpy.ops.zoom_stack.focus_on_picture(f_stop=f_stop) == {"FINISHED"}
        assert (own.data["f_stop"], own.data.dof.use_dof) == (f_stop, True)
    assert len(own.data.animation_data.drivers) == 2
    # The next camera is focused alike, but by itself.
    assert bpy.ops.zoom_stack.add_camera(use=True) == {"FINISHED"}
    added = scene.camera
    assert added.data["f_stop"] == 2.0
    assert bpy.ops.zoom_stack.drop_focus() == {"FINISHED"}
    assert (own.data.dof.use_dof, added.data.dof.use_dof) == (True, False)
    assert not bpy.ops.zoom_stack.drop_focus.poll()
    assert bpy.ops.zoom_stack.focus_on_picture(f_stop=8.0) == {"FINISHED"}
    assert (own.data["f_stop"], added.data["f_stop"]) == (2.0, 8.0)


def test_a_zoom_whose_camera_shares_its_lens_with_another_is_focused_alone(
    bpy: Any, root: Any
) -> None:
    own = bpy.context.scene.camera
    other = bpy.data.objects.new("Other", own.data)
    bpy.context.scene.collection.objects.link(other)
    assert bpy.ops.zoom_stack.focus_on_picture() == {"FINISHED"}
    assert own.data.dof.use_dof
    assert not other.data.dof.use_dof


def test_what_both_blurs_change_in_the_scene_is_told(bpy: Any, root: Any, capfd: Any) -> None:
    scene = bpy.context.scene
    scene.render.motion_blur_position = "CENTER"
    for told in (True, False):
        assert bpy.ops.zoom_stack.blur_motion() == {"FINISHED"}
        assert bpy.ops.zoom_stack.focus_on_picture() == {"FINISHED"}
        output = capfd.readouterr().out
        for text in (
            "The shutter opens on the frame; EEVEE takes 8 steps",
            "EEVEE jitters its camera",
        ):
            assert (text in output) == told
    assert scene.render.use_motion_blur
    assert scene.render.motion_blur_position == "START"
    assert (scene.eevee.motion_blur_steps, scene.eevee.bokeh_max_size) == (8, 0.0)


def test_keyed_openings_are_the_artists(bpy: Any, root: Any) -> None:
    data = bpy.context.scene.camera.data
    data.dof.aperture_fstop = 5.6
    data.keyframe_insert("dof.aperture_fstop", frame=1)
    with pytest.raises(RuntimeError, match="is animated"):
        bpy.ops.zoom_stack.focus_on_picture()
    assert not data.dof.use_dof
    assert "f_stop" not in data


def test_a_linked_zoom_is_not_changed(bpy: Any, root: Any, tmp_path: Path) -> None:
    file = tmp_path / "zoom.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    name = root.users_collection[0].name
    bpy_session.load_factory_startup()
    with bpy.data.libraries.load(str(file), link=True) as (_, into):
        into.collections = [name]
    bpy.context.scene.collection.children.link(bpy.data.collections[name])
    for operator in ("add_camera", "focus_on_picture", "drop_focus"):
        assert not getattr(bpy.ops.zoom_stack, operator).poll(), operator
