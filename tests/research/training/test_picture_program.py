"""The picture program: drawings, captions, insets, sets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from research.training.drawing import images, insets
from research.training.drawing.captions import caption, mark_of, parted
from research.training.drawing.concepts.traits import Drawing
from research.training.drawing.fields import (
    UNITS,
    Field,
    blur,
    canvas,
    canvas_side,
    grid,
    hillshade,
    noise,
    patch,
    warp,
)
from research.training.drawing.images import CAPTIONS, CONCEPTS, draw, example, join_sets, make_set


@pytest.mark.parametrize("concept", list(CONCEPTS))
def test_every_subject_is_drawn_at_both_sizes(concept: str) -> None:
    for size in (64, 256):
        image, drawing = draw(np.random.default_rng(3), concept, size)
        assert image.shape == (size, size, 3) and np.isfinite(image).all()
        assert 0 <= image.min() < image.max() <= 1
        assert drawing.kind


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
        assert canvas_side() == 256 and grid()[0].shape == (256, 256)
        rows, columns = patch(0.0, 0.5, 0.25)
        assert rows.start <= 160 and rows.stop >= 224
        assert columns.start <= 96 and columns.stop >= 160
    assert canvas_side() == UNITS and grid()[0].shape == (UNITS, UNITS)


def test_captions_tell_what_pictures_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain_draw = images.draw

    def watched(rng: np.random.Generator, concept: str, *size: int) -> tuple[Field, Drawing]:
        asked.append(concept)
        return plain_draw(rng, concept, *size)

    monkeypatch.setattr(images, "draw", watched)
    some = []
    for index in range(60):
        asked.clear()
        some.append((*example(4, index)[:2], asked[1:2]))
    monkeypatch.setattr(insets, "SHARE", 0.0)
    none = [example(4, index) for index in range(60)]
    assert 15 < sum(bool(inside) for *_, inside in some) < 40
    for (held, text, inside), (plain, bare, _) in zip(some, none, strict=True):
        holds = bool(inside)
        assert parted(text) == (mark_of(inside[0]) if holds else "", bare) and "+" not in bare
        assert holds or np.array_equal(held, plain)
        # Mirrored or not is drawn after the inset.
        mirrored = plain[:, ::-1]
        assert not holds or not (np.array_equal(held, plain) or np.array_equal(held, mirrored))


def test_captions_do_not_say_the_contrary_of_the_density() -> None:
    rng = np.random.default_rng(1)
    black = np.zeros((4, 4, 3), np.float32)
    for kind in ("stars", "galaxy_cluster"):
        texts = [caption(rng, Drawing(black, kind, ("sparse",))) for _ in range(200)]
        assert not any(word in f" {text} " for text in texts for word in (" many ", " full "))
    assert any("full of stars" in caption(rng, Drawing(black, "stars")) for _ in range(200))
    meadows = [draw(rng, "meadow")[1] for _ in range(12)]
    bare = [each for each in meadows if "without flowers" in each.phrases]
    assert 0 < len(bare) < len(meadows)
    for each in bare:
        nouns = replace(each, adjectives=(), phrases=())
        assert not any("flower" in caption(rng, nouns) for _ in range(50))


def test_captions_name_a_colour_in_about_half_of_the_pictures() -> None:
    rng = np.random.default_rng(5)
    named = total = 0
    for concept in CONCEPTS:
        drawing = draw(rng, concept)[1]
        true = drawing.adjectives + drawing.phrases
        if not true:
            continue
        texts = [caption(rng, drawing) for _ in range(100)]
        bare = [caption(rng, Drawing(drawing.image, drawing.kind)) for _ in range(100)]
        assert len(set(texts)) > 20, "wording varies"
        # The nouns' own words ("red blood cells") are no choice of the picture's.
        own = {word for word in true if any(word in text for text in bare)}
        total += len(texts)
        named += sum(any(word in text for word in set(true) - own) for text in texts)
    assert 0.42 < named / total < 0.56


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
    assert 0.3 < (off < 1.5).mean() < 0.7 and off.max() > 8


def test_most_insets_show_what_may_lie_there() -> None:
    assert set(insets.INSIDE) == set(CONCEPTS)
    assert {inner for each in insets.INSIDE.values() for inner in each} <= set(CONCEPTS)
    asked: list[str] = []

    def draw_one(rng: np.random.Generator, name: str) -> Field:
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
    assert set(first) <= set(deeper) and len(set(first)) > 6
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
    assert len(off) > 15 and np.mean([column > 32 for column in off]) > 0.85


@pytest.mark.parametrize("seed", [1, 2])
def test_drawing_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(images, "_A_BLOCK", 2)
    program = images._program()
    asked = {"seed": 1, "count": 4, "size": 64, "only": [], "program": program}
    parts = images._begun(tmp_path / "parts", asked)
    file = images._Block(parts / "0.npz", 1, 0, 2, 64, ()).make()
    part = images.read_part(file)
    np.savez(file, **{**part, "images": part["images"] * 0})
    (parts / "2.new.npz").write_bytes(b"cut off")
    make_set(4, seed, tmp_path, processes=1)
    drawn, texts, numbers = zip(*(example(seed, index) for index in range(4)), strict=True)
    pictures = np.load(tmp_path / "images.npy")
    kept = 2 if seed == 1 else 0  # a set with another seed begins anew
    assert not pictures[:kept].any() and np.array_equal(pictures[kept:], drawn[kept:])
    assert np.load(tmp_path / "concepts.npy").tolist() == list(numbers)
    assert json.loads((tmp_path / CAPTIONS).read_text(encoding="utf-8")) == list(texts)
    assert {each.name for each in tmp_path.iterdir()} == {"images.npy", "concepts.npy", CAPTIONS}


def test_sets_are_joined_in_their_order(tmp_path: Path) -> None:
    make_set(3, 1, tmp_path / "a", only=("leaf",), processes=1)
    make_set(2, 2, tmp_path / "b", only=("moon", "blood"), processes=1)
    join_sets([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    names = list(CONCEPTS)
    numbers = np.load(tmp_path / "both/concepts.npy")
    assert [names[number] for number in numbers] == ["leaf"] * 3 + ["moon", "blood"]
    pictures = np.load(tmp_path / "both/images.npy")
    assert (pictures[3:] == np.load(tmp_path / "b/images.npy")).all()
    assert len(json.loads((tmp_path / "both/captions.json").read_text(encoding="utf-8"))) == 5


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
