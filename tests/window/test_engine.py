"""The real engine with the bundled model, in a real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    tab = ZoomTab(window, engine_python)
    tab.use_python(engine_python)
    return tab


def test_escape_works_while_the_model_loads(tab: ZoomTab) -> None:
    tab.set_levels()
    tab.press_generate()
    tab.wait_for("s['stage'] == 'Loading the model'", timeout=30)
    pid = tab.status()["pid"]
    tab.window.screen.key("Escape")
    tab.wait_for("s['phase'] == 'Cancelled'", timeout=6)
    tab.wait_worker_gone(pid)


@pytest.mark.slow
def test_the_bundled_model_makes_a_zoom(tab: ZoomTab) -> None:
    tab.set_levels(["a spiral galaxy", "a planet"], steps=6)
    tab.press_generate()
    tab.wait_for("s['pictures'] == 2 or not s['running']", timeout=240)
    tab.wait_finished(timeout=240)
    assert len(tab.window.ask("zooms()")) == 1
    tab.window.settle(1.0)
    tab.window.picture("bundled")
