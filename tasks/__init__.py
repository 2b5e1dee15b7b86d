"""What goes on in the background, and how its result comes into the file.

``runner`` moves tasks on and knows no kind of task; ``latest`` remembers the latest of each kind
for the panels. Tasks know no panel and no operator.
"""

import bpy
from bpy.app.handlers import persistent

from ..blender import picture_icons, screen
from . import copying, delivery, following, latest, missing, runner, runs, views


@persistent
def _before_load(*_arguments: object) -> None:
    running = latest.running_generation()
    if running is not None:
        running.interrupt_delivery()


@persistent
def _after_load(*_arguments: object) -> None:
    delivery.count_file()
    latest.forget_file()
    runs.forget_runs()
    missing.forget_missing()
    following.follow_pictures()
    views.watch_views()


@persistent
def _after_undo(*_arguments: object) -> None:
    if latest.generation is not None:
        latest.generation.forget_notes()


@persistent
def _after_saving(*_arguments: object) -> None:
    following.follow_pictures()


def register() -> None:
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.load_post.append(_after_load)
    bpy.app.handlers.undo_post.append(_after_undo)
    bpy.app.handlers.save_post.append(_after_saving)


def unregister() -> None:
    bpy.app.handlers.save_post.remove(_after_saving)
    bpy.app.handlers.undo_post.remove(_after_undo)
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.load_pre.remove(_before_load)
    runner.unregister()
    runs.unregister()
    views.unregister()
    copying.unregister()
    missing.unregister()
    latest.clear()
    picture_icons.unregister()
    screen.unregister()
