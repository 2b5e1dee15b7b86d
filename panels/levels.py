"""The levels: presets, the list, and the active level's details."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import bpy

from ..blender.picture_icons import icon_of
from ..blender.texts import magnification_text
from ..blender.timings import measured
from ..engine.contract.vocabulary import Vocabulary, not_understood
from ..scene import keys
from ..scene.finding import active_root, for_buttons, level_in_zoom, level_order
from ..scene.showing import other_picture
from ..settings.kept_levels import is_kept
from ..settings.levels import zoom_factor_of
from ..settings.made import scene_with_other_list
from ..settings.models import vocabulary_of
from ..settings.presets import preset_title, shipped_presets, user_presets
from ..tasks import latest
from .files import draw_missing
from .parts import ZoomPanel, draw_wrapped, of_one_look

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings


_LONG = math.log2(1000.0)  # octaves whose text wants more room
_CLOSER = 2.4  # room for "1.2·10⁴×"
# Of a side bar, in pixels at a scale of 1: below these, prompts need all of the list, and even the
# pictures' room.
_WIDE = 300.0
_NARROW = 190.0


class ZOOMSTACK_MT_presets(bpy.types.Menu):
    bl_idname = "ZOOMSTACK_MT_presets"
    bl_label = "Presets"

    @measured
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        for file in shipped_presets():
            operator = layout.operator("zoom_stack.load_preset", text=preset_title(file))
            operator.preset = file.stem
        own = user_presets()
        if own:
            layout.separator()
        for file in own:
            row = layout.row()
            operator = row.operator("zoom_stack.load_preset", text=preset_title(file), icon="USER")
            operator.preset = file.stem
            row.operator("zoom_stack.remove_preset", text="", icon="X").preset = file.stem
        layout.separator()
        layout.operator("zoom_stack.save_preset", text="Save Preset…", icon="ADD")


class ZOOMSTACK_UL_levels(bpy.types.UIList):
    """The levels of the zoom, widest first"""

    @measured
    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: ZOOMSTACK_PG_settings,
        item: ZOOMSTACK_PG_level,
        icon: int,
        active_data: ZOOMSTACK_PG_settings,
        active_property: str,
        index: int,
    ) -> None:
        width = context.region.width / context.preferences.system.ui_scale
        wide, narrow = width >= _WIDE, width < _NARROW
        # Where there is room for little, that is the number and the prompt.
        locks = any(level.made for level in data.levels) and not narrow
        long = _octaves(data, len(data.levels) - 1) >= _LONG
        numbers = (0.2 + 0.08 * long) * wide
        split = layout.split(factor=max(0.5, 0.99 - numbers - 0.1 * locks))
        row = split.row(align=True)
        number = row.row()
        number.ui_units_x = 0.7 if len(data.levels) < 10 else 1.1
        number.active = False
        number.label(text=str(index + 1))
        if not narrow:
            _draw_icon(row, data, index)
        row.prop(item, "prompt", text="", emboss=False, placeholder="What is seen here?")
        right = split.row(align=True)
        right.alignment = "RIGHT"
        if wide:
            magnification = right.row()
            magnification.alignment = "RIGHT"
            magnification.active = False
            magnification.label(text=magnification_text(_octaves(data, index)))
        if item.made and locks:
            lock = "LOCKED" if item.keep else "UNLOCKED"
            # Closed on a button, open without: in the light theme the icons are hard to tell apart.
            right.prop(item, "keep", text="", icon=lock, emboss=item.keep)
        elif locks:
            right.label(text="", icon="BLANK1")


def _draw_icon(layout: bpy.types.UILayout, settings: ZOOMSTACK_PG_settings, index: int) -> None:
    """Draw a level's picture, or else what is wrong with its prompt."""
    level = settings.levels[index]
    picture = _icon_of(settings, level)
    if picture:
        layout.label(text="", icon_value=picture)
    elif not level.prompt.strip():
        layout.label(text="", icon="ERROR")
    else:
        layout.label(text="", icon="INFO" if _not_understood(settings, index) else "BLANK1")


