"""Generate: settings, the button, and what goes on once it is pressed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..blender.texts import size_text
from ..blender.timings import measured
from ..engine.contract.job import Job, SamplerSettings
from ..engine.contract.options import Option, plain_options
from ..scene.finding import active_root, level_in_zoom
from ..scene.whereabouts import pictures_of
from ..settings.kept_levels import is_kept
from ..settings.loras import why_not_model
from ..settings.shapes import models_own_size, present_shape, present_size
from ..settings.zooming_in import levels_made_again, span
from ..tasks import latest
from ..tasks.picture_run import Phase, PictureRun
from ..tasks.runs import want_runs
from ..tasks.start import unfinished_run, want_models, why_not_generate
from .parts import ZoomPanel, draw_notes, draw_wrapped, fits, of_one_look, zoom_elsewhere
from .running import draw_problem, draw_running

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_settings


_BESIDE = 44.0  # pixels at a scale of 1: a button's icon, and the X in its row
_LONGEST = 24  # letters that the button has room for
_NARROW = 240.0  # of a side bar, in pixels at a scale of 1: two numbers have no room beside others


class ZOOMSTACK_PT_generate(ZoomPanel, bpy.types.Panel):
    bl_label = "Generate"
    bl_idname = "ZOOMSTACK_PT_generate"
    bl_order = 15

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        want_models()
        running = latest.running_generation()
        if running is not None:
            draw_running(layout, context, running)
        else:
            # Above the settings, which are longer than many a screen.
            if active_root(context) is None or not latest.problem_of_sharpening():
                draw_problem(layout, context)  # else it is told beside the zoom
            _draw_ready(layout, context)
            _draw_settings(layout, context, context.scene.zoom_stack)
            obstacle = why_not_model(context.scene.zoom_stack)
            if obstacle:
                draw_wrapped(layout, context, obstacle, "ERROR")
            reason = why_not_generate(context)
            button = layout.row(align=True)
            button.scale_y = 1.8
            button.enabled = not reason
            button.operator(
                "zoom_stack.generate",
                text=_button_text(context.scene.zoom_stack),
                icon="RENDER_ANIMATION",
            )
            button.menu("ZOOMSTACK_MT_generate", text="", icon="DOWNARROW_HLT")
            if not context.scene.zoom_stack.levels and active_root(context) is not None:
                _draw_not_listed(layout, context)
                reason = why_not_generate(context, but_kept=True)
            if reason:
                draw_wrapped(layout, context, f"{reason}.")
            _draw_made_again(layout, context)
            _draw_ended(layout, context, latest.generation)


class ZOOMSTACK_MT_size(bpy.types.Menu):
    bl_label = "Size and Shape"
    bl_idname = "ZOOMSTACK_MT_size"
    bl_description = "The usual sizes and shapes of pictures"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.zoom_stack
        for heading, name, present in (
            ("Longer Side", "size", present_size(settings)),
            ("Shape", "shape", present_shape(settings) if settings.use_size else ""),
        ):
            column = self.layout.column()
            column.label(text=heading)
            choices = getattr(bpy.ops.zoom_stack, name).get_rna_type().properties[name].enum_items
            for choice in choices:
                icon = "RADIOBUT_ON" if choice.identifier == present else "RADIOBUT_OFF"
                button = column.operator(f"zoom_stack.{name}", text=choice.name, icon=icon)
                setattr(button, name, choice.identifier)


class ZOOMSTACK_MT_generate(bpy.types.Menu):
    bl_label = "More Ways to Generate"
    bl_idname = "ZOOMSTACK_MT_generate"

    def draw(self, context: bpy.types.Context) -> None:
        button = self.layout.operator(
            "zoom_stack.generate", text="Generate as a New Zoom", icon="ADD"
        )
        button.as_new = True


class ZOOMSTACK_PT_advanced(ZoomPanel, bpy.types.Panel):
    bl_label = "Advanced"
    bl_idname = "ZOOMSTACK_PT_advanced"
    bl_parent_id = "ZOOMSTACK_PT_generate"
    bl_order = 1
    bl_options = {"DEFAULT_CLOSED"}

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.zoom_stack
        for name, declared in (plain_options(SamplerSettings) | plain_options(Job)).items():
            if declared.advanced:
                _draw_option(layout, settings, name, declared)
        layout.prop(settings, "output_folder")


def _draw_ready(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw where the zoom of the list is, where that is not in sight."""
    scene = context.scene
    ready = latest.new_zoom(scene)
    root = ready or zoom_elsewhere(scene)
    if root is None:
        return
    box = layout.box()
    homes = [each.name for each in root.users_scene]
    where = "" if scene.name in homes else f" in the scene {homes[0]}" if homes else ""
    text = f"Your zoom is ready{where}" if ready else f"These levels make the zoom{where}"
    draw_wrapped(box, context, text, "CHECKMARK" if ready else "INFO", boxed=True)
    row = box.row()
    row.scale_y = 1.3
    row.operator("zoom_stack.show_zoom", text="Show", icon="VIEW_CAMERA").root = root.name


