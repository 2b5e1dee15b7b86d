"""Captions for the drawn pictures: varied wording, words that are true, words that say nothing."""

from __future__ import annotations

import re
import string

from .concepts.density import SPARSE
from .concepts.traits import Drawing
from .fields import Rng
from .words import LEADS, NOUNS, STYLE

FILLERS = (
    *("the", "of", "with", "and", "in", "on", "at", "very", "more", "soft", "deep", "tiny", "huge"),
    *("small", "big", "old", "new", "far", "near", "quiet", "wild", "lovely", "scene", "zoom"),
    *("scale", "level", "part", "middle", "center", "centre", "edge", "light", "time", "day"),
    *("one", "some", "my"),
)

_FAR = {
    *("galaxy_cluster", "galaxy", "nebula", "stars", "cluster", "band", "solar_system"),
    *("earth", "gas", "planet", "moon"),
}
_ORBIT = {"continent", "clouds"}
_NEAR = {"bark", "leaf", "flower", "meadow", "grass", "water_drops", "butterfly"}
_SMALL = {"plant_cells", "blood", "snow_crystal", "diatoms", "bacteria", "circuit", "lattice"}


_MARK = "+"  # before a subject: a word that nobody would type

_CROWDED = re.compile(r"\b(many|full|sea of|cover)\b")


def mark_of(subject: str) -> str:
    """What stands before the caption of a picture that holds one of this subject.

    One word, so that it has a token of its own: what lies inside does not mix with what the
    picture shows.
    """
    return _MARK + subject.replace("_", "")


def parted(caption: str) -> tuple[str, str]:
    """The mark of the picture inside, empty where there is none, and the rest of a caption."""
    first, _, rest = caption.partition(" ")
    return (first, rest) if first.startswith(_MARK) else ("", caption)


def caption(rng: Rng, drawing: Drawing) -> str:
    """A caption that is true of the drawing; half of them name its colour, light or density.

    The other half names the subject alone, so that a zoom's other levels have something to decide.
    """
    tells = rng.random() < 0.55
    adjectives: list[str] = []
    if tells and drawing.adjectives and rng.random() < 0.75:
        adjectives.append(_pick(rng, drawing.adjectives))
    text = _pick(rng, _nouns(drawing)).replace("{}", " ".join(adjectives))
    text = " ".join(text.split())
    if rng.random() < 0.15:
        text = _pick(rng, LEADS) + text
    for phrase in _phrases(rng, drawing.phrases) if tells else ():
        text += ", " + phrase
    for _ in range(int(rng.choice(3, p=(0.5, 0.3, 0.2)))):
        own = rng.random() < 0.4
        text += ", " + _pick(rng, STYLE[_family(drawing.kind)] if own else STYLE["any"])
    if rng.random() < 0.12:
        text = _disturb(rng, text)
    return text


def _phrases(rng: Rng, true: tuple[str, ...]) -> list[str]:
    """What is said after the noun: mostly something, for a season or a density has few pictures.

    Sometimes two of them, so that they are also seen together.
    """
    said: list[str] = []
    if true and rng.random() < 0.85:
        said.append(_pick(rng, true))
        others = tuple(phrase for phrase in true if phrase not in said)
        if others and rng.random() < 0.3:
            said.append(_pick(rng, others))
    return said


def _nouns(drawing: Drawing) -> tuple[str, ...]:
    """The phrases of its kind that do not say the contrary of what else is said of it."""
    nouns = NOUNS[drawing.kind]
    if SPARSE.adjectives[0] not in drawing.adjectives:
        return nouns
    return tuple(noun for noun in nouns if not _CROWDED.search(noun))


def _family(kind: str) -> str:
    return (
        "far"
        if kind in _FAR
        else "orbit"
        if kind in _ORBIT
        else "near"
        if kind in _NEAR
        else "small"
        if kind in _SMALL
        else "land"
    )


def _pick(rng: Rng, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _disturb(rng: Rng, text: str) -> str:
    """Words without meaning, so that the model learns to look past those it does not know."""
    words = text.split(" ")
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.5:
            new = _pick(rng, FILLERS)
        else:
            letters = rng.integers(0, 26, int(rng.integers(3, 9)))
            new = "".join(string.ascii_lowercase[i] for i in letters)
        words.insert(int(rng.integers(0, len(words) + 1)), new)
    if rng.random() < 0.3:
        words = [word.capitalize() for word in words]
    return " ".join(words)
