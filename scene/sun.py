"""The sun of a zoom and the black world around it: lit pictures look as they are.

A picture that scatters light shows strength * cos(angle) / pi of it. The sun's strength undoes
that by a driver on the sun's own rotation, however it is turned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import bpy
from mathutils import Vector

from ..blender.compat import enable_nodes, nodes_in_use
from ..blender.texts import names_text
from ..engine.contract.errors import ZoomStackError
from . import keys
from .drivers import add_driver
from .finding import looking_once, octaves_of, shown_roots
from .receiving import light_levels, lit_levels, stop_receiving

# Radians. From the upper left, as light falls in drawings.
ANGLE = math.radians(45.0)
DIRECTION = math.radians(225.0)
# Beyond this angle the sun grazes the pictures, and its strength grows no more.
GRAZING = math.radians(85.0)
_SAME_DIRECTION = 0.9999  # cosine of the angle between two zooms
_AWAY = 0.75  # from the zoom's axis, in widths of level 0: beside the picture


@dataclass
class Lit:
    """What *Set Up Light* did, for people.

    Attributes:
        notes: sentences about what was made and what else is lit.
    """

    sun: bpy.types.Object
    notes: list[str] = field(default_factory=list)


def sun_of(root: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The sun of a zoom, as far as a scene has it."""
    sun = root.get(keys.SUN)
    there = isinstance(sun, bpy.types.Object) and scene.objects.get(sun.name) == sun
    return sun if there and sun.type == "LIGHT" else None


def set_up_light(
    root: bpy.types.Object,
    scene: bpy.types.Scene,
    numbers: list[int],
    angle: float = ANGLE,
    direction: float = DIRECTION,
    share: float = 1.0,
) -> Lit:
    """Give a zoom a sun, a black world, and levels that take light; again to change them.

    Args:
        numbers: of the levels, from 0, whose pictures take light.
        angle: between the sun's rays and the pictures' normal, in radians.
        direction: from which the rays come, in radians, counter-clockwise from below.
        share: of those pictures that is lit, 0 to 1.

    Raises:
        ZoomStackError: codes ``two_suns``, ``own_material``; nothing is changed then by the first.
    """
    sun = sun_of(root, scene)
    notes = []
    if sun is None:
        sun = _shared_sun(root, scene)
        if sun is not None:
            notes.append(f"{sun.name}, which lights another zoom of this scene, lights this one")
        else:
            sun = _build_sun(root)
            notes.append(f"Made {sun.name}")
        root[keys.SUN] = sun
    sun.rotation_mode = "XYZ"
    sun.rotation_euler = (angle, 0.0, direction)
    notes += _darken_world(scene)
    if not scene.eevee.use_shadows:
        scene.eevee.use_shadows = True
        scene[keys.NO_SHADOWS] = True
        notes.append("EEVEE casts shadows")
    notes += [error.text for error in light_levels(root, numbers, share)]
    others = [each.name for each in _other_lamps(scene)]
    if others:
        notes.append(
            f"These light the pictures too, beyond their own colours: {names_text(others)}"
        )
    return Lit(sun, notes)


def remove_light(root: bpy.types.Object, scene: bpy.types.Scene) -> list[str]:
    """Take a zoom's sun away, let its pictures shine by themselves, and give the world back.

    Sun and world stay as long as another zoom of the scene takes light.

    Returns:
        what was done, for people.
    """
    with looking_once():
        for number in range(len(octaves_of(root))):
            stop_receiving(root, number)
    sun = sun_of(root, scene)
    if keys.SUN in root:
        del root[keys.SUN]
    others = [each for each in _roots_of(scene) if each != root and lit_levels(each)]
    if others:
        if sun is not None and not any(sun_of(each, scene) == sun for each in others):
            others[0][keys.SUN] = sun
        return ["Sun and world stay for the other zooms of this scene"]
    notes = []
    if sun is not None:
        notes.append(f"Removed {sun.name}")
        light = sun.data
        bpy.data.objects.remove(sun)
        if light.users == 0:
            bpy.data.lights.remove(light)
    if scene.pop(keys.NO_SHADOWS, False):
        scene.eevee.use_shadows = False
    return [*notes, *_give_world_back(scene)]


def has_black_world(scene: bpy.types.Scene) -> bool:
    """Whether the world is one that *Set Up Light* has made."""
    return scene.world is not None and keys.BLACK_WORLD in scene.world


