"""Engines that hang or flood, in a real window: shown, answered, and never in Blender's way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    return ZoomTab(window, engine_python)


def test_a_stopped_engine_is_shown_and_can_be_waited_for_or_stopped(tab: ZoomTab) -> None:
    tab.open_panels("ZOOMSTACK_PT_generate")
    tab.use_worker("mute", step=0.2)
    tab.set_levels()
    tab.generate()
    tab.window.wait_for("_part('tasks.latest').generation.silence > 10", timeout=30)
    tab.window.settle()
    tab.window.picture("silent_engine")
    tab.window.do("bpy.ops.zoom_stack.wait_for_engine()")
    assert tab.window.ask("_part('tasks.latest').generation.silence") == 0
    tab.window.wait_for("_part('tasks.latest').generation.silence > 20", timeout=30)
    began = time.monotonic()
    tab.window.do("bpy.ops.zoom_stack.cancel()")
    tab.window.wait_for("not status()['running']", timeout=10, every=0.05)
    assert time.monotonic() - began < 2.5  # one, and the window's own pace
    assert tab.status()["phase"] == "Cancelled"
