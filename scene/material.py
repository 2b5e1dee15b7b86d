"""The material of a level: its picture as plain light, under a procedural soft border."""

from __future__ import annotations

import bpy

from ..blender.compat import enable_nodes, use_blended_transparency
from . import keys
from .drivers import add_driver

FEATHER_GROUP = "Zoom Feather"
# Keeps a feather of 0 from dividing by it; far below a pixel.
SMALLEST_FEATHER = 1e-6
_SAME = 1e-6  # of a side; single precision tells no less apart


def build_material(
    name: str, image: bpy.types.Image, feather: bpy.types.NodeTree | None
) -> bpy.types.Material:
    """Emission of the picture at strength 1, which the Standard view shows unchanged.

    Args:
        feather: the stack's feather group; None for the widest level, which is opaque.
    """
    material = bpy.data.materials.new(name)
    enable_nodes(material)
    tree = material.node_tree
    tree.nodes.clear()
    output = _add(tree, "ShaderNodeOutputMaterial", 600)
    emission = _add(tree, "ShaderNodeEmission", 200)
    picture = _add(tree, "ShaderNodeTexImage", -100)
    picture.image = image
    picture.interpolation = "Linear"
    picture.extension = "EXTEND"
    tree.links.new(picture.outputs["Color"], emission.inputs["Color"])
    surface = emission.outputs[0]
    if feather is not None:
        surface = _add_feather(tree, surface, feather, image.size[0], image.size[1])
        use_blended_transparency(material)
    tree.links.new(surface, output.inputs["Surface"])
    # Solid view with texture colour shows the active picture.
    tree.nodes.active = picture
    # Hundreds of small lamps would only add noise to attached things.
    if hasattr(material, "cycles"):
        material.cycles.emission_sampling = "NONE"
    return material


def build_feather_group(name: str, root: bpy.types.Object) -> bpy.types.NodeTree:
    """S(dx/f)*S(dy/f), S the smoothstep, d the distance to the border in smaller sides.

    One group for a whole stack: its single value is driven by the root's ["feather"].
    """
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for socket in ("Width", "Height"):
        side = group.interface.new_socket(socket, in_out="INPUT", socket_type="NodeSocketFloat")
        side.default_value = 1.0
    group.interface.new_socket("Opacity", in_out="OUTPUT", socket_type="NodeSocketFloat")
    sides = _add(group, "NodeGroupInput", -800)
    coordinates = _add(group, "ShaderNodeUVMap", -1000, 200)
    split = _add(group, "ShaderNodeSeparateXYZ", -800, 200)
    group.links.new(coordinates.outputs[0], split.inputs[0])
    width = _add(group, "ShaderNodeValue", -400, -300)
    width.label = "Feather"
    add_driver(
        width.outputs[0],
        "default_value",
        f"max(feather, {SMALLEST_FEATHER:g})",
        {"feather": (root, keys.path_to(keys.FEATHER))},
    )
    across = _add_ramp(group, split.outputs[0], sides.outputs[0], width.outputs[0], 200)
    down = _add_ramp(group, split.outputs[1], sides.outputs[1], width.outputs[0], -50)
    product = _add_math(group, "MULTIPLY", across, down, 200, 100)
    result = _add(group, "NodeGroupOutput", 400)
    group.links.new(product, result.inputs[0])
    return group


def is_feather(tree: bpy.types.NodeTree | None) -> bool:
    """Whether a node group is the soft border of a zoom."""
    return tree is not None and tree.name.startswith(FEATHER_GROUP)


def give_border(material: bpy.types.Material, feather: bpy.types.NodeTree) -> None:
    """Let a level that was the widest end in a soft border, as others do."""
    tree = material.node_tree
    output, image = _output_of(tree), picture_in(tree)
    if output is None or image is None or _border_in(tree) is not None:
        return
    link = next(iter(output.inputs["Surface"].links), None)
    if link is None:
        return
    surface = _add_feather(tree, link.from_socket, feather, image.size[0], image.size[1])
    tree.links.new(surface, output.inputs["Surface"])
    use_blended_transparency(material)


def take_border(material: bpy.types.Material) -> None:
    """Let a level that becomes the widest fill its frame."""
    tree = material.node_tree
    mix = _border_in(tree)
    if mix is None:
        return
    for link in list(mix.outputs[0].links):
        for inner in mix.inputs[2].links:
            tree.links.new(inner.from_socket, link.to_socket)


