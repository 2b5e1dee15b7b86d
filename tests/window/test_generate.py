"""Generate in a real window: by keyboard and mouse, and everything that can come between."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

from devtools.bpy_session import MODULE


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


@pytest.mark.look_ahead
def test_a_typed_prompt_becomes_a_zoom_in_the_view(
    window: BlenderWindow, engine_python: Path
) -> None:
    tab = ZoomTab(window, engine_python, quick_view=False)
    tab.set_levels(["a galaxy", "old words"], steps=20)
    tab.use_worker(step=0.4)
    window.do("_part('blender.screen').redraw()")
    window.settle()
    tab.click(100, 73, double=True)  # the second row of the list
    window.settle()
    window.screen.key("ctrl+a")
    window.screen.type("a green planet")
    window.screen.key("Return")
    window.wait_for("settings().levels[1].prompt == 'a green planet'")

    tab.press_generate()
    tab.wait_for("s['running']")
    seen = set()
    while tab.status()["running"] and len(seen) < 4:
        seen.add(tab.status()["fraction"])
        time.sleep(0.1)
    assert len(seen) == 4, "the progress stands still"
    tab.wait_for("s['pictures'] == 2 or not s['running']")
    window.picture("running")
    tab.wait_finished()

    assert window.ask("zooms()")
    space = "bpy.context.window_manager.windows[0].screen.areas[:]"
    view = f"next(a for a in {space} if a.type == 'VIEW_3D').spaces.active"
    assert window.ask(f"{view}.region_3d.view_perspective") == "PERSP"  # nothing is taken over
    window.picture("ready")
    tab.show()
    window.wait_for(f"{view}.region_3d.view_perspective == 'CAMERA'")
    window.settle(1.0)
    window.picture("arrived")
    # The settings that made the zoom are at hand in its own scene.
    assert window.ask("[level.prompt for level in settings().levels]") == [
        "a galaxy",
        "a green planet",
    ]


@pytest.mark.look_ahead
def test_escape_cancels_and_the_next_run_works(tab: ZoomTab) -> None:
    tab.set_levels(steps=100)
    tab.press_generate()
    tab.wait_for("s['fraction'] > 0.01")
    pid = tab.status()["pid"]
    tab.window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=5)
    tab.wait_worker_gone(pid)
    assert tab.status()["code"] == ""
    assert tab.window.ask("zooms()") == []
    assert not Path(tab.status()["out"]).exists(), "a cancelled run left an empty folder"
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()


def test_a_cancelled_run_can_be_continued(tab: ZoomTab) -> None:
    tab.use_worker("saves")
    tab.set_levels(steps=40)
    tab.generate()
    tab.wait_for("s['fraction'] > 0.5")
    out = tab.status()["out"]
    tab.window.do("bpy.ops.zoom_stack.cancel()")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=5)
    tab.window.settle()
    tab.window.picture("continue")
    tab.set_levels(["something else"])
    tab.window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.generate(resume=True)")
    tab.wait_for("s['fraction'] > 0")
    assert tab.status()["fraction"] > 0.4
    tab.wait_finished()
    assert tab.status()["out"] == out


@pytest.mark.parametrize("mode", ["silence", "deaf", "stubborn"])
def test_escape_works_on_a_worker_that_does_not_listen(tab: ZoomTab, mode: str) -> None:
    tab.use_worker(mode)
    tab.set_levels(steps=1000)
    tab.generate()
    tab.wait_for("s['pid']")
    pid = tab.status()["pid"]
    tab.window.screen.move(*tab.place.at(0.5, 0.9))
    tab.window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=6)
    tab.wait_worker_gone(pid)


def test_escape_belongs_to_a_text_field_first(tab: ZoomTab) -> None:
    tab.set_levels(steps=200)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    tab.window.settle()
    tab.click(100, 52, double=True)
    tab.window.settle()
    tab.window.screen.type("zzz")
    tab.window.screen.key("Escape")
    tab.window.settle(1.0)
    assert tab.status()["phase"] == "Working"
    assert tab.window.ask("settings().levels[0].prompt") == "a spiral galaxy"
    tab.window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=5)


def test_escape_stops_the_playback_and_not_the_job(tab: ZoomTab) -> None:
    tab.set_levels(steps=300)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    tab.window.screen.move(*tab.window.region("VIEW_3D", "WINDOW").at(0.3, 0.8))
    tab.window.screen.key("space")
    playing = "bpy.context.window_manager.windows[0].screen.is_animation_playing"
    tab.window.wait_for(playing)
    tab.window.settle(0.5)
    tab.window.screen.key("Escape")
    tab.window.wait_for(f"not {playing}")
    tab.window.settle(0.5)
    assert tab.status()["phase"] == "Working"
    tab.window.settle(0.5)
    tab.window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=5)


def test_blender_saves_automatically_during_a_run(tab: ZoomTab) -> None:
    """Blender does not while a modal operator runs: that is why there is none."""
    tab.set_levels(steps=200)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    count = "sum(len(w.modal_operators) for w in bpy.context.window_manager.windows)"
    assert tab.window.ask(count) == 0
    tab.window.do("bpy.ops.zoom_stack.cancel()")
    tab.wait_for("not s['running']")


def test_generate_is_grey_while_it_runs(tab: ZoomTab) -> None:
    tab.set_levels(steps=200)
    tab.generate()
    tab.wait_for("s['running']")
    with pytest.raises(AssertionError, match="generated already"):
        tab.generate()
    tab.window.do("bpy.ops.zoom_stack.cancel()")
    tab.wait_for("not s['running']")


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_undo_and_redo_after_the_import_keep_the_zoom(tab: ZoomTab, mode: str) -> None:
    window = tab.window
    tab.set_levels(steps=3)
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='levels')")
    if mode == "EDIT":
        window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='EDIT')")
        window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='edit')")
    tab.generate()
    if mode == "EDIT":
        tab.wait_for("'Object Mode' in s['stage']")
        window.do("with override('VIEW_3D'): bpy.ops.object.mode_set(mode='OBJECT')")
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1
    window.do("with override('VIEW_3D'): bpy.ops.mesh.primitive_cube_add()")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='cube')")
    cubes = window.ask("len(bpy.data.objects)")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("len(bpy.data.objects)") == cubes - 1
    assert len(window.ask("zooms()")) == 1, "undoing the next step took the zoom"
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("zooms()") == [], "the import is no step of its own"
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert len(window.ask("zooms()")) == 1, "redo did not bring the zoom back"
    images = "[i.name for i in bpy.data.images if i.source == 'FILE' and i.size[0] == 0]"
    assert window.ask(images) == []


def test_undo_during_the_run_does_no_harm(tab: ZoomTab) -> None:
    window = tab.window
    tab.set_levels(steps=12)
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='levels')")
    window.do("with override('VIEW_3D'): bpy.ops.mesh.primitive_cube_add()")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='cube')")
    tab.generate()
    tab.wait_for("s['fraction'] > 0.1")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1
    assert window.ask("len(settings().levels)") == 3


def test_another_file_gets_no_zoom_unasked_and_nothing_is_lost(tab: ZoomTab) -> None:
    window = tab.window
    tab.set_levels(steps=12)
    tab.generate()
    tab.wait_for("s['fraction'] > 0.1")
    window.factory_startup()
    tab.wait_for("s['phase'] == 'Offered'")
    assert window.ask("zooms()") == []
    window.show_sidebar("Zoom")
    window.do("_part('blender.screen').redraw()")
    window.settle()
    window.picture("offered")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.import_result()")
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1


def test_a_deleted_scene_gets_no_zoom_and_nothing_is_lost(tab: ZoomTab) -> None:
    window = tab.window
    window.do("bpy.data.scenes.new('Other')")
    tab.set_levels(steps=12)
    tab.generate()
    tab.wait_for("s['fraction'] > 0.1")
    window.do(
        "w = bpy.context.window_manager.windows[0]; old = w.scene\n"
        "w.scene = bpy.data.scenes['Other']; bpy.data.scenes.remove(old)"
    )
    tab.wait_for("s['phase'] == 'Offered'")
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.import_result()")
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1


def test_a_renamed_scene_is_still_the_same(tab: ZoomTab) -> None:
    tab.set_levels(steps=6)
    tab.generate()
    tab.window.do("bpy.context.window_manager.windows[0].scene.name = 'Renamed'")
    tab.wait_finished()


def test_the_import_waits_for_a_render(tab: ZoomTab) -> None:
    window = tab.window
    tab.set_levels(steps=4)
    window.do(
        "scene = bpy.context.window_manager.windows[0].scene\n"
        "scene.render.engine = 'CYCLES'; scene.cycles.samples = 1000000\n"
        "scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False\n"
        "scene.cycles.time_limit = 10.0\n"
        "with override('VIEW_3D'): bpy.context.space_data.shading.type = 'SOLID'\n"
        "scene.render.resolution_percentage = 10"
    )
    window.do("with override('VIEW_3D'): bpy.ops.render.render('INVOKE_DEFAULT')")
    window.wait_for("bpy.app.is_job_running('RENDER')")
    tab.generate()
    tab.wait_for("s['phase'] == 'Waiting'")
    assert window.ask("bpy.app.is_job_running('RENDER'), zooms()") == [True, []]
    tab.wait_for("'Render' in s['stage']")
    tab.wait_finished()


def test_the_import_waits_for_another_operator(tab: ZoomTab) -> None:
    window = tab.window
    tab.set_levels(steps=4)
    window.screen.move(*window.region("VIEW_3D", "WINDOW").at(0.4, 0.5))
    tab.generate()
    window.screen.key("g")  # the cube follows the pointer
    tab.wait_for("s['phase'] == 'Waiting'")
    window.settle(0.5)
    assert window.ask("zooms()") == []
    assert "Move" in tab.status()["stage"]
    window.screen.key("Return")
    tab.wait_finished()


def test_a_killed_worker_is_reported_and_the_next_run_works(tab: ZoomTab) -> None:
    tab.set_levels(steps=200)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    os.kill(tab.status()["pid"], signal.SIGKILL)
    tab.wait_for("s['code'] == 'worker_died'")
    assert "signal 9" in tab.status()["text"]
    tab.window.settle()
    tab.window.picture("killed")
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    assert tab.status()["code"] == ""


@pytest.mark.parametrize(
    ("mode", "code", "words"),
    [
        ("crash", "worker_died", "exit code 3"),
        ("no_torch", "no_torch", "no torch"),
        ("syntax", "old_python", "too old"),
        ("protocol", "protocol", "protocol 99"),
    ],
)
def test_what_went_wrong_is_said_in_the_panel(
    tab: ZoomTab, mode: str, code: str, words: str
) -> None:
    tab.use_worker(mode)
    tab.set_levels()
    tab.generate()
    tab.wait_for("s['code']")
    status = tab.status()
    assert (status["code"], status["phase"]) == (code, "Failed")
    assert words in status["text"]
    assert status["hint"]
    tab.window.picture(f"error-{mode}")
    tab.window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.dismiss()")
    assert tab.status()["code"] == ""


def test_what_cannot_start_is_said_in_the_panel(tab: ZoomTab) -> None:
    def error_of(expected: str) -> str:
        tab.generate()  # told once, in the panel, which is in sight
        assert tab.status()["code"] == expected
        return str(tab.status()["text"])

    tab.set_levels([])
    with pytest.raises(AssertionError, match="Add a level first"):
        tab.generate()
    tab.set_levels(["a galaxy", " "])
    with pytest.raises(AssertionError, match="Level 2 has no prompt"):
        tab.generate()
    tab.set_levels()
    tab.window.do("settings().levels[1].focus = (0.0, 0.0)")
    assert "level 2" in error_of("bad_geometry").lower()
    tab.window.do("with override('VIEW_3D'): bpy.context.space_data.show_region_ui = False")
    tab.window.settle()  # the side bar is gone once Blender has drawn
    with pytest.raises(AssertionError, match=r"(?i)level 2"):  # reported where it is not
        tab.window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.generate('INVOKE_DEFAULT')")
    tab.window.show_sidebar("Zoom")
    tab.set_levels()
    tab.window.do("settings().output_folder = '/proc/nowhere'")
    assert "/proc/nowhere" in error_of("unwritable")
    tab.window.do("settings().output_folder = ''")
    tab.use_python("/no/such/python")
    tab.generate()
    tab.wait_for("s['code'] == 'no_python'")
    assert "/no/such/python" in tab.status()["text"]
    tab.window.settle()
    tab.window.picture("no-python")
    tab.use_worker()
    tab.generate()
    tab.wait_finished()


def test_disabling_the_extension_ends_the_worker(tab: ZoomTab) -> None:
    tab.set_levels(steps=500)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    pid = tab.status()["pid"]
    tab.window.do(f"bpy.ops.preferences.addon_disable(module={MODULE!r})")
    tab.wait_worker_gone(pid)
    tab.window.do(f"bpy.ops.preferences.addon_enable(module={MODULE!r})")
    again = ZoomTab(tab.window, tab._python)
    again.set_levels(steps=3)
    again.generate()
    again.wait_finished()
    assert "Traceback" not in tab.window.log


def test_quitting_ends_the_worker(
    open_window: Callable[..., BlenderWindow], engine_python: Path
) -> None:
    tab = ZoomTab(open_window(), engine_python)
    tab.set_levels(steps=500)
    tab.generate()
    tab.wait_for("s['fraction'] > 0")
    pid = tab.status()["pid"]
    assert tab.window.quit() == 0
    tab.wait_worker_gone(pid)


def test_the_window_that_asked_may_be_closed(tab: ZoomTab) -> None:
    window = tab.window
    tab.set_levels(steps=30)
    window.do("bpy.ops.wm.window_new_main()")
    window.wait_for("len(bpy.context.window_manager.windows) == 2")
    window.do(
        "second = bpy.context.window_manager.windows[1]\n"
        "area = next(a for a in second.screen.areas if a.type == 'VIEW_3D')\n"
        "region = next(r for r in area.regions if r.type == 'WINDOW')\n"
        "with bpy.context.temp_override(window=second, area=area, region=region):\n"
        "    bpy.ops.zoom_stack.generate('INVOKE_DEFAULT')"
    )
    tab.wait_for("s['fraction'] > 0")
    window.do(
        "with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):\n"
        "    bpy.ops.wm.window_close()"
    )
    tab.wait_finished()
    assert len(window.ask("zooms()")) == 1
