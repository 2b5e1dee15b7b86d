"""Decode small PNG files with the standard library: Blender's process shows previews by it.

Blender's own ways to load a picture either add a datablock to the user's file or write into the
desktop's cache of thumbnails.
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SIDE = 256  # the engine's have 128
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def decode_rgba(content: bytes) -> tuple[int, int, bytes]:
    """Decode an 8-bit grey, RGB or RGBA PNG without interlacing.

    Returns:
        width, height, and RGBA bytes, the *bottom* row first, as Blender has its pictures.

    Raises:
        ValueError: for anything else.
    """
    if not content.startswith(SIGNATURE):
        raise ValueError("no PNG")
    header, pieces = b"", []
    position = len(SIGNATURE)
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        body = content[position + 8 : position + 8 + length]
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            pieces.append(body)
        position += length + 12
    if len(header) != 13:
        raise ValueError("no header")
    width, height, depth, colour, _compression, _filters, interlaced = struct.unpack(
        ">IIBBBBB", header
    )
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise ValueError("not an 8-bit PNG without palette and interlacing")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError("too large for a preview")
    channels = _CHANNELS[colour]
    stride = width * channels
    try:
        raw = zlib.decompressobj().decompress(b"".join(pieces), (stride + 1) * height)
    except zlib.error as error:
        raise ValueError("damaged") from error
    if len(raw) != (stride + 1) * height:
        raise ValueError("cut off")
    return width, height, _to_rgba(_unfilter(raw, stride, channels), channels)


def _unfilter(raw: bytes, stride: int, step: int) -> list[bytes]:
    """Undo the five row filters (PNG specification, section 9)."""
    rows: list[bytes] = []
    above = bytes(stride)
    for start in range(0, len(raw), stride + 1):
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        if kind == 1:
            for i in range(step, stride):
                line[i] = (line[i] + line[i - step]) & 255
        elif kind == 2:
            line = bytearray((a + b) & 255 for a, b in zip(line, above, strict=True))
        elif kind == 3:
            for i in range(stride):
                left = line[i - step] if i >= step else 0
                line[i] = (line[i] + (left + above[i] >> 1)) & 255
        elif kind == 4:
            _paeth(line, above, step)
        elif kind != 0:
            raise ValueError("unknown row filter")
        above = bytes(line)
        rows.append(above)
    return rows


def _paeth(line: bytearray, above: bytes, step: int) -> None:
    for i in range(min(step, len(line))):
        line[i] = (line[i] + above[i]) & 255
    for i in range(step, len(line)):
        left, up, corner = line[i - step], above[i], above[i - step]
        to_left, to_up = abs(up - corner), abs(left - corner)
        to_corner = abs(left + up - corner - corner)
        if to_left <= to_up and to_left <= to_corner:
            near = left
        else:
            near = up if to_up <= to_corner else corner
        line[i] = (line[i] + near) & 255


def _to_rgba(rows: list[bytes], channels: int) -> bytes:
    raw = b"".join(reversed(rows))
    rgba = bytearray(b"\xff" * (4 * (len(raw) // channels)))
    if channels >= 3:
        for channel in range(channels):
            rgba[channel::4] = raw[channel::channels]
    else:
        for channel in range(3):
            rgba[channel::4] = raw[0::channels]
        if channels == 2:
            rgba[3::4] = raw[1::2]
    return bytes(rgba)
