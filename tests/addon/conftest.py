"""Add-on tests run inside Blender's module with the built zip installed, as a user has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import PROMPTS, UseWorker, latest

from devtools import bpy_session, build, environments
from devtools.bpy_session import MODULE
from devtools.environments import ENGINE

FAKE = Path(__file__).parents[1] / "doubles" / "fake_worker.py"
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


@pytest.fixture
def prefs(bpy: Any) -> Iterator[Any]:
    preferences = bpy.context.preferences.addons[MODULE].preferences
    yield preferences
    for name in ("python_path", "model_folder", "stack_folder", "remote_command"):
        setattr(preferences, name, "")
    preferences.model_folders.clear()
    latest().forget_problem()


@pytest.fixture
def settings(bpy: Any) -> Any:
    settings = bpy.context.scene.zoom_stack
    for prompt in PROMPTS:
        settings.levels.add().prompt = prompt
    settings.use_steps, settings.steps = True, 3
    return settings


@pytest.fixture
def use_worker(prefs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseWorker:
    script = tmp_path / "fake_python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B "{FAKE}" "$@"\n')
    script.chmod(0o755)
    prefs.python_path = str(script)
    monkeypatch.setenv("FAKE_WORKER_STEP", "0.01")

    def use(mode: str) -> None:
        monkeypatch.setenv("FAKE_WORKER_MODE", mode)

    use("ok")
    return use
