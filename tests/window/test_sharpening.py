"""Make Sharper in a real window, with the real engine: one undo step, and nothing taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

SHOWN = """
def shown():
    finding = _part("scene.finding")
    root = finding.active_root(bpy.context)
    return sorted({finding.image_of(p).size[0] for p in finding.parts(root, "plane")})
"""


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    tab = ZoomTab(window, engine_python)
    tab.use_python(engine_python)
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.import_sample(target='NEW_SCENE')")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo_push(message='sample')")
    window.do(SHOWN)
    return tab


@pytest.mark.look_ahead
def test_it_is_one_step_that_undo_takes_back(tab: ZoomTab) -> None:
    window = tab.window
    window.do("bpy.context.window_manager.windows[0].scene.frame_set(17)")
    before = window.ask("[o.name for o in bpy.context.window_manager.windows[0].scene.objects]")
    window.do(
        "with override('VIEW_3D', 'UI'):\n"
        "    bpy.ops.zoom_stack.sharpen(times='2', upscaler='real_esrgan_quick')"
    )
    tab.wait_for("'Enlarging' in s['stage'] or not s['running']", timeout=60)
    window.settle()
    window.picture("enlarging")
    tab.wait_finished(timeout=180)
    assert window.ask("shown()") == [1536]
    scene = "bpy.context.window_manager.windows[0].scene"
    assert window.ask(f"{scene}.frame_current") == 17
    assert window.ask(f"[o.name for o in {scene}.objects]") == before
    window.settle(1.0)
    window.picture("sharper")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert window.ask("shown()") == [768]
    window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
    window.settle()
    assert window.ask("shown()") == [1536]


def test_escape_cancels_at_once_and_nothing_changes(tab: ZoomTab) -> None:
    window = tab.window
    window.do(
        "with override('VIEW_3D', 'UI'):\n"
        "    bpy.ops.zoom_stack.sharpen(times='8', upscaler='real_esrgan')"
    )
    tab.wait_for("'Enlarging' in s['stage'] or not s['running']", timeout=60)
    pid = tab.status()["pid"]
    window.settle(2.0)
    window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=3)
    tab.wait_worker_gone(pid)
    assert window.ask("shown()") == [768]
    assert not Path(tab.status()["out"]).exists(), "a cancelled run left a folder"


def test_the_dialog_tells_what_comes_of_it(tab: ZoomTab) -> None:
    window = tab.window
    window.screen.move(500, 400)
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.sharpen('INVOKE_DEFAULT')")
    window.settle(1.0)
    window.picture("dialog")
    window.screen.key("Escape")
    window.settle()
    assert window.ask("status()['running']") is False
