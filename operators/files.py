"""A zoom's pictures beside the file, and found again when they are missing."""

from __future__ import annotations

import os

import bpy
from bpy.app.handlers import persistent
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..blender import folders, screen
from ..blender.texts import bytes_text, count_text
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..scene.finding import looking_once
from ..scene.whereabouts import (
    file_folder,
    files_of,
    local_zooms,
    stack_elsewhere,
    unsaved_run,
)
from ..tasks import latest, runner
from ..tasks.copying import Copying, known_amounts
from ..tasks.picture_search import PictureSearch
from .shared import CanWait, in_window

_SOON = 0.3  # seconds; the window has drawn itself by then
_QUESTION = (
    "Pictures of this file lie in Blender's own folder.",
    "Copy them beside the file, so that both are moved together?",
)


class ZOOMSTACK_OT_copy_beside(CanWait, bpy.types.Operator):
    """Copy the zooms' pictures to the folder of the file, and use the copies"""

    bl_idname = "zoom_stack.copy_beside"
    bl_label = "Copy beside the File"
    bl_options = {"REGISTER"}

    save: BoolProperty(
        name="Save",
        description="Save the file again at the end",
        default=False,
        options={"SKIP_SAVE"},
    )
    which: EnumProperty(
        name="Copy",
        description="What is copied",
        items=(
            (
                "USED",
                "Pictures in Use",
                "The runs of what the zooms show and Compare remembers",
            ),
            ("ALL", "Earlier Runs Too", "All runs of the zooms, to show earlier versions again"),
        ),
        default="USED",
        options={"SKIP_SAVE"},
    )
    ask: BoolProperty(default=False, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = ""
        if latest.copying is not None and not latest.copying.ended:
            reason = "Pictures are being copied already"
        elif file_folder() is None:
            reason = "Save the file first"
        elif not _any_elsewhere():
            reason = "The pictures of all zooms lie beside the file"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.save = self.save or self.ask
        return context.window_manager.invoke_props_dialog(
            self,
            width=420,
            title="The File Is Saved. Copy Its Pictures?" if self.ask else "Copy the Pictures?",
            confirm_text="Copy and Save" if self.save else "Copy",
        )

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column(align=True)
        for line in _QUESTION if self.ask else _QUESTION[1:]:
            column.label(text=line)
        amounts = known_amounts()
        self.layout.row().prop(self, "which", expand=True)
        if amounts is not None and any(amounts[1]):
            runs, size = amounts[self.which == "ALL"]
            self.layout.label(text=f"{count_text(runs, 'run')}, {bytes_text(size)}")

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.copying = task = Copying(_save if self.save else None, self.which == "ALL")
        if not runner.start_or_wait(task, self.wait):
            return {"FINISHED"}
        if task.error is not None:
            self.report({"ERROR"}, str(task.error))
            return {"CANCELLED"}
        return {"FINISHED"}


class ZOOMSTACK_OT_find_pictures(CanWait, bpy.types.Operator):
    """Look for missing pictures near the file and in the folders for zooms"""

    bl_idname = "zoom_stack.find_pictures"
    bl_label = "Find Pictures"
    bl_options = {"REGISTER"}

    directory: StringProperty(
        name="Folder",
        description="Is looked through with its folders; empty: the usual places",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    choose: BoolProperty(default=False, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = ""
        if latest.picture_search is not None and not latest.picture_search.ended:
            reason = "Pictures are being looked for already"
        elif not local_zooms():
            reason = "There is no zoom in this file that can be changed"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.choose:
            return self.execute(context)
        if not self.directory and bpy.data.filepath:
            self.directory = os.path.dirname(bpy.data.filepath)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.label(text="Looked through with its folders")

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = folders.user_choice(self.directory)
        latest.picture_search = task = PictureSearch(chosen, None if chosen else _ask_for_folder)
        if not runner.start_or_wait(task, self.wait):
            return {"FINISHED"}
        if task.error is not None or task.rest:
            missing = f"{count_text(task.rest, 'picture')} still missing"
            text = missing if task.rest else str(task.error)
            self.report({"ERROR"}, text)
            return {"FINISHED"} if task.found else {"CANCELLED"}
        self.report({"INFO"}, f"{count_text(task.found, 'picture')} found")
        return {"FINISHED"}


class ZOOMSTACK_OT_stop_files(bpy.types.Operator):
    """Stop; nothing in the file changes"""

    bl_idname = "zoom_stack.stop_files"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        for task in (latest.copying, latest.picture_search):
            if task is not None:
                task.cancel()
        return {"FINISHED"}


def _save() -> None:
    try:
        if bpy.app.background:
            bpy.ops.wm.save_mainfile()
        else:
            in_window(bpy.ops.wm.save_mainfile)
    except RuntimeError as error:
        text = "The pictures lie beside the file now, but it could not be saved."
        latest.refuse(ZoomStackError("unwritable", text, str(error).strip()))


def _ask_for_folder() -> None:
    if not bpy.app.background:
        find = bpy.ops.zoom_stack.find_pictures
        in_window(lambda: find("INVOKE_DEFAULT", choose=True))


_was_saved = [True]


@persistent
def _before_saving(*_arguments: object) -> None:
    _was_saved[0] = bool(bpy.data.filepath)


@persistent
def _after_saving(*_arguments: object) -> None:
    screen.redraw()  # where pictures lie, seen from the file, is another matter now
    # A timer that does not outlive the file: after Save in the question on closing, none comes.
    if not _was_saved[0] and _lie_in_blenders_folder() and not bpy.app.background:
        bpy.app.timers.register(_offer, first_interval=_SOON)
    _was_saved[0] = True


def _any_elsewhere() -> bool:
    with looking_once():
        return any(stack_elsewhere(root) for root in local_zooms())


def _lie_in_blenders_folder() -> bool:
    roots = (root for root in local_zooms() if stack_elsewhere(root) is not None)
    return any(unsaved_run(file) for root in roots for file in files_of(root).values())


def _offer() -> float | None:
    if screen.blocker():
        return _SOON
    copy = bpy.ops.zoom_stack.copy_beside
    if copy.poll() and known_amounts() is None:  # the question says how much it is
        return _SOON
    if copy.poll():
        in_window(lambda: copy("INVOKE_DEFAULT", ask=True))
    return None


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (ZOOMSTACK_OT_copy_beside, ZOOMSTACK_OT_find_pictures, ZOOMSTACK_OT_stop_files)
)


def register() -> None:
    _register_classes()
    bpy.app.handlers.save_pre.append(_before_saving)
    bpy.app.handlers.save_post.append(_after_saving)


def unregister() -> None:
    if bpy.app.timers.is_registered(_offer):
        bpy.app.timers.unregister(_offer)
    bpy.app.handlers.save_post.remove(_after_saving)
    bpy.app.handlers.save_pre.remove(_before_saving)
    _unregister_classes()
