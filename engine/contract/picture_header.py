"""What a picture's file is, before anybody decodes it; with the standard library alone.

Both processes ask here, so that both say the same of the same file. Only a few bytes are read.
"""

from __future__ import annotations

import contextlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .errors import ZoomStackError
from .ordinary_files import NotOrdinaryError, open_ordinary

PNG, JPEG, WEBP, TIFF, BMP = KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
MAX_PIXELS = 160_000_000  # photos of 150 megapixels exist
#: Bytes; what a decoder takes whole into memory, twice at times, is to stay below one GB.
MAX_BYTES = {PNG: 450_000_000, JPEG: 450_000_000, WEBP: 450_000_000, BMP: 10**9, TIFF: 10**9}
_NAMES = "PNG, JPEG, WebP, TIFF or BMP"
_SAVE = f"Save it again as {_NAMES}."
_DAMAGED = "cannot be read as a picture: it is cut short or damaged"
#: How files begin that are often taken for pictures of ours.
_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"%!PS", "a PostScript program"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript program"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing or another XML file"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"8BPS", "a file of Photoshop's"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"DDS ", "a DDS texture"),
    (b"\xd0\xcf\x11\xe0", "a file of Microsoft's"),
    (b"version https://git-lfs", "only a pointer of Git LFS"),
)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # of JPEG; their header has the size
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers of JPEG that no length follows
_MOST_SEGMENTS = 4096
#: Of TIFF: bytes of a value, by its type; the tags of the size, and those of further directories.
_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WIDTH, _HEIGHT = 256, 257
_FURTHER = frozenset({34665, 34853, 40965})
_LARGEST_DIRECTORY = 2**26


@dataclass(frozen=True)
class Header:
    """What a file says of its picture.

    Attributes:
        kind: one of ``KINDS``.
        width, height: in pixels, before EXIF data turns it.
    """

    kind: str
    width: int
    height: int


