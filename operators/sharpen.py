"""Make Sharper: larger pictures for a zoom that is there."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ..blender.choices import enum_items
from ..blender.texts import size_text, times_text
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import MAX_SIZE
from ..scene import finding
from ..scene.unpacking import is_mixed, needs_unpacking
from ..settings.upscalers import SINGLE_UPSCALERS
from ..tasks import latest, runner
from ..tasks.picture_run import Phase
from ..tasks.start import new_sharpening, why_not_sharpen
from .shared import CanWait, tell, unpack_first

_TIMES = (2, 4, 8)
_TIMES_ITEMS = [
    (str(times), times_text(times), f"{times} times as wide and as high") for times in _TIMES
]
_BYTES_PER_PIXEL = 0.7  # of a picture that was enlarged, as PNG: 0.35 to 1.05


class ZOOMSTACK_OT_sharpen(CanWait, bpy.types.Operator):
    """Enlarge the pictures of this zoom and add detail to them, which takes minutes. Camera, timing
    and whatever hangs on the levels stay as they are"""

    bl_idname = "zoom_stack.sharpen"
    bl_label = "Make Sharper"
    bl_options = {"REGISTER"}

    times: EnumProperty(
        name="Enlarge",
        description="How many times as wide and as high the pictures become",
        items=_TIMES_ITEMS,
        default="4",
    )
    upscaler: EnumProperty(
        name="Upscaler",
        description="What enlarges the pictures",
        items=enum_items(SINGLE_UPSCALERS),
    )

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        reason = "There is no zoom in this scene" if root is None else why_not_sharpen(context)
        if root is not None and finding.is_linked(root):
            reason = finding.LINKED
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @measured
    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        size = finding.picture_size(finding.present_root(context))
        fitting = [times for times in _TIMES if max(size) * times <= MAX_SIZE]
        if not fitting:
            self.report({"ERROR"}, f"Pictures of {max(size)} px cannot be made any larger")
            return {"CANCELLED"}
        self.times = str(min(int(self.times), fitting[-1]))
        return context.window_manager.invoke_props_dialog(
            self, width=400, confirm_text="Make Sharper"
        )

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row()
        row.prop(self, "times", expand=True)
        layout.prop(self, "upscaler")
        root = finding.active_root(context)  # it may be gone while the dialog is open
        if root is None:
            return
        times = int(self.times)
        width, height = (side * times for side in finding.picture_size(root))
        column = layout.column(align=True)
        if max(width, height) > MAX_SIZE:
            column.label(text=_too_large(width, height), icon="ERROR")
            return
        sharp, number, factor = finding.most_enlarged(root)
        levels = len(finding.octaves_of(root))
        megabytes = _BYTES_PER_PIXEL * width * height * levels / 1e6
        column.label(
            text=f"{levels} pictures of {size_text(width, height)}, about {megabytes:,.0f} MB"
        )
        column.label(text=f"Sharp up to {int(sharp * times)} px")
        if factor > 1.0:
            title = finding.level_titles(root)[number]
            column.label(text=f"The closest look is {times_text(factor)}, at: {title}")

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.forget_problem()
        root = finding.present_root(context)
        width, height = (side * int(self.times) for side in finding.picture_size(root))
        if max(width, height) > MAX_SIZE:
            self.report({"ERROR"}, _too_large(width, height))
            return {"CANCELLED"}
        apart = needs_unpacking(root) or is_mixed(root)
        if apart and not (self.wait or bpy.app.background):
            press, times, upscaler = bpy.ops.zoom_stack.sharpen, self.times, self.upscaler
            unpack_first(context, [root], lambda: press(times=times, upscaler=upscaler))
            return {"FINISHED"}
        try:
            run = new_sharpening(context, root, int(self.times), self.upscaler)
        except ZoomStackError as error:
            latest.refuse(error, sharpening=True)
            tell(self, error)
            return {"CANCELLED"}
        latest.generation = run
        if not runner.start_or_wait(run, self.wait):
            return {"FINISHED"}
        if run.error is not None:
            tell(self, run.error)
        return {"FINISHED"} if run.phase is Phase.FINISHED else {"CANCELLED"}


def _too_large(width: int, height: int) -> str:
    return f"{size_text(width, height)}: at most {MAX_SIZE} px a side are possible"


register, unregister = bpy.utils.register_classes_factory((ZOOMSTACK_OT_sharpen,))
