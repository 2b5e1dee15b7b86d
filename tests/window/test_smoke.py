"""A window opens with the extension enabled, and the harness itself does what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Blender, BlenderGone, BlenderWindow, RemoteError
from PIL import Image

from devtools.bpy_session import MODULE

pytestmark = pytest.mark.look_ahead


def test_the_extension_is_enabled(window: BlenderWindow) -> None:
    assert window.ask(f"{MODULE!r} in bpy.context.preferences.addons")


def test_the_sidebar_has_the_zoom_tab(window: BlenderWindow) -> None:
    sidebar = window.show_sidebar("Zoom")
    picture = Image.open(window.picture("sidebar")).convert("L")
    shown = picture.crop((sidebar.x, sidebar.y, sidebar.x + sidebar.width, sidebar.y + 200))
    dark, bright = shown.getextrema()
    assert bright - dark > 100, "the sidebar is empty"


def test_clicks_and_keys_arrive(window: BlenderWindow) -> None:
    window.screen.click(*window.region("VIEW_3D", "WINDOW").at(0.5, 0.9))
    window.screen.key("a", "x")
    window.screen.key("Return")  # the question whether to delete, in versions that ask
    window.wait_for("len(bpy.context.scene.objects) == 0")


def test_errors_come_back_with_their_traceback(window: BlenderWindow) -> None:
    with pytest.raises(RemoteError, match="ZeroDivisionError"):
        window.ask("1 / 0")
    assert window.ask("1 + 1") == 2


@pytest.mark.alone
def test_a_busy_main_thread_is_noticed(window: BlenderWindow) -> None:
    window.ask("longest_stall()")
    window.do("import time; bpy.app.timers.register(lambda: time.sleep(0.6), first_interval=0.1)")
    window.settle(1.0)
    assert 0.4 < window.ask("longest_stall()") < 2


def test_the_engine_runs_where_blender_runs(
    blender: Blender, engine_python: Path, tmp_path: Path
) -> None:
    output = blender.run(
        [engine_python, "-c", "import torch; print(torch.ones(3).sum())"], tmp_path
    )
    assert "tensor(3.)" in output


def test_quitting_ends_blender_cleanly(open_window: Callable[..., BlenderWindow]) -> None:
    window = open_window()
    assert window.quit() == 0
    with pytest.raises(BlenderGone):
        window.ask("1")