def over_nothing(
    tree: bpy.types.NodeTree,
    surface: bpy.types.NodeSocket,
    opacity: bpy.types.NodeSocket | float,
    x: float = 400.0,
    y: float = 100.0,
) -> bpy.types.Node:
    """The node, at (x, y), that lets what lies behind a surface show below an opacity of 1."""
    nothing = _add(tree, "ShaderNodeBsdfTransparent", x - 200.0, y + 20.0)
    mix = _add(tree, "ShaderNodeMixShader", x, y)
    if isinstance(opacity, float):
        mix.inputs[0].default_value = opacity
    else:
        tree.links.new(opacity, mix.inputs[0])
    tree.links.new(nothing.outputs[0], mix.inputs[1])
    tree.links.new(surface, mix.inputs[2])
    return mix


def swap_picture(material: bpy.types.Material, old: bpy.types.Image, new: bpy.types.Image) -> None:
    """Show another picture wherever a material shows the old one; undo takes it back."""
    if material.node_tree is None or old == new:
        return
    for node in material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeTexImage" and node.image == old:
            node.image = new
            fit_border(material, *new.size[:])


def fit_border(material: bpy.types.Material, width: int, height: int) -> None:
    """Let the soft border follow the shape of another picture, (width, height) in pixels."""
    for node in material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeGroup" and is_feather(node.node_tree):
            _set_sides(node, width, height)


def _set_sides(border: bpy.types.Node, width: int, height: int) -> None:
    """The sides in smaller ones; those of a picture that cannot be read stay as they are."""
    smaller = min(width, height)
    if smaller < 1:
        return
    for name, side in (("Width", width / smaller), ("Height", height / smaller)):
        # Each change has Blender look at the whole material again.
        if abs(border.inputs[name].default_value - side) > _SAME * side:
            border.inputs[name].default_value = side


def _output_of(tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    outputs = [node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"]
    return next((node for node in outputs if node.is_active_output), next(iter(outputs), None))


def picture_in(tree: bpy.types.NodeTree) -> bpy.types.Image | None:
    """The first picture of a material's nodes."""
    nodes = (node for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage")
    return next((node.image for node in nodes if node.image is not None), None)


def _border_in(tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    """The node that mixes a level with what lies behind it, as far as it is in use."""
    for node in tree.nodes:
        if node.bl_idname != "ShaderNodeMixShader" or not node.outputs[0].links:
            continue
        factors = [link.from_node for link in node.inputs[0].links]
        before = [link.from_node for math in factors for link in math.inputs[0].links]
        if any(n.bl_idname == "ShaderNodeGroup" and is_feather(n.node_tree) for n in before):
            return node
    return None


def _add_feather(
    tree: bpy.types.NodeTree,
    surface: bpy.types.NodeSocket,
    feather: bpy.types.NodeTree,
    width: int,
    height: int,
) -> bpy.types.NodeSocket:
    border = _add(tree, "ShaderNodeGroup", -100, 300)
    border.node_tree = feather
    _set_sides(border, width, height)
    info = _add(tree, "ShaderNodeObjectInfo", -100, 550)
    opacity = _add_math(tree, "MULTIPLY", border.outputs[0], info.outputs["Alpha"], 200, 350)
    return over_nothing(tree, surface, opacity).outputs[0]


def _add_ramp(
    group: bpy.types.NodeTree,
    coordinate: bpy.types.NodeSocket,
    side: bpy.types.NodeSocket,
    feather: bpy.types.NodeSocket,
    y: float,
) -> bpy.types.NodeSocket:
    """Smoothstep of the distance to the nearer border over the feather."""
    other = _add_math(group, "SUBTRACT", 1.0, coordinate, -600, y)
    nearer = _add_math(group, "MINIMUM", coordinate, other, -400, y)
    distance = _add_math(group, "MULTIPLY", nearer, side, -200, y)
    ramp = _add(group, "ShaderNodeMapRange", 0, y)
    ramp.interpolation_type = "SMOOTHSTEP"
    group.links.new(distance, ramp.inputs["Value"])
    group.links.new(feather, ramp.inputs["From Max"])
    return ramp.outputs["Result"]


def _add(tree: bpy.types.NodeTree, kind: str, x: float, y: float = 0.0) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    return node


def _add_math(
    tree: bpy.types.NodeTree,
    operation: str,
    first: bpy.types.NodeSocket | float,
    second: bpy.types.NodeSocket | float,
    x: float,
    y: float,
) -> bpy.types.NodeSocket:
    node = _add(tree, "ShaderNodeMath", x, y)
    node.operation = operation
    for socket, value in zip(node.inputs, (first, second), strict=False):
        if isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[0]
