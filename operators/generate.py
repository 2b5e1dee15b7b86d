"""Generate, cancel, and what becomes of the result."""

from __future__ import annotations

import random

import bpy
from bpy.props import BoolProperty

from ..blender import folders
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import Job
from ..scene.viewing import remember_view
from ..settings.job import is_kept, job_from_settings, number_levels
from ..settings.properties import MAX_SEED
from ..tasks import runner
from ..tasks.generation import Generation, Phase
from ..tasks.start import start_engine


def why_not_generate(context: bpy.types.Context, but_kept: bool = False) -> str:
    """Why Generate is grey; empty when it is not.

    Args:
        but_kept: leave aside which levels are kept.
    """
    if jobs.is_running(jobs.board.generation):
        return "A zoom is being generated already"
    if not folders.engine_is_configured():
        return "Install the engine first, or choose a Python that has it"
    if context.scene.library is not None:
        return "This scene is linked from another file and cannot be changed"
    levels = context.scene.zoom_stack.levels
    if not but_kept and levels and all(is_kept(level) for level in levels):
        return "Every level is kept: unlock one, or add one"
    return ""


class ZOOMSTACK_OT_generate(bpy.types.Operator):
    """Make pictures of all levels that fit into one another, and build the zoom from them"""

    bl_idname = "zoom_stack.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER"}

    wait: BoolProperty(
        name="Wait",
        description="Return when the zoom is there, for scripts; always so in background mode",
        default=False,
        options={"SKIP_SAVE"},
    )

    resume: BoolProperty(
        name="Continue",
        description="Go on with the run that was cancelled or failed, with its own settings",
        default=False,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        return "Go on where the last run ended, with its settings" if properties.resume else ""

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        # To go on with a run asks for its own job, whatever the list is now.
        last = jobs.board.generation
        reason = why_not_generate(context, but_kept=last is not None and last.resumable)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.board.problem = None
        try:
            generation = _resume(context) if self.resume else _start(context)
        except ZoomStackError as error:
            return self._failed(error)
        jobs.board.generation = generation
        if not (self.wait or bpy.app.background):
            jobs.start(generation)
            return {"FINISHED"}
        jobs.run_to_end(generation)
        if generation.phase is Phase.FAILED and jobs.board.problem is not None:
            return self._failed(jobs.board.problem)
        return {"FINISHED"} if generation.phase is Phase.FINISHED else {"CANCELLED"}

    def _failed(self, error: ZoomStackError) -> set[str]:
        jobs.board.problem = error
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


def _start(context: bpy.types.Context) -> Generation:
    """
    Raises:
        ZoomStackError: when the settings make no job, or the output folder cannot be written to.
    """
    scene = context.scene
    settings = scene.zoom_stack
    if settings.randomise_seed:
        settings.seed = random.randint(0, MAX_SEED)
    job = job_from_settings(settings)
    if folders.preferences().remote_command.strip() and any(
        level.pin or level.keep for level in job.levels
    ):
        raise ZoomStackError(
            "no_pictures",
            "Pinned and kept pictures cannot be sent to an engine on another machine yet.",
            "Remove the pins and padlocks, or use an engine on this machine.",
        )
    # Found out before a folder is made for nothing.
    client = start_engine()
    try:
        out = folders.new_stack_folder(settings.output_folder.strip(), _title(job))
    except ZoomStackError:
        client.close()
        raise
    number_levels(settings, out)
    if jobs.board.generation is not None:
        jobs.board.generation.discard()
    device = folders.preferences().device
    return Generation(client, job, out, device, scene, remember_view(context))


def _resume(context: bpy.types.Context) -> Generation:
    """
    Raises:
        ZoomStackError: when there is nothing to go on with.
    """
    last = jobs.board.generation
    if last is None or not last.resumable:
        raise ZoomStackError("no_run", "There is no unfinished run to go on with.")
    last.thumbnails.close()
    device = folders.preferences().device
    view = remember_view(context)
    return Generation(start_engine(), last.job, last.out, device, context.scene, view, resume=True)


def _title(job: Job) -> str:
    """A few words for the folder and the scene: "spiral galaxy to leaf veins"."""
    ends = [_short(job.levels[0].prompt), _short(job.levels[-1].prompt)]
    return " to ".join(dict.fromkeys(filter(None, ends))) or "Zoom"


def _short(prompt: str) -> str:
    words = prompt.partition(",")[0].split()
    return " ".join([word for word in words if word.lower() not in {"a", "an", "the"}][:2])


class ZOOMSTACK_OT_cancel(bpy.types.Operator):
    """Stop generating; nothing in the file changes"""

    bl_idname = "zoom_stack.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    by_key: BoolProperty(options={"HIDDEN", "SKIP_SAVE"}, default=False)

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        generation = jobs.board.generation
        if not jobs.is_running(generation):
            cls.poll_message_set("Nothing is being generated")
            return False
        if generation.phase is Phase.CANCELLING:
            cls.poll_message_set("It is being cancelled")
            return False
        return True

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        # The same key ends a render, and has just ended the playback of an animation.
        if self.by_key and (jobs.board.playing or bpy.app.is_job_running("RENDER")):
            return {"PASS_THROUGH"}
        jobs.board.generation.cancel()
        return {"FINISHED"}


class ZOOMSTACK_OT_import_result(bpy.types.Operator):
    """Build the zoom that has been generated in the scene that is open now"""

    bl_idname = "zoom_stack.import_result"
    bl_label = "Import Here"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        generation = jobs.board.generation
        return generation is not None and generation.phase is Phase.OFFERED

    def execute(self, context: bpy.types.Context) -> set[str]:
        jobs.board.problem = None
        jobs.board.generation.accept(context.scene, remember_view(context))
        return {"FINISHED"}


class ZOOMSTACK_OT_dismiss(bpy.types.Operator):
    """Hide this message"""

    bl_idname = "zoom_stack.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if jobs.board.problem is not None:
            jobs.board.problem = None
        elif jobs.board.generation is not None and not jobs.is_running(jobs.board.generation):
            jobs.board.generation.discard()
            jobs.board.generation = None
        jobs.redraw()
        return {"FINISHED"}


class ZOOMSTACK_OT_copy_problem(bpy.types.Operator):
    """Copy this message to the clipboard"""

    bl_idname = "zoom_stack.copy_problem"
    bl_label = "Copy Message"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return jobs.board.problem is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        problem = jobs.board.problem
        context.window_manager.clipboard = f"{problem} [{problem.code}]"
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


CLASSES = (
    ZOOMSTACK_OT_generate,
    ZOOMSTACK_OT_cancel,
    ZOOMSTACK_OT_import_result,
    ZOOMSTACK_OT_dismiss,
    ZOOMSTACK_OT_copy_problem,
)
_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    keyconfig = bpy.context.window_manager.keyconfigs.addon
    if keyconfig is None:  # background mode
        return
    # In this key map every editor, text field and running operator has its turn with Esc first.
    keymap = keyconfig.keymaps.new("Window")
    item = keymap.keymap_items.new(ZOOMSTACK_OT_cancel.bl_idname, "ESC", "PRESS")
    item.properties.by_key = True
    _keys.append((keymap, item))


def unregister() -> None:
    for keymap, item in _keys:
        keymap.keymap_items.remove(item)
    _keys.clear()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
