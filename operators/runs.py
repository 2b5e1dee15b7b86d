"""Pictures that a zoom has had are shown again and compared; runs on the disk are deleted."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import bpy
from bpy.props import IntProperty, StringProperty

from ..blender.screen import redraw
from ..blender.texts import bytes_text
from ..engine.contract.errors import ZoomStackError
from ..scene import finding, keys
from ..scene.naming import name_zoom
from ..scene.runs import Run, remove_run
from ..scene.showing import show_file, show_other
from ..scene.updating import Updated, update_steps
from ..tasks import latest
from ..tasks.following import note_zoom
from ..tasks.runs import forget_runs, forget_uses, known_runs, runs_now
from .pieces import PieceByPiece
from .shared import take_levels, why_not_change

if TYPE_CHECKING:
    from ..settings.properties import ZOOMSTACK_PG_settings


class _ChangesPictures(bpy.types.Operator):
    """For operators that give the zoom other pictures."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_change(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def fail(self, error: ZoomStackError) -> set[str]:
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


class ZOOMSTACK_OT_show_version(PieceByPiece, _ChangesPictures):
    """Show these pictures again; what you have set up around the zoom stays"""

    bl_idname = "zoom_stack.show_version"
    bl_label = "Show Version"

    folder: StringProperty(
        name="Folder", description="The version's folder, or its name", options={"SKIP_SAVE"}
    )
    _agreed = False  # the list is the zoom's

    def begin(self, context: bpy.types.Context) -> Generator[str, None, Updated]:
        root = finding.present_root(context)
        versions = runs_now(context).of_zoom(str(root.get(keys.ID, "")))
        named = (each for each in versions if self.folder in (str(each.folder), each.folder.name))
        run = next(named, None)
        if run is None or run.stack is None:
            raise ZoomStackError("no_run", f"There is no version {self.folder} of this zoom.")
        uids = [level.uid for level in context.scene.zoom_stack.levels]
        name, self._agreed = root.name, uids == finding.level_order(root)
        return update_steps(lambda: bpy.data.objects.get(name), run.stack)

    def done(self, context: bpy.types.Context, result: Updated) -> None:
        root = bpy.data.objects[result.root_name]
        note_zoom(root)
        if self._agreed:
            _follow(context.scene.zoom_stack, root)
        for note in result.notes():
            self.report({"WARNING"}, note)


def _follow(settings: ZOOMSTACK_PG_settings, root: bpy.types.Object) -> None:
    """Let a list that was the zoom's be so still; what is locked stays locked."""
    locked = {level.uid: level.keep for level in settings.levels}
    active = settings.active_level
    take_levels(settings, root)
    for level in settings.levels:
        level.keep = locked.get(level.uid, False)
    settings.active_level = min(active, len(settings.levels) - 1)


class _OnOnePicture(_ChangesPictures):
    """For operators on one level's picture."""

    level: IntProperty(name="Level", description="Counted from 0", min=0, default=0)

    def level_id(self, root: bpy.types.Object) -> str:
        """The level's id.

        Raises:
            ZoomStackError: code ``bad_level``.
        """
        names = name_zoom(root).levels
        if self.level >= len(names):
            raise ZoomStackError("bad_level", f"This zoom has the levels 0 to {len(names) - 1}.")
        return names[self.level]


class ZOOMSTACK_OT_show_picture(_OnOnePicture):
    """Show this picture of the level; the other levels stay as they are"""

    bl_idname = "zoom_stack.show_picture"
    bl_label = "Show Picture"

    picture: StringProperty(
        name="Picture",
        description="The picture's file; the names of its folder and its own do as well",
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        try:
            level = self.level_id(root)
            pictures = runs_now(context).pictures(str(root[keys.ID]), level)
            files = [each.file for each in pictures]
            named = [f for f in files if self.picture in (str(f), f"{f.parent.name}/{f.name}")]
            if not named:
                raise ZoomStackError(
                    "no_picture", f"Level {self.level + 1} has no picture {self.picture}."
                )
            show_file(root, self.level, named[0])
        except ZoomStackError as error:
            return self.fail(error)
        note_zoom(root)
        return {"FINISHED"}


class ZOOMSTACK_OT_compare_picture(_OnOnePicture):
    """Show what this level showed before, and the present picture when pressed again"""

    bl_idname = "zoom_stack.compare_picture"
    bl_label = "Compare"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = finding.present_root(context)
        try:
            self.level_id(root)
            show_other(root, self.level)
            self.report({"INFO"}, f"Level {self.level + 1} shows its other picture now")
        except ZoomStackError as error:
            return self.fail(error)
        note_zoom(root)
        return {"FINISHED"}


def question_about(run: Run) -> str:
    """What is asked before a run is deleted."""
    return (
        f"“{run.subject()}” in {run.folder}: "
        f"{len(run.files)} files, {bytes_text(run.size)}, are deleted from the disk. "
        "Undoing cannot bring them back. Other Blender files that use them lose them"
    )


class ZOOMSTACK_OT_delete_run(bpy.types.Operator):
    """Delete the pictures of this run from the disk"""

    bl_idname = "zoom_stack.delete_run"
    bl_label = "Delete Run"
    bl_options = {"REGISTER"}

    folder: StringProperty(name="Folder", description="The run's folder", options={"SKIP_SAVE"})
    _asked: Run | None = None  # what the question was about

    @classmethod
    def description(cls, context: bpy.types.Context, properties: ZOOMSTACK_OT_delete_run) -> str:
        found = known_runs(context)
        run = found.at(properties.folder) if found is not None else None
        reason = latest.why_not_delete(run, drawing=True) if run is not None else ""
        about = f"{cls.__doc__}: {run.subject()}, in {run.folder}" if run is not None else ""
        return reason or about or str(cls.__doc__)

    def _run(self, context: bpy.types.Context) -> Run:
        """The run that is meant.

        Raises:
            ZoomStackError: codes ``no_run``, ``in_use``.
        """
        run = runs_now(context).at(self.folder)
        if run is None:
            raise ZoomStackError("no_run", f"There is no run in {self.folder}.")
        reason = latest.why_not_delete(run)
        if reason:
            raise ZoomStackError("in_use", f"{reason}.")
        return run

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            run = self._asked = self._run(context)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Delete the Run of {run.title()}?",
            message=question_about(run),
            confirm_text="Delete",
            icon="WARNING",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            run = self._run(context)
            remove_run(self._asked or run)
        except ZoomStackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            forget_runs()
            forget_uses()
        redraw()
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_show_version,
        ZOOMSTACK_OT_show_picture,
        ZOOMSTACK_OT_compare_picture,
        ZOOMSTACK_OT_delete_run,
    )
)
