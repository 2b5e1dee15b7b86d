"""The tokenizer: CLIP's own class over the words of the captions, each of them one token.

Words that captions rarely use fall apart into pieces, as they do in CLIP.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import CLIPTokenizer

from engine.contract.vocabulary import words_of

from .shape import TOKENS

_BEGINS, _ENDS = "<|startoftext|>", "<|endoftext|>"
_WORD_ENDS = "</w>"
_RARE = 2000  # a word in fewer than one of so many captions is no word: letters that disturb
_MOST_MERGES = 20_000  # more than there are


def tokenizer_for(captions: Sequence[str]) -> CLIPTokenizer:
    """CLIP's tokenizer with as many merges as make every frequent word of the captions whole."""
    counts = Counter(word for text in captions for word in set(words_of(text.lower())))
    words = sorted(word for word, count in counts.items() if count * _RARE >= len(captions))
    merges = _merges(words)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *(letter + _WORD_ENDS for letter in letters)]
    tokens += dict.fromkeys(first + second for first, second in merges)
    tokens += [_BEGINS, _ENDS]
    return CLIPTokenizer(
        vocab={token: number for number, token in enumerate(tokens)},
        merges=merges,
        model_max_length=TOKENS,
    )


def _merges(words: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of byte pair encoding, in their order, until no word has more than one piece."""
    trained = Tokenizer(BPE(end_of_word_suffix=_WORD_ENDS))
    trained.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = BpeTrainer(
        vocab_size=_MOST_MERGES,
        min_frequency=1,
        end_of_word_suffix=_WORD_ENDS,
        show_progress=False,
    )
    trained.train_from_iterator(words, trainer)
    return [(first, second) for first, second in json.loads(trained.to_str())["model"]["merges"]]


def encode(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> torch.Tensor:
    """Token numbers (n, 40), padded as StableDiffusionPipeline does it."""
    numbers: torch.Tensor = tokenizer(
        list(captions),
        padding="max_length",
        max_length=TOKENS,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return numbers
