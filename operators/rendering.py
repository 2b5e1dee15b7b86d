"""Set a scene up to render a zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..blender import render_paths
from ..engine.contract.errors import ZoomStackError
from ..scene import colour, finding, keys, render_setup, untouched
from ..scene.render_setup import FRAMES, VIDEO, Wishes
from ..scene.viewing import remember_view
from .shared import OnZoom

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEEP, _PICTURES, _SHARP, _VIEW = "KEEP", "PICTURES", "SHARP", "VIEW"
_AS_IT_IS = (_KEEP, "As It Is", "No change")
_SIZES = {
    "HD": ((1920, 1080), "HD"),
    "UHD": ((3840, 2160), "4K"),
    "VERTICAL": ((1080, 1920), "HD, Upright"),
    "SQUARE": ((1080, 1080), "Square"),
}
_RATES = {
    "23.976": (24, 1.001),
    "24": (24, 1.0),
    "25": (25, 1.0),
    "29.97": (30, 1.001),
    "30": (30, 1.0),
    "50": (50, 1.0),
    "60": (60, 1.0),
}
_SIZE_ITEMS = [
    (key, f"{name} ({render_setup.frame_text(*size)})", "A usual size")
    for key, (size, name) in _SIZES.items()
]
_RATE_ITEMS = [(name, f"{name} fps", "Frames in a second") for name in _RATES]
_WIDTH = 500  # of the dialog, in pixels at a scale of 1
_NO_PICTURES = "Pictures of this zoom are missing, so their size is not known. Find them first."
_NO_VIEW = "There is no 3D view to take a shape from. Choose another resolution."


class ZOOMSTACK_OT_set_up_render(OnZoom):
    """Let this scene render the zoom: camera, resolution, frames, colours and output.
    It shows first what changes"""

    bl_idname = "zoom_stack.set_up_render"
    bl_label = "Set Up Render"
    bl_options = {"REGISTER", "UNDO"}

    resolution: EnumProperty(
        name="Resolution",
        items=[
            _AS_IT_IS,
            (_PICTURES, "As the Pictures", "The pictures' size and shape"),
            (_SHARP, "Sharp Throughout", "The largest in which no picture is ever enlarged"),
            (_VIEW, "Shape of the View", "That of the 3D view; the longer side stays"),
            *_SIZE_ITEMS,
        ],
        default=_KEEP,
    )
    rate: EnumProperty(
        name="Frame Rate",
        description="The zoom takes its seconds still",
        items=[_AS_IT_IS, *_RATE_ITEMS],
        default=_KEEP,
    )
    camera: BoolProperty(
        name="Camera", description="Render what the zoom's camera sees", default=True
    )
    frames: BoolProperty(
        name="Frames", description="From the zoom's first frame to its last", default=True
    )
    colours: BoolProperty(
        name="Colours",
        description="View transform Standard shows pictures in their own colours",
        default=True,
    )
    bounces: BoolProperty(
        name="Transparent Bounces",
        description="With too few, Cycles turns deep places black where many borders meet",
        default=True,
    )
    output: EnumProperty(
        name="Output",
        items=[
            _AS_IT_IS,
            (VIDEO, "Video (H.264)", "One MP4 file that every player shows"),
            (FRAMES, "Frames (PNG)", "One numbered picture a frame, for farms and editing"),
        ],
        default=_KEEP,
    )
    video_path: StringProperty(
        name="File",
        description="Where the video goes; // is beside the .blend file. Empty: a new name there",
        options={"SKIP_SAVE"},
    )
    frames_path: StringProperty(
        name="Path",
        description="Where the frames go and how their names begin; // is beside the .blend "
        "file. Empty: a new folder there",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if context.scene.library is not None:
            cls.poll_message_set("This scene is linked from another file and cannot be changed")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        root = finding.present_root(context)
        own = not untouched.frame_size(context.scene)
        self.resolution = _KEEP if own or not finding.sharp_width(root) else _PICTURES
        self.rate = self.output = _KEEP
        self.camera = self.frames = self.colours = self.bounces = True
        self.video_path = render_paths.new_video(root.name)
        self.frames_path = render_paths.new_frames(root.name)
        return context.window_manager.invoke_props_dialog(self, width=_WIDTH)

    def draw(self, context: bpy.types.Context) -> None:
        root = finding.active_root(context)  # it may be gone while the dialog is open
        if root is None or finding.camera_of(root) is None:
            return
        scene = context.scene
        before = render_setup.described(scene)
        problem = ""
        try:
            after: Mapping[str, str] = render_setup.wanted(scene, root, self._wishes(context, root))
        except ZoomStackError as error:
            problem, after = str(error), before
        column = self.layout.column(align=True)
        for part, name in (
            (render_setup.FRAME, "resolution"),
            (render_setup.RATE, "rate"),
            (render_setup.CAMERA, "camera"),
            (render_setup.RANGE, "frames"),
            (render_setup.COLOURS, "colours"),
            (render_setup.BOUNCES, "bounces"),
            (render_setup.OUTPUT, "output"),
        ):
            if before[part]:
                self._draw_part(column, part, name, before[part], after[part])
        shutter = render_setup.SHUTTER
        if before[shutter] != after[shutter]:
            column.label(text=f"{shutter} {before[shutter]} → {after[shutter]}, with the frames")
        if self.output != _KEEP:
            self.layout.prop(self, "video_path" if self.output == VIDEO else "frames_path")
        notes = [problem] if problem else render_setup.obstacles(scene, root)
        for note in notes:
            self.layout.label(text=note, icon="ERROR" if problem else "INFO")

    def _draw_part(
        self, layout: bpy.types.UILayout, part: str, name: str, before: str, after: str
    ) -> None:
        choice, change = _columns(layout, 0.48)
        if isinstance(getattr(self, name), bool):
            choice.prop(self, name)
        else:
            title, values = _columns(choice, 0.38)
            title.label(text=part)
            values.prop(self, name, text="")
        changes = before != after
        change.active = changes
        change.label(text=f"{before} → {after}" if changes else before)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        try:
            wishes = self._wishes(context, root)
            reason = render_paths.why_not(wishes.path) if wishes.output else ""
            if reason:
                raise ZoomStackError("bad_output", f"{reason}.")
            changed = render_setup.set_up(context.scene, root, wishes)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for note in render_setup.obstacles(context.scene, root):
            self.report({"WARNING"}, note)
        self.report({"INFO"}, "; ".join(changed) if changed else "The render was set up already")
        return {"FINISHED"}

    def _wishes(self, context: bpy.types.Context, root: bpy.types.Object) -> Wishes:
        return Wishes(
            camera=self.camera,
            size=self._size(context, root),
            rate=_RATES.get(self.rate),
            frames=self.frames,
            colours=self.colours,
            bounces=self.bounces,
            output="" if self.output == _KEEP else self.output,
            path=self._path(root),
        )

    def _size(self, context: bpy.types.Context, root: bpy.types.Object) -> tuple[int, int] | None:
        if self.resolution in _SIZES:
            return _SIZES[self.resolution][0]
        if self.resolution == _VIEW:
            shape = _view_shape(context)
            if shape is None:
                raise ZoomStackError("no_view", _NO_VIEW)
            return render_setup.frame_of_shape(context.scene, shape)
        if self.resolution == _KEEP:
            return None
        of = (
            render_setup.sharp_frame
            if self.resolution == _SHARP
            else render_setup.frame_of_pictures
        )
        size = of(root)
        if size is None:
            raise ZoomStackError("no_pictures", _NO_PICTURES)
        return size

    def _path(self, root: bpy.types.Object) -> str:
        if self.output == VIDEO:
            path = self.video_path.strip() or render_paths.new_video(root.name)
            # Without its ending Blender would add the frames' numbers.
            ended = path.lower().endswith(render_paths.VIDEO_SUFFIX)
            return path if ended else path + render_paths.VIDEO_SUFFIX
        return self.frames_path.strip() or render_paths.new_frames(root.name)


def _columns(
    layout: bpy.types.UILayout, factor: float
) -> tuple[bpy.types.UILayout, bpy.types.UILayout]:
    """Two columns; the first has a share of the width."""
    split = layout.split(factor=factor)
    return split.row(), split.row()


def _view_shape(context: bpy.types.Context) -> tuple[int, int] | None:
    """Width and height in pixels of the 3D view from which a button was pressed, or the largest."""
    place = remember_view(context)
    if place is None:
        return None
    area = bpy.data.screens[place.screen].areas[place.area]
    region = next((each for each in area.regions if each.type == "WINDOW"), None)
    if region is None or min(region.width, region.height) < 2:
        return None
    return (region.width, region.height)


class ZOOMSTACK_OT_keep_render(OnZoom):
    """This scene renders what it renders; do not ask"""

    bl_idname = "zoom_stack.keep_render"
    bl_label = "Keep This Render"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return super().poll(context) and context.scene.library is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene[keys.KEEPS_RENDER] = True
        return {"FINISHED"}


class ZOOMSTACK_OT_use_standard_view(bpy.types.Operator):
    """Show pictures in their own colours: view transform Standard, no look, no exposure"""

    bl_idname = "zoom_stack.use_standard_view"
    bl_label = "Use Standard"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            colour.use_standard_view(context.scene)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_set_up_render, ZOOMSTACK_OT_keep_render, ZOOMSTACK_OT_use_standard_view)
)
