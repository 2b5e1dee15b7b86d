"""The engine of the extension's own, from the buttons of a real window: made, stopped, removed."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

from engine.contract.own_engine import Home, installed
from engine.install import fetching
from tests.engine.install.wheels import make_engine_wheels

_SIZES = {"download": 1000, "unpacked": 10000, "longest": 20}
_LAST = "_part('tasks.latest').installation"


class Installing:
    """Tiny packages and uv itself where a window looks for them; no network."""

    def __init__(self, tab: ZoomTab) -> None:
        self.tab, self.window = tab, tab.window
        user = self.window.folder / "user" / "extensions"
        self.home = Home(user / ".user" / "user_default" / "zoom_stack")
        self.wheels = self.window.folder / "wheels"
        locks = user / "user_default" / "zoom_stack" / "engine" / "install" / "locks"
        make_engine_wheels(self.wheels, locks, "cpu", "2.0+cpu")
        make_engine_wheels(self.wheels, locks, "pypi", "3.0")
        systems = dict.fromkeys(("linux", "darwin", "win32"), _SIZES)
        (locks / "sizes.json").write_text(json.dumps({"cpu": systems, "pypi": systems}))
        self.window.do(
            f"prefs().wheels_folder = {str(self.wheels)!r}\n"
            "_part('engine.contract.backends')._sizes_of.cache_clear()\n"
            "_part('engine.contract.own_engine').lock_digest.cache_clear()"
        )
        tab.use_python("")
        self.put_uv()

    @property
    def uv(self) -> Path:
        return fetching.program(self.home, fetching.wheel_for())

    def put_uv(self) -> None:
        self.uv.parent.mkdir(parents=True, exist_ok=True)
        self.uv.unlink(missing_ok=True)
        shutil.copy(Path(sys.executable).with_name("uv"), self.uv)

    def choose(self, backend: str) -> None:
        self.window.do(f"prefs().backend = {backend!r}")

    def press(self, operator: str, **options: bool) -> None:
        """Press a button that asks first, and answer Yes."""
        given = "".join(f", {name}={value}" for name, value in options.items())
        self.window.do(
            f"with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.{operator}"
            f"('INVOKE_DEFAULT'{given})"
        )
        self.window.settle(0.5)
        self.window.screen.key("Return")

    def wait(self, state: str) -> None:
        self.window.wait_for(f"{_LAST} is not None and {_LAST}.state != 'running'", timeout=60)
        told = self.window.ask(f"({_LAST}.state, str({_LAST}.error))")
        assert told[0] == state, told

    def configured(self) -> bool:
        return bool(self.window.ask("_part('settings.preferences').engine_is_configured()"))


@pytest.fixture
def installing(open_window: Callable[..., BlenderWindow], engine_python: Path) -> Installing:
    return Installing(ZoomTab(open_window(), engine_python))


def test_it_is_made_repaired_changed_and_removed(installing: Installing) -> None:
    window, home = installing.window, installing.home
    installing.choose("cpu")
    assert not installing.configured()
    window.ask("longest_stall()")
    installing.press("install_engine")
    installing.wait("finished")
    made = installed(home)
    assert made is not None
    assert (made.slot, made.backend) == ("e1", "cpu")
    assert installing.configured()
    window.settle()
    window.picture("installed")
    # Repair: what is broken is made anew, by the same button.
    shutil.rmtree(home.slot("e1") / "lib")
    installing.press("install_engine", again=True)
    installing.wait("finished")
    repaired = installed(home)
    assert repaired is not None
    assert (repaired.slot, repaired.backend) == ("e2", "cpu")
    # Change: another torch is really another one.
    installing.choose("pypi")
    installing.press("install_engine", again=True)
    installing.wait("finished")
    changed = installed(home)
    assert changed is not None
    assert changed.backend == "pypi"
    assert list(home.slot(changed.slot).glob("lib/python*/site-packages/torch-3.0.dist-info"))
    # Remove, after a question.
    installing.press("remove_engine")
    installing.wait("finished")
    assert not installing.configured()
    assert not [name for name in ("e1", "e2", "uv") if (home.path / name).exists()]
    window.settle()
    window.picture("removed")
    assert window.ask("longest_stall()") < 2.0


def test_a_cancel_ends_all_of_it_and_leaves_no_engine(installing: Installing) -> None:
    window, home = installing.window, installing.home
    real = installing.uv.with_name("real")
    installing.uv.replace(real)
    # Downloading takes for ever, in a program that uv itself has started.
    pids = window.folder / "pids"
    installing.uv.write_text(
        '#!/bin/sh\ncase "$*" in "pip sync"*)\n  echo "Downloading torch (2.0GiB)"\n'
        f"  sleep 600 & echo $$ $! > '{pids}.new'; mv '{pids}.new' '{pids}'; wait;;\n"
        f"esac\nexec '{real}' \"$@\"\n"
    )
    installing.uv.chmod(0o755)
    installing.choose("cpu")
    installing.press("install_engine")
    deadline = time.monotonic() + 60
    while not pids.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    numbers = list(map(int, pids.read_text().split()))
    assert all(map(_lives, numbers))
    window.settle()
    window.picture("running")
    pressed = time.monotonic()
    window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.cancel_installation()")
    while any(map(_lives, numbers)):
        assert time.monotonic() - pressed < 2.0
        time.sleep(0.02)
    installing.wait("cancelled")
    assert not installing.configured()
    assert installed(home) is None
    window.settle()
    window.picture("cancelled")
    # It goes on from there.
    installing.put_uv()
    installing.press("install_engine")
    installing.wait("finished")
    assert installing.configured()


def test_a_folder_with_another_torch_is_told(installing: Installing) -> None:
    for wheel in installing.wheels.glob("torch-3.0-*.whl"):
        wheel.unlink()
    installing.choose("pypi")
    installing.press("install_engine")
    installing.wait("failed")
    assert "Choose Processor" in installing.window.ask(f"str({_LAST}.error)")
    installing.window.settle()
    installing.window.picture("other_torch")


def _lives(pid: int) -> bool:
    """Whether a process runs, in whatever root; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    os.kill(pid, 0)
    return stat.rpartition(")")[2].split()[0] != "Z"
