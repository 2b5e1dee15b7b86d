"""What several operators share."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..blender.screen import shows_tab
from ..engine.contract.errors import ZoomStackError
from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE

_TAB = "Zoom"


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
        name="Hold (Seconds)",
        description="Rest at the widest and at the deepest level; a loop never rests",
        default=HOLD_SECONDS,
        min=0.0,
        max=600.0,
        soft_max=5.0,
    )
