"""A scene renders the zoom: an emptied one as it is, any other after one button."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import making
import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.blender import render_paths
from bl_ext.user_default.zoom_stack.engine.contract.stack import read_stack
from bl_ext.user_default.zoom_stack.operators.import_stack import SAMPLE_FOLDER
from bl_ext.user_default.zoom_stack.scene import (
    camera,
    finding,
    frame_range,
    importing,
    keys,
    render_setup,
    retiming,
)
from judging import load

from devtools.paths import TEST_RENDERING

FRAMES_OF_SAMPLE = (1, 343)
# What somebody chose: scene settings, and what the import leaves alone then.
OWN = {
    "render.resolution_x": 1080,
    "frame_end": 99,
    "view_settings.exposure": 0.5,
    "cycles.samples": 12,
    "sync_mode": "AUDIO_SYNC",
}


def empty(bpy: Any) -> Any:
    """The factory scene without its cube."""
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    return bpy.context.scene


def imported(folder: Path, **options: Any) -> Any:
    """The root of a new zoom."""
    result = importing.import_stack(read_stack(folder), importing.ImportOptions(**options))
    import bpy

    return bpy.data.objects[result.root_name]


def frame(scene: Any) -> tuple[int, int]:
    return scene.render.resolution_x, scene.render.resolution_y


def get(scene: Any, path: str) -> Any:
    return scene.path_resolve(path)


def put(scene: Any, path: str, value: Any) -> None:
    place, _, name = path.rpartition(".")
    setattr(scene.path_resolve(place) if place else scene, name, value)


def test_without_the_cube_the_factory_scene_renders_the_zoom(bpy: Any) -> None:
    scene = empty(bpy)
    root = imported(SAMPLE_FOLDER)
    assert root.name in scene.objects
    assert len(bpy.data.scenes) == 1
    assert scene.camera == finding.camera_of(root)
    assert "Camera" in scene.objects
    assert frame(scene) == (768, 768)
    assert (scene.frame_start, scene.frame_end) == FRAMES_OF_SAMPLE
    assert scene.view_settings.view_transform == "Standard"
    assert (scene.eevee.taa_render_samples, scene.cycles.transparent_max_bounces) == (16, 256)
    assert len(scene.timeline_markers) == 0
    assert render_setup.otherwise(scene, root) == []


@pytest.mark.parametrize("path", OWN)
def test_what_somebody_chose_in_an_empty_scene_stays_alone(bpy: Any, path: str) -> None:
    scene = empty(bpy)
    put(scene, path, OWN[path])
    root = imported(SAMPLE_FOLDER)
    assert get(scene, path) == OWN[path]
    assert scene.camera == finding.camera_of(root)
    told = {
        "frame_end": ["frames 1 to 99"],
        "view_settings.exposure": ["adjusted AgX colours"],
    }
    assert render_setup.otherwise(scene, root) == told.get(path, [])


@pytest.mark.parametrize("what", ["moved", "keyed", "lens"])
def test_a_camera_that_somebody_used_stays_the_scenes(bpy: Any, what: str) -> None:
    scene = empty(bpy)
    own = scene.camera
    if what == "moved":
        own.location.x += 1.0
    elif what == "keyed":
        own.keyframe_insert("location", frame=1)
    else:
        own.data.lens = 35.0
    root = imported(SAMPLE_FOLDER)
    assert scene.camera == own
    assert render_setup.otherwise(scene, root) == ["the camera Camera"]


def test_beside_things_to_render_nothing_of_the_scene_changes(bpy: Any) -> None:
    scene = bpy.context.scene
    before = render_setup.described(scene)
    root = imported(SAMPLE_FOLDER, target="THIS_SCENE")
    assert render_setup.described(scene) == before
    assert render_setup.otherwise(scene, root) == [
        "the camera Camera", "AgX colours", "frames 1 to 250",
    ]  # fmt: skip


def test_an_own_curve_is_rendered_to_its_end(bpy: Any) -> None:
    scene = empty(bpy)
    root = imported(SAMPLE_FOLDER)
    curve = camera.zoom_curve(finding.camera_of(root))
    last = curve.keyframe_points[-1]
    last.co[0] += 100.0
    curve.update()
    start, end = FRAMES_OF_SAMPLE
    assert render_setup.otherwise(scene, root) == [f"frames {start} to {end}"]
    assert bpy.ops.zoom_stack.set_up_render(rate="60") == {"FINISHED"}
    assert (scene.frame_start, scene.frame_end) == frame_range.frames_of(root)
    assert scene.frame_end > last.co[0] > 2.5 * end
    assert render_setup.otherwise(scene, root) == []


def test_frames_that_blender_does_not_render_are_not_asked_for(bpy: Any) -> None:
    scene = empty(bpy)
    root = imported(SAMPLE_FOLDER)
    curve = camera.zoom_curve(finding.camera_of(root))
    curve.keyframe_points[0].co[0], curve.keyframe_points[-1].co[0] = -30.0, 2e6
    curve.update()
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert (scene.frame_start, scene.frame_end) == frame_range.frames_of(root)
    assert render_setup.otherwise(scene, root) == []


def test_a_rate_that_something_shared_cannot_follow_is_told(bpy: Any) -> None:
    scene = empty(bpy)
    root = imported(SAMPLE_FOLDER)
    level = finding.parts(root, keys.ROLE_LEVEL)[1]
    level.keyframe_insert("delta_location", frame=40)
    other = bpy.data.objects.new("Other", None)
    other.animation_data_create()
    other.animation_data.action = level.animation_data.action
    if hasattr(other.animation_data, "action_slot"):
        other.animation_data.action_slot = level.animation_data.action_slot
    told = render_setup.set_up(scene, root, render_setup.Wishes(rate=(60, 1.0)))
    name = level.animation_data.action.name
    assert f"Left as they are: actions that something else uses too: {name}" in told


def test_one_button_sets_all_up_and_says_what_it_changed(
    bpy: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = bpy.context.scene
    root = imported(SAMPLE_FOLDER, target="THIS_SCENE")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.ed.undo_push(message="before")
    name = root.name
    assert bpy.ops.zoom_stack.set_up_render(resolution="PICTURES", output="VIDEO") == {"FINISHED"}
    said = capfd.readouterr().out
    for change in (
        f"Camera Camera → {name} Camera",
        "Resolution 1920 × 1080 → 768 × 768",
        "Frames 1 to 250 → 1 to 343",
        "Colours AgX → Standard",
        f"→ video //renders/{name}.mp4",
    ):
        assert change in said
    assert render_setup.otherwise(scene, root) == []
    assert scene.render.image_settings.file_format == "FFMPEG"
    assert scene.render.ffmpeg.codec == "H264"
    assert scene.render.filepath == f"//renders/{name}.mp4"
    assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
    assert "The render was set up already" in capfd.readouterr().out


def test_what_is_not_wished_for_stays(bpy: Any) -> None:
    scene = bpy.context.scene
    imported(SAMPLE_FOLDER, target="THIS_SCENE")
    before = render_setup.described(scene)
    off = dict.fromkeys(("camera", "frames", "colours", "bounces"), False)
    assert bpy.ops.zoom_stack.set_up_render(**off) == {"FINISHED"}
    assert render_setup.described(scene) == before
    assert bpy.ops.zoom_stack.set_up_render(**{**off, "resolution": "UHD"}) == {"FINISHED"}
    after = render_setup.described(scene)
    assert render_setup.changes(before, after) == ["Resolution 1920 × 1080 → 3840 × 2160"]


def test_the_present_frame_stays_unless_the_range_leaves_it(bpy: Any) -> None:
    scene = empty(bpy)
    imported(SAMPLE_FOLDER)
    for frame_before, frame_after in ((112, 112), (900, FRAMES_OF_SAMPLE[0])):
        scene.frame_set(frame_before)
        assert bpy.ops.zoom_stack.set_up_render() == {"FINISHED"}
        assert scene.frame_current == frame_after


@pytest.mark.parametrize(("rate", "fps"), [("25", 25.0), ("60", 60.0), ("23.976", 24 / 1.001)])
def test_another_frame_rate_keeps_the_seconds(bpy: Any, rate: str, fps: float) -> None:
    root = imported(SAMPLE_FOLDER, target="NEW_SCENE")
    scene = root.users_scene[0]
    bpy.context.window.scene = scene
    wishes = render_setup.Wishes(rate=(round(fps), round(round(fps) / fps, 3)))
    wanted = render_setup.wanted(scene, root, wishes)
    assert bpy.ops.zoom_stack.set_up_render(rate=rate) == {"FINISHED"}
    assert render_setup.described(scene) == wanted
    assert retiming.frames_per_second(scene) == pytest.approx(fps)
    points = camera.zoom_curve(finding.camera_of(root)).keyframe_points
    assert points[0].co[0] - scene.frame_start == pytest.approx(1.3 * fps, abs=1e-2)
    assert points[-1].co[0] - points[0].co[0] == pytest.approx(14 * 0.83 * fps, abs=1e-2)
    assert scene.frame_end == pytest.approx(points[-1].co[0] + 1.3 * fps, abs=1.0)
    marked = sorted(marker.frame for marker in scene.timeline_markers)
    assert marked[1:] == pytest.approx([point.co[0] for point in points][1:], abs=0.51)


def test_a_loop_is_rendered_for_one_turn_with_its_shutter_after_the_frame(
    bpy: Any, tmp_path: Path
) -> None:
    pictures = [making.to_bytes(making.natural(8, 8, seed)) for seed in range(2)]
    folder = making.write_loop(tmp_path / "loop", pictures, [2.0, 4.0], [(0.5, 0.5)] * 2)
    root = imported(folder, target="THIS_SCENE")
    scene = bpy.context.scene
    wanted = render_setup.wanted(scene, root, render_setup.Wishes(rate=(60, 1.0)))
    assert bpy.ops.zoom_stack.set_up_render(rate="60") == {"FINISHED"}
    assert render_setup.described(scene) == wanted
    assert scene.frame_end == round(3 * 0.83 * 60)
    assert scene.render.motion_blur_position == "START"


def test_sharp_throughout_enlarges_no_picture(bpy: Any, tmp_path: Path) -> None:
    sizes = [(300, 200), (300, 200), (300, 200)]
    root = imported(making.plain_stack(tmp_path / "stack", 3, 3.0, sizes=sizes))
    assert render_setup.sharp_frame(root) == (100, 66)
    bpy.context.window.scene = root.users_scene[0]
    assert bpy.ops.zoom_stack.set_up_render(resolution="SHARP") == {"FINISHED"}
    assert frame(root.users_scene[0]) == (100, 66)
    assert finding.sharp_width(root) == 100


def test_the_shape_of_a_view_keeps_the_longer_side(bpy: Any) -> None:
    scene = bpy.context.scene
    scene.render.resolution_percentage = 50
    assert render_setup.frame_of_shape(scene, (800, 500)) == (960, 600)
    assert render_setup.frame_of_shape(scene, (300, 901)) == (320, 960)


def refused(bpy: Any, sentence: str, **wishes: Any) -> None:
    before = render_setup.described(bpy.context.scene)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.zoom_stack.set_up_render(**wishes)
    assert render_setup.described(bpy.context.scene) == before


def test_what_cannot_be_is_refused_whole(bpy: Any, tmp_path: Path) -> None:
    scene = bpy.context.scene
    root = imported(SAMPLE_FOLDER, target="THIS_SCENE")
    scene.render.resolution_x = 1919
    video = {"output": "VIDEO", "video_path": str(tmp_path / "a.mp4")}
    refused(bpy, "1919 × 1080 pixels is no video: its sides have to be even", **video)
    scene.render.resolution_x = 1920
    refused(bpy, "the file, which is not saved", output="FRAMES", frames_path="//frames/a_")
    (tmp_path / "file").write_text("no folder")
    inside = str(tmp_path / "file" / "a_")
    refused(bpy, "file is a file, not a folder", output="FRAMES", frames_path=inside)
    for plane in finding.parts(root, keys.ROLE_PLANE):
        plane.data.materials.clear()
    refused(bpy, "Pictures of this zoom are missing", resolution="PICTURES")


def test_what_else_stands_in_the_way_is_said(bpy: Any) -> None:
    scene = bpy.context.scene
    root = imported(SAMPLE_FOLDER, target="THIS_SCENE")
    assert render_setup.obstacles(scene, root) == []
    scene.timeline_markers.new("cut", frame=20).camera = bpy.data.objects["Camera"]
    scene.render.use_border = True
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    clip = strips.new_scene("clip", bpy.data.scenes.new("Other"), channel=1, frame_start=1)
    assert render_setup.obstacles(scene, root) == [
        "Markers switch to Camera",
        "The video sequencer's strips are rendered in the scene's place",
        "A render region cuts the frame",
    ]
    clip.mute = True
    scene.render.fps = 25
    assert render_setup.obstacles(scene, root)[1:] == [
        "A render region cuts the frame",
        "The zoom is timed for 24 fps",
    ]


def test_a_path_is_suggested_where_nothing_is_yet(bpy: Any, tmp_path: Path) -> None:
    assert (
        render_paths.new_video("Star Field") == f"{Path.home().as_posix()}/renders/star_field.mp4"
    )
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    assert render_paths.new_video("Star Field") == "//renders/star_field.mp4"
    assert render_paths.new_frames("Star Field") == "//renders/star_field/star_field_"
    (tmp_path / "renders" / "star_field").mkdir(parents=True)
    (tmp_path / "renders" / "star_field.mp4").write_bytes(b"film")
    assert render_paths.new_video("Star Field") == "//renders/star_field_2.mp4"
    assert render_paths.new_frames("Star Field") == "//renders/star_field/star_field_"
    (tmp_path / "renders" / "star_field" / "star_field_0001.png").write_bytes(b"frame")
    assert render_paths.new_frames("Star Field") == "//renders/star_field_2/star_field_2_"


def test_a_question_that_was_answered_is_not_asked_again(bpy: Any) -> None:
    imported(SAMPLE_FOLDER, target="THIS_SCENE")
    assert bpy.ops.zoom_stack.keep_render() == {"FINISHED"}
    assert bpy.context.scene[keys.KEEPS_RENDER]


def test_a_video_is_one_file_at_the_path_that_was_given(bpy: Any, tmp_path: Path) -> None:
    scene = empty(bpy)
    imported(making.plain_stack(tmp_path / "stack", 2, 2.0))
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    path = tmp_path / "film"
    wishes = {"output": "VIDEO", "video_path": str(path)}
    assert bpy.ops.zoom_stack.set_up_render(**wishes) == {"FINISHED"}
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.frame_end = 2
    bpy.ops.render.render(animation=True)
    assert path.with_suffix(".mp4").read_bytes()[4:8] == b"ftyp"
    assert bpy.ops.zoom_stack.set_up_render(output="FRAMES", frames_path=f"{path}_")
    assert scene.render.image_settings.file_format == "PNG"


@pytest.mark.parametrize("mute", [False, True])
def test_a_song_goes_into_the_video(bpy: Any, tmp_path: Path, mute: bool) -> None:
    scene = bpy.context.scene
    root = imported(SAMPLE_FOLDER, target="THIS_SCENE")
    with wave.open(str(tmp_path / "song.wav"), "wb") as song:
        song.setparams((1, 2, 8000, 0, "NONE", ""))
        song.writeframes(bytes(16000))
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    try:
        strip = strips.new_sound("song", str(tmp_path / "song.wav"), channel=1, frame_start=1)
    except RuntimeError as error:
        pytest.skip(str(error))  # the wheel of 4.2 has no sound
    strip.mute = mute
    assert render_setup.obstacles(scene, root) == []
    wishes = {"output": "VIDEO", "video_path": str(tmp_path / "film.mp4")}
    assert bpy.ops.zoom_stack.set_up_render(**wishes) == {"FINISHED"}
    assert scene.render.ffmpeg.audio_codec == ("NONE" if mute else "AAC")


# As ``blender -b film.blend --disable-autoexec -a``, in a Blender without the extension.
_FARM = """
import bpy, sys
assert not any("zoom_stack" in name for name in bpy.context.preferences.addons.keys())
bpy.ops.wm.open_mainfile(filepath=sys.argv[1], use_scripts=False)
assert not hasattr(bpy.types.Scene, "zoom_stack") and not bpy.app.autoexec_fail
bpy.ops.render.render(animation=True)
"""


def test_a_farm_without_the_extension_renders_the_same_frames(bpy: Any, tmp_path: Path) -> None:
    scene = empty(bpy)
    root = imported(making.consistent_stack(tmp_path / "stack", 3, 2, (64, 48)))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    assert bpy.ops.zoom_stack.set_up_render(resolution="SHARP", output="FRAMES") == {"FINISHED"}
    assert scene.render.filepath == f"//renders/{root.name}/{root.name}_"
    scene.frame_start, scene.frame_end, scene.frame_step = 31, 66, 35
    bpy.ops.wm.save_mainfile()
    bpy.ops.render.render(animation=True)
    files = sorted((tmp_path / "renders" / root.name).iterdir())
    assert [file.name[-8:-4] for file in files] == ["0031", "0066"]
    here = [load(file) for file in files]
    assert np.abs(here[0].astype(float) - here[1]).mean() > 5.0
    for file in files:
        file.unlink()
    environment = {**TEST_RENDERING, "BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    done = subprocess.run(
        [sys.executable, "-c", _FARM, str(tmp_path / "film.blend")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for file, known in zip(files, here, strict=True):
        assert np.array_equal(load(file), known)
