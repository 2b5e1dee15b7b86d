"""A saved run: read back as it was, refused in a sentence otherwise, and never half written."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.contract import lasting, locking, work_folder
from engine.contract.errors import Remedy, ZoomStackError
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.messages import FINISH, Stage
from engine.machine.failures import Cancelled
from engine.method.sampler import SamplerState
from engine.run import checkpoints as module
from engine.run.checkpoints import Checkpoint, Checkpoints
from engine.run.request import GenerateRequest
from engine.run.start import run_generate
from engine.run.state_file import FORMAT, read_state, write_state
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder

RUN = {"job": {"seed": 1}, "revision": "1", "upscaler": None, "given": []}
MOST = 2**20


def checkpoints(folder: Path, most: int = MOST) -> Checkpoints:
    return Checkpoints(folder / "state-0.safetensors", RUN, most)


def a_run(step: int = 3) -> Checkpoint:
    numbers = torch.Generator().manual_seed(step)
    z = torch.randn(2, 3, 4, 5, generator=numbers)
    return Checkpoint(
        SamplerState(step, z, z.to(torch.float64) / 3, z.to(torch.bfloat16)), 1.5, z.half()
    )


def saved(folder: Path) -> Path:
    found = checkpoints(folder)
    found.save(a_run())
    return found.file


def refusal(folder: Path, most: int = MOST) -> ZoomStackError:
    with pytest.raises(ZoomStackError) as caught:
        checkpoints(folder, most).load()
    assert caught.value.remedy is Remedy.START_ANEW
    return caught.value


def test_a_saved_run_comes_back_bit_for_bit(tmp_path: Path) -> None:
    saved(tmp_path)
    found, meant = checkpoints(tmp_path).load(), a_run()
    assert found is not None
    assert (found.state.step, found.seconds) == (3, 1.5)
    for one, other in [
        (found.state.z, meant.state.z),
        (found.state.previous_x, meant.state.previous_x),
        (found.state.carried, meant.state.carried),
        (found.small, meant.small),
    ]:
        assert one is not None
        assert other is not None
        assert one.dtype == other.dtype
        assert torch.equal(one, other)


def test_what_is_read_is_in_memory_and_not_in_the_file(tmp_path: Path) -> None:
    file = saved(tmp_path)
    found = checkpoints(tmp_path).load()
    assert found is not None
    with file.open("r+b") as stream:
        stream.write(bytes(file.stat().st_size))
    assert torch.equal(found.state.z, a_run().state.z)


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    with safe_open(saved(tmp_path), framework="pt") as file:
        assert sorted(file.keys()) == ["carried", "previous_x", "small", "z"]
        assert file.metadata()["format"] == FORMAT


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    file = saved(tmp_path)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        assert refusal(tmp_path).code in ("bad_state", "other_job"), place


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    file = saved(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    assert refusal(tmp_path).code == "bad_state"


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "state-0.safetensors").open("wb") as file:
        file.truncate(10 * 2**30)
    assert refusal(tmp_path).code == "bad_state"


def test_a_whole_file_with_more_than_the_job_has_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state-0.safetensors"
    write_state(file, {"z": torch.zeros(70 * 2**18)}, {})
    read_state(file, 70 * 2**20)
    assert refusal(tmp_path).code == "bad_state"


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "broken link"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    file = saved(tmp_path)
    other = file.rename(tmp_path / "other")
    if kind == "link":
        file.symlink_to(other)
    elif kind == "broken link":
        file.symlink_to(tmp_path / "absent")
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    assert refusal(tmp_path).code == "bad_state"


def test_a_state_of_another_version_is_named(tmp_path: Path) -> None:
    old = {"format": "zoom_stack_state_2", "run": "{}", "step": "1", "seconds": "1"}
    save_file({"z": torch.zeros(2)}, tmp_path / "state-0.safetensors", old)
    error = refusal(tmp_path)
    assert error.code == "other_job"
    assert error.text == "Since the saved run began, the version of the engine has changed."


def test_saving_never_writes_through_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("state-0.safetensors", f".state-0.safetensors.{os.getpid()}.tmp"):
        (out / name).symlink_to(mine)
    saved(out)
    assert mine.read_text() == "mine"
    assert checkpoints(out).load() is not None
    assert [each.name for each in out.iterdir()] == ["state-0.safetensors"]


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EROFS, "unwritable")]
)
def test_a_full_disk_leaves_the_state_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    before = saved(tmp_path).read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lasting, "_flush", full)
    found = checkpoints(tmp_path)
    with pytest.raises(ZoomStackError) as caught:
        found.save(a_run(4))
    assert (caught.value.code, caught.value.remedy) == (code, Remedy.GO_ON)
    assert found.file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [found.file]
    monkeypatch.undo()
    found.save(a_run(4))
    assert found.file.read_bytes() != before


def test_a_state_is_on_the_drive_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    replace, flush = os.replace, lasting._flush
    monkeypatch.setattr(
        lasting, "_flush", lambda fd: (done.append(os.readlink(f"/proc/self/fd/{fd}")), flush(fd))
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b)))
    file = saved(tmp_path)
    half = tmp_path / f".{file.name}.{os.getpid()}.tmp"
    assert done == [str(half), "replace", str(tmp_path)]


def test_a_long_step_is_saved_however_long_the_saving_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    write = module.write_state

    def slow(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        now[0] += 0.5

    monkeypatch.setattr(module, "write_state", slow)
    found = checkpoints(tmp_path)
    assert found.due(0.1)
    found.save(a_run(1))
    now[0] += 1.1
    assert found.due(1.1)
    assert not found.due(0.9), "short ones cost a twentieth of the time at most"
    now[0] += 9.0
    assert found.due(0.9)


def test_after_every_long_step_the_state_is_saved_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    reached: list[int] = []
    write = module.write_state

    def noted(file: Path, tensors: object, notes: dict[str, str]) -> None:
        write(file, tensors, notes)  # type: ignore[arg-type]
        time.sleep(0.05)  # a twentieth of the time would be one of twenty steps
        reached.append(int(notes["step"]))

    class Watching(Recorder):
        def progress(self, step: int, total: int, levels: int, eta: float | None) -> None:
            assert reached == steps
            steps.append(step)

    monkeypatch.setattr(module, "write_state", noted)
    monkeypatch.setattr(module, "LONG_STEP", 0.01)
    monkeypatch.setenv("ANALYTIC_STEP", "0.03")
    job = Job((LevelSpec("a"), LevelSpec("b")), size=(32, 32), sampler=SamplerSettings(steps=6))
    request = GenerateRequest(job, tmp_path, device="cpu")
    run_generate(request, Watching(), lambda: False, lambda *_: AnalyticModel())
    assert reached == steps == [1, 2, 3, 4, 5, 6]


def test_a_drive_without_locks_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(descriptor: int, shared: bool = False) -> bool:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(locking, "take", none)
    job = Job((LevelSpec("a"),), size=(32, 32), sampler=SamplerSettings(steps=1))
    request, recorder = GenerateRequest(job, tmp_path, device="cpu"), Recorder()
    run_generate(request, recorder, lambda: False, lambda *_: AnalyticModel())
    assert "no_locks" in [each["code"] for each in recorder.of("warning")]


@pytest.mark.parametrize("moment", ["midway", "at the end"])
def test_a_folder_that_is_deleted_meanwhile_is_one_sentence(tmp_path: Path, moment: str) -> None:
    out = tmp_path / "out"

    class Deleting(Recorder):
        def progress(self, step: int, total: int, levels: int, eta: float | None) -> None:
            if step == 2 and moment == "midway":
                shutil.rmtree(out)

        def stage(self, stage: Stage) -> None:
            if stage is FINISH and moment == "at the end":
                shutil.rmtree(out)

    job = Job((LevelSpec("a"),), size=(32, 32), sampler=SamplerSettings(steps=3))
    request = GenerateRequest(job, out, device="cpu")
    with pytest.raises(ZoomStackError, match=r"cannot be written|was deleted") as caught:
        run_generate(request, Deleting(), lambda: False, lambda *_: AnalyticModel())
    assert caught.value.code == "unwritable"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), MemoryError),
        (Cancelled(), ZoomStackError),
        (KeyboardInterrupt(), ZoomStackError),
    ],
)
def test_a_state_that_cannot_be_saved_is_told_to_whoever_stops_a_run_and_hides_no_fault(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    told: type[BaseException],
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Failing(Recorder):
        def progress(self, step: int, total: int, levels: int, eta: float | None) -> None:
            if step == 2:
                monkeypatch.setattr(module, "write_state", full)
                raise error

    job = Job((LevelSpec("a"),), size=(32, 32), sampler=SamplerSettings(steps=3))
    request = GenerateRequest(job, tmp_path, device="cpu")
    with pytest.raises(told) as caught:
        run_generate(request, Failing(), lambda: False, lambda *_: AnalyticModel())
    if isinstance(caught.value, ZoomStackError):
        assert caught.value.code == "disk_full"
    state = checkpoints_of(tmp_path)
    assert state == ["1"], "the one before stays"


def checkpoints_of(folder: Path) -> list[str]:
    states = work_folder.saved_states(folder)
    return [read_state(state, MOST)[0]["step"] for state in states]
