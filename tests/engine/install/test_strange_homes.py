"""An engine's home with links, markers and folders in it that nobody of ours made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.contract import own_engine
from engine.contract.errors import ZoomStackError
from engine.contract.own_engine import Home, State, state_of
from engine.install import installer, removing
from engine.install.installer import Wanted
from tests.engine.install.told import Told

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes with names")


def test_nothing_is_written_through_a_link_in_the_home(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.log.symlink_to(mine)
    home.marker.with_suffix(".tmp").symlink_to(mine)
    own_engine.mark(home, own_engine.Installed("e1", "cpu", "0", "/", "3.12.1"))
    with pytest.raises(ZoomStackError):
        installer.install(Wanted(home, "cpu", (tmp_path,), False, True, False), Told())
    assert mine.read_text() == "precious"
    assert not home.log.is_symlink()


@pytest.mark.parametrize("content", [b"[" * 200_000, b"{", b"", b"0" * 5000, bytes(10**6)])
def test_a_marker_that_is_none_is_no_engine(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.marker.write_bytes(content)
    assert state_of(home) is State.NONE


def test_a_forged_marker_is_no_engine_that_is_ready(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for base in ("/", "x" * 5000):
        own_engine.mark(home, own_engine.Installed("e1", "../../../x", "", base, "3.12.1"))
        assert state_of(home) is State.BROKEN
    home.marker.unlink()
    os.mkfifo(home.marker)
    assert state_of(home) is State.NONE


def test_a_removal_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "e1.old").mkdir()
    (tmp_path / "e1.old" / "file").touch()
    removing.remove_folder(tmp_path / "e1")
    assert not (tmp_path / "e1.old").exists()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "mine").touch()
    (tmp_path / "e1.old").symlink_to(tmp_path / "target")
    removing.remove_folder(tmp_path / "e1")
    assert (tmp_path / "target" / "mine").exists()
    assert not (tmp_path / "e1.old").is_symlink()
