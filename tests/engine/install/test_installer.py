"""An engine of its own by the real uv, from folders of tiny packages."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.contract import backends, own_engine
from engine.contract.errors import ZoomStackError
from engine.contract.own_engine import Home, State, installed, python_of, state_of
from engine.install import commands, fetching, installer, removing
from engine.install.alone import alone
from engine.install.installer import Wanted
from tests.engine.install.told import Told
from tests.engine.install.wheels import ENGINE, lock_row, make_engine_wheels, make_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts for a shell")
#: What a path has that uv, a shell or an address may take for something else.
_FOLDER = "päckchen, 東 & +"
_SIZES = {"download": 1000, "unpacked": 10000, "longest": 20}


@pytest.fixture(scope="module")
def uv() -> Path:
    """The real one, of the environment that runs the tests."""
    return Path(sys.executable).with_name("uv")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages, and the locks "cpu" and "pypi" that name them."""
    locks = tmp_path / "locks"
    make_engine_wheels(tmp_path / _FOLDER, locks, "cpu", "2.0+cpu")
    make_engine_wheels(tmp_path / _FOLDER, locks, "pypi", "3.0")
    sizes = {name: dict.fromkeys(("linux", "darwin", "win32"), _SIZES) for name in ("cpu", "pypi")}
    (locks / "sizes.json").write_text(json.dumps(sizes))
    shutil.copy(backends.LOCKS / "uv.json", locks)
    monkeypatch.setattr(backends, "LOCKS", locks)
    caches = (backends._sizes_of, own_engine.lock_digest)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path / _FOLDER
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def home(tmp_path: Path, uv: Path) -> Home:
    """An empty one, with blanks and letters of other languages, and uv at its place."""
    home = Home(tmp_path / "an ängine 東")
    place = fetching.program(home, fetching.wheel_for())
    place.parent.mkdir(parents=True)
    shutil.copy(uv, place)
    return home


def wanted(home: Home, wheels: Path, backend: str = "cpu", **options: bool) -> Wanted:
    return Wanted(home, backend, (wheels,), offline=True, **options)


