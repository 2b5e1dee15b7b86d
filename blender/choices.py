"""Values with titles, as Blender's enumerations want them."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.contract.options import Choice


def enum_items(choices: Iterable[Choice]) -> tuple[tuple[str, str, str], ...]:
    """(identifier, title, tooltip) of each."""
    return tuple((each.name, each.title, each.text) for each in choices)
