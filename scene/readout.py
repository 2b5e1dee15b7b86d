"""A text that follows the zoom's camera and tells where in the zoom it is."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender.compat import enable_nodes, use_blended_transparency
from . import keys
from .drivers import Variables, keep_driver
from .finding import camera_of, level_titles, part, root_of
from .material import over_nothing
from .reach import NEAREST
from .readout_nodes import Builder, block, magnification, prompt, set_titles, width

CORNERS = {
    "BOTTOM_LEFT": (0, 0),
    "BOTTOM_RIGHT": (1, 0),
    "TOP_LEFT": (0, 1),
    "TOP_RIGHT": (1, 1),
}
_MARGIN = 0.02  # from the frame's sides, in its widths
_LETTERS = 42  # of a title, more are cut off
# From the camera, in widths of level 0 at zoom 0: twice the clipping distance.
_NEAR = 0.04
# From the camera, in ways to the picture, where depth of field is used.
_SHARP = 0.98
_PLATE_OPACITY = 0.5


@dataclass(frozen=True)
class ReadOut:
    """What a read-out tells, and where.

    Attributes:
        prompt: the title of the level that is nearest.
        magnification: how many times closer the view is than the widest level.
        metres: the width of the widest level, for the width in view as a power of ten; 0: none.
        corner: a key of ``CORNERS``.
        size: of the letters, in widths of the frame.
        plate: a dark plate behind the text.
    """

    prompt: bool = True
    magnification: bool = True
    metres: float = 0.0
    corner: str = "BOTTOM_LEFT"
    size: float = 0.035
    plate: bool = True


def read_out_of(root: bpy.types.Object) -> bpy.types.Object | None:
    """The zoom's read-out; None without."""
    found = (each for each in bpy.data.objects if keys.READ_OUT in each and root_of(each) == root)
    return next(found, None)


def options_of(item: bpy.types.Object) -> ReadOut:
    """What a read-out tells."""
    stored = item[keys.READ_OUT].to_dict()
    return ReadOut(**{name: stored[name] for name in ReadOut.__annotations__ if name in stored})


def add_read_out(root: bpy.types.Object, options: ReadOut) -> bpy.types.Object:
    """Give a zoom a read-out, or its read-out other options.

    It is a child of the zoom's camera, so near to it that hardly a thing comes before it.

    Args:
        root: of a zoom with a camera.
    """
    camera = camera_of(root)
    assert camera is not None
    item = read_out_of(root)
    if item is None:
        item = bpy.data.objects.new("Read-Out", bpy.data.meshes.new("Read-Out"))
        item.parent = camera
        for home in camera.users_collection:
            home.objects.link(item)
        _only_for_the_camera(item)
    # Booleans as numbers: an ID property in a group knows no others in 4.2.
    item[keys.READ_OUT] = {
        name: value if isinstance(value, str) else float(value)
        for name, value in vars(options).items()
    }
    _set_nodes(root, camera, item, options)
    _place(root, camera, item, options)
    return item


def remove_read_out(root: bpy.types.Object) -> None:
    """Take the read-out away with what it alone uses."""
    item = read_out_of(root)
    if item is None:
        return
    trees = [modifier.node_group for modifier in item.modifiers if modifier.type == "NODES"]
    doomed = [item, item.data, *(tree for tree in trees if tree is not None and tree.users == 1)]
    bpy.data.batch_remove(doomed)


def replace_read_out(root: bpy.types.Object) -> None:
    """Put the read-out where it belongs; one of an older Zoom Stack knows no depth of field."""
    item, camera = read_out_of(root), camera_of(root)
    if item is not None and camera is not None:
        _place(root, camera, item, options_of(item))


def refresh_read_out(root: bpy.types.Object) -> None:
    """Let the read-out know the levels that are there now."""
    item = read_out_of(root)
    tree = _modifier(item).node_group if item is not None else None
    if tree is not None:
        set_titles(tree, _titles(root))


def _set_nodes(
    root: bpy.types.Object, camera: bpy.types.Object, item: bpy.types.Object, options: ReadOut
) -> None:
    modifier = _modifier(item)
    tree = modifier.node_group
    if tree is None:
        tree = bpy.data.node_groups.new("Read-Out", "GeometryNodeTree")
        tree.is_modifier = True
        tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
        modifier.node_group = tree
    ink, plate = _materials(tree)
    if tree.animation_data is not None:
        for curve in list(tree.animation_data.drivers):
            tree.animation_data.drivers.remove(curve)
    tree.nodes.clear()
    build = Builder(tree)
    zoom, rows = build.driven("Zoom", camera, keys.ZOOM), []
    if options.prompt:
        rows.append(prompt(build, build.driven("Level", camera, keys.LEVEL), _titles(root)))
    if options.magnification:
        rows.append(magnification(build, zoom))
    if options.metres > 0.0:
        rows.append(width(build, zoom, options.metres))
    shape = block(build, rows, CORNERS[options.corner], ink, plate if options.plate else None)
    output = build.add("NodeGroupOutput")
    tree.links.new(shape, output.inputs[0])


