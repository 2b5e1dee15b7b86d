"""Bake to Keyframes in the real window: piece by piece, given up, undone in one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import BlenderWindow
from test_zoom_view import IMPORT, SCENE
from zoom_tab import ZoomTab

_KINDS = "[len(x) for x in (bpy.data.objects, bpy.data.scenes, bpy.data.actions)]"
_CAMERA = f"{SCENE}.camera.name"
_HIDDEN = "[c.hide_render for c in bpy.data.collections if 'Baked' not in c.name][-1]"
_MODAL = "[o.bl_idname for o in bpy.context.window_manager.windows[0].modal_operators]"


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def press(window: BlenderWindow) -> None:
    window.screen.move(500, 400)
    window.do(
        "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.bake_to_keyframes('INVOKE_DEFAULT')"
    )
    window.settle(1.0)


def test_a_zoom_is_baked_by_the_button(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_stack_timing")
    window.settle(1.0)
    camera, before = window.ask(_CAMERA), window.ask(_KINDS)
    press(window)
    window.picture("dialog")
    window.screen.key("Return")
    window.wait_for(f"{_MODAL} != []", timeout=5, every=0.02)
    window.settle(0.3)
    window.picture("on-the-way")
    window.screen.key("Escape")
    window.wait_for(f"{_MODAL} == []", timeout=5)
    assert (window.ask(_CAMERA), window.ask(_KINDS)) == (camera, before)
    press(window)
    window.screen.key("Return")
    window.wait_for(f"{_CAMERA} == {camera + ' Baked'!r}", timeout=60)
    window.settle(1.0)
    window.picture("baked")
    baked = window.ask(_KINDS)
    assert baked[:2] == [2 * before[0] - 3, before[1]]
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert (window.ask(_CAMERA), window.ask(_KINDS)) == (camera, before)