def _icon_of(settings: ZOOMSTACK_PG_settings, level: ZOOMSTACK_PG_level) -> int:
    """The icon of a level's picture: as the run under way has it now, else as it is finished.

    Where there is no finished one, that of a run which can be gone on with stays.
    """
    running = latest.running_generation()
    run = latest.with_previews()
    if run is None or settings.run != str(run.out) or level.number < 0:
        return _finished_icon(level)
    of_run = run.thumbnails.icon(level.number)
    finished = _finished_icon(level)
    return (of_run or finished) if running is not None else (finished or of_run)


def _finished_icon(level: ZOOMSTACK_PG_level) -> int:
    return icon_of(bpy.path.abspath(level.made)) if level.made else 0


class ZOOMSTACK_MT_subjects(bpy.types.Menu):
    """What the chosen model can draw, from the widest scale to the smallest"""

    bl_idname = "ZOOMSTACK_MT_subjects"
    bl_label = "What the Model Knows"

    def draw(self, context: bpy.types.Context) -> None:
        vocabulary = vocabulary_of(context.scene.zoom_stack.model)
        for subject in vocabulary.subjects if vocabulary else ():
            self.layout.operator("zoom_stack.level_subject", text=subject).subject = subject


class ZOOMSTACK_MT_levels(bpy.types.Menu):
    """More ways to add a level"""

    bl_idname = "ZOOMSTACK_MT_levels"
    bl_label = "Levels"

    def draw(self, context: bpy.types.Context) -> None:
        add = self.layout.operator("zoom_stack.level_add", text="Add Wider Level", icon="ZOOM_OUT")
        add.wider = True
        self.layout.operator("zoom_stack.level_add", text="Add Closer Level", icon="ZOOM_IN")


class ZOOMSTACK_PT_levels(ZoomPanel, bpy.types.Panel):
    bl_label = "Levels"
    bl_idname = "ZOOMSTACK_PT_levels"
    bl_order = 10

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.menu("ZOOMSTACK_MT_presets", text="", icon="PRESET")

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.zoom_stack
        root = active_root(context)
        if root is not None:
            for_buttons(layout, root)
            draw_missing(layout, context, root)
        _draw_list(layout, settings)
        _draw_other_list(layout, context)
        _draw_difference(layout, context, settings)
        if not settings.levels:  # below the buttons, which stay where they are
            layout.menu("ZOOMSTACK_MT_presets", text="Start from a Preset", icon="PRESET")
        if settings.active_level < len(settings.levels):
            _draw_level(layout, context, settings, settings.active_level)


def _draw_list(layout: bpy.types.UILayout, settings: ZOOMSTACK_PG_settings) -> None:
    row = layout.row()
    row.template_list(
        "ZOOMSTACK_UL_levels", "", settings, "levels", settings, "active_level", rows=5, maxrows=6
    )
    column = row.column(align=True)
    column.operator("zoom_stack.level_add", text="", icon="ADD")
    column.operator("zoom_stack.level_remove", text="", icon="REMOVE")
    column.separator()
    column.menu("ZOOMSTACK_MT_levels", text="", icon="DOWNARROW_HLT")
    column.separator()
    column.operator("zoom_stack.level_move", text="", icon="TRIA_UP").direction = "UP"
    column.operator("zoom_stack.level_move", text="", icon="TRIA_DOWN").direction = "DOWN"


def _draw_level(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: ZOOMSTACK_PG_settings,
    index: int,
) -> None:
    level = settings.levels[index]
    row = layout.row(align=True)  # always there, so that what is below stays where it is
    row.enabled = bool(level.made)
    row.prop(level, "keep", toggle=True, icon="LOCKED" if level.keep else "UNLOCKED")
    row.operator("zoom_stack.level_again", icon="FILE_REFRESH")
    _draw_compare(row, context, settings.uid, level.uid)
    row = layout.row()
    row.prop(level, "prompt", text="", placeholder="What is seen at this scale?")
    closer = row.row()
    closer.active = False
    closer.ui_units_x = _CLOSER
    closer.label(text=magnification_text(_octaves(settings, index)))
    _draw_not_understood(layout, context, settings, index)
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    if index > 0 or settings.loop:  # otherwise the widest level lies in no other
        _draw_place(column, settings, index)
    if is_kept(level):
        return
    row = column.row(align=True, heading="Own Seed")
    row.prop(level, "use_own_seed", text="")
    seed = row.row(align=True)
    seed.active = level.use_own_seed
    seed.prop(level, "seed", text="")
    column.prop(level, "negative_prompt", text="Avoid")
    column.prop(level, "pin_image", text="Pin To")
    if level.pin_image:
        column.prop(level, "pin_mask", text="Mask")


