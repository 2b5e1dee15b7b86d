"""Generate, cancel, and what becomes of the result."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..blender.screen import edited, redraw
from ..blender.timings import measured
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.options import LARGEST_INTEGER
from ..settings.kept_levels import keeping_all_but
from ..tasks import latest, runner
from ..tasks.delivery import Delivery
from ..tasks.following import to_unpack
from ..tasks.generation import Generation
from ..tasks.picture_run import Phase
from ..tasks.runs import known_runs
from ..tasks.start import (
    new_generation,
    resumed_generation,
    unfinished_run,
    why_not_generate,
)
from .shared import CanWait, tell, unpack_first


class ZOOMSTACK_OT_generate(CanWait, bpy.types.Operator):
    """Make the levels' pictures, which takes minutes. The zoom takes them, and what you have set up
    around it stays"""

    bl_idname = "zoom_stack.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER"}

    resume: BoolProperty(
        name="Continue",
        description="Go on with the run that was cancelled or failed, with its own settings",
        default=False,
        options={"SKIP_SAVE"},
    )
    run: StringProperty(
        name="Run",
        description="The folder of the run to go on with; empty is the latest one",
        options={"SKIP_SAVE"},
    )
    as_new: BoolProperty(
        name="As a New Zoom",
        description="Build a zoom of its own beside the one that is there",
        default=False,
        options={"SKIP_SAVE"},
    )
    title: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # of the undo step
    again: IntProperty(
        name="Again",
        description="The one level to make again, counted from 0; -1 is what the padlocks say",
        default=-1,
        min=-1,
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        if properties.as_new:
            return "Build a zoom of its own, in minutes, and leave the one that is there as it is"
        return "Go on where this run ended, with its settings" if properties.resume else ""

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        # To go on with a run asks for its own job, whatever the list is now. In background mode
        # nobody has looked for runs yet: what lacks is said once it is pressed.
        found = known_runs(context)
        may_resume = bpy.app.background and found is None
        may_resume = may_resume or unfinished_run(context, found) is not None
        reason = why_not_generate(context, but_kept=may_resume)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.forget_problem()
        settings = context.scene.zoom_stack
        if self.again >= len(settings.levels):
            self.report({"ERROR"}, f"There is no level {self.again + 1} to make again")
            return {"CANCELLED"}
        again: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if self.again >= 0 and not self.resume:
            again = keeping_all_but(settings, self.again, random.randint(0, LARGEST_INTEGER))
        try:
            with again:
                if not (self.resume or self.wait or bpy.app.background) and self._unpacks(context):
                    return {"FINISHED"}
                generation = self._begin(context)
        except ZoomStackError as error:
            if self.again >= 0:
                hint = "Make Again keeps every other level: press Generate to make more."
                error = ZoomStackError(error.code, error.text, hint)
            latest.refuse(error)
            tell(self, error)
            return {"CANCELLED"}
        latest.generation = generation
        if not runner.start_or_wait(generation, self.wait):
            return {"FINISHED"}
        if generation.error is not None:
            tell(self, generation.error)
        return {"FINISHED"} if generation.phase is Phase.FINISHED else {"CANCELLED"}

    def _unpacks(self, context: bpy.types.Context) -> bool:
        """Whether packed pictures are written first; the button is pressed again then."""
        packed = to_unpack(context.scene.zoom_stack)
        if packed:
            press = bpy.ops.zoom_stack.generate
            asked = {"again": self.again, "as_new": self.as_new, "title": self.title}
            unpack_first(context, packed, lambda: press(**asked))
        return bool(packed)

    def _begin(self, context: bpy.types.Context) -> Generation:
        """Begin what was pressed.

        Raises:
            ZoomStackError: it cannot be, as things are.
        """
        if self.resume:
            return resumed_generation(context, self.run)
        reason = why_not_generate(context)
        if reason:
            raise ZoomStackError("no_levels", f"{reason}.")
        title = f"Make Level {self.again + 1} Again" if self.again >= 0 else self.title
        return new_generation(context, title, self.as_new)


class ZOOMSTACK_OT_cancel(bpy.types.Operator):
    """Stop generating; nothing in the file changes"""

    bl_idname = "zoom_stack.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    by_key: BoolProperty(options={"HIDDEN", "SKIP_SAVE"}, default=False)

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        running = latest.running_generation()
        if running is None:
            cls.poll_message_set("Nothing is being generated")
            return False
        if running.phase is Phase.CANCELLING:
            cls.poll_message_set("It is being cancelled")
            return False
        return True

    @measured
    def execute(self, context: bpy.types.Context) -> set[str]:
        # The same key ends a render, and has just ended the playback of an animation.
        if self.by_key and (runner.was_playing() or bpy.app.is_job_running("RENDER")):
            return {"PASS_THROUGH"}
        running = latest.running_generation()
        if running is not None:
            running.cancel()
        return {"FINISHED"}


class ZOOMSTACK_OT_wait_for_engine(bpy.types.Operator):
    """Give the engine more time. On a busy machine, or with large models, it may take a while until
    it answers"""

    bl_idname = "zoom_stack.wait_for_engine"
    bl_label = "Wait"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        running = latest.running_generation()
        if running is None or not running.silence:
            cls.poll_message_set("The engine answers")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        running = latest.running_generation()
        if running is not None:
            running.wait()
        return {"FINISHED"}


class ZOOMSTACK_OT_update_now(bpy.types.Operator):
    """Leave the mode that you are in for Object Mode, and put the finished pictures into the scene.
    They wait for it as long as you like"""

    bl_idname = "zoom_stack.update_now"
    bl_label = "Update"
    bl_options = {"INTERNAL"}

    @classmethod
    @measured
    def poll(cls, context: bpy.types.Context) -> bool:
        running = latest.running_generation()
        if running is None or running.phase is not Phase.WAITING:
            cls.poll_message_set("No pictures wait")
            return False
        if not edited():
            cls.poll_message_set("They come by themselves")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        for window, _ in edited():
            with context.temp_override(window=window):
                # A step of its own to undo, as Tab is: the update's comes after it.
                bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="OBJECT")
        return {"FINISHED"}


class ZOOMSTACK_OT_import_result(bpy.types.Operator):
    """Put the finished pictures into the zoom that they were made for, or build a new zoom in the
    scene that is open now"""

    bl_idname = "zoom_stack.import_result"
    bl_label = "Import Here"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return latest.offered_generation() is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        latest.forget_problem()
        offered = latest.offered_generation()
        if offered is None:
            return {"CANCELLED"}
        if offered.was_stopped():
            offered.go_on()
        else:
            offered.deliver_to(Delivery(context.scene))
        runner.start(offered)
        return {"FINISHED"}


class ZOOMSTACK_OT_dismiss(bpy.types.Operator):
    """Hide this message; what was made stays on the disk"""

    bl_idname = "zoom_stack.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    run: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # the folder of one that is offered

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.run:
            latest.hidden.add(Path(self.run))
        if not self.run or latest.unfinished() is not None:
            latest.dismiss()
        redraw()
        return {"FINISHED"}


class ZOOMSTACK_OT_dismiss_notes(bpy.types.Operator):
    """Hide these notes"""

    bl_idname = "zoom_stack.dismiss_notes"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    of: EnumProperty(
        name="Of",
        items=[
            ("RUN", "Run", "Those of the last run"),
            ("INSTALLATION", "Installation", "Those of the engine's installation"),
        ],
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.of == "RUN" and latest.generation is not None:
            latest.generation.warnings.clear()
        elif self.of == "INSTALLATION" and latest.installation is not None:
            latest.installation.notes.clear()
        redraw()
        return {"FINISHED"}


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_OT_generate,
        ZOOMSTACK_OT_cancel,
        ZOOMSTACK_OT_wait_for_engine,
        ZOOMSTACK_OT_update_now,
        ZOOMSTACK_OT_import_result,
        ZOOMSTACK_OT_dismiss,
        ZOOMSTACK_OT_dismiss_notes,
    )
)
_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    _register_classes()
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
    _unregister_classes()
