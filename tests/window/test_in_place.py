"""Generating again in a real window: the zoom takes the pictures, nothing else is taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import BlenderWindow
from PIL import Image
from zoom_tab import ZoomTab

_STATE = """
def state():
    window = bpy.context.window_manager.windows[0]
    scene, camera = window.scene, window.scene.camera
    view = next(a for a in window.screen.areas if a.type == "VIEW_3D").spaces.active
    return dict(
        scene=scene.name, frame=scene.frame_current, range=[scene.frame_start, scene.frame_end],
        size=[scene.render.resolution_x, scene.render.resolution_y], lens=camera.data.lens,
        keys=[list(key.co) for c in _part("blender.compat").fcurves_of(camera)
              for key in c.keyframe_points],
        selected=[each.name for each in window.view_layer.objects.selected],
        active=window.view_layer.objects.active and window.view_layer.objects.active.name,
        view=[view.region_3d.view_perspective, list(map(list, view.region_3d.view_matrix))],
        shading=view.shading.type, playing=window.screen.is_animation_playing,
        markers=sorted([m.name, m.frame] for m in scene.timeline_markers),
    )
def shown():
    finding = _part("scene.finding")
    root = next(item for item in bpy.data.objects if finding.is_root(item))
    images = [finding.image_of(plane) for plane in finding.parts(root, "plane")]
    files = sorted(bpy.path.abspath(image.filepath) for image in images)
    return str(finding.stack_of(root).folder), files
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    """The tab beside a zoom that is finished, with a shot set up around it."""
    tab = ZoomTab(window, engine_python)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    tab.show()
    window.do(_STATE)
    window.do(
        "scene = bpy.context.window_manager.windows[0].scene; camera = scene.camera\n"
        "camera.data.lens = 28.0; camera.rotation_euler.z = 0.3\n"
        "camera.keyframe_insert('rotation_euler', frame=30)\n"
        "scene.timeline_markers.new('beat', frame=9); scene.frame_set(40)\n"
        "scene.render.resolution_x = 900\n"
        "light = bpy.data.objects.new('Lamp', bpy.data.lights.new('Lamp', 'POINT'))\n"
        "scene.collection.objects.link(light)\n"
        "for each in scene.objects: each.select_set(each == light)\n"
        "bpy.context.window_manager.windows[0].view_layer.objects.active = light\n"
        "with override('VIEW_3D'): bpy.ops.ed.undo_push(message='shot')"
    )
    window.settle()
    return tab


def state(tab: ZoomTab) -> dict[str, Any]:
    return tab.window.ask("state()")


@pytest.mark.look_ahead
def test_a_run_that_ends_takes_nothing_over(tab: ZoomTab) -> None:
    before, pictures = state(tab), tab.window.ask("shown()")
    tab.generate()
    tab.wait_finished()
    assert state(tab) == before
    assert len(tab.window.ask("zooms()")) == 1
    after = tab.window.ask("shown()")
    assert after[0] == tab.status()["out"] != pictures[0]
    assert all(Path(file).is_file() for file in pictures[1])
    tab.window.picture("again")


def test_it_is_one_step_to_undo(tab: ZoomTab) -> None:
    before, pictures = state(tab), tab.window.ask("shown()")
    tab.generate()
    tab.wait_finished()
    after = tab.window.ask("shown()")
    tab.window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    tab.window.settle()
    assert tab.window.ask("shown()") == pictures
    assert state(tab) == before
    tab.window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    tab.window.settle()
    assert tab.window.ask("shown()") == after
    empty = "[i.name for i in bpy.data.images if i.source == 'FILE' and i.size[0] == 0]"
    assert tab.window.ask(empty) == []


def test_it_waits_for_object_mode(tab: ZoomTab) -> None:
    window = tab.window
    window.do("with override('VIEW_3D'): bpy.ops.mesh.primitive_cube_add()")
    window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='EDIT')")
    pictures = window.ask("shown()")
    tab.generate()
    tab.wait_for("'Object Mode' in s['stage']")
    window.settle(0.5)
    assert window.ask("shown()") == pictures
    window.do("_part('blender.screen').redraw()")
    window.settle()
    window.picture("waits-for-object-mode")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.update_now()")
    tab.wait_finished()
    assert window.ask("bpy.context.window_manager.windows[0].view_layer.objects.active.mode") == (
        "OBJECT"
    )
    assert window.ask("shown()") != pictures
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("shown()") == pictures, "leaving the mode and the update are two steps"


def test_what_was_stopped_on_its_way_comes_into_its_zoom(tab: ZoomTab) -> None:
    window = tab.window
    window.do("with override('VIEW_3D'): bpy.ops.mesh.primitive_cube_add()")
    window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='EDIT')")
    pictures, zooms = window.ask("shown()"), window.ask("zooms()")
    tab.generate()
    tab.wait_for("'Object Mode' in s['stage']")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.cancel()")
    tab.wait_for("not s['running']")
    window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='OBJECT')")
    window.settle()
    window.picture("stopped-on-its-way")
    assert window.ask("_part('tasks.latest').generation.why_offered()") == (
        "You stopped before the pictures came in."
    )
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.import_result()")
    tab.wait_finished()
    assert window.ask("zooms()") == zooms
    assert window.ask("shown()") != pictures


