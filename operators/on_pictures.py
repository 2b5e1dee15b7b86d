"""What operators share that are worked by the pointer on a zoom's pictures, in any 3D view."""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy

from ..blender import screen
from ..blender.overlay import ALERT, WHITE, Colour, draw_outline, draw_text
from ..engine.contract.geometry import Place
from ..scene import finding, picking
from ..scene.picking import Point, Shown
from .shared import why_not_change

# What turns, moves and enlarges the view goes on to do so.
_NAVIGATION = (
    "MIDDLEMOUSE", "WHEEL", "TRACKPAD", "MOUSEROTATE", "MOUSESMARTZOOM", "NUMPAD", "NDOF",
)  # fmt: skip
_TEXT_GAP = 7
_CLICK = 4  # pixels at an interface scale of 1 that a click may wander


def why_not_on_zoom(context: bpy.types.Context) -> str:
    """Why nothing can be changed by the pointer; empty when it can."""
    reason = why_not_change(context)
    if reason:
        return reason
    area = getattr(context, "area", None)
    return "Only in a 3D view" if area is not None and area.type != "VIEW_3D" else ""


@dataclass
class Sketch:
    """What is drawn over every 3D view while the pointer is followed.

    Attributes:
        plane: the name of the object with the picture that places are in.
        places: the outlines, and how bright each one is.
        text: beside the last of them.
        alert: the text says what will be lost, or why it cannot be.
    """

    plane: str = ""
    places: list[tuple[Place, Colour]] = field(default_factory=list)
    text: str = ""
    alert: bool = False

    def draw(self) -> None:
        """Draw over the region of the present context."""
        context = bpy.context
        plane = context.scene.objects.get(self.plane)
        if plane is None or context.region_data is None:
            return
        projection = picking.project(plane, context.region, context.region_data)
        if projection is None:
            return
        points: list[Point | None] = []
        for place, colour in self.places:
            points = [projection.to_region(corner) for corner in picking.corners(place)]
            draw_outline(points, colour)
        seen = [point for point in points if point is not None]
        if seen and self.text:
            left, top = min(x for x, _ in seen), max(y for _, y in seen)
            above = _TEXT_GAP * context.preferences.system.ui_scale
            draw_text((left, top + above), self.text, ALERT if self.alert else WHITE)


class OnPictures(bpy.types.Operator):
    """A modal operator that follows a press, a drag and a release on a picture.

    A subclass says what they mean. It may be started from anywhere: the view is the one in which
    the button is pressed.

    Attributes:
        hint: what to do, for the status bar and the views' headers.
        root_name: the zoom's.
        sketch: what is drawn, and of which picture ``drag`` is told places.
    """

    hint = ""
    root_name = ""
    sketch: Sketch
    _handler: object = None
    _pressed: tuple[int, int] | None = None
    _wandered = False

    def press(self, context: bpy.types.Context, picked: tuple[Shown, Point] | None) -> str:
        """The button was pressed, on a picture or beside all; "" to go on, else why not."""
        raise NotImplementedError

    def drag(self, place: Point) -> None:
        """The pointer is at a place in the sketch's picture now, or beside it."""
        raise NotImplementedError

    def release(self, context: bpy.types.Context, dragged: bool) -> set[str]:
        """The button was released; ``dragged`` unless it was a click."""
        raise NotImplementedError

    def candidates(self, context: bpy.types.Context, shown: list[Shown]) -> list[Shown]:
        """Those that can be pressed, deepest first."""
        return shown

    def begin(self, context: bpy.types.Context) -> set[str]:
        """Wait for the button."""
        if not any(area.type == "VIEW_3D" for area in context.screen.areas):
            self.report({"ERROR"}, "There is no 3D view to do this in")
            return {"CANCELLED"}
        self.root_name = finding.present_root(context).name
        # The function knows the sketch alone: the operator may be gone before it.
        self._handler = bpy.types.SpaceView3D.draw_handler_add(
            self.sketch.draw, (), "WINDOW", "POST_PIXEL"
        )
        context.window.cursor_modal_set("CROSSHAIR")
        self._say(context, self.hint)
        context.window_manager.modal_handler_add(self)
        screen.redraw_views(context.window)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            return self._end(context, {"CANCELLED"})
        if bpy.data.objects.get(self.root_name) is None:
            return self._end(context, {"CANCELLED"})
        if event.type == "LEFTMOUSE":
            if event.value == "RELEASE":
                return self._released(context, event)
            return self._press(context, event)
        if event.type in {"MOUSEMOVE", "INBETWEEN_MOUSEMOVE"}:
            if self._pressed is not None:
                self._moved(context, event)
            elif screen.view_under(context.window, event.mouse_x, event.mouse_y) is None:
                return {"PASS_THROUGH"}
        return {"PASS_THROUGH"} if event.type.startswith(_NAVIGATION) else {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends it: the window is closed, or another file is opened."""
        self._end(context, {"CANCELLED"})

    def _press(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._pressed is not None:  # the second press of a double click
            return {"RUNNING_MODAL"}
        area = screen.view_under(context.window, event.mouse_x, event.mouse_y)
        region = screen.view_region(area, event.mouse_x, event.mouse_y) if area else None
        if area is None or region is None:
            # Whoever presses another button has gone on to something else.
            return self._end(context, {"CANCELLED", "PASS_THROUGH"})
        space = area.spaces.active
        root = bpy.data.objects[self.root_name]
        shown = picking.shown_levels(root, context.view_layer, space)
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        picked = picking.pick(self.candidates(context, shown), region, region.data, at)
        problem = self.press(context, picked)
        if problem:
            self._say(context, problem)
            return {"RUNNING_MODAL"}
        self._region = (context.window.screen.areas[:].index(area), area.regions[:].index(region))
        self._pressed, self._wandered = (event.mouse_x, event.mouse_y), False
        self._say(context, self.hint)
        screen.redraw_views(context.window)
        return {"RUNNING_MODAL"}

    def _moved(self, context: bpy.types.Context, event: bpy.types.Event) -> None:
        assert self._pressed is not None
        scale = context.preferences.system.ui_scale
        way = (event.mouse_x - self._pressed[0], event.mouse_y - self._pressed[1])
        self._wandered = self._wandered or max(map(abs, way)) > _CLICK * scale
        if not self._wandered:
            return
        area, number = self._region
        region = context.window.screen.areas[area].regions[number]
        picture = bpy.data.objects.get(self.sketch.plane)
        at = (event.mouse_x - region.x, event.mouse_y - region.y)
        projection = picking.project(picture, region, region.data) if picture else None
        place = projection.to_picture(at) if projection is not None else None
        if place is not None:
            self.drag(place)
            screen.redraw_views(context.window)

    def _released(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._pressed is None:  # of the button that began it
            return {"RUNNING_MODAL"}
        self._moved(context, event)
        self._end(context, set())
        return self.release(context, self._wandered)

    def _say(self, context: bpy.types.Context, text: str) -> None:
        context.workspace.status_text_set(text or None)
        for area in context.window.screen.areas:
            if area.type == "VIEW_3D":
                area.header_text_set(text or None)

    def _end(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        if self._handler is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")
            self._handler = None
        if context.window is not None:
            context.window.cursor_modal_restore()
            self._say(context, "")
            screen.redraw_views(context.window)
        return result