def _draw_other_list(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Say that another scene has another list for the same zoom, as after that one was edited."""
    other = scene_with_other_list(context.scene)
    if other is not None:
        text = f"In the scene {other.name} this zoom's list is another one"
        draw_wrapped(layout, context, text, "INFO")
        layout.operator("zoom_stack.take_list", text="Take That List").scene = other.name


def _draw_difference(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: ZOOMSTACK_PG_settings
) -> None:
    """Say that the zoom has other levels than the list, as after a level was removed."""
    root = active_root(context)
    if root is None or root.get(keys.ID) != settings.uid or not settings.uid:
        return
    made = [level.uid for level in settings.levels if level.made]
    if made != level_order(root):
        draw_wrapped(layout, context, "Generate gives the zoom the levels of this list", "INFO")
        layout.operator("zoom_stack.edit_levels", text="Take the Zoom's Levels Instead")


def _draw_compare(
    layout: bpy.types.UILayout, context: bpy.types.Context, zoom: str, level: str
) -> None:
    """Draw the button that shows the level's picture of before, where it has had another one."""
    number = level_in_zoom(context, zoom, level)
    root = active_root(context)
    row = layout.row(align=True)  # grey, not gone: the button beside it stays where it is
    row.enabled = (
        root is not None and number is not None and other_picture(root, number) is not None
    )
    button = row.operator("zoom_stack.compare_picture", text="", icon="ARROW_LEFTRIGHT")
    button.level = number or 0


def _draw_place(layout: bpy.types.UILayout, settings: ZOOMSTACK_PG_settings, index: int) -> None:
    """How a level lies in the one before it; two kept pictures leave nothing to choose."""
    level, wider = settings.levels[index], settings.levels[index - 1]
    column = layout.column()
    column.enabled = not (is_kept(level) and is_kept(wider))
    if index == 0:
        column.label(text="In the last level, for the loop:")
    row = column.row(align=True, heading="Own Factor")
    row.prop(level, "use_own_zoom_factor", text="")
    factor = row.row(align=True)
    factor.active = level.use_own_zoom_factor
    factor.prop(level, "zoom_factor", text="")
    row = layout.row(align=True)
    focus = row.column(align=True)
    focus.enabled = column.enabled
    focus.prop(level, "focus", index=0, text="Focus X")
    focus.prop(level, "focus", index=1, text="Y")
    # Not grey with the fields: it unlocks what has to be made again.
    button = row.column(align=True)
    button.scale_y = 2.0
    button.operator("zoom_stack.drag_focus", text="", icon="PIVOT_BOUNDBOX")


def _not_understood(settings: ZOOMSTACK_PG_settings, index: int) -> str:
    """What the model does not understand of a prompt that decides a picture, as a sentence."""
    level = settings.levels[index]
    given = is_kept(level) or (level.pin_image and not level.pin_mask)
    vocabulary = None if given else vocabulary_of(settings.model)
    if vocabulary is None:
        return ""
    return _all_not_understood(vocabulary, tuple(each.prompt for each in settings.levels))[index]


@functools.lru_cache(maxsize=8)
def _all_not_understood(vocabulary: Vocabulary, prompts: tuple[str, ...]) -> list[str]:
    """Kept, since every row of the list asks in every redraw."""
    return not_understood(vocabulary, prompts)


def _draw_not_understood(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: ZOOMSTACK_PG_settings,
    index: int,
) -> None:
    problem = _not_understood(settings, index)
    if problem:
        draw_wrapped(layout, context, problem[0].upper() + problem[1:], "INFO")
        layout.menu(ZOOMSTACK_MT_subjects.bl_idname)


def _octaves(settings: ZOOMSTACK_PG_settings, index: int) -> float:
    octaves = 0.0
    for level in settings.levels[1 : index + 1]:
        octaves += math.log2(zoom_factor_of(settings, level))
    return octaves


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_MT_presets,
        ZOOMSTACK_MT_subjects,
        ZOOMSTACK_MT_levels,
        ZOOMSTACK_UL_levels,
        ZOOMSTACK_PT_levels,
    )
)
