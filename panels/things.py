"""The panel of what hangs on the levels of a zoom."""

from __future__ import annotations

import bpy

from ..blender.texts import magnification_text
from ..blender.timings import measured
from ..scene import adding, finding, hanging, keys, ranges, readout, spaces
from .parts import OfZoom, draw_wrapped, of_one_look

_MOST = 12  # things that are listed
_ICONS = {
    "MESH": "OUTLINER_OB_MESH",
    "FONT": "OUTLINER_OB_FONT",
    "LIGHT": "OUTLINER_OB_LIGHT",
    "CAMERA": "OUTLINER_OB_CAMERA",
    "ARMATURE": "OUTLINER_OB_ARMATURE",
    "CURVE": "OUTLINER_OB_CURVE",
}
# By the kinds that can be added: their icons, and which ask for more.
_KINDS = (
    ("CUBE", "MESH_CUBE"),
    ("SPHERE", "MESH_UVSPHERE"),
    ("MONKEY", "MESH_MONKEY"),
    ("PLANE", "MESH_PLANE"),
    ("TEXT", "OUTLINER_OB_FONT"),
    ("IMAGE", "IMAGE_DATA"),
    ("EMPTY", "EMPTY_DATA"),
    ("POINT", "LIGHT_POINT"),
    ("SPOT", "LIGHT_SPOT"),
    ("AREA", "LIGHT_AREA"),
    ("COLLECTION", "OUTLINER_COLLECTION"),
)
_ASKS = {"TEXT", "IMAGE", "COLLECTION"}


class ZOOMSTACK_MT_add_thing(bpy.types.Menu):
    """What can be added to the level in view"""

    bl_idname = "ZOOMSTACK_MT_add_thing"
    bl_label = "Add to Level"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        titles = {kind: title for kind, title, _ in adding.KINDS}
        for kind, icon in _KINDS:
            text = f"{titles[kind]}…" if kind in _ASKS else titles[kind]
            layout.operator("zoom_stack.add_thing", text=text, icon=icon).kind = kind


class ZOOMSTACK_PT_things(OfZoom, bpy.types.Panel):
    """Objects, lamps and texts that hang on levels"""

    bl_idname = "ZOOMSTACK_PT_things"
    bl_label = "Things in the Zoom"
    bl_options = {"DEFAULT_CLOSED"}

    @measured
    @of_one_look
    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = finding.present_root(context)
        finding.for_buttons(layout, root)
        row = layout.row(align=True)
        row.menu("ZOOMSTACK_MT_add_thing", icon="ADD")
        row.operator("zoom_stack.attach", text="Attach…", icon="LINKED")
        things = hanging.things_of(root)
        if things:
            _draw_list(layout, context, things)
            active = context.active_object
            if any(active == thing for _, thing in things):
                _draw_range(layout, context, root, active)
            if _is_dark(context.scene):
                draw_wrapped(layout, context, "No lamp lights this scene", "LIGHT")
        _draw_read_out(layout, root)


def _draw_list(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    things: list[tuple[int, bpy.types.Object]],
) -> None:
    column = layout.column(align=True)
    for number, thing in things[:_MOST]:
        row = column.row(align=True)
        button = row.operator(
            "zoom_stack.select_thing",
            text=f"{number + 1}  {thing.name}",
            icon=_ICONS.get(thing.type, "OUTLINER_OB_EMPTY"),
            depress=thing == context.active_object and thing.select_get(),
        )
        button.thing = thing.name
        row.operator("zoom_stack.detach", text="", icon="UNLINKED").thing = thing.name
    if len(things) > _MOST:
        column.label(text=f"and {len(things) - _MOST} more")


def _draw_range(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    root: bpy.types.Object,
    thing: bpy.types.Object,
) -> None:
    box = layout.box()
    box.label(text=thing.name, icon="HIDE_OFF")
    if not ranges.has_range(thing):
        box.operator("zoom_stack.give_range").thing = thing.name
        return
    column = box.column(align=True)
    for name, text in (
        (keys.VISIBLE_FROM, "Seen from Octave"),
        (keys.VISIBLE_TO, "to Octave"),
        (keys.FADE_OCTAVES, "Fade (Octaves)"),
    ):
        column.prop(thing, keys.path_to(name), text=text)
    level = spaces.level_above(thing)
    if level is not None:
        own = spaces.own_octaves(root, level)
        draw_wrapped(box, context, _in_words(thing, own), boxed=True)
    row = box.row(align=True)
    row.operator("zoom_stack.fade_thing", text="Fade Materials").thing = thing.name
    row.operator("zoom_stack.drop_range", text="", icon="X").thing = thing.name


def _in_words(thing: bpy.types.Object, own: float) -> str:
    """The range as magnifications: "Seen from 4× to 64×"."""
    start, end = (float(thing[name]) for name in (keys.VISIBLE_FROM, keys.VISIBLE_TO))
    begins = f"from {magnification_text(own + start)} " if start > -ranges.ENDLESS else ""
    ends = f"to {magnification_text(own + end)}" if end < ranges.ENDLESS else ""
    return f"Seen {begins}{ends}".strip() if begins or ends else "Seen at every zoom"


def _is_dark(scene: bpy.types.Scene) -> bool:
    """Whether neither a lamp nor the world lights a scene."""
    return scene.world is None and not any(item.type == "LIGHT" for item in scene.objects)


def _draw_read_out(layout: bpy.types.UILayout, root: bpy.types.Object) -> None:
    item = readout.read_out_of(root)
    row = layout.row(align=True)
    text = "Add Read-Out…" if item is None else "Change Read-Out…"
    row.operator("zoom_stack.add_read_out", text=text, icon="OUTLINER_OB_FONT")
    if item is not None:
        row.operator("zoom_stack.remove_read_out", text="", icon="X")


register, unregister = bpy.utils.register_classes_factory(
    (ZOOMSTACK_MT_add_thing, ZOOMSTACK_PT_things)
)
