"""Light on the pictures: a sun, levels that take its light, and lamps that keep their look."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import finding, keys, placing, receiving, sun
from .shared import ChangesZoom


def _told(operator: bpy.types.Operator, notes: Sequence[str]) -> set[str]:
    if notes:
        operator.report({"INFO"}, "; ".join(notes))
    return {"FINISHED"}


class ZOOMSTACK_OT_set_up_light(ChangesZoom):
    """Add a sun and a black world, and let pictures take light: things cast shadows on them"""

    bl_idname = "zoom_stack.set_up_light"
    bl_label = "Set Up Light"
    bl_options = {"REGISTER", "UNDO"}

    angle: FloatProperty(
        name="Angle",
        description="Between the sun's rays and the pictures' normal; its strength follows",
        default=sun.ANGLE,
        min=0.0,
        max=sun.GRAZING,
        subtype="ANGLE",
    )
    direction: FloatProperty(
        name="Direction",
        description="From which the rays come, counter-clockwise from below",
        default=sun.DIRECTION,
        subtype="ANGLE",
    )
    share: FloatProperty(
        name="Lit",
        description="How much of each picture is lit instead of shining by itself; "
        "a shadow leaves the rest",
        default=0.85,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    grow: BoolProperty(
        name="Let the World Grow",
        description="EEVEE's shadows are exact at every scale only in the rig in which the world "
        "grows past the camera; the picture stays the same",
        default=True,
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("angle", "direction", "share", "grow"):
            layout.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, scene = finding.present_root(context), context.scene
        levels = list(range(len(finding.octaves_of(root))))
        try:
            lit = sun.set_up_light(root, scene, levels, self.angle, self.direction, self.share)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        notes = lit.notes
        if self.grow and root.get(keys.TRAVEL, 1.0) > 0.5:
            near = placing.switch_rig(root, False, finding.roots_in(scene))
            notes.append("The world grows past the camera, for shadows in EEVEE")
            if near:
                notes.append(f"{near[0].name} is in the way in this rig: use Move Apart")
        return _told(self, notes)


class ZOOMSTACK_OT_remove_light(ChangesZoom):
    """Take the sun away, let the pictures shine by themselves, and give the world back"""

    bl_idname = "zoom_stack.remove_light"
    bl_label = "Remove Light"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = finding.present_root(context)
        # Of a zoom in two scenes the other one may have taken the sun away, but no other world.
        lit = sun.sun_of(root, context.scene) is not None or sun.has_black_world(context.scene)
        if not lit and not receiving.lit_levels(root):
            cls.poll_message_set("This zoom has no sun, and its pictures take no light")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _told(self, sun.remove_light(finding.present_root(context), context.scene))


class ZOOMSTACK_OT_receive_light(ChangesZoom):
    """Let the picture of a level take light and shadow, or shine by itself alone again"""

    bl_idname = "zoom_stack.receive_light"
    bl_label = "Receive Light"
    bl_options = {"REGISTER", "UNDO"}

    level: IntProperty(
        name="Level",
        description="Counted from 1, as in the list; 0 is all of them",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )
    share: FloatProperty(
        name="Lit",
        description="How much of the picture is lit instead of shining by itself; 0 ends it",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        count = len(finding.octaves_of(root))
        if self.level > count:
            self.report({"ERROR"}, f"There is no level {self.level}: choose one of 1 to {count}")
            return {"CANCELLED"}
        numbers = [self.level - 1] if self.level else range(count)
        failed = receiving.light_levels(root, numbers, self.share)
        if failed:
            self.report({"ERROR"}, str(failed[0]))
        return {"CANCELLED"} if failed and self.level else {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_set_up_light, ZOOMSTACK_OT_remove_light, ZOOMSTACK_OT_receive_light)
)
