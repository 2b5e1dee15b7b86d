"""The example: an aeroplane through three levels, lit, with a shadow, a read-out and two layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bl_ext.user_default.zoom_stack.scene import finding, keys, receiving
from judging import load, show

from devtools import example_scene, rendering

SIZE = (128, 72)
# A shadow leaves 0.35 of the light, and so 0.62 of the numbers in sRGB, darker or lighter by edges.
LEAST_IN_SHADOW, MOST_IN_SHADOW = 0.5, 0.75
OVER_WATER = 185  # the frame in which aeroplane and shadow are seen in the deepest level


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as it is saved."""
    import bpy

    folder = tmp_path_factory.mktemp("example")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    example_scene.build(folder / "pictures")
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "example.blend"), relative_remap=True)
    return folder / "example.blend"


@pytest.fixture
def example(bpy: Any, file: Path) -> Any:
    """The scene of the saved file, opened with scripts off."""
    bpy.ops.wm.open_mainfile(filepath=str(file), use_scripts=False)
    scene = bpy.data.scenes[0]
    show(scene)
    return scene


def rendered(scene: Any, engine: str, file: Path, samples: int = 4, composited: bool = True) -> Any:
    """The present frame in bytes, as the file has it apart from size and samples."""
    bounces = scene.cycles.max_bounces
    rendering.prepare_render(scene, engine, SIZE, samples)
    scene.cycles.max_bounces = bounces
    scene.eevee.use_shadows = True
    scene.render.use_compositing = composited
    rendering.render_picture(scene, file)
    return load(file).astype(int)


def reds(picture: Any) -> int:
    return int(((picture[..., 0] > 120) & (picture[..., 1] < 90)).sum())


def test_the_aeroplane_crosses_three_levels(example: Any) -> None:
    root = finding.shown_roots()[0]
    camera = finding.camera_of(root)
    thing = example.objects["Aeroplane"]
    levels = set()
    for frame in range(example.frame_start, example.frame_end + 1, 4):
        example.frame_set(frame)
        graph = show(example)
        seen = thing.evaluated_get(graph)
        if seen.hide_render:
            continue
        place = camera.evaluated_get(graph).matrix_world.inverted() @ seen.matrix_world.translation
        across = place.x / -place.z * camera.data.lens / camera.data.sensor_width
        up = place.y / -place.z * camera.data.lens / camera.data.sensor_width
        assert place.z < 0.0
        if abs(across) < 0.5 and abs(up) < 0.28:
            levels.add(round(camera[keys.LEVEL]))
    assert levels == {2, 3, 4}


def shadow_on(without: Any, picture: Any) -> Any:
    """Where a picture is as dark as the share of it that shines by itself."""
    share = picture.sum(2) / np.maximum(without.sum(2), 1)
    return (share > LEAST_IN_SHADOW) & (share < MOST_IN_SHADOW)


def test_it_is_lit_and_its_shadow_lies_on_the_picture_in_both_engines(
    example: Any, tmp_path: Path
) -> None:
    example.frame_set(OVER_WATER)
    thing = example.objects["Aeroplane"]
    cycles = rendered(example, rendering.CYCLES, tmp_path / "cycles.png")
    eevee = rendered(example, rendering.EEVEE, tmp_path / "eevee.png", samples=1)
    thing.driver_remove("hide_render")
    thing.hide_render = True
    without = rendered(example, rendering.CYCLES, tmp_path / "without.png")
    for picture in (cycles, eevee):
        assert reds(picture) > reds(without) + 100
        assert shadow_on(without, picture).sum() > 60
        # Beside both, lit or not, the picture is as it was.
        assert np.abs(picture[:, 100:] - without[:, 100:]).mean() < 5.0
    assert (shadow_on(without, cycles) & shadow_on(without, eevee)).sum() > 40


def test_the_read_out_is_there(example: Any, tmp_path: Path) -> None:
    example.frame_set(example.frame_end)
    picture = rendered(example, rendering.CYCLES, tmp_path / "end.png")
    corner = picture[50:70, 2:40]
    assert (corner.min(2) > 200).sum() > 15


def test_the_layers_together_are_the_direct_render(example: Any, tmp_path: Path) -> None:
    example.frame_set(OVER_WATER)
    joined = rendered(example, rendering.CYCLES, tmp_path / "joined.png")
    assert {layer.name for layer in example.view_layers if layer.use} == {"Zoom", "Things"}
    for layer in example.view_layers:
        layer.use = layer.name not in {"Zoom", "Things"}
    example.render.film_transparent = False
    direct = rendered(example, rendering.CYCLES, tmp_path / "direct.png", composited=False)
    assert np.abs(joined - direct).max() <= 3


def test_every_level_takes_light(example: Any) -> None:
    root = finding.shown_roots()[0]
    assert receiving.lit_levels(root) == [0, 1, 2, 3, 4]
