"""Stacks from strangers get one sentence in Blender, the engine's own, and leave nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import making
import pytest
from bl_ext.user_default.zoom_stack.engine.contract.errors import ZoomStackError
from bl_ext.user_default.zoom_stack.engine.contract.stack import parse_stack
from bl_ext.user_default.zoom_stack.scene import keys
from bl_ext.user_default.zoom_stack.scene.finding import stack_of
from bl_ext.user_default.zoom_stack.scene.searching import Wanted, find_pictures

PICTURE = "01.png"


def contains(content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / PICTURE).write_bytes(content) and None


def huge(folder: Path) -> None:
    content = bytearray((folder / PICTURE).read_bytes())
    content[16:24] = (17_000).to_bytes(4, "big") + (10_000).to_bytes(4, "big")
    (folder / PICTURE).write_bytes(content)


def sparse(folder: Path) -> None:
    os.truncate(folder / PICTURE, 10 * 2**30)


def link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere.png")
    (folder / PICTURE).rename(elsewhere)
    (folder / PICTURE).symlink_to(elsewhere)


def device(folder: Path) -> None:
    (folder / PICTURE).rename(folder / "nul.png")
    change(folder, lambda text: text.replace(PICTURE, "nul.png"))


def deep(folder: Path) -> None:
    change(folder, lambda text: text.replace("{", '{"notes": ' + "[" * 500 + "]" * 500 + ", ", 1))


def digits(folder: Path) -> None:
    change(folder, lambda text: text.replace("{", '{"notes": ' + "7" * 5000 + ", ", 1))


def change(folder: Path, how: Callable[[str], str]) -> None:
    file = folder / "stack.json"
    file.write_text(how(file.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (contains(b"%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n"), "it is a PostScript program"),
        (contains(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "it is an SVG drawing"),
        (contains(b"GIF89a" + bytes(40)), "it is a GIF"),
        (contains(b""), "it is no PNG, JPEG, WebP, TIFF or BMP"),
        (huge, "is too large: it has 17000 x 10000 pixels"),
        (sparse, "is too large: its file has 10,737 MB"),
    ],
)
def test_a_picture_that_blender_is_not_to_decode(
    bpy: Any, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    refused(bpy, tmp_path, harm, rf"The picture of level 2, 01\.png, .*{sentence}")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (link, r"level 2, 01\.png, is a link to a place outside"),
        (device, r"level 2 is 'nul\.png', which is the name of a device"),
        (deep, "more than 100 deep"),
        (digits, "a number has thousands of digits"),
    ],
)
def test_a_stack_that_blender_is_not_to_follow(
    bpy: Any, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    refused(bpy, tmp_path, harm, sentence)


def refused(bpy: Any, tmp_path: Path, harm: Callable[[Path], None], sentence: str) -> None:
    making.plain_stack(tmp_path / "stack", 3, 2.0)
    harm(tmp_path / "stack")
    before = len(bpy.data.images), len(bpy.data.objects)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.zoom_stack.import_stack(filepath=str(tmp_path / "stack"))
    assert (len(bpy.data.images), len(bpy.data.objects)) == before


@pytest.mark.parametrize("kind", ["jpg", "tif", "bmp", "webp"])
def test_pictures_of_the_other_kinds_are_shown(bpy: Any, tmp_path: Path, kind: str) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 2.0)
    formats = {"jpg": "JPEG", "tif": "TIFF", "bmp": "BMP", "webp": "WEBP"}
    for name in ("00", "01"):
        image = bpy.data.images.load(str(folder / f"{name}.png"))
        assert image.pixels[0] >= 0.0  # which reads the file
        image.filepath_raw, image.file_format = str(folder / f"{name}.{kind}"), formats[kind]
        image.save()
        bpy.data.images.remove(image)
    change(folder, lambda text: text.replace(".png", f".{kind}"))
    assert bpy.ops.zoom_stack.import_stack(filepath=str(folder)) == {"FINISHED"}


def test_a_zoom_whose_stack_was_made_deep_no_longer_knows_it(bpy: Any, tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 2.0)
    bpy.ops.zoom_stack.import_stack(filepath=str(folder))
    root = next(each for each in bpy.data.objects if keys.MANIFEST in each)
    for text in ("[" * 5000 + "]" * 5000, '{"version": ' + "7" * 5000 + "}"):
        root[keys.MANIFEST] = text
        with pytest.raises(ZoomStackError, match="no longer knows its stack"):
            stack_of(root)


def test_a_link_to_elsewhere_is_no_picture_that_was_found(tmp_path: Path) -> None:
    folder = making.plain_stack(tmp_path / "stack", 2, 2.0)
    data = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
    link(folder)
    stack = parse_stack(data, tmp_path / "gone")
    files = {number: stack.picture(number) for number in range(2)}
    found = find_pictures(Wanted(stack, files, ()), folder, lambda: None)
    assert found.files == {0: folder / "00.png"}
    assert found.rest == [1]
