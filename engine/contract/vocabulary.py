"""The words that a small model was trained with. Standard library only.

A model folder may hold ``words.json``: ``{"version": 1, "subjects": [...], "words": [...]}``.
Models without one have read the whole language.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .checking import Checker, read_json

WORDS_FILE = "words.json"
_VERSION = 1
_MOST_WORDS = 6
_CHECK = Checker("bad_model", WORDS_FILE)
# Words of every prompt; a model need not know them to see what is meant.
_SAY_NOTHING = frozenset(
    {
        *("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its"),
        *("my", "of", "on", "one", "or", "some", "that", "the", "this", "to", "under", "very"),
        *("with", "image", "more", "photo", "photograph", "picture", "scene", "view"),
    }
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Vocabulary:
    """What a small model understands.

    Attributes:
        subjects: what it can draw, from the widest scale to the smallest.
        words: in small letters, without those that say nothing, such as "the".
    """

    subjects: tuple[str, ...]
    words: frozenset[str]

    def unknown(self, prompt: str) -> list[str]:
        """The prompt's words that the model has never met, each once, in small letters."""
        words = dict.fromkeys(word.lower() for word in _WORD.findall(prompt))
        return [word for word in words if not self._knows(word)]

    def understands(self, prompt: str) -> bool:
        """Whether any word of the prompt tells the model what to draw."""
        words = {word.lower() for word in _WORD.findall(prompt)} - _SAY_NOTHING
        return any(self._knows(word) for word in words)

    def _knows(self, word: str) -> bool:
        forms = {word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")}
        if word.endswith("ies"):
            forms.add(f"{word[:-3]}y")
        if word.endswith("y"):
            forms.add(f"{word[:-1]}ies")
        return word in _SAY_NOTHING or not forms.isdisjoint(self.words)


@functools.lru_cache(maxsize=16)
def read_vocabulary(folder: Path) -> Vocabulary | None:
    """The vocabulary of a model; None where the folder says nothing of one.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    file = folder / WORDS_FILE
    if not file.is_file():
        return None
    data = _CHECK.mapping(read_json(file, "bad_model"), "it")
    _CHECK.version(data.get("version"), _VERSION)

    def texts(key: str) -> list[str]:
        return [
            _CHECK.text(item, f'an item of "{key}"')
            for item in _CHECK.items(data.get(key), f'"{key}"')
        ]

    return Vocabulary(tuple(texts("subjects")), frozenset(texts("words")) - _SAY_NOTHING)


def not_understood(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """A sentence for each prompt with words that the model does not know; levels count from 1."""
    sentences = []
    for number, prompt in enumerate(prompts, start=1):
        sentence = problem_of(vocabulary, prompt)
        if sentence:
            sentences.append(f"Level {number}: {sentence}")
    return sentences


def problem_of(vocabulary: Vocabulary, prompt: str) -> str:
    """What of a prompt the model does not understand, as a sentence; empty when nothing."""
    if not prompt.strip():
        return ""
    if not vocabulary.understands(prompt):
        return "the model knows no word of this prompt and draws what fits the neighbours."
    unknown = vocabulary.unknown(prompt)
    if not unknown:
        return ""
    words = ", ".join(f"“{word}”" for word in unknown[:_MOST_WORDS])
    more = " and others" if len(unknown) > _MOST_WORDS else ""
    return f"the model does not know {words}{more}."
