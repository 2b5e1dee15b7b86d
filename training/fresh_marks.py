"""Marks that are read: a beginning from which what they say can be learned.

As sums of their letters, as random rows or as the end of a caption the marks taught nothing (runs 9
to 12): each head of the text encoder looked at one word alone, and that named subject or colour.
"""

from __future__ import annotations

import math

import torch
from transformers import T5EncoderModel, T5Tokenizer

from .captions import mark_of
from .images import CONCEPTS

SOFTER = 6.0
"""What attention's logits are divided by: above 8 the error begins to grow, and at 6 a head still
gives a third to a half of itself to words that it did not look at before."""

LIKENESS = 0.7
"""Cosine between a mark and its subject's word: at 0.5 it is not seen, at 0.95 it is drawn in the
subject's place."""


def soften(encoder: T5EncoderModel) -> None:
    """Divide the logits of attention, in place."""
    for block in encoder.encoder.block:
        attention = block.layer[0].SelfAttention
        for part in (attention.q, attention.k):
            part.weight.data /= math.sqrt(SOFTER)


def renew(encoder: T5EncoderModel, tokenizer: T5Tokenizer) -> None:
    """Each mark begins as its subject's words, turned towards one direction that all marks share.

    So a model that knows "forest" sees from the first step on which mark it reads, and learns that
    it says what lies inside and not what the picture shows.
    """
    rows = encoder.shared.weight.data
    length = rows.norm(dim=1).mean()
    shared = _unit(torch.randn(rows.shape[1]))
    for name in CONCEPTS:
        number = tokenizer.convert_tokens_to_ids(f"▁{mark_of(name)}")
        if number == tokenizer.unk_token_id:
            continue
        words = tokenizer(name.replace("_", " "), add_special_tokens=False).input_ids
        subject = _unit(rows[words].mean(0))
        rows[number] = length * (LIKENESS * subject + math.sqrt(1 - LIKENESS**2) * shared)


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return vector / vector.norm()
