"""A day's work in a real window, undone step by step and done again: every state comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

_DUMPING = Path(__file__).parents[1] / "dumping.py"
_STATE = """
def state():
    found = dumped(bpy, _part("blender.compat").fcurves_of)
    return sorted((key, repr(value)) for key, value in found.items())
"""
_IN_TAB = "with override('VIEW_3D', 'UI'): "
_PUSH = "with override('VIEW_3D'): bpy.ops.ed.undo_push(message={!r})"


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    tab = ZoomTab(window, engine_python)
    window.do(_DUMPING.read_text(encoding="utf-8"))
    window.do(_STATE)
    return tab


def state(tab: ZoomTab) -> dict[str, Any]:
    return dict(tab.window.ask("state()"))


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))


@pytest.mark.slow
def test_every_state_comes_back(tab: ZoomTab) -> None:
    window = tab.window
    window.do("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    tab.set_levels(steps=3)
    window.do(_PUSH.format("levels"))
    states = [state(tab)]

    def run(before: str = "") -> None:
        """One press of Generate, with what comes before it as a step of its own."""
        if before:
            window.do(_IN_TAB + before)
            window.do(_PUSH.format(before[:20]))
            states.append(state(tab))
        tab.generate()
        tab.wait_finished()
        window.settle()
        states.append(state(tab))

    run()
    window.do(
        "scene = bpy.context.window_manager.windows[0].scene\n"
        "finding = _part('scene.finding')\n"
        "root = next(item for item in scene.objects if finding.is_root(item))\n"
        "camera = finding.camera_of(root)\n"
        "camera.data.lens = 30.0\n"
        "camera.rotation_euler.z = 0.2; camera.keyframe_insert('rotation_euler', frame=20)\n"
        "lamp = bpy.data.objects.new('Lamp', bpy.data.lights.new('Lamp', 'POINT'))\n"
        "scene.collection.objects.link(lamp)\n"
        "lamp.parent = finding.parts(root, 'level')[2]\n"
    )
    window.do(_PUSH.format("shot"))
    states.append(state(tab))
    run()
    run(
        "settings().active_level = 0; bpy.ops.zoom_stack.level_add(); "
        "settings().levels[1].prompt = 'dust'"
    )
    run("settings().active_level = 3; bpy.ops.zoom_stack.level_remove()")
    run("settings().loop = True")
    for expected in reversed(states[:-1]):
        window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
        window.settle()
        assert differences(expected, state(tab)) == []
    for expected in states[1:]:
        window.do("with override('VIEW_3D'): bpy.ops.ed.redo()")
        window.settle()
        assert differences(expected, state(tab)) == []
    assert "Traceback" not in window.log
    window.picture("day")
