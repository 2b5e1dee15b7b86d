"""The first save offers to copy the pictures beside the file; missing ones are found again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

_SHOWN = """
def shown():
    finding, places = _part("scene.finding"), _part("scene.whereabouts")
    root = next(item for item in bpy.data.objects if finding.is_root(item))
    files = {str(n): str(f) for n, f in places.files_of(root).items()}
    return dict(folder=str(finding.stack_of(root).folder), files=files,
                magenta=[i.name for i in places.pictures_of(root).values() if not i.has_data])
def made():
    return [bpy.path.abspath(level.made) for level in settings().levels]
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    """The tab beside a zoom in a file that is not saved; its panel is on top."""
    tab = ZoomTab(window, engine_python)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    tab.show()
    window.do(_SHOWN)
    window.do(
        "panel = _part('panels.zoom').ZOOMSTACK_PT_stack\n"
        "bpy.utils.unregister_class(panel); panel.bl_order = 0\n"
        "bpy.utils.register_class(panel)\n"
        "_part('blender.screen').redraw()"
    )
    window.settle()
    return tab


def shown(tab: ZoomTab) -> dict[str, Any]:
    return tab.window.ask("shown()")


def save(tab: ZoomTab, file: Path) -> None:
    file.parent.mkdir(parents=True)
    tab.window.do(f"with override('VIEW_3D'): bpy.ops.wm.save_as_mainfile(filepath={str(file)!r})")


def open_file(tab: ZoomTab, file: Path) -> None:
    tab.window.do(f"bpy.ops.wm.open_mainfile(filepath={str(file)!r})")
    tab.window.settle()
    tab.window.do(_SHOWN)
    tab.window.show_sidebar("Zoom")
    tab.window.do("with override('VIEW_3D'): bpy.context.space_data.shading.type = 'RENDERED'")


