"""The words that a small model was trained with. Standard library only.

A model folder may hold ``words.json``: ``{"version": 1, "subjects": [...], "words": [...],
"naming": [...], "holding": "+"}``. ``naming`` are those of the words that name a subject; without
it all do. ``holding`` stands before the caption of every training picture that holds another one.
Models without the file have read the whole language.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .checking import Checker, read_json

WORDS_FILE = "words.json"
_VERSION = 1
_MOST_WORDS = 6
_MOST_LETTERS = 24  # of a word that is quoted; languages without spaces have long ones
_CHECK = Checker("bad_model", WORDS_FILE)
# Words of every prompt; a model need not know them to see what is meant.
_SAY_NOTHING = frozenset(
    {
        *("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its"),
        *("my", "of", "on", "one", "or", "some", "that", "the", "this", "to", "under", "very"),
        *("with", "image", "more", "photo", "photograph", "picture", "scene", "view"),
    }
)
_POSSESSIVE = re.compile(r"['’]s\b")


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, in order; letters that stand alone are none.

    "the moon's 8k craters" has "the", "moon", "craters", and a sentence of Chinese is one word.
    """
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFC", text).lower())
    letters = [c if _is_letter(c) else " " for c in text]
    return [
        word
        for word in "".join(letters).split()
        if len(word) > 1 or word == "a" or not word.isascii()
    ]


def _is_letter(character: str) -> bool:
    """Marks belong to letters (vowels of Hindi); str.isalpha and \\w know letters alone."""
    return character.isalpha() or unicodedata.category(character)[0] == "M"


@dataclass(frozen=True)
class Vocabulary:
    """What a small model understands.

    Attributes:
        subjects: what it can draw, from the widest scale to the smallest.
        words: in small letters, without those that say nothing, such as "the".
        naming: those of them that name a subject, unlike "red" or "from above".
        holding: what says before a prompt that the picture holds another; empty where the model
            was not taught to know.
    """

    subjects: tuple[str, ...]
    words: frozenset[str]
    naming: frozenset[str]
    holding: str = ""

    def unknown(self, prompt: str) -> list[str]:
        """The prompt's words that the model has never met, each once, in small letters."""
        return [word for word in dict.fromkeys(words_of(prompt)) if not self._knows(word)]

    def understands(self, prompt: str) -> bool:
        """Whether any word of the prompt tells the model what to draw."""
        return any(not _forms(word).isdisjoint(self.naming) for word in words_of(prompt))

    def known_part(self, prompt: str) -> str:
        """The prompt without what the model has never met, which could only disturb it.

        Of characters other than letters, commas and apostrophes only the gap stays; empty where
        nothing is known.
        """
        known = [
            part
            for part in _parts(prompt)
            if words_of(part) and all(self._knows(word) for word in words_of(part))
        ]
        meant = any(word not in _SAY_NOTHING for part in known for word in words_of(part))
        return " ".join(known) if meant else ""

    def read(self, prompt: str, holds: bool) -> str:
        """What the model is given for a prompt; `holds`: of a picture that holds another."""
        known = self.known_part(prompt)
        return f"{self.holding} {known}".strip() if holds else known

    def _knows(self, word: str) -> bool:
        return word in _SAY_NOTHING or not _forms(word).isdisjoint(self.words)


def _parts(prompt: str) -> list[str]:
    """A prompt's words with their commas; two that a hyphen joined are known one by one."""
    text = unicodedata.normalize("NFC", prompt).replace("’", "'")
    kept = [c if _is_letter(c) or c in ",'" else " " for c in text]
    return "".join(kept).replace(",", ", ").split()


def _forms(word: str) -> set[str]:
    """A word in its singular and plural."""
    forms = {word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")}
    if word.endswith("ies"):
        forms.add(f"{word[:-3]}y")
    if word.endswith("ves"):
        forms |= {f"{word[:-3]}f", f"{word[:-3]}fe"}
    if word.endswith("y"):
        forms.add(f"{word[:-1]}ies")
    return forms


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

    words = frozenset(texts("words")) - _SAY_NOTHING
    naming = frozenset(texts("naming")) & words if "naming" in data else words
    holding = _CHECK.text(data.get("holding", ""), '"holding"')
    return Vocabulary(tuple(texts("subjects")), words, naming, holding)


def not_avoided(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """A sentence for each negative prompt with words that the model does not know."""
    return [
        f"Level {number}: of what to avoid {sentence}"
        for number, prompt in enumerate(prompts, start=1)
        if (sentence := _unknown_words(vocabulary, prompt))
    ]


def not_understood(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """A sentence for each prompt with words that the model does not know; levels count from 1."""
    sentences = []
    for number, prompt in enumerate(prompts, start=1):
        sentence = problem_of(vocabulary, prompt)
        if sentence:
            sentences.append(f"Level {number}: {sentence}")
    return sentences


@functools.lru_cache(maxsize=256)
def problem_of(vocabulary: Vocabulary, prompt: str) -> str:
    """What of a prompt the model does not understand, as a sentence; empty when nothing."""
    if not prompt.strip():
        return ""
    if not vocabulary.understands(prompt):
        return "nothing in this prompt names what the model can draw, so it chooses by itself."
    return _unknown_words(vocabulary, prompt)


def _unknown_words(vocabulary: Vocabulary, prompt: str) -> str:
    unknown = [_quoted(word) for word in vocabulary.unknown(prompt)]
    if not unknown:
        return ""
    more = " and others" if len(unknown) > _MOST_WORDS else ""
    return f"the model does not know {', '.join(unknown[:_MOST_WORDS])}{more}."


def _quoted(word: str) -> str:
    return f"“{word[:_MOST_LETTERS]}…”" if len(word) > _MOST_LETTERS else f"“{word}”"
