"""Runs inside Blender: carries out requests of the test process on Blender's main thread.

Blender executes this file with ``--python``. It is a test tool: it executes whatever Python code
lies in the exchange folder, which only the test process writes to.

A request is ``request-<n>.json`` with ``{"code": …}``; the answer is ``reply-<n>.json`` with
``{"value": …}`` for the last expression of the code, or ``{"error": traceback}``. Both are renamed
into place when they are complete.
"""

import ast
import json
import os
import sys
import time
import traceback
from pathlib import Path

import bpy

EXCHANGE = Path(os.environ["ZOOM_STACK_EXCHANGE"])
#: Seconds between looks; also the resolution of :func:`longest_stall`.
INTERVAL = 0.02

_TEST_PROCESS = os.getppid()

_names = {"__name__": "__remote__", "bpy": bpy}
_state = {"next": 0, "last": None, "stall": 0.0}


def longest_stall() -> float:
    """The longest time in seconds that the main thread let the timer wait; starts anew."""
    stall, _state["stall"] = _state["stall"], 0.0
    return stall


def regions() -> list:
    """Every region of the window: area type, region type and rectangle, y up from the bottom."""
    window = bpy.context.window_manager.windows[0]
    return [
        [area.type, region.type, region.x, region.y, region.width, region.height]
        for area in window.screen.areas
        for region in area.regions
    ]


def override(area_type: str = "VIEW_3D", region_type: str = "WINDOW"):
    """A context for operators called from here: ``with override("VIEW_3D"): bpy.ops…``."""
    window = bpy.context.window_manager.windows[0]
    area = next(each for each in window.screen.areas if each.type == area_type)
    region = next(each for each in area.regions if each.type == region_type)
    return bpy.context.temp_override(window=window, area=area, region=region)


def show_sidebar(category: str) -> str:
    """Open the 3D View's sidebar at a tab; returns the tab that is shown (it needs a redraw)."""
    window = bpy.context.window_manager.windows[0]
    area = next(each for each in window.screen.areas if each.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    region = next(each for each in area.regions if each.type == "UI")
    if region.active_panel_category not in (category, "UNSUPPORTED"):
        region.active_panel_category = category
    area.tag_redraw()
    return region.active_panel_category


def execute(code: str) -> object:
    """Execute code; the value of its last statement if that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<request>", "exec"), _names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<request>", "eval"), _names)


def tick() -> float:
    """Blender's timer: note how late it comes, carry out what has been asked."""
    if os.getppid() != _TEST_PROCESS:
        os._exit(1)  # the test process was killed: nobody will ask for anything any more
    now = time.perf_counter()
    if _state["last"] is not None:
        _state["stall"] = max(_state["stall"], now - _state["last"] - INTERVAL)
    while (request := EXCHANGE / f"request-{_state['next']}.json").exists():
        code = json.loads(request.read_text(encoding="utf-8"))["code"]
        try:
            answer = {"value": execute(code)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        _reply(_state["next"], answer)
        _state["next"] += 1
    # What a request itself takes is the test's doing, not a stall of the extension's.
    _state["last"] = time.perf_counter()
    return INTERVAL


def _reply(number: int, answer: dict) -> None:
    temporary = EXCHANGE / f"reply-{number}.tmp"
    temporary.write_text(json.dumps(answer, default=_as_json), encoding="utf-8")
    os.replace(temporary, EXCHANGE / f"reply-{number}.json")


def _as_json(value: object) -> object:
    """Blender's vectors, colours and property arrays as lists, anything else as its text."""
    try:
        return list(value)
    except TypeError:
        return repr(value)


_names.update(
    longest_stall=longest_stall, override=override, regions=regions, show_sidebar=show_sidebar
)
bpy.context.preferences.view.show_splash = False
# Quitting with unsaved changes must not wait for an answer, and tests must not disturb each other.
bpy.context.preferences.use_preferences_save = False
bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
bpy.app.timers.register(tick, first_interval=INTERVAL, persistent=True)
_reply_ready = EXCHANGE / "ready"
_reply_ready.write_text(sys.version, encoding="utf-8")
