"""The small PNG reader, against Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.client.preview_png import decode_rgba
from tests.doubles.fake_worker import picture


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["noise", "smooth"])
def test_it_reads_what_pillow_writes(mode: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:37, 0:53]
    smooth = np.stack([x * 4, y * 6, x + y * 2, 255 - x], -1)
    noise = rng.integers(0, 256, (37, 53, 4))
    array = (noise if kind == "noise" else smooth).astype(np.uint8)
    picture = Image.fromarray(array, "RGBA").convert(mode)
    file = io.BytesIO()
    picture.save(file, "PNG")
    width, height, rgba = decode_rgba(file.getvalue())
    assert (width, height) == (53, 37)
    expected = np.asarray(picture.convert("RGBA"))[::-1]
    assert rgba == expected.tobytes()


def test_it_reads_the_fake_workers_pictures() -> None:
    width, height, rgba = decode_rgba(picture(0, 3, 4))
    assert len(rgba) == width * height * 4


@pytest.mark.parametrize("cut", [0, 4, 20, 60, 200])
def test_a_cut_file_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match=r"no PNG|no header|damaged|cut off"):
        decode_rgba(picture(0, 3, 2)[:cut])


def test_a_huge_picture_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    Image.new("L", (5000, 10)).save(tmp_path / "wide.png")
    with pytest.raises(ValueError, match="large"):
        decode_rgba((tmp_path / "wide.png").read_bytes())
