"""Pictures of strangers: decoded by their kind, within limits, or refused in one sentence."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, features

from devtools.paths import REPO
from engine.contract.picture_header import NoPictureError
from engine.pictures.opening import decoded, opened, pixels_of
from engine.pictures.view import load_picture, picture_size
from tests.engine.contract.test_picture_header import shared_tags

SIDE = 64
NOISE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    length, check = struct.pack(">I", len(content)), struct.pack(">I", zlib.crc32(kind + content))
    return length + kind + content + check


def png(width: int, height: int, more: bytes = b"", channels: int = 3, depth: int = 8) -> bytes:
    colour = {1: 0, 3: 2}[channels]
    packer = zlib.compressobj(9)
    row = bytes(1 + width * channels * depth // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_program_is_not_started_for_a_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(a))
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: started.append(a))
    (tmp_path / "x.png").write_bytes(EPS)
    with pytest.raises(NoPictureError, match="it is a PostScript program"):
        decoded(tmp_path / "x.png")
    assert not started


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif", "bmp"])
def test_every_kind_that_is_promised_is_read_under_any_name(kind: str, tmp_path: Path) -> None:
    if not features.check("webp") and kind == "webp":
        pytest.skip("this Pillow has no WebP")
    image = Image.fromarray(NOISE)
    image.save(tmp_path / f"a.{kind}", **({"lossless": True} if kind == "webp" else {}))
    file = (tmp_path / f"a.{kind}").rename(tmp_path / "photo.dat")
    assert picture_size(file) == (SIDE, SIDE)
    difference = np.abs(load_picture(file).astype(int) - NOISE)
    assert difference.mean() == 0 or kind == "jpg"


@pytest.mark.parametrize("save", [{"format": "WEBP"}, {"format": "PNG"}])
def test_of_an_animation_the_first_picture_is_read(tmp_path: Path, save: dict[str, str]) -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    first.save(tmp_path / "a", save_all=True, append_images=[second], lossless=True, **save)
    assert (load_picture(tmp_path / "a") == (255, 0, 0)).all()


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt"])
def test_texts_and_profiles_that_swell_are_damage(kind: bytes, tmp_path: Path) -> None:
    swollen = b"a\0\0" + zlib.compress(bytes(10**8), 9)
    (tmp_path / "a.png").write_bytes(png(SIDE, SIDE, chunk(kind, swollen)))
    with pytest.raises(NoPictureError, match="cut short or damaged"):
        decoded(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_half_a_picture_is_damage(kind: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, kind)
    (tmp_path / "a").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(NoPictureError, match="cut short or damaged"):
        decoded(tmp_path / "a")


def test_a_photo_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(NOISE[:32]).save(tmp_path / "a.png", exif=exif)
    assert (pixels_of(decoded(tmp_path / "a.png")) == np.rot90(NOISE[:32], -1)).all()


def test_notes_of_a_camera_that_swell_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(SIDE, SIDE, chunk(b"eXIf", shared_tags(4000, 2**16))))
    assert decoded(tmp_path / "a.png").size == (SIDE, SIDE)


def test_a_jpeg_of_thousands_of_scans_is_damage(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    scan = content[content.rindex(b"\xff\xda") : -2]
    (tmp_path / "a.jpg").write_bytes(content[:-2] + scan * 300 + content[-2:])
    with pytest.raises(NoPictureError, match="damaged"):
        decoded(tmp_path / "a.jpg")


def test_grey_of_16_bits_keeps_its_values(tmp_path: Path) -> None:
    deep = np.arange(600 * 8, dtype=np.uint16).reshape(600, 8) * 13
    Image.fromarray(deep).save(tmp_path / "a.png")
    expected = np.rint(deep / 257.0).astype(np.uint8)
    assert (load_picture(tmp_path / "a.png") == expected[..., None]).all()


def test_nothing_is_said_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "large.png").write_bytes(png(11648, 8736, channels=1))
    with warnings.catch_warnings(), opened(tmp_path / "large.png") as image:
        warnings.simplefilter("error")
        assert image.size == (11648, 8736)
    assert capfd.readouterr() == ("", "")


MEASURE = """
import sys
from pathlib import Path
from engine.run.given_pictures import read_given
from engine.pictures.view import load_picture
from engine.contract.job import Job, LevelSpec, Pin
def highest():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000
before = highest()
if sys.argv[2] == "pin":
    read_given(Job((LevelSpec("a", pin=Pin(sys.argv[1])),)))
else:
    load_picture(Path(sys.argv[1]))
print(highest() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measured by /proc")
@pytest.mark.parametrize("how", ["pin", "load"])
@pytest.mark.parametrize(("channels", "depth"), [(3, 8), (1, 16)])
def test_a_photo_of_100_megapixels_takes_less_than_a_gigabyte(
    how: str, channels: int, depth: int, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(png(11648, 8736, channels=channels, depth=depth))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "a.png"), how]
    told = subprocess.run(
        command, cwd=REPO, capture_output=True, text=True, check=True, timeout=100
    )
    assert float(told.stdout) < 1000


def test_pictures_are_opened_in_one_place() -> None:
    place = REPO / "engine/pictures/opening.py"
    files = (REPO / "engine").rglob("*.py")
    found = [file for file in files if re.search(r"\bImage\.open\(", file.read_text("utf-8"))]
    assert found == [place]


def test_what_lies_behind_a_photo_is_not_counted_as_its_scans(tmp_path: Path) -> None:
    """A telephone's moving picture, or a second one, as noise here."""
    file = tmp_path / "a.jpg"
    Image.new("RGB", (64, 48), (200, 30, 20)).save(file)
    noise = np.random.default_rng(1).bytes(20_000_000)
    file.write_bytes(file.read_bytes() + noise)
    assert decoded(file).size == (64, 48)


def test_scans_are_counted_behind_what_a_decoder_passes_over(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("L", (64, 48), 99).save(content, "JPEG", progressive=True)
    photo = content.getvalue()
    scan = photo.index(b"\xff\xda")
    hidden = b"\xff\xfe\x00\x06\xff\xd9\xff\xd9"  # a comment with what ends a picture
    bomb = photo[:scan] + (hidden + b"junk" + photo[scan:-2]) * 300 + b"\xff\xd9"
    (tmp_path / "a.jpg").write_bytes(bomb)
    with pytest.raises(NoPictureError, match="damaged"):
        decoded(tmp_path / "a.jpg")
