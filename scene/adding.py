"""New things for a level: shapes, texts, pictures, lamps, empties, instances of collections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bmesh
import bpy

from ..engine.contract.errors import ZoomStackError
from .attaching import Attached, Fit, attach, can_instance, is_for_things
from .fading import fade_material
from .material import build_material, over_nothing
from .planes import set_rectangle

#: (identifier, name, description) of what can be added.
KINDS = (
    ("CUBE", "Cube", "A cube, upright"),
    ("SPHERE", "Sphere", "A smooth ball"),
    ("MONKEY", "Monkey", "Blender's monkey, looking at the camera"),
    ("PLANE", "Plane", "A square that faces the camera"),
    ("TEXT", "Text", "A line of text that faces the camera"),
    ("IMAGE", "Image", "A picture of the file that faces the camera, in its own light"),
    ("EMPTY", "Empty", "An Empty to hang things on"),
    ("POINT", "Point Light", "A lamp in front of the picture"),
    ("SPOT", "Spot Light", "A lamp that shines on the picture"),
    ("AREA", "Area Light", "A square of light that shines on the picture"),
    ("COLLECTION", "Collection", "An instance of a collection, upright as in its front view"),
)
# What is made to be seen from above; Blender's lamps shine down.
_FROM_ABOVE = {"PLANE", "TEXT", "IMAGE", "EMPTY", "POINT", "SPOT", "AREA"}
_LAMPS = {"POINT", "SPOT", "AREA"}
_COLOUR = (0.8, 0.8, 0.8, 1.0)


def add_thing(
    root: bpy.types.Object,
    level: bpy.types.Object,
    kind: str,
    source: str = "",
    place: str = "CENTER",
    share: float = 0.25,
) -> Attached:
    """Make a new thing and hang it on a level, fitted to it.

    Args:
        kind: one of ``KINDS``.
        source: the text; the name of the image or of the collection.
        place, share: see ``Fit``.

    Raises:
        ZoomStackError: ``missing_source``, ``endless_instance``; those of ``attach``, and nothing
            is left then.
    """
    collection = bpy.data.collections.get(source) if kind == "COLLECTION" else None
    if collection is not None and not can_instance(collection, root):
        raise ZoomStackError(
            "endless_instance",
            f"{source} holds the zoom itself, which would show itself without end.",
            "Choose another collection.",
        )
    thing = _make(kind, source)
    thing.location = (0.0, 0.0, 0.0)
    _home(root).objects.link(thing)
    facing = "TOP" if kind in _FROM_ABOVE else "FRONT"
    bpy.context.view_layer.update()
    try:
        return attach(root, level, [thing], Fit(place, share, facing))
    except ZoomStackError:
        _drop(thing)
        raise


def _drop(thing: bpy.types.Object) -> None:
    """Remove a thing that was just made, with what was made for it."""
    made = [thing]
    if thing.data is not None:
        made += [*getattr(thing.data, "materials", ()), thing.data]
    bpy.data.batch_remove(made)


def is_lamp(kind: str) -> bool:
    """Whether a kind of thing is a lamp: it shines from out of sight too."""
    return kind in _LAMPS


def _home(root: bpy.types.Object) -> bpy.types.Collection:
    """The collection of a zoom's things, inside the zoom's own."""
    homes = root.users_collection
    own = homes[0] if homes else bpy.context.scene.collection
    for each in own.children:
        if is_for_things(each, root):
            return each
    made = bpy.data.collections.new(f"{root.name} Things")
    own.children.link(made)
    return made


def _make(kind: str, source: str) -> bpy.types.Object:
    name = next(title for each, title, _ in KINDS if each == kind)
    if kind == "COLLECTION":
        collection = bpy.data.collections.get(source)
        if collection is None:
            raise _missing("collection", source)
        thing = bpy.data.objects.new(source, None)
        thing.instance_type, thing.instance_collection = "COLLECTION", collection
        return thing
    if kind == "IMAGE":
        image = bpy.data.images.get(source)
        if image is None:
            raise _missing("image", source)
        return _picture(image)
    if kind == "TEXT":
        return _text(source or "Text")
    if kind == "EMPTY":
        return bpy.data.objects.new(name, None)
    if kind in _LAMPS:
        return bpy.data.objects.new(name, bpy.data.lights.new(name, kind))
    return _mesh(name, _SHAPES[kind])


def _missing(what: str, source: str) -> ZoomStackError:
    named = f" called {source}" if source else ""
    return ZoomStackError(
        "missing_source", f"There is no {what}{named}.", f"Choose one of the file's {what}s."
    )


def _mesh(name: str, shape: Callable[[bmesh.types.BMesh], Any]) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    body = bmesh.new()
    shape(body)
    body.to_mesh(mesh)
    body.free()
    mesh.materials.append(_plain(name))
    thing = bpy.data.objects.new(name, mesh)
    if name == "Sphere":
        mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return thing


_SHAPES: dict[str, Callable[[bmesh.types.BMesh], Any]] = {
    "CUBE": lambda body: bmesh.ops.create_cube(body, size=2.0, calc_uvs=True),
    "SPHERE": lambda body: bmesh.ops.create_uvsphere(
        body, u_segments=48, v_segments=24, radius=1.0, calc_uvs=True
    ),
    "MONKEY": lambda body: bmesh.ops.create_monkey(body, calc_uvs=True),
    "PLANE": lambda body: bmesh.ops.create_grid(
        body, x_segments=1, y_segments=1, size=1.0, calc_uvs=True
    ),
}


def _plain(name: str) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    fade_material(material)
    material.diffuse_color = _COLOUR
    return material


def _text(body: str) -> bpy.types.Object:
    curve = bpy.data.curves.new("Text", "FONT")
    curve.body = body
    curve.align_x = curve.align_y = "CENTER"
    curve.materials.append(_plain("Text"))
    return bpy.data.objects.new("Text", curve)


def _picture(image: bpy.types.Image) -> bpy.types.Object:
    """A rectangle of a picture's shape, 1 wide, that shines as the levels do."""
    width, height = (max(side, 1) for side in image.size)
    mesh = bpy.data.meshes.new(image.name)
    set_rectangle(mesh, (0.0, 0.0), width / height)
    material = build_material(image.name, image, None)
    _cut_out(material)
    fade_material(material)
    mesh.materials.append(material)
    thing = bpy.data.objects.new(image.name, mesh)
    thing.visible_shadow = False
    return thing


def _cut_out(material: bpy.types.Material) -> None:
    """Let the picture's own alpha show what lies behind it."""
    tree = material.node_tree
    picture = tree.nodes.active
    output = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    surface = output.inputs["Surface"].links[0].from_socket
    mix = over_nothing(tree, surface, picture.outputs["Alpha"])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
