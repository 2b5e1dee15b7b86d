"""Things and pictures of a zoom in view layers of their own, laid over each other.

Each layer is cut out of the other: the things cast their shadows on the pictures and are a hole
there, and where a picture hides a thing the thing ends. Together they are the direct render, to
the edges' last pixel, and each can be graded by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ..blender import compat
from ..blender.texts import names_text
from ..engine.contract.errors import ZoomStackError
from . import keys
from .compositing import is_bare, join_layers, part_layers, shows_layer
from .target_scene import is_rendered

PICTURES, THINGS = "Zoom", "Things"
_WANTED = {"film_transparent": True, "use_single_layer": False, "use_compositing": True}
_TOLD = {
    "film_transparent": "The film is transparent",
    "use_single_layer": "All view layers are rendered",
    "use_compositing": "The compositor is in use",
}
_NODES = "nodes"
_SCENE = "scene"  # an object lay in the scene's own collection
_UNUSED = "unused"  # marks a layer that was rendered before
# Of a layer collection, as the artist's own layer has them.
_FLAGS = ("exclude", "hide_viewport", "indirect_only", "holdout")


def has_catcher(scene: bpy.types.Scene) -> bool:
    """Whether a scene has both view layers."""
    return _layer(scene, PICTURES) is not None and _layer(scene, THINGS) is not None


def is_changed(scene: bpy.types.Scene) -> bool:
    """Whether anything of a catcher is there to be taken away, though a layer may be deleted."""
    return keys.CATCHER in scene or any(keys.CATCHER in layer for layer in scene.view_layers)


def set_up_catcher(
    root: bpy.types.Object,
    scene: bpy.types.Scene,
    shown: bpy.types.ViewLayer,
    things: bpy.types.Collection | None = None,
) -> list[str]:
    """Render things and pictures as two view layers and join them; again to bring them up to date.

    Args:
        shown: the view layer that the artist sees; its passes and collections are taken over.
        things: a collection whose objects are the things; None: everything but zooms' own parts.

    Returns:
        what was made and changed, for people.

    Raises:
        ZoomStackError: codes ``no_layers``, ``in_both_layers``; nothing is changed then.
    """
    if scene.render.engine == "BLENDER_WORKBENCH":
        raise ZoomStackError(
            "no_layers", "Workbench does not cut things out.", "Render with Cycles or EEVEE."
        )
    ours = _picture_collections(scene)
    if things is not None:
        _check_apart(scene, things, ours)
        front, notes = {things, *things.children_recursive}, []
    else:
        notes = _move_things(root, scene, ours)
        front = {each for each in scene.collection.children_recursive if each not in ours}
    shown = _artists(scene, shown)
    pictures, objects = (_make_layer(scene, name, shown) for name in (PICTURES, THINGS))
    for layer, cut_out in ((pictures, True), (objects, False)):
        for held in _walk(layer.layer_collection):
            if held.collection != scene.collection and (held.collection in front) == cut_out:
                held.holdout = True
    notes.insert(0, f"View layers {pictures.name} and {objects.name}, joined in the compositor")
    notes += _change_render(scene)
    notes += join_layers(scene, pictures.name, objects.name, shown.name)
    for layer in scene.view_layers:
        if keys.CATCHER not in layer and layer.use and not shows_layer(scene, layer.name):
            layer.use = False
            layer[keys.CATCHER] = _UNUSED
            notes.append(f"{layer.name} itself is not rendered")
    return notes


def remove_catcher(scene: bpy.types.Scene) -> list[str]:
    """Take both view layers and their nodes away, and give back what was before.

    Returns:
        what was done, for people.
    """
    for layer in [each for each in scene.view_layers if each.get(keys.CATCHER) == _UNUSED]:
        layer.use = True
        del layer[keys.CATCHER]
    own = next((each for each in scene.view_layers if keys.CATCHER not in each), None)
    part_layers(scene, own.name if own is not None else "")
    for layer in [each for each in scene.view_layers if keys.CATCHER in each]:
        if len(scene.view_layers) > 1:
            scene.view_layers.remove(layer)
        else:  # the artist's own are gone: one has to stay
            del layer[keys.CATCHER]
            for held in _walk(layer.layer_collection):
                held.holdout = False
    before = scene.get(keys.CATCHER)
    if before is not None:
        for name in _WANTED:
            setattr(scene.render, name, bool(before[name]))
        # Nodes that the artist has added meanwhile stay in use.
        if not before[_NODES] and is_bare(scene):
            compat.drop_compositor(scene)
        del scene[keys.CATCHER]
    moved = _move_back(scene)
    return [f"{moved} things are where they were"] if moved else []


def _layer(scene: bpy.types.Scene, name: str) -> bpy.types.ViewLayer | None:
    return next((each for each in scene.view_layers if each.get(keys.CATCHER) == name), None)


def _artists(scene: bpy.types.Scene, shown: bpy.types.ViewLayer) -> bpy.types.ViewLayer:
    """The view layer that is shown, or another where that is one of ours."""
    ours = (PICTURES, THINGS)
    others = [each for each in scene.view_layers if each.get(keys.CATCHER) not in ours]
    return shown if shown in others or not others else others[0]


def _walk(held: bpy.types.LayerCollection) -> Iterator[bpy.types.LayerCollection]:
    yield held
    for child in held.children:
        yield from _walk(child)


def _make_layer(
    scene: bpy.types.Scene, name: str, like: bpy.types.ViewLayer
) -> bpy.types.ViewLayer:
    """One of our layers, with the passes and collections of the artist's."""
    layer = _layer(scene, name) or scene.view_layers.new(name)
    layer[keys.CATCHER] = name
    layer.use = True
    if layer == like:
        return layer
    for group in ("", "cycles", "eevee"):
        source, target = (getattr(each, group, None) if group else each for each in (like, layer))
        if source is not None and target is not None:
            _copy_settings(source, target)
    held_by_artist = {held.collection: held for held in _walk(like.layer_collection)}
    for held in _walk(layer.layer_collection):
        own = held_by_artist.get(held.collection)
        for flag in _FLAGS if own is not None and held.collection != scene.collection else ():
            setattr(held, flag, getattr(own, flag))
    return layer


