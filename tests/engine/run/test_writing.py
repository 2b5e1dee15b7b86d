"""A folder holds the old zoom whole or the new one whole, whatever happens, and whenever."""

from __future__ import annotations

import io
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract import lasting
from engine.contract import stack as stack_module
from engine.contract.errors import ZoomStackError
from engine.contract.stack import Stack, StackLevel, read_stack
from engine.pictures.colour import Bytes
from engine.pictures.view import load_picture
from engine.run.output_folder import OutputFolder
from engine.run.writing import write_zoom


def pictures(brightness: int, levels: int) -> Iterator[tuple[int, Bytes]]:
    for index in range(levels - 1, -1, -1):
        yield index, np.full((4, 4, 3), brightness, np.uint8)


def write(
    folder: Path,
    brightness: int,
    levels: int = 3,
    describing: Callable[[], None] = lambda: None,
) -> None:
    out = OutputFolder(folder)
    out.work.mkdir(parents=True, exist_ok=True)

    def describe(names: Sequence[str]) -> Stack:
        describing()
        return Stack(folder, tuple(StackLevel(name) for name in names))

    with out.held():
        write_zoom(out, pictures(brightness, levels), levels, describe)


def brightnesses(folder: Path) -> list[int]:
    stack = read_stack(folder)
    return [int(load_picture(stack.picture(i))[0, 0, 0]) for i in range(len(stack.levels))]


def test_fewer_levels_leave_nothing_of_the_older_ones(tmp_path: Path) -> None:
    write(tmp_path, 10, levels=3)
    (tmp_path / "level_of_my_own.png").write_bytes(b"mine")
    write(tmp_path, 20, levels=2)
    assert brightnesses(tmp_path) == [20, 20]
    assert len(list(tmp_path.glob("level_0*.png"))) == 2
    assert (tmp_path / "level_of_my_own.png").read_bytes() == b"mine"
    write(tmp_path, 30, levels=3)
    assert brightnesses(tmp_path) == [30, 30, 30]


def test_a_failure_at_the_last_moment_leaves_the_old_zoom(tmp_path: Path) -> None:
    write(tmp_path, 10)
    before = {file.name: file.read_bytes() for file in tmp_path.glob("[ls]*")}

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, 20, describing=fail)
    assert {file.name: file.read_bytes() for file in tmp_path.glob("[ls]*")} == before


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # other threads only sleep
def test_a_kill_at_any_moment_leaves_one_zoom_whole(tmp_path: Path) -> None:
    """A child that is killed after so many file operations, until it is not reached any more."""
    write(tmp_path, 10)
    for operations in range(1, 100):
        child = os.fork()
        if child == 0:
            _die_after(operations)
            write(tmp_path, 20)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert brightnesses(tmp_path) in ([10] * 3, [20] * 3)
        with OutputFolder(tmp_path).held():  # by the run that comes next
            pass
        named = {level.image for level in read_stack(tmp_path).levels}
        assert {file.name for file in tmp_path.iterdir()} == {".zoom_stack", "stack.json", *named}
        assert [file.name for file in (tmp_path / ".zoom_stack").iterdir()] == ["lock"]
        if status == 0:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        if brightnesses(tmp_path) == [20] * 3:
            write(tmp_path, 10)
    assert operations > 30
    assert brightnesses(tmp_path) == [20] * 3


def _die_after(operations: int) -> None:
    left = operations

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    for module, name in [
        (os, "replace"),
        (os, "unlink"),
        (os, "open"),
        (io, "open"),
        (os, "fsync"),
    ]:
        setattr(module, name, counted(getattr(module, name)))
    lasting._flush = os.fsync


