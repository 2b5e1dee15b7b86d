"""What a file says of its picture, read without decoding it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from PIL import Image

from engine.contract.picture_header import Header, NoPictureError, read_header

SIZE = (301, 97)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"


@pytest.mark.parametrize(
    ("name", "kind", "mode", "options"),
    [
        ("a.png", "PNG", "RGBA", {}),
        ("a.png", "PNG", "I;16", {}),
        ("a.jpg", "JPEG", "RGB", {}),
        ("a.jpg", "JPEG", "L", {"progressive": True}),
        ("a.jpg", "JPEG", "RGB", {"icc_profile": bytes(300_000), "exif": b"Exif\0\0" + bytes(900)}),
        ("a.webp", "WEBP", "RGB", {}),
        ("a.webp", "WEBP", "RGB", {"lossless": True}),
        ("a.webp", "WEBP", "RGBA", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
        ("a.tif", "TIFF", "RGB", {}),
        ("a.tif", "TIFF", "RGB", {"compression": "tiff_lzw", "big_tiff": True}),
        ("a.bmp", "BMP", "RGB", {}),
    ],
)
def test_the_size_is_that_of_the_picture(
    name: str, kind: str, mode: str, options: dict[str, object], tmp_path: Path
) -> None:
    file = tmp_path / name
    Image.new(mode, SIZE).save(file, **options)
    assert read_header(file) == Header(kind, *SIZE)
    assert read_header(file.rename(tmp_path / "other.name")) == Header(kind, *SIZE)


def test_several_pictures_in_a_jpeg_are_its_first(tmp_path: Path) -> None:
    more = [Image.new("RGB", (64, 64))]
    Image.new("RGB", SIZE).save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=more)
    assert read_header(tmp_path / "a.jpg") == Header("JPEG", *SIZE)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "it is a PostScript program"),
        (b"\xc5\xd0\xd3\xc6" + bytes(30), "it is a PostScript program"),
        (b"%PDF-1.7\n", "it is a PDF"),
        (b"\xef\xbb\xbf\n <svg/>", "it is an SVG drawing"),
        (b"GIF89a" + bytes(20), "it is a GIF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "it is a file of Microsoft's"),
        (bytes(4) + b"ftypheic", "such as HEIC"),
        (b"", "it is no PNG, JPEG, WebP, TIFF or BMP"),
        (b"no picture", "it is no PNG, JPEG, WebP, TIFF or BMP"),
        (PNG + struct.pack(">II", 17_000, 10_000), "it has 17000 x 10000 pixels"),
        (PNG + struct.pack(">II", 2**31, 2**31), "it has 2147483648 x 2147483648 pixels"),
        (PNG + struct.pack(">II", 0, 5), "cut short or damaged"),
        (PNG, "cut short or damaged"),
        (b"\xff\xd8\xff", "cut short or damaged"),
        (b"\xff\xd8\xff\xe0\0\x02" + b"\xff\xe0\0\x02" * 10_000, "cut short or damaged"),
        (b"\xff\xd8" + b"\xff" * 10_000, "cut short or damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "cut short or damaged"),
        (b"RIFF\x10\0\0\0WEBPXXXX" + bytes(20), "cut short or damaged"),
        (b"II*\0\xff\xff\xff\xff" + bytes(20), "cut short or damaged"),
        (b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, 2**63), "cut short or damaged"),
        (b"BM" + bytes(12), "cut short or damaged"),
        (b"BM" + bytes(12) + struct.pack("<Iiiq", 40, 30_000, -30_000, 0), "30000 x 30000"),
    ],
)
def test_what_is_wrong_is_one_clause(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(NoPictureError, match=words) as caught:
        read_header(tmp_path / "x.png")
    error = caught.value.told_of("The file x.png")
    assert error.code == "bad_picture"
    assert error.text.startswith("The file x.png ")
    assert error.text.endswith(".")
    assert error.hint


def shared_tags(tags: int, each: int) -> bytes:
    """A TIFF whose tags all name the same bytes as their own."""
    entries = [(256, 3, 1, 64), (257, 3, 1, 64)]
    entries += [(40000 + number, 1, each, 8) for number in range(tags)]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    return b"II*\0" + struct.pack("<I", 8 + each) + bytes(each) + body + bytes(4)


def test_a_tiff_whose_tags_share_their_bytes_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(shared_tags(3, 2**20))
    assert read_header(tmp_path / "a.tif") == Header("TIFF", 64, 64)
    (tmp_path / "a.tif").write_bytes(shared_tags(1000, 2**20))
    with pytest.raises(NoPictureError, match="damaged"):
        read_header(tmp_path / "a.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pipe", "no ordinary file"),
        ("device", "no ordinary file"),
        ("folder", "it is a folder"),
        ("sparse", "its file has 10,737 MB"),
        ("absent", "there is no such file"),
        ("long name", "File name too long"),
    ],
)
def test_only_ordinary_files_are_opened(kind: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "device":
            file.symlink_to("/dev/zero")
        case "folder":
            file.mkdir()
        case "sparse":
            Image.new("RGB", (8, 8)).save(file)
            os.truncate(file, 10 * 2**30)
        case "long name":
            file = tmp_path / ("n" * 300)
    with pytest.raises(NoPictureError, match=words):
        read_header(file)


def _chunks(count: int, kind: bytes = b"aaAa") -> bytes:
    header = b"\0\0\0\x0dIHDR" + struct.pack(">II", 8, 8) + bytes(9)
    return b"\x89PNG\r\n\x1a\n" + header + (bytes(4) + kind + bytes(4)) * count


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_chunks(200_000), "damaged"),
        (b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 8, 8, 1, 8, 1), "a compressed BMP"),
        (b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 8, 8, 1, 4, 2), "a compressed BMP"),
        (
            b"RIFF\x10\0\0\0WEBPVP8L" + bytes(5) + struct.pack("<I", 16382 | 9759 << 14) + bytes(9),
            "at most 60 million",
        ),
    ],
)
def test_what_takes_a_decoder_for_ever_is_refused(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(NoPictureError, match=words):
        read_header(tmp_path / "x.png")


def test_a_picture_of_many_chunks_is_one(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(_chunks(5000) + bytes(4) + b"IEND" + bytes(4))
    assert read_header(tmp_path / "x.png").width == 8
