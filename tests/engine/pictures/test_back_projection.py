"""Back projection: reduced again, a larger picture is the one that it came from."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from engine.pictures.back_projection import area_mean, back_projected
from engine.pictures.colour import Floats

RNG = np.random.default_rng(3)


def difference(larger: Floats, picture: Floats) -> float:
    """Root mean square, of 255."""
    size = (picture.shape[1], picture.shape[0])
    means = [area_mean(np.ascontiguousarray(larger[..., c]), size) for c in range(3)]
    return float(np.sqrt(np.mean((np.stack(means, axis=-1) - picture) ** 2)) * 255.0)


def drifted(picture: Floats, size: tuple[int, int]) -> Floats:
    """Enlarged, sharper than it should be, with a cast."""
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(picture[..., c])).resize(size))
        for c in range(3)
    ]
    larger = 1.2 * np.stack(planes, axis=-1) - 0.08
    return np.clip(larger + 0.02 * RNG.standard_normal(larger.shape), 0.0, 1.0).astype(np.float32)


def waves(height: int, width: int) -> Floats:
    y, x = np.mgrid[:height, :width]
    plane = 0.5 + 0.4 * np.sin(x / 2.3) * np.cos(y / 3.1)
    return np.stack([plane, plane**2, 0.1 * plane], axis=-1).astype(np.float32)


@pytest.mark.parametrize("size", [(96, 64), (71, 45), (100, 31), (24, 17)])
def test_a_picture_that_drifted_comes_back(size: tuple[int, int]) -> None:
    picture = waves(16, 24)
    larger = drifted(picture, size)
    assert difference(larger, picture) > 5.0
    back = back_projected(larger, picture)
    assert difference(back, picture) < 1.0
    assert (back.min(), back.max()) >= (0.0, 0.0)
    assert back.max() <= 1.0


@pytest.mark.parametrize("kind", ["noise", "stars", "black", "white"])
def test_the_ends_of_the_range_are_no_excuse(kind: str) -> None:
    picture = {
        "noise": RNG.random((16, 16, 3)),
        "stars": RNG.random((16, 16, 3)) > 0.95,
        "black": np.zeros((16, 16, 3)),
        "white": np.ones((16, 16, 3)),
    }[kind].astype(np.float32)
    assert difference(back_projected(drifted(picture, (64, 64)), picture), picture) < 1.0


def test_what_is_right_already_stays() -> None:
    picture = waves(8, 8)
    larger = picture.repeat(4, axis=0).repeat(4, axis=1)
    assert np.array_equal(back_projected(larger.copy(), picture), larger)


def test_a_mean_counts_cut_pixels_by_their_share() -> None:
    row = np.array([[0.0, 3.0, 6.0]], np.float32)
    assert np.allclose(area_mean(row, (2, 1)), [[1.0, 5.0]])
    assert np.allclose(area_mean(row, (1, 1)), [[3.0]])
    assert np.allclose(area_mean(row, (6, 2)), row.repeat(2, axis=1).repeat(2, axis=0))
