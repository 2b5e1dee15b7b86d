"""Zoom into here: a rectangle on the picture in the view becomes a new level."""

from __future__ import annotations

import textwrap

import bpy
from bpy.props import BoolProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ..blender import screen
from ..blender.overlay import FAINT, WHITE
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.geometry import (
    MAX_ZOOM_FACTOR,
    MIN_ZOOM_FACTOR,
    Place,
    Placement,
    check_footprint,
    place_along,
)
from ..engine.contract.ids import new_id
from ..engine.contract.vocabulary import not_understood
from ..scene import finding, keys, picking
from ..scene.picking import Point, Shown
from ..settings.identity import named
from ..settings.models import vocabulary_of
from ..settings.zooming_in import (
    NewLevel,
    add_level,
    placed_levels,
    plan_level,
    span,
)
from ..tasks import latest
from ..tasks.start import why_not_generate
from .on_pictures import OnPictures, Sketch, why_not_on_zoom
from .shared import CanWait, take_levels

_TITLE = "Zoom into Here"
_DIALOG_WIDTH = 380
_LINE = 60  # letters that its width has room for


class ZOOMSTACK_OT_zoom_here(CanWait, bpy.types.Operator):
    """Drag a rectangle on the picture: a new level lies there, and shows what you write"""

    bl_idname = "zoom_stack.zoom_here"
    bl_label = _TITLE
    bl_options = {"REGISTER", "UNDO"}

    level: IntProperty(
        name="Level",
        description="The level that the new one lies in, counted from 0",
        min=0,
        default=0,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    focus: FloatVectorProperty(
        name="Focus",
        description="The new level's centre in that level's width and height, y down",
        size=2,
        min=0.0,
        max=1.0,
        default=(0.5, 0.5),
        options={"SKIP_SAVE"},
    )
    zoom_factor: FloatProperty(
        name="Zoom Factor",
        description="How many times closer the new level is",
        min=MIN_ZOOM_FACTOR,
        max=MAX_ZOOM_FACTOR,
        default=2.0,
        options={"SKIP_SAVE"},
    )
    prompt: StringProperty(
        name="Prompt",
        description="What is seen there, in a few words",
        options={"SKIP_SAVE"},
    )
    replace_deeper: BoolProperty(
        name="Replace Deeper Levels",
        description="Take the levels that lie elsewhere out of the zoom",
        default=False,
        options={"SKIP_SAVE"},
    )
    generate_now: BoolProperty(
        name="Generate Now",
        description="Make the new level's picture at once; it takes minutes",
        default=False,
        options={"SKIP_SAVE"},
    )
    # Of the new level: doing it again with other values makes the same level.
    uid: StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_on_zoom(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.properties.is_property_set("focus"):
            bpy.ops.zoom_stack.pick_place("INVOKE_DEFAULT")
            return {"CANCELLED"}
        try:
            plan = self._plan(context)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if plan.problem:
            self.report({"ERROR"}, f"{plan.problem}.")
            return {"CANCELLED"}
        self.generate_now = not why_not_generate(context, but_kept=True)
        self.replace_deeper = bool(plan.leaving)  # the button says so
        return context.window_manager.invoke_props_dialog(
            self, width=_DIALOG_WIDTH, confirm_text=plan.deed()
        )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if self.uid:  # it is done, and a run may be making the level
            layout.label(text="The new level is in the list: change it there", icon="INFO")
            return
        try:
            plan = self._plan(context)
        except ZoomStackError as error:
            layout.label(text=str(error), icon="ERROR")
            return
        settings = context.scene.zoom_stack
        layout.label(text=plan.problem or plan.outcome(), icon="ERROR" if plan.problem else "INFO")
        row = layout.row()
        row.activate_init = True
        row.prop(self, "prompt", placeholder="What is seen there?")
        unknown = not_understood_of(context, plan, self.prompt)
        if unknown:
            lines = textwrap.wrap(unknown[0].upper() + unknown[1:], _LINE)
            for number, line in enumerate(lines):
                layout.label(text=line, icon="BLANK1" if number else "INFO")
        if plan.leaving:
            layout.label(
                text=f"{plan.conflict()}: the new level replaces {plan.them()}", icon="ERROR"
            )
        others = len(settings.levels)
        if others and not is_of_zoom(context):
            layout.label(text=f"The list of {others} other levels makes way for this zoom's")
        reason = why_not_generate(context, but_kept=True)
        row = layout.row()
        row.enabled = not reason
        row.prop(self, "generate_now", text="Generate Now (takes minutes)")
        if reason:
            layout.label(text=reason)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        try:
            plan = self._plan(context)
            if plan.problem:
                raise ZoomStackError("bad_geometry", f"{plan.problem}.")
            if plan.leaving and not self.replace_deeper:
                raise ZoomStackError(
                    "bad_geometry",
                    f"{plan.conflict()}: turn on Replace Deeper Levels, or draw the rectangle "
                    f"around {span(plan.leaving[:1])}.",
                )
            if not is_of_zoom(context):
                take_levels(settings, finding.present_root(context))
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        add_level(settings, plan, self.prompt.strip())
        self.uid = self.uid or new_id()
        settings.levels[settings.active_level].uid = self.uid
        named(settings)
        screen.redraw()  # a dialog that closes draws no panel again
        self._generate(context, plan)
        return {"FINISHED"}

    def _plan(self, context: bpy.types.Context) -> NewLevel:
        placed, loop = placed_in(context)
        if self.level >= len(placed):
            raise ZoomStackError(
                "bad_geometry",
                f"This zoom has the levels 0 to {len(placed) - 1}.",
            )
        x, y = self.focus
        placement = Placement(self.zoom_factor, (x, y))
        check_footprint(placement, 1.0, f"The new level in level {self.level + 1}")
        place = picking.inside(Place(x, y, 1.0 / self.zoom_factor))
        return plan_level(placed, loop, self.level, place)

    def _generate(self, context: bpy.types.Context, plan: NewLevel) -> None:
        """Begin, where that is wanted; whatever hinders it, the level is in the list."""
        number = plan.parent + 2
        if not self.prompt.strip():
            self.report({"INFO"}, f"Write what level {number} shows, then press Generate")
            return
        if not self.generate_now:
            self.report({"INFO"}, f"Level {number} is in the list: press Generate to make it")
            return
        reason = why_not_generate(context)
        try:
            if not reason:
                bpy.ops.zoom_stack.generate(wait=self.wait, title=_TITLE)
        except RuntimeError as error:
            reason = str(latest.problem() or error)
        if reason:
            self.report({"WARNING"}, f"Level {number} is in the list, but not made: {reason}")


class ZOOMSTACK_OT_pick_place(OnPictures):
    """Drag a rectangle over the place to zoom into"""

    bl_idname = "zoom_stack.pick_place"
    bl_label = "Pick a Place"
    bl_options = {"INTERNAL"}

    hint = "Drag a rectangle over the place to zoom into · Esc: cancel"

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        return not why_not_on_zoom(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            self._placed, self._loop = placed_in(context)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.sketch = Sketch()
        return self.begin(context)

    def press(self, context: bpy.types.Context, picked: tuple[Shown, Point] | None) -> str:
        if picked is None:
            return "Press on the zoom's picture, seen from its front · Esc: cancel"
        shown, place = picked
        index = index_in_list(context, shown.number)
        if index is None:
            return f"Level {shown.number + 1} has left the list: press Edit Levels first"
        self._level, self._start, self._place = index, place, Place(*place, 0.0)
        self.sketch.plane = shown.plane
        return ""

    def drag(self, place: Point) -> None:
        self._place = picking.rectangle(self._start, place)
        plan = plan_level(self._placed, self._loop, self._level, self._place)
        self.sketch.places = [(self._place, WHITE)]
        child = (self._level + 1) % len(self._placed)
        if child or self._loop:
            self.sketch.places.insert(0, (place_along([self._placed[child]]), FAINT))
        said = plan.problem or (plan.deed() if plan.leaving else "")
        self.sketch.text = " · ".join(filter(None, (plan.closer(), said)))
        self.sketch.alert = bool(said)

    def release(self, context: bpy.types.Context, dragged: bool) -> set[str]:
        place = self._place
        if not dragged:  # a click: as much closer as levels usually are
            factor = max(context.scene.zoom_stack.zoom_factor, picking.LEAST_FACTOR)
            place = picking.inside(Place(*self._start, 1.0 / factor))
        bpy.ops.zoom_stack.zoom_here(
            "INVOKE_DEFAULT",
            level=self._level,
            focus=(place.x, place.y),
            zoom_factor=1.0 / place.size,
        )
        return {"FINISHED"}


def is_of_zoom(context: bpy.types.Context) -> bool:
    """Whether the settings' list is that of the zoom."""
    settings, root = context.scene.zoom_stack, finding.present_root(context)
    return bool(settings.levels) and settings.uid != "" and settings.uid == root.get(keys.ID)


def placed_in(context: bpy.types.Context) -> tuple[list[Placement], bool]:
    """How the levels of the list lie in one another, or those that it is to take; if it loops.

    Raises:
        ZoomStackError: code ``bad_stack``.
    """
    settings = context.scene.zoom_stack
    if is_of_zoom(context):
        return placed_levels(settings), settings.loop
    stack = finding.stack_of(finding.present_root(context))
    return [Placement(level.zoom_factor, level.focus) for level in stack.levels], stack.loop


def not_understood_of(context: bpy.types.Context, plan: NewLevel, prompt: str) -> str:
    """What the model does not understand of a new level's prompt, as a sentence without capital."""
    settings = context.scene.zoom_stack
    vocabulary = vocabulary_of(settings.model)
    if vocabulary is None:
        return ""
    if is_of_zoom(context):
        prompts = [level.prompt for level in settings.levels]
    else:
        stack = finding.stack_of(finding.present_root(context))
        prompts = [level.prompt for level in stack.levels]
    if plan.leaving:
        del prompts[plan.leaving.start :]
    prompts.insert(plan.parent + 1, prompt)
    return not_understood(vocabulary, prompts)[plan.parent + 1]


def index_in_list(context: bpy.types.Context, number: int) -> int | None:
    """Where a level of the zoom is in the list; None where it was taken out of it."""
    if not is_of_zoom(context):
        return number
    names = [level.uid for level in context.scene.zoom_stack.levels]
    name = finding.level_names(finding.present_root(context)).get(number, "")
    return names.index(name) if name in names else None


def _draw_entries(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    if finding.active_root(context) is None:
        return
    self.layout.separator()
    self.layout.operator("zoom_stack.zoom_here", text=f"{_TITLE}…", icon="ZOOM_IN")
    self.layout.operator("zoom_stack.drag_focus", icon="PIVOT_BOUNDBOX")


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_zoom_here, ZOOMSTACK_OT_pick_place)
)


def register() -> None:
    _register_classes()
    # Menus are what F3 finds things in.
    bpy.types.VIEW3D_MT_view.append(_draw_entries)


def unregister() -> None:
    bpy.types.VIEW3D_MT_view.remove(_draw_entries)
    _unregister_classes()
