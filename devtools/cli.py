"""The command line of ``dev.py``."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import build, demo, environments, example, guide, lint, suites, testing
from .console import Command, Problem, end_everything, fail, say, start_process, wait
from .environments import BLENDERS, ENGINE
from .paths import BLENDER_VERSIONS, DEV, REPO
from .system import BPY_PACKAGES, ensure_packages


def _names(allowed: tuple[str, ...], text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in allowed]
    if wrong or not names:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(allowed)}, separated by commas")
    return names


def _kinds(text: str) -> list[str]:
    return _names(suites.KINDS, text)


def _versions(text: str) -> list[str]:
    return _names(BLENDER_VERSIONS, text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demonstrate = commands.add_parser("demo", help="make a zoom and render it to a video")
    demonstrate.add_argument("--out", type=Path, default=REPO / "demo_output", metavar="DIR")
    show = commands.add_parser("example", help="make a .blend with a 3D thing in a zoom")
    show.add_argument("--out", type=Path, default=REPO / "demo_output" / "example", metavar="DIR")
    show.add_argument("--film", action="store_true", help="render it too, to example.webp")
    test = commands.add_parser(
        "test",
        help="run every test",
        epilog="Arguments after -- go to pytest: dev.py test --only scene -- -x --lf",
    )
    test.add_argument("-k", dest="select", metavar="EXPRESSION", help="only tests that match")
    test.add_argument(
        "--only", type=_kinds, metavar="SUITES", help=f"out of {','.join(suites.KINDS)}"
    )
    test.add_argument(
        "--blender",
        type=_versions,
        metavar="VERSIONS",
        help=f"Blender's modules out of {','.join(BLENDER_VERSIONS)}",
    )
    test.add_argument("--gating-only", action="store_true", help="without the look ahead (sid)")
    test.add_argument("-v", dest="verbose", action="store_true", help="show pytest's output")
    commands.add_parser("build", help="make and validate the installable zip in dist/")
    commands.add_parser("lint", help="ruff and mypy")
    commands.add_parser("format", help="format the code, write the documents' tables")
    pictures = commands.add_parser(
        "guide", help="take the pictures of docs/guide.md in a Blender window"
    )
    pictures.add_argument("chapters", nargs="*", choices=(*guide.CHAPTERS, "all"), default="all")
    engine = commands.add_parser(
        "engine", help="install an engine as the extension does; arguments after -- go to that"
    )
    engine.add_argument("--home", type=Path, default=DEV / "own_engine", metavar="DIR")
    commands.add_parser(
        "faults",
        help="hostile inputs and kills, counted; arguments after -- go to python -m tests.faults",
    )
    commands.add_parser("lock", help="resolve the engine's packages anew, with their hashes")
    commands.add_parser("setup", help="make every environment, without running anything")
    return parser


def _setup() -> int:
    ensure_packages(BPY_PACKAGES, "Blender's modules")
    made = environments.ensure_all([ENGINE, environments.LINT, *BLENDERS.values()])
    for name, result in made.items():
        say(f"{name}: {result}")
    return 1 if any(isinstance(result, Problem) for result in made.values()) else 0


def _bpy_python(version: str | None) -> Path:
    if version is None:
        return build.any_blender().python
    ensure_packages(BPY_PACKAGES, "Blender's modules")
    return environments.ensure(BLENDERS[version])


def _demo(arguments: argparse.Namespace) -> int:
    with ThreadPoolExecutor() as pool:  # both downloads at once, before the work
        blender = pool.submit(_bpy_python, None)
        engine_python = environments.ensure(ENGINE)
        blender.result()
    return demo.run(demo.Context(REPO, arguments.out.resolve(), engine_python, _bpy_python))


def _example(arguments: argparse.Namespace) -> int:
    engine_python = environments.ensure(ENGINE) if arguments.film else None
    return example.run(
        example.Context(REPO, arguments.out.resolve(), _bpy_python(None), engine_python)
    )


_HOURS = 4 * 3600.0  # seconds: packages of some gigabytes over a slow line


def _engine(arguments: argparse.Namespace) -> int:
    command: Command = [sys.executable, "-m", "engine", "install"]
    return _run([*command, "--home", arguments.home.resolve(), *arguments.extra])


def _faults(arguments: argparse.Namespace) -> int:
    module: Command = ["-m", "tests.faults", *arguments.extra]
    codes = [
        _run([environments.ensure(ENGINE), *module]),
        _run([_bpy_python(None), *module, "--side", "blender"]),
    ]
    return max(codes)


def _lock() -> int:
    return _run([environments.ensure(environments.LINT), REPO / "devtools" / "locks.py"])


def _run(command: Command) -> int:
    code = wait(start_process(command, cwd=REPO), _HOURS)
    return fail(f"no end after {_HOURS / 3600:.0f} hours") if code is None else code


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "example": _example,
    "test": testing.main,
    "build": lambda _: build.main(),
    "lint": lambda _: lint.main_lint(),
    "format": lambda _: lint.main_format(),
    "guide": lambda options: guide.main(
        guide.CHAPTERS if "all" in options.chapters else options.chapters
    ),
    "setup": lambda _: _setup(),
    "engine": _engine,
    "faults": _faults,
    "lock": lambda _: _lock(),
}


def main(argv: list[str]) -> int:
    """Run a command; returns the exit code. A user's mistake or a bare machine gets a sentence."""
    own, extra = _split(argv)
    arguments = _parser().parse_args(own)
    arguments.extra = extra
    try:
        return _COMMANDS[arguments.command](arguments)
    except Problem as problem:
        return fail(str(problem))
    except KeyboardInterrupt:
        fail("interrupted")
        return 130
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return fail(f"the disk is full: {error}")
        if isinstance(error, PermissionError):
            return fail(f"this user may not write there: {error.filename}")
        raise


def start(argv: list[str]) -> int:
    """:func:`main` for a process of its own: Ctrl-C and termination end all that it started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_signal)
    return main(argv)


def _on_signal(_number: int, _frame: object) -> None:
    end_everything()
    raise KeyboardInterrupt


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before and after ``--``."""
    if "--" not in argv:
        return argv, []
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]
