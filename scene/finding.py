"""Find an imported zoom and its parts, by the properties that they carry."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.stack import Stack, parse_stack
from ..engine.contract.validation import parse_json
from . import keys
from .material import picture_in

#: Why a button is grey.
LINKED = "This zoom is linked from another file and cannot be changed"
# What a panel has found already, for the buttons in it: Blender asks each whether it is grey.
_OF_BUTTONS = "zoom_stack_root"
_ALONE = "zoom_stack_alone"


def is_root(item: bpy.types.Object) -> bool:
    """Whether an object is the root Empty of a zoom."""
    return keys.VERSION in item and item.get(keys.ROLE) == keys.ROLE_ROOT


def is_linked(root: bpy.types.Object) -> bool:
    """Whether a zoom is another file's, library overrides among them: it cannot be changed here."""
    return root.library is not None or root.override_library is not None


def root_of(item: bpy.types.Object | None) -> bpy.types.Object | None:
    """The zoom that an object belongs to or is attached to."""
    while item is not None and not is_root(item):
        item = item.parent
    return item


class _Look:
    """The parts of all zooms, as long as nothing changes which there are."""

    def __init__(self) -> None:
        # Blender's ``children`` would take several times as long.
        self.marked = [item for item in bpy.data.objects if keys.ROLE in item]
        self._sorted: dict[tuple[bpy.types.Object, str], list[bpy.types.Object]] = {}

    def parts(self, root: bpy.types.Object, role: str) -> list[bpy.types.Object]:
        """See ``parts``."""
        if (root, role) not in self._sorted:
            found = [item for item in self.marked if item[keys.ROLE] == role]
            # Another zoom may hang on a level of this one.
            own = [item for item in found if root_of(item) == root]
            self._sorted[root, role] = sorted(own, key=lambda item: item.get(keys.INDEX, 0))
        return list(self._sorted[root, role])


_looks: list[_Look] = []  # the one that is in use, if any


@contextlib.contextmanager
def looking_once() -> Iterator[None]:
    """Within it, all objects are looked through once: for what changes none, such as drawing."""
    _looks.append(_look())
    try:
        yield
    finally:
        _looks.pop()


def _look() -> _Look:
    return _looks[-1] if _looks else _Look()


def shown_roots() -> list[bpy.types.Object]:
    """The roots of all zooms that some scene shows."""
    return _shown_roots(_look().marked)


def _shown_roots(marked: list[bpy.types.Object]) -> list[bpy.types.Object]:
    return [item for item in marked if is_root(item) and is_in_a_scene(item)]


def is_in_a_scene(item: bpy.types.Object) -> bool:
    """Whether some scene has an object, whichever of its view layers."""
    for scene in bpy.data.scenes:
        for collection in scene.collection.children_recursive:
            # The collection of a zoom is small; Blender's own search looks at all objects.
            if collection.objects.get(item.name) == item:
                return True
    return bool(item.users_scene)


def zooms_named(name: str) -> list[bpy.types.Object]:
    """The roots of all zooms with an id that some scene shows; of a copy, more than one."""
    return [root for root in shown_roots() if root.get(keys.ID) == name] if name else []


def zoom_to_update(name: str) -> bpy.types.Object | None:
    """The root of the one zoom with an id; None where there is none or are several.

    What is linked from another file cannot be changed, and what lacks its camera not be led.
    """
    marked = _look().marked
    found = [root for root in _shown_roots(marked) if name and root.get(keys.ID) == name]
    if len(found) != 1 or is_linked(found[0]):
        return None
    worlds = (item for item in marked if item[keys.ROLE] == keys.ROLE_WORLD)
    whole = camera_of(found[0]) is not None and any(root_of(item) == found[0] for item in worlds)
    return found[0] if whole else None


def active_root(context: bpy.types.Context) -> bpy.types.Object | None:
    """The zoom meant at present: the active object's, or that of the camera in use, or the last.

    The camera of a 3D view that looks through one of its own comes before the scene's. Of a button
    in a panel, the zoom that the panel shows: see ``for_buttons``.
    """
    scene = context.scene
    shown = getattr(context, _OF_BUTTONS, None)
    if isinstance(shown, bpy.types.Object) and is_root(shown):
        return shown
    return (
        root_of(getattr(context, "active_object", None))
        or root_of(_camera_of_view(getattr(context, "space_data", None)))
        or root_of(scene.camera)
        or next(_last_roots(scene), None)
    )


def _camera_of_view(space: bpy.types.Space | None) -> bpy.types.Object | None:
    """What a 3D view looks through, where that is another camera than the scene's."""
    if not isinstance(space, bpy.types.SpaceView3D) or not space.use_local_camera:
        return None
    looks = space.region_3d is not None and space.region_3d.view_perspective == "CAMERA"
    return space.camera if looks else None


