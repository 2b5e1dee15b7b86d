"""The words of the captions are words that the bundled model knows."""

from __future__ import annotations

from devtools.paths import REPO
from engine.contract.vocabulary import Vocabulary, not_understood, read_vocabulary
from research.training.drawing.words import NOUNS, PHRASES
from research.training.judging.sample import PROMPTS


def bundled() -> Vocabulary:
    vocabulary = read_vocabulary(REPO / "engine/models/bundled")
    assert vocabulary is not None
    return vocabulary


def test_every_subjects_plainest_prompt_names_it() -> None:
    assert not any(not_understood(bundled(), list(PROMPTS.values())))
    named = {name.replace("_", " "): bundled().subject_of(text) for name, text in PROMPTS.items()}
    assert {asked: seen for asked, seen in named.items() if asked != seen} == {}


def test_every_phrase_of_the_captions_names_a_subject_of_the_bundled_model() -> None:
    phrases = [noun.replace("{} ", "") for nouns in NOUNS.values() for noun in nouns]
    assert [each for each in phrases if bundled().subject_of(each) is None] == []


def test_phrases_name_what_their_words_do_not() -> None:
    meant = {phrase: name.replace("_", " ") for phrase, name in PHRASES.items()}
    assert {phrase: bundled().subject_of(f"A {phrase}, 8k") for phrase in PHRASES} == meant
    assert bundled().subject_of("a sky at night") != "stars", "in this order alone"
