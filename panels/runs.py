"""Pictures that a zoom has had, and everything that Zoom Stack has made on the disk."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy

from ..blender.picture_icons import icon_of
from ..blender.texts import bytes_text, clock_text, count_text
from ..blender.timings import measured
from ..engine.contract.stack import STACK_FILE
from ..scene import finding, keys
from ..scene.runs import Run
from ..scene.showing import other_pictures, shown_files
from ..tasks import latest
from ..tasks.runs import want_runs
from .parts import ZoomPanel, draw_wrapped, fits, of_one_look

_MOST_RUNS = 12  # that are listed; the latest
_LONGEST = 60  # letters of what a run shows
_BESIDE = 44.0  # pixels at a scale of 1: a button's icon, and the trash in its row
_PICTURE_SCALE = 4.0  # of an icon
_PICTURE_WIDTH = 88.0  # with its margins, in pixels at an interface scale of 1


class ZOOMSTACK_PT_level_versions(ZoomPanel, bpy.types.Panel):
    """The pictures that this level has had"""

    bl_idname = "ZOOMSTACK_PT_level_versions"
    bl_label = "Earlier Pictures"
    bl_parent_id = "ZOOMSTACK_PT_levels"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        return finding.level_in_zoom(context, *_active_ids(context)) is not None

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        zoom, level = _active_ids(context)
        number = finding.level_in_zoom(context, zoom, level)
        found = want_runs(context)
        if found is None or number is None:
            layout.label(text="Looking…")
            return
        pictures = found.pictures(zoom, level)
        if not pictures:
            layout.label(text="None on the disk")
            return
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        shown = shown_files(root).get(number)
        key = found.keys.get(shown, "") if shown is not None else ""
        width = context.region.width / context.preferences.system.ui_scale
        columns = max(1, int((width - 40) // _PICTURE_WIDTH))
        grid = layout.grid_flow(
            row_major=True, columns=min(columns, len(pictures)), even_columns=True, align=False
        )
        for picture in pictures:
            cell = grid.column(align=True)
            cell.template_icon(icon_value=icon_of(str(picture.file)), scale=_PICTURE_SCALE)
            button = cell.operator(
                "zoom_stack.show_picture",
                text=clock_text(picture.made),
                depress=picture.key == key,
            )
            button.level = number
            button.picture = str(picture.file)


class ZOOMSTACK_PT_versions(ZoomPanel, bpy.types.Panel):
    """All pictures that this zoom has shown: show them again, or delete them from the disk"""

    bl_idname = "ZOOMSTACK_PT_versions"
    bl_label = "Versions"
    bl_parent_id = "ZOOMSTACK_PT_stack"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        root = finding.active_root(context)
        return root is not None and finding.camera_of(root) is not None

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        found = want_runs(context)
        if found is None:
            layout.label(text="Looking…")
            return
        versions = found.of_zoom(str(root.get(keys.ID, "")))
        if not versions:
            layout.label(text="None on the disk yet")
            return
        current = _current(versions, shown_files(root), other_pictures(root))
        column = layout.column(align=True)
        for run in versions:
            row = column.row(align=True)
            button = row.operator(
                "zoom_stack.show_version",
                text=_longest(context, run.title(), run.moment(), clock_text(run.made)),
                icon="RADIOBUT_ON" if run is current else "RADIOBUT_OFF",
            )
            button.folder = str(run.folder)
            _draw_delete(row, run)
        _draw_sum(layout, versions)


class ZOOMSTACK_PT_runs(ZoomPanel, bpy.types.Panel):
    """Other zooms that were made, and runs that were not finished, in this file's folders"""

    bl_idname = "ZOOMSTACK_PT_runs"
    bl_label = "Other Runs"
    bl_parent_id = "ZOOMSTACK_PT_generate"
    bl_order = 5
    bl_options = {"DEFAULT_CLOSED"}

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        found = want_runs(context)
        if found is None:
            layout.label(text="Looking…")
            return
        root = finding.active_root(context)
        name = str(root.get(keys.ID, "")) if root is not None else ""
        runs = found.at_work() + found.unfinished() + found.of_others(name)
        busy = latest.running_generation() or latest.offered_generation()
        runs = [run for run in runs if busy is None or run.folder != busy.out]
        if not runs:
            layout.label(text="There are no others")
            return
        for run in runs[:_MOST_RUNS]:
            column = layout.column(align=True)
            row = column.row(align=True)
            moment = _longest(context, run.moment(), clock_text(run.made))
            if run.stack is None and run.is_held:
                row.label(text=moment, icon="TIME")
            elif run.stack is None:
                button = row.operator("zoom_stack.generate", text=moment, icon="PLAY")
                button.resume, button.run = True, str(run.folder)
            else:
                button = row.operator("zoom_stack.import_stack", text=moment, icon="IMPORT")
                button.filepath = str(run.stack.folder / STACK_FILE)
            _draw_delete(row, run)
            draw_wrapped(column, context, _about(run, with_levels=moment != run.moment()))
        if len(runs) > _MOST_RUNS:
            layout.label(text=f"and {len(runs) - _MOST_RUNS} older")
        _draw_sum(layout, runs)


def _active_ids(context: bpy.types.Context) -> tuple[str, str]:
    """The ids of the settings' zoom and of the active level."""
    settings = context.scene.zoom_stack
    if settings.active_level >= len(settings.levels):
        return settings.uid, ""
    return settings.uid, settings.levels[settings.active_level].uid


def _longest(context: bpy.types.Context, *texts: str) -> str:
    """The first of some texts that a button has room for, else the last."""
    return next((each for each in texts if fits(context, each, beside=_BESIDE)), texts[-1])


def _about(run: Run, with_levels: bool) -> str:
    """What a run's button does not say."""
    state = "" if run.stack is not None else "at work elsewhere" if run.is_held else "unfinished"
    count = count_text(run.levels, "level") if with_levels else ""
    subject = textwrap.shorten(run.subject(), _LONGEST, placeholder="…")
    # Blanks that do not break: a size stays in one line.
    size = bytes_text(run.size).replace(" ", "\N{NO-BREAK SPACE}")
    return " · ".join(filter(None, (state, count, size, subject)))


def _current(
    versions: Sequence[Run], shown: Mapping[int, Path], others: Mapping[int, bpy.types.Image]
) -> Run | None:
    """The version that a zoom shows, also where some levels show what they showed before."""
    swapped = {number: finding.file_of(image) for number, image in others.items()}

    def differing(run: Run) -> int:
        """How many levels are swapped; as many as there are of one that is not shown."""
        pictures = dict(enumerate(run.pictures()))
        differ = [number for number, file in pictures.items() if shown.get(number) != file]
        here = len(pictures) == len(shown) and all(swapped.get(n) == pictures[n] for n in differ)
        return len(differ) if here else len(shown)

    best = min(versions, key=differing)
    return best if differing(best) < len(shown) else None


def _draw_delete(layout: bpy.types.UILayout, run: Run) -> None:
    row = layout.row(align=True)
    row.enabled = not latest.why_not_delete(run, drawing=True)
    row.operator("zoom_stack.delete_run", text="", icon="TRASH").folder = str(run.folder)


def _draw_sum(layout: bpy.types.UILayout, runs: list[Run]) -> None:
    layout.label(text=f"{bytes_text(sum(run.size for run in runs))} on the disk")


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_PT_level_versions, ZOOMSTACK_PT_versions, ZOOMSTACK_PT_runs)
)
