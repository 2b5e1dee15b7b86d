"""Drag a level's place in the picture of the level before it."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, IntProperty

from ..blender import screen
from ..blender.overlay import WHITE
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.geometry import Place, Placement, check_footprint, place_along
from ..scene import finding, picking
from ..scene.picking import Point, Shown
from ..settings.identity import named
from ..settings.kept_levels import is_kept
from ..settings.zooming_in import (
    levels_made_again,
    levels_to_unlock,
    made_again_text,
    move_level,
    parent_of,
    placed_levels,
)
from .on_pictures import OnPictures, Sketch, why_not_on_zoom
from .zoom_here import index_in_list, is_of_zoom

_DIALOG_WIDTH = 380


class ZOOMSTACK_OT_drag_focus(OnPictures):
    """Drag the active level to another place in the picture of the level before it"""

    bl_idname = "zoom_stack.drag_focus"
    bl_label = "Drag Focus"
    bl_options = {"REGISTER", "UNDO"}

    hint = "Drag the rectangle to where the level shall lie · Esc: cancel"

    level: IntProperty(
        name="Level",
        description="Counted from 0",
        min=0,
        default=0,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    focus: FloatVectorProperty(
        name="Focus",
        description="The level's centre in the width and height of the level before it, y down",
        size=2,
        min=0.0,
        max=1.0,
        default=(0.5, 0.5),
        options={"SKIP_SAVE"},
    )
    wider_follow: BoolProperty(
        name="Wider Levels Follow",
        description=(
            "Let kept wider levels take the level in at its new place, so that only this level is "
            "made again. A script that does not give it takes the setting of that name"
        ),
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_on_zoom(context)
        if not reason and not is_of_zoom(context):
            reason = "The list has other levels than this zoom: press Edit Levels first"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.zoom_stack
        if self.properties.is_property_set("focus"):
            return self._ask(context)
        self.level = min(settings.active_level, len(settings.levels) - 1)
        try:
            self._parent = self._present_parent(context)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        parent = self._bring_into_view(context)
        if parent is None:
            text = (
                f"Level {self._parent + 1} is not in this zoom yet, or hidden: it is dragged there"
            )
            self.report({"ERROR"}, text)
            return {"CANCELLED"}
        self._place = self._before = place_along([placed_levels(settings)[self.level]])
        self.sketch = Sketch(parent.plane, [], f"Level {self.level + 1}")
        self._show()
        return self.begin(context)

    def candidates(self, context: bpy.types.Context, shown: list[Shown]) -> list[Shown]:
        return [each for each in shown if index_in_list(context, each.number) == self._parent]

    def press(self, context: bpy.types.Context, picked: tuple[Shown, Point] | None) -> str:
        if picked is None:
            return f"Press in the picture of level {self._parent + 1} · Esc: cancel"
        shown, (x, y) = picked
        self.sketch.plane = shown.plane
        half = self._place.size / 2.0
        grip = (self._place.x - x, self._place.y - y)
        if max(map(abs, grip)) > half:  # beside it: it comes to the pointer
            grip = (0.0, 0.0)
            self._place = picking.inside(Place(x, y, self._place.size))
            self._show()
        self._grip = grip
        return ""

    def drag(self, place: Point) -> None:
        x, y = (value + grip for value, grip in zip(place, self._grip, strict=True))
        self._place = picking.inside(Place(x, y, self._place.size))
        self._show()

    def release(self, context: bpy.types.Context, dragged: bool) -> set[str]:
        if self._place == self._before:
            return {"CANCELLED"}
        settings = context.scene.zoom_stack
        focus = (self._place.x, self._place.y)
        if levels_to_unlock(settings, self.level, settings.wider_follow):
            # While the pointer is followed no dialog can be opened: another one of its kind does.
            bpy.ops.zoom_stack.drag_focus("INVOKE_DEFAULT", level=self.level, focus=focus)
            return {"CANCELLED"}
        self.focus, self.wider_follow = focus, settings.wider_follow
        return self.execute(context)

    def _ask(self, context: bpy.types.Context) -> set[str]:
        """Ask before finished pictures are given up; the fewest are, unless that is changed."""
        self.wider_follow = True
        return context.window_manager.invoke_props_dialog(
            self, width=_DIALOG_WIDTH, confirm_text=f"Move Level {self.level + 1}"
        )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.zoom_stack
        if self.level >= len(settings.levels):
            return
        again = {
            *levels_to_unlock(settings, self.level, self.wider_follow),
            *levels_made_again(settings),
        }
        layout.label(text=f"Level {self.level + 1} goes there", icon="PIVOT_BOUNDBOX")
        layout.prop(self, "wider_follow")
        layout.label(text=made_again_text(sorted(again)), icon="INFO")
        parent = parent_of(settings, self.level)
        if parent is not None and parent not in again and is_kept(settings.levels[parent]):
            text = f"Level {parent + 1} stays, with what it shows at the old place"
            layout.label(text=text, icon="BLANK1")

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        try:
            self._present_parent(context)
            x, y = self.focus
            placement = Placement(placed_levels(settings)[self.level].zoom_factor, (x, y))
            check_footprint(placement, 1.0, f"Level {self.level + 1}")
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        given = self.properties.is_property_set("wider_follow")
        follow = self.wider_follow if given else settings.wider_follow
        unlocked = move_level(settings, self.level, self.focus, follow)
        settings.active_level = self.level
        named(settings)
        screen.redraw()  # a dialog that closes draws no panel again
        unlocks = f". {made_again_text(unlocked)}" if unlocked else ""
        self.report({"INFO"}, f"Generate puts level {self.level + 1} there{unlocks}")
        return {"FINISHED"}

    def _present_parent(self, context: bpy.types.Context) -> int:
        """The level, of the list, that it lies in.

        Raises:
            ZoomStackError: it lies in none.
        """
        settings = context.scene.zoom_stack
        count = len(settings.levels)
        if self.level >= count:
            text = f"The list has the levels 0 to {count - 1}."
            raise ZoomStackError("bad_geometry", text)
        parent = parent_of(settings, self.level)
        if parent is None:
            text = "Level 1 is the widest and lies in no other: choose a deeper level."
            raise ZoomStackError("bad_geometry", text)
        return parent

    def _bring_into_view(self, context: bpy.types.Context) -> Shown | None:
        """The level that it lies in, as it is shown; the zoom goes there if another one is seen."""
        root = finding.present_root(context)
        numbers = range(len(finding.octaves_of(root)))
        there = [each for each in numbers if index_in_list(context, each) == self._parent]
        shown = picking.shown_levels(root, context.view_layer)
        if there and not self.candidates(context, shown[:1]):
            bpy.ops.zoom_stack.go_to_level(level=there[0])
            context.view_layer.update()
            shown = picking.shown_levels(root, context.view_layer)
        return next(iter(self.candidates(context, shown)), None)

    def _show(self) -> None:
        self.sketch.places = [(self._place, WHITE)]


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_drag_focus,))
