"""Bring a zoom stack from disk into the scene."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..blender.folders import EXTENSION
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ordinary_files import is_ordinary
from ..engine.contract.stack import STACK_FILE, Stack, read_stack
from ..scene import render_setup
from ..scene.finding import zoom_to_update
from ..scene.importing import ImportOptions, import_stack, leave_edit_mode
from ..scene.updating import Updated, update_steps
from ..scene.viewing import remember_view, show_zoom
from ..tasks.following import note_zoom
from ..tasks.views import watch_views
from .pieces import PieceByPiece
from .shared import Durations

SAMPLE_FOLDER = EXTENSION / "samples" / "galaxy_to_shore"


class _Placing:
    """Where a zoom goes, and what moves."""

    target: EnumProperty(
        name="Scene",
        description="Which scene the zoom goes to",
        items=[
            (
                "AUTO",
                "Automatic",
                "The zoom that it was made for, if it is there; otherwise a scene of its own when "
                "this one has anything to render",
            ),
            ("NEW_SCENE", "New Scene", "A scene of its own"),
            ("THIS_SCENE", "This Scene", "This scene, at the 3D cursor"),
        ],
        default="AUTO",
    )
    rig: EnumProperty(
        name="Rig",
        description="What moves; the picture is the same, and it can be switched later",
        items=[
            ("AUTO", "Automatic", "The camera travels in stacks up to 100,000 times deep"),
            ("CAMERA", "Camera Travels", "The camera flies towards ever smaller pictures"),
            ("WORLD", "World Grows", "The pictures grow past a resting camera, at any depth"),
        ],
        default="AUTO",
    )


class ImportSettings(_Placing, Durations, bpy.types.Operator):
    """What both import operators offer; the panel shows it in this order."""

    def import_folder(self, context: bpy.types.Context, folder: Path) -> set[str]:
        """Import, show the zoom in the 3D view, and say in one sentence what is wrong if it is."""
        place = remember_view(context)
        options = ImportOptions(
            target=self.target,
            rig=self.rig,
            seconds_per_octave=self.seconds_per_octave,
            hold_seconds=self.hold_seconds,
            scene=context.scene.name,
        )
        try:
            stack = read_stack(folder)
            present = zoom_to_update(stack.ids.zoom) if stack.ids is not None else None
            if self.target == "AUTO" and present is not None:
                return self._update(stack)
            result = import_stack(stack, options)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        show_zoom(
            place,
            bpy.data.scenes[result.scene_name],
            bpy.data.objects[result.camera_name],
        )
        watch_views()
        new = result.scene_name != options.scene
        where = f", in the new scene {result.scene_name}" if new else ""
        scene, root = bpy.data.scenes[result.scene_name], bpy.data.objects[result.root_name]
        other = ", ".join(render_setup.otherwise(scene, root))
        asks = f". This scene renders {other}: Set Up Render changes that" if other else ""
        self.report({"INFO"}, f"{root.name}: {len(stack.levels)} levels{where}{asks}")
        return {"FINISHED"}

    def _update(self, stack: Stack) -> set[str]:
        """The zoom that the stack was made for is there: it takes the pictures."""
        leave_edit_mode()
        take = bpy.ops.zoom_stack.take_stack
        if self.options.is_invoke and not bpy.app.background:
            take("INVOKE_DEFAULT", folder=str(stack.folder))
            return {"CANCELLED"}  # what is undone is done then
        take(folder=str(stack.folder))
        return {"FINISHED"}


class ZOOMSTACK_OT_take_stack(PieceByPiece):
    """Give the zoom that a stack was made for its pictures"""

    bl_idname = "zoom_stack.take_stack"
    bl_label = "Import Zoom Stack"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    folder: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def begin(self, context: bpy.types.Context) -> Generator[str, None, Updated]:
        stack = read_stack(Path(self.folder))
        zoom = stack.ids.zoom if stack.ids is not None else ""
        return update_steps(lambda: zoom_to_update(zoom), stack)

    def done(self, context: bpy.types.Context, result: Updated) -> None:
        note_zoom(bpy.data.objects[result.root_name])
        for note in result.notes():
            self.report({"WARNING"}, note)
        name = Path(self.folder).name
        self.report({"INFO"}, f"{result.root_name} has the pictures of {name} now")


class ZOOMSTACK_OT_import_stack(ImportSettings):
    """Import a folder of pictures with a stack.json as one seamless zoom"""

    bl_idname = "zoom_stack.import_stack"
    bl_label = "Import Zoom Stack"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="File", description="A stack.json or its folder", subtype="FILE_PATH"
    )
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # A dropped file comes with its path; the menu asks for one.
        if self.filepath and Path(self.filepath).name == STACK_FILE:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath or self.directory))
        # Any file of the folder stands for the folder.
        if is_ordinary(path):
            path = path.parent
        return self.import_folder(context, path)


class ZOOMSTACK_OT_import_sample(ImportSettings):
    """Import the zoom that comes with Zoom Stack: from a galaxy to a shore"""

    bl_idname = "zoom_stack.import_sample"
    bl_label = "Try the Sample"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.import_folder(context, SAMPLE_FOLDER)


class ZOOMSTACK_FH_stack(bpy.types.FileHandler):
    """A stack.json dropped on a 3D view"""

    bl_idname = "ZOOMSTACK_FH_stack"
    bl_label = "Zoom Stack"
    bl_import_operator = "zoom_stack.import_stack"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


def _draw_menu_entry(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(ZOOMSTACK_OT_import_stack.bl_idname, text="Zoom Stack (stack.json)")


def _draw_add_entry(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(
        ZOOMSTACK_OT_import_stack.bl_idname, text="Zoom Stack…", icon="OUTLINER_OB_IMAGE"
    )


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_take_stack,
        ZOOMSTACK_OT_import_stack,
        ZOOMSTACK_OT_import_sample,
        ZOOMSTACK_FH_stack,
    )
)


def register() -> None:
    _register_classes()
    bpy.types.TOPBAR_MT_file_import.append(_draw_menu_entry)
    bpy.types.VIEW3D_MT_image_add.append(_draw_add_entry)


def unregister() -> None:
    bpy.types.VIEW3D_MT_image_add.remove(_draw_add_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_draw_menu_entry)
    _unregister_classes()
