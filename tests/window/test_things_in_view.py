"""Things on levels in the real window: added, in view, undone in one step; the read-out too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import BlenderWindow
from test_zoom_view import IMPORT, middle_of_view
from zoom_tab import ZoomTab

_THINGS = "sorted(o.name for o in bpy.data.objects if o.parent and 'Level' in o.parent.name)"
_BEYOND = "[n for n in " + _THINGS + " if 'Picture' not in n]"


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def test_a_thing_is_in_view_and_one_undo_takes_it_away(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    tab.open_panels("ZOOMSTACK_PT_things")
    window.do(
        "with override('VIEW_3D'): bpy.ops.zoom_stack.go_to_level('EXEC_DEFAULT', True, level=2)"
    )
    window.settle(1.0)
    before = middle_of_view(window, "level-2")
    window.do(
        "with override('VIEW_3D'):"
        " bpy.ops.zoom_stack.add_thing('INVOKE_DEFAULT', True, kind='MONKEY', share=0.5)"
    )
    window.settle(1.0)
    with_thing = middle_of_view(window, "monkey")
    assert window.ask(_BEYOND) == ["Monkey"]
    assert np.abs(with_thing - before).mean() > 10.0
    window.do(
        "with override('VIEW_3D'): bpy.ops.zoom_stack.add_read_out('EXEC_DEFAULT', True,"
        " use_width=True, metres=1e21)"
    )
    window.settle(1.0)
    window.picture("read-out")
    assert "Read-Out" in window.ask("[o.name for o in bpy.data.objects]")
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle()
    assert "Read-Out" not in window.ask("[o.name for o in bpy.data.objects]")
    assert window.ask(_BEYOND) == ["Monkey"]
    window.do("with override('VIEW_3D'): bpy.ops.ed.undo()")
    window.settle(1.0)
    assert window.ask(_BEYOND) == []
    assert np.abs(middle_of_view(window, "undone") - before).mean() < 2.0


def test_nothing_selected_says_what_to_select(tab: ZoomTab) -> None:
    window = tab.window
    window.do(IMPORT)
    window.do("with override('VIEW_3D'): bpy.ops.object.select_all(action='DESELECT')")
    assert not window.ask("bpy.ops.zoom_stack.attach.poll()")
