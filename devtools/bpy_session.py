"""Blender's module (bpy) in a test process: a user folder of its own and a clean start-up file.

Import this before ``bpy``: Blender reads the place of the user's folder once, when it starts.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from .paths import REPO, TEST_RENDERING, manifest

#: Where Blender puts an extension installed from a file, as a module.
MODULE = f"bl_ext.user_default.{manifest()['id']}"


def start(*, from_checkout: bool) -> Any:
    """Start Blender in this process with an empty user folder; returns ``bpy``.

    Args:
        from_checkout: make the checkout itself the installed extension, and enable it.

    Raises:
        RuntimeError: Blender refused to enable the extension.
    """
    user = Path(tempfile.mkdtemp(prefix="zoom-stack-user-"))
    atexit.register(shutil.rmtree, user, ignore_errors=True)
    os.environ["BLENDER_USER_RESOURCES"] = str(user)
    os.environ.update(TEST_RENDERING)
    if from_checkout:
        _link_checkout(user)
    bpy = importlib.import_module("bpy")
    if from_checkout:
        enable()
    return bpy


def enable() -> ModuleType:
    """Enable the extension; returns its module.

    Raises:
        RuntimeError: Blender refused; its message holds the traceback.
    """
    bpy = importlib.import_module("bpy")
    result = bpy.ops.preferences.addon_enable(module=MODULE)
    if result != {"FINISHED"} or MODULE not in bpy.context.preferences.addons:
        raise RuntimeError(f"{MODULE} cannot be enabled, see the output above")
    return importlib.import_module(MODULE)


def install(zip_path: Path) -> ModuleType:
    """Install and enable the extension's zip, as a user does; returns its module."""
    bpy = importlib.import_module("bpy")
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), repo="user_default", enable_on_install=True
    )
    if MODULE not in bpy.context.preferences.addons:
        raise RuntimeError(f"{zip_path} was not installed, see the output above")
    return importlib.import_module(MODULE)


def load_factory_startup() -> None:
    """Load the factory start-up file (Cube, Camera, Light), keeping preferences and add-ons."""
    bpy = importlib.import_module("bpy")
    bpy.ops.wm.read_homefile(use_factory_startup=True)


def submodule(name: str) -> ModuleType:
    """A module of the enabled extension, ``submodule("scene.rig")``."""
    return importlib.import_module(f"{MODULE}.{name}")


def _link_checkout(user: Path) -> None:
    place = user / "extensions" / "user_default" / MODULE.rpartition(".")[2]
    place.parent.mkdir(parents=True)
    try:
        place.symlink_to(REPO, target_is_directory=True)
    except OSError:  # Windows lets few users make links
        ignored = shutil.ignore_patterns(".*", "__pycache__", "tests", "dist", "demo_output")
        shutil.copytree(REPO, place, ignore=ignored)
