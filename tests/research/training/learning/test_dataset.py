"""Batches of a drawn set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from research.training.drawing.captions import parted
from research.training.drawing.images import captions_of
from research.training.learning import tokens
from research.training.learning.dataset import Pictures


def test_a_batch_has_pictures_with_their_captions_or_their_marks_alone(drawn: Path) -> None:
    texts = captions_of(drawn)
    tokenizer = tokens.tokenizer_for(texts)
    torch.manual_seed(0)  # decides which captions are left out
    pictures = Pictures(drawn, tokenizer, torch.device("cpu"))
    x0, ids = pictures.batch(np.random.default_rng(1), 400, left_out=0.5)
    captions, marks = (
        tokens.encode(tokenizer, each) for each in (texts, [parted(text)[0] for text in texts])
    )
    everything = np.load(drawn / "images.npy")
    left_out = 0
    for picture, own in zip(x0, ids, strict=True):
        pixels = ((picture.permute(1, 2, 0) + 1) * 127.5).round().byte()
        (number,) = np.flatnonzero((everything == pixels.numpy()).all((1, 2, 3)))
        left_out += torch.equal(own, marks[number])
        assert torch.equal(own, captions[number]) or torch.equal(own, marks[number])
    assert 160 < left_out < 240


def test_a_share_of_what_is_drawn_holds_another_picture(drawn: Path) -> None:
    tokenizer = tokens.tokenizer_for(captions_of(drawn))
    pictures = Pictures(drawn, tokenizer, torch.device("cpu"), holding=0.2)
    _, ids = pictures.batch(np.random.default_rng(1), 400, left_out=1.0)
    holding = (ids != tokens.encode(tokenizer, [""])).any(1).float().mean()
    assert 0.12 < holding < 0.28
