"""The ids of a zoom and of its levels, as the settings know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine.contract.ids import Ids, new_id

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_settings


def named(settings: ZOOMSTACK_PG_settings) -> Ids:
    """The ids, given now where there are none; a level that was copied gets one of its own."""
    settings.uid = settings.uid or new_id()
    seen: set[str] = set()
    for level in settings.levels:
        if not level.uid or level.uid in seen:
            level.uid = new_id()
        seen.add(level.uid)
    return Ids(settings.uid, tuple(level.uid for level in settings.levels))


def take_ids(settings: ZOOMSTACK_PG_settings, ids: Ids | None) -> None:
    """Become the settings of a zoom; without ids of one that is not there yet."""
    settings.uid = ids.zoom if ids else ""
    names = ids.levels if ids else ("",) * len(settings.levels)
    for level, name in zip(settings.levels, names, strict=True):
        level.uid = name
