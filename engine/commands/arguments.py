"""What the arguments of several commands have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..run.reporting import JsonReporter, Reporter, TerminalReporter, claim_stdout


def size(text: str) -> tuple[int, int]:
    """(width, height) out of "640x360", or out of "1024" for a square."""
    try:
        sides = [int(side) for side in text.lower().replace("×", "x").split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 640x360")
    return sides[0], sides[-1]


def path(text: str) -> Path:
    """The path of a file or folder, which an empty variable of a shell is not."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a path is needed")
    return Path(text)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Where the user's models lie."""
    parser.add_argument(
        "--models",
        metavar="DIR",
        type=path,
        action="append",
        default=[],
        help="folder with models, or that of a program that has some; can be given several times",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """How much is said."""
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="messages of the worker protocol")
    output.add_argument("--quiet", action="store_true", help="nothing but errors")


def reporter_of(arguments: argparse.Namespace) -> Reporter:
    """Says as much as ``add_output``'s arguments ask for; takes standard output for itself."""
    stream = claim_stdout()
    if arguments.json:
        return JsonReporter(stream)
    return Reporter() if arguments.quiet else TerminalReporter(stream)
