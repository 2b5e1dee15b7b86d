"""The words that a small model was trained with. Standard library only.

A model folder may hold ``words.json``: ``{"version": 1, "subjects": [...], "words": [...],
"naming": {"treetops": "forest", "crystal": null, ...}, "holding": "+"}``. ``naming`` are those of
the words that name a subject, and which, where it is one; ``holding`` stands before the caption of
every training picture that holds another one.
Models without the file have read the whole language.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .checking import Checker, read_json

WORDS_FILE = "words.json"
_VERSION = 1
_STRIDE = 4  # subjects from a level to the next one, where only one side says what it shows
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
        naming: those of them that name a subject, unlike "red" or "from above", and which; None
            of those that name one subject or another ("crystal").
        holding: what says before a prompt that the picture holds another; empty where the model
            was not taught to know.
    """

    subjects: tuple[str, ...]
    words: frozenset[str]
    naming: Mapping[str, str | None] = field(hash=False)
    holding: str = ""

    def unknown(self, prompt: str) -> list[str]:
        """The prompt's words that the model has never met, each once, in small letters."""
        return [word for word in dict.fromkeys(words_of(prompt)) if not self._knows(word)]

    def understands(self, prompt: str) -> bool:
        """Whether any word of the prompt tells the model what to draw."""
        return any(_forms(word) & self.naming.keys() for word in words_of(prompt))

    def subject_of(self, prompt: str) -> str | None:
        """What a prompt names, None where that is not clear.

        A subject by its whole name ("a crystal lattice"), the longest of several; or what most
        words name; of several the first.
        """
        words = words_of(prompt)
        whole = [(name, places) for name in self.subjects if (places := _found(name, words))]
        if whole:
            return max(whole, key=lambda found: (len(found[1]), -min(found[1])))[0]
        named = Counter(filter(None, map(self._named, words)))
        return named.most_common(1)[0][0] if named else None

    def stand_ins(self, prompts: Sequence[str]) -> list[str]:
        """What is drawn for prompts of a stack that name nothing: a scale that fits there.

        Between levels whose prompts name subjects the scales in between; wider or closer than all
        of those, some subjects further at each level; where no level names any, from the widest
        scale to the smallest.

        Returns:
            a subject for each prompt that names none, "" for the others and for empty prompts.
        """
        named = {i: self.subject_of(prompt) for i, prompt in enumerate(prompts)}
        places = {i: self.subjects.index(each) for i, each in named.items() if each}
        return [
            self.subjects[_between(i, places, len(prompts), len(self.subjects))]
            if prompt.strip() and not self.understands(prompt)
            else ""
            for i, prompt in enumerate(prompts)
        ]

    def completed(self, prompts: Sequence[str]) -> list[str]:
        """The prompts of a stack, with a subject where one names none."""
        return [
            ", ".join(filter(None, (subject, self.known_part(prompt)))) if subject else prompt
            for subject, prompt in zip(self.stand_ins(prompts), prompts, strict=True)
        ]

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

    def _named(self, word: str) -> str | None:
        forms = (word, *sorted(_forms(word)))
        return next((self.naming[form] for form in forms if form in self.naming), None)


def _found(name: str, words: Sequence[str]) -> list[int]:
    """Where the words of a name stand among others; empty unless all of them do."""
    forms = [_forms(word) for word in name.split()]
    places = [next((i for i, word in enumerate(words) if word in each), -1) for each in forms]
    return [] if -1 in places else places


def _between(level: int, places: Mapping[int, int], levels: int, subjects: int) -> int:
    """The place of a subject that suits a level; `places` are those of other levels."""
    before = max((i for i in places if i < level), default=None)
    after = min((i for i in places if i > level), default=None)
    if before is not None and after is not None:
        share = (level - before) / (after - before)
        return round(places[before] + share * (places[after] - places[before]))
    if before is not None:
        return min(places[before] + _STRIDE * (level - before), subjects - 1)
    if after is not None:
        return max(places[after] - _STRIDE * (after - level), 0)
    return round((subjects - 1) * (level / (levels - 1) if levels > 1 else 0.5))


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

    subjects = tuple(texts("subjects"))
    naming = _CHECK.mapping(data.get("naming"), '"naming"')
    for word, subject in naming.items():
        if subject is not None:
            _CHECK.choice(subject, subjects, f'"{word}" of "naming"')
    named = {word: subject for word, subject in naming.items() if word not in _SAY_NOTHING}
    holding = _CHECK.text(data.get("holding", ""), '"holding"')
    return Vocabulary(subjects, frozenset(texts("words")) - _SAY_NOTHING, named, holding)


def not_avoided(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """The same of negative prompts; nothing takes the place of what they do not name."""
    return [_unknown_words(vocabulary, prompt) for prompt in prompts]


def not_understood(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """What of each prompt of a stack the model does not understand; "" where it does all.

    Returns:
        sentences without a capital, for a level's number to stand before.
    """
    return [
        f"nothing in this prompt names what the model can draw; it draws “{subject}” instead."
        if subject
        else _unknown_words(vocabulary, prompt)
        for subject, prompt in zip(vocabulary.stand_ins(prompts), prompts, strict=True)
    ]


def _unknown_words(vocabulary: Vocabulary, prompt: str) -> str:
    unknown = [_quoted(word) for word in vocabulary.unknown(prompt)]
    if not unknown:
        return ""
    more = " and others" if len(unknown) > _MOST_WORDS else ""
    return f"the model does not know {', '.join(unknown[:_MOST_WORDS])}{more}."


def _quoted(word: str) -> str:
    return f"“{word[:_MOST_LETTERS]}…”" if len(word) > _MOST_LETTERS else f"“{word}”"
