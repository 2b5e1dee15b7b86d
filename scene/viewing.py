"""Show a zoom in the 3D view in which the user asked for it, and give the view back."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import bpy
import gpu

_SAVED = "zoom_stack_views"  # on a screen: what its views were before they were turned
_SOFT_LIGHT = "paint.sl"  # 95 % of a picture's brightness
# What is turned to show pictures; in this order, since the light decides which studios there are.
_SHADING = (
    "type", "light", "studio_light", "color_type", "show_object_outline", "show_specular_highlight",
)  # fmt: skip
# Where a view looks that was turned to a zoom and is so no more.
_ELSEWHERE, _OTHER_SCENE = "elsewhere", "other scene"
_PLACE = ("view_rotation", "view_location", "view_distance", "view_perspective")


@dataclass(frozen=True)
class ViewPlace:
    """A 3D view, by name and number: it outlives file loads and closed areas harmlessly."""

    screen: str
    area: int


def remember_view(context: bpy.types.Context) -> ViewPlace | None:
    """The 3D view under the pointer, else the largest one; None without a window."""
    screen = getattr(context, "screen", None)
    if screen is None:
        return None
    areas = list(screen.areas)
    views = [area for area in areas if area.type == "VIEW_3D"]
    if not views:
        return None
    present = getattr(context, "area", None)
    chosen = next((area for area in views if area == present), None)
    chosen = chosen or max(views, key=lambda area: area.width * area.height)
    return ViewPlace(screen.name, areas.index(chosen))


def show_zoom(place: ViewPlace | None, scene: bpy.types.Scene, camera: bpy.types.Object) -> bool:
    """Look through a zoom's camera with its colours; False when there is no view for it.

    A zoom in a scene of its own takes the window to that scene. In the user's scene the active
    camera stays: the view alone gets the zoom's camera.
    """
    window = _window_with(place)
    if window is None:
        return False
    before = window.scene
    if before != scene:
        window.scene = scene
    return look_through(place, scene, camera, before)


def look_through(
    place: ViewPlace | None,
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    before: bpy.types.Scene | None = None,
) -> bool:
    """Turn a 3D view to a camera, shaded so that pictures show; False when there is none.

    ``turn_back`` makes the view again what it was.

    Args:
        before: the scene that the window showed; None is ``scene``.
    """
    space = _view_space(place)
    if place is None or space is None:
        return False
    saved = _saved(place)
    if saved is None or not is_looking_through(space, scene, camera):
        saved = _described(space, before or scene, saved)
    elif saved.get("away"):  # it came back by itself, with its own look
        saved = {**saved, **_look_of(space)}
    _turn(place, space, scene, camera, saved)
    return True


def _turn(
    place: ViewPlace,
    space: bpy.types.SpaceView3D,
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    saved: dict[str, Any],
) -> None:
    """Look through a camera in our look, and remember what the view was."""
    space.use_local_camera = scene.camera != camera
    if space.use_local_camera:
        space.camera = camera
    space.region_3d.view_perspective = "CAMERA"
    _shade_pictures(space.shading)
    now = {"through": camera.name, "home": scene.name, "away": "", "ours": _shading_of(space)}
    _save(place, {**saved, **now})


def shows_pictures(space: bpy.types.Space | None) -> bool:
    """Whether pictures are seen in a 3D view as it is shaded; in Solid as it comes they are not."""
    if not isinstance(space, bpy.types.SpaceView3D):
        return False
    shading = space.shading
    textured = shading.type == "SOLID" and shading.color_type == "TEXTURE"
    return textured or shading.type in {"MATERIAL", "RENDERED"}


def is_looking_through(
    space: bpy.types.Space | None, scene: bpy.types.Scene, camera: bpy.types.Object
) -> bool:
    """Whether a 3D view shows what a camera sees."""
    if not isinstance(space, bpy.types.SpaceView3D) or space.region_3d is None:
        return False
    present = space.camera if space.use_local_camera else scene.camera
    return space.region_3d.view_perspective == "CAMERA" and present == camera


def looks_through_any(place: ViewPlace | None) -> bool:
    """Whether a 3D view shows what some camera sees."""
    space = _view_space(place)
    return space is not None and space.region_3d.view_perspective == "CAMERA"


def turn_back(place: ViewPlace | None) -> bool:
    """Make a view again what it was before it was turned to a zoom, in the scene that it showed.

    Returns:
        False where that is not known.
    """
    space, saved, window = _view_space(place), _saved(place), _window_with(place)
    if place is None or space is None or saved is None or window is None:
        return False
    scene = bpy.data.scenes.get(saved["scene"])
    if scene is not None and window.scene != scene:
        window.scene = scene
    _give_look_back(space, saved)
    _give_place_back(space, saved)
    _forget(place)
    return True


def look_after_views() -> bool:
    """Give views that look elsewhere by now what they were before; and our look when they return.

    Where the artist has chosen another look meanwhile, that stays, and the view is left alone.

    Returns:
        whether any are left to look after.
    """
    left = False
    for screen in bpy.data.screens:
        for key, group in list(screen.get(_SAVED, {}).items()):
            saved = group.to_dict()
            place = _found_again(screen, key, saved)
            now = _looked_after(place, saved) if place is not None else None
            left = left or now is not None
            if now == saved and place is not None and key == _key(place):
                continue
            screen[_SAVED].pop(key, None)
            if now is not None and place is not None:
                _save(place, now)
    return left


def _looked_after(place: ViewPlace, saved: dict[str, Any]) -> dict[str, Any] | None:
    """What to remember of a view from now on; None where it needs us no more."""
    space, window = _view_space(place), _window_with(place)
    if space is None or window is None:
        return None
    camera, scene = bpy.data.objects.get(saved["through"]), window.scene
    saved = {"away": "", "home": scene.name, **saved}
    looks = _looks_through(place, space, saved["through"])
    if saved["away"]:
        if camera is None:
            return None
        if saved["away"] == _OTHER_SCENE and scene.name != saved["home"]:
            return {**saved, "scene": scene.name}  # that is gone back to
        if saved["away"] == _ELSEWHERE and not looks:
            return saved
        if camera.name not in scene.objects:
            return None
        before = bpy.data.scenes.get(saved["scene"], scene)
        own = _described(space, before, None) if not looks else {**saved, **_look_of(space)}
        _turn(place, space, scene, camera, own)
        return _saved(place)
    if looks:
        return saved
    if _shading_of(space) != saved["ours"]:
        _give_camera_back(space, saved)
        return None
    _give_look_back(space, saved)
    if scene.name == saved["home"]:
        return {**saved, "away": _ELSEWHERE}
    _give_place_back(space, saved)
    return {**saved, "away": _OTHER_SCENE, "scene": scene.name}


def _found_again(screen: bpy.types.Screen, key: str, saved: dict[str, Any]) -> ViewPlace | None:
    """The area that a view was saved for: after a file was opened it has another address."""
    areas = list(screen.areas)
    number = next((n for n, area in enumerate(areas) if str(area.as_pointer()) == key), None)
    if number is None:
        number = saved["number"]
        space = _view_space(ViewPlace(screen.name, number))
        if space is None or _shading_of(space) != saved["ours"]:
            return None
    return ViewPlace(screen.name, number)


def _looks_through(place: ViewPlace, space: bpy.types.SpaceView3D, camera: str) -> bool:
    window = _window_with(place)
    scene = window.scene if window is not None else None
    present = space.camera if space.use_local_camera or scene is None else scene.camera
    in_camera = space.region_3d.view_perspective == "CAMERA"
    return in_camera and present is not None and present.name == camera


def _give_look_back(space: bpy.types.SpaceView3D, saved: dict[str, Any]) -> None:
    if _shading_of(space) == saved["ours"]:
        for name in _SHADING:
            # A studio that was removed meanwhile cannot be set.
            with contextlib.suppress(TypeError):
                setattr(space.shading, name, saved["shading"][name])
    _give_camera_back(space, saved)


def _give_place_back(space: bpy.types.SpaceView3D, saved: dict[str, Any]) -> None:
    for name in _PLACE:
        setattr(space.region_3d, name, saved["place"][name])


def _give_camera_back(space: bpy.types.SpaceView3D, saved: dict[str, Any]) -> None:
    space.use_local_camera = bool(saved["local"])
    if space.use_local_camera and saved["camera"] in bpy.data.objects:
        space.camera = bpy.data.objects[saved["camera"]]


def _saved(place: ViewPlace | None) -> dict[str, Any] | None:
    """What a view was, by its area's address: joined and split areas get other numbers."""
    screen = bpy.data.screens.get(place.screen) if place is not None else None
    if place is None or screen is None or _SAVED not in screen:
        return None
    group = screen[_SAVED].get(_key(place))
    return group.to_dict() if group is not None else None


