"""How a finished stack comes into the file: when it may, where to, and as one undo step."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ..blender import screen
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import read_stack
from ..scene import finding, keys
from ..scene.importing import ImportOptions, ImportResult, import_steps
from ..scene.updating import Updated, update_steps
from ..settings.job import copy_settings
from .following import note_zoom

_files = 0


def count_file() -> None:
    """Another file was opened: a scene's number is meaningless in it."""
    global _files
    _files += 1


class StepwiseDelivery:
    """A ``picture_run.Destination`` in the file that is open now; a subclass says where.

    Attributes:
        result: what came of it; None until it is there.
        notes: what the artist wants to know of it then.
        in_sight: a window showed the zoom when it got its pictures.
    """

    def __init__(self) -> None:
        self.result: object = None
        self.in_sight = False
        self.notes: list[str] = []
        self._file = _files
        self._steps: Generator[str, None, object] | None = None
        self._retried = False

    def is_there(self) -> bool:
        """Whether the file has the place still."""
        raise NotImplementedError

    def steps(self, folder: Path) -> Generator[str, None, object]:
        """Do it with a stack's folder, a small piece at each ``next``; returns what came of it."""
        raise NotImplementedError

    def is_lost(self) -> bool:
        """Whether another file is open, or the place is gone."""
        return self._file != _files or not self.is_there()

    def why_lost(self) -> str:
        """The same, for people, after "A zoom is ready; "."""
        return "the one that it was made from is not in this file"

    def blocker(self) -> str:
        """Why it has to wait, for people; empty when it need not."""
        return screen.blocker()

    def step(self, folder: Path) -> str:
        """Do one small piece; says what comes next, "" once everything is there.

        Args:
            folder: the stack's; it is read at the first step.

        Raises:
            ZoomStackError: of the stack, or of what is done with it.
        """
        if self._steps is None:
            self._steps = self.steps(folder)
        try:
            return next(self._steps)
        except StopIteration as end:
            self._steps = None
            self.result = end.value
            self.in_sight = _is_in_sight(end.value)
        except ZoomStackError as error:
            # Undo, or a script, took away what was half built: once more from the start.
            if error.code != "import_interrupted" or self._retried:
                raise
            self._retried = True
            self._steps = None
            return "Beginning again"
        return ""

    def stop(self) -> None:
        """Take away what is half built; the next step begins anew."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None


def _is_in_sight(made: object) -> bool:
    root = bpy.data.objects.get(made.root_name) if isinstance(made, Updated) else None
    windows = bpy.context.window_manager.windows
    return root is not None and any(root.name in window.scene.objects for window in windows)


class Delivery(StepwiseDelivery):
    """The way of one stack into a scene: into the zoom that it was made from, or as a new one.

    Args:
        scene: where to.
        zoom: the id of the zoom that takes the pictures, if it is there now; "" makes a new one.
        title: of the undo step.
    """

    def __init__(self, scene: bpy.types.Scene, zoom: str = "", title: str = "") -> None:
        super().__init__()
        self._scene = scene.session_uid  # it survives renaming and undo
        self._zoom = zoom if finding.zooms_named(zoom) else ""
        self._title = title or "Generate Zoom"

    def is_there(self) -> bool:
        if self._zoom:
            return self._find_zoom() is not None
        return self._find_scene() is not None

    def why_lost(self) -> str:
        if not self._zoom:
            return "it was made for another scene"
        if len(finding.zooms_named(self._zoom)) > 1:
            return "the zoom that it was made from is there more than once"
        return "the zoom that it was made from is gone, or lacks its camera"

    def steps(self, folder: Path) -> Generator[str, None, ImportResult | Updated]:
        stack = read_stack(folder)
        if self._zoom and stack.ids is not None:
            updated = yield from update_steps(self._find_zoom, stack)
            root = self._find_zoom()
            if root is not None:
                note_zoom(root)
            self.notes = updated.notes()
            if not bpy.app.background:
                bpy.ops.ed.undo_push(message=self._title)
            return updated
        scene = self._find_scene()
        name = scene.name if scene is not None else ""
        options = ImportOptions(scene=name, select=False)
        result = yield from import_steps(stack, options)
        self._settle(result)
        return result

    def _find_zoom(self) -> bpy.types.Object | None:
        return finding.zoom_to_update(self._zoom)

    def _find_scene(self) -> bpy.types.Scene | None:
        found = (scene for scene in bpy.data.scenes if scene.session_uid == self._scene)
        return next(found, None)

    def _settle(self, result: ImportResult) -> None:
        """Keep the settings at hand where the zoom is, and make it all one undo step."""
        source, target = self._find_scene(), bpy.data.scenes.get(result.scene_name)
        if target is not None and source is not None and target != source:
            copy_settings(source.zoom_stack, target.zoom_stack)
        root = bpy.data.objects.get(result.root_name)
        for scene in (source, target):
            # A scene whose own zoom is there goes on with that one.
            if scene is None or root is None or keys.ID not in root:
                continue
            if scene == target or not finding.zooms_named(scene.zoom_stack.uid):
                scene.zoom_stack.uid = root[keys.ID]
        if root is not None:
            note_zoom(root)
        if bpy.app.background:
            return
        # Without this the data is lost for good after undo and redo.
        bpy.ops.ed.undo_push(message=self._title)
