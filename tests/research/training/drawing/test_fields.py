"""The brushes: lengths do not depend on the width of a drawing."""

from __future__ import annotations

import numpy as np

from research.training.drawing.fields import (
    UNITS,
    blur,
    canvas,
    canvas_side,
    grid,
    hillshade,
    noise,
    patch,
    warp,
)


def test_lengths_are_in_units_whatever_the_width() -> None:
    rng = np.random.default_rng(0)
    small = blur(noise(rng, 1.5), 4.0)  # smooth, so that enlarging it loses nothing
    large = np.repeat(np.repeat(small, 2, 0), 2, 1)

    def halved(field: np.ndarray) -> np.ndarray:
        return field.reshape(UNITS, 2, UNITS, 2).mean((1, 3))

    assert np.abs(halved(blur(large, 3.0)) - blur(small, 3.0)).max() < 0.02
    shift = np.full_like(small, 5.0)
    shifted = warp(large, *(np.full_like(large, 5.0),) * 2)
    inner = slice(0, UNITS - 8)
    assert np.abs(halved(shifted) - warp(small, shift, shift))[inner, inner].max() < 0.02
    light = (0.4, 0.7, 5.0)
    smooth_large = blur(large, 1.0)
    shade, expected = halved(hillshade(smooth_large, *light)), hillshade(blur(small, 1.0), *light)
    assert np.abs(shade - expected)[4:-4, 4:-4].max() < 0.05


def test_a_canvas_ends_with_its_block() -> None:
    with canvas(256):
        assert canvas_side() == 256
        assert grid()[0].shape == (256, 256)
        rows, columns = patch(0.0, 0.5, 0.25)
        assert rows.start <= 160
        assert rows.stop >= 224
        assert columns.start <= 96
        assert columns.stop >= 160
    assert canvas_side() == UNITS
    assert grid()[0].shape == (UNITS, UNITS)
