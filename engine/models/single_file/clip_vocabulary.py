"""CLIP's tokenizer, made of the published list of byte pair merges.

``bpe_simple_vocab_16e6.txt.gz`` is OpenAI's, as the package ``open_clip_torch`` (MIT) carries it;
how ids follow from it is that package's ``tokenizer.py``.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

_MERGES_FILE = Path(__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
_BYTES = 256
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
_SIZE = 49408
_WORD_ENDS = "</w>"


def clip_tokenizer(configuration: Path) -> Any:
    """The ``CLIPTokenizer`` of transformers.

    Args:
        configuration: a folder with ``tokenizer_config.json``, which says what it pads with.
    """
    from transformers import CLIPTokenizer

    text = (configuration / "tokenizer_config.json").read_text(encoding="utf-8")
    options = json.loads(text)
    del options["tokenizer_class"]
    vocabulary, merges = _vocabulary()
    return CLIPTokenizer(vocab=dict(vocabulary), merges=list(merges), **options)


@cache
def _vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Ids by token, and the merges in their order."""
    lines = gzip.decompress(_MERGES_FILE.read_bytes()).decode("utf-8").split("\n")
    # The first line is a heading, and the file has more merges than CLIP uses.
    count = _SIZE - 2 * _BYTES - len(_SPECIAL)
    pairs = [line.split() for line in lines[1 : 1 + count]]
    merges = [(first, second) for first, second in pairs]
    letters = _letters()
    tokens = [*letters, *(letter + _WORD_ENDS for letter in letters)]
    tokens += [first + second for first, second in merges]
    tokens += _SPECIAL
    return {token: number for number, token in enumerate(tokens)}, merges


def _letters() -> list[str]:
    """A visible character for each byte, in GPT-2's order: those that are visible come first."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    visible += range(ord("®"), ord("ÿ") + 1)
    return [chr(byte) for byte in visible] + [chr(_BYTES + i) for i in range(_BYTES - len(visible))]
