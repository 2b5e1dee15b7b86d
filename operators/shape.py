"""The size of the pictures and their shape: the usual ones, and that of the render."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ..blender.timings import measured
from ..engine.contract.job import MIN_SIZE
from ..settings.shapes import OWN, SHAPES, SIZES, shape_of, shape_size

_RENDER = "RENDER"


class _Sizing(bpy.types.Operator):
    """What gives the pictures a size."""

    @classmethod
    def description(
        cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        """That of the choice."""
        name = cls.bl_label.lower()
        choices = properties.bl_rna.properties[name].enum_items
        return f"{choices[getattr(properties, name)].description}. {cls.__doc__}"

    def take(self, context: bpy.types.Context, aspect: float, longest: int) -> set[str]:
        """Use a shape at a size, unless it is too thin for a picture."""
        settings = context.scene.zoom_stack
        size = shape_size(aspect, longest)
        if min(size) < MIN_SIZE:
            self.report({"ERROR"}, f"Pictures of {longest} pixels cannot be as long as that")
            return {"CANCELLED"}
        settings.use_size = True
        settings.width, settings.height = size
        return {"FINISHED"}


class ZOOMSTACK_OT_shape(_Sizing):
    """Give the pictures a shape; the longer side stays, less a pixel where it is odd"""

    bl_idname = "zoom_stack.shape"
    bl_label = "Shape"
    bl_options = {"REGISTER", "UNDO"}

    shape: EnumProperty(
        name="Shape",
        items=[
            (_RENDER, "As the Render", "That of the output's resolution"),
            *((key, name, text) for key, (_, name, text) in SHAPES.items()),
        ],
    )

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        if self.shape == _RENDER:
            render = context.scene.render
            aspect = (render.resolution_x * render.pixel_aspect_x) / (
                render.resolution_y * render.pixel_aspect_y
            )
        else:
            aspect = SHAPES[self.shape][0]
        return self.take(context, aspect, max(settings.width, settings.height))


class ZOOMSTACK_OT_size(_Sizing):
    """Give the pictures a size; their shape stays"""

    bl_idname = "zoom_stack.size"
    bl_label = "Size"
    bl_options = {"REGISTER", "UNDO"}

    size: EnumProperty(
        name="Size",
        items=[
            (OWN, "Model's Own", "As large as the model makes them"),
            *((str(size), f"{size} px", f"The longer side has {size} pixels") for size in SIZES),
        ],
        default="1024",
    )

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        if self.size == OWN:
            settings.use_size = False
            return {"FINISHED"}
        aspect = shape_of(settings.width, settings.height)
        return self.take(context, aspect, int(self.size))


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_shape, ZOOMSTACK_OT_size))