def _key(place: ViewPlace) -> str:
    areas = bpy.data.screens[place.screen].areas
    return str(areas[place.area].as_pointer()) if place.area < len(areas) else ""


def _save(place: ViewPlace, state: dict[str, Any]) -> None:
    """Remember a view in its screen, which is saved with the file."""
    screen = bpy.data.screens[place.screen]
    if _SAVED not in screen:
        screen[_SAVED] = {}
    screen[_SAVED][_key(place)] = {**state, "number": place.area}


def _forget(place: ViewPlace) -> None:
    del bpy.data.screens[place.screen][_SAVED][_key(place)]


def _described(
    space: bpy.types.SpaceView3D, scene: bpy.types.Scene, saved: dict[str, Any] | None
) -> dict[str, Any]:
    """A view as it is, but for a look that it has from us: in its place that of before."""
    state = _look_of(space)
    if saved is not None and saved["ours"] == state["shading"]:
        state = {name: saved[name] for name in state}
    region = space.region_3d
    place = {
        "view_rotation": list(region.view_rotation),
        "view_location": list(region.view_location),
        "view_distance": region.view_distance,
        "view_perspective": region.view_perspective,
    }
    return {**state, "place": place, "scene": scene.name}


def _look_of(space: bpy.types.SpaceView3D) -> dict[str, Any]:
    return {
        "local": int(space.use_local_camera),
        "camera": space.camera.name if space.camera is not None else "",
        "shading": _shading_of(space),
    }


