"""Models: the list of those that were found, what the chosen one is, and its LoRAs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..blender.timings import measured
from ..engine.contract.job import PREDICTIONS
from ..engine.contract.model_listing import MAKES, OTHER, Listed
from ..settings.loras import why_not
from ..settings.model_list import (
    ZOOMSTACK_PG_listed,
    describe,
    found_models,
    known_models,
    size_text,
)
from ..settings.preferences import model_places, remote_command
from ..tasks import latest, runner
from .parts import ZoomPanel, draw_wrapped

if TYPE_CHECKING:
    from ..settings.model_list import FoundModels
    from ..settings.properties import ZOOMSTACK_PG_settings


_ASKS = (
    "Its file does not say what it predicts. Under Advanced set Prediction: Velocity for most "
    "models of 768 px, else Noise. The wrong one makes noise of everything."
)
_SET = "Prediction is set under Advanced, instead of what the model says itself."
_PREDICTS = ("StableDiffusionPipeline", "StableDiffusionXLPipeline")
_NO_FOLDER = "Name the folder of your models, or ComfyUI's, in the preferences (the cogwheel)."
_MANY = 12  # from here on the search is in sight
_WIDE = 340  # of a sidebar, at a scale of 1: narrower ones show pixels below the list alone


class ZOOMSTACK_UL_models(bpy.types.UIList):
    """The models that were found, and what cannot be used"""

    @measured
    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: FoundModels,
        item: ZOOMSTACK_PG_listed,
        icon: int,
        active_data: FoundModels,
        active_property: str,
        index: int,
    ) -> None:
        wide = context.region.width > _WIDE * context.preferences.system.ui_scale
        split = layout.split(factor=0.6 if wide else 0.68)
        name = split.row(align=True)
        name.active = not item.problem
        title = item.name.rpartition("/")[2]
        name.label(text=title, icon="ERROR" if item.problem else "FILE_IMAGE")
        right = split.row(align=True)
        right.alignment = "RIGHT"
        right.active = False
        notes = []
        if not item.problem:
            pixels = f"{item.native_size[0]} px" if item.native_size[0] and wide else ""
            notes.append("draft" if item.draft else pixels)
        if wide or not item.draft:
            notes.append(size_text(item.gigabytes * 1e9))
        right.label(text="  ".join(filter(None, notes)))

    def filter_items(
        self, context: bpy.types.Context, data: FoundModels, property: str
    ) -> tuple[list[int], list[int]]:
        items = getattr(data, property)
        self.use_filter_show |= len(items) > _MANY
        shown = [self.bitflag_filter_item] * len(items)
        if self.filter_name:
            shown = bpy.types.UI_UL_list.filter_items_by_name(
                self.filter_name, self.bitflag_filter_item, items, "words"
            )
        # LoRAs and upscalers are chosen elsewhere; those that cannot be used say here why. Blender
        # turns the bits round where the search is inverted.
        for index, item in enumerate(items):
            if item.kind not in (MAKES, OTHER) and not item.problem:
                shown[index] = self.bitflag_filter_item if self.use_filter_invert else 0
        if not self.use_filter_sort_alpha:
            return shown, []
        return shown, bpy.types.UI_UL_list.sort_items_by_name(items, "words")


class ZOOMSTACK_PT_models(ZoomPanel, bpy.types.Panel):
    bl_label = "Models"
    bl_idname = "ZOOMSTACK_PT_models"
    bl_parent_id = "ZOOMSTACK_PT_generate"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 0

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        chosen, settings = found_models(), context.scene.zoom_stack
        row = layout.row()
        row.template_list(
            "ZOOMSTACK_UL_models",
            "",
            chosen,
            "models",
            chosen,
            "active_model",
            item_dyntip_propname="tip",
            rows=4,
            maxrows=8,
        )
        column = row.column(align=True)
        column.operator("zoom_stack.find_models", text="", icon="FILE_REFRESH")
        column.operator("zoom_stack.open_preferences", text="", icon="PREFERENCES")
        _draw_search(layout, context)
        if not (model_places() or remote_command()):
            draw_wrapped(layout, context, _NO_FOLDER, "INFO")
        index = chosen.active_model
        if index >= 0:
            _draw_details(layout, context, settings, known_models()[index])
        _draw_loras(layout, context, settings)


def _draw_search(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what the search for models says of itself."""
    search = latest.model_search
    if search is None:
        return
    if runner.is_running(search):
        layout.label(text="Looking for models…", icon="TIME")
    elif search.error is not None:
        draw_wrapped(layout, context, str(search.error), "ERROR")
    for problem in search.problems:
        draw_wrapped(layout, context, problem, "ERROR")


def _draw_details(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: ZOOMSTACK_PG_settings,
    model: Listed,
) -> None:
    box = layout.box()
    if model.problem:
        draw_wrapped(box, context, f"{model.problem} {model.hint}".strip(), "ERROR")
        return
    draw_wrapped(box, context, f"{model.name}: {describe(model)}")
    if model.draft:
        draw_wrapped(box, context, "A draft model: few steps, quick and less fine.", "INFO")
    if settings.prediction != PREDICTIONS[0].name and model.pipeline in _PREDICTS:
        draw_wrapped(box, context, _SET, "INFO")
    if model.asks_prediction and settings.prediction == PREDICTIONS[0].name:
        draw_wrapped(box, context, _ASKS, "INFO")


def _draw_loras(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ZOOMSTACK_PG_settings
) -> None:
    column = layout.column()
    column.label(text="LoRAs")
    for index, item in enumerate(settings.loras):
        row = column.row(align=True)
        obstacle = why_not(settings, item.lora)
        row.label(text=item.lora.rpartition("/")[2], icon="ERROR" if obstacle else "MODIFIER")
        row.prop(item, "weight", text="")
        row.operator("zoom_stack.lora_remove", text="", icon="X").index = index
        if obstacle:
            draw_wrapped(column, context, obstacle, "BLANK1")
    column.operator("zoom_stack.lora_add", text="Add LoRA…", icon="ADD")


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_UL_models, ZOOMSTACK_PT_models)
)
