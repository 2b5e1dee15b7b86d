"""The aeroplane of the example: a small mesh of its own, as an artist would model one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import bmesh
import bpy
from mathutils import Matrix, Vector

from . import bpy_session

_RED, _WHITE, _DARK = (0.62, 0.03, 0.02), (0.85, 0.84, 0.8), (0.03, 0.035, 0.05)
_PAINTS = (("Plane Red", _RED, 0.35), ("Plane White", _WHITE, 0.35), ("Plane Dark", _DARK, 0.15))
_RED_PAINT, _WHITE_PAINT, _DARK_PAINT = 0, 1, 2
# Half widths of the body along its length: (place from the tail, across, up), in lengths.
_BODY = (
    (0.00, 0.012, 0.030),
    (0.10, 0.022, 0.040),
    (0.40, 0.055, 0.070),
    (0.65, 0.070, 0.085),
    (0.88, 0.066, 0.075),
    (0.97, 0.045, 0.050),
    (1.00, 0.012, 0.012),
)
_AROUND = 16
# Wings, their tips and the tailplane, on the right: (middle, size, paint).
_WINGS = (
    ((0.34, 0.13, 0.045), (0.62, 0.19, 0.022), _RED_PAINT),
    ((0.61, 0.13, 0.047), (0.08, 0.15, 0.024), _WHITE_PAINT),
    ((0.13, -0.44, 0.02), (0.24, 0.11, 0.014), _RED_PAINT),
)


def build_aeroplane(name: str) -> bpy.types.Object:
    """An aeroplane seen from above in the top view: nose along +Y, 1 long, 1.3 from tip to tip.

    It is in no collection yet.
    """
    mesh = bpy.data.meshes.new(name)
    for name_of_paint, colour, roughness in _PAINTS:
        mesh.materials.append(_painted(name_of_paint, colour, roughness))
    shape = bmesh.new()
    _add_body(shape)
    for side in (-1.0, 1.0):
        for middle, size, paint in _WINGS:
            place = Vector((side * middle[0], middle[1], middle[2]))
            _add_wing(shape, place, size, side, paint)
    _add_box(shape, Vector((0.0, -0.44, 0.09)), (0.014, 0.12, 0.14), _RED_PAINT)
    _add_box(shape, Vector((0.0, 0.20, 0.075)), (0.07, 0.12, 0.05), _DARK_PAINT)
    _add_box(shape, Vector((0.0, 0.505, 0.0)), (0.34, 0.008, 0.022), _DARK_PAINT)
    shape.to_mesh(mesh)
    shape.free()
    return bpy.data.objects.new(name, mesh)


def _painted(name: str, colour: Sequence[float], roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    bpy_session.submodule("blender.compat").enable_nodes(material)
    shader = next(n for n in material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    material.diffuse_color = (*colour, 1.0)
    return material


def _add_body(shape: bmesh.types.BMesh) -> None:
    rings = []
    for place, across, up in _BODY:
        turns = (2.0 * math.pi * step / _AROUND for step in range(_AROUND))
        rings.append(
            [
                shape.verts.new((across * math.cos(turn), place - 0.5, up * math.sin(turn)))
                for turn in turns
            ]
        )
    for ring, following in itertools.pairwise(rings):
        for step in range(_AROUND):
            after = (step + 1) % _AROUND
            corners = (ring[step], following[step], following[after], ring[after])
            _paint(shape.faces.new(corners), _WHITE_PAINT, smooth=True)
    _paint(shape.faces.new(rings[0]), _RED_PAINT)
    _paint(shape.faces.new(list(reversed(rings[-1]))), _RED_PAINT)


def _add_wing(
    shape: bmesh.types.BMesh,
    middle: Vector,
    size: tuple[float, float, float],
    side: float,
    paint: int,
) -> None:
    """A slab that narrows and rises a little towards its tip."""
    corners = _add_box(shape, middle, size, paint)
    for corner in corners:
        out = (corner.co.x - middle.x) * side / size[0] + 0.5
        corner.co.y = middle.y + (corner.co.y - middle.y) * (1.0 - 0.25 * out)
        corner.co.z += 0.02 * out


def _add_box(
    shape: bmesh.types.BMesh, middle: Vector, size: tuple[float, float, float], paint: int
) -> list[bmesh.types.BMVert]:
    place = Matrix.Translation(middle) @ Matrix.Diagonal((*size, 1.0))
    made: list[bmesh.types.BMVert] = bmesh.ops.create_cube(shape, size=1.0, matrix=place)["verts"]
    for face in {face for corner in made for face in corner.link_faces}:
        _paint(face, paint)
    return made


def _paint(face: bmesh.types.BMFace, paint: int, smooth: bool = False) -> None:
    face.material_index = paint
    face.smooth = smooth
