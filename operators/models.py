"""Models and LoRAs: look for them, choose, add, and where to look."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty

from ..blender.screen import redraw
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..settings.model_list import describe, fitting_loras
from ..settings.preferences import engine_is_configured, preferences
from ..tasks import latest, runner
from ..tasks.start import search_models


class ZOOMSTACK_OT_find_models(bpy.types.Operator):
    """Look for models on the disk once more"""

    bl_idname = "zoom_stack.find_models"
    bl_label = "Find Models"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if runner.is_running(latest.model_search):
            cls.poll_message_set("Models are being looked for")
            return False
        if not engine_is_configured():
            cls.poll_message_set("Install the engine first, or choose a Python that has it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            search = search_models()
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if search.error is not None:
            self.report({"ERROR"}, str(search.error))
            return {"CANCELLED"}
        return {"FINISHED"}


# Blender keeps pointers into these texts without owning them.
_offered: list[tuple[str, str, str]] = []


def _lora_items(
    _self: bpy.types.Operator, context: bpy.types.Context | None
) -> list[tuple[str, str, str]]:
    settings = (context or bpy.context).scene.zoom_stack
    there = {each.lora for each in settings.loras}
    _offered[:] = [
        (each.name, each.name, describe(each))
        for each in fitting_loras(settings.model)
        if each.name not in there
    ]
    return _offered


class ZOOMSTACK_OT_lora_add(bpy.types.Operator):
    """Add a LoRA that fits the chosen model"""

    bl_idname = "zoom_stack.lora_add"
    bl_label = "Add LoRA"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "lora"

    lora: EnumProperty(name="LoRA", description="The LoRA's name", items=_lora_items)

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _lora_items(None, context):
            cls.poll_message_set("No LoRA that was found fits this model")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.zoom_stack.loras.add().lora = self.lora
        return {"FINISHED"}


class ZOOMSTACK_OT_lora_remove(bpy.types.Operator):
    """Do without this LoRA"""

    bl_idname = "zoom_stack.lora_remove"
    bl_label = "Remove LoRA"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Index", description="Which of the LoRAs", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.zoom_stack.loras.remove(self.index)
        return {"FINISHED"}


class ZOOMSTACK_OT_add_model_folder(bpy.types.Operator):
    """Look for models in another folder as well, such as that of ComfyUI"""

    bl_idname = "zoom_stack.add_model_folder"
    bl_label = "Add Model Folder"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences().model_folders.add()
        return {"FINISHED"}


class ZOOMSTACK_OT_remove_model_folder(bpy.types.Operator):
    """Do not look for models in this folder; nothing in it is changed"""

    bl_idname = "zoom_stack.remove_model_folder"
    bl_label = "Remove Model Folder"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="Index", description="Which of the folders", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences().model_folders.remove(self.index)
        redraw()
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_find_models,
        ZOOMSTACK_OT_lora_add,
        ZOOMSTACK_OT_lora_remove,
        ZOOMSTACK_OT_add_model_folder,
        ZOOMSTACK_OT_remove_model_folder,
    )
)
