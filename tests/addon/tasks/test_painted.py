"""Pictures that the artist has painted on are the zoom's pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session

_PAINT = (0.25, 0.5, 0.75, 1.0)


@pytest.fixture
def zoom(bpy: Any, settings: Any, use_worker: UseWorker, prefs: Any, tmp_path: Path) -> Any:
    prefs.stack_folder = str(tmp_path / "zooms")
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.zoom_stack.generate()
    return bpy_session.submodule("scene.finding").active_root(bpy.context)


def picture(zoom: Any, number: int) -> Any:
    return bpy_session.submodule("scene.whereabouts").pictures_of(zoom)[number]


def paint(zoom: Any, number: int, how: str) -> Path:
    """Paint over a level; returns its file of before."""
    image = picture(zoom, number)
    image.pixels.foreach_set(_PAINT * (image.size[0] * image.size[1]))
    image.update()
    if how == "packed":
        image.pack()
    return Path(image.filepath)


def looks_painted(image: Any) -> bool:
    return all(abs(a - b) < 0.01 for a, b in zip(image.pixels[:4], _PAINT, strict=True))


@pytest.mark.parametrize("how", ["unsaved", "packed"])
def test_a_painted_level_is_kept_as_it_is_seen(bpy: Any, zoom: Any, how: str) -> None:
    before = paint(zoom, 0, how)
    content = before.read_bytes()
    bpy.context.scene.zoom_stack.active_level = 1
    bpy.ops.zoom_stack.level_again()
    assert looks_painted(picture(zoom, 0))
    kept = bpy.data.images.load(bpy.context.scene.zoom_stack.levels[0].made)
    assert looks_painted(kept)
    assert before.read_bytes() == content
    folders = len(list(before.parents[1].iterdir()))
    bpy.ops.zoom_stack.level_again()
    assert len(list(before.parents[1].iterdir())) == folders + 1  # it is written once


@pytest.mark.parametrize("how", ["unsaved", "packed"])
def test_a_painted_level_that_is_not_kept_can_be_compared_with(
    bpy: Any, zoom: Any, how: str
) -> None:
    paint(zoom, 0, how)
    bpy.ops.zoom_stack.generate()
    assert not looks_painted(picture(zoom, 0))
    bpy.ops.zoom_stack.compare_picture(level=0)
    assert looks_painted(picture(zoom, 0))


def test_a_painted_level_is_made_sharper(bpy: Any, zoom: Any) -> None:
    start = bpy_session.submodule("tasks.start")
    paint(zoom, 0, "unsaved")
    run = start.new_sharpening(bpy.context, zoom, 2, "lanczos")
    run.abandon()
    latest().clear()
    sent = bpy.data.images.load(str(bpy.context.scene.zoom_stack.levels[0].made))
    assert looks_painted(sent)
