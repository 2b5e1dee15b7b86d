"""Install the engine's packages into a virtual environment of the extension's own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..blender import folders
from ..blender.screen import redraw
from ..engine.client.command_runner import CommandRunner
from ..engine.contract.errors import ZoomStackError
from ..settings.preferences import forget_engine

TICK = 0.2
KEPT_LINES = 8
# PyPI's own torch is for CUDA on Linux, and for the processor on Windows.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
_TORCH = 2  # the number of the command that installs torch
STAGES = ("Making the environment", "Updating pip", "Installing torch", "Installing the rest")
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


class Installation:
    """Makes the environment; a failed or cancelled one is completed by the next.

    Attributes:
        stage: what goes on, for people.
        fraction: 0-1, of the stages and the present download.
        lines: the last lines that pip said.
        state: "running", "finished", "failed" or "cancelled".
    """

    def __init__(self, runner: CommandRunner) -> None:
        self.stage = STAGES[0]
        self.fraction = 0.0
        self.lines: list[str] = []
        self.state = "running"
        self.error: ZoomStackError | None = None
        self._runner = runner
        self._download = 0.0

    def tick(self) -> float | None:
        ended = self._runner.exit_code is not None
        for line in self._runner.lines():
            self._take(line)
        number = min(self._runner.current, len(STAGES) - 1)
        self.stage = STAGES[number]
        self.fraction = (number + 0.95 * self._download) / len(STAGES)
        redraw()
        if not ended:
            return TICK
        forget_engine()
        if self._runner.cancelled:
            self.state = "cancelled"
        elif self._runner.exit_code == 0:
            self.state, self.fraction = "finished", 1.0
        else:
            self.fail(self._failure())
        return None

    def cancel(self) -> None:
        self._runner.cancel()

    def fail(self, error: ZoomStackError) -> None:
        self.state, self.error = "failed", error
        self._runner.cancel()

    def abandon(self) -> None:
        self._runner.cancel()

    def _take(self, line: str) -> None:
        progress = _PROGRESS.fullmatch(line)
        if progress:
            done, total = int(progress[1]), int(progress[2])
            self._download = min(1.0, done / total) if total else 0.0
            return
        if line.startswith(("WARNING", "[notice]")):
            return
        self._download = 0.0
        self.lines = [*self.lines, line][-KEPT_LINES:]

    def _failure(self) -> ZoomStackError:
        last = next((line for line in reversed(self.lines) if "ERROR" in line), "")
        last = last or (self.lines[-1] if self.lines else "")
        hint = f"It said: {last}" if last else "Try again."
        if "No module named" in last or "ensurepip" in last:
            hint = "This Blender's Python cannot make environments; choose another Python."
        return ZoomStackError(
            "install_failed", f"The installation stopped at: {self.stage.lower()}.", hint
        )


def install_commands(python: str, target: Path, requirements: Path, index: str) -> list[list[str]]:
    """The commands that make the environment.

    Args:
        python: the interpreter to make it from.
        index: where torch comes from; "" is PyPI.
    """
    pip = [str(folders.environment_python(target)), "-m", "pip", "install", "--no-input"]
    pip += ["--disable-pip-version-check"]
    # This bar is for programs; pip has it since 24.1, hence the update before.
    bar = ["--progress-bar", "raw"]
    # What torch itself needs comes with the rest: the other index has little besides.
    torch = ["--no-deps", "--retries", "1", "--index-url", index] if index else ["--no-deps"]
    torch += [line for line in _requirements(requirements) if re.match(r"torch\b", line)]
    return [
        [python, "-m", "venv", str(target)],
        [*pip, "--progress-bar", "off", "pip>=24.1"],
        [*pip, *bar, *torch],
        [*pip, *bar, "-r", str(requirements)],
    ]


def torch_index(packages: str, platform: str = sys.platform) -> str:
    """The index with torch for the "CPU" or for "CUDA"; "" is PyPI, which has it for Apple too."""
    if packages == "CPU":
        return CPU_INDEX
    return CUDA_INDEX if packages == "CUDA" and platform == "win32" else ""


def start_installation(packages: str) -> Installation:
    """Begin to install for "CPU", "CUDA" or "PYPI"."""
    commands = install_commands(
        sys.executable,
        folders.environment_folder(),
        folders.REQUIREMENTS,
        torch_index(packages),
    )
    # Where that index cannot be reached, PyPI's larger torch serves the processor as well.
    may_fail = {_TORCH} if packages == "CPU" else set()
    return Installation(CommandRunner(commands, folders.user_folder(""), may_fail))


def _requirements(file: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line]
