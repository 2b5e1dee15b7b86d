"""The installable zip, made and validated by Blender's own extension tool.

The tool is a plain Python program inside every bpy wheel. What of the checkout belongs to the
extension is decided in one place: ``paths_exclude_pattern`` in ``blender_manifest.toml``.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

from . import environments
from .console import Command, Problem, Unavailable, run_logged, say
from .environments import Environment, child_environment
from .paths import LOGS, REPO, zip_path
from .system import BPY_PACKAGES, ensure_packages


def any_blender() -> Environment:
    """A bpy environment: one that is there, else the newest that this machine can make."""
    for environment in environments.BLENDERS.values():
        if environments.is_ready(environment):
            return environment
    ensure_packages(BPY_PACKAGES, "Blender's modules")
    reason: Unavailable | None = None
    for environment in reversed(environments.BLENDERS.values()):
        try:
            environments.ensure(environment)
            return environment
        except Unavailable as unavailable:
            reason = reason or unavailable
    raise Problem(f"no Blender module can be installed: {reason}")


def extension_tool(environment: Environment) -> Path:
    """Blender's ``blender_ext.py`` in a bpy environment."""
    inside = "site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
    for pattern in (f"lib/python*/{inside}", f"Lib/{inside}"):
        for path in environment.folder.glob(pattern):
            return path
    raise Problem(f"the extension tool is missing in {environment.folder}; delete that folder.")


def build(environment: Environment | None = None, output: Path | None = None) -> Path:
    """Build and validate the zip with the tool of a bpy environment; returns its path.

    Args:
        environment: a finished bpy environment; None takes any.
        output: the zip's path, by default ``dist/zoom_stack-<version>.zip``.

    Raises:
        Problem: the tool refuses the manifest or the zip.
    """
    environment = environment or any_blender()
    output = output or zip_path()
    output.parent.mkdir(parents=True, exist_ok=True)
    tool: Command = [environment.python, extension_tool(environment)]
    log = LOGS / "build.log"
    log.unlink(missing_ok=True)
    # Built beside its place and moved: whoever installs the zip meanwhile gets a whole one.
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        made = Path(folder) / output.name
        arguments: Command = ["--source-dir", REPO, "--output-filepath", made]
        variables = child_environment()
        run_logged([*tool, "build", *arguments], log, "building the zip", env=variables)
        run_logged([*tool, "validate", made], log, "validating the zip", env=variables)
        os.replace(made, output)
    return output


def describe(path: Path) -> str:
    """One line: the zip's size and the entries of its top folder."""
    with zipfile.ZipFile(path) as archive:
        tops = sorted({name.split("/")[0] for name in archive.namelist()})
        count = len(archive.namelist())
    return f"{path}: {path.stat().st_size / 1e6:.1f} MB, {count} files: {' '.join(tops)}"


def main() -> int:
    """``dev.py build``."""
    say(describe(build()))
    return 0
