"""A beginning from which a text encoder can learn to read marks.

Marks that began as the sum of their letters or as the end of a caption taught nothing
(docs/training_log.md): each head of the trained encoder looked at one word alone, and that named
subject or colour. Once in a model's life, `soften` makes room for other words, and `renew` makes
marks that are seen from the first step on.
"""

from __future__ import annotations

import math

import torch
from transformers import T5EncoderModel, T5Tokenizer

from ..drawing.captions import mark_of
from ..drawing.images import CONCEPTS

SOFTER = 6.0
"""What attention's logits are divided by: the most that hardly changes what the model draws."""

LIKENESS = 0.7
"""Cosine between a mark and its subject's word: with less the mark is not seen, with more the
subject is drawn in place of what the caption names."""


def soften(encoder: T5EncoderModel) -> None:
    """Divide the logits of attention by `SOFTER`, in place."""
    for block in encoder.encoder.block:
        attention = block.layer[0].SelfAttention
        for part in (attention.q, attention.k):
            part.weight.data /= math.sqrt(SOFTER)


def renew(encoder: T5EncoderModel, tokenizer: T5Tokenizer) -> None:
    """Each mark begins as its subject's words, turned towards one direction that all marks share.

    What the model knows of "forest" tells it which mark it reads; what all marks share can come to
    say that this lies inside.

    Args:
        tokenizer: with a token for the mark of every subject.
    """
    rows = encoder.shared.weight.data
    length = rows.norm(dim=1).mean()
    shared = _unit(torch.randn(rows.shape[1]))
    for name in CONCEPTS:
        words = tokenizer(name.replace("_", " "), add_special_tokens=False).input_ids
        subject = _unit(rows[words].mean(0))
        (mark,) = tokenizer(mark_of(name), add_special_tokens=False).input_ids
        rows[mark] = length * (LIKENESS * subject + math.sqrt(1 - LIKENESS**2) * shared)


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return vector / vector.norm()
