"""Levels whose pictures take light and shadow: Emission (1 - k) + Diffuse k of the picture.

k is the plain ID property ``["receives_light"]`` of the level's Empty, which a simple driver
brings into the material. The nodes are there only as long as the level has that property: without
it the material is the plain Emission that it was.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..blender.compat import remove_fcurve
from ..engine.contract.errors import ZoomStackError
from . import keys
from .drivers import add_driver
from .finding import looking_once, octaves_of, parts
from .owners import is_driven, is_keyed

_NODE = "Receives Light"
_DIFFUSE = "Lit Picture"


def receivers_of(root: bpy.types.Object) -> dict[int, bpy.types.Object]:
    """The Empties whose properties say how much of levels' pictures is lit, by levels' numbers."""
    count = max(len(octaves_of(root)), 1)
    found: dict[int, bpy.types.Object] = {}
    for plane in parts(root, keys.ROLE_PLANE):
        number = int(plane.get(keys.INDEX, -1)) % count
        holder = _receiver(plane.active_material) if number not in found else None
        if holder is not None:
            found[number] = holder
    return found


def receiver_of(root: bpy.types.Object, number: int) -> bpy.types.Object | None:
    """The Empty whose property says how much of a level's picture is lit, if the level is.

    Args:
        number: of the level, from 0.
    """
    found = (_receiver(material) for material in _materials(root, number))
    return next((each for each in found if each is not None), None)


def _receiver(material: bpy.types.Material | None) -> bpy.types.Object | None:
    if material is None or material.node_tree is None:
        return None
    mix = _mix_in(material.node_tree)
    holder = _driving(material.node_tree, mix) if mix is not None else None
    return holder if holder is not None and keys.RECEIVES_LIGHT in holder else None


def receives_light(root: bpy.types.Object, number: int) -> float:
    """How much of a level's picture is lit, 0 to 1, at the present frame."""
    holder = receiver_of(root, number)
    return float(holder[keys.RECEIVES_LIGHT]) if holder is not None else 0.0


def lit_levels(root: bpy.types.Object) -> list[int]:
    """The numbers of levels that take light, the widest first."""
    return sorted(receivers_of(root))


def set_receives_light(root: bpy.types.Object, number: int, share: float) -> None:
    """Let a level's picture take light.

    Args:
        number: of the level, from 0.
        share: 0 to 1; 0 takes the nodes away again, unless the property is animated.

    Raises:
        ZoomStackError: code ``own_material``, where no material shows a picture by Emission.
    """
    holder = receiver_of(root, number) or _empty_of(root, number)
    if share <= 0.0 and not (holder is not None and _is_animated(holder)):
        stop_receiving(root, number)
        return
    materials = _materials(root, number)
    emitting = [each for each in materials if _emission_in(each.node_tree) is not None]
    if holder is None or not emitting:
        raise ZoomStackError(
            "own_material",
            f"The material of level {number + 1} of {root.name} is one of your own: "
            "it has no Emission of a picture that could be mixed with light.",
            "Mix a Diffuse BSDF of its picture in yourself.",
        )
    _give_property(holder, share)
    for material in emitting:
        _add_light(material, holder)
    holder.update_tag()


def light_levels(
    root: bpy.types.Object, numbers: Iterable[int], share: float
) -> list[ZoomStackError]:
    """Let the pictures of several levels take light; returns why some of them do not.

    Args:
        numbers: of the levels, from 0.
        share: see ``set_receives_light``.
    """
    failed = []
    with looking_once():  # materials change, and no object
        for number in numbers:
            try:
                set_receives_light(root, number, share)
            except ZoomStackError as error:
                failed.append(error)
    return failed


def stop_receiving(root: bpy.types.Object, number: int) -> None:
    """Let a level's picture shine by itself alone again, its animated share taken away too."""
    holder = receiver_of(root, number)
    for material in _materials(root, number):
        _take_light(material)
    if holder is not None:
        remove_fcurve(holder, keys.path_to(keys.RECEIVES_LIGHT))
        holder.driver_remove(keys.path_to(keys.RECEIVES_LIGHT))
        del holder[keys.RECEIVES_LIGHT]
        holder.update_tag()


def light_new_levels(root: bpy.types.Object, new: Iterable[int]) -> None:
    """After an update: new levels take light as the next wider one does, else the next deeper.

    Args:
        new: numbers of levels that were not there before.
    """
    lit = receivers_of(root)
    if not lit:
        return
    with looking_once():
        fresh, count = set(new), len(octaves_of(root))
        older = [number for number in range(count) if number not in fresh]
        for number in range(count):
            wider = [each for each in older if each <= number]
            holder = lit.get(wider[-1] if wider else min(older, default=number))
            if holder is None:
                continue
            if number in fresh:
                set_receives_light(root, number, float(holder[keys.RECEIVES_LIGHT]))
            else:  # what a loop shows again may be new, with a material of its own
                _follow(root, number, holder)


