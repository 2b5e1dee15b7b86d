"""What hangs on a level already: selected, seen in a range, faded, taken off."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..blender.texts import names_text
from ..scene import attaching, fading, finding, hanging, keys, ranges, spaces
from ..scene.importing import select_only
from .shared import ChangesZoom


def tell_unseen(
    operator: bpy.types.Operator, root: bpy.types.Object, thing: bpy.types.Object
) -> None:
    """Say so where a thing is out of its range: nothing else tells that it is there."""
    zoom = float(finding.present_camera(root).get(keys.ZOOM, 0.0))
    level = spaces.level_above(thing)
    if level is not None and not ranges.is_seen(root, thing, zoom):
        number = spaces.number_of(root, level) + 1
        operator.report({"INFO"}, f"{thing.name} is out of sight here: go to level {number}")


class OnThing(ChangesZoom):
    """What operators need that mean one thing of the zoom."""

    def found(self, context: bpy.types.Context, name: str) -> bpy.types.Object | None:
        """The thing of a name, the active one without; None, and a report, where it is none."""
        root = finding.present_root(context)
        item = bpy.data.objects.get(name) if name else context.active_object
        if item is None or item not in [each for _, each in hanging.things_of(root)]:
            self.report({"ERROR"}, f"{name or 'What is active'} hangs on no level of this zoom")
            return None
        return item


class NamesThing:
    """For operators on one thing; the property is a plain mix-in."""

    thing: StringProperty(
        name="Thing", description="The name of the object; empty is the active one"
    )


class ZOOMSTACK_OT_detach(NamesThing, OnThing):
    """Take this off its level: it stays in the world where it is seen"""

    bl_idname = "zoom_stack.detach"
    bl_label = "Detach"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        item = self.found(context, self.thing)
        if item is None:
            return {"CANCELLED"}
        attaching.detach(finding.present_root(context), item)
        return {"FINISHED"}


class ZOOMSTACK_OT_select_thing(NamesThing, OnThing):
    """Select this, and nothing else"""

    bl_idname = "zoom_stack.select_thing"
    bl_label = "Select"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        item = self.found(context, self.thing)
        if item is None:
            return {"CANCELLED"}
        if context.view_layer.objects.get(item.name) != item:
            self.report({"ERROR"}, f"{item.name} is not in this view layer")
            return {"CANCELLED"}
        select_only(context.view_layer, item)
        tell_unseen(self, finding.present_root(context), item)
        return {"FINISHED"}


class ZOOMSTACK_OT_give_range(NamesThing, OnThing):
    """Let this be seen in a range of the zoom alone, that suits its size"""

    bl_idname = "zoom_stack.give_range"
    bl_label = "Limit to a Range"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        item = self.found(context, self.thing)
        level = spaces.level_above(item) if item is not None else None
        if item is None or level is None:
            return {"CANCELLED"}
        root = finding.present_root(context)
        start, end = ranges.default_range(root, level, hanging.size_of(item))
        kept = ranges.give_range(root, item, start, end, ranges.FADE)
        if kept:
            self.report({"WARNING"}, f"These keep a visibility of their own: {names_text(kept)}")
        return {"FINISHED"}


class ZOOMSTACK_OT_drop_range(NamesThing, OnThing):
    """Let this be seen at every zoom"""

    bl_idname = "zoom_stack.drop_range"
    bl_label = "Drop the Range"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        item = self.found(context, self.thing)
        if item is None:
            return {"CANCELLED"}
        ranges.drop_range(item)
        return {"FINISHED"}


class ZOOMSTACK_OT_fade_thing(NamesThing, OnThing):
    """Let this come and go softly: mixes transparency into its materials, by object alpha"""

    bl_idname = "zoom_stack.fade_thing"
    bl_label = "Fade Materials"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        item = self.found(context, self.thing)
        if item is None:
            return {"CANCELLED"}
        left = fading.add_fade(item)
        if left:
            self.report({"WARNING"}, f"These materials cannot fade: {names_text(left)}")
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_detach,
        ZOOMSTACK_OT_select_thing,
        ZOOMSTACK_OT_give_range,
        ZOOMSTACK_OT_drop_range,
        ZOOMSTACK_OT_fade_thing,
    )
)
