"""The tokenizer: a small Unigram vocabulary learned from the captions.

Words it has never seen fall apart into single letters, which the captions' random letters teach the
model to pass over.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer
from transformers import T5Tokenizer

from ..drawing.captions import parted
from .model import TOKENS

VOCABULARY = 1200
_WHOLE = -5.0  # log probability
_CHARACTERS = string.ascii_lowercase + string.digits + string.punctuation


def tokenizer_for(texts: Sequence[str], start: Path | None = None) -> T5Tokenizer:
    """The tokenizer of a run: learned from its captions, or of the model that it begins with.

    Each mark of an inset gets a token of its own.

    Args:
        texts: the captions with their marks.
        start: an exported model, whose weights mean its own tokens.
    """
    marks, captions = zip(*map(parted, texts), strict=True)
    if start:
        tokenizer = T5Tokenizer.from_pretrained(start / "tokenizer")
    else:
        tokenizer = train_tokenizer(captions)
    return with_whole_words(tokenizer, sorted({*marks} - {""}))


def train_tokenizer(captions: Sequence[str]) -> T5Tokenizer:
    """T5's own tokenizer class over a vocabulary of whole caption words, syllables and letters."""
    trained = Tokenizer(Unigram())
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True),
        ]
    )
    special = ["<pad>", "</s>", "<unk>"]
    trainer = UnigramTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        unk_token="<unk>",
        initial_alphabet=list(_CHARACTERS),
        show_progress=False,
    )
    trained.train_from_iterator((text.lower() for text in captions), trainer)
    pieces = [(piece, score) for piece, score in json.loads(trained.to_str())["model"]["vocab"]]
    known = {piece for piece, _ in pieces}
    floor = min(score for _, score in pieces) - 1.0
    pieces += [(letter, floor) for letter in _CHARACTERS if letter not in known]
    return T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=TOKENS)


def with_whole_words(tokenizer: T5Tokenizer, words: Sequence[str]) -> T5Tokenizer:
    """The same tokenizer with a piece of its own for each of these words.

    A word that falls apart into letters looks like the random ones that captions are disturbed
    with. The new pieces come last, the others keep their numbers.
    """
    pieces = [
        tuple(each) for each in json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"]
    ]
    known = {piece for piece, _ in pieces}
    # As likely as frequent words: any split costs more.
    pieces += [(f"▁{word}", _WHOLE) for word in words if f"▁{word}" not in known]
    return T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=TOKENS)


def encode(tokenizer: T5Tokenizer, captions: Sequence[str]) -> torch.Tensor:
    """Token numbers (n, 77), padded with 0, as IFPipeline does it (lower case)."""
    numbers: torch.Tensor = tokenizer(
        [text.lower().strip() for text in captions],
        padding="max_length",
        max_length=TOKENS,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return numbers


def save(tokenizer: T5Tokenizer, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