def _follow(root: bpy.types.Object, number: int, holder: bpy.types.Object) -> None:
    for material in _materials(root, number):
        if _emission_in(material.node_tree) is not None:
            _add_light(material, holder)


def _planes(root: bpy.types.Object, number: int) -> list[bpy.types.Object]:
    """The planes of a level, also those that a loop shows again."""
    count = len(octaves_of(root))
    planes = parts(root, keys.ROLE_PLANE)
    return [plane for plane in planes if int(plane.get(keys.INDEX, -1)) % count == number]


def _materials(root: bpy.types.Object, number: int) -> list[bpy.types.Material]:
    """Those of this file that a level's planes have, each once."""
    found = [plane.active_material for plane in _planes(root, number)]
    return [
        each
        for each in dict.fromkeys(found)
        if each is not None and each.library is None and each.node_tree is not None
    ]


def _empty_of(root: bpy.types.Object, number: int) -> bpy.types.Object | None:
    levels = parts(root, keys.ROLE_LEVEL)
    return next((each for each in levels if each.get(keys.INDEX) == number), None)


def _emission_in(tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    """The node that shows the picture as light."""
    for node in tree.nodes:
        if node.bl_idname == "ShaderNodeEmission" and node.inputs["Color"].links:
            return node if node.outputs[0].links else None
    return None


def _mix_in(tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    """Our node between Emission and Diffuse."""
    return next((node for node in tree.nodes if node.get(keys.ROLE) == keys.RECEIVES_LIGHT), None)


def _driving(tree: bpy.types.NodeTree, mix: bpy.types.Node) -> bpy.types.Object | None:
    """The Empty that the driver of a mix reads."""
    animation = tree.animation_data
    path = mix.inputs[0].path_from_id("default_value")
    curve = animation.drivers.find(path) if animation is not None else None
    variable = next(iter(curve.driver.variables), None) if curve is not None else None
    item = variable.targets[0].id if variable is not None else None
    return item if isinstance(item, bpy.types.Object) else None


def _give_property(holder: bpy.types.Object, share: float) -> None:
    holder[keys.RECEIVES_LIGHT] = min(float(share), 1.0)
    holder.id_properties_ui(keys.RECEIVES_LIGHT).update(
        min=0.0,
        max=1.0,
        soft_min=0.0,
        soft_max=1.0,
        precision=3,
        description="How much of the picture is lit by lamps instead of shining by itself",
    )


def _add_light(material: bpy.types.Material, holder: bpy.types.Object) -> None:
    tree = material.node_tree
    emission, mix = _emission_in(tree), _mix_in(tree)
    if emission is None:
        return
    if mix is not None:
        if _driving(tree, mix) == holder:
            return
        _take_light(material)
    x, y = emission.location
    diffuse = tree.nodes.new("ShaderNodeBsdfDiffuse")
    diffuse.name = diffuse.label = _DIFFUSE
    diffuse.location = (x, y - 120.0)
    diffuse[keys.ROLE] = keys.ROLE_LIT
    mix = tree.nodes.new("ShaderNodeMixShader")
    mix.name = mix.label = _NODE
    mix.location = (x + 180.0, y - 60.0)
    mix[keys.ROLE] = keys.RECEIVES_LIGHT
    tree.links.new(emission.inputs["Color"].links[0].from_socket, diffuse.inputs["Color"])
    for link in list(emission.outputs[0].links):
        tree.links.new(mix.outputs[0], link.to_socket)
    tree.links.new(emission.outputs[0], mix.inputs[1])
    tree.links.new(diffuse.outputs[0], mix.inputs[2])
    light = {"light": (holder, keys.path_to(keys.RECEIVES_LIGHT))}
    add_driver(mix.inputs[0], "default_value", "clamp(light)", light)


def _take_light(material: bpy.types.Material) -> None:
    tree = material.node_tree
    mix = _mix_in(tree)
    if mix is None:
        return
    mix.inputs[0].driver_remove("default_value")
    shining = next(iter(mix.inputs[1].links), None)
    for link in list(mix.outputs[0].links):
        if shining is not None:
            tree.links.new(shining.from_socket, link.to_socket)
    for node in [each for each in tree.nodes if each.get(keys.ROLE) == keys.ROLE_LIT]:
        tree.nodes.remove(node)
    tree.nodes.remove(mix)


def _is_animated(holder: bpy.types.Object) -> bool:
    path = keys.path_to(keys.RECEIVES_LIGHT)
    return is_driven(holder, path) or is_keyed(holder, path)
