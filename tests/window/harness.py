"""A real Blender window under test: start it, ask it, click and type in it, look at it, quit it.

Run window tests with ``python dev.py test --only window`` (or, once that has made everything,
``.dev/engine/bin/python -m pytest tests/window``). A test in full::

    def test_the_default_cube_goes(window: BlenderWindow) -> None:
        assert window.ask("len(bpy.data.objects)") == 3
        view = window.region("VIEW_3D", "WINDOW")
        window.screen.click(*view.at(0.5, 0.5))             # fractions of the region, y down
        window.screen.key("a", "x")                         # as a person types
        window.wait_for("len(bpy.data.objects) == 0")       # asked again until it holds
        window.do("bpy.ops.mesh.primitive_cube_add()")      # on Blender's main thread, by a timer
        assert window.ask("longest_stall()") < 0.5          # seconds since it was last asked
        window.picture("after")                             # PNG for the eye, in window.folder

Fixtures (conftest.py): ``window`` is one Blender for a test file, with the factory start-up file
loaded again for every test; ``open_window`` opens more. After a failure the screen and Blender's
output lie in ``.dev/log/window``. Within Blender, code finds ``bpy`` and the names that
``remote.py`` offers: ``override``, ``regions``, ``show_sidebar``, ``longest_stall``. Operators that
want an area are called as ``with override("VIEW_3D"): bpy.ops…``.

Paths are the same inside Blender's root and outside for everything under ``window.folder``, which
also is the only place both can write to; the engine's environment is visible in the root too, so
that ``engine_python`` (a fixture) can be set in the extension's preferences.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from screen import Screen

from devtools.blender_root import BlenderRoot, interpreter_binds
from devtools.environments import child_environment
from devtools.paths import TEST_RENDERING

_REMOTE = Path(__file__).resolve().parent / "remote.py"


class RemoteError(AssertionError):
    """The code that was sent raised; the message is Blender's traceback."""


class BlenderGone(AssertionError):
    """Blender ended or does not answer; the message holds the end of its output."""


@dataclass(frozen=True)
class Rectangle:
    """A region's place on the screen: pixels, from the top left corner."""

    x: int
    y: int
    width: int
    height: int

    def at(self, across: float, down: float) -> tuple[float, float]:
        """The screen position at fractions of the width and of the height (y down)."""
        return self.x + across * self.width, self.y + down * self.height


