"""What takes long on a zoom: by a button piece by piece, in scripts in one go."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import bpy

from ..engine.contract.errors import ZoomStackError
from ..scene.updating import finish_update

_TICK = 0.01  # seconds; in between, Blender draws


class PieceByPiece(bpy.types.Operator):
    """An operator that changes a zoom; a subclass says how, and what is done then.

    While it goes on, the status bar says how far it is, and Esc ends it. It is a modal operator, so
    that Blender itself makes one undo step of it and shows what it reports.
    """

    _steps: Generator[str, None, Any] | None = None
    _timer: Any = None

    def begin(self, context: bpy.types.Context) -> Generator[str, None, Any]:
        """The work, of which nothing is done yet.

        Raises:
            ZoomStackError: there is nothing to update, or nothing to do it with.
        """
        raise NotImplementedError

    def done(self, context: bpy.types.Context, result: Any) -> None:
        """The work is done; ``result`` is what the generator returned.

        Raises:
            ZoomStackError: something that belongs to it cannot be done.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self.done(context, finish_update(self.begin(context)))
        except ZoomStackError as error:
            return self._failed(error)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            self._steps = self.begin(context)
        except ZoomStackError as error:
            return self._failed(error)
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        assert self._steps is not None
        if event.type == "ESC" and event.value == "PRESS":
            self.cancel(context)
            return {"CANCELLED"}
        if event.type != "TIMER":
            # Nothing else may change the file meanwhile.
            return {"PASS_THROUGH" if "MOUSEMOVE" in event.type else "RUNNING_MODAL"}
        try:
            context.workspace.status_text_set(f"{next(self._steps)} · Esc: cancel")
        except StopIteration as end:
            return self._finish(context, end.value)
        except ZoomStackError as error:
            self.cancel(context)
            return self._failed(error)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Take away what is half done; also called when Blender ends it: another file is opened."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if context.workspace is not None:
            context.workspace.status_text_set(None)

    def _finish(self, context: bpy.types.Context, result: Any) -> set[str]:
        self.cancel(context)
        try:
            self.done(context, result)
        except ZoomStackError as error:
            return self._failed(error)
        return {"FINISHED"}

    def _failed(self, error: ZoomStackError) -> set[str]:
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}
