"""The example inside Blender's module: ``python -m devtools.example_scene FOLDER``.

An aeroplane dives through the last three levels of the sample before the camera: lit by the
zoom's sun, with its shadow on the pictures, a read-out, and the things' view layer laid over them.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import bpy_session
from .paths import REPO

_SAMPLE = REPO / "samples" / "galaxy_to_shore"
_FIRST = 3  # of the sample's levels, from 0: the planet
_METRES = 2.3e7  # what the widest picture shows across, by the planet's size
_SIZE = (960, 540)
_SECONDS_PER_OCTAVE = 0.8
_HOLD_SECONDS = 1.0
# The aeroplane belongs to the level before the last, and is that long in widths of it.
_LEVEL, _LENGTH, _SPAN = 3, 0.06, 1.3
_KEY_EVERY = 4  # frames
# The flight as it is seen, from its begin to the last frame: a cubic Bézier curve in the frame, in
# its widths from the middle. How far away the aeroplane is, of the way to the picture, follows the
# zoom: from there it dives down to the shore.
_ROUTE = ((-0.62, -0.02), (-0.2, -0.06), (-0.2, 0.05), (0.1, 0.09))
_AWAY = ((-2.3, 0.15), (2.0, 0.88))
_SUN_ANGLE, _SUN_DIRECTION = 0.45, 3.9  # radians
_RECEIVES_LIGHT = 0.65  # of each picture: a shadow leaves the rest
_CYCLES_SAMPLES = 32
_FILM_STEP, _FILM_PERCENT = 2, 67


@dataclass(frozen=True)
class Example:
    """What the example has.

    Attributes:
        scene: with camera, range and engine set.
        root: of the zoom.
        aeroplane: what hangs on the level before the last.
    """

    scene: Any
    root: Any
    aeroplane: Any


def build(folder: Path) -> Example:
    """Build the example in the present file; its pictures are copied below a folder."""
    import bpy

    stack = bpy_session.submodule("engine.contract.stack").read_stack(_part_of_sample(folder))
    importing = bpy_session.submodule("scene.importing")
    result = importing.import_stack(
        stack,
        importing.ImportOptions(
            target="NEW_SCENE",
            # EEVEE's shadow maps know nothing smaller than a millimetre, and things in the deeper
            # levels of a zoom through which the camera travels are.
            rig="WORLD",
            seconds_per_octave=_SECONDS_PER_OCTAVE,
            hold_seconds=_HOLD_SECONDS,
        ),
    )
    scene = bpy.data.scenes[result.scene_name]
    for other in [other for other in bpy.data.scenes if other != scene]:
        bpy.data.scenes.remove(other)
    for item in [item for item in bpy.data.objects if not item.users_scene]:
        bpy.data.objects.remove(item)
    scene.render.resolution_x, scene.render.resolution_y = _SIZE
    root = bpy.data.objects[result.root_name]
    readout = bpy_session.submodule("scene.readout")
    readout.add_read_out(root, readout.ReadOut(metres=_METRES))
    aeroplane = _add_aeroplane(scene, root)
    _light(scene, root)
    _lay_over(scene, root)
    return Example(scene, root, aeroplane)


def _part_of_sample(folder: Path) -> Path:
    """A stack of the sample's levels from the planet on."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((_SAMPLE / "stack.json").read_text("utf-8"))
    levels = manifest["levels"] = manifest["levels"][_FIRST:]
    for key in ("zoom_factor", "focus"):
        levels[0].pop(key, None)
    for level in levels:
        shutil.copyfile(_SAMPLE / level["image"], folder / level["image"])
    (folder / "stack.json").write_text(json.dumps(manifest, indent=2), "utf-8")
    return folder


def _add_aeroplane(scene: Any, root: Any) -> Any:
    from .aeroplane import build_aeroplane

    attaching, ranges, spaces = (
        bpy_session.submodule(f"scene.{name}") for name in ("attaching", "ranges", "spaces")
    )
    thing = build_aeroplane("Aeroplane")
    scene.collection.objects.link(thing)
    level = spaces.level_of(root, _LEVEL)
    attaching.attach(root, level, [thing], attaching.Fit("FOCUS", _SPAN * _LENGTH, "TOP"))
    _key_flight(scene, root, thing)
    ranges.give_range(root, thing, _AWAY[0][0], ranges.ENDLESS, 0.0)
    return thing


