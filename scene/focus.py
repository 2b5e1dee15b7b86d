"""Depth of field that looks the same at every scale, sharp on the picture in view."""

from __future__ import annotations

import bpy

from ..engine.contract.errors import ZoomStackError
from . import keys
from .drivers import add_driver, add_scale_variable
from .finding import present_camera, root_of
from .owners import is_driven, is_keyed

_APERTURE = "dof.aperture_fstop"
# Blender's own, of a new camera.
_USUAL_F_STOP = 2.8


def focus_on_picture(root: bpy.types.Object, camera: bpy.types.Object, f_stop: float) -> None:
    """Let a camera of a zoom be sharp where the pictures lie, and blur what is before and behind.

    The pictures of all levels lie at the root, which Blender measures along the camera's axis. The
    opening shrinks along with the way to the picture.

    Args:
        camera: the zoom's own, or another one that hangs on it.
        f_stop: as if what fills the view were 1 m wide; above 0.

    Raises:
        ZoomStackError: code ``aperture_animated``; nothing is changed then.
    """
    _check_free(camera)
    leading = present_camera(root)
    _own_lens(camera, camera == leading)
    data = camera.data
    if not is_focused(camera):
        before = {"f_stop": data.dof.aperture_fstop, "object": data.dof.focus_object}
        data[keys.FOCUS_BEFORE] = {name: value for name, value in before.items() if value}
    data[keys.F_STOP] = float(f_stop)
    data.id_properties_ui(keys.F_STOP).update(
        min=0.01, max=1000.0, soft_min=0.1, soft_max=32.0, precision=2,
        description="As of a picture 1 m wide: the smaller, the more is blurred before and behind",
    )  # fmt: skip
    data.driver_remove(_APERTURE)
    curve = add_driver(
        data,
        _APERTURE,
        "f_stop*pow(2, zoom*travels)/size",
        {
            "f_stop": (data, keys.path_to(keys.F_STOP)),
            "zoom": (leading, keys.path_to(keys.ZOOM)),
            "travels": (root, keys.path_to(keys.TRAVEL)),
        },
    )
    add_scale_variable(curve, "size", root)
    data.dof.focus_object = root
    data.dof.use_dof = True


def _check_free(camera: bpy.types.Object) -> None:
    """See to it that nobody else moves a camera's opening."""
    theirs = is_driven(camera.data, _APERTURE) and not is_focused(camera)
    if theirs or is_keyed(camera.data, _APERTURE):
        raise ZoomStackError(
            "aperture_animated",
            f"The f-stop of {camera.name} is animated.",
            "Delete its keys or its driver first.",
        )


def _own_lens(camera: bpy.types.Object, leads: bool) -> None:
    """Let no other camera be blurred along.

    Args:
        leads: the zoom's drivers read the lens, so that it is the others that get a copy.
    """
    if camera.data.users == 1:
        return
    if not leads:
        camera.data = camera.data.copy()
        return
    shared = camera.data
    others = [item for item in bpy.data.objects if item.data == shared and item != camera]
    for other in others:
        if other.library is None:
            other.data = shared.copy()


def is_focused(camera: bpy.types.Object) -> bool:
    """Whether a camera's depth of field is ours."""
    return camera.data is not None and keys.F_STOP in camera.data


def drop_focus(camera: bpy.types.Object) -> None:
    """Take the depth of field off a camera again; its f-stop and object are those of before."""
    data = camera.data
    before = data.get(keys.FOCUS_BEFORE) or {}
    data.driver_remove(_APERTURE)
    data.dof.aperture_fstop = float(before.get("f_stop", _USUAL_F_STOP))
    data.dof.use_dof = False
    if data.dof.focus_object is not None and root_of(camera) == data.dof.focus_object:
        data.dof.focus_object = before.get("object")
    data.pop(keys.FOCUS_BEFORE, None)
    data.pop(keys.F_STOP, None)


def is_sharp_in_eevee(scene: bpy.types.Scene) -> bool:
    """Whether EEVEE's depth of field leaves the pictures of all levels sharp."""
    return bool(scene.eevee.use_bokeh_jittered) and scene.eevee.bokeh_max_size == 0.0


def sharpen_in_eevee(scene: bpy.types.Scene) -> list[str]:
    """Let EEVEE blur by moving its camera, where it would smear by depth.

    Soft-bordered levels leave no depth behind: they would be smeared in the depth of what is there
    behind them.

    Returns:
        what was changed, for people.
    """
    if is_sharp_in_eevee(scene):
        return []
    scene.eevee.use_bokeh_jittered, scene.eevee.bokeh_max_size = True, 0.0
    return ["EEVEE jitters its camera, at a Max Size of 0"]
