"""Properties that several operators offer; plain mix-ins."""

from __future__ import annotations

from bpy.props import BoolProperty, FloatProperty

from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE


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
