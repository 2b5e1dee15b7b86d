"""The side bar's Zoom tab, as a person uses it, and what the extension says about itself."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import BlenderWindow
from PIL import Image

from devtools.bpy_session import MODULE

_FAKE = Path(__file__).resolve().parents[1] / "doubles" / "fake_worker.py"
# Within Blender: the extension's modules by their place there.
_PRELUDE = f"""
import importlib
def _part(name): return importlib.import_module({MODULE!r} + "." + name)
def prefs(): return bpy.context.preferences.addons[{MODULE!r}].preferences
def settings(): return bpy.context.window_manager.windows[0].scene.zoom_stack
def status():
    job = _part("tasks.latest").generation
    problem = _part("tasks.latest").problem()
    return dict(
        phase=job.phase.value if job else "",
        running=_part("tasks.latest").running_generation() is not None,
        fraction=job.fraction if job else 0.0,
        stage=job.stage if job else "",
        eta=job.eta if job else None,
        pictures=sum(job.thumbnails.icon(i) > 0 for i in range(64)) if job else 0,
        pid=job._client.pid if job else None,
        out=str(job.out) if job else "",
        code=problem.code if problem else "",
        text=problem.text if problem else "",
        hint=problem.hint if problem else "",
    )
def zooms():
    return [item.name for item in bpy.data.objects if item.type == "CAMERA" and "zoom" in item]
"""
_EDGE = 8  # pixels from a side bar's region to the edge that is seen
LEVELS = ("a spiral galaxy", "a star field", "a planet")


class ZoomTab:
    """The tab in one window, with a worker that needs no model.

    Args:
        python: runs the worker.
        quick_view: draw by Workbench, without smoothed edges and grid; EEVEE's first picture takes
            half a minute without a graphics card, in which nothing else happens.
    """

    def __init__(self, window: BlenderWindow, python: Path, quick_view: bool = True) -> None:
        self.window = window
        self._python = python
        window.do(_PRELUDE)
        window.do("_part('tasks.latest').clear()")
        shutil.copy(_FAKE, window.folder / _FAKE.name)
        self.use_worker()
        if quick_view:
            window.do(
                "bpy.context.preferences.system.viewport_aa = 'OFF'\n"
                "scene = bpy.context.window_manager.windows[0].scene\n"
                "scene.render.engine = 'BLENDER_WORKBENCH'\n"
                "scene.display.viewport_aa = 'OFF'\n"
                "with override('VIEW_3D'):\n"
                "    space = bpy.context.space_data\n"
                "    space.shading.type = 'RENDERED'\n"
                "    space.overlay.show_floor = space.overlay.show_axis_x = False\n"
                "    space.overlay.show_axis_y = space.overlay.show_outline_selected = False"
            )
        self.place = window.show_sidebar("Zoom")

    def use_worker(self, mode: str = "ok", step: float = 0.05) -> None:
        """Choose how the worker of the next run behaves."""
        script = self.window.folder / "fake_python"
        new = script.with_suffix(".new")
        new.write_text(
            "#!/bin/sh\n"
            f"export FAKE_WORKER_MODE={mode} FAKE_WORKER_STEP={step}\n"
            f'exec "{self._python}" -B "{self.window.folder / _FAKE.name}" "$@"\n'
        )
        new.chmod(0o755)
        new.replace(script)
        self.use_python(script)

    def use_python(self, python: Path | str) -> None:
        self.window.do(f"prefs().python_path = {str(python)!r}")

    def set_levels(self, prompts: Sequence[str] = LEVELS, steps: int = 6) -> None:
        self.window.do(
            "s = settings(); s.levels.clear(); s.active_level = 0\n"
            f"s.use_steps, s.steps = True, {steps}\n"
            f"for prompt in {list(prompts)!r}: s.levels.add().prompt = prompt"
        )

    def status(self) -> dict[str, Any]:
        return self.window.ask("status()")

    def wait_for(self, condition: str, timeout: float = 60) -> None:
        """Wait for a condition about ``s = status()``."""
        self.window.wait_for(f"(lambda s: {condition})(status())", timeout=timeout, every=0.05)

    def wait_finished(self, timeout: float = 90) -> None:
        self.window.wait_for("not status()['running']", timeout=timeout, every=0.1)
        status = self.status()
        assert status["phase"] == "Finished", json.dumps(status)

    def show(self) -> None:
        """Show the zoom that the last run has built, as the button in the panel does."""
        self.window.do(
            "scene = bpy.context.window_manager.windows[0].scene\n"
            "ready = _part('tasks.latest').new_zoom(scene).name\n"
            "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.show_zoom(root=ready)"
        )
        self.window.settle()

    def generate(self) -> None:
        """As the button does, for tests that are not about the button."""
        self.window.do(
            "with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.generate('INVOKE_DEFAULT')"
        )

    def open_panels(self, *names: str) -> None:
        """Put panels on top and open, in this order: the tab is longer than the screen."""
        for number, name in enumerate(names):
            self.window.do(
                f"panel = getattr(bpy.types, {name!r})\n"
                "bpy.utils.unregister_class(panel)\n"
                f"panel.bl_parent_id, panel.bl_options, panel.bl_order = '', set(), {number}\n"
                "bpy.utils.register_class(panel)\n"
                "_part('blender.screen').redraw()"
            )

    def narrow(self, width: int = 190) -> None:
        """Make the side bar that wide, in pixels, by its edge."""
        place = self.window.region("VIEW_3D", "UI")
        edge = place.x + _EDGE, place.y + 60
        self.window.screen.move(*edge)
        self.window.settle()  # a busy Blender takes long to notice what is under the pointer
        with self.window.screen.held(edge):
            self.window.screen.move(edge[0] + place.width - width, edge[1])
            self.window.settle()
        self.window.settle()
        self.place = self.window.region("VIEW_3D", "UI")
        assert abs(self.place.width - width) <= 2, self.place

    def click(self, across: float, down: float, double: bool = False) -> None:
        """Click at pixels from the tab's top left corner."""
        self.window.screen.move(self.place.x + across, self.place.y + down)
        self.window.settle()
        self.window.screen.click(self.place.x + across, self.place.y + down, double=double)

    def press_generate(self) -> None:
        place = self.find_generate()
        self.window.screen.move(*place)
        self.window.settle()  # a busy Blender takes long to notice what is under the pointer
        self.window.screen.click(*place)

    def find_generate(self) -> tuple[float, float]:
        """The Generate button: the only button that is 32 pixels tall or more."""
        self.window.do("_part('blender.screen').redraw()")
        self.window.settle()
        x = self.place.x + 60  # between the button's icon and its text
        picture = Image.open(self.window.picture("find")).convert("RGB")
        column = [picture.getpixel((x, y)) for y in range(picture.height)]
        start = self.place.y
        for y in range(self.place.y, self.place.y + self.place.height):
            if column[y] != column[start]:
                start = y
            run = y - start + 1
            button = column[y][0] > 75 and len(set(column[y])) == 1
            if button and run >= 32 and column[y + 1] != column[y]:
                return x + 60, (start + y) / 2
        raise AssertionError("no Generate button in sight")

    def wait_worker_gone(self, pid: int, seconds: float = 8.0) -> None:
        deadline = time.monotonic() + seconds
        while _is_alive(pid):
            assert time.monotonic() < deadline, f"the worker {pid} is still there"
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
