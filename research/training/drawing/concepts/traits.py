"""What a drawing says about itself, for its caption."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import Field


@dataclass(frozen=True)
class Drawing:
    """A picture (n, n, 3), about 0..1, and the words that are true of it.

    kind: which list of nouns in captions.py fits; adjectives stand before the noun, phrases
    follow it after a comma.
    """

    image: Field
    kind: str
    adjectives: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
