"""A virtual screen: Xvfb, typing and clicking by xdotool, pictures of the whole screen."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

WIDTH, HEIGHT = 1280, 800


class Screen:
    """An X server of its own, at a display number that it chooses itself."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height = width, height
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24"]
        command += ["+extension", "GLX", "-nolisten", "tcp", "-noreset"]
        if shutil.which("setpriv"):  # the screen ends with the tests even when they are killed
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        self._server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._server.stdout is not None
        number = self._server.stdout.readline().decode().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start (exit code {self._server.wait(10)})")
        self.display = f":{number}"

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the X server."""
        self._server.terminate()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def picture(self, path: Path) -> Path:
        """Write a picture of the screen as PNG (Blender's own screenshots are black here)."""
        self._run(["import", "-window", "root", str(path)])
        return path

    def move(self, x: float, y: float) -> None:
        """Move the pointer; pixels from the screen's top left corner."""
        # Two moves: Blender ignores a click that comes without a motion before it.
        self._xdotool("mousemove", round(x) + 2, round(y))
        self._xdotool("mousemove", round(x), round(y))

    def click(self, x: float, y: float, *, button: int = 1, double: bool = False) -> None:
        """Click at a place; button 1 is the left one, 3 the right one, 4 and 5 the wheel."""
        self.move(x, y)
        time.sleep(0.15)  # Blender shows the button under the pointer before it takes a click
        repeat = ["--repeat", 2, "--delay", 60] if double else []
        self._xdotool("click", *repeat, button)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the left button at ``start``, release it at ``end``."""
        self.move(*start)
        self._xdotool("mousedown", 1)
        for part in (0.25, 0.5, 0.75, 1.0):
            x = start[0] + (end[0] - start[0]) * part
            y = start[1] + (end[1] - start[1]) * part
            self._xdotool("mousemove", round(x), round(y))
            time.sleep(0.05)
        self._xdotool("mouseup", 1)

    @contextlib.contextmanager
    def held(self, start: tuple[float, float]) -> Iterator[None]:
        """Hold the left button down from ``start`` on, as long as it takes."""
        self.move(*start)
        self._xdotool("mousedown", 1)
        time.sleep(0.5)  # a busy Blender looks later
        try:
            yield
        finally:
            self._xdotool("mouseup", 1)

    def type(self, text: str) -> None:
        """Type a text, key by key."""
        self._xdotool("type", "--delay", 30, text)

    def key(self, *names: str) -> None:
        """Press keys one after the other: ``key("Escape")``, ``key("ctrl+a", "Return")``."""
        self._xdotool("key", "--delay", 60, *names)

    def _xdotool(self, *arguments: str | int) -> None:
        self._run(["xdotool", *map(str, arguments)])

    def _run(self, command: Sequence[str]) -> None:
        environment = {**os.environ, "DISPLAY": self.display}
        subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True)
