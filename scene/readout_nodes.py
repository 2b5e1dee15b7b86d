"""The Geometry Nodes of a read-out: texts of the present zoom, set in rows.

Text of Blender's own cannot be driven. Here two Value nodes are, and what they mean is put into
words by nodes that Blender 4.2 has too. A raised exponent is a smaller text moved up, so no font
has to have one. Units of length: the height of the letters' line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy

from . import keys
from .drivers import add_driver

Socket = bpy.types.NodeSocket
Value = Socket | float | int

_ROW = 1.3  # from line to line
_GAP = 0.08  # between the pieces of a row
_RAISED, _RAISED_SIZE = 0.42, 0.62
_PAD = 0.35  # of the plate around the text
_DESCENT, _ASCENT = 0.25, 0.75  # of letters below and above their line
_PLATE_BEHIND = 0.02
# Numbers are written out up to 9999, as in the panels.
_PLAIN = math.log2(9999.5)
_LOG_2 = math.log10(2.0)
# 9.95 and more is 10, to one decimal.
_ROUNDED = 1.0 - math.log10(9.95)
# Nodes that are found again, to take other titles.
_TITLES, _COUNT = "Titles", "Number of Titles"


class Builder:
    """Adds nodes to a group from left to right."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def add(self, kind: str, **inputs: object) -> bpy.types.Node:
        """A node; inputs by name, "_" for a blank, take values or are linked to sockets."""
        node = self.tree.nodes.new(kind)
        count = len(self.tree.nodes)
        node.location = (180.0 * (count // 8), -160.0 * (count % 8))
        for name, value in inputs.items():
            socket = node.inputs[name.replace("_", " ")]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return node

    def math(self, operation: str, first: Value, second: Value = 0.0) -> Socket:
        """A calculation with one or two numbers."""
        node = self.add("ShaderNodeMath")
        node.operation = operation
        for socket, value in zip(node.inputs, (first, second), strict=False):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = float(value)
        return node.outputs[0]

    def driven(self, name: str, owner: bpy.types.Object, prop: str) -> Socket:
        """A number that follows an object's custom property."""
        node = self.add("ShaderNodeValue")
        node.name = node.label = name
        add_driver(
            node.outputs[0], "default_value", "value", {"value": (owner, keys.path_to(prop))}
        )
        return node.outputs[0]

    def number(self, value: Socket, decimals: Value = 0) -> Socket:
        """A number as text."""
        return self.add("FunctionNodeValueToString", Value=value, Decimals=decimals).outputs[0]

    def words(self, text: str) -> Socket:
        """A text that stays."""
        node = self.add("FunctionNodeInputString")
        node.string = text
        return node.outputs[0]

    def choice(self, index: Socket, texts: Sequence[Socket | str]) -> Socket:
        """One of several texts, by a whole number from 0."""
        node = self.add("GeometryNodeIndexSwitch")
        node.data_type = "STRING"
        _make_room(node, len(texts))
        self.tree.links.new(index, node.inputs[0])
        for socket, text in zip(node.inputs[1:], texts, strict=False):
            if isinstance(text, str):
                socket.default_value = text
            else:
                self.tree.links.new(text, socket)
        return node.outputs[0]

    def joined(self, kind: str, sockets: Sequence[Socket]) -> Socket:
        """Texts or shapes in one, in their order."""
        node = self.add(kind)
        many = next(each for each in node.inputs if each.is_multi_input)
        # Blender puts each new link before the ones that are there.
        for socket in reversed(sockets):
            self.tree.links.new(socket, many)
        return node.outputs[0]

    def letters(self, text: Socket, size: float) -> Socket:
        """A text as a filled shape on the line y = 0, from x = 0."""
        curves = self.add("GeometryNodeStringToCurves", String=text, Size=size).outputs[0]
        real = self.add("GeometryNodeRealizeInstances", Geometry=curves).outputs[0]
        return self.add("GeometryNodeFillCurve", Curve=real).outputs[0]

    def bounds(self, shape: Socket) -> tuple[Socket, Socket]:
        """The least and the largest x of a shape."""
        box = self.add("GeometryNodeBoundBox", Geometry=shape)
        ends = []
        for name in ("Min", "Max"):
            split = self.add("ShaderNodeSeparateXYZ", Vector=box.outputs[name])
            ends.append(split.outputs["X"])
        return ends[0], ends[1]

    def moved(self, shape: Socket, x: Value, y: Value, z: Value = 0.0) -> Socket:
        """A shape somewhere else."""
        place = self.add("ShaderNodeCombineXYZ", X=x, Y=y, Z=z).outputs[0]
        return self.add("GeometryNodeTransform", Geometry=shape, Translation=place).outputs[0]

    def painted(self, shape: Socket, material: bpy.types.Material) -> Socket:
        """A shape in a material."""
        return self.add("GeometryNodeSetMaterial", Geometry=shape, Material=material).outputs[0]

    def row(self, pieces: Sequence[tuple[Socket, bool]], size: float = 1.0) -> Socket:
        """Texts one behind the other, each with whether it is raised."""
        shapes: list[Socket] = []
        x: Value = 0.0
        for text, raised in pieces:
            shape = self.letters(text, size * (_RAISED_SIZE if raised else 1.0))
            shape = self.moved(shape, x, size * _RAISED if raised else 0.0)
            shapes.append(shape)
            so_far = self.joined("GeometryNodeJoinGeometry", shapes)
            x = self.math("ADD", self.bounds(so_far)[1], _GAP * size)
        return so_far


def magnification(build: Builder, zoom: Socket) -> Socket:
    """The row "2.5×" or "1.2·10⁴×"."""
    large = build.math("GREATER_THAN", zoom, _PLAIN)
    factor = build.math("POWER", 2.0, build.math("MINIMUM", zoom, 14.0))
    decimals = build.math("LESS_THAN", factor, 9.95)
    plain = build.number(factor, decimals)
    tens = build.math("MULTIPLY", zoom, _LOG_2)
    exponent = build.math("FLOOR", build.math("ADD", tens, _ROUNDED))
    mantissa = build.math("POWER", 10.0, build.math("SUBTRACT", tens, exponent))
    power = build.joined("GeometryNodeStringJoin", [build.number(mantissa, 1), build.words("·10")])
    return build.row(
        [
            (build.choice(large, [plain, power]), False),
            (build.choice(large, ["", build.number(exponent)]), True),
            (build.words("×"), False),
        ]
    )


def width(build: Builder, zoom: Socket, metres: float) -> Socket:
    """The row "10⁷ m": the power of ten that is nearest to the width in view.

    Args:
        metres: the width of level 0, above 0.
    """
    tens = build.math("SUBTRACT", math.log10(metres), build.math("MULTIPLY", zoom, _LOG_2))
    exponent = build.number(build.math("ROUND", tens))
    return build.row([(build.words("10"), False), (exponent, True), (build.words(" m"), False)])


def prompt(build: Builder, level: Socket, titles: Sequence[str]) -> Socket:
    """The row with the title of the level that is nearest; after the last comes the first."""
    nearest = build.math("FLOOR", build.math("ADD", level, 0.5))
    index: Any = build.math("FLOORED_MODULO", nearest, float(len(titles)))
    chosen: Any = build.choice(index, titles)
    index.node.name, chosen.node.name = _COUNT, _TITLES
    return build.row([(chosen, False)], 0.8)


def set_titles(tree: bpy.types.NodeTree, titles: Sequence[str]) -> None:
    """Let the row of ``prompt`` tell other titles; without such a row nothing changes."""
    count, switch = tree.nodes.get(_COUNT), tree.nodes.get(_TITLES)
    if count is None or switch is None:
        return
    _make_room(switch, len(titles))
    pairs = [(count.inputs[1], float(len(titles))), *zip(switch.inputs[1:], titles, strict=False)]
    for socket, value in pairs:
        if socket.default_value != value:  # each change has Blender look at all nodes again
            socket.default_value = value


def _make_room(switch: bpy.types.Node, texts: int) -> None:
    while len(switch.index_switch_items) < texts:
        switch.index_switch_items.new()


def block(
    build: Builder,
    rows: Sequence[Socket],
    corner: tuple[int, int],
    ink: bpy.types.Material,
    plate: bpy.types.Material | None,
) -> Socket:
    """Rows below one another in a corner of the frame, which is the origin.

    Args:
        corner: (0 left or 1 right, 0 bottom or 1 top).
        plate: behind the text, where there is to be one.
    """
    height = _ROW * (len(rows) - 1) + _ASCENT + _DESCENT
    first = -_PAD - _ASCENT if corner[1] else height + _PAD - _ASCENT
    placed = []
    for number, shape in enumerate(rows):
        x: Value = _PAD
        if corner[0]:
            x = build.math("SUBTRACT", -_PAD, build.bounds(shape)[1])
        placed.append(build.moved(shape, x, first - _ROW * number))
    text = build.joined("GeometryNodeJoinGeometry", placed)
    inked = build.painted(text, ink)
    if plate is None:
        return inked
    low, high = build.bounds(text)
    across = build.math("ADD", build.math("SUBTRACT", high, low), 2.0 * _PAD)
    grid = build.add("GeometryNodeMeshGrid", Size_X=across, Size_Y=height + 2.0 * _PAD)
    for name in ("Vertices X", "Vertices Y"):
        grid.inputs[name].default_value = 2
    middle = build.math("MULTIPLY", build.math("ADD", low, high), 0.5)
    up = (height / 2.0 + _PAD) * (-1.0 if corner[1] else 1.0)
    behind = build.painted(build.moved(grid.outputs[0], middle, up, -_PLATE_BEHIND), plate)
    return build.joined("GeometryNodeJoinGeometry", [behind, inked])
