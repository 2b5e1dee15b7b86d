"""Play a zoom, go to a level, change its timing and its rig."""

from __future__ import annotations

import math

import bpy
from bpy.props import IntProperty, StringProperty

from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..scene import colour, finding, keys, markers, retiming
from ..scene.target_scene import set_range
from ..scene.timing import HOLD_SECONDS, SECONDS_PER_OCTAVE
from ..scene.viewing import (
    is_looking_through,
    look_through,
    remember_view,
    show_zoom,
    shows_pictures,
    turn_back,
)
from ..tasks import latest
from ..tasks.views import watch_views
from .shared import Durations


class _OnZoom(bpy.types.Operator):
    """What every operator on an imported zoom needs."""

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        if root is None:
            cls.poll_message_set("There is no zoom in this scene")
            return False
        if finding.camera_of(root) is None:
            cls.poll_message_set("The zoom's camera was deleted")
            return False
        return True


class _ChangesZoom(_OnZoom):
    """What a linked zoom does not allow."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if finding.is_linked(finding.present_root(context)):
            cls.poll_message_set(finding.LINKED)
            return False
        return True


class ZOOMSTACK_OT_play(_OnZoom):
    """Play the zoom from its beginning, or stop it"""

    bl_idname = "zoom_stack.play"
    bl_label = "Play"

    def execute(self, context: bpy.types.Context) -> set[str]:
        screen = context.screen
        if screen is not None and screen.is_animation_playing:
            bpy.ops.screen.animation_cancel(restore_frame=False)
            return {"FINISHED"}
        root = finding.present_root(context)
        latest.note_seen()
        look_through(remember_view(context), context.scene, finding.present_camera(root))
        context.scene.frame_set(math.floor(retiming.present_schedule(root).start))
        watch_views()
        if screen is not None:
            bpy.ops.screen.animation_play()
        return {"FINISHED"}


class ZOOMSTACK_OT_show_zoom(bpy.types.Operator):
    """Look through the zoom's camera, with its colours; press again to get your view back"""

    bl_idname = "zoom_stack.show_zoom"
    bl_label = "Show Zoom"
    bl_options = {"REGISTER", "UNDO"}

    root: StringProperty(
        name="Zoom", description="The name of its root; empty is the one in this scene"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if remember_view(context) is None:
            cls.poll_message_set("There is no 3D view")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.note_seen()
        root = bpy.data.objects.get(self.root) if self.root else finding.active_root(context)
        camera = finding.camera_of(root) if root is not None else None
        if root is None or camera is None or not root.users_scene:
            self.report({"ERROR"}, "The zoom, or its camera, is gone")
            return {"CANCELLED"}
        here = root in context.scene.objects.values()
        scene = context.scene if here else root.users_scene[0]
        place = remember_view(context)
        view = context.space_data
        shown = is_looking_through(view, scene, camera) and shows_pictures(view)
        if here and shown and turn_back(place):
            return {"FINISHED"}
        show_zoom(place, scene, camera)
        watch_views()
        return {"FINISHED"}


class ZOOMSTACK_OT_go_to_level(_OnZoom):
    """Go to the frame in which this level fills the view"""

    bl_idname = "zoom_stack.go_to_level"
    bl_label = "Go to Level"
    bl_options = {"REGISTER", "UNDO"}

    level: IntProperty(name="Level", description="Counted from 0", min=0, default=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        octaves = finding.octaves_of(root)
        if self.level >= len(octaves):
            self.report({"ERROR"}, f"This zoom has the levels 0 to {len(octaves) - 1}.")
            return {"CANCELLED"}
        frame = markers.level_frames(root)[self.level]
        if frame is not None:
            context.scene.frame_set(frame)
        elif finding.is_linked(root):
            self.report({"ERROR"}, "A linked zoom shows a level only where its keys do")
            return {"CANCELLED"}
        else:
            # No keys: the property is the artist's to set, and the button sets it.
            camera = finding.present_camera(root)
            camera[keys.ZOOM] = octaves[self.level]
            camera.update_tag()
        return {"FINISHED"}


class ZOOMSTACK_OT_switch_rig(_ChangesZoom):
    """Let the camera travel, or the world grow past it; the picture stays the same"""

    bl_idname = "zoom_stack.switch_rig"
    bl_label = "Switch Rig"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        root[keys.TRAVEL] = 0.0 if root.get(keys.TRAVEL, 1.0) > 0.5 else 1.0
        root.update_tag()
        return {"FINISHED"}


class ZOOMSTACK_OT_lock_levels(_ChangesZoom):
    """Let the levels be selected in the view, to hang things on them; or keep clicks off them"""

    bl_idname = "zoom_stack.lock_levels"
    bl_label = "Levels Selectable"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        hide = finding.are_selectable(root)
        for item in finding.fixed_parts(root):
            item.hide_select = hide
        return {"FINISHED"}


class ZOOMSTACK_OT_retime(Durations, _ChangesZoom):
    """Give the zoom other durations; every key moves along, your own too"""

    bl_idname = "zoom_stack.retime"
    bl_label = "Retime"
    bl_options = {"REGISTER", "UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        root = finding.present_root(context)
        self.seconds_per_octave = root.get(keys.SECONDS_PER_OCTAVE, SECONDS_PER_OCTAVE)
        self.hold_seconds = root.get(keys.HOLD_SECONDS, HOLD_SECONDS)
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "seconds_per_octave")
        root = finding.active_root(context)  # it may be gone while the dialog is open
        if root is not None and finding.turn_of(root) is None:
            layout.prop(self, "hold_seconds")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        scene = context.scene
        followed = retiming.range_follows(scene, root)
        plan = retiming.retime(
            root, retiming.frames_per_second(scene), self.seconds_per_octave, self.hold_seconds
        )
        if followed:
            scene.frame_end = max(scene.frame_start + 1, math.ceil(plan.end))
        if root.get(keys.MARKERS):
            markers.refresh_markers(scene, root)
        return {"FINISHED"}


class ZOOMSTACK_OT_refresh_markers(_ChangesZoom):
    """Put a marker at each level, where the keys have it now"""

    bl_idname = "zoom_stack.refresh_markers"
    bl_label = "Refresh Markers"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = markers.refresh_markers(context.scene, finding.present_root(context))
        self.report({"INFO"}, f"{count} markers")
        return {"FINISHED"}


class ZOOMSTACK_OT_fit_scene(_OnZoom):
    """Make the scene's frame range the zoom's, at the zoom's camera"""

    bl_idname = "zoom_stack.fit_scene"
    bl_label = "Use for Render"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        plan = retiming.present_schedule(root)
        context.scene.camera = finding.present_camera(root)
        set_range(context.scene, plan.start, plan.end)
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
    (
        ZOOMSTACK_OT_play,
        ZOOMSTACK_OT_show_zoom,
        ZOOMSTACK_OT_go_to_level,
        ZOOMSTACK_OT_switch_rig,
        ZOOMSTACK_OT_lock_levels,
        ZOOMSTACK_OT_retime,
        ZOOMSTACK_OT_refresh_markers,
        ZOOMSTACK_OT_fit_scene,
        ZOOMSTACK_OT_use_standard_view,
    )
)
