"""Let the material of a thing follow the object's alpha, by which a range fades it."""

from __future__ import annotations

import bpy

from ..blender.compat import enable_nodes
from .material import over_nothing
from .spaces import below

# Known by this; an artist may give its node another place and name.
_MARK = "Zoom Fade"


def add_fade(thing: bpy.types.Object) -> list[str]:
    """Mix transparency into the materials of a thing and of what hangs on it, by object alpha.

    Objects of the same material elsewhere look as before: their alpha is 1. What has none gets one.

    Returns:
        names of materials that cannot follow: linked ones, and such as have no surface.
    """
    left = {}
    for item in below(thing):
        if not hasattr(item.data, "materials"):
            continue
        slots = [slot.material for slot in item.material_slots]
        if not any(slots):
            _give_material(item)
        for material in [slot.material for slot in item.material_slots]:
            if material is not None and not fade_material(material):
                left[material.name] = True
    return list(left)


def fades(material: bpy.types.Material) -> bool:
    """Whether a material follows the object's alpha already, in our way."""
    tree = material.node_tree
    return tree is not None and any(node.label == _MARK for node in tree.nodes)


def fade_material(material: bpy.types.Material) -> bool:
    """Mix transparency into one material; False where it cannot be."""
    if fades(material):
        return True
    if material.library is not None or material.override_library is not None:
        return False
    enable_nodes(material)
    tree = material.node_tree
    outputs = [node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"]
    used = [node for node in outputs if node.is_active_output] or outputs
    link = next((each for node in used for each in node.inputs["Surface"].links), None)
    if link is None:
        return False
    surface, target = link.from_socket, link.to_socket
    x, y = link.to_node.location
    link.to_node.location.x += 250
    info = tree.nodes.new("ShaderNodeObjectInfo")
    info.location = (x - 200, y + 330)
    mix = over_nothing(tree, surface, info.outputs["Alpha"], x, y)
    mix.label = _MARK
    tree.links.new(mix.outputs[0], target)
    return True


def _give_material(item: bpy.types.Object) -> None:
    material = bpy.data.materials.new(item.name)
    enable_nodes(material)
    if item.material_slots:
        item.material_slots[0].material = material
    else:
        item.data.materials.append(material)