def _shading_of(space: bpy.types.SpaceView3D) -> dict[str, Any]:
    values = {name: getattr(space.shading, name) for name in _SHADING}
    return {
        name: int(value) if isinstance(value, bool) else value for name, value in values.items()
    }


def _shade_pictures(shading: bpy.types.View3DShading) -> None:
    """Solid view is grey as it comes; leave a shading alone in which pictures show already."""
    if shading.type in {"MATERIAL", "RENDERED"}:
        return
    if _draws_in_software():
        # EEVEE would take half a minute for its first picture, and Blender would stand still.
        shading.type = "SOLID"
        shading.color_type = "TEXTURE"
        # Each level's dark outline would be seen before the level itself.
        shading.show_object_outline = False
        _light_softly(shading)
    else:
        shading.type = "MATERIAL"


def _light_softly(shading: bpy.types.View3DShading) -> None:
    """Give things a shape and leave pictures, which face the view, nearly as they are."""
    lights = bpy.context.preferences.studio_lights
    if any(light.name == _SOFT_LIGHT and light.type == "STUDIO" for light in lights):
        shading.light = "STUDIO"
        shading.studio_light = _SOFT_LIGHT
        shading.show_specular_highlight = False
    else:
        shading.light = "FLAT"


def _draws_in_software() -> bool:
    try:
        renderer = gpu.platform.renderer_get().lower()
    except SystemError:
        # Without a window there is no graphics card to ask.
        return True
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swiftshader", "lavapipe"))


def _window_with(place: ViewPlace | None) -> bpy.types.Window | None:
    windows = list(bpy.context.window_manager.windows)
    named = [w for w in windows if place is not None and w.screen.name == place.screen]
    return next(iter(named or windows), None)


def _view_space(place: ViewPlace | None) -> bpy.types.SpaceView3D | None:
    screen = bpy.data.screens.get(place.screen) if place is not None else None
    if place is None or screen is None or place.area >= len(screen.areas):
        return None
    area = screen.areas[place.area]
    return area.spaces.active if area.type == "VIEW_3D" else None
