"""The size of the pictures and their shape: the usual ones, and that of the render."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ..blender.timings import measured
from ..engine.contract.job import MIN_SIZE

_RENDER = "RENDER"
# identifier -> (width over height, name, description)
SHAPES = {
    "SQUARE": (1.0, "Square 1:1", "As the models were trained"),
    "WIDE": (16 / 9, "Widescreen 16:9", "Film and television"),
    "TALL": (9 / 16, "Portrait 9:16", "Telephones"),
    "SCOPE": (2.39, "Scope 2.39:1", "Cinema"),
}


#: Of the longer side, in pixels.
SIZES = (256, 512, 1024, 2048, 4096)
_OWN = "OWN"


def shape_size(aspect: float, longest: int) -> tuple[int, int]:
    """(width, height) of a shape: its longer side in pixels is given, both are even.

    Films are coded in pairs of pixels.
    """
    shortest = longest / max(aspect, 1.0 / aspect)
    sides = [2 * int(side / 2 + 1e-6) for side in (longest, shortest)]
    return (sides[0], sides[1]) if aspect >= 1.0 else (sides[1], sides[0])


def shape_of(width: int, height: int) -> float:
    """Width over height, before it was rounded to pixels where it is one of the usual ones."""
    usual = [aspect for aspect, _, _ in SHAPES.values()]
    exact = [each for each in usual if shape_size(each, max(width, height)) == (width, height)]
    return exact[0] if exact else width / height


class _Sizing(bpy.types.Operator):
    """What gives the pictures a size."""

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
            (_OWN, "Model's Own", "As large as the model makes them"),
            *((str(size), f"{size} px", f"The longer side has {size} pixels") for size in SIZES),
        ],
        default="1024",
    )

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.zoom_stack
        if self.size == _OWN:
            settings.use_size = False
            return {"FINISHED"}
        aspect = shape_of(settings.width, settings.height)
        return self.take(context, aspect, int(self.size))


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_shape, ZOOMSTACK_OT_size))
