"""The work folder: held by one at a time, and nothing in it but ours is touched."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from devtools.paths import REPO
from engine.contract import locking, work_folder
from engine.contract.work_folder import discard, files_in, held, is_held, lock_file, saved_states

OURS = [
    "preview_00.png",
    "preview_100.png",
    "job.json",
    "lock",
    "log",
    "changing",
    ".level_00.tmp",
    ".level_00.12.tmp",
    "..level_00.12.tmp.12.tmp",
    "..level_00.tmp.12.tmp",
    ".preview_00.png.12.tmp",
    ".state-0123456789abcdef.safetensors.12.tmp",
    ".job.json.12.tmp",
    ".probe.12.tmp",
]
STATE = "state-0123456789abcdef.safetensors"
STRANGE = [
    "notes.txt",
    "state-mine.safetensors",
    "preview_00.png.bak",
    "jobs.json",
    ".tmp",
    ".a.tmp",
]


def work(folder: Path, *names: str) -> Path:
    found = folder / ".zoom_stack"
    found.mkdir(parents=True, exist_ok=True)
    for name in names:
        (found / name).write_text(name)
    return found


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_all_of_ours_is_discarded_with_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "zoom"
    work(folder, *OURS)
    assert sorted(file.name for file in files_in(folder)) == sorted(OURS)
    discard(folder)
    assert not folder.exists()


def test_a_saved_run_is_not_discarded(tmp_path: Path) -> None:
    inside = work(tmp_path, *OURS, STATE)
    assert saved_states(tmp_path) == [inside / STATE]
    discard(tmp_path)
    assert names(inside) == sorted([*OURS, STATE])


def test_what_is_a_strangers_stays_and_so_does_the_folder(tmp_path: Path) -> None:
    inside = work(tmp_path / "zoom", *OURS, *STRANGE)
    (inside / "preview_01.png").mkdir()
    (inside / "log").unlink()
    (inside / "log").symlink_to(inside / "notes.txt")
    discard(tmp_path / "zoom")
    assert names(inside) == sorted([*STRANGE, "preview_01.png", "log"])


def test_a_link_in_its_place_is_never_looked_through(tmp_path: Path) -> None:
    home, zoom = tmp_path / "home", tmp_path / "zoom"
    work(tmp_path, *OURS).rename(home)
    zoom.mkdir()
    (zoom / ".zoom_stack").symlink_to(home)
    assert files_in(zoom) == saved_states(zoom) == []
    assert not is_held(zoom)
    discard(zoom)
    with pytest.raises(OSError, match="is a link"), held(zoom):
        pass
    assert names(home) == sorted(OURS)
    assert (zoom / ".zoom_stack").is_symlink()


def test_nothing_is_discarded_while_an_engine_is_at_work(tmp_path: Path) -> None:
    inside = work(tmp_path, *OURS)
    with held(tmp_path):
        assert is_held(tmp_path)
        discard(tmp_path)
        assert names(inside) == sorted(OURS)
        with pytest.raises(BlockingIOError), held(tmp_path):
            pass


def test_what_an_engine_leaves_that_is_about_to_end_is_discarded_then(tmp_path: Path) -> None:
    inside = work(tmp_path / "zoom", "job.json", "lock")
    with held(tmp_path / "zoom"):
        discard(tmp_path / "zoom")
        assert names(inside) == ["job.json", "lock"]
    wait_until(lambda: not (tmp_path / "zoom").exists())


def test_a_state_that_it_saves_on_its_way_out_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = work(tmp_path, "job.json", "lock")
    monkeypatch.setattr(threading, "Thread", Kept)
    with held(tmp_path):
        discard(tmp_path)
        work(tmp_path, STATE)
    Kept.started[0].join(10)
    assert names(inside) == sorted(["job.json", "lock", STATE])


def test_a_folder_that_no_engine_came_to_goes_too(tmp_path: Path) -> None:
    (tmp_path / "zoom").mkdir()
    discard(tmp_path / "zoom")
    assert not (tmp_path / "zoom").exists()


@pytest.mark.skipif(os.name == "nt", reason="what is open cannot be removed there")
@pytest.mark.parametrize("made_again", [False, True])
def test_a_hold_lasts_as_long_as_its_folder(tmp_path: Path, made_again: bool) -> None:
    work(tmp_path / "zoom")
    with held(tmp_path / "zoom") as hold:
        assert hold.lasts()
        shutil.rmtree(tmp_path / "zoom")
        if made_again:
            work(tmp_path / "zoom", "lock")
        assert not hold.lasts()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_a_note_of_changes_is_read_from_an_ordinary_file_only(tmp_path: Path, kind: str) -> None:
    note = work_folder.changing_file(tmp_path)
    work(tmp_path)
    (tmp_path / "mine").write_text("level_00.png")
    if kind == "link":
        note.symlink_to(tmp_path / "mine")
    elif kind == "pipe":
        os.mkfifo(note)
    elif kind == "folder":
        note.mkdir()
    else:
        with note.open("wb") as file:
            file.truncate(10 * 2**30)
    assert work_folder.read_changing(tmp_path) == []


class Kept(threading.Thread):
    started: ClassVar[list[threading.Thread]] = []

    def start(self) -> None:
        self.started.append(self)
        super().start()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="what is open cannot be removed there")
def test_a_lock_that_was_removed_keeps_nobody_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody discards the folder between the opening of the lock's file and the taking."""
    work(tmp_path)
    take = locking.take

    def late(descriptor: int, shared: bool = False) -> bool:
        monkeypatch.setattr(locking, "take", take)
        lock_file(tmp_path).unlink()
        return take(descriptor, shared)

    monkeypatch.setattr(locking, "take", late)
    with held(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(BlockingIOError), held(tmp_path):
            pass


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_lock_that_is_no_file_is_not_held(tmp_path: Path, kind: str) -> None:
    lock = lock_file(tmp_path)
    work(tmp_path)
    mine = tmp_path / "mine"
    mine.write_text("mine")
    if kind == "link":
        lock.symlink_to(mine)
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    assert not is_held(tmp_path)
    with pytest.raises(OSError, match=r"ordinary|symbolic|directory"), held(tmp_path):
        pass
    assert mine.read_text() == "mine"


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    work(tmp_path)
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from engine.contract.work_folder import held
        with held(Path(sys.argv[1])):
            print("held", flush=True)
            time.sleep(60)
    """)
    argv = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(argv, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert is_held(tmp_path)
        process.kill()
        process.wait()
    assert not is_held(tmp_path)
    with held(tmp_path) as hold:
        assert hold.everywhere


def test_without_locks_on_the_drive_this_machine_keeps_order_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(tmp_path / "zoom")
    take = locking.take
    here = tmp_path / "here"
    here.mkdir()

    def lockless(descriptor: int, shared: bool = False) -> bool:
        if ".zoom_stack" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOLCK, "no locks")
        return take(descriptor, shared)

    monkeypatch.setattr(locking, "take", lockless)
    monkeypatch.setattr(work_folder.tempfile, "gettempdir", lambda: str(here))
    assert not is_held(tmp_path / "zoom")
    with held(tmp_path / "zoom") as hold:
        assert not hold.everywhere
        assert hold.lasts()
        assert is_held(tmp_path / "zoom")
        with pytest.raises(BlockingIOError), held(tmp_path / "zoom"):
            pass
    monkeypatch.setattr(locking, "take", no_locks)
    with held(tmp_path / "zoom") as hold:  # a system without any locks goes on
        assert not hold.everywhere
        assert hold.lasts()


def no_locks(descriptor: int, shared: bool = False) -> bool:
    raise OSError(errno.ENOLCK, "no locks")
