"""What a model is given for a zoom's prompts: all of them, or what a small model knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..contract.vocabulary import SAY_NOTHING, Vocabulary, is_letter, words_of


class Texts(NamedTuple):
    """What a model is given for a stack, one text a level.

    Attributes:
        prompts: what to show.
        avoided: what not to.
    """

    prompts: list[str]
    avoided: list[str]


def texts_for(
    vocabulary: Vocabulary | None,
    prompts: Sequence[str],
    negative_prompts: Sequence[str],
    holds: Sequence[bool],
    silent: Collection[int] = (),
) -> Texts:
    """What a model is given for the prompts of a zoom, one a level, and for what to avoid.

    For a small model, a prefix of both prompts of a level that holds the next one says what that
    shows, where it is known: guidance does not exaggerate what both have in common.

    Args:
        vocabulary: of a small model; None of one that reads everything.
        negative_prompts: may well name nothing.
        holds: whether each level's picture holds the next one's; after the last comes the first.
        silent: numbers of levels whose prompts decide nothing; no subject stands in for them.
    """
    if vocabulary is None:
        return Texts(list(prompts), list(negative_prompts))
    stand_ins = vocabulary.stand_ins(prompts)
    completed = [
        f"{subject}, {prompt}" if subject else prompt
        for subject, prompt in zip(stand_ins, prompts, strict=True)
    ]
    shown = [
        vocabulary.subject_of(prompt) or ("" if number in silent else subject)
        for number, (subject, prompt) in enumerate(zip(stand_ins, prompts, strict=True))
    ]
    inside = [*shown[1:], *shown[:1]]
    prefixes = [
        vocabulary.holding.get(subject, "") if held else ""
        for subject, held in zip(inside, holds, strict=True)
    ]

    def prefixed(texts: Sequence[str]) -> list[str]:
        return [
            f"{prefix} {known_part(vocabulary, text)}".strip()
            for prefix, text in zip(prefixes, texts, strict=True)
        ]

    return Texts(prefixed(completed), prefixed(negative_prompts))


def known_part(vocabulary: Vocabulary, prompt: str) -> str:
    """A prompt without what the model has never met, which could only disturb it.

    Of characters other than letters, commas, apostrophes and hyphens only the gap stays; empty
    where nothing is known.
    """
    known = [part for whole in _parts(prompt) for part in _known(vocabulary, whole)]
    meant = any(word not in SAY_NOTHING for part in known for word in words_of(part))
    return " ".join(known).strip(" ,") if meant else ""


def _known(vocabulary: Vocabulary, part: str) -> list[str]:
    """A part of a prompt, or what is known of the words in it that a hyphen joins."""
    words = words_of(part)
    if all(map(vocabulary.knows, words)):
        return [part] if words else []
    pieces = part.split("-")
    return [each for piece in pieces for each in _known(vocabulary, piece)] if pieces[1:] else []


def _parts(prompt: str) -> list[str]:
    """A prompt's words with their commas and hyphens."""
    text = unicodedata.normalize("NFC", prompt).replace("’", "'")
    kept = [c if is_letter(c) or c in ",'-" else " " for c in text]
    return "".join(kept).replace(",", ", ").split()