def _copy_settings(source: Any, target: Any) -> None:
    """Passes, samples, overrides: plain properties that can be written."""
    for prop in source.bl_rna.properties:
        name = prop.identifier
        if prop.is_readonly or name in ("name", "use") or prop.type in ("STRING", "COLLECTION"):
            continue
        value = getattr(source, name)
        if getattr(target, name) != value:
            setattr(target, name, value)


def _picture_collections(scene: bpy.types.Scene) -> set[bpy.types.Collection]:
    """Those that hold pictures of zooms.

    Raises:
        ZoomStackError: code ``no_layers``.
    """
    if any(map(_is_picture, scene.collection.objects)):
        raise ZoomStackError(
            "no_layers",
            "Pictures of a zoom lie in the scene's own collection, which no layer can cut out.",
            "Move the zoom to a collection (M).",
        )
    below = scene.collection.children_recursive
    return {each for each in below if any(map(_is_picture, each.objects))}


def _is_picture(item: bpy.types.Object) -> bool:
    return item.get(keys.ROLE) == keys.ROLE_PLANE


def _is_thing(item: bpy.types.Object) -> bool:
    return keys.ROLE not in item and is_rendered(item)


def _check_apart(
    scene: bpy.types.Scene, things: bpy.types.Collection, ours: set[bpy.types.Collection]
) -> None:
    """See that nothing shows in both layers, or is cut out of both.

    Raises:
        ZoomStackError: codes ``no_layers``, ``in_both_layers``.
    """
    front = {things, *things.children_recursive}
    if things not in scene.collection.children_recursive or front & ours:
        raise ZoomStackError(
            "no_layers",
            f"{things.name} is not in this scene, or holds pictures of a zoom.",
            "Choose a collection with the things alone.",
        )
    behind = [each for each in scene.collection.children_recursive if each not in front]
    found = {item for each in behind for item in each.objects if _is_thing(item)}
    loose = {item for item in scene.collection.objects if _is_thing(item)}
    both = sorted(item.name for item in loose | (found & set(things.all_objects)))
    if both:
        raise ZoomStackError(
            "in_both_layers",
            f"These lie in the scene's own collection, or in others than {things.name} too: "
            f"{names_text(both)}.",
            "Move each to one collection (M).",
        )


def _move_things(
    root: bpy.types.Object, scene: bpy.types.Scene, ours: set[bpy.types.Collection]
) -> list[str]:
    """Put things that lie among the pictures, or in no collection, into one of their own."""
    homes = [scene.collection, *ours]
    found = [(item, home) for home in homes for item in home.objects if _is_thing(item)]
    astray = [(item, home) for item, home in found if _can_lose(home)]
    stay = sorted({item.name for item, home in found if not _can_lose(home)})
    notes = (
        [f"Stay with the pictures in their linked collection: {names_text(stay)}"] if stay else []
    )
    if not astray:
        return notes
    below = scene.collection.children_recursive
    place = next((each for each in below if keys.CATCHER in each), None)
    if place is None:
        place = bpy.data.collections.new(f"{root.name} Things")
        place[keys.CATCHER] = True
        scene.collection.children.link(place)
    for item, home in astray:
        if keys.FROM not in item:
            item[keys.FROM] = home if home != scene.collection else _SCENE
        if place.objects.get(item.name) != item:
            place.objects.link(item)
        _show_where(home, scene, place)
        home.objects.unlink(item)
    names = sorted({item.name for item, _ in astray})
    return [f"Moved to {place.name}: {names_text(names)}", *notes]


def _show_where(
    home: bpy.types.Collection, scene: bpy.types.Scene, place: bpy.types.Collection
) -> None:
    """Let other scenes that show a collection show what is moved out of it too."""
    for other in bpy.data.scenes:
        if other == scene or other.library is not None:
            continue
        below = other.collection.children_recursive
        if home in below and place not in below:
            other.collection.children.link(place)


def _can_lose(home: bpy.types.Collection) -> bool:
    """Whether objects can be taken out of a collection."""
    return home.library is None and home.override_library is None


def _move_back(scene: bpy.types.Scene) -> int:
    below = scene.collection.children_recursive
    place = next((each for each in below if keys.CATCHER in each), None)
    if place is None:
        return 0
    moved = [item for item in place.objects if keys.FROM in item]
    for item in moved:
        home = item[keys.FROM]
        home = home if isinstance(home, bpy.types.Collection) else scene.collection
        if home.objects.get(item.name) != item:
            home.objects.link(item)
        place.objects.unlink(item)
        del item[keys.FROM]
    if not place.objects and not place.children:
        bpy.data.collections.remove(place)
    else:
        del place[keys.CATCHER]
    return len(moved)


def _change_render(scene: bpy.types.Scene) -> list[str]:
    render = scene.render
    if keys.CATCHER not in scene:
        before = {name: getattr(render, name) for name in _WANTED}
        scene[keys.CATCHER] = {**before, _NODES: compat.has_compositor(scene)}
    notes = []
    for name, wanted in _WANTED.items():
        if getattr(render, name) != wanted:
            setattr(render, name, wanted)
            notes.append(_TOLD[name])
    return notes
