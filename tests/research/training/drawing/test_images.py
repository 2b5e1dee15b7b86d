"""Drawings, and sets of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from research.training.drawing import images
from research.training.drawing.images import CAPTIONS, CONCEPTS, draw, example, make_set


@pytest.mark.parametrize("concept", list(CONCEPTS))
def test_every_subject_is_drawn_at_both_sizes(concept: str) -> None:
    for size in (64, 256):
        image, drawing = draw(np.random.default_rng(3), concept, size)
        assert image.shape == (size, size, 3)
        assert np.isfinite(image).all()
        assert 0 <= image.min() < image.max() <= 1
        assert drawing.kind


@pytest.mark.parametrize(
    ("concept", "more"), [("stars", 0), ("bacteria", 1), ("clouds", 0), ("city", 0)]
)
def test_density_words_are_true(concept: str, more: int) -> None:
    rng = np.random.default_rng(4)
    seen: dict[str, list[float]] = {"sparse": [], "dense": []}
    while min(map(len, seen.values())) < 4:
        image, drawing = draw(rng, concept)
        for word in set(seen) & set(drawing.adjectives):
            # Stars, lamps and clouds are bright; of bacteria the edges are counted.
            edges = np.abs(np.diff(image, axis=0)).mean()
            seen[word].append(float(edges if more else image.mean()))
    assert np.mean(seen["dense"]) > 1.25 * np.mean(seen["sparse"])


@pytest.mark.parametrize("seed", [1, 2])
def test_drawing_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(images, "_A_BLOCK", 2)
    program = images._program()
    asked = {"seed": 1, "count": 4, "size": 64, "program": program}
    parts = images._begun(tmp_path / "parts", asked)
    file = images._Block(parts / "0.npz", 1, 0, 2, 64).make()
    part = images._read_part(file)
    np.savez(file, **{**part, "images": part["images"] * 0})
    (parts / "2.new.npz").write_bytes(b"cut off")
    make_set(4, seed, tmp_path, processes=1)
    drawn, texts, numbers = zip(*(example(seed, index) for index in range(4)), strict=True)
    pictures = np.load(tmp_path / "images.npy")
    kept = 2 if seed == 1 else 0  # a set with another seed begins anew
    assert not pictures[:kept].any()
    assert np.array_equal(pictures[kept:], drawn[kept:])
    assert np.load(tmp_path / "concepts.npy").tolist() == list(numbers)
    assert json.loads((tmp_path / CAPTIONS).read_text(encoding="utf-8")) == list(texts)
    assert {each.name for each in tmp_path.iterdir()} == {"images.npy", "concepts.npy", CAPTIONS}
