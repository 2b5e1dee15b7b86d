"""Presets: jobs as JSON files, the extension's own and the user's."""

from __future__ import annotations

import json

import bpy
from bpy.props import StringProperty

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.file_names import why_no_name
from ..engine.contract.stack import write_atomically
from ..engine.contract.validation import read_json, shown
from ..settings.job import apply_job, job_from_settings
from ..settings.presets import find_preset, presets_folder, user_presets
from ..tasks import latest
from .shared import tell


class ZOOMSTACK_OT_load_preset(bpy.types.Operator):
    """Replace levels and settings, such as the pictures' size and the seed, by this preset's"""

    bl_idname = "zoom_stack.load_preset"
    bl_label = "Load Preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: StringProperty(name="Preset", description="The preset's name")

    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.forget_problem()
        try:
            file = find_preset(self.preset)
            apply_job(context.scene.zoom_stack, read_json(file, "bad_job"), file.parent)
        except ZoomStackError as error:
            latest.refuse(error)
            tell(self, error)
            return {"CANCELLED"}
        settings = context.scene.zoom_stack
        size = f"{settings.width} × {settings.height} px" if settings.use_size else "the model's"
        seed = f"seed {settings.seed}"
        self.report({"INFO"}, f"{len(settings.levels)} levels, size: {size}, {seed}")
        return {"FINISHED"}


class ZOOMSTACK_OT_save_preset(bpy.types.Operator):
    """Save levels and settings as a preset"""

    bl_idname = "zoom_stack.save_preset"
    bl_label = "Save Preset"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="The preset's name", default="My Zoom")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        stem = "".join(c if c.isalnum() else "_" for c in self.name.strip().lower())
        try:
            if not stem.strip("_"):
                raise ZoomStackError("bad_name", "A preset needs a name with letters.")
            file = presets_folder() / f"{stem}.json"
            reason = why_no_name(file.name)
            if reason:
                raise ZoomStackError(
                    "bad_name", f"The name {shown(self.name)} {reason}.", "Choose another name."
                )
            # Finished pictures are of this zoom; the next one makes its own.
            job = job_from_settings(context.scene.zoom_stack, with_kept=False)
            data = json.dumps(job.to_dict(), indent=2)
            presets_folder().mkdir(parents=True, exist_ok=True)
            write_atomically(file, data.encode())
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except OSError as error:
            self.report({"ERROR"}, f"The preset cannot be written: {error.strerror}.")
            return {"CANCELLED"}
        return {"FINISHED"}


class ZOOMSTACK_OT_remove_preset(bpy.types.Operator):
    """Delete this preset of yours"""

    bl_idname = "zoom_stack.remove_preset"
    bl_label = "Delete Preset"
    bl_options = {"REGISTER"}

    preset: StringProperty(name="Preset", description="The preset's name")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = False
        # One that was saved anew hides the one that an older version has written.
        while file := next((each for each in user_presets() if each.stem == self.preset), None):
            file.unlink(missing_ok=True)
            found = True
        return {"FINISHED"} if found else {"CANCELLED"}


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_load_preset, ZOOMSTACK_OT_save_preset, ZOOMSTACK_OT_remove_preset)
)