@pytest.mark.look_ahead
def test_the_first_save_offers_to_copy(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "first"
    before = shown(tab)
    place = window.region("VIEW_3D", "WINDOW").at(0.4, 0.5)
    window.screen.move(*place)
    save(tab, project / "shot.blend")
    window.settle(1.5)
    window.picture("offer")
    window.screen.key("Return")
    window.wait_for(f"shown()['folder'].startswith({str(project / 'zooms')!r})")
    window.wait_for("not bpy.data.is_dirty")
    after = shown(tab)
    assert all(Path(file).is_file() for file in before["files"].values())
    assert all(Path(file).is_relative_to(project) for file in after["files"].values())
    assert all(Path(file).is_relative_to(project) for file in window.ask("made()"))
    window.settle(0.5)
    window.picture("copied")
    # What is on the disk is what is seen: the whole folder moves.
    shutil.move(project, window.folder / "moved")
    for file in before["files"].values():
        Path(file).unlink()
    open_file(tab, window.folder / "moved" / "shot.blend")
    window.settle(1.0)
    assert shown(tab)["magenta"] == []
    window.picture("moved")
    assert "Traceback" not in window.log


def test_an_offer_that_is_declined_stays_in_the_panel(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "declined"
    before = shown(tab)
    window.screen.move(*window.region("VIEW_3D", "WINDOW").at(0.4, 0.5))
    save(tab, project / "shot.blend")
    window.settle(1.5)
    window.screen.key("Escape")
    window.settle(1.0)
    assert shown(tab) == before
    assert not (project / "zooms").exists()
    window.picture("declined")
    # A second save asks nothing.
    window.do("with override('VIEW_3D'): bpy.ops.wm.save_mainfile()")
    window.settle(1.0)
    window.picture("saved-again")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.copy_beside('INVOKE_DEFAULT')")
    window.settle()
    window.picture("how-much")
    window.screen.key("Return")
    window.wait_for(f"shown()['folder'].startswith({str(project)!r})")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert shown(tab)["folder"] == before["folder"]
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert shown(tab)["folder"].startswith(str(project))


@pytest.mark.look_ahead
def test_missing_pictures_are_told_and_found(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "lost"
    save(tab, project / "shot.blend")
    window.settle(1.0)
    window.screen.key("Escape")
    folder = Path(shown(tab)["folder"])
    away = window.folder / "lost" / "renders" / folder.name
    away.parent.mkdir()
    shutil.move(folder, away)
    open_file(tab, project / "shot.blend")
    window.wait_for("any(found for found, _ in _part('tasks.missing')._lookup._known.values())")
    window.settle(1.0)
    window.picture("missing")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.find_pictures('INVOKE_DEFAULT')")
    window.wait_for(f"shown()['folder'] == {str(away)!r}")
    window.settle(1.5)
    window.picture("found")
    assert shown(tab)["magenta"] == []
    assert not window.ask(
        "any(found for found, _ in _part('tasks.missing')._lookup._known.values())"
    )
    assert "Traceback" not in window.log, json.dumps(window.log[-2000:])


def test_a_disk_that_is_mounted_later_is_seen(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "mounted"
    save(tab, project / "shot.blend")
    window.settle(1.0)
    window.screen.key("Escape")
    folder = Path(shown(tab)["folder"])
    shutil.move(folder, folder.with_name("unmounted"))
    open_file(tab, project / "shot.blend")
    known = "any(found for found, _ in _part('tasks.missing')._lookup._known.values())"
    window.wait_for(known)
    shutil.move(folder.with_name("unmounted"), folder)
    window.wait_for(f"_part('blender.screen').redraw() or not {known}", every=0.5)
    window.settle(1.0)
    assert shown(tab)["magenta"] == []
    window.picture("mounted")


def test_where_none_is_found_a_folder_is_chosen(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "far"
    save(tab, project / "shot.blend")
    window.settle(1.0)
    window.screen.key("Escape")
    folder = Path(shown(tab)["folder"])
    away = window.folder / "a" / "b" / "c" / "d" / "e"
    away.parent.mkdir(parents=True)
    shutil.move(folder, away)
    open_file(tab, project / "shot.blend")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.find_pictures('INVOKE_DEFAULT')")
    browser = "any(a.type == 'FILE_BROWSER' for w in bpy.context.window_manager.windows"
    window.wait_for(f"{browser} for a in w.screen.areas)")
    window.settle(1.0)
    window.picture("choose")
    window.screen.key("Escape")
    window.settle(1.0)
    window.picture("not-found")
    window.do(
        "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.find_pictures("
        f"directory={str(window.folder / 'a')!r})"
    )
    window.wait_for(f"shown()['folder'] == {str(away)!r}")
    assert "Traceback" not in window.log


@pytest.mark.look_ahead
def test_packed_pictures_serve_where_their_files_are_gone(tab: ZoomTab) -> None:
    window, project = tab.window, tab.window.folder / "packed"
    window.do("with override('VIEW_3D'): bpy.ops.file.pack_all()")
    save(tab, project / "shot.blend")
    window.settle(1.0)
    shutil.rmtree(window.ask("str(status()['out'])"))
    open_file(tab, project / "shot.blend")
    window.settle(1.0)
    window.picture("packed")
    assert shown(tab)["files"] == {}
    window.do("settings().levels.clear()\nbpy.ops.ed.undo_push(message='cleared')")
    edit = "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.edit_levels('INVOKE_DEFAULT', True)"
    window.do(edit)
    window.wait_for("len(settings().levels) == 3")
    assert all(Path(file).is_relative_to(project / "zooms") for file in window.ask("made()"))
    assert all(Path(file).is_file() for file in window.ask("made()"))
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("len(settings().levels)") == 0
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    shutil.rmtree(project / "zooms")
    window.do("settings().levels[0].keep = False; settings().use_steps = True")
    tab.generate()
    window.wait_for("status()['running']")
    tab.wait_finished()
    assert shown(tab)["files"] != {}
    assert "Traceback" not in window.log


def test_a_linked_zoom_in_the_panel(tab: ZoomTab) -> None:
    window, library = tab.window, tab.window.folder / "library" / "zoom.blend"
    window.do(
        "finding = _part('scene.finding')\n"
        "root = next(item for item in bpy.data.objects if finding.is_root(item))\n"
        "root.users_collection[0].name = 'The Zoom'"
    )
    save(tab, library)
    window.settle(1.0)
    window.screen.key("Escape")
    window.factory_startup()
    window.do(_SHOWN)
    window.do(
        "bpy.context.scene.render.engine = 'BLENDER_WORKBENCH'\n"
        f"with bpy.data.libraries.load({str(library)!r}, link=True) as (_, wanted):\n"
        "    wanted.collections = ['The Zoom']\n"
        "instance = bpy.data.objects.new('Zoom', None)\n"
        "instance.instance_type = 'COLLECTION'\n"
        "instance.instance_collection = wanted.collections[0]\n"
        "bpy.context.scene.collection.objects.link(instance)"
    )
    window.show_sidebar("Zoom")
    window.settle(0.5)
    window.picture("instance")
    window.do(
        "bpy.data.objects.remove(bpy.data.objects['Zoom'])\n"
        "bpy.context.scene.collection.children.link(bpy.data.collections['The Zoom'])\n"
        "with override('VIEW_3D'):\n"
        "    bpy.context.space_data.shading.type = 'RENDERED'\n"
        "    bpy.ops.zoom_stack.go_to_level(level=1)\n"
        "    bpy.context.space_data.use_local_camera = True\n"
        "    bpy.context.space_data.camera = finding.camera_of(finding.active_root(bpy.context))\n"
        "    bpy.context.space_data.region_3d.view_perspective = 'CAMERA'"
    )
    window.settle(1.0)
    window.picture("linked")
    assert shown(tab)["magenta"] == []
    shutil.rmtree(shown(tab)["folder"])
    window.wait_for(
        "_part('blender.screen').redraw() or "
        "any(found for found, _ in _part('tasks.missing')._lookup._known.values())"
    )
    window.settle(0.5)
    window.picture("linked-missing")
    assert "Traceback" not in window.log
