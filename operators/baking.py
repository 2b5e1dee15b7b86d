"""A zoom as plain keys, for other programs and for farms that drop drivers."""

from __future__ import annotations

import time
from collections.abc import Generator

import bpy
from bpy.props import BoolProperty, IntProperty

from ..engine.contract.errors import ZoomStackError
from ..scene import baking, finding, frame_range
from ..scene.importing import leave_edit_mode, select_only
from ..scene.updating import finish_update
from .pieces import PieceByPiece
from .shared import ChangesZoom

_SLICE = 0.008  # seconds of a tick in which frames are looked at
_LARGEST = 1_048_574


class _Bake(ChangesZoom):
    """What both operators are asked."""

    frame_start: IntProperty(
        name="Frame Start", description="The first frame with keys", default=1,
        min=-_LARGEST, max=_LARGEST,
    )  # fmt: skip
    frame_end: IntProperty(
        name="End", description="The last frame with keys", default=250,
        min=-_LARGEST, max=_LARGEST,
    )  # fmt: skip
    step: IntProperty(
        name="Frame Step",
        description="Frames from one key to the next; between them the keys are curved",
        default=1, min=1, max=100, soft_max=10,
    )  # fmt: skip
    in_place: BoolProperty(
        name="In Place",
        description="The zoom itself becomes plain objects. Otherwise a copy does, and the zoom is "
        "hidden",
        default=False,
    )

    def steps(self, context: bpy.types.Context) -> Generator[float, None, baking.Baked]:
        """The baking, of which nothing is done yet.

        Raises:
            ZoomStackError: code ``bad_range``.
        """
        root = finding.present_root(context)
        start, end = frame_range.frames_of(root)
        if self.properties.is_property_set("frame_start"):
            start = self.frame_start
        if self.properties.is_property_set("frame_end"):
            end = self.frame_end
        if end <= start:
            raise ZoomStackError(
                "bad_range",
                f"The last frame, {end}, does not come after the first one, {start}.",
                "Give a range of two frames or more.",
            )
        leave_edit_mode()
        options = baking.BakeOptions(start, end, self.step, self.in_place)
        return baking.bake_steps(context.scene, root, options)

    def end(self, context: bpy.types.Context, baked: baking.Baked) -> None:
        """Show the new camera's keys, and report what came of it."""
        context.view_layer.update()  # a layer knows new objects only then
        camera = context.view_layer.objects.get(baked.camera)
        if camera is not None:
            select_only(context.view_layer, camera)
        # Between keys on every frame only a motion blur looks: there is nothing to do better.
        is_off = self.step > 1 and baked.worst > baking.NOTICEABLE
        self.report(
            {"WARNING" if is_off else "INFO"},
            f"{baked.camera}: {baked.keys} keys, exact on their frames; between them at most "
            f"{baked.worst:.2g} px off at a width of {baking.PIXELS:.0f}",
        )


class ZOOMSTACK_OT_bake_to_keyframes(_Bake):
    """Turn the zoom into plain keys without drivers: for export, and for farms that drop drivers"""

    bl_idname = "zoom_stack.bake_to_keyframes"
    bl_label = "Bake to Keyframes"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.frame_start, self.frame_end = frame_range.frames_of(finding.present_root(context))
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column(align=True)
        column.prop(self, "frame_start")
        column.prop(self, "frame_end")
        column.prop(self, "step")
        layout.prop(self, "in_place")
        size = f"{context.scene.render.resolution_x} × {context.scene.render.resolution_y}"
        layout.label(text=f"Framed for renders of {size}", icon="INFO")

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.options.is_invoke and not bpy.app.background:
            bpy.ops.zoom_stack.bake_piece_by_piece(
                "INVOKE_DEFAULT",
                frame_start=self.frame_start,
                frame_end=self.frame_end,
                step=self.step,
                in_place=self.in_place,
            )
            return {"CANCELLED"}  # what is undone is done then
        try:
            self.end(context, finish_update(self.steps(context)))
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class ZOOMSTACK_OT_bake_piece_by_piece(_Bake, PieceByPiece):
    """Bake the zoom to keys while Blender goes on drawing"""

    bl_idname = "zoom_stack.bake_piece_by_piece"
    bl_label = "Bake to Keyframes"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def begin(self, context: bpy.types.Context) -> Generator[str, None, baking.Baked]:
        return _in_slices(self.steps(context))

    def done(self, context: bpy.types.Context, result: baking.Baked) -> None:
        self.end(context, result)


def _in_slices(
    steps: Generator[float, None, baking.Baked],
) -> Generator[str, None, baking.Baked]:
    """As many steps at a time as leave Blender its own; says how far they are."""
    try:
        while True:
            end, share = time.perf_counter() + _SLICE, 0.0
            while time.perf_counter() < end:
                share = next(steps)
            yield f"Baking to keyframes: {100.0 * share:.0f} %"
    except StopIteration as finished:
        result: baking.Baked = finished.value
        return result
    finally:
        steps.close()


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_bake_to_keyframes, ZOOMSTACK_OT_bake_piece_by_piece)
)
