"""Add-on tests run inside Blender's module with the built zip installed, as a user has it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session, build, environments
from devtools.environments import ENGINE

_BPY = bpy_session.start(from_checkout=False)
_ZIP = os.environ.get("ZOOM_STACK_ZIP")
bpy_session.install(Path(_ZIP) if _ZIP else build.build())


@pytest.fixture
def bpy() -> Any:
    """Blender's module with the factory start-up file loaded: Cube, Camera and Light."""
    bpy_session.load_factory_startup()
    return _BPY


@pytest.fixture(scope="session")
def extension_zip() -> Path:
    """The zip that is installed."""
    return Path(_ZIP) if _ZIP else build.zip_path()


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """An interpreter with the engine's packages, for the extension's preferences."""
    given = os.environ.get("ZOOM_STACK_ENGINE_PYTHON")
    if given:
        return Path(given)
    if not environments.is_ready(ENGINE):
        pytest.skip("the engine's environment is missing: python dev.py setup")
    return ENGINE.python
