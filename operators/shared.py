"""What several operators offer or do; the properties are plain mix-ins."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..blender.screen import shows_tab
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..scene import finding
from ..scene.naming import name_zoom
from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE
from ..scene.unpacking import stack_on_disk
from ..settings.job import apply_stack
from ..settings.preferences import new_stack_folder
from ..tasks import runner
from ..tasks.following import note_zoom
from ..tasks.unpacking import Unpacking

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_settings


_TAB = "Zoom"


class OnZoom(bpy.types.Operator):
    """What every operator on an imported zoom needs."""

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        if root is None:
            cls.poll_message_set("There is no zoom in this scene")
            return False
        if finding.camera_of(root) is None:
            cls.poll_message_set("The zoom's camera was deleted")
            return False
        return True


class ChangesZoom(OnZoom):
    """What a linked zoom does not allow."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if finding.is_linked(finding.present_root(context)):
            cls.poll_message_set(finding.LINKED)
            return False
        return True


def why_not_change(context: bpy.types.Context) -> str:
    """Why the present zoom takes no other levels or pictures now; empty when it does."""
    root = finding.active_root(context)
    if root is None:
        return "There is no zoom in this scene"
    if finding.is_linked(root) or context.scene.library is not None:
        return finding.LINKED
    if finding.camera_of(root) is None:
        return "The zoom's camera was deleted"
    if not finding.is_alone(context, root):
        return "This zoom is there more than once, or lacks a part"
    if context.mode != "OBJECT":
        return "Only in Object Mode"
    return ""


def take_levels(settings: ZOOMSTACK_PG_settings, root: bpy.types.Object) -> None:
    """Put a zoom's levels into the settings' list, all kept.

    Raises:
        ZoomStackError: its files are missing or damaged; the settings are then unchanged.
    """
    output = settings.output_folder.strip()
    stack = stack_on_disk(root, lambda title: new_stack_folder(output, title))
    apply_stack(settings, replace(stack, ids=name_zoom(root)))
    if not finding.is_linked(root):
        note_zoom(root)  # of some levels it may show an earlier picture


def tell(operator: bpy.types.Operator, error: ZoomStackError) -> None:
    """Report what the panels show too, where nobody sees them: scripts, F3, another tab."""
    asked_to_wait = getattr(operator, "wait", False)
    if bpy.app.background or asked_to_wait or not shows_tab(bpy.context, _TAB):
        operator.report({"ERROR"}, str(error))


class CanWait:
    """For operators that begin a run."""

    wait: BoolProperty(
        name="Wait",
        description="Return when the zoom is there, for scripts; always so in background mode",
        default=False,
        options={"SKIP_SAVE"},
    )


class Durations:
    """For operators that time a zoom."""

    seconds_per_octave: FloatProperty(
        name="Seconds per Octave",
        description="Time in which the view halves",
        default=SECONDS_PER_OCTAVE,
        min=0.01,
        max=600.0,
        soft_min=0.1,
        soft_max=10.0,
    )
    hold_seconds: FloatProperty(
        name="Rest (Seconds)",
        description="Rest at the widest and at the deepest level; a loop never rests",
        default=HOLD_SECONDS,
        min=0.0,
        max=600.0,
        soft_max=5.0,
    )


def in_window(call: Callable[[], object]) -> None:
    """Call an operator from a timer, whose context has no window of its own.

    Raises:
        RuntimeError: it reports an error, or may not be called.
    """
    windows = bpy.context.window_manager.windows
    if windows:
        with bpy.context.temp_override(window=windows[0]):
            call()


def unpack_first(
    context: bpy.types.Context, roots: Sequence[bpy.types.Object], again: Callable[[], object]
) -> None:
    """Write packed pictures piece by piece, then press a button again that needs them as files."""
    output = context.scene.zoom_stack.output_folder.strip()

    def press() -> None:
        with contextlib.suppress(RuntimeError):  # panels show what it reports
            in_window(again)

    runner.start(Unpacking(roots, lambda title: new_stack_folder(output, title), press))
