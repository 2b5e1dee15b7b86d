"""Files that were saved before a setting could be left to the model keep what they say."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent


@persistent
def _switch_on_what_was_set(*_arguments: object) -> None:
    for scene in bpy.data.scenes:
        settings = scene.zoom_stack
        if settings.is_property_set("steps") and not settings.is_property_set("use_steps"):
            settings.use_steps = True


def register() -> None:
    bpy.app.handlers.load_post.append(_switch_on_what_was_set)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_switch_on_what_was_set)