class NoPictureError(Exception):
    """A file that is not to be decoded.

    Attributes:
        reason: the rest of a sentence that begins with the file, without the stop.
        hint: what to do.
    """

    def __init__(self, reason: str, hint: str = _SAVE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint

    def told_of(self, file: str) -> ZoomStackError:
        """The sentence.

        Args:
            file: how it begins: "The picture of level 2, a.png,".
        """
        return ZoomStackError("bad_picture", f"{file} {self.reason}.", self.hint)


def damaged() -> NoPictureError:
    """Of a file whose beginning is a picture's, and the rest is not."""
    return NoPictureError(_DAMAGED, "Choose another picture, or save it again as PNG or JPEG.")


def open_picture(path: Path) -> tuple[BinaryIO, Header]:
    """Open a picture's file, at its beginning; the caller closes it.

    Raises:
        NoPictureError: it is not there, not of ``KINDS``, or too large.
    """
    try:
        file = open_ordinary(path)
    except OSError as error:
        raise _unreadable(error) from None
    with contextlib.ExitStack() as undo:
        undo.callback(file.close)
        try:
            header = _header(file, os.fstat(file.fileno()).st_size)
            file.seek(0)
        except OSError as error:
            raise _unreadable(error) from None
        except (struct.error, IndexError, OverflowError, ValueError):
            raise damaged() from None
        undo.pop_all()
    return file, header


def read_header(path: Path) -> Header:
    """What a picture's file is.

    Raises:
        NoPictureError: as of ``open_picture``.
    """
    file, header = open_picture(path)
    file.close()
    return header


def directory_bytes(file: BinaryIO, size: int) -> int:
    """How many bytes the first directory of a TIFF file, or of EXIF data, says that it has.

    Decoders read all of them, and tags may share their bytes, a megabyte each.

    Raises:
        ValueError, struct.error: it is no TIFF.
    """
    return _directory(file, size)[1]


def _unreadable(error: OSError) -> NoPictureError:
    if isinstance(error, FileNotFoundError):
        reason, hint = "there is no such file", "Check the path, or choose another picture."
    elif isinstance(error, NotOrdinaryError):
        reason, hint = error.reason, "Choose another picture."
    else:
        reason, hint = error.strerror or str(error), "Check who may read it."
    return NoPictureError(f"cannot be read as a picture: {reason}", hint)


def _header(file: BinaryIO, size: int) -> Header:
    start = file.read(34)
    kind = _kind(start)
    if not kind:
        words = start.lstrip(b"\xef\xbb\xbf \t\r\n")
        what = next((what for mark, what in _OTHERS if words.startswith(mark)), "")
        if start[4:8] == b"ftyp":
            what = "a picture of another kind, such as HEIC or AVIF, or a film"
        is_what = f"it is {what}" if what else f"it is no {_NAMES}"
        raise NoPictureError(f"cannot be read as a picture: {is_what}")
    if size > MAX_BYTES[kind]:
        raise NoPictureError(
            f"is too large: its file has {size / 1e6:,.0f} MB, and at most "
            f"{MAX_BYTES[kind] / 1e6:,.0f} MB of a {kind} can be read",
            "Make the picture smaller.",
        )
    width, height = _SIZES[kind](file, start, size)
    if width < 1 or height < 1:
        raise damaged()
    most = min(MAX_PIXELS, _MOST_PIXELS.get(kind, MAX_PIXELS))
    if width * height > most:
        raise NoPictureError(
            f"is too large: it has {width} x {height} pixels, and at most "
            f"{most // 10**6} million in all can be read",
            "Make the picture smaller.",
        )
    return Header(kind, width, height)


def _kind(start: bytes) -> str:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if start.startswith(b"\xff\xd8\xff"):
        return JPEG
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return WEBP
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TIFF
    return BMP if start.startswith(b"BM") else ""


_MOST_CHUNKS = 100_000
_RUN_LENGTHS = (1, 2)
_MOST_PIXELS = {WEBP: 60_000_000}  # its decoder takes five times the picture's memory


def _size_of_png(file: BinaryIO, start: bytes, _size: int) -> tuple[int, int]:
    if start[8:16] != b"\0\0\0\x0dIHDR":
        raise damaged()
    file.seek(8)
    for _ in range(_MOST_CHUNKS):  # decoders take their time for each
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            break
        file.seek(int.from_bytes(head[:4], "big") + 4, os.SEEK_CUR)
    else:
        raise damaged()
    width, height = struct.unpack_from(">II", start, 16)
    return width, height


def _size_of_jpeg(file: BinaryIO, _start: bytes, _size: int) -> tuple[int, int]:
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        mark, kind = file.read(2)
        while kind == 0xFF:  # any number of them may come before a marker
            (kind,) = file.read(1)
        if mark != 0xFF:
            break
        if kind in _ALONE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if kind in _FRAMES:
            height, width = struct.unpack_from(">xHH", file.read(5))
            return width, height
        if kind == 0xDA or length < 2:  # the picture itself
            break
        file.seek(length - 2, os.SEEK_CUR)
    raise damaged()


def _size_of_webp(_file: BinaryIO, start: bytes, _size: int) -> tuple[int, int]:
    match start[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(start[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", start, 21)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", start, 26))
        case _:
            raise damaged()
    return width, height


def _size_of_bmp(_file: BinaryIO, start: bytes, _size: int) -> tuple[int, int]:
    (length,) = struct.unpack_from("<I", start, 14)
    width, height = struct.unpack_from("<HH" if length == 12 else "<ii", start, 18)
    compression = struct.unpack_from("<I", start, 30)[0] if length > 12 else 0
    if compression in _RUN_LENGTHS:  # which Pillow decodes byte by byte
        raise NoPictureError("cannot be read as a picture: it is a compressed BMP")
    return width, abs(height)  # rows may go down


def _size_of_tiff(file: BinaryIO, _start: bytes, size: int) -> tuple[int, int]:
    found, taken = _directory(file, size)
    if taken > max(size, _LARGEST_DIRECTORY):
        raise damaged()
    return found[_WIDTH], found[_HEIGHT]


def _directory(file: BinaryIO, size: int) -> tuple[dict[int, int], int]:
    """Single values of the first directory, and the bytes that it and those in it say to have."""
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}[start[:2]] if start[:2] in (b"II", b"MM") else ""
    if not order:
        raise ValueError("no TIFF")
    big = struct.unpack_from(f"{order}H", start, 2)[0] == 43
    entry = struct.Struct(f"{order}HHQ8s" if big else f"{order}HHI4s")
    whole = f"{order}{'Q' if big else 'I'}"
    found: dict[int, int] = {_WIDTH: 0, _HEIGHT: 0}
    taken = 0
    left = [struct.unpack_from(whole, start, 8 if big else 4)[0]]
    for offset in left:  # those in it are added
        if offset > size:
            continue
        file.seek(offset)
        (count,) = struct.unpack(f"{order}{'Q' if big else 'H'}", file.read(8 if big else 2))
        if count > 65535:
            raise ValueError("no directory")
        content = file.read(count * entry.size)
        for at in range(0, len(content) - entry.size + 1, entry.size):
            tag, kind, number, value = entry.unpack_from(content, at)
            taken += number * _BYTES.get(kind, 1)
            if number == 1:
                form = {3: "H", 16: "Q"}.get(kind, "I")
                if struct.calcsize(form) <= len(value):
                    single = struct.unpack_from(order + form, value)[0]
                    if offset == left[0]:
                        found[tag] = single
                    if tag in _FURTHER and single not in left and len(left) < 8:
                        left.append(single)
    return found, taken


_SIZES = {
    PNG: _size_of_png,
    JPEG: _size_of_jpeg,
    WEBP: _size_of_webp,
    TIFF: _size_of_tiff,
    BMP: _size_of_bmp,
}
