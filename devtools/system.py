"""System packages: what is missing, and installing it where that is ours to do."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from .console import Problem, Unavailable, run_logged, step
from .locking import locked
from .paths import DEV, LOGS

#: Shared libraries that the bpy wheels load.
BPY_PACKAGES = (
    "libegl1",
    "libgl1",
    "libgl1-mesa-dri",
    "libgomp1",
    "libice6",
    "libsm6",
    "libx11-6",
    "libxext6",
    "libxfixes3",
    "libxi6",
    "libxkbcommon0",
    "libxrender1",
    "libxxf86vm1",
)
#: Programs that the window tests use: a virtual screen, typing and clicking, screenshots.
WINDOW_PACKAGES = ("xvfb", "xdotool", "imagemagick")
#: What makes a folder with another Debian release in it.
ROOT_PACKAGES = ("debootstrap",)


@cache
def os_release() -> dict[str, str]:
    """/etc/os-release as a dictionary, empty where there is none."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key: value.strip("\"'") for key, equals, value in pairs if equals}


def is_debian_like() -> bool:
    """Debian or a relative of it, with apt-get."""
    release = os_release()
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return "debian" in family and shutil.which("apt-get") is not None


def is_root() -> bool:
    """Whether system packages may be installed (False on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing_packages(packages: tuple[str, ...]) -> list[str]:
    """Those of ``packages`` that dpkg does not know as installed."""
    result = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
    )
    installed = {line.split()[0] for line in result.stdout.splitlines() if " installed" in line}
    return [package for package in packages if package not in installed]


def ensure_packages(packages: tuple[str, ...], purpose: str) -> None:
    """Install what is missing of ``packages`` when root on Debian or a relative of it.

    Elsewhere than on Debian and its relatives nothing is checked: the names differ.

    Raises:
        Unavailable: packages are missing and this user may not install them; names them.
        Problem: the installation failed.
    """
    if not is_debian_like():
        return
    missing = missing_packages(packages)
    if not missing:
        return
    if not is_root():
        raise Unavailable(
            f"{purpose} need system packages: sudo apt-get install " + " ".join(missing)
        )
    with (
        locked(DEV / "apt.lock"),
        step(f"system packages for {purpose}: {', '.join(missing)}"),
    ):
        log = LOGS / "apt.log"
        variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
        # A third party's broken source fails the update; whether it matters, the install tells.
        with contextlib.suppress(Problem):
            run_logged(["apt-get", "update"], log, "apt-get update", env=variables)
        run_logged(install, log, "installing system packages", env=variables)
