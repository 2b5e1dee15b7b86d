"""Hang things on levels, say where they are seen, take them off again."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..blender.texts import names_text
from ..engine.contract.errors import ZoomStackError
from ..scene import adding, attaching, fading, finding, keys, ranges, spaces
from ..scene.importing import select_only
from .of_things import tell_unseen
from .shared import ChangesZoom

_PLACES = (
    ("CENTER", "Middle of the Level", "In the middle of its picture"),
    ("FOCUS", "Focus", "Where the next level lies: the zoom goes there"),
    ("CURSOR", "3D Cursor", "Where the zoom's camera sees the 3D cursor before the picture"),
)
_STAY = ("STAY", "Where It Is Seen", "Keep the place and the size in which they are seen")


class Hangs:
    """For operators that hang things on levels; the properties are a plain mix-in."""

    level: IntProperty(
        name="Level",
        description="Counted from 1, as in the list; 0 is the level in view",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )
    share: FloatProperty(
        name="Size",
        description="The largest side, as a share of the level's width",
        default=attaching.SHARE,
        min=1e-4,
        max=100.0,
        soft_min=0.01,
        soft_max=1.0,
        subtype="FACTOR",
    )
    use_range: BoolProperty(
        name="Hide Close Up",
        description="Seen from the level before on, and gone before it covers the view",
        default=True,
    )


class HangsOnLevel(ChangesZoom):
    """What such operators need."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Only in Object Mode")
            return False
        return True


def level_in_view(root: bpy.types.Object) -> int:
    """The number from 0 of the level that the view is nearest to."""
    level = float(finding.present_camera(root).get(keys.LEVEL, 0.0))
    return round(level) % len(finding.octaves_of(root))


def empty_of(root: bpy.types.Object, level: int) -> bpy.types.Object:
    """The Empty of a level.

    Args:
        level: counted from 1; 0: the one in view.

    Raises:
        ZoomStackError: code ``no_such_level``.
    """
    count = len(finding.octaves_of(root))
    number = level - 1 if level else level_in_view(root)
    if number >= count:
        raise ZoomStackError(
            "no_such_level", f"This zoom has no level {level}.", f"Choose one of 1 to {count}."
        )
    found = spaces.level_of(root, number)
    if found is None:
        raise ZoomStackError(
            "no_such_level",
            f"The Empty of level {number + 1} was deleted.",
            "Choose another level, or import the zoom again.",
        )
    return found


def give_ranges(
    root: bpy.types.Object, level: bpy.types.Object, attached: attaching.Attached
) -> list[str]:
    """Let things be seen in the range that suits their size; lamps shine from out of sight too.

    Returns:
        what keeps a visibility of the artist's; see ``ranges.give_range``.
    """
    start, end = ranges.default_range(root, level, attached.size)
    kept: list[str] = []
    for thing in attached.things:
        if thing.type != "LIGHT":
            kept += ranges.give_range(root, thing, start, end, ranges.FADE)
    return kept


class ZOOMSTACK_OT_attach(Hangs, HangsOnLevel):
    """Hang what is selected on a level of the zoom, fitted to its size"""

    bl_idname = "zoom_stack.attach"
    bl_label = "Attach to Level"
    bl_options = {"REGISTER", "UNDO"}

    place: EnumProperty(
        name="Place",
        description="Where on the level they come to lie",
        items=(*_PLACES, _STAY),
        default="CENTER",
    )
    facing: EnumProperty(
        name="Facing",
        description="Which side the camera sees",
        items=(
            ("AUTO", "Automatic", "Flat things that lie are seen from above, others from front"),
            ("FRONT", "Front", "What the front view sees faces the camera"),
            ("TOP", "Top", "What the top view sees faces the camera"),
            ("KEEP", "As It Is", "Turned as at present"),
        ),
        default="AUTO",
    )
    fade: BoolProperty(
        name="Fade (Changes Materials)",
        description="Come and go softly: mixes transparency into the materials, by object alpha",
        default=False,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = finding.present_root(context)
        if not any(attaching.can_hang(item, root) for item in context.selected_objects):
            cls.poll_message_set("Select what is to hang on a level")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.level = level_in_view(finding.present_root(context)) + 1
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "level")
        root = finding.active_root(context)  # it may be gone while the dialog is open
        titles = finding.level_titles(root) if root is not None else []
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=titles[self.level - 1] if 0 < self.level <= len(titles) else "")
        layout.prop(self, "place")
        if self.place != "STAY":
            layout.prop(self, "share")
            layout.prop(self, "facing")
        layout.prop(self, "use_range")
        column = layout.column()
        column.enabled = self.use_range
        column.prop(self, "fade")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        fit = attaching.Fit(self.place, self.share, self.facing)
        try:
            level = empty_of(root, self.level)
            attached = attaching.attach(root, level, list(context.selected_objects), fit)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        kept: list[str] = []
        left: list[str] = []
        if self.use_range:
            kept = give_ranges(root, level, attached)
            if self.fade:
                for thing in attached.things:
                    left += fading.add_fade(thing)
        _tell(self, attached, kept, left)
        tell_unseen(self, root, attached.things[0])
        return {"FINISHED"}


def _tell(
    operator: bpy.types.Operator,
    attached: attaching.Attached,
    kept: Sequence[str],
    left: Sequence[str],
) -> None:
    notes = []
    if attached.parted:
        parted = names_text([item.name for item in attached.parted])
        notes.append(f"without their parents: {parted}")
    if attached.animated:
        notes.append(
            f"lamps with animated power, which does not follow: {names_text(attached.animated)}"
        )
    if kept:
        notes.append(f"with a visibility of their own, which stays: {names_text(kept)}")
    if left:
        notes.append(f"materials that cannot fade: {names_text(left)}")
    if notes:
        operator.report({"WARNING"}, f"Attached; {'; '.join(notes)}")


class ZOOMSTACK_OT_add_thing(Hangs, HangsOnLevel):
    """Add something new to a level of the zoom, fitted to its size"""

    bl_idname = "zoom_stack.add_thing"
    bl_label = "Add to Level"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", description="What to add", items=adding.KINDS, default="CUBE")
    place: EnumProperty(
        name="Place",
        description="Where on the level it comes to lie",
        items=_PLACES,
        default="CENTER",
    )
    source: StringProperty(
        name="Name", description="The text; the name of the picture or of the collection"
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "kind")
        if self.kind == "TEXT":
            layout.prop(self, "source", text="Text")
        elif self.kind == "IMAGE":
            layout.prop_search(self, "source", bpy.data, "images", text="Image")
        elif self.kind == "COLLECTION":
            layout.prop_search(self, "source", bpy.data, "collections", text="Collection")
        layout.prop(self, "level")
        layout.prop(self, "place")
        layout.prop(self, "share")
        if not adding.is_lamp(self.kind):
            layout.prop(self, "use_range")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.level = level_in_view(finding.present_root(context)) + 1
        if self.kind in {"IMAGE", "COLLECTION", "TEXT"}:
            return context.window_manager.invoke_props_dialog(self)
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        try:
            level = empty_of(root, self.level)
            added = adding.add_thing(
                root, level, self.kind, self.source.strip(), self.place, self.share
            )
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.use_range:
            give_ranges(root, level, added)
        if context.view_layer.objects.get(added.things[0].name) == added.things[0]:
            select_only(context.view_layer, added.things[0])
        tell_unseen(self, root, added.things[0])
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_attach, ZOOMSTACK_OT_add_thing)
)
