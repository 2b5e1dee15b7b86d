"""``install``: an engine of its own in a folder, made, changed or removed."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from ..contract import backends
from ..contract.downloaded import downloaded_text
from ..contract.errors import ZoomStackError
from ..contract.message_table import INSTALLER
from ..contract.messages import Message, checked, encode, error_message
from ..contract.own_engine import Home, python_of
from ..install.installer import Wanted, install
from ..install.removing import remove_engine
from .exits import INTERRUPTED


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "install",
        parents=[common],
        help="make an engine with all its packages in a folder",
        description="Download Python, torch and the rest into a folder, by uv.",
    )
    names = [each.name for each in backends.backends_for()]
    parser.add_argument("--home", type=Path, required=True, metavar="DIR", help="where to")
    parser.add_argument(
        "--backend",
        choices=names,
        default=names[0],
        help="the kind of torch; auto is what suits the graphics card",
    )
    parser.add_argument(
        "--wheels",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with packages; it is looked into before anything is downloaded",
    )
    parser.add_argument("--offline", action="store_true", help="download nothing")
    parser.add_argument("--again", action="store_true", help="also where it is there already")
    parser.add_argument("--remove", action="store_true", help="remove the engine of that folder")
    parser.add_argument("--json", action="store_true", help="messages for a program")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    teller = _Messages() if arguments.json else _Lines()
    home = Home(arguments.home.absolute())
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if arguments.remove:
            remove_engine(home, teller)
            teller.done("finished")
            return 0
        missing = next((each for each in arguments.wheels if not each.is_dir()), None)
        if missing is not None:
            raise ZoomStackError("no_folder", f"There is no folder {missing}.", "Check the path.")
        wheels = tuple(each.absolute() for each in arguments.wheels)
        options = (arguments.again, arguments.offline, arguments.json)
        wanted = Wanted(home, arguments.backend, wheels, *options)
        finished = install(wanted, teller)
    except KeyboardInterrupt:
        teller.done("cancelled")
        return INTERRUPTED
    except ZoomStackError as error:
        teller.error(error)
        teller.done("failed")
        return 1
    teller.done("finished", str(python_of(home.slot(finished.slot))))
    return 0


class _Messages:
    """For a program: one JSON object a line."""

    def stage(self, text: str) -> None:
        self._send({"type": "stage", "text": text})

    def chosen(self, backend: str) -> None:
        self._send({"type": "chosen", "backend": backend})

    def progress(self, done: int, total: int, speed: float, what: str) -> None:
        counts = {"done": done, "total": total, "speed": round(speed)}
        self._send({"type": "progress", **counts, "what": what})

    def note(self, text: str) -> None:
        self._send({"type": "note", "text": text})

    def error(self, error: ZoomStackError) -> None:
        self._send(error_message(error))

    def done(self, status: str, python: str = "") -> None:
        self._send({"type": "done", "status": status, "python": python})

    def _send(self, message: Message) -> None:
        sys.stdout.write(encode(checked(message, INSTALLER)))
        sys.stdout.flush()


class _Lines:
    """For people: a line for each stage, and how far it is on a terminal."""

    def __init__(self) -> None:
        self._shown = False

    def stage(self, text: str) -> None:
        self._print(f"{text} …")

    def chosen(self, backend: str) -> None:
        self._print(f"torch: {backends.title_of(backend)}")

    def progress(self, done: int, total: int, speed: float, what: str) -> None:
        if sys.stderr.isatty():
            text = f"{downloaded_text(done, total, speed)}  {what}"
            print(f"\r  {text:70.70}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def note(self, text: str) -> None:
        self._print(text)

    def error(self, error: ZoomStackError) -> None:
        self._print("")
        print(f"Error: {' '.join(f'{error.text} {error.hint}'.split())}", file=sys.stderr)

    def done(self, status: str, python: str = "") -> None:
        if status == "cancelled":
            self._print("Cancelled.")
        elif status == "finished":
            self._print(f"The engine's Python: {python}" if python else "Removed.")

    def _print(self, text: str) -> None:
        if self._shown:
            print(file=sys.stderr)
            self._shown = False
        if text:
            print(text, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