class Blender:
    """A Blender that can open windows: a program, or one in a Debian root of its own."""

    def __init__(self, where: str, engine_python: Path | None = None) -> None:
        """``where``: an executable's path or "root:<suite>", as devtools.windows says."""
        suite = where.removeprefix("root:")
        self.root = BlenderRoot(suite) if suite != where else None
        self.program = "/usr/bin/blender" if self.root else where
        self.engine_python = engine_python
        self._binds = [_REMOTE.parent]
        if engine_python is not None:
            self._binds += interpreter_binds(engine_python)
        sockets = Path("/tmp/.X11-unix")
        if sockets.exists():
            self._binds.append(sockets)

    def command(
        self, program: Sequence[str | Path], folder: Path, variables: dict[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """Command line and environment of a program that sees what Blender sees.

        Args:
            program: the program, "blender" for Blender itself.
            folder: the folder shared between both sides.
            variables: environment variables besides the usual ones.
        """
        program = [self.program if part == "blender" else str(part) for part in program]
        given = {**TEST_RENDERING, "BLENDER_USER_RESOURCES": str(folder / "user"), **variables}
        if self.root is None:
            return list(program), child_environment(**given)
        return self.root.command(program, binds=[*self._binds, folder], env=given), dict(os.environ)

    def run(self, program: Sequence[str | Path], folder: Path) -> str:
        """Run a program that ends by itself, with Blender's surroundings; its output."""
        command, environment = self.command(program, folder, {})
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        if result.returncode != 0:
            raise RuntimeError(f"{program} failed ({result.returncode}):\n{result.stdout[-3000:]}")
        return result.stdout

    def install(self, extension_zip: Path, folder: Path) -> None:
        """Install and enable an extension in ``folder``/user, by Blender's own command."""
        (folder / "user").mkdir(parents=True, exist_ok=True)
        copy = shutil.copy(extension_zip, folder)
        install = ["blender", "--command", "extension", "install-file", "-r", "user_default"]
        self.run([*install, "--enable", copy], folder)


class BlenderWindow:
    """A running Blender with a window on a screen of its own; a context manager."""

    def __init__(
        self,
        blender: Blender,
        folder: Path,
        *,
        user: Path | None = None,
        arguments: Iterable[str] = (),
        variables: dict[str, str] | None = None,
    ) -> None:
        """Open the window and wait until it answers.

        Args:
            blender: which Blender.
            folder: an empty folder for everything of this run; seen by both sides.
            user: a prepared user folder (extensions, preferences) that is copied, not changed.
            arguments: more arguments for Blender, a .blend file for one.
            variables: more environment variables for Blender.
        """
        self.folder = folder
        self.exchange = folder / "exchange"
        self.exchange.mkdir(parents=True)
        if user is not None and not (folder / "user").exists():
            shutil.copytree(user, folder / "user", symlinks=True)
        (folder / "user").mkdir(exist_ok=True)
        self._asked = 0
        self.screen = Screen()
        given = {
            **(variables or {}),
            "DISPLAY": self.screen.display,
            "ZOOM_STACK_EXCHANGE": str(self.exchange),
        }
        size = ["0", "0", str(self.screen.width), str(self.screen.height)]
        program = ["blender", "--window-geometry", *size, *arguments, "--python", str(_REMOTE)]
        command, environment = blender.command(program, folder, given)
        with (folder / "blender.log").open("w") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.ask("bpy.app.version_string", timeout=120)
            # The first drawing compiles shaders; a test should not wait for that.
            self.wait_for("len(regions()) > 3")
            self.settle()
            self.ask("longest_stall()")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> BlenderWindow:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Blender's own process id."""
        return self.process.pid

    @property
    def log(self) -> str:
        """What Blender has printed so far."""
        return (self.folder / "blender.log").read_text(encoding="utf-8", errors="replace")

    def ask(self, code: str, *, timeout: float = 60) -> Any:
        """Execute code on Blender's main thread; the value of its last expression.

        What JSON has no word for comes as a list if it is a sequence, else as its ``repr``.

        Raises:
            RemoteError: the code raised.
            BlenderGone: Blender ended, or did not answer within ``timeout`` seconds.
        """
        number, self._asked = self._asked, self._asked + 1
        temporary = self.exchange / f"request-{number}.tmp"
        temporary.write_text(json.dumps({"code": code}), encoding="utf-8")
        os.replace(temporary, self.exchange / f"request-{number}.json")
        reply = self.exchange / f"reply-{number}.json"
        end = time.monotonic() + timeout
        while not reply.exists():
            if self.process.poll() is not None:
                raise BlenderGone(f"Blender ended ({self.process.returncode})\n{self.log[-3000:]}")
            if time.monotonic() > end:
                raise BlenderGone(f"no answer in {timeout:g} s to: {code}\n{self.log[-3000:]}")
            time.sleep(0.01)
        answer = json.loads(reply.read_text(encoding="utf-8"))
        if "error" in answer:
            raise RemoteError(f"{code}\n{answer['error']}")
        return answer["value"]

    def do(self, code: str, *, timeout: float = 60) -> None:
        """Execute statements on Blender's main thread."""
        self.ask(code + "\nNone", timeout=timeout)

    def wait_for(self, condition: str, *, timeout: float = 30, every: float = 0.1) -> Any:
        """Ask again until the expression is true; returns its value.

        Raises:
            AssertionError: it was still false after ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        while not (value := self.ask(condition, timeout=timeout + 30)):
            if time.monotonic() > end:
                self.picture("timeout")
                raise AssertionError(f"still not true after {timeout:g} s: {condition}")
            time.sleep(every)
        return value

    def settle(self, seconds: float = 0.3) -> None:
        """Let Blender draw: several turns of its event loop, then ``seconds``."""
        for _ in range(3):
            self.ask("None")
        time.sleep(seconds)

    def region(self, area_type: str = "VIEW_3D", region_type: str = "WINDOW") -> Rectangle:
        """Where a region is on the screen; "WINDOW", "UI" (the sidebar), "HEADER", "TOOLS" …"""
        for area, region, x, y, width, height in self.ask("regions()"):
            if (area, region) == (area_type, region_type) and width > 1:
                return Rectangle(x, self.screen.height - y - height, width, height)
        raise AssertionError(f"no region {region_type} in a {area_type}")

    def show_sidebar(self, category: str) -> Rectangle:
        """Open the 3D View's sidebar at a tab; the sidebar's place."""
        self.wait_for(f"show_sidebar({category!r}) == {category!r}", every=0.3)
        self.settle()
        return self.region("VIEW_3D", "UI")

    def picture(self, name: str) -> Path:
        """A picture of the screen, ``<name>.png`` in the run's folder."""
        return self.screen.picture(self.folder / f"{name}.png")

    def factory_startup(self) -> None:
        """Load the factory start-up file with its windows; preferences and add-ons stay."""
        self.do("bpy.ops.wm.read_homefile(use_factory_startup=True)")
        self.settle()

    def quit(self, timeout: float = 30) -> int:
        """Quit Blender as from its menu, without saving; its exit code.

        Raises:
            BlenderGone: it did not end within ``timeout`` seconds.
        """
        self.do(
            "bpy.app.timers.register(lambda: bpy.ops.wm.quit_blender() and None, first_interval=0)"
        )
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise BlenderGone(f"Blender did not quit\n{self.log[-3000:]}") from None

    def kill(self) -> None:
        """End Blender at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Quit, or end the process if that fails; ends the screen as well."""
        if self.process.poll() is None:
            with contextlib.suppress(BlenderGone, RemoteError):
                self.quit(timeout=15)
        if self.process.poll() is None:
            # The group holds only what this Blender started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.screen.close()


__all__ = ["Blender", "BlenderGone", "BlenderWindow", "Rectangle", "RemoteError", "Screen"]
