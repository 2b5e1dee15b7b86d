"""Tiles: they cover a picture, and nobody sees where they end."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.models.tiles import Tiling, enlarged_in_tiles
from engine.pictures.colour import Floats

TILING = Tiling(largest=48, overlap=16)


def repeated(tile: Floats) -> Floats:
    return tile.repeat(2, axis=0).repeat(2, axis=1)


@pytest.mark.parametrize("length", [1, 47, 48, 49, 80, 81, 500])
def test_they_cover_every_side_and_overlap(length: int) -> None:
    spans = TILING.spans(length)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(0 < end - start <= TILING.largest for start, end in spans)
    assert all(e - s >= TILING.overlap for (_, e), (s, _) in itertools.pairwise(spans))


@pytest.mark.parametrize("shape", [(1, 1), (48, 20), (49, 131), (200, 3)])
def test_what_knows_no_border_is_as_in_one_piece(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).random((*shape, 3)).astype(np.float32)
    tiled = enlarged_in_tiles(picture, 2, TILING, repeated, lambda _share: None)
    assert np.allclose(tiled, repeated(picture), atol=1e-6)


def test_a_border_of_a_tile_fades_out() -> None:
    """Tiles that differ by a step go over into one another without one."""
    steps = iter([0.0, 1.0])

    def flat(tile: Floats) -> Floats:
        return np.full_like(repeated(tile), next(steps))

    row = enlarged_in_tiles(np.zeros((4, 80, 3), np.float32), 2, TILING, flat, lambda _share: None)
    assert row[0, 0, 0] == 0.0
    assert row[0, -1, 0] == 1.0
    assert np.abs(np.diff(row[0, :, 0])).max() < 1.5 / (2 * TILING.overlap)


def test_the_share_that_is_done_rises_from_nothing() -> None:
    shares: list[float] = []
    picture = np.zeros((100, 100, 3), np.float32)
    enlarged_in_tiles(picture, 2, TILING, repeated, shares.append)
    assert shares == [number / 9 for number in range(9)]
