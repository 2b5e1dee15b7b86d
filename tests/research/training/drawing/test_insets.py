"""Pictures within pictures."""

from __future__ import annotations

import numpy as np

from research.training.drawing import insets
from research.training.drawing.fields import Field
from research.training.drawing.images import CONCEPTS


def test_insets_lie_in_about_as_many_pictures_as_is_said_and_off_the_middle_too() -> None:
    rng = np.random.default_rng(2)
    black = np.zeros((64, 64, 3), np.float32)
    white = np.ones((64, 64, 3), np.float32)
    shares, centres = [], []
    for _ in range(200):
        picture, _ = insets.with_inset(rng, black, "moon", list(CONCEPTS), lambda *_: white)
        picture = picture[..., 0]
        shares.append(float((picture > 0.02).mean()))
        rows, columns = np.nonzero(picture > 0.02)
        centres.append((rows.mean() - 31.5, columns.mean() - 31.5))
    off = np.hypot(*np.asarray(centres).T)
    # A factor of 4 covers a sixteenth, one of 1.7 a third; the border takes some of it.
    assert 0.02 < min(shares) < 0.07 < 0.15 < max(shares) < 0.36
    assert 0.3 < (off < 1.5).mean() < 0.7
    assert off.max() > 8


def test_most_insets_show_what_may_lie_there() -> None:
    assert set(insets.INSIDE) == set(CONCEPTS)
    assert {inner for each in insets.INSIDE.values() for inner in each} <= set(CONCEPTS)
    asked: list[str] = []

    def draw_one(_: np.random.Generator, name: str) -> Field:
        asked.append(name)
        return np.zeros((64, 64, 3), np.float32)

    rng, image = np.random.default_rng(3), np.zeros((64, 64, 3), np.float32)
    first = []
    for _ in range(200):
        asked.clear()
        _, told = insets.with_inset(rng, image, "leaf", list(CONCEPTS), draw_one)
        assert told == asked[0]
        first.append(told)
    deeper = list(CONCEPTS)[list(CONCEPTS).index("leaf") :]
    assert set(first) <= set(deeper)
    assert len(set(first)) > 6
    assert 0.65 < np.mean([name in insets.INSIDE["leaf"] for name in first]) < 0.9


def test_an_inset_off_the_middle_lies_where_its_surroundings_are_alike() -> None:
    rng = np.random.default_rng(5)
    image = np.zeros((64, 64, 3), np.float32)
    image[:, 32:] = 1.0
    columns = []
    for _ in range(60):
        child = np.ones((64, 64, 3), np.float32)
        place = insets._place(rng, image, child)
        columns.append(place.columns.start + place.columns.count / 2)
    off = [column for column in columns if abs(column - 32) > 2]
    assert len(off) > 15
    assert np.mean([column > 32 for column in off]) > 0.85
