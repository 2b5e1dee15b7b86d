"""The compositor nodes that lay the things of a zoom over its pictures."""

from __future__ import annotations

from typing import Any

import bpy

from ..blender import compat
from . import keys

_TITLE = "Zoom and Things"
# Where our nodes stand, and what they are to us.
_WIDTH, _HEIGHT = 260.0, 320.0
_FRAME, _LAYER, _JOIN = "frame", "layer", "join"
_ENDS = ("CompositorNodeComposite", "CompositorNodeViewer", "NodeGroupOutput")
_PLAIN = ("CompositorNodeRLayers", "NodeReroute")
_STANDS_FOR = "zoom_stack_stands_for"  # on a Render Layers node of the artist's


def join_layers(scene: bpy.types.Scene, back: str, front: str, shown: str) -> list[str]:
    """Let a scene's compositor show one view layer over another.

    An artist's own nodes stay: what came from the Render Layers node of the layer that was shown
    comes from ours instead.

    Args:
        back, front: names of view layers that are cut out of each other.
        shown: the layer that the artist's nodes may show so far.

    Returns:
        what else there is to know, for people.
    """
    tree = compat.compositor_tree(scene)
    takers = _remove_ours(tree)
    own = not is_bare(scene)
    joined = _add_nodes(tree, scene, back, front)
    output = compat.compositor_output(tree)
    standing = _layer_node(tree, scene, shown)
    if standing is not None:
        takers += [link.to_socket for link in standing.outputs["Image"].links]
        standing[_STANDS_FOR] = True
    elif not output.is_linked and not takers:
        takers = [output]
    for taker in takers:
        tree.links.new(joined, taker)
    if not takers:
        return ["Your compositor nodes show no layer of this scene: connect Zoom and Things there"]
    return ["Your compositor nodes take both layers from the frame Zoom and Things"] if own else []


def part_layers(scene: bpy.types.Scene, own: str) -> None:
    """Take our nodes away; the artist's have their own layer again.

    Args:
        own: the artist's view layer, for nodes that have none.
    """
    tree = compat.present_compositor(scene)
    if tree is None:
        return
    takers = _remove_ours(tree)
    standing = next((node for node in tree.nodes if _STANDS_FOR in node), None)
    if standing is not None:
        del standing[_STANDS_FOR]
    elif any(not _is_end(taker.node) for taker in takers):
        standing = tree.nodes.new("CompositorNodeRLayers")
        standing.scene, standing.layer = scene, own
    if standing is None:
        return
    for taker in takers:
        tree.links.new(standing.outputs["Image"], taker)


def shows_layer(scene: bpy.types.Scene, name: str) -> bool:
    """Whether the artist's compositor nodes use a view layer still."""
    tree = compat.present_compositor(scene)
    return tree is not None and any(
        output.is_linked
        for node in tree.nodes
        if _is_layer(node, scene) and node.layer == name and keys.CATCHER not in node
        for output in node.outputs
    )


def is_bare(scene: bpy.types.Scene) -> bool:
    """Whether a scene's compositor does nothing but show a layer."""
    tree = compat.present_compositor(scene)
    return tree is not None and all(
        node.bl_idname in _PLAIN or _is_end(node) for node in tree.nodes
    )


def _is_end(node: bpy.types.Node) -> bool:
    return node.bl_idname in _ENDS


def _is_layer(node: bpy.types.Node, scene: bpy.types.Scene) -> bool:
    return node.bl_idname == "CompositorNodeRLayers" and node.scene == scene


def _layer_node(tree: bpy.types.NodeTree, scene: bpy.types.Scene, name: str) -> Any | None:
    """The artist's Render Layers node: of the layer that is shown, else any of the scene.

    Where ours stand for one already, no other.
    """
    known = next((node for node in tree.nodes if _STANDS_FOR in node), None)
    if known is not None:
        return known
    nodes = [each for each in tree.nodes if _is_layer(each, scene) and keys.CATCHER not in each]
    linked = [each for each in nodes if each.outputs["Image"].is_linked]
    return next((each for each in linked if each.layer == name), next(iter(linked), None))


def _add_nodes(tree: bpy.types.NodeTree, scene: bpy.types.Scene, back: str, front: str) -> Any:
    before = set(tree.nodes)
    left = min((node.location.x for node in before), default=0.0) - 4.0 * _WIDTH
    top = max((node.location.y for node in before), default=0.0)
    layers = []
    for number, name in enumerate((back, front)):
        node = tree.nodes.new("CompositorNodeRLayers")
        node.scene, node.layer, node.label = scene, name, name
        node.location = (left, top - number * _HEIGHT)
        node[keys.CATCHER] = _LAYER
        layers.append(node)
    joined = compat.add_disjoint_over(tree, *layers)
    frame = tree.nodes.new("NodeFrame")
    frame.label = _TITLE
    frame[keys.CATCHER] = _FRAME
    made = [node for node in tree.nodes if node not in before and node != frame]
    for number, node in enumerate(each for each in made if each not in layers):
        node.location = (left + _WIDTH * (1.2 + 0.8 * number), top - _HEIGHT / 2)
        node[keys.CATCHER] = _JOIN if joined in list(node.outputs) else _LAYER
    for node in made:
        node.parent = frame
    return joined


def _remove_ours(tree: bpy.types.NodeTree) -> list[Any]:
    """Remove our nodes; the sockets that took both layers from them."""
    ours = [node for node in tree.nodes if keys.CATCHER in node]
    joins = [node for node in ours if node[keys.CATCHER] == _JOIN]
    takers = [link.to_socket for node in joins for link in node.outputs[0].links]
    for node in ours:
        tree.nodes.remove(node)
    return takers
