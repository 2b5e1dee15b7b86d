"""The words that a small model was trained with. Standard library only.

A model folder may hold ``words.json``: ``{"version": 1, "subjects": [...], "words": [...],
"naming": {"treetops": "forest", ...}, "holding": {"forest": "+forest", ...}}``. ``naming`` are
those of the words that name a subject, and which, and phrases that mean something else than their
words ("night sky"); ``holding`` is, for each subject, what stands before the captions of the
training pictures that hold one of it; it may be missing.

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

from .validation import Checker, read_json

WORDS_FILE = "words.json"
#: The code of the warning that a prompt has words which the model does not know.
UNKNOWN_WORDS = "unknown_words"
_VERSION = 1
_STRIDE = 4  # subjects from a level to the next one, where only one side says what it shows
_MOST_WORDS = 6
_MOST_LETTERS = 24  # of a word that is quoted; languages without spaces have long ones
_CHECK = Checker("bad_model", WORDS_FILE)
SAY_NOTHING = frozenset(
    {
        *("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its"),
        *("my", "of", "on", "one", "or", "some", "that", "the", "this", "to", "under", "very"),
        *("with", "image", "more", "photo", "photograph", "picture", "scene", "view"),
    }
)
"""Words of every prompt; a model need not know them to see what is meant."""

_POSSESSIVE = re.compile(r"['’]s\b")


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, in order; letters that stand alone are none.

    "the moon's 8k craters" has "the", "moon", "craters", and a sentence of Chinese is one word.
    """
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFC", text).lower())
    letters = [c if is_letter(c) else " " for c in text]
    return [
        word
        for word in "".join(letters).split()
        if len(word) > 1 or word == "a" or not word.isascii()
    ]


def is_letter(character: str) -> bool:
    """Marks belong to letters (vowels of Hindi); str.isalpha and \\w know letters alone."""
    return character.isalpha() or unicodedata.category(character)[0] == "M"


@dataclass(frozen=True)
class Vocabulary:
    """What a small model understands.

    Attributes:
        subjects: what it can draw, from the widest scale to the smallest.
        words: in small letters, without those that say nothing, such as "the".
        naming: those of them that name a subject, unlike "red" or "from above", and which; also
            phrases, in the form of ``words_of``.
        holding: for each subject that the model was taught to draw inside others, the prefix of a
            prompt that says that the picture holds it, such as "+forest".
    """

    subjects: tuple[str, ...]
    words: frozenset[str]
    naming: Mapping[str, str] = field(hash=False)
    holding: Mapping[str, str] = field(default_factory=dict, hash=False)

    def unknown(self, prompt: str) -> list[str]:
        """The prompt's words that the model has never met, each once, in small letters."""
        return [word for word in dict.fromkeys(words_of(prompt)) if not self.knows(word)]

    def subject_of(self, prompt: str) -> str | None:
        """What a prompt names, None where it names nothing.

        A subject by its own name ("a crystal lattice") or by a phrase, the longest of several, the
        first of equally long ones; otherwise what most of its words stand for.
        """
        words = words_of(prompt)
        whole = [(name, places) for name in self.subjects if (places := _places(name, words))]
        whole += [
            (subject, places)
            for phrase, subject in self.naming.items()
            if " " in phrase and (places := _places_in_a_row(phrase.split(), words))
        ]
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
            if prompt.strip() and i not in places
            else ""
            for i, prompt in enumerate(prompts)
        ]

    def knows(self, word: str) -> bool:
        """Whether a word in small letters means something to the model, or nothing to anybody."""
        return word in SAY_NOTHING or not forms(word).isdisjoint(self.words)

    def _named(self, word: str) -> str | None:
        """What a word stands for; one that is known for something else has no other forms."""
        possible = (word,) if word in self.words else sorted(forms(word))
        return next((self.naming[form] for form in possible if form in self.naming), None)


def _places(name: str, words: Sequence[str]) -> list[int]:
    """Where the words of a name stand among others; empty unless all of them do."""
    found = [words.index(part) if part in words else -1 for part in name.split()]
    return [] if -1 in found else found


def _places_in_a_row(phrase: Sequence[str], words: Sequence[str]) -> list[int]:
    """Where a phrase stands among the words, one after the other; empty where it does not."""
    for start in range(len(words) - len(phrase) + 1):
        if list(words[start : start + len(phrase)]) == list(phrase):
            return list(range(start, start + len(phrase)))
    return []


def _between(level: int, places: Mapping[int, int], levels: int, subjects: int) -> int:
    """The number of a subject that suits a level.

    Args:
        places: the subjects' numbers of other levels.
        levels: how many there are.
        subjects: how many there are.
    """
    before = max((i for i in places if i < level), default=None)
    after = min((i for i in places if i > level), default=None)
    if before is not None and after is not None:
        share = (level - before) / (after - before)
        return round(places[before] + share * (places[after] - places[before]))
    if before is not None:
        step = min(_STRIDE, (subjects - 1 - places[before]) / (levels - 1 - before))
        return round(places[before] + step * (level - before))
    if after is not None:
        step = min(_STRIDE, places[after] / after)
        return round(places[after] - step * (after - level))
    return round((subjects - 1) * (level / (levels - 1) if levels > 1 else 0.5))


def forms(word: str) -> set[str]:
    """A word in its singular and plural."""
    found = {word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")}
    if word.endswith("ies"):
        found.add(f"{word[:-3]}y")
    if word.endswith("ves"):
        found |= {f"{word[:-3]}f", f"{word[:-3]}fe"}
    if word.endswith("y"):
        found.add(f"{word[:-1]}ies")
    return found


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

    words = frozenset(texts("words")) - SAY_NOTHING
    subjects = tuple(texts("subjects"))
    if not subjects:
        raise _CHECK.fail('"subjects" is empty.')
    naming = _CHECK.mapping(data.get("naming"), '"naming"')
    for word, subject in naming.items():
        _CHECK.choice(subject, subjects, f'"{word}" of "naming"')
    known = words | SAY_NOTHING
    named = {
        each: subject
        for each, subject in naming.items()
        if each not in SAY_NOTHING and known.issuperset(each.split())
    }
    holding = _CHECK.mapping(data.get("holding", {}), '"holding"')
    for subject, prefix in holding.items():
        _CHECK.choice(subject, subjects, 'a key of "holding"')
        _CHECK.text(prefix, f'"{subject}" of "holding"')
    return Vocabulary(subjects, words, named, holding)


def not_avoided(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """What of each negative prompt the model does not understand; "" where it does all."""
    return [_unknown_words(vocabulary, prompt) for prompt in prompts]


def not_understood(vocabulary: Vocabulary, prompts: Sequence[str]) -> list[str]:
    """What of each prompt of a stack the model does not understand; "" where it does all.

    Returns:
        sentences without a capital, for a level's number to stand before.
    """
    return [
        f"nothing in this prompt names what the model can draw; it draws “{subject}”."
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
