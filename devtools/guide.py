"""``dev.py guide``: the pictures of docs/guide.md, taken in a real Blender window.

Plays the guide's chapters with the bundled model, as an artist does, and takes pictures on the way.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import build, environments, windows
from .console import Command, Problem, Unavailable, say, start_process, wait
from .environments import ENGINE, child_environment
from .paths import REPO

TARGET = REPO / "docs" / "images"
_QUALITY = 82
_PRESET = "powers_of_ten"
_WINDOW_TESTS = REPO / "tests" / "window"
_IN_TAB = "with override('VIEW_3D', 'UI'): "
_MINUTES = 60.0
_ROOT = "next(o for o in bpy.data.objects if o.get('zoom_stack_role') == 'root')"
# The header of that panel: pixels from the tab's corner, below a level with a seed of its own.
_EARLIER_PICTURES = (85, 392)


class Guide:
    """The window in which the guide is played.

    Args:
        tab: the tests' way to a window's Zoom tab.
        target: where the pictures go.
    """

    def __init__(self, tab: Any, target: Path) -> None:
        self._tab = tab
        self._window = tab.window
        self._target = target

    def play(self, names: Sequence[str]) -> None:
        """Chapters by their names."""
        for name in names:
            say(name)
            _CHAPTERS[name](self)

    def _first_zoom(self) -> None:
        self._do(f"bpy.ops.zoom_stack.load_preset(preset={_PRESET!r})")
        self._take("first_levels")
        self._do("bpy.ops.zoom_stack.generate('INVOKE_DEFAULT')")
        self._tab.wait_for("s['fraction'] > 0.6 and s['pictures'] > 3", timeout=10 * _MINUTES)
        self._take("first_running")
        self._tab.wait_finished(timeout=15 * _MINUTES)
        self._take("first_ready")
        self._tab.show()
        self._take("first_shown")

    def _iterating(self) -> None:
        self._window.do("settings().active_level = 2")
        self._do("bpy.ops.zoom_stack.level_again('INVOKE_DEFAULT')")
        self._tab.wait_finished(timeout=15 * _MINUTES)
        self._do("bpy.ops.zoom_stack.go_to_level(level=2)")
        self._window.settle(1.0)
        self._tab.click(*_EARLIER_PICTURES)
        self._window.settle(1.0)
        self._take("again")
        self._tab.click(*_EARLIER_PICTURES)
        self._do("bpy.ops.zoom_stack.go_to_level(level=7)")
        self._zoom_here()

    def _zoom_here(self) -> None:
        screen, view = self._window.screen, self._window.region("VIEW_3D", "WINDOW")
        self._do("bpy.ops.zoom_stack.zoom_here('INVOKE_DEFAULT')")
        self._window.settle(0.5)
        with screen.held(view.at(0.3, 0.42)):
            for part in (0.2, 0.4, 0.6, 0.8, 1.0):
                screen.move(*view.at(0.3 + 0.15 * part, 0.42 + 0.2 * part))
                self._window.settle(0.2)
            self._take("zoom_here")
        self._window.settle(1.0)
        screen.type("a bacterium")
        self._take("zoom_here_asked")
        screen.key("Escape")

    def _way(self) -> None:
        self._import_sample("ZOOMSTACK_PT_stack_timing")
        self._window.do(f"{_ROOT}.zoom_way_direction = 'IN_OUT'")
        self._window.do(f"{_ROOT}.zoom_way_ease_in = {_ROOT}.zoom_way_ease_out = 1.0")
        self._do("bpy.ops.zoom_stack.go_to_level(level=3)")
        self._take("way")

    def _things(self) -> None:
        self._import_sample("ZOOMSTACK_PT_light", "ZOOMSTACK_PT_things")
        self._do("bpy.ops.zoom_stack.go_to_level(level=5)")
        self._do("bpy.ops.zoom_stack.set_up_light()")
        self._do("bpy.ops.zoom_stack.add_thing(kind='MONKEY', level=6, share=0.35)")
        self._do("bpy.ops.zoom_stack.add_read_out(use_width=True, metres=1e21)")
        self._do("bpy.context.space_data.shading.type = 'RENDERED'")
        self._window.settle(30.0)  # EEVEE draws without a graphics card here
        self._take("things")

    def _rendering(self) -> None:
        self._import_sample("ZOOMSTACK_PT_stack_render")
        self._do("bpy.ops.zoom_stack.go_to_level(level=2)")
        place = self._tab.place
        self._window.screen.move(place.x - 300, place.y + 100)
        self._do("bpy.ops.zoom_stack.set_up_render('INVOKE_DEFAULT')")
        self._take("rendering")
        self._window.screen.key("Escape")

    def _import_sample(self, *panels: str) -> None:
        self._do("bpy.ops.wm.read_homefile(use_factory_startup=False)")
        self._window.settle(2.0)
        for _ in range(2):  # the tabs are there once the side bar is drawn
            self._window.do("show_sidebar('Zoom')")
            self._window.settle(1.0)
        self._do("bpy.ops.zoom_stack.import_sample('EXEC_DEFAULT', True)")
        self._tab.open_panels(*panels)
        self._window.settle(2.0)

    def _do(self, code: str) -> None:
        self._window.do(_IN_TAB + code, timeout=120)

    def _take(self, name: str) -> None:
        from PIL import Image

        self._window.do("_part('blender.screen').redraw()")
        self._window.settle(1.5)
        picture = Image.open(self._window.picture(name)).convert("RGB")
        regions = self._window.ask("regions()")
        right = max(x + width for area, _, x, _, width, _ in regions if area == "VIEW_3D")
        picture.crop((0, 0, right, picture.height)).save(
            self._target / f"guide_{name}.jpg", quality=_QUALITY, optimize=True
        )
        say(f"- {name}")


_CHAPTERS: dict[str, Callable[[Guide], None]] = {
    "first zoom": Guide._first_zoom,
    "iterating": Guide._iterating,
    "way": Guide._way,
    "things": Guide._things,
    "rendering": Guide._rendering,
}
#: What ``dev.py guide`` can be asked for.
CHAPTERS = tuple(_CHAPTERS)


def main(chapters: Sequence[str] = CHAPTERS) -> int:
    """``dev.py guide``; returns the exit code.

    Args:
        chapters: those whose pictures are taken; iterating goes on from the first zoom.
    """
    command: Command = [environments.ensure(ENGINE), "-m", __name__, *chapters]
    return 0 if wait(start_process(command, env=child_environment(), cwd=REPO), 3600) == 0 else 1


def _main() -> int:
    """The same in the engine's environment, which has what pictures need."""
    engine = ENGINE.python
    try:
        chosen = windows.available()[-1]
    except Unavailable as reason:
        raise Problem(f"no window can be opened: {reason}") from None
    if chosen.root is not None:
        from . import blender_root

        blender_root.ensure(chosen.root)
    sys.path.insert(0, str(_WINDOW_TESTS))
    harness, zoom_tab = importlib.import_module("harness"), importlib.import_module("zoom_tab")
    blender = harness.Blender(chosen.value, engine)
    with tempfile.TemporaryDirectory(prefix="zoom-stack-guide-") as folder:
        installed = Path(folder) / "installed"
        installed.mkdir()
        blender.install(build.build(), installed)
        with harness.BlenderWindow(
            blender, Path(folder) / "run", user=installed / "user"
        ) as window:
            tab = zoom_tab.ZoomTab(window, engine, quick_view=False)
            tab.use_python(engine)
            Guide(tab, TARGET).play(sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(_main())
