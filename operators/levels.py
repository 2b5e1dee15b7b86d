"""Edit the list of levels."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty

from ..engine.contract.job import MAX_LEVELS
from ..job_settings import is_kept, zoom_factor_of
from ..properties import MAX_SEED

if TYPE_CHECKING:
    from ..properties import ZOOMSTACK_PG_settings


class ZOOMSTACK_OT_level_add(bpy.types.Operator):
    """Add a level after the active one, one zoom factor closer"""

    bl_idname = "zoom_stack.level_add"
    bl_label = "Add Level"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if len(context.scene.zoom_stack.levels) >= MAX_LEVELS:
            cls.poll_message_set(f"At most {MAX_LEVELS} levels are possible")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        settings.levels.add()
        last = len(settings.levels) - 1
        position = min(settings.active_level + 1, last)
        settings.levels.move(last, position)
        settings.active_level = position
        if 0 < position < last:
            _share_the_step(settings, position)
        return {"FINISHED"}


def _share_the_step(settings: ZOOMSTACK_PG_settings, position: int) -> None:
    """Where both neighbours are kept, the new level goes between them: they stay where they are.

    Both steps then have the root of the factor, and the focus for which going twice to it leads
    to where the deeper neighbour lies: h + (h - 1/2)/a = g.
    """
    new, deeper = settings.levels[position], settings.levels[position + 1]
    if not (is_kept(settings.levels[position - 1]) and is_kept(deeper)):
        return
    factor = math.sqrt(zoom_factor_of(settings, deeper))
    focus = [0.5 + (value - 0.5) / (1 + 1 / factor) for value in deeper.focus]
    for level in (new, deeper):
        level.use_own_zoom_factor, level.zoom_factor = True, factor
        level.focus = focus


def _has_active_level(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    settings = context.scene.zoom_stack
    if not settings.active_level < len(settings.levels):
        operator.poll_message_set("There is no active level")
        return False
    return True


class ZOOMSTACK_OT_level_remove(bpy.types.Operator):
    """Remove the active level"""

    bl_idname = "zoom_stack.level_remove"
    bl_label = "Remove Level"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_active_level(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        settings.levels.remove(settings.active_level)
        settings.active_level = max(0, min(settings.active_level, len(settings.levels) - 1))
        return {"FINISHED"}


class ZOOMSTACK_OT_level_move(bpy.types.Operator):
    """Move the active level to a wider or a closer view"""

    bl_idname = "zoom_stack.level_move"
    bl_label = "Move Level"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        items=(("UP", "Wider", "Towards the widest view"), ("DOWN", "Closer", "Deeper")),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_active_level(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        target = settings.active_level + (-1 if self.direction == "UP" else 1)
        if not 0 <= target < len(settings.levels):
            return {"CANCELLED"}
        settings.levels.move(settings.active_level, target)
        settings.active_level = target
        return {"FINISHED"}


class ZOOMSTACK_OT_new_seed(bpy.types.Operator):
    """Take another seed"""

    bl_idname = "zoom_stack.new_seed"
    bl_label = "New Seed"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.zoom_stack.seed = random.randint(0, MAX_SEED)
        return {"FINISHED"}


CLASSES = (
    ZOOMSTACK_OT_level_add,
    ZOOMSTACK_OT_level_remove,
    ZOOMSTACK_OT_level_move,
    ZOOMSTACK_OT_new_seed,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
