"""Light in the real window: set up, a shadow on the picture, undone in one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import BlenderWindow
from test_zoom_view import IMPORT, middle_of_view
from zoom_tab import ZoomTab

_LIT = "sorted(o.name for o in bpy.data.objects if 'receives_light' in o)"


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def test_light_is_set_up_and_one_undo_takes_it_away(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_light")
    window.do(
        "with override('VIEW_3D'): bpy.ops.zoom_stack.go_to_level('EXEC_DEFAULT', True, level=2)"
    )
    window.settle(1.0)
    before = middle_of_view(window, "plain")
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.set_up_light('INVOKE_DEFAULT', True)")
    window.settle(1.0)
    assert len(window.ask(_LIT)) > 1
    lit = middle_of_view(window, "lit")
    window.do(
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.add_thing('EXEC_DEFAULT', True, kind='MONKEY', level=3)"
    )
    window.settle(1.0)
    window.picture("monkey")
    window.do("bpy.context.window_manager.windows[0].scene.render.engine = 'CYCLES'")
    window.do("with override('VIEW_3D'): bpy.ops.zoom_stack.set_up_catcher('EXEC_DEFAULT', True)")
    window.settle(1.0)
    window.picture("catcher")
    layers = "[layer.name for layer in bpy.context.window_manager.windows[0].scene.view_layers]"
    assert window.ask(layers)[-2:] == ["Zoom", "Things"]
    for _ in range(3):
        window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
        window.settle()
    assert window.ask(_LIT) == []
    assert np.abs(middle_of_view(window, "undone") - before).mean() < 2.0
    assert np.abs(lit - before).mean() < 10.0