def _build_sun(root: bpy.types.Object) -> bpy.types.Object:
    name = f"{root.name} Sun"
    light = bpy.data.lights.new(name, "SUN")
    sun = bpy.data.objects.new(name, light)
    sun.parent = root
    sun.location = (-_AWAY, _AWAY, _AWAY)
    for collection in root.users_collection:
        collection.objects.link(sun)
    _drive_strength(sun)
    return sun


def _drive_strength(sun: bpy.types.Object) -> None:
    least = math.cos(GRAZING)
    expression = f"pi/max(cos(x)*cos(y), {least:.6g})"
    curve = add_driver(sun.data, "energy", expression, {})
    for name, channel in (("x", "ROT_X"), ("y", "ROT_Y")):
        variable = curve.driver.variables.new()
        variable.name = name
        variable.type = "TRANSFORMS"
        target = variable.targets[0]
        target.id = sun
        target.transform_type = channel
        # Turned by hand in whatever way, the cosine is that of these two.
        target.rotation_mode = "XYZ"
        target.transform_space = "LOCAL_SPACE"


def _shared_sun(root: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The sun of another zoom in the scene, which lights this one as well.

    Raises:
        ZoomStackError: code ``two_suns``, where the other zoom faces elsewhere.
    """
    for other in _roots_of(scene):
        sun = sun_of(other, scene) if other != root else None
        if sun is None:
            continue
        facing = [each.matrix_world.to_3x3() @ Vector((0, 0, 1)) for each in (root, other)]
        if facing[0].normalized().dot(facing[1].normalized()) > _SAME_DIRECTION:
            return sun
        raise ZoomStackError(
            "two_suns",
            f"{sun.name} lights all of this scene, and {other.name} faces another way than "
            f"{root.name}: a second sun would light both.",
            f"Remove the light of {other.name}, or move one of the zooms to a scene of its own.",
        )
    return None


def _roots_of(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [each for each in shown_roots() if scene.objects.get(each.name) == each]


def _other_lamps(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """Lamps of the artist that reach every level: not those that hang on one."""
    suns = [sun_of(each, scene) for each in _roots_of(scene)]
    lamps = [each for each in scene.objects if each.type == "LIGHT" and not each.hide_render]
    return [each for each in lamps if each not in suns and keys.LAMP_POWER not in each]


def _darken_world(scene: bpy.types.Scene) -> list[str]:
    before = scene.world
    if before is None or _is_black(before):
        return []
    black = bpy.data.worlds.new("Zoom Black")
    enable_nodes(black)
    black.color = (0.0, 0.0, 0.0)
    for node in black.node_tree.nodes:
        if node.bl_idname == "ShaderNodeBackground":
            node.inputs["Color"].default_value = (0.0, 0.0, 0.0, 1.0)
            node.inputs["Strength"].default_value = 0.0
    black[keys.BLACK_WORLD] = True
    scene[keys.WORLD_BEFORE] = before
    scene.world = black
    return [f"The world is black; {before.name} is kept and comes back with Remove Light"]


def _is_black(world: bpy.types.World) -> bool:
    """Whether a world gives no light, as far as plain values say."""
    tree = nodes_in_use(world)
    if tree is None:
        return not any(world.color)
    backgrounds = [node for node in tree.nodes if node.bl_idname == "ShaderNodeBackground"]
    if any(node.bl_idname.startswith("ShaderNodeVolume") for node in tree.nodes):
        return False
    return all(
        _is_zero(node.inputs["Strength"]) or _is_zero(node.inputs["Color"]) for node in backgrounds
    )


def _is_zero(socket: bpy.types.NodeSocket) -> bool:
    value = socket.default_value
    colour = [value] if isinstance(value, float) else list(value)[:3]
    return not socket.is_linked and not any(colour)


def _give_world_back(scene: bpy.types.Scene) -> list[str]:
    before = scene.get(keys.WORLD_BEFORE)
    if keys.WORLD_BEFORE in scene:
        del scene[keys.WORLD_BEFORE]
    black = scene.world
    if black is None or keys.BLACK_WORLD not in black:
        return []  # the artist has chosen another one
    scene.world = before if isinstance(before, bpy.types.World) else None
    if black.users == 0:
        bpy.data.worlds.remove(black)
    return [f"The world is {scene.world.name} again"] if scene.world is not None else []
