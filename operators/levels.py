"""Edit the list of levels."""

from __future__ import annotations

import random

import bpy
from bpy.props import EnumProperty

from ..engine.contract.job import MAX_LEVELS
from ..properties import MAX_SEED


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
        return {"FINISHED"}


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
