"""A level's Empty and the textured plane under it."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ..engine.contract.unrolling import Unrolled
from . import keys
from .drivers import keep_driver
from .rig import PLANE_SPACING, drive_level_scale, new_empty

# A level this many octaves above the view is one colour to it: hide it, to save drawing.
OCTAVES_UNTIL_HIDDEN = 16.0
# In widths of a picture: single precision tells no less apart.
_SAME = 1e-7


def build_level(
    name: str,
    index: int,
    world: bpy.types.Object,
    camera: bpy.types.Object,
    root: bpy.types.Object,
    octaves: float,
    collection: bpy.types.Collection,
) -> bpy.types.Object:
    """The Empty of a level: things attached to it belong to that scale.

    Args:
        index: counted from level 0; where a loop shows levels again, it goes on on either side.
    """
    level = new_empty(name, keys.ROLE_LEVEL, collection, world)
    level[keys.INDEX] = index
    drive_level_scale(level, camera, root, octaves)
    return level


def build_plane(
    level: bpy.types.Object,
    centre: tuple[float, float],
    aspect: float,
    material: bpy.types.Material,
    collection: bpy.types.Collection,
) -> bpy.types.Object:
    """The picture of a level: 1 wide, facing +Z.

    Args:
        centre: of the picture, relative to the zoom's limit point, in its own widths. It goes
            into the mesh: EEVEE sorts see-through planes by their origins, which therefore all
            have to lie on the zoom's axis.
        aspect: width over height.
    """
    name = f"{level.name} Picture"
    mesh = bpy.data.meshes.new(name)
    set_rectangle(mesh, centre, aspect)
    mesh.materials.append(material)
    plane = bpy.data.objects.new(name, mesh)
    plane.parent = level
    plane.location = (0.0, 0.0, -PLANE_SPACING)
    plane[keys.ROLE] = keys.ROLE_PLANE
    plane.hide_select = True
    plane[keys.INDEX] = level[keys.INDEX]
    # A picture of light: it neither blocks nor catches the light of attached things.
    plane.visible_shadow = False
    collection.objects.link(plane)
    return plane


def set_rectangle(mesh: bpy.types.Mesh, centre: tuple[float, float], aspect: float) -> None:
    """Fill an empty mesh with one rectangle and its texture coordinates."""
    mesh.from_pydata(_corners(centre, aspect), [], [(0, 1, 2, 3)])
    layer = mesh.uv_layers.new(name="UVMap")
    for loop, uv in zip(layer.data, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        loop.uv = uv
    mesh.update()


def _corners(centre: tuple[float, float], aspect: float) -> list[tuple[float, float, float]]:
    (x, y), half_height = centre, 0.5 / aspect
    return [
        (x - 0.5, y - half_height, 0.0),
        (x + 0.5, y - half_height, 0.0),
        (x + 0.5, y + half_height, 0.0),
        (x - 0.5, y + half_height, 0.0),
    ]


def move_rectangle(mesh: bpy.types.Mesh, centre: tuple[float, float], aspect: float) -> None:
    """Put the rectangle of a level elsewhere; other meshes, which an artist has made, stay."""
    if len(mesh.vertices) != 4:
        return
    corners = _corners(centre, aspect)
    pairs = list(zip(mesh.vertices, corners, strict=True))
    if all((vertex.co - Vector(corner)).length < _SAME for vertex, corner in pairs):
        return
    for vertex, corner in pairs:
        vertex.co = corner
    mesh.update()


def drive_visibility(
    plane: bpy.types.Object,
    camera: bpy.types.Object,
    root: bpy.types.Object,
    unrolled: Unrolled,
    position: int,
) -> None:
    """Fade a level in between its parent's octaves and its own, and hide it when it is unseen.

    ``Unrolled.opacity`` in the object's alpha, which the material reads.

    Args:
        position: of the plane's level among those of ``unrolled``.
    """
    octaves = unrolled.octaves
    zoom = {"zoom": (camera, keys.path_to(keys.ZOOM))}
    both = {**zoom, "fade": (root, keys.path_to(keys.FADE))}
    hidden = []
    if position > 0:
        parent, own = octaves[position - 1], octaves[position]
        ramp = f"(zoom{-parent:+.9g})/(fade*{own - parent:.9g})"
        keep_driver(plane, "color", f"1 if fade <= 0 else clamp({ramp})", both, 3)
        unseen = f"zoom <= {parent:.9g}"
        hidden.append(unseen if unrolled.turn is not None else f"(fade > 0 and {unseen})")
    else:
        plane.driver_remove("color", 3)
    if position < len(octaves) - 1:
        hidden.append(f"zoom > {octaves[position] + OCTAVES_UNTIL_HIDDEN:.9g}")
    for path in ("hide_viewport", "hide_render"):
        if hidden:
            keep_driver(plane, path, " or ".join(hidden), both if position > 0 else zoom)
        else:
            plane.driver_remove(path)