def _draw_not_listed(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Say why the list is empty beside a zoom, as after that was appended from another file."""
    draw_wrapped(layout, context, "This zoom's levels are not in the list", "INFO")
    layout.operator("zoom_stack.edit_levels", icon="GREASEPENCIL")


def _draw_made_again(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Say which finished pictures are replaced, where others stay."""
    settings = context.scene.zoom_stack
    again = levels_made_again(settings)
    if again and any(is_kept(level) for level in settings.levels):
        text = f"Generate makes {span(again)} again"
        new = [number for number, level in enumerate(settings.levels) if not level.made]
        draw_wrapped(layout, context, f"{text}, and {span(new)} new" if new else text, "INFO")


def _draw_option(
    layout: bpy.types.UILayout, settings: ZOOMSTACK_PG_settings, name: str, declared: Option
) -> bpy.types.UILayout:
    """Draw the row of an option, its switch before it; returns the row."""
    row = layout.row(align=True)
    if declared.only_with is not None:
        other, value = declared.only_with
        row.active = getattr(settings, other) == value
    if declared.switch is None:
        row.prop(settings, f"{name}_choice" if declared.listed else name)
        return row
    row = row.row(heading=declared.title, align=True)
    row.prop(settings, declared.switch.name, text="")
    values = row.row(align=True)
    values.active = getattr(settings, declared.switch.name)
    for part in declared.parts or [name]:
        values.prop(settings, part, text="")
    return row


def _draw_settings(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ZOOMSTACK_PG_settings
) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(settings, "model_choice")
    column.prop(settings, "zoom_factor")
    _draw_option(column, settings, "steps", plain_options(SamplerSettings)["steps"])
    row = column.row(align=True)
    row.prop(settings, "seed")
    row.prop(settings, "randomise_seed", text="", icon="FILE_REFRESH")
    _draw_size(column, context, settings)
    column.prop(settings, "loop")
    if any(is_kept(level) for level in settings.levels):
        column.prop(settings, "wider_follow")


def _draw_size(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ZOOMSTACK_PG_settings
) -> None:
    """Draw the menu of sizes, and below it the pictures' own size where they have one."""
    declared = plain_options(Job)["size"]
    row = layout.split(factor=0.4)
    title = row.row()
    title.alignment = "RIGHT"
    title.label(text=declared.title)
    own = size_text(settings.width, settings.height)
    row.menu(
        "ZOOMSTACK_MT_size",
        text=own if settings.use_size else _size_that_follows(context, settings),
    )
    if settings.use_size:
        indented = layout.split(factor=0.4)
        indented.row()
        narrow = context.region.width / context.preferences.system.ui_scale < _NARROW
        sides = indented.column(align=True) if narrow else indented.row(align=True)
        for part in declared.parts:
            sides.prop(settings, part, text="")


def _size_that_follows(context: bpy.types.Context, settings: ZOOMSTACK_PG_settings) -> str:
    """The size that will be made where none is chosen: that of kept pictures, or the model's."""
    kept = next((level for level in settings.levels if is_kept(level)), None)
    if kept is None:
        size = models_own_size(settings)
        return "Model's Own" if size is None else f"{size[0]} × {size[1]} (Model)"
    root, number = active_root(context), level_in_zoom(context, settings.uid, kept.uid)
    image = pictures_of(root).get(number) if root is not None and number is not None else None
    return "As Kept" if image is None else f"{size_text(*image.size)} (Kept)"


def _button_text(settings: ZOOMSTACK_PG_settings) -> str:
    new = [number for number, level in enumerate(settings.levels) if not is_kept(level)]
    if len(new) in (0, len(settings.levels)):
        return "Generate"
    text = f"Generate {span(new).capitalize()}"
    count = f"Generate {len(new)} of {len(settings.levels)} Levels"
    return text if len(text) <= _LONGEST else count


def _draw_ended(
    layout: bpy.types.UILayout, context: bpy.types.Context, generation: PictureRun | None
) -> None:
    if generation is not None and generation.phase is Phase.OFFERED:
        box = layout.box()
        draw_wrapped(box, context, generation.why_offered(), "CHECKMARK", boxed=True)
        row = box.row()
        text = "Take Them" if generation.was_stopped() else "Import Here"
        row.operator("zoom_stack.import_result", text=text, icon="IMPORT")
        row.operator("zoom_stack.dismiss", text="", icon="X")
    elif (folder := unfinished_run(context, want_runs(context))) is not None:
        row = layout.row(align=True)
        text, rest = _continue_texts(context, generation, folder)
        button = row.operator("zoom_stack.generate", text=text, icon="PLAY")
        button.resume, button.run = True, str(folder)
        row.operator("zoom_stack.dismiss", text="", icon="X").run = str(folder)
        if rest:
            draw_wrapped(layout, context, rest)
    elif _kept_nothing(generation):
        draw_wrapped(layout, context, "Stopped: nothing of it was kept", "INFO")
    if generation is not None:
        draw_notes(layout, context, generation.warnings, "RUN")


def _kept_nothing(generation: PictureRun | None) -> bool:
    """Whether the last run was stopped before there was anything to go on with."""
    if generation is None or generation.phase is not Phase.CANCELLED:
        return False
    # Make Sharper says so beside the zoom.
    ended = not (generation.resumable or generation.ending)
    return ended and latest.sharpening() is None


def _continue_texts(
    context: bpy.types.Context, generation: PictureRun | None, folder: Path
) -> tuple[str, str]:
    """What goes on with a run, with how far that is where this session has seen it; and what of it
    the button has no room for.
    """
    text, short, rest = "Continue the Last Run", "Continue", "the last run"
    if generation is not None and generation.out == folder and generation.reached is not None:
        step, total = generation.reached
        text, rest = f"Continue after Step {step} of {total}", f"after step {step} of {total}"
    return (text, "") if fits(context, text, beside=_BESIDE) else (short, rest)


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_MT_size, ZOOMSTACK_MT_generate, ZOOMSTACK_PT_generate, ZOOMSTACK_PT_advanced)
)
