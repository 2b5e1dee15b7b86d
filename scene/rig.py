"""The Empties that carry a zoom.

Root > World > one Empty per level > plane, and root > Dolly > Pan > camera.

The root's ``["camera_travels"]`` splits the zoom between the two branches: 1 scales the Dolly by
2^-zoom (the camera travels), 0 scales the levels by 2^zoom (the world grows past a resting
camera). The picture is the same. The levels are scaled one by one rather than through World, and
their exponent is clamped: no float overflows, however deep the stack is.

The root's origin is the zoom's limit point, so floats keep all their digits where it matters.
"""

from __future__ import annotations

import math

import bpy

from . import keys
from .drivers import Variables, add_driver, add_scale_variable, keep_driver, set_table

# Planes lie this far apart, in their own widths: enough for depth buffers, too little to see.
PLANE_SPACING = 1e-4
# A level this far below or above the view is smaller than a pixel or one colour.
MAX_EXPONENT = 60
# How large an Empty is drawn at most, in widths of the view.
EMPTY_SIZE = 0.03


def new_empty(
    name: str, role: str, collection: bpy.types.Collection, parent: bpy.types.Object | None
) -> bpy.types.Object:
    """An Empty of the rig, under ``parent`` and without an offset of its own."""
    empty = bpy.data.objects.new(name, None)
    empty.empty_display_size = EMPTY_SIZE
    empty.parent = parent
    empty[keys.ROLE] = role
    # What a zoom is made of lies where it lies: a click in the view does not drag it away.
    empty.hide_select = role != keys.ROLE_ROOT
    collection.objects.link(empty)
    return empty


def build_root(
    name: str, collection: bpy.types.Collection, feather: float, fade: float, travels: bool
) -> bpy.types.Object:
    """The root Empty, standing upright: pictures face the front view."""
    root = new_empty(name, keys.ROLE_ROOT, collection, None)
    root.rotation_euler = (math.pi / 2, 0.0, 0.0)
    root.empty_display_type = "CIRCLE"
    root[keys.VERSION] = keys.SCENE_VERSION
    _add_setting(root, keys.FEATHER, feather, 0.5, "Soft border, as a share of the smaller side")
    _add_setting(root, keys.FADE, fade, 1.0, "Share of the way to a level in which it fades in")
    _add_setting(
        root, keys.TRAVEL, float(travels), 1.0, "1: the camera travels; 0: the world grows"
    )
    return root


def build_dolly(
    root: bpy.types.Object, camera: bpy.types.Object, collection: bpy.types.Collection
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Dolly and Pan, the Empties between root and camera; the camera is put under them."""
    dolly = new_empty("Dolly", keys.ROLE_DOLLY, collection, root)
    pan = new_empty("Pan", keys.ROLE_PAN, collection, dolly)
    camera.parent = pan
    for axis in range(3):
        add_driver(dolly, "scale", "pow(2, -zoom*travels)", _zoom(camera, root), axis)
    return dolly, pan


def drive_framing(pan: bpy.types.Object, camera: bpy.types.Object, aspect: float) -> None:
    """Keep the frame the largest of its shape inside level 0, whatever the lens and render size.

    Args:
        aspect: width over height of level 0.
    """
    variables: Variables = {
        "lens": (camera.data, "lens"),
        "sw": (camera.data, "sensor_width"),
        "rx": (None, "render.resolution_x"),
        "ry": (None, "render.resolution_y"),
        "px": (None, "render.pixel_aspect_x"),
        "py": (None, "render.pixel_aspect_y"),
    }
    expression = f"lens/sw*min(1, rx*px/(ry*py*{aspect:.9g})) - {PLANE_SPACING:g}"
    keep_driver(pan, "location", expression, variables, 2)


def drive_pan(
    pan: bpy.types.Object, camera: bpy.types.Object, table: list[tuple[float, float, float]]
) -> None:
    """Follow an off-centre path: (octaves, x, y) rows, positions in view widths."""
    for axis in range(2):
        if table:
            zoom: Variables = {"zoom": (camera, keys.path_to(keys.ZOOM))}
            curve = keep_driver(pan, "location", "zoom", zoom, axis)
            set_table(curve, [(row[0], row[1 + axis]) for row in table])
        else:
            pan.driver_remove("location", axis)
            pan.location[axis] = 0.0


def drive_level_scale(
    level: bpy.types.Object, camera: bpy.types.Object, root: bpy.types.Object, octaves: float
) -> None:
    """Scale a level's Empty: 2^-octaves, times the part of the zoom that the world takes."""
    level[keys.OWN_OCTAVES] = float(octaves)
    exponent = f"zoom*(1-travels){-octaves:+.9g}"
    expression = f"pow(2, clamp({exponent}, -{MAX_EXPONENT}, {MAX_EXPONENT}))"
    for axis in range(3):
        keep_driver(level, "scale", expression, _zoom(camera, root), axis)
    keep_drawn_small(level, camera, root, f"min({octaves:.9g}-zoom, 0)")


def keep_drawn_small(
    empty: bpy.types.Object, camera: bpy.types.Object, root: bpy.types.Object, exponent: str
) -> None:
    """Draw an Empty small however near the camera comes: its lines would cross the picture.

    Args:
        exponent: of 2, in ``zoom`` and ``travels``; undoes the Empty's size in the view.
    """
    expression = f"{EMPTY_SIZE}*pow(2, {exponent})"
    keep_driver(empty, "empty_display_size", expression, _zoom(camera, root))


def drive_clipping(camera: bpy.types.Object, root: bpy.types.Object) -> None:
    """Let the near clipping distance shrink along with the way to the picture."""
    variables = dict(_zoom(camera, root))
    curve = add_driver(camera.data, "clip_start", "0.02*size*pow(2, -zoom*travels)", variables)
    add_scale_variable(curve, "size", root)


def _zoom(camera: bpy.types.Object, root: bpy.types.Object) -> Variables:
    return {
        "zoom": (camera, keys.path_to(keys.ZOOM)),
        "travels": (root, keys.path_to(keys.TRAVEL)),
    }


def _add_setting(
    owner: bpy.types.Object, name: str, value: float, highest: float, description: str
) -> None:
    owner[name] = float(value)
    owner.id_properties_ui(name).update(
        min=0.0, max=highest, soft_min=0.0, soft_max=highest, description=description, precision=3
    )
