"""Every difference between Blender versions that Zoom Stack has to know, 4.2 LTS to 5.2.

No other file looks at ``bpy.app.version``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def eevee_engine() -> str:
    """EEVEE's engine id: 4.2-4.5 carry the ``_NEXT`` of the rewrite, 5.0 took the name back."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def enable_nodes(owner: bpy.types.Material | bpy.types.World) -> None:
    """Give a material or world its node tree; from 5.0 it always has one."""
    if bpy.app.version < (5, 0, 0):
        owner.use_nodes = True


def nodes_in_use(owner: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree | None:
    """The node tree by which a material or world is shaded, if it is."""
    if bpy.app.version < (5, 0, 0) and not owner.use_nodes:
        return None
    return owner.node_tree


def blend_relative() -> set[str]:
    """Options of a path property that may start with "//"; 4.5 and newer want to be told."""
    return {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


def fcurves_of(owner: bpy.types.ID) -> list[Any]:
    """The F-curves that animate ``owner`` through its own action; empty without one."""
    return [curve for bag in _curve_bags(owner) for curve in bag]


def _curve_bags(owner: bpy.types.ID) -> list[Any]:
    """The collections of these F-curves: from 4.4 an action has some for each of its slots."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return []
    if bpy.app.version < (4, 4, 0):
        return [animation.action.fcurves]
    slot = animation.action_slot
    strips = [strip for layer in animation.action.layers for strip in layer.strips]
    bags = [strip.channelbag(slot) for strip in strips] if slot is not None else []
    return [bag.fcurves for bag in bags if bag is not None]


def animation_of(owner: bpy.types.ID) -> tuple[Any, int]:
    """What tells apart the F-curves of owners: the action, and the part of it that is theirs.

    Owners of one action share its curves; from 4.4 those of one of its slots.
    """
    animation = owner.animation_data
    slot = animation.action_slot if bpy.app.version >= (4, 4, 0) else None
    return animation.action, slot.handle if slot is not None else 0


def take_own_action(owner: bpy.types.ID) -> None:
    """Give ``owner`` a copy of its action; other users keep the present one."""
    animation, (_, handle) = owner.animation_data, animation_of(owner)
    animation.action = animation.action.copy()
    if bpy.app.version >= (4, 4, 0):
        slots = (slot for slot in animation.action.slots if slot.handle == handle)
        animation.action_slot = next(slots, None)


def clear_driver_curve(curve: Any) -> None:
    """Make a new driver's F-curve pass its value through unchanged.

    4.x adds a Generator modifier; 5.0 and newer add two keys, which snap small results to 0.
    """
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    while curve.keyframe_points:
        curve.keyframe_points.remove(curve.keyframe_points[-1], fast=True)


def use_blended_transparency(material: bpy.types.Material) -> None:
    """Sorted alpha blending: EEVEE's dithered transparency composites feathered planes wrongly."""
    material.surface_render_method = "BLENDED"


def save_picture_as(image: bpy.types.Image, file: Path) -> None:
    """Write what a picture shows now, painted or not, to another file.

    4.2 may let the picture name that file from then on.
    """
    if "save_copy" in bpy.types.Image.bl_rna.functions["save"].parameters:
        image.save(filepath=str(file), save_copy=True)
    else:
        image.save(filepath=str(file))


def set_video_output(scene: bpy.types.Scene) -> None:
    """H.264 in an MP4 file, plain 4:2:0 so that every player shows it."""
    render = scene.render
    if bpy.app.version >= (5, 0, 0):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format = "MPEG4"
    render.ffmpeg.codec = "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.ffmpeg_preset = "GOOD"
    render.ffmpeg.audio_codec = "NONE"


def set_picture_output(scene: bpy.types.Scene) -> None:
    """8-bit RGB PNG."""
    settings = scene.render.image_settings
    if bpy.app.version >= (5, 0, 0):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"


def remove_fcurve(owner: bpy.types.ID, path: str) -> None:
    """Take the animation of one property out of the action of ``owner``."""
    for bag in _curve_bags(owner):
        for curve in [each for each in bag if each.data_path == path]:
            bag.remove(curve)


def compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """The compositor's nodes of a scene alone, in use; made where there are none.

    Up to 4.5 each scene has its own. From 5.0 they are a group, which scenes may share.
    """
    if bpy.app.version < (5, 0, 0):
        scene.use_nodes = True
        return scene.node_tree
    tree = scene.compositing_node_group
    if tree is None:
        tree = bpy.data.node_groups.new(f"{scene.name} Compositing", "CompositorNodeTree")
    elif tree.users > 1 or tree.library is not None:
        tree = tree.copy()
    scene.compositing_node_group = tree
    return tree


def has_compositor(scene: bpy.types.Scene) -> bool:
    """Whether a scene's compositor nodes are in use, or there from an earlier use."""
    if bpy.app.version < (5, 0, 0):
        return bool(scene.use_nodes)
    return scene.compositing_node_group is not None


def present_compositor(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The compositor's nodes of a scene, if there are any."""
    if bpy.app.version < (5, 0, 0):
        return scene.node_tree
    return scene.compositing_node_group


def drop_compositor(scene: bpy.types.Scene) -> None:
    """Put a scene's compositor out of use; a group that nothing else uses is removed."""
    if bpy.app.version < (5, 0, 0):
        scene.use_nodes = False
        return
    tree = scene.compositing_node_group
    scene.compositing_node_group = None
    if tree is not None and tree.users == 0:
        bpy.data.node_groups.remove(tree)


def compositor_output(tree: bpy.types.NodeTree) -> Any:
    """The socket that takes the compositor's picture; made where there is none."""
    if bpy.app.version < (5, 0, 0):
        kind = "CompositorNodeComposite"
        node = next((each for each in tree.nodes if each.bl_idname == kind), None)
        return (node or tree.nodes.new(kind)).inputs["Image"]
    if not any(item.item_type == "SOCKET" for item in tree.interface.items_tree):
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    node = next((each for each in tree.nodes if each.bl_idname == "NodeGroupOutput"), None)
    return (node or tree.nodes.new("NodeGroupOutput")).inputs[0]


def add_disjoint_over(tree: bpy.types.NodeTree, back: Any, front: Any) -> Any:
    """Lay one layer over another that has a hole where the first one is; the result's socket.

    Colours and alphas are added, which 5.0 calls Disjoint Over.

    Args:
        back: the Render Layers node behind.
        front: the one in front.
    """
    if bpy.app.version >= (5, 0, 0):
        over = tree.nodes.new("CompositorNodeAlphaOver")
        over.inputs["Type"].default_value = "Disjoint Over"
        tree.links.new(back.outputs["Image"], over.inputs["Background"])
        tree.links.new(front.outputs["Image"], over.inputs["Foreground"])
        return over.outputs[0]
    colours = tree.nodes.new("CompositorNodeMixRGB")
    colours.blend_type = "ADD"
    alphas = tree.nodes.new("CompositorNodeMath")
    alphas.operation = "ADD"
    result = tree.nodes.new("CompositorNodeSetAlpha")
    result.mode = "REPLACE_ALPHA"
    for number, layer in enumerate((back, front)):
        tree.links.new(layer.outputs["Image"], colours.inputs[1 + number])
        tree.links.new(layer.outputs["Alpha"], alphas.inputs[number])
    tree.links.new(colours.outputs[0], result.inputs["Image"])
    tree.links.new(alphas.outputs[0], result.inputs["Alpha"])
    return result.outputs[0]


def _strips(scene: bpy.types.Scene) -> list[Any]:
    """What lies in a scene's video sequencer; 4.4 gave it another name, 5.0 dropped the old one."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def shows_strips(scene: bpy.types.Scene) -> bool:
    """Whether a scene's video sequencer has pictures, and not sound alone."""
    return any(strip.type != "SOUND" and not strip.mute for strip in _strips(scene))


def has_sound(scene: bpy.types.Scene) -> bool:
    """Whether a scene's video sequencer has sound to be heard."""
    return any(strip.type == "SOUND" and not strip.mute for strip in _strips(scene))


class NewAction:
    """An action for an owner, which has what the owner's own action has; not yet in use.

    From 4.4 actions have slots, and owners of one action each have their own F-curves in it.
    """

    def __init__(self, owner: bpy.types.ID, name: str) -> None:
        animation = owner.animation_data
        base = animation.action if animation is not None else None
        self.action = base.copy() if base is not None else bpy.data.actions.new(name)
        self.action.name = name
        self._handle = 0
        if bpy.app.version < (4, 4, 0):
            self.fcurves: Any = self.action.fcurves
            return
        used = animation.action_slot if base is not None else None
        if used is not None:
            slot = next(each for each in self.action.slots if each.handle == used.handle)
        else:
            slot = self.action.slots.new(owner.id_type, name)
        self._handle = slot.handle
        layer = self.action.layers[0] if self.action.layers else self.action.layers.new("Layer")
        strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
        self.fcurves = strip.channelbag(slot, ensure=True).fcurves

    def animate(self, owner: bpy.types.ID) -> None:
        """Let the owner, or a copy of it, be animated by the action."""
        animation = owner.animation_data_create()
        animation.action = self.action
        if bpy.app.version >= (4, 4, 0):
            slots = self.action.slots
            animation.action_slot = next(each for each in slots if each.handle == self._handle)