def roots_in(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The roots of all zooms of a scene, by their names."""
    homes = (scene.collection, *scene.collection.children_recursive)
    found = [
        root
        for root in _look().marked
        if is_root(root) and any(home.objects.get(root.name) == root for home in homes)
    ]
    return sorted(found, key=lambda root: root.name)


def camera_in_use(root: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """What to see a zoom through: the scene's camera, if that hangs on the zoom; else its own."""
    present = scene.camera
    return present if present is not None and root_of(present) == root else camera_of(root)


def roots_elsewhere(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The roots of zooms that other scenes have and this one has not."""
    return [root for root in shown_roots() if root.name not in scene.objects]


def for_buttons(layout: bpy.types.UILayout, root: bpy.types.Object) -> None:
    """Let the buttons that are drawn next mean a zoom, which none of them then has to look for."""
    layout.context_pointer_set(_OF_BUTTONS, root)
    if zoom_to_update(str(root.get(keys.ID, ""))) == root:
        layout.context_pointer_set(_ALONE, root)


def is_alone(context: bpy.types.Context, root: bpy.types.Object) -> bool:
    """Whether a zoom can be known by its id: it is there once, and whole; or has none."""
    name = str(root.get(keys.ID, ""))
    return not name or getattr(context, _ALONE, None) == root or zoom_to_update(name) == root


def _last_roots(scene: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    """The zooms of a scene, what was put there last first."""
    homes = (scene.collection, *scene.collection.children_recursive)
    for collection in reversed(homes):
        for item in reversed([each for each in collection.objects if keys.ROLE in each]):
            if is_root(item):
                yield item


def instance_of_zoom(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """An Empty that shows a zoom's collection whose parts are in no scene."""
    instances = (item for item in scene.objects if item.instance_collection is not None)
    return next(
        (each for each in instances if any(map(is_root, each.instance_collection.all_objects))),
        None,
    )


def present_root(context: bpy.types.Context) -> bpy.types.Object:
    """The same, where ``poll`` has made sure that there is one."""
    root = active_root(context)
    assert root is not None
    return root


def parts(root: bpy.types.Object, role: str) -> list[bpy.types.Object]:
    """All parts of one kind; levels and planes widest first."""
    return _look().parts(root, role)


def part(root: bpy.types.Object, role: str) -> bpy.types.Object | None:
    """The one part of a kind; None when it was deleted."""
    return next(iter(parts(root, role)), None)


def camera_of(root: bpy.types.Object) -> bpy.types.Object | None:
    """The zoom's camera; None when it was deleted."""
    camera = _leading(root) or part(root, keys.ROLE_CAMERA)
    return camera if camera is not None and keys.ZOOM in camera else None


def _leading(root: bpy.types.Object) -> bpy.types.Object | None:
    """The camera that the root's own driver names: it need not be looked for among all objects."""
    animation = root.animation_data
    for curve in animation.drivers if animation is not None else ():
        for variable in curve.driver.variables:
            item = variable.targets[0].id
            if (
                isinstance(item, bpy.types.Object)
                and item.get(keys.ROLE) == keys.ROLE_CAMERA
                and root_of(item) == root
            ):
                return item
    return None


def present_camera(root: bpy.types.Object) -> bpy.types.Object:
    """The same, where ``poll`` has made sure that there is one."""
    camera = camera_of(root)
    assert camera is not None
    return camera


def level_order(root: bpy.types.Object) -> list[str]:
    """The levels' ids, the widest first."""
    numbers = level_numbers(root)
    return sorted(numbers, key=lambda name: numbers[name])


def level_in_zoom(context: bpy.types.Context, zoom: str, level: str) -> int | None:
    """The number of a level, by the ids of its zoom and its own, in the present zoom.

    None where the present zoom is another one, or has no such level.
    """
    root = active_root(context)
    if root is None or not zoom or root.get(keys.ID) != zoom:
        return None
    return level_numbers(root).get(level)


def fixed_parts(root: bpy.types.Object) -> list[bpy.types.Object]:
    """The parts that a click in the view is not to drag away: all but root and camera."""
    movable = (keys.ROLE_ROOT, keys.ROLE_CAMERA)
    return [
        item for item in _look().marked if item[keys.ROLE] not in movable and root_of(item) == root
    ]


def are_selectable(root: bpy.types.Object) -> bool:
    """Whether any of these can be selected in the view."""
    return any(not item.hide_select for item in fixed_parts(root))


def octaves_of(root: bpy.types.Object) -> list[float]:
    """The zoom at which each level is the view."""
    return [float(value) for value in root.get(keys.OCTAVES, [0.0])]


def turn_of(root: bpy.types.Object) -> float | None:
    """The octaves after which a loop shows level 0 again; None for a zoom that ends."""
    turn = root.get(keys.TURN)
    return None if turn is None else float(turn)


def stops_of(root: bpy.types.Object) -> list[float]:
    """The zoom at each of the camera's keys: at every level, and at the end of a loop's turn."""
    turn = turn_of(root)
    return [*octaves_of(root), *([] if turn is None else [turn])]


def image_of(plane: bpy.types.Object) -> bpy.types.Image | None:
    """The picture that a level's plane shows."""
    material = plane.active_material
    tree = material.node_tree if material is not None else None
    return picture_in(tree) if tree is not None else None


def file_of(image: bpy.types.Image) -> Path:
    """Where a picture lies."""
    return Path(os.path.normpath(bpy.path.abspath(image.filepath, library=image.library)))


def level_numbers(root: bpy.types.Object) -> dict[str, int]:
    """The levels' numbers by their ids."""
    levels = range(len(octaves_of(root)))
    # An artist's copy comes last.
    named = [each for each in reversed(parts(root, keys.ROLE_LEVEL)) if keys.ID in each]
    return {str(each[keys.ID]): n for each in named if (n := int(each[keys.INDEX])) in levels}


def stack_of(root: bpy.types.Object) -> Stack:
    """The stack that a zoom shows, as it was imported; its folder as far as it is known now.

    Raises:
        ZoomStackError: code ``bad_stack``, when the properties were edited beyond recognition.
    """
    try:
        known = _parsed(str(root.get(keys.MANIFEST, "")))
    except ZoomStackError:
        raise _bad_stack(root) from None
    if len(known.levels) != len(octaves_of(root)):
        raise _bad_stack(root)
    stack = replace(known, folder=Path(bpy.path.abspath(str(root.get(keys.FOLDER, "")))))
    return replace(stack, folder=_folder_of(root, stack) or stack.folder)


@lru_cache(maxsize=32)
def _parsed(manifest: str) -> Stack:
    """Kept, since panels ask in every redraw; without its folder."""
    return parse_stack(parse_json(manifest, "bad_stack", "A zoom's stack"), Path())


def _bad_stack(root: bpy.types.Object) -> ZoomStackError:
    return ZoomStackError(
        "bad_stack", f"{root.name} no longer knows its stack.", "Import the stack again."
    )


def _folder_of(root: bpy.types.Object, stack: Stack) -> Path | None:
    """Where the levels' pictures lie: Blender keeps their paths right when files are moved.

    Some levels may show pictures of other runs. The folder that the root names is the stack's as
    long as one of its pictures is shown, else the one that has the most of what is shown.
    """
    found = Counter[Path]()
    named = Path(os.path.normpath(stack.folder))
    for plane in parts(root, keys.ROLE_PLANE):
        number, image = int(plane.get(keys.INDEX, -1)), image_of(plane)
        if image is None or not 0 <= number < len(stack.levels):
            continue
        file = file_of(image)
        name = PurePosixPath(stack.levels[number].image).parts
        if file.parts[-len(name) :] == name:
            folder = file.parents[len(name) - 1]
            if folder == named:
                return named
            found[folder] += 1
    return next((folder for folder, _ in found.most_common(1)), None)


def level_names(root: bpy.types.Object) -> dict[int, str]:
    """The ids of the levels that have one, by their numbers from 0."""
    count = len(octaves_of(root))
    return {
        int(each[keys.INDEX]) % count: str(each[keys.ID])
        for each in reversed(parts(root, keys.ROLE_LEVEL))  # an artist's copy comes last
        if keys.ID in each
    }


def level_titles(root: bpy.types.Object) -> list[str]:
    """What to call each level: its prompt, else its picture's name."""
    try:
        levels = stack_of(root).levels
    except ZoomStackError:
        return [f"Level {number + 1}" for number in range(len(octaves_of(root)))]
    return [level.prompt or Path(level.image).stem for level in levels]


def picture_size(root: bpy.types.Object) -> tuple[int, int]:
    """(width, height) in pixels of the largest picture; (0, 0) when pictures are missing."""
    images = [image_of(plane) for plane in parts(root, keys.ROLE_PLANE)]
    sizes = [(image.size[0], image.size[1]) for image in images if image is not None]
    return max(sizes, key=max, default=(0, 0))


def sharp_width(root: bpy.types.Object) -> int:
    """The widest frame in pixels that never shows a level enlarged beyond its own pixels.

    0 when pictures are missing.
    """
    return int(most_enlarged(root)[0])


def most_enlarged(root: bpy.types.Object) -> tuple[float, int, float]:
    """The level that decides ``sharp_width``: that width, its number, and how many times it is
    enlarged at most, which is just before the next one fills the view.

    Zeros when pictures are missing.
    """
    stops = stops_of(root)
    levels = range(len(octaves_of(root)))
    found = []
    for plane in parts(root, keys.ROLE_PLANE):
        number = int(plane.get(keys.INDEX, 0))
        if number not in levels:
            # What a loop shows again.
            continue
        image = image_of(plane)
        if image is None:
            return 0.0, 0, 0.0
        last = number + 1 >= len(stops)
        factor = 1.0 if last else 2.0 ** (stops[number + 1] - stops[number])
        found.append((image.size[0] / factor, number, factor))
    return min(found, default=(0.0, 0, 0.0))
