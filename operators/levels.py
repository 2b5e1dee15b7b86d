"""Edit the list of levels."""

from __future__ import annotations

import random

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..engine.contract.geometry import MAX_ZOOM_FACTOR
from ..engine.contract.job import MAX_LEVELS
from ..engine.contract.options import LARGEST_INTEGER
from ..settings.identity import named
from ..settings.job import copy_settings
from ..settings.levels import is_between_kept, join_the_steps, share_the_step, swap

_FARTHEST = f"{MAX_ZOOM_FACTOR:g}×"


class ZOOMSTACK_OT_level_add(bpy.types.Operator):
    """Add a level after the active one, one zoom factor closer"""

    bl_idname = "zoom_stack.level_add"
    bl_label = "Add Level"
    bl_options = {"REGISTER", "UNDO"}

    wider: BoolProperty(
        name="Wider",
        description="Add it before the active level, one zoom factor wider",
        default=False,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        wider = "Add a level before the active one, one zoom factor wider"
        return wider if properties.wider else ""

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
        position = min(settings.active_level + (not self.wider), last)
        settings.levels.move(last, position)
        settings.active_level = position
        if is_between_kept(settings, position):
            share_the_step(settings, position)
        named(settings)  # what is undone later leaves the level its id
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
        index = settings.active_level
        if is_between_kept(settings, index) and not join_the_steps(settings, index):
            self.report({"ERROR"}, f"The kept levels would be more than {_FARTHEST} apart")
            return {"CANCELLED"}
        settings.levels.remove(index)
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
        if not swap(settings, min(target, settings.active_level)):
            self.report({"ERROR"}, "Kept levels stay where they are: unlock one of the two first")
            return {"CANCELLED"}
        settings.active_level = target
        return {"FINISHED"}


class ZOOMSTACK_OT_level_subject(bpy.types.Operator):
    """Let the active level show this, which the model knows"""

    bl_idname = "zoom_stack.level_subject"
    bl_label = "Use Subject"
    bl_options = {"REGISTER", "UNDO"}

    subject: StringProperty(name="Subject", description="The level's new prompt")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_active_level(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        settings.levels[settings.active_level].prompt = self.subject
        return {"FINISHED"}


class ZOOMSTACK_OT_take_list(bpy.types.Operator):
    """Put the other scene's levels and settings in the place of these"""

    bl_idname = "zoom_stack.take_list"
    bl_label = "Take That List"
    bl_options = {"REGISTER", "UNDO"}

    scene: StringProperty(name="Scene", description="The scene whose list is taken")

    def execute(self, context: bpy.types.Context) -> set[str]:
        other = bpy.data.scenes.get(self.scene)
        if other is None or other == context.scene:
            self.report({"ERROR"}, f"There is no other scene {self.scene}")
            return {"CANCELLED"}
        copy_settings(other.zoom_stack, context.scene.zoom_stack)
        return {"FINISHED"}


class ZOOMSTACK_OT_new_seed(bpy.types.Operator):
    """Take another seed"""

    bl_idname = "zoom_stack.new_seed"
    bl_label = "New Seed"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.zoom_stack.seed = random.randint(0, LARGEST_INTEGER)
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_level_add,
        ZOOMSTACK_OT_level_remove,
        ZOOMSTACK_OT_level_move,
        ZOOMSTACK_OT_level_subject,
        ZOOMSTACK_OT_take_list,
        ZOOMSTACK_OT_new_seed,
    )
)
