"""Edit the list of levels."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..engine.contract.geometry import MAX_ZOOM_FACTOR
from ..engine.contract.job import MAX_LEVELS
from ..settings.job import is_kept, zoom_factor_of
from ..settings.properties import MAX_SEED

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings

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
        if _is_between_kept(settings, position):
            _share_the_step(settings, position)
        return {"FINISHED"}


def _share_the_step(settings: ZOOMSTACK_PG_settings, position: int) -> None:
    """A new level goes between its neighbours, and they stay where they are.

    Both steps then have the root of the factor, and the focus for which going twice to it leads
    to where the deeper neighbour lies: h + (h - 1/2)/a = g.
    """
    new, deeper = settings.levels[position], _deeper(settings, position)
    factor = math.sqrt(zoom_factor_of(settings, deeper))
    focus = [0.5 + (value - 0.5) / (1 + 1 / factor) for value in deeper.focus]
    for level in (new, deeper):
        _put(level, factor, focus)


def _join_the_steps(settings: ZOOMSTACK_PG_settings, position: int) -> bool:
    """A level leaves its place, and the next one lies where it was: f + (g - 1/2)/a.

    Returns:
        False, and nothing is done, where the next level is too far away for one step.
    """
    old, deeper = settings.levels[position], _deeper(settings, position)
    factor = zoom_factor_of(settings, old)
    whole = factor * zoom_factor_of(settings, deeper)
    if whole > MAX_ZOOM_FACTOR:
        return False
    focus = [f + (g - 0.5) / factor for f, g in zip(old.focus, deeper.focus, strict=True)]
    _put(deeper, whole, focus)
    return True


def _put(level: ZOOMSTACK_PG_level, factor: float, focus: Sequence[float]) -> None:
    level.use_own_zoom_factor, level.zoom_factor = True, factor
    level.focus = focus


def _deeper(settings: ZOOMSTACK_PG_settings, position: int) -> ZOOMSTACK_PG_level:
    return settings.levels[(position + 1) % len(settings.levels)]


def _is_between_kept(settings: ZOOMSTACK_PG_settings, position: int) -> bool:
    """Whether kept levels lie on both sides, which then must stay where they are."""
    kept = [is_kept(level) for level in settings.levels]
    wider, deeper = kept[:position], kept[position + 1 :]
    if settings.loop:
        return any(wider + deeper)
    return any(wider) and any(deeper)


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
        if _is_between_kept(settings, index) and not _join_the_steps(settings, index):
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
        if not _swap(settings, min(target, settings.active_level)):
            self.report({"ERROR"}, "Kept levels stay where they are: unlock one of the two first")
            return {"CANCELLED"}
        settings.active_level = target
        return {"FINISHED"}


def _swap(settings: ZOOMSTACK_PG_settings, upper: int) -> bool:
    """Exchange two neighbours so that kept levels stay where they are; False where it cannot be."""
    levels = settings.levels
    kept = [is_kept(level) for level in levels[upper : upper + 2]]
    if all(kept):
        return False
    moved = upper + kept[0]  # the one that is not kept
    target = upper if kept[0] else upper + 1
    if any(kept) and _is_between_kept(settings, moved) and not _join_the_steps(settings, moved):
        return False
    if not any(kept) and _is_between_kept(settings, upper):
        first, second = levels[upper], levels[upper + 1]
        places = [
            (zoom_factor_of(settings, level), tuple(level.focus)) for level in (first, second)
        ]
        _put(first, *places[1])
        _put(second, *places[0])
    levels.move(moved, target)
    if any(kept) and _is_between_kept(settings, target):
        _share_the_step(settings, target)
    return True


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
    ZOOMSTACK_OT_level_subject,
    ZOOMSTACK_OT_new_seed,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
