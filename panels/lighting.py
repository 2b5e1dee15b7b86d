"""The panel of light on the pictures, and of things in a layer over them."""

from __future__ import annotations

import bpy

from ..blender.timings import measured
from ..scene import catcher, finding, keys, receiving, sun
from .parts import OfZoom, draw_wrapped, of_one_look

_MOST = 10  # levels that are listed


class ZOOMSTACK_PT_light(OfZoom, bpy.types.Panel):
    """Sun and shadows on the pictures; things in a view layer of their own"""

    bl_idname = "ZOOMSTACK_PT_light"
    bl_label = "Light"
    bl_options = {"DEFAULT_CLOSED"}

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        lamp = sun.sun_of(root, context.scene)
        lit = receiving.receivers_of(root)
        if lamp is None:
            row = layout.row(align=True)
            row.operator("zoom_stack.set_up_light", icon="LIGHT_SUN")
            if lit:
                row.operator("zoom_stack.remove_light", text="", icon="X")
        else:
            _draw_sun(layout, lamp)
            if _is_coarse(context.scene, root):
                text = "EEVEE's shadows are exact only where the world grows"
                draw_wrapped(layout, context, text, "INFO")
                layout.operator("zoom_stack.switch_rig", text="Let the World Grow")
        if lamp is not None or lit:
            _draw_levels(layout, root, lit)
        _draw_catcher(layout, context.scene)


def _draw_sun(layout: bpy.types.UILayout, lamp: bpy.types.Object) -> None:
    row = layout.row(align=True)
    row.label(text=lamp.name, icon="LIGHT_SUN")
    row.operator("zoom_stack.remove_light", text="", icon="X")
    column = layout.column(align=True)
    column.prop(lamp, "rotation_euler", index=0, text="Angle")
    column.prop(lamp, "rotation_euler", index=2, text="Direction")
    column.prop(lamp.data, "angle", text="Softness")
    layout.prop(lamp.data, "color", text="Colour")


def _is_coarse(scene: bpy.types.Scene, root: bpy.types.Object) -> bool:
    eevee = scene.render.engine.startswith("BLENDER_EEVEE")
    return eevee and float(root.get(keys.TRAVEL, 1.0)) > 0.5


def _draw_levels(
    layout: bpy.types.UILayout, root: bpy.types.Object, lit: dict[int, bpy.types.Object]
) -> None:
    """How much of each level is lit, of those around the one in view."""
    titles = finding.level_titles(root)
    count = len(titles)
    row = layout.row(align=True)
    row.label(text="Lit Levels")
    row.operator("zoom_stack.receive_light", text="All").level = 0
    none = row.operator("zoom_stack.receive_light", text="None")
    none.level, none.share = 0, 0.0
    at = round(float(finding.present_camera(root).get(keys.LEVEL, 0.0)))
    first = min(max(at - _MOST // 2, 0), max(count - _MOST, 0))
    column = layout.column(align=True)
    for number in range(first, min(first + _MOST, count)):
        row = column.row(align=True)
        text = f"{number + 1}  {titles[number]}"
        holder = lit.get(number)
        if holder is not None:
            row.prop(holder, keys.path_to(keys.RECEIVES_LIGHT), text=text, slider=True)
            button = row.operator("zoom_stack.receive_light", text="", icon="X")
            button.level, button.share = number + 1, 0.0
        else:
            row.operator("zoom_stack.receive_light", text=text).level = number + 1
    if count > _MOST:
        column.label(text=f"{count - _MOST} more levels: go there to see them")


def _draw_catcher(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    row = layout.row(align=True)
    text = "Update Catcher" if catcher.has_catcher(scene) else "Set Up Catcher"
    row.operator("zoom_stack.set_up_catcher", text=text, icon="RENDERLAYERS")
    if catcher.is_changed(scene):
        row.operator("zoom_stack.remove_catcher", text="", icon="X")


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_PT_light,))