def test_a_polite_end_comes_too_late_once_pictures_are_moved(tmp_path: Path) -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    try:
        write(tmp_path, 10, describing=lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert came == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert brightnesses(tmp_path) == [10] * 3


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    def second() -> None:
        with pytest.raises(ZoomStackError, match="Another run writes into") as caught:
            write(tmp_path, 20)
        assert caught.value.code == "busy"

    write(tmp_path, 10, describing=second)
    assert brightnesses(tmp_path) == [10] * 3
    write(tmp_path, 20)
    assert brightnesses(tmp_path) == [20] * 3


def test_only_what_the_old_zoom_named_is_removed(tmp_path: Path) -> None:
    write(tmp_path, 10)
    mine = tmp_path / "level_42.png"
    write(tmp_path, 20, describing=lambda: mine.write_bytes(b"mine") and None)
    assert mine.read_bytes() == b"mine"
    assert brightnesses(tmp_path) == [20] * 3
    assert len(list(tmp_path.glob("level_*.png"))) == 4


@pytest.mark.parametrize("damage", ["a picture is gone", "stack.json cannot be read"])
def test_after_a_kill_nothing_of_a_damaged_zoom_is_removed(tmp_path: Path, damage: str) -> None:
    write(tmp_path, 10)
    folder = OutputFolder(tmp_path)
    folder.note_changing([f"level_0{number}{end}.png" for number in range(3) for end in ("", "_2")])
    if damage == "a picture is gone":
        (tmp_path / "level_02.png").unlink()
    else:
        (tmp_path / "stack.json").write_text("{")
    before = sorted(tmp_path.glob("level_*.png"))
    with folder.held():
        assert sorted(tmp_path.glob("level_*.png")) == before


def test_a_link_does_not_hide_a_picture_that_would_be_removed(tmp_path: Path) -> None:
    out = OutputFolder(tmp_path / "out")
    write(out.path, 10)
    link = tmp_path / "wide.png"
    link.symlink_to(out.path / "level_00.png")
    assert out.may_replace(link)
    assert not out.may_replace(tmp_path / "level_00.png")


def test_a_picture_that_the_old_zoom_has_lost_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    write(tmp_path, 10)
    (tmp_path / "level_02.png").unlink()

    def fail() -> None:
        assert not (tmp_path / "level_02.png").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, 20, describing=fail)
    write(tmp_path, 20)
    assert brightnesses(tmp_path) == [20] * 3


def test_a_broken_link_of_a_person_is_kept(tmp_path: Path) -> None:
    mine = tmp_path / "level_01.png"
    mine.symlink_to(tmp_path / "gone")
    write(tmp_path, 10)
    assert mine.is_symlink()
    assert brightnesses(tmp_path) == [10] * 3


def test_a_zoom_that_is_in_place_stays_whatever_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 10)
    written = stack_module.write_atomically

    def fails_late(target: Path, *arguments: Any, **options: Any) -> None:
        written(target, *arguments, **options)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(stack_module, "write_atomically", fails_late)
    with pytest.raises(ZoomStackError):
        write(tmp_path, 20)
    assert brightnesses(tmp_path) == [20] * 3


def test_pictures_are_on_the_drive_before_the_stack_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, replace, unlink = lasting._flush, os.replace, os.unlink

    def name(path: Any) -> str:
        return Path(path).name if Path(path) != tmp_path else "folder"

    write(tmp_path, 10, levels=1)
    monkeypatch.setattr(
        lasting,
        "_flush",
        lambda fd: (done.append(f"sync {name(os.readlink(f'/proc/self/fd/{fd}'))}"), flush(fd)),
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(f"name {name(b)}"), replace(a, b)))
    monkeypatch.setattr(os, "unlink", lambda a: (done.append(f"remove {name(a)}"), unlink(a)))
    write(tmp_path, 20, levels=1)
    pid = os.getpid()
    steps = [
        f"sync ..level_00.{pid}.tmp.{pid}.tmp",
        "name level_00_2.png",
        "sync folder",
        f"sync .stack.json.{pid}.tmp",
        "name stack.json",
        "sync folder",
        "remove level_00.png",
    ]
    assert [each for each in done if each in steps] == steps


@pytest.mark.skipif(os.name == "nt", reason="what is open cannot be removed there")
def test_a_run_whose_folder_was_deleted_leaves_the_one_of_another_run_alone(tmp_path: Path) -> None:
    """Its lock keeps nobody away any more: another run has begun and ended in the same place."""
    out = tmp_path / "out"

    def interrupted() -> Iterator[tuple[int, Bytes]]:
        for index, picture in pictures(10, 3):
            if index == 0:
                shutil.rmtree(out)
                write(out, 20)
            yield index, picture

    folder = OutputFolder(out)
    with (
        pytest.raises(ZoomStackError, match="was deleted or moved while") as caught,
        folder.held(),
    ):
        write_zoom(folder, interrupted(), 3, lambda names: pytest.fail(str(names)))
    assert caught.value.code == "unwritable"
    assert brightnesses(out) == [20] * 3
    assert [file.name for file in (out / ".zoom_stack").iterdir()] == ["lock"]


def test_a_run_waits_for_one_that_is_about_to_end(tmp_path: Path) -> None:
    """A worker that was cancelled in the midst of a long step is killed after some 2 s."""
    write(tmp_path, 10)
    held, seconds = threading.Event(), 1.8

    def end() -> None:
        with OutputFolder(tmp_path).held():
            held.set()
            time.sleep(seconds)

    thread = threading.Thread(target=end)
    thread.start()
    assert held.wait(10)
    write(tmp_path, 20)
    thread.join()
    assert brightnesses(tmp_path) == [20] * 3
