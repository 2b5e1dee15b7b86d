"""The one place where a picture's file is decoded.

Whoever made the file may mean harm: Pillow is asked for a few formats by name (for others it starts
other programs), and only after ``contract.picture_header`` has seen how large it becomes.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from ..contract.picture_header import JPEG, damaged, directory_bytes, open_picture
from .colour import Bytes

# Pillow's own limit knows no sentence, and warns on the terminal below it.
Image.MAX_IMAGE_PIXELS = None

#: What Pillow raises for files that are damaged.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
)
_ROWS = 256
_PIECE = 2**20
_SCAN = b"\xff\xda"
_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")  # those that have a length, and the end
_MOST_SEGMENTS = 20_000
_MOST_SCANS = 200  # a progressive picture has about ten
_LARGEST_EXIF = 2**24
_RAW_EXIF = "Raw profile type exif"  # a PNG's, as ImageMagick writes it


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture whose pixels are not decoded yet; whatever fails meanwhile is the file's fault.

    Raises:
        NoPictureError: it is not there, of another kind, too large or damaged.
    """
    file, header = open_picture(path)
    with file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that no picture depends on
        try:
            if header.kind == JPEG and _scans(file) > _MOST_SCANS:
                raise damaged()
            with Image.open(file, formats=(header.kind,)) as image:
                if {*image.size} != {header.width, header.height}:  # one may be turned
                    raise damaged()
                yield image
        except _DAMAGE:
            raise damaged() from None


def decoded(path: Path) -> Image.Image:
    """A whole picture, 8 bits a value, turned as its EXIF data says.

    Raises:
        NoPictureError: as of ``opened``.
    """
    with opened(path) as image:
        image.load()
        _turn(image)
        return in_bytes(image)


def as_rgb(image: Image.Image) -> Image.Image:
    """The picture in colour; itself where it is, since a large one has no room for two."""
    return image if image.mode == "RGB" else image.convert("RGB")


def pixels_of(image: Image.Image) -> Bytes:
    """(h, w, 3) 8-bit sRGB of a decoded picture; transparency is ignored."""
    image = in_bytes(image)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _ROWS):  # Pillow would copy the whole twice meanwhile
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        pixels[top : top + _ROWS] = np.asarray(as_rgb(rows))
    return pixels


def in_bytes(image: Image.Image) -> Image.Image:
    """A picture of 8 bits for each value, for ``convert``, which cuts deeper ones off at 255.

    Raises:
        ValueError: of floating-point numbers, whose range nobody knows.
    """
    if image.mode == "F":
        raise ValueError("floating-point numbers")
    if not image.mode.startswith("I"):
        return image
    shallow = Image.new("L", image.size)
    for top in range(0, image.height, _ROWS):  # in doubles the whole would be eight times as large
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        deep = np.asarray(rows).astype(np.float64) / 257.0
        values = np.rint(np.clip(deep, 0.0, 255.0)).astype(np.uint8)
        shallow.paste(Image.fromarray(values), (0, top))
    return shallow


def _scans(file: BinaryIO) -> int:
    """Of a JPEG: each goes over the whole picture, in a few bytes if its maker means harm.

    What lies in segments and behind the picture, such as another one, does not count.
    """
    count, segments, position = 0, 0, 2
    while count <= _MOST_SCANS:
        file.seek(position)
        head = file.read(4)
        segments += 1
        if len(head) < 2 or head[:2] == _END:
            break
        if segments > _MOST_SEGMENTS:
            return _MOST_SCANS + 1
        if not _MARKER.match(head):
            position = _next_marker(file, position)
            continue
        position += 2 + int.from_bytes(head[2:4], "big")
        if head[:2] == _SCAN:
            count += 1
            position = _next_marker(file, position)
    file.seek(0)
    return count


def _next_marker(file: BinaryIO, position: int) -> int:
    """Where the next marker of a JPEG lies that is none within a scan; the end where none does."""
    file.seek(position)
    rest = b""
    while piece := file.read(_PIECE):
        found = _MARKER.search(rest + piece)
        if found:
            return position - len(rest) + found.start()
        position += len(piece)
        rest = piece[-1:]
    return position


def _turn(image: Image.Image) -> None:
    """As EXIF data says; where that would be a bomb, as it is."""
    data = image.info.get("exif")
    raw = image.info.get(_RAW_EXIF)
    if data is None and isinstance(raw, str):
        data = bytes.fromhex("".join(raw.split("\n")[3:]))
    if isinstance(data, bytes):
        data = data.removeprefix(b"Exif\0\0")
        try:
            if directory_bytes(io.BytesIO(data), len(data)) > _LARGEST_EXIF:
                return
        except (ValueError, struct.error):
            return
    ImageOps.exif_transpose(image, in_place=True)
