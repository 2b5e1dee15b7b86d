"""The panel of an imported zoom."""

from __future__ import annotations

import bpy

from ..blender.texts import magnification_text
from ..blender.timings import measured
from ..scene import finding, keys, placing
from ..scene.viewing import is_looking_through, shows_pictures
from ..tasks import latest
from .files import draw_files
from .parts import OfZoom, ZoomPanel, draw_wrapped, of_one_look, zoom_elsewhere
from .rendering import draw_question
from .running import draw_running_sharpening

_MOST_ROOTS = 6  # that are listed of other scenes


class ZOOMSTACK_PT_shown(ZoomPanel, bpy.types.Panel):
    """Play, and Show: at the same place in every scene, since Show leads from one to another"""

    bl_idname = "ZOOMSTACK_PT_shown"
    bl_label = "Show"
    bl_order = 1
    bl_options = {"HIDE_HEADER"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        return _zoom_to_show(context) is not None

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        root = _zoom_to_show(context)
        if root is None:
            return
        camera = finding.camera_in_use(root, context.scene)
        here = root == finding.active_root(context)
        if here:
            _draw_choice(self.layout, context, root)
        row = self.layout.row(align=True)
        row.scale_y = 1.3
        play = row.row(align=True)
        play.enabled = here and camera is not None
        playing = context.screen is not None and context.screen.is_animation_playing
        title, icon = ("Stop", "PAUSE") if playing else ("Play", "PLAY")
        play.operator("zoom_stack.play", text=title, icon=icon)
        view = context.space_data
        shown = here and camera is not None and shows_pictures(view)
        looking = shown and is_looking_through(view, context.scene, camera)
        button = row.operator(
            "zoom_stack.show_zoom", text="Show", icon="VIEW_CAMERA", depress=looking
        )
        button.root = "" if here else root.name


def _draw_choice(
    layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Object
) -> None:
    """Draw which zoom is meant, where the scene has several."""
    roots = finding.roots_in(context.scene)
    if len(roots) < 2:
        return
    row = layout.row(align=True)
    row.menu("ZOOMSTACK_MT_zooms", text=root.name, icon="VIEW_ZOOM")
    if placing.disturbed(root, roots):
        row.operator("zoom_stack.move_apart", icon="ERROR")


class ZOOMSTACK_MT_zooms(bpy.types.Menu):
    """The zooms of this scene: choose the one to work on, to play and to render"""

    bl_idname = "ZOOMSTACK_MT_zooms"
    bl_label = "Zooms"

    def draw(self, context: bpy.types.Context) -> None:
        present = finding.active_root(context)
        for root in finding.roots_in(context.scene):
            icon = "RADIOBUT_ON" if root == present else "RADIOBUT_OFF"
            button = self.layout.operator("zoom_stack.choose_zoom", text=root.name, icon=icon)
            button.root = root.name


def _zoom_to_show(context: bpy.types.Context) -> bpy.types.Object | None:
    """The zoom of the scene, or else the list's, or else any of the file."""
    return (
        finding.active_root(context)
        or latest.new_zoom(context.scene)
        or zoom_elsewhere(context.scene)
        or next(iter(finding.roots_elsewhere(context.scene)), None)
    )


class ZOOMSTACK_PT_stack(ZoomPanel, bpy.types.Panel):
    """The zoom in this scene"""

    bl_idname = "ZOOMSTACK_PT_stack"
    bl_label = "Zoom"
    bl_order = 20

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.active_root(context)
        if root is None:
            draw_running_sharpening(layout, context)  # its zoom was deleted
            instance = finding.instance_of_zoom(context.scene)
            if instance is not None:
                draw_wrapped(
                    layout,
                    context,
                    f"{instance.name} shows a whole zoom. To play it here, select it and choose "
                    "Object > Library Override > Make",
                )
                return
            layout.label(text="No zoom in this scene yet")
            _draw_elsewhere(layout, context)
            layout.operator("zoom_stack.import_sample", icon="OUTLINER_OB_IMAGE")
            layout.operator("zoom_stack.import_stack", text="Import…", icon="IMPORT")
            return
        finding.for_buttons(layout, root)
        draw_files(layout, context, root)
        camera = finding.camera_of(root)
        if camera is None:
            layout.label(text=f"The camera of {root.name} was deleted", icon="ERROR")
            return
        draw_question(layout, context, root)
        self._draw_zoom(context, root, camera)
        row = layout.row(align=True)
        row.operator("zoom_stack.edit_levels", icon="GREASEPENCIL")
        selectable = finding.are_selectable(root)
        icon = "RESTRICT_SELECT_OFF" if selectable else "RESTRICT_SELECT_ON"
        row.operator("zoom_stack.lock_levels", text="", icon=icon, depress=selectable)
        self._draw_look(context, root)

    def _draw_zoom(
        self, context: bpy.types.Context, root: bpy.types.Object, camera: bpy.types.Object
    ) -> None:
        column = self.layout.column(align=True)
        column.scale_y = 1.3
        column.operator("zoom_stack.zoom_here", text="Zoom into Here…", icon="ZOOM_IN")
        column.prop(camera, keys.path_to(keys.ZOOM), text="Zoom (Octaves)", slider=True)
        closer = magnification_text(camera.get(keys.ZOOM, 0.0))
        number, count = camera.get(keys.LEVEL, 0.0) + 1.0, len(finding.octaves_of(root))
        self.layout.label(text=f"{closer} closer, at level {number:.2f} of {count}")

    def _draw_look(self, context: bpy.types.Context, root: bpy.types.Object) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.prop(root, keys.path_to(keys.FADE), text="Fade-In", slider=True)
        column.prop(root, keys.path_to(keys.FEATHER), text="Feather", slider=True)
        travels = root.get(keys.TRAVEL, 1.0) > 0.5
        layout.label(text="The camera travels" if travels else "The world grows past the camera")
        other = "Let the World Grow" if travels else "Let the Camera Travel"
        layout.operator("zoom_stack.switch_rig", text=other)


def _draw_elsewhere(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw which zooms the file has in other scenes."""
    roots = finding.roots_elsewhere(context.scene)
    column = layout.column(align=True)
    for root in roots[:_MOST_ROOTS]:
        text = f"{root.name}, in {root.users_scene[0].name}"
        column.operator("zoom_stack.show_zoom", text=text, icon="VIEW_CAMERA").root = root.name
    if len(roots) > _MOST_ROOTS:
        column.label(text=f"and {len(roots) - _MOST_ROOTS} more in other scenes")


class ZOOMSTACK_PT_stack_levels(OfZoom, bpy.types.Panel):
    """Jump to a level"""

    bl_idname = "ZOOMSTACK_PT_stack_levels"
    bl_label = "Go to Level"

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        root = finding.present_root(context)
        finding.for_buttons(self.layout, root)
        current = finding.present_camera(root).get(keys.LEVEL, 0.0)
        column = self.layout.column(align=True)
        titles = finding.level_titles(root)
        for number, (title, octaves) in enumerate(
            zip(titles, finding.octaves_of(root), strict=False)
        ):
            row = column.split(factor=0.74, align=True)
            button = row.operator(
                "zoom_stack.go_to_level",
                text=f"{number + 1}  {title}",
                # A loop's last level leads to the first one again.
                depress=round(current) % len(titles) == number,
            )
            button.level = number
            row.label(text=magnification_text(octaves))


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_MT_zooms,
        ZOOMSTACK_PT_shown,
        ZOOMSTACK_PT_stack,
        ZOOMSTACK_PT_stack_levels,
    )
)
