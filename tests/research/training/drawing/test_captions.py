"""Captions are true of their drawings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from research.training.drawing import images, insets
from research.training.drawing.captions import caption, mark_of, parted
from research.training.drawing.concepts.traits import Drawing
from research.training.drawing.fields import Field
from research.training.drawing.images import CONCEPTS, draw, example


def test_captions_tell_what_pictures_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain_draw = images.draw

    def watched(rng: np.random.Generator, concept: str, *size: int) -> tuple[Field, Drawing]:
        asked.append(concept)
        return plain_draw(rng, concept, *size)

    monkeypatch.setattr(images, "draw", watched)
    some = []
    for index in range(36):
        asked.clear()
        some.append((*example(4, index)[:2], asked[1:2]))
    monkeypatch.setattr(insets, "SHARE", 0.0)
    none = [example(4, index) for index in range(36)]
    assert 8 < sum(bool(inside) for *_, inside in some) < 26
    for (held, text, inside), (plain, bare, _) in zip(some, none, strict=True):
        holds = bool(inside)
        assert parted(text) == (mark_of(inside[0]) if holds else "", bare)
        assert "+" not in bare
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