def version(home: Home) -> str:
    """Of the torch that is there."""
    found = installed(home)
    assert found is not None
    command = [
        python_of(home.slot(found.slot)),
        "-I",
        "-c",
        "import torch; print(torch.__version__)",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_engine_is_made_changed_repaired_and_removed(home: Home, wheels: Path) -> None:
    told = Told()
    assert state_of(home) is State.NONE
    made = installer.install(wanted(home, wheels), told)
    assert (made.slot, made.backend, version(home)) == ("e1", "cpu", "2.0+cpu")
    assert state_of(home) is State.READY
    assert told.backends == ["cpu"]
    # uv's Pythons cannot be had offline; another serves as well, and only the log tells.
    assert told.notes == []
    assert f"# The engine is made on {sys.executable}" in home.log.read_text()
    # It is there already: nothing is done.
    again = Told()
    assert installer.install(wanted(home, wheels), again) == made
    assert not again.stages
    # Another torch is really another one, and the one before goes.
    changed = installer.install(wanted(home, wheels, "pypi"), Told())
    assert (changed.slot, version(home)) == ("e2", "3.0")
    assert not home.slot("e1").exists()
    # A repair makes it anew.
    shutil.rmtree(home.slot("e2") / "lib")
    assert installer.install(wanted(home, wheels, "pypi", again=True), Told()).slot == "e1"
    assert version(home) == "3.0"
    with own_engine.in_use(home.slot("e1")), pytest.raises(ZoomStackError) as failure:
        removing.remove_engine(home, Told())
    assert failure.value.code == "in_use"
    assert version(home) == "3.0"
    removing.remove_engine(home, Told())
    assert state_of(home) is State.NONE
    assert not any(home.slot(name).exists() for name in own_engine.SLOTS)
    assert not home.tools.exists()


def test_the_user_s_own_pythons_are_left_alone(
    home: Home, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "torch.py").write_text("raise SystemExit('the wrong one')\n")
    for name, value in {
        "PYTHONPATH": str(other),
        "PIP_TARGET": str(other),
        "PIP_INDEX_URL": "https://nowhere.invalid/simple",
        "VIRTUAL_ENV": str(other),
        "CONDA_PREFIX": str(other),
        "UV_PROJECT_ENVIRONMENT": str(other),
        "UV_PYTHON": "2.7",
        "UV_CACHE_DIR": str(other / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    installer.install(wanted(home, wheels), Told())
    assert version(home) == "2.0+cpu"
    assert sorted(each.name for each in other.iterdir()) == ["torch.py"]


def test_a_failed_installation_leaves_the_engine_of_before(home: Home, wheels: Path) -> None:
    installer.install(wanted(home, wheels), Told())
    make_wheel(wheels, "extra")
    with backends.lock_of("pypi").open("a") as lock:
        lock.write(f"extra==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(ZoomStackError) as failure:
        installer.install(wanted(home, wheels, "pypi"), Told())
    assert failure.value.code == "bad_hash"
    assert (state_of(home), version(home)) == (State.READY, "2.0+cpu")
    assert "# Making the environment" in home.log.read_text("utf-8")


def test_an_engine_that_does_not_start_is_none(home: Home, wheels: Path) -> None:
    torch = make_wheel(wheels, "torch", "2.0+cpu", "raise ImportError('version `GLIBC_2.99 ...')\n")
    others = [next(wheels.glob(f"{name}-1.0-*.whl")) for name in ENGINE if name != "torch"]
    (backends.LOCKS / "cpu.txt").write_text("".join(map(lock_row, [torch, *others])))
    with pytest.raises(ZoomStackError) as failure:
        installer.install(wanted(home, wheels), Told())
    assert failure.value.code == "old_system"
    assert state_of(home) is State.NONE


@pytest.mark.parametrize("missing", ["torch", "peft"])
def test_a_folder_without_a_package_says_so(home: Home, wheels: Path, missing: str) -> None:
    for file in wheels.glob(f"{missing}-*.whl"):
        file.unlink()
    with pytest.raises(ZoomStackError) as failure:
        installer.install(wanted(home, wheels), Told())
    assert failure.value.text == (
        f"{missing} is not in the package folder, and nothing may be downloaded."
    )
    assert state_of(home) is State.NONE


def test_a_folder_with_another_torch_says_so(home: Home, wheels: Path) -> None:
    next(wheels.glob("torch-3.0-*")).unlink()
    with pytest.raises(ZoomStackError) as failure:
        installer.install(wanted(home, wheels, "pypi"), Told())
    assert failure.value.code == "wrong_torch"
    assert str(failure.value) == (
        "The package folder has torch for: Processor. Chosen is: From PyPI. "
        "Choose Processor as the packages, or another folder."
    )
    assert state_of(home) is State.NONE


def test_a_folder_s_torch_decides_where_nothing_is_chosen(home: Home, wheels: Path) -> None:
    next(wheels.glob("torch-3.0-*")).unlink()
    told = Told()
    assert installer.install(wanted(home, wheels, "auto"), told).backend == "cpu"
    assert "Looking at the graphics card" not in told.stages


def test_only_what_the_folder_has_not_is_downloaded(
    home: Home, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that has everything is asked for one file alone; uv's Pythons it has not."""
    everything = tmp_path / "everything"
    shutil.copytree(wheels, everything)
    next(wheels.glob("peft-*")).unlink()
    asked: list[str] = []

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = everything / self.path.rpartition("/")[2]
            name = self.path.strip("/")
            found = [
                each.name for each in everything.glob("*.whl") if each.name.lower().startswith(name)
            ]
            if not path.is_file() and (not name or not found):
                self.send_error(404)
                return
            if path.is_file():
                asked.append(path.name)
            links = "".join(f'<a href="/{each}">{each}</a>' for each in found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(path.read_bytes() if path.is_file() else links)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", f"{address}/python")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        for backend, torch in (("cpu", "2.0+cpu"), ("pypi", "3.0")):
            installer.install(Wanted(home, backend, (wheels,)), Told())
            assert version(home) == torch
        server.shutdown()
    assert asked == ["peft-1.0-py3-none-any.whl"]


def test_torch_of_another_kind_beside_it_is_not_taken_for_it(home: Home, wheels: Path) -> None:
    """As it would be where both have one version, by an equals sign less."""
    make_wheel(wheels, "torch", "3.0+cpu")
    installer.install(wanted(home, wheels, "pypi"), Told())
    assert version(home) == "3.0"


def test_a_program_that_may_not_run_says_so(home: Home, wheels: Path) -> None:
    """As in a folder of a disk without programs, or where a virus scanner holds it back."""
    fetching.program(home, fetching.wheel_for()).chmod(0o644)
    with pytest.raises(ZoomStackError, match="uv may not run") as failure:
        installer.install(wanted(home, wheels), Told())
    assert failure.value.code == "scanner"


def test_what_comes_down_is_counted_as_the_question_did(
    home: Home, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    told = Told()
    monkeypatch.setattr(told, "progress", lambda done, total, *_: seen.append((done, total)))
    installer.install(wanted(home, wheels), told)
    assert {total for _, total in seen} == {_SIZES["download"]}
    assert max(done for done, _ in seen) <= _SIZES["download"]


def test_an_engine_whose_python_is_gone_is_broken(
    home: Home, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = installer.install(wanted(home, wheels), Told())
    gone = own_engine.Installed(made.slot, made.backend, made.lock, "/no/such/python", made.python)
    own_engine.mark(home, gone)
    assert state_of(home) is State.BROKEN
    # An installation mends it without being told to.
    assert installer.install(wanted(home, wheels), Told()).slot == "e2"
    assert state_of(home) is State.READY
    monkeypatch.setattr(own_engine, "lock_digest", lambda _: "another version of the extension")
    assert state_of(home) is State.OUTDATED


def test_what_works_in_an_environment_keeps_it(home: Home, wheels: Path) -> None:
    made = installer.install(wanted(home, wheels), Told())
    with own_engine.in_use(home.slot(made.slot)):
        installer.install(wanted(home, wheels, "pypi"), Told())
        assert home.slot(made.slot).exists()
    removing.remove_leftovers(home)
    assert not home.slot(made.slot).exists()


def test_the_disk_has_to_have_room(
    home: Home, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home.path)._replace(free=5000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ZoomStackError, match=r"needs 0\.0 GB") as failure:
        installer.install(wanted(home, wheels), Told())
    assert failure.value.code == "no_space"


def _command(home: Home, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "engine", "install", "--home", str(home.path), *arguments]


def test_two_installations_wait_for_each_other(home: Home, wheels: Path) -> None:
    with home.lock.open("a+b") as file:
        assert own_engine.take(file.fileno())
        process = subprocess.Popen(
            _command(home, "--json", "--backend", "pypi", "--offline", "--wheels", str(wheels)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        assert "another installation" in json.loads(process.stdout.readline())["text"]
        time.sleep(0.7)
        assert process.poll() is None
    # Its input is at its end: whoever has started it is gone.
    assert json.loads(process.stdout.readline())["type"] == "stage"
    process.stdin.close()
    assert process.wait(10) != 0
    process.stdout.close()
    assert state_of(home) is State.NONE


@pytest.mark.parametrize("end", ["input", "group"])
def test_a_cancelled_one_ends_with_all_that_it_runs(home: Home, end: str) -> None:
    uv = fetching.program(home, fetching.wheel_for())
    uv.unlink()
    uv.write_text(f"#!/bin/sh\necho $$ > '{home.path}/pid'\nexec sleep 600\n")
    uv.chmod(0o755)
    process = subprocess.Popen(
        _command(home, "--json"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    pid_file = home.path / "pid"
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pid = int(pid_file.read_text())
    assert process.stdin is not None
    if end == "input":
        process.stdin.close()
    else:
        os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(10) == 130
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert state_of(home) is State.NONE


def test_the_command_line_says_what_it_does(home: Home) -> None:
    bad = subprocess.run(
        _command(home, "--wheels", "/no/such"), capture_output=True, text=True, check=False
    )
    assert (bad.returncode, bad.stderr) == (
        1, "Error: There is no folder /no/such. Check the path.\n",
    )  # fmt: skip
    gone = subprocess.run(_command(home, "--remove"), capture_output=True, text=True, check=False)
    assert (gone.returncode, gone.stdout) == (0, "Removing the engine …\nRemoved.\n")
    assert not home.tools.exists()


def test_commands_are_whole() -> None:
    uv, python = Path("uv"), Path("e1/bin/python")
    command = list(map(str, commands.install_packages(uv, python, "cu130", [])))
    assert command[-3:] == ["--torch-backend", "cu130", str(backends.lock_of("cu130"))]
    assert {"--require-hashes", "--only-binary", "--compile-bytecode"} < set(command)
    assert "--torch-backend" not in commands.install_packages(uv, python, "pypi", [])


def test_an_engine_that_cannot_be_removed_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(removing, "remove_folder", refuse)
    with pytest.raises(ZoomStackError) as failure:
        removing.remove_engine(home, Told())
    assert failure.value.code == "unwritable"


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process takes its lock along there")
def test_what_a_killed_installation_has_left_running_keeps_others_away(tmp_path: Path) -> None:
    """It still writes into the environment that the next one would clear."""
    program = (
        "import sys; from pathlib import Path; from engine.contract.own_engine import Home\n"
        "from engine.install.alone import alone; from engine.install.running import Runner\n"
        "home = Path(sys.argv[1])\n"
        "with alone(Home(home), None) as lock, (home / 'log').open('w') as log:\n"
        "    print(flush=True); Runner(log, {}, home, lock).run(['/bin/sleep', '3'])\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=REPO, stdout=subprocess.PIPE
    )
    assert killed.stdout
    killed.stdout.readline()
    time.sleep(0.5)
    killed.kill()
    killed.wait()
    killed.stdout.close()
    told, began = Told(), time.monotonic()
    with alone(Home(tmp_path), told):
        assert time.monotonic() - began > 1.0
    assert told.stages == ["Waiting for another installation to end"]
