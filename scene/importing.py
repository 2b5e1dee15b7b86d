"""Turn a stack on disk into a zoom in Blender, in small steps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import bpy

from ..blender.folders import beside_file
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.ids import new_id
from ..engine.contract.stack import Stack
from ..engine.contract.unrolling import Unrolled, unroll
from . import keys
from .camera import build_camera, describe_zoom
from .draft import Draft
from .finding import octaves_of, roots_in, stops_of, turn_of, zooms_named
from .frame_range import frames_of
from .keying import write_keys
from .levels import Rig, add_level
from .markers import refresh_markers
from .path import offset_table
from .placing import disturbed, move_apart
from .reach import travels_well
from .retiming import frames_per_second, present_schedule, store_timing
from .rig import (
    build_dolly,
    build_root,
    drive_clipping,
    drive_framing,
    drive_pan,
    keep_drawn_small,
    new_empty,
)
from .target_scene import blur_forwards, has_renderable, new_zoom_scene, set_range, take_untouched
from .timing import HOLD_SECONDS, SECONDS_PER_OCTAVE


@dataclass(frozen=True)
class ImportOptions:
    """How a stack becomes a zoom.

    Attributes:
        target: "AUTO": a scene of its own when the present one has anything to render in it;
            "THIS_SCENE": the present scene, at the 3D cursor, or beside the zooms there where it
            would be in their view, or they in its own; "NEW_SCENE".
        rig: "AUTO", "CAMERA" (the camera travels) or "WORLD" (the world grows).
        seconds_per_octave: seconds in which the view halves.
        hold_seconds: seconds of rest at each end; a loop has no ends.
        fps: the frame rate of a scene of its own; 0: as in the present scene.
        scene: the present scene's name; "": the one in the active window.
        select: select the camera alone, also in the present scene.
    """

    target: str = "AUTO"
    rig: str = "AUTO"
    seconds_per_octave: float = SECONDS_PER_OCTAVE
    hold_seconds: float = HOLD_SECONDS
    fps: int = 0
    scene: str = ""
    select: bool = True


@dataclass(frozen=True)
class ImportResult:
    """Names of what an import made."""

    root_name: str
    scene_name: str
    camera_name: str
    new_scene: bool


def import_stack(stack: Stack, options: ImportOptions | None = None) -> ImportResult:
    """Import in one go.

    Raises:
        ZoomStackError: codes ``bad_picture``, ``bad_geometry``, ``import_interrupted``.
    """
    steps = import_steps(stack, options or ImportOptions())
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: ImportResult = finished.value
            return result


def import_steps(stack: Stack, options: ImportOptions) -> Generator[str, None, ImportResult]:
    """Import one small piece at each ``next``; nothing shows before the last.

    Yields what comes next, for people. Closing the generator, and every error, removes what was
    made. The caller pushes the one undo step at the end.

    Raises:
        ZoomStackError: codes ``bad_picture``, ``bad_geometry``, ``import_interrupted``.
    """
    scene_name = options.scene or bpy.context.scene.name
    draft = Draft(stack.folder.resolve().name or "Zoom")
    try:
        sizes = yield from draft.load_pictures(stack)
        unrolled = unroll(stack, sizes)
        yield "Building the camera"
        _build_rig(draft, stack, unrolled)
        total = len(unrolled.levels)
        for position in range(total):
            yield f"Building level {position + 1} of {total}"
            rig = Rig(*map(draft.part, (keys.ROLE_ROOT, keys.ROLE_WORLD, keys.ROLE_CAMERA)))
            add_level(draft, rig, unrolled, position, stack.ids)
        yield "Placing the zoom"
        draft.check_complete(total)
        return _place(draft, options, scene_name, sizes[0])
    except BaseException:
        # Also when the caller closes the generator, to cancel.
        draft.discard()
        raise


def _build_rig(draft: Draft, stack: Stack, unrolled: Unrolled) -> None:
    collection = draft.new_collection()
    root = build_root(
        draft.title, collection, stack.display.feather, stack.display.fade, travels=True
    )
    first = unrolled.first
    root[keys.OCTAVES] = unrolled.octaves[first : first + len(stack.levels)]
    if unrolled.turn is not None:
        root[keys.TURN] = unrolled.turn
    if stack.ids is not None:
        # A second zoom of one stack has a name of its own, or nobody could tell which is meant.
        there = zooms_named(stack.ids.zoom)
        root[keys.ID] = new_id() if there else stack.ids.zoom
    root[keys.FOLDER] = beside_file(str(stack.folder.resolve()))
    root[keys.MANIFEST] = stack.to_text()
    world = new_empty("World", keys.ROLE_WORLD, collection, root)
    camera = build_camera(f"{draft.title} Camera", collection)
    describe_zoom(camera, stops_of(root))
    for empty in (root, world):
        keep_drawn_small(empty, camera, root, "-zoom*travels")
    _, pan = build_dolly(root, camera, collection)
    drive_framing(pan, camera, unrolled.placements[first].aspect)
    drive_pan(pan, camera, offset_table(unrolled.placements, unrolled.octaves[0]))
    drive_clipping(camera, root)


def _choose_place(draft: Draft, options: ImportOptions, scene: bpy.types.Scene) -> None:
    """Where the zoom stands in the present scene, and which rig shows it well there."""
    root = draft.part(keys.ROLE_ROOT)
    if options.target == "THIS_SCENE":
        root.location = scene.cursor.location
    _choose_rig_mode(draft, options)
    others = roots_in(scene)
    if options.target == "THIS_SCENE" and disturbed(root, others):
        move_apart(root, others)
        _choose_rig_mode(draft, options)


def _choose_rig_mode(draft: Draft, options: ImportOptions) -> None:
    root, lens = draft.part(keys.ROLE_ROOT), draft.part(keys.ROLE_CAMERA).data
    deepest, distance = octaves_of(root)[-1], root.location.length
    travels = travels_well(deepest, lens.lens, lens.sensor_width, distance)
    root[keys.TRAVEL] = float(travels if options.rig == "AUTO" else options.rig == "CAMERA")


def _place(
    draft: Draft, options: ImportOptions, scene_name: str, picture: tuple[int, int]
) -> ImportResult:
    """Link everything and time it: the only step that changes what the user sees."""
    present = _scene(draft, scene_name)
    _choose_place(draft, options, present)
    root, camera = draft.part(keys.ROLE_ROOT), draft.part(keys.ROLE_CAMERA)
    leave_edit_mode()
    collection = draft.collection()
    empty = not has_renderable(present)
    own_scene = options.target == "NEW_SCENE" or (options.target == "AUTO" and not empty)
    scene = new_zoom_scene(draft.title, present, camera, picture) if own_scene else present
    if own_scene and options.fps:
        scene.render.fps, scene.render.fps_base = options.fps, 1.0
    store_timing(
        root,
        scene.frame_start,
        frames_per_second(scene),
        options.seconds_per_octave,
        options.hold_seconds,
    )
    repeats = turn_of(root) is not None
    write_keys(camera, present_schedule(root))
    frames = frames_of(root)
    scene.collection.children.link(collection)
    if scene.camera is None:
        scene.camera = camera
    if own_scene:
        set_range(scene, frames)
        refresh_markers(scene, root)
    taken = empty and not own_scene and take_untouched(scene, camera, picture, frames)
    if repeats and (own_scene or taken):
        blur_forwards(scene)
    if own_scene or options.select:  # its keys are then in the timeline
        select_only(scene.view_layers[0], camera)
    draft.finish()
    return ImportResult(root.name, scene.name, camera.name, own_scene)


def leave_edit_mode() -> None:
    """In Edit Mode Blender's undo steps hold the edited mesh alone, and would lose the zoom."""
    for window in bpy.context.window_manager.windows:
        with bpy.context.temp_override(window=window):
            if bpy.context.mode != "OBJECT" and bpy.ops.object.mode_set.poll():
                bpy.ops.object.mode_set(mode="OBJECT")


def select_only(layer: bpy.types.ViewLayer, item: bpy.types.Object) -> None:
    """Select one object of a view layer, and nothing else, and make it the active one."""
    for each in layer.objects:
        each.select_set(False, view_layer=layer)
    item.select_set(True, view_layer=layer)
    layer.objects.active = item


def _scene(draft: Draft, name: str) -> bpy.types.Scene:
    scene = bpy.data.scenes.get(name)
    if scene is None:
        raise ZoomStackError(
            "import_interrupted",
            f"The import of {draft.title} stopped: the scene {name} was removed meanwhile.",
            "Import the stack again.",
        )
    return scene
