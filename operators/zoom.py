"""Play a zoom, show it, go to a level, change its rig."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty, StringProperty

from ..scene import finding, keys, markers, placing
from ..scene.frame_range import frames_of
from ..scene.reach import why_not_travel
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
from .shared import ChangesZoom, OnZoom


class ZOOMSTACK_OT_play(OnZoom):
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
        camera = finding.camera_in_use(root, context.scene) or finding.present_camera(root)
        look_through(remember_view(context), context.scene, camera)
        context.scene.frame_set(frames_of(root)[0])
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
        if root is None or finding.camera_of(root) is None or not root.users_scene:
            self.report({"ERROR"}, "The zoom, or its camera, is gone")
            return {"CANCELLED"}
        here = root in context.scene.objects.values()
        scene = context.scene if here else root.users_scene[0]
        camera = finding.camera_in_use(root, scene) or finding.present_camera(root)
        place = remember_view(context)
        view = context.space_data
        shown = is_looking_through(view, scene, camera) and shows_pictures(view)
        if here and shown and turn_back(place):
            return {"FINISHED"}
        show_zoom(place, scene, camera)
        watch_views()
        return {"FINISHED"}


class ZOOMSTACK_OT_go_to_level(OnZoom):
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


class ZOOMSTACK_OT_switch_rig(ChangesZoom):
    """Let the camera travel, or the world grow past it; the picture stays the same"""

    bl_idname = "zoom_stack.switch_rig"
    bl_label = "Switch Rig"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        root = finding.present_root(context)
        grows = root.get(keys.TRAVEL, 1.0) <= 0.5
        reason = why_not_travel(root, finding.present_camera(root)) if grows else ""
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        travels = root.get(keys.TRAVEL, 1.0) <= 0.5
        near = placing.switch_rig(root, travels, finding.roots_in(context.scene))
        if near:
            self.report({"WARNING"}, f"{near[0].name} is in the way in this rig: use Move Apart")
        return {"FINISHED"}


class ZOOMSTACK_OT_lock_levels(ChangesZoom):
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


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_play,
        ZOOMSTACK_OT_show_zoom,
        ZOOMSTACK_OT_go_to_level,
        ZOOMSTACK_OT_switch_rig,
        ZOOMSTACK_OT_lock_levels,
    )
)
