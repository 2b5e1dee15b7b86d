"""Which real Blender windows this machine can open for the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from . import blender_root
from .blender_root import BlenderRoot
from .console import Unavailable
from .environments import child_environment
from .system import WINDOW_PACKAGES, ensure_packages

#: How the suite's tests learn which Blender to open: an executable's path or "root:<suite>".
VARIABLE = "ZOOM_STACK_WINDOW"

GATE = BlenderRoot("trixie")
#: Debian's moving release shows what is coming; it must not block anything.
LOOK_AHEAD = BlenderRoot("sid")


@dataclass(frozen=True)
class Window:
    """A Blender that can open a window."""

    name: str
    #: The value of :data:`VARIABLE`.
    value: str
    gating: bool
    root: BlenderRoot | None = None


def usable_on_path() -> str:
    """The path of a ``blender`` that the extension supports.

    Raises:
        Unavailable: none on the PATH, or too old.
    """
    path = shutil.which("blender")
    if path is None:
        raise Unavailable("no blender on the PATH")
    result = subprocess.run(
        [path, "--version"], capture_output=True, text=True, env=child_environment()
    )
    found = re.search(r"Blender (\d+)\.(\d+)", result.stdout)
    if found is None or (int(found[1]), int(found[2])) < (4, 2):
        raise Unavailable(f"{path} is older than Blender 4.2")
    return path


def available() -> list[Window]:
    """The windows of this machine, gating ones first.

    Raises:
        Unavailable: there is none; the reasons in words.
        Problem: the programs for them could not be installed.
    """
    if not sys.platform.startswith("linux"):
        raise Unavailable("they are driven through X11, on Linux only")
    reasons, windows = [], []
    try:
        path = usable_on_path()
        windows.append(Window("window", path, True))
    except Unavailable as reason:
        reasons.append(str(reason))
    try:
        blender_root.check_possible()
        if not windows:
            windows.append(Window(f"window {GATE.suite}", f"root:{GATE.suite}", True, GATE))
        name = f"window {LOOK_AHEAD.suite}"
        windows.append(Window(name, f"root:{LOOK_AHEAD.suite}", False, LOOK_AHEAD))
    except Unavailable as reason:
        reasons.append(str(reason))
    if not windows:
        raise Unavailable(" and ".join(reasons))
    ensure_packages(WINDOW_PACKAGES, "window tests")
    missing = [each for each in ("Xvfb", "xdotool", "import") if shutil.which(each) is None]
    if missing:
        raise Unavailable(f"these programs are missing: {', '.join(missing)}")
    return windows
