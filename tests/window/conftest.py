"""Fixtures of the window tests; see harness.py."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import Blender, BlenderWindow

from devtools import build, environments, windows
from devtools.environments import ENGINE
from devtools.paths import LOGS


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """An interpreter with the engine's packages; Blender sees it at the same path."""
    given = os.environ.get("ZOOM_STACK_ENGINE_PYTHON")
    if not given and not environments.is_ready(ENGINE):
        pytest.skip("the engine's environment is missing: python dev.py setup")
    return Path(given) if given else ENGINE.python


@pytest.fixture(scope="session")
def blender(engine_python: Path) -> Blender:
    """The Blender under test."""
    where = os.environ.get(windows.VARIABLE, f"root:{windows.GATE.suite}")
    return Blender(where, engine_python)


@pytest.fixture(scope="session")
def extension_zip() -> Path:
    """The extension as it is installed."""
    given = os.environ.get("ZOOM_STACK_ZIP")
    return Path(given) if given else build.build()


@pytest.fixture(scope="session")
def installed(
    blender: Blender, extension_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A user folder with the extension installed and enabled, copied for every window."""
    folder = tmp_path_factory.mktemp("installed")
    blender.install(extension_zip, folder)
    return folder / "user"


@pytest.fixture(scope="module")
def _module_window(
    blender: Blender, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[BlenderWindow]]:
    """Holds one window, opened when first needed and again when a test ended it."""
    held: list[BlenderWindow] = []
    yield held
    for window in held:
        window.close()


@pytest.fixture
def window(
    _module_window: list[BlenderWindow],
    blender: Blender,
    installed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[BlenderWindow]:
    """The test file's Blender, with the factory start-up file freshly loaded."""
    if _module_window and _module_window[0].process.poll() is not None:
        _module_window.pop().close()
    if not _module_window:
        folder = tmp_path_factory.mktemp("window") / "run"
        _module_window.append(BlenderWindow(blender, folder, user=installed))
    else:
        _module_window[0].factory_startup()
    yield _module_window[0]
    _keep_traces(request, _module_window[0])


@pytest.fixture
def open_window(
    blender: Blender, installed: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BlenderWindow]]:
    """Opens further windows with the extension: ``open_window(arguments=["file.blend"])``."""
    opened: list[BlenderWindow] = []

    def open_one(**options: object) -> BlenderWindow:
        folder = tmp_path / f"window-{len(opened)}"
        opened.append(BlenderWindow(blender, folder, user=installed, **options))
        return opened[-1]

    yield open_one
    for window in opened:
        _keep_traces(request, window)
        window.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let fixtures see whether their test failed."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


_FAILED = pytest.StashKey[bool]()


def _keep_traces(request: pytest.FixtureRequest, window: BlenderWindow) -> None:
    """After a failure, keep the screen and Blender's output where a person finds them."""
    if not request.node.stash.get(_FAILED, False):
        return
    folder = LOGS / "window"
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)
    window.screen.picture(folder / f"{name}.png")
    shutil.copy(window.folder / "blender.log", folder / f"{name}.log")