def test_a_playing_animation_plays_on(tab: ZoomTab) -> None:
    window = tab.window
    window.do("with override('VIEW_3D'): bpy.ops.screen.animation_play()")
    playing = "bpy.context.window_manager.windows[0].screen.is_animation_playing"
    window.wait_for(playing)
    pictures = window.ask("shown()")
    tab.generate()
    tab.wait_finished()
    assert window.ask("shown()") != pictures
    assert window.ask(playing)
    window.do("with override('VIEW_3D'): bpy.ops.screen.animation_cancel(restore_frame=False)")


def test_a_level_that_was_inserted_comes_in(tab: ZoomTab) -> None:
    window = tab.window
    window.do(
        "settings().active_level = 0\n"
        "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.level_add()\n"
        "settings().levels[1].prompt = 'a nebula'"
    )
    tab.generate()
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1
    assert len(window.ask("shown()")[1]) == 4
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.go_to_level(level=1)")
    window.settle(0.5)
    window.picture("inserted")


def test_versions_are_looked_for_and_listed(tab: ZoomTab) -> None:
    window = tab.window
    tab.generate()
    tab.wait_finished()
    tab.open_panels("ZOOMSTACK_PT_versions", "ZOOMSTACK_PT_level_versions", "ZOOMSTACK_PT_runs")
    known = "_part('tasks.runs')._lookup._known"
    window.wait_for(
        f"any(len(found.of_zoom(settings().uid)) == 2 for found, _ in {known}.values())"
    )
    window.settle(1.0)
    window.picture("versions")
    assert "Traceback" not in window.log


def test_a_version_comes_piece_by_piece(tab: ZoomTab) -> None:
    """By a button: the status bar tells how far it is, Esc ends it, and it is one step to undo."""
    window = tab.window
    folder, first = window.ask("shown()")
    tab.generate()
    tab.wait_finished()
    second = window.ask("shown()")
    with_area = "with override('VIEW_3D', 'UI'): "
    press = f"{with_area}bpy.ops.zoom_stack.show_version('INVOKE_DEFAULT', folder={folder!r})"
    running = "'ZOOM_STACK_OT_show_version' in [m.bl_idname for m in bpy.context.window_manager"
    running += ".windows[0].modal_operators]"
    images = window.ask("len(bpy.data.images)")
    window.do("_part('operators.pieces')._TICK = 1.0")
    window.do(press)
    window.wait_for(f"len(bpy.data.images) > {images}", every=0.02)
    assert window.ask(f"{running} and shown()") == second  # nothing shows before the end
    window.picture("piece-by-piece")
    window.screen.key("Escape")
    window.wait_for(f"not {running}")
    window.do("_part('operators.pieces')._TICK = 0.01")
    assert window.ask("shown()") == second
    assert window.ask("len(bpy.data.images)") == images
    window.do(press)
    window.wait_for(f"not {running}")
    assert window.ask("shown()") == [folder, first]
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("shown()") == second
    assert "Traceback" not in window.log


def test_a_stack_that_is_imported_anew_comes_piece_by_piece(tab: ZoomTab) -> None:
    window = tab.window
    folder, first = window.ask("shown()")
    tab.generate()
    tab.wait_finished()
    second = window.ask("shown()")
    with_area = "with override('VIEW_3D', 'UI'): "
    file = f"{folder}/stack.json"
    window.do(f"{with_area}bpy.ops.zoom_stack.import_stack('INVOKE_DEFAULT', filepath={file!r})")
    window.wait_for(f"shown() == {[folder, first]!r} or shown() == ({folder!r}, {first!r})")
    assert len(window.ask("zooms()")) == 1
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("shown()") == second
    assert "Traceback" not in window.log


def test_a_level_is_compared_and_its_earlier_picture_shown(tab: ZoomTab) -> None:
    """As a person does, by buttons; each is one step to undo."""
    window = tab.window
    first = window.ask("shown()")[1]
    for file in first:  # pictures of one level differ; the double's are all alike
        other = Image.open(file).convert("L").convert("RGB")
        other.save(file)
    window.do("settings().active_level = 1")
    with_area = "with override('VIEW_3D', 'UI'): "
    window.do(with_area + "bpy.ops.zoom_stack.level_again('INVOKE_DEFAULT')")
    tab.wait_finished()
    second = window.ask("shown()")[1]
    tab.open_panels("ZOOMSTACK_PT_level_versions")
    window.settle(1.0)
    window.picture("earlier-pictures")
    window.do(with_area + "bpy.ops.zoom_stack.compare_picture(level=1)")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='Compare')")
    mixed = window.ask("shown()")[1]
    assert sorted(mixed) == sorted([second[0], first[1], second[2]])
    window.settle(0.5)
    window.picture("compared")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("shown()")[1] == second
    assert "Traceback" not in window.log


def test_thumbnails_survive_everything(tab: ZoomTab) -> None:
    window = tab.window
    window.do(
        "def icons():\n"
        "    of_level = _part('panels.levels')._icon_of\n"
        "    return [of_level(settings(), level) > 0 for level in settings().levels]"
    )
    assert window.ask("icons()") == [True] * 3
    tab.use_worker("crash")
    tab.generate()
    tab.wait_for("not s['running'] and s['code'] == 'worker_died'")
    assert window.ask("icons()") == [True] * 3
    window.do("_part('tasks.latest').clear()")  # as after a restart
    assert window.ask("icons()") == [True] * 3
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.edit_levels()")
    assert window.ask("icons()") == [True] * 3
    window.do("settings().levels[0].keep = False")
    tab.use_worker(step=0.3)
    tab.generate()
    tab.wait_for("s['running']")
    assert window.ask("icons()") == [True] * 3
    window.do("_part('tasks.latest').generation.cancel()")
    tab.wait_for("not s['running']")