def _modifier(item: bpy.types.Object) -> bpy.types.Modifier:
    """The one with the nodes; made where there is none."""
    there = (each for each in item.modifiers if each.type == "NODES")
    return next(there, None) or item.modifiers.new("Read-Out", "NODES")


def _titles(root: bpy.types.Object) -> list[str]:
    return [_shortened(title) for title in level_titles(root)]


def _shortened(title: str) -> str:
    line = " ".join(title.split())
    if len(line) <= _LETTERS:
        return line
    head, _, _ = line[:_LETTERS].rpartition(" ")
    return f"{head or line[:_LETTERS]}…"


def _materials(
    tree: bpy.types.NodeTree,
) -> tuple[bpy.types.Material, bpy.types.Material]:
    """Of the text and of the plate: those that are there, which the artist may have changed."""
    nodes = [node for node in tree.nodes if node.bl_idname == "GeometryNodeSetMaterial"]
    there = [node.inputs["Material"].default_value for node in nodes]
    known = {material.name.split(".")[0]: material for material in there if material is not None}
    return (
        known.get("Read-Out") or _light("Read-Out", 1.0, 1.0),
        known.get("Read-Out Plate") or _light("Read-Out Plate", 0.0, _PLATE_OPACITY),
    )


def _light(name: str, grey: float, opacity: float) -> bpy.types.Material:
    """Plain light, which the Standard view shows unchanged; see-through below an opacity of 1."""
    material = bpy.data.materials.new(name)
    enable_nodes(material)
    tree = material.node_tree
    tree.nodes.clear()
    output, emission = (
        tree.nodes.new(kind) for kind in ("ShaderNodeOutputMaterial", "ShaderNodeEmission")
    )
    emission.inputs["Color"].default_value = (grey, grey, grey, 1.0)
    surface = emission.outputs[0]
    if opacity < 1.0:
        surface = over_nothing(tree, surface, opacity).outputs[0]
        use_blended_transparency(material)
    tree.links.new(surface, output.inputs["Surface"])
    material.diffuse_color = (grey, grey, grey, opacity)
    if hasattr(material, "cycles"):
        material.cycles.emission_sampling = "NONE"
    return material


def _only_for_the_camera(item: bpy.types.Object) -> None:
    item.visible_shadow = item.visible_diffuse = item.visible_glossy = False
    item.visible_transmission = item.visible_volume_scatter = False


def _place(
    root: bpy.types.Object, camera: bpy.types.Object, item: bpy.types.Object, options: ReadOut
) -> None:
    """Drive it to its corner at every lens, render size, shift and zoom.

    Its distance is the least at which Blender draws it wherever the camera has travelled. With
    depth of field it lies hardly before the picture, where it is sharp.
    """
    right, top = CORNERS[options.corner]
    distance: Variables = {
        "zoom": (camera, keys.path_to(keys.ZOOM)),
        "travels": (root, keys.path_to(keys.TRAVEL)),
        "size": (root, "scale[0]"),
    }
    least = f"{_NEAR}, {1.02 * NEAREST:g}*pow(2, zoom*travels)/size"
    away = f"max({least})"
    pan = part(root, keys.ROLE_PAN)
    if pan is not None:
        blurs: Variables = {"blurs": (camera.data, "dof.use_dof"), "far": (pan, "location[2]")}
        distance = {**distance, **blurs}
        away = f"max({least}, {_SHARP}*blurs*far)"
    frame: Variables = {
        **distance,
        "lens": (camera.data, "lens"),
        "sw": (camera.data, "sensor_width"),
    }
    across = f"{away}*sw/lens"
    side: Variables = {**frame, "shift": (camera.data, "shift_x")}
    keep_driver(item, "location", f"{across}*({_side(right)}+shift)", side, 0)
    height: Variables = {
        **frame,
        "shift": (camera.data, "shift_y"),
        "rx": (None, "render.resolution_x"),
        "ry": (None, "render.resolution_y"),
        "px": (None, "render.pixel_aspect_x"),
        "py": (None, "render.pixel_aspect_y"),
    }
    up = f"{'' if top else '-'}(0.5*ry*py/(rx*px)-{_MARGIN})"
    keep_driver(item, "location", f"{across}*({up}+shift)", height, 1)
    keep_driver(item, "location", f"-{away}", distance, 2)
    for axis in range(3):
        keep_driver(item, "scale", f"{across}*{options.size:g}", frame, axis)


def _side(right: int) -> str:
    return f"{0.5 - _MARGIN:g}" if right else f"-{0.5 - _MARGIN:g}"
