"""The house: which folder may import which, and nothing in a circle. docs/house.md draws it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from devtools.paths import REPO

_ENGINE = {"engine", "engine.contract"}
_BELOW_MODELS = {"engine.method", "engine.pictures", "engine.machine", *_ENGINE}
_BELOW_RUN = {"engine.models", *_BELOW_MODELS}
_BELOW_DOORS = {"engine.run", *_BELOW_RUN}
#: What Blender's process may import of the engine.
_ACROSS = {"engine.contract", "engine.client"}
_BELOW_TASKS = {"settings", "scene", "blender", *_ACROSS}

#: Every room, and the rooms that its files may import besides its own.
ARROWS: dict[str, set[str]] = {
    "": {"operators", "panels", "tasks", "settings"},
    "operators": {"tasks", *_BELOW_TASKS},
    "panels": {"tasks", *_BELOW_TASKS},
    "tasks": _BELOW_TASKS,
    "settings": {"blender", *_ACROSS},
    "scene": {"blender", *_ACROSS},
    "blender": {"engine.contract"},
    "engine": {"engine.commands"},
    "engine.commands": {"engine.worker", "engine.install", *_BELOW_DOORS},
    "engine.install": {"engine.contract"},
    "engine.worker": _BELOW_DOORS,
    "engine.run": _BELOW_RUN,
    "engine.models": _BELOW_MODELS,
    "engine.method": _ENGINE,
    "engine.pictures": _ENGINE,
    "engine.machine": _ENGINE,
    "engine.client": {"engine.contract"},
    "engine.contract": set(),
    "research": {"devtools", *_BELOW_DOORS},
    "devtools": {"engine.contract"},
    "dev": {"devtools"},
}


def room_of(file: str) -> str:
    """The longest name out of :data:`ARROWS` that a file's place begins with."""
    place = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    place = "" if place == "__init__" else place
    parts = place.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in ARROWS), place)


@cache
def files() -> frozenset[str]:
    """The project's Python files but its tests, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return frozenset(f for f in listed if not f.startswith("tests/") and (REPO / f).exists())


def module_file(parts: list[str]) -> str | None:
    """The file of a module by the parts of its name, None where it is not the project's."""
    path = "/".join(parts)
    candidates = (f"{path}.py", f"{path}/__init__.py" if path else "__init__.py")
    return next((each for each in candidates if each in files()), None)


def imports_of(file: str, source: str) -> Iterator[str]:
    """The project's files that a file imports, wherever in it: in functions, for types alone."""
    package = file.split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [module_file(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            found = [module_file([*base, a.name]) or module_file(base) for a in node.names]
        else:
            continue
        yield from (each for each in found if each not in (None, file))


@cache
def edges() -> dict[str, frozenset[str]]:
    return {
        file: frozenset(imports_of(file, (REPO / file).read_text(encoding="utf-8")))
        for file in files()
    }


def against_the_arrows(graph: dict[str, frozenset[str]]) -> list[str]:
    wrong = []
    for file, imported in graph.items():
        room = room_of(file)
        allowed = ARROWS[room] | {room}
        wrong += [f"{file} imports {each}" for each in imported if room_of(each) not in allowed]
    return sorted(wrong)


def circles(graph: dict[str, frozenset[str]]) -> list[str]:
    """One way round for each file that can reach itself through others."""
    found = []
    for start in sorted(graph):
        ways = {start: [start]}
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for there in sorted(graph.get(here, ())):
                if there == start:
                    found.append(" imports ".join([*ways[here], start]))
                    waiting.clear()
                    break
                if there not in ways:
                    ways[there] = [*ways[here], there]
                    waiting.append(there)
    return found


def test_every_file_lies_in_a_room() -> None:
    assert {room_of(file) for file in files()} == set(ARROWS)


def test_no_import_runs_against_the_arrows() -> None:
    assert against_the_arrows(edges()) == []


def test_no_two_files_import_each_other_in_a_circle() -> None:
    assert circles(edges()) == []


def test_the_top_folder_holds_the_entrances_alone() -> None:
    assert {file for file in files() if "/" not in file} == {"__init__.py", "dev.py"}


def test_every_folder_says_what_lives_there() -> None:
    folders = {str(Path(file).parent) for file in files()} - {"."}
    silent = [
        folder
        for folder in sorted(folders)
        if f"{folder}/__init__.py" not in files()
        or not ast.get_docstring(ast.parse((REPO / folder / "__init__.py").read_text("utf-8")))
    ]
    assert silent == []


def test_the_drawing_has_every_room_and_names_files_that_are_there() -> None:
    text = (REPO / "docs" / "house.md").read_text(encoding="utf-8")
    rooms = {room.replace(".", "/") for room in ARROWS} - {"", "engine", "dev"}
    assert [room for room in sorted(rooms) if room not in text] == []
    named = set(re.findall(r"[a-z_/]+\.(?:py|md|json)", text)) - {"stack.json"}
    beside = {path.name for path in (REPO / "engine" / "method").glob("*.py")}  # of the sampler
    places = {f"engine/method/{n}" if n in beside else n for n in named}
    places = {f"docs/{n}" if n in ("method.md", "formats.md") else n for n in places}
    assert [place for place in sorted(places) if not (REPO / place).exists()] == []


@pytest.mark.parametrize(
    "source",
    [
        "from ..tasks import runner",
        "def f():\n    from ..tasks.runner import start",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..tasks import runner",
    ],
)
def test_an_import_upwards_is_noticed_and_both_files_are_named(source: str) -> None:
    graph = {"settings/job.py": frozenset(imports_of("settings/job.py", source))}
    assert against_the_arrows(graph) == ["settings/job.py imports tasks/runner.py"]


def test_blenders_side_may_not_import_more_of_the_engine() -> None:
    source = "from ..engine.run.plan import make_plan"
    graph = {"tasks/start.py": frozenset(imports_of("tasks/start.py", source))}
    assert against_the_arrows(graph) == ["tasks/start.py imports engine/run/plan.py"]


def test_a_circle_is_noticed_and_all_its_files_are_named() -> None:
    graph = {"a.py": frozenset({"b.py"}), "b.py": frozenset({"c.py"}), "c.py": frozenset({"a.py"})}
    assert circles(graph)[0] == "a.py imports b.py imports c.py imports a.py"


def test_every_picture_and_page_that_the_documents_name_is_there() -> None:
    pages = [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []
