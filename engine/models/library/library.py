"""Looks through all places, and remembers what it saw of files that have not changed."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...contract.model_folder import is_model
from ...machine.failures import summary
from .checkpoints import inspect_file
from .folders import inspect_folder
from .found import Found, Kind
from .memory import Memory, mark_of
from .places import Place, hub_cache, places_of, snapshots
from .walk import Candidate, Walk


@dataclass(frozen=True)
class Listing:
    """What was found.

    Attributes:
        found: by place, then by name; no two with one name and kind.
        problems: sentences about places that could not be looked through.
    """

    found: tuple[Found, ...]
    problems: tuple[str, ...] = ()


def look_through(named: Sequence[Path], cache: Path | None = None) -> Listing:
    """Find the models in the folders that the user named and in the hub's cache.

    Args:
        cache: a file that remembers what was seen; None remembers nothing.
    """
    with _without_collector():
        return _look_through(named, Memory(cache))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Headers are many small objects without cycles: looking for these doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _look_through(named: Sequence[Path], memory: Memory) -> Listing:
    gathered = _Gathered()
    problems: list[str] = []
    for folder in named:
        places, wrong = places_of(folder)
        problems += wrong
        for place in places:
            walk = Walk(place.folder, place.deep)
            for candidate in walk:
                gathered.add(_inspect(memory, candidate), place)
            problems += walk.problems
    hub = hub_cache()
    for found in _in_hub(memory, hub):
        gathered.add(found, Place(hub, hub))
    memory.save()
    return Listing(tuple(gathered), tuple(dict.fromkeys(problems)))


class _Gathered:
    """What was found so far, each file once and under a name of its own."""

    def __init__(self) -> None:
        self._by_path: dict[Path, Found] = {}
        self._names: set[tuple[Kind, str]] = set()

    def __iter__(self) -> Iterator[Found]:
        return iter(self._by_path.values())

    def add(self, one: Found, place: Place) -> None:
        """Keep one under its name; a second one of that name is called after where it lies."""
        where = _resolved(one.path)
        if where in self._by_path:
            return
        for name in (one.name, f"{place.owner.name}/{one.name}", str(one.path)):
            if (one.kind, name) not in self._names:
                self._names.add((one.kind, name))
                self._by_path[where] = replace(one, name=name)
                return


def _resolved(path: Path) -> Path:
    """Where something lies, whichever folder's links lead there.

    A link to a file stays what it is: two names for a file are two names.
    """
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError):  # a loop of links
        return path


def _in_hub(memory: Memory, hub: Path) -> Iterator[Found]:
    """Models of the hub's cache, and checkpoints and LoRAs that lie in it as single files."""
    for name, states in snapshots(hub):
        model: Found | None = None
        for state in states:
            if is_model(state):
                found = _inspect(memory, Candidate(state, name, is_folder=True))
                model = found if model is None or not found.problem else model
                if not found.problem:
                    break
        if model is not None:
            yield model
        for each in Walk(states[0], deep=False):
            if not each.is_folder:
                found = _inspect(memory, replace(each, name=f"{name}/{each.name}"))
                # Most of these files are parts of what other programs downloaded.
                if found.kind is not Kind.OTHER:
                    yield found


def _inspect(memory: Memory, candidate: Candidate) -> Found:
    path, name = candidate.path, candidate.name
    mark = mark_of(path, candidate.is_folder)
    found = memory.recall(path, mark)
    if found is None:
        try:
            found = inspect_folder(path, name) if candidate.is_folder else inspect_file(path, name)
        except Exception as error:  # damage of a kind that nobody thought of hides no other model
            text = f"{path.name} cannot be looked at: {summary(error)}"
            found = Found(name, path, problem=text, hint="Download it again.")
    memory.keep(path, mark, found)
    return replace(found, name=name, path=path)
