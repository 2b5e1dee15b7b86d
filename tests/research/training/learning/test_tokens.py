"""Which words have tokens of their own."""

from __future__ import annotations

from pathlib import Path

import torch

from research.training.learning import tokens
from research.training.learning.first_stage import Networks, load_exported


def test_words_get_tokens_of_their_own_that_begin_as_what_was_read_before(tmp_path: Path) -> None:
    tokenizer = tokens.train_tokenizer(["a leaf", "a red leaf", "the leaf of a tree"] * 9)
    networks = Networks(len(tokenizer))
    networks.text_encoder.save_pretrained(tmp_path / "text_encoder")
    networks.unet.save_pretrained(tmp_path / "unet")
    tokens.save(tokenizer, tmp_path / "tokenizer")
    more = tokens.with_whole_words(tokenizer, ["winter", "sparse"])
    assert len(more) == len(tokenizer) + 2
    assert len(tokens.with_whole_words(more, ["sparse"])) == len(more), "it is whole already"
    for text in ("a red leaf", "a tree", "win, ter"):
        assert more.tokenize(text) == tokenizer.tokenize(text)
    assert more.tokenize("a leaf in winter, sparse")[-3:] == ["▁winter", ",", "▁sparse"]
    larger = Networks(len(more))
    load_exported(larger, tmp_path, more)
    rows, before = larger.text_encoder.shared.weight, networks.text_encoder.shared.weight
    assert torch.equal(rows[: len(before)], before)
    parts = before[tokenizer("winter", add_special_tokens=False).input_ids]
    assert len(parts) > 2
    assert torch.allclose(rows[len(before)], parts.sum(0) / len(parts) ** 0.5, atol=1e-6)
    assert torch.equal(larger.text_encoder.encoder.embed_tokens.weight, rows)


def test_marks_have_tokens_of_their_own(tmp_path: Path) -> None:
    texts = ["a leaf", "+leaf a red leaf", "the leaf of a tree", "+bark a leaf"] * 9
    anew = tokens.tokenizer_for(texts)
    tokens.save(tokens.train_tokenizer(["a leaf", "a red tree"] * 9), tmp_path / "tokenizer")
    for tokenizer in (anew, tokens.tokenizer_for(texts, tmp_path)):
        assert tokenizer.tokenize("+leaf a leaf")[0] == "▁+leaf"
        assert tokenizer.tokenize("+bark")[0] == "▁+bark"