def _light(scene: Any, root: Any) -> None:
    sun, finding = (bpy_session.submodule(f"scene.{name}") for name in ("sun", "finding"))
    levels = list(range(len(finding.octaves_of(root))))
    sun.set_up_light(root, scene, levels, _SUN_ANGLE, _SUN_DIRECTION, _RECEIVES_LIGHT)


def _lay_over(scene: Any, root: Any) -> None:
    """The things' view layer over the pictures', by the compositor; rendered by Cycles."""
    bpy_session.submodule("scene.catcher").set_up_catcher(root, scene, scene.view_layers[0])
    scene.render.engine = "CYCLES"
    scene.cycles.samples = _CYCLES_SAMPLES


def _key_flight(scene: Any, root: Any, thing: Any) -> None:
    """Key the aeroplane along its route; its own size stays, so it dives away from the camera."""
    finding = bpy_session.submodule("scene.finding")
    camera = finding.camera_of(root)
    level = thing.parent
    own = bpy_session.submodule("scene.spaces").own_octaves(root, level)
    lens = camera.data.lens / camera.data.sensor_width
    frames = [
        frame
        for frame in range(scene.frame_start, scene.frame_end + 1)
        if _zoom_at(scene, camera, frame) > own + _AWAY[0][0]
    ]
    into_own = thing.matrix_parent_inverse.inverted()
    for frame in [*frames[:-1:_KEY_EVERY], frames[-1]]:
        scene.frame_set(frame)
        done = (frame - frames[0]) / (frames[-1] - frames[0])
        place, heading = _route(done)
        middle = level.matrix_world.inverted() @ camera.matrix_world.translation
        away = middle.z * _share_of_the_way(camera["zoom"] - own)
        x, y = (middle[axis] + place[axis] * away / lens for axis in (0, 1))
        thing.location = into_own @ type(middle)((x, y, middle.z - away))
        thing.rotation_euler = (0.0, 0.0, heading)
        for path in ("location", "rotation_euler"):
            thing.keyframe_insert(path, frame=frame)
    scene.frame_set(scene.frame_start)


def _zoom_at(scene: Any, camera: Any, frame: int) -> float:
    scene.frame_set(frame)
    return float(camera["zoom"])


def _route(done: float) -> tuple[tuple[float, float], float]:
    """Place and heading (radians from up) at a share of the flight, as the frame shows them."""
    left = 1.0 - done
    weights = (left**3, 3.0 * left**2 * done, 3.0 * left * done**2, done**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, _ROUTE, strict=True)) for axis in (0, 1))
    steps = (left**2, 2.0 * left * done, done**2)
    along = [
        sum(w * (b[axis] - a[axis]) for w, a, b in zip(steps, _ROUTE, _ROUTE[1:], strict=False))
        for axis in (0, 1)
    ]
    return (x, y), math.atan2(-along[0], along[1])


def _share_of_the_way(octaves: float) -> float:
    (begin, near), (end, far) = _AWAY
    return near + (far - near) * (octaves - begin) / (end - begin)


def main(folder: Path, frames: bool) -> None:
    """Save ``example.blend`` and its pictures in a folder; also render its frames there.

    Args:
        frames: render every second frame, smaller, to ``frames/0001.png`` and so on.
    """
    bpy = bpy_session.start(from_checkout=True)
    scene = build(folder / "pictures").scene
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "example.blend"), relative_remap=True)
    if frames:
        bpy_session.submodule("blender.compat").set_picture_output(scene)
        scene.render.filepath = str(folder / "frames" / "####")
        scene.frame_step, scene.render.resolution_percentage = _FILM_STEP, _FILM_PERCENT
        bpy.ops.render.render(animation=True, scene=scene.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), "--frames" in sys.argv[2:])
    sys.stdout.flush()
    # What Blender prints while the interpreter is taken down would be taken for a failure.
    os._exit(0)
