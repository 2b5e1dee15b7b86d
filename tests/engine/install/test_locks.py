"""The locks: what they hold, which one serves a machine, and how long paths become."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import json
import re
import socketserver
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.contract import backends
from engine.contract.errors import ZoomStackError
from engine.contract.own_engine import Home
from engine.install import fetching
from engine.install.surroundings import surroundings

SIZES = json.loads((backends.LOCKS / "sizes.json").read_text())
NAMES = sorted(SIZES)


def rows(name: str) -> list[str]:
    text = backends.lock_of(name).read_text("utf-8")
    return re.findall(r"^[a-zA-Z].*(?:\n +--hash.*)*\n", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_one_torch_and_a_hash_for_everything(name: str) -> None:
    found = rows(name)
    assert len(found) > 30
    assert all("--hash=sha256:" in row for row in found)
    torch = [row for row in found if row.startswith("torch==")]
    pin = "torch===2.13.0" if name == "pypi" else f"torch==2.13.0+{name}"
    assert [re.split(r"[ \\]", row)[0] for row in torch] == [pin]


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_all_that_the_requirements_name(name: str) -> None:
    text = (REPO / "engine" / "requirements.txt").read_text("utf-8")
    wanted = {re.split(r"[=<>#\s]", line)[0] for line in text.splitlines()} - {""}
    assert wanted <= {re.split(r"[=\[ ]", row)[0] for row in rows(name)}


def test_uv_is_pinned_once() -> None:
    version = json.loads((backends.LOCKS / "uv.json").read_text())["version"]
    assert f"uv=={version}" in (REPO / "devtools" / "requirements-uv.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_path_is_longer_than_windows_takes(name: str) -> None:
    for on in SIZES[name].values():
        # A home of 60 characters, the slot, the longest file of a package; and the end of a text.
        inside = len("\\e1\\Lib\\site-packages\\")
        assert 60 + inside + on["longest"] + 1 <= 260


@pytest.mark.parametrize(
    ("found", "platform", "taken"),
    [
        ("cu132", "linux", "cu130"),
        ("cu130", "win32", "cu130"),
        ("cu129", "linux", "cu126"),
        ("cu118", "linux", "cpu"),
        ("rocm7.2", "linux", "rocm7.1"),
        ("rocm6.4", "linux", "cpu"),
        ("rocm7.1", "win32", "cpu"),
        ("xpu", "linux", "cpu"),
        ("cpu", "linux", "cpu"),
        ("", "linux", "cpu"),
    ],
)
def test_the_backend_is_the_newest_that_the_driver_takes(
    found: str, platform: str, taken: str
) -> None:
    assert backends.closest(found, platform) == taken


def test_each_system_is_offered_what_it_can_use() -> None:
    names = {
        platform: [each.name for each in backends.backends_for(platform)]
        for platform in ("linux", "win32", "darwin")
    }
    assert names == {
        "linux": ["auto", "cpu", "cu130", "cu126", "rocm7.1", "pypi"],
        "win32": ["auto", "cpu", "cu130", "cu126", "pypi"],
        "darwin": ["pypi"],
    }


@pytest.mark.parametrize(
    ("system", "machine", "tag"),
    [
        ("linux", "x86_64", "manylinux"),
        ("linux", "aarch64", "aarch64"),
        ("win32", "AMD64", "win_amd64"),
        ("win32", "ARM64", "win_arm64"),
        ("darwin", "arm64", "macosx_11_0_arm64"),
        ("darwin", "x86_64", "macosx_10_12_x86_64"),
    ],
)
def test_there_is_a_uv_for_each_system(system: str, machine: str, tag: str) -> None:
    wheel = fetching.wheel_for(system, machine)
    assert tag in wheel.file
    assert len(wheel.sha256) == 64


def test_a_strange_computer_is_told() -> None:
    with pytest.raises(ZoomStackError, match="sparc"):
        fetching.wheel_for("sunos5", "sparc")


def test_an_index_is_read_in_both_forms() -> None:
    page = '{"files": [{"filename": "uv-1.whl", "url": "../../f/uv-1.whl"}]}'
    assert fetching._address(page, "https://a.b/simple/uv/", "uv-1.whl") == "https://a.b/f/uv-1.whl"
    page = '<a href="/x/uv-1.whl#sha256=12">uv-1.whl</a>'
    assert fetching._address(page, "https://a.b/simple/uv/", "uv-1.whl").startswith(
        "https://a.b/x/"
    )
    with pytest.raises(ValueError, match="no file"):
        fetching._address("", "https://a.b/simple/uv/", "uv-1.whl")
    page = '{"files": [{"filename": "uv-1.whl", "url": "file:///etc/passwd"}]}'
    with pytest.raises(ValueError, match="strange"):
        fetching._address(page, "https://a.b/simple/uv/", "uv-1.whl")


def test_uv_comes_from_an_index_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tmp_path / "served"
    (served / "uv").mkdir(parents=True)
    wheel = served / "uv" / "uv-1-py3-none-any.whl"
    name = "uv.exe" if sys.platform == "win32" else "uv"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"uv-1.data/scripts/{name}", b"#!/bin/sh\necho it runs\n")
    (served / "uv" / "index.html").write_text(f'<a href="{wheel.name}">uv</a>')
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted = fetching.Wheel("1", wheel.name, digest, wheel.stat().st_size)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    home, told = Home(tmp_path / "home"), []

    def fetch(wheel: fetching.Wheel, **options: bool) -> Path:
        return fetching.fetch_uv(home, wheel, [], lambda *n: told.append(n), **options)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("UV_DEFAULT_INDEX", mirror)
        with pytest.raises(ZoomStackError) as failure:
            fetch(fetching.Wheel("1", wheel.name, "0" * 64, 1))
        assert failure.value.code == "bad_hash"
        with pytest.raises(ZoomStackError) as failure:
            fetch(fetching.Wheel("1", wheel.name, digest, wanted.size + 1))
        assert failure.value.code == "interrupted"
        with pytest.raises(ZoomStackError, match="may be downloaded"):
            fetch(wanted, offline=True)
        assert not any(home.tools.iterdir())
        program = fetch(wanted)
        server.shutdown()
    assert told[-1] == (wanted.size, wanted.size)
    assert sorted(each.name for each in home.tools.iterdir()) == ["1"]
    if sys.platform != "win32":
        assert subprocess.run([program], capture_output=True, text=True).stdout == "it runs\n"
    assert fetch(wanted) == program  # there already
    with pytest.raises(ZoomStackError, match=r"127\.0\.0\.1 cannot be reached") as failure:
        fetch(fetching.Wheel("2", wheel.name, digest, 1))
    assert failure.value.code == "no_network"


def test_a_mirror_gets_the_login_of_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "uv-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("uv", "uv.exe"):
            archive.writestr(f"uv-1.data/scripts/{name}", b"")
    asked: list[tuple[str, str | None]] = []

    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            page = f'<a href="{wheel.name}">uv</a>'.encode()
            content = wheel.read_bytes() if self.path.endswith(".whl") else page
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://me:p%40ss@127.0.0.1:{server.server_port}/simple"
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"mine={address}")
        content = wheel.read_bytes()
        wanted = fetching.Wheel("1", wheel.name, hashlib.sha256(content).hexdigest(), len(content))
        fetching.fetch_uv(Home(tmp_path / "home"), wanted, [], lambda *_: None)
        server.shutdown()
    login = "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert asked == [("/simple/uv/", login), (f"/simple/uv/{wheel.name}", login)]


def test_an_index_that_speaks_nonsense_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nonsense(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(b"220 no web server\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(ZoomStackError, match="cannot be reached"):
            fetching.fetch_uv(
                Home(tmp_path), fetching.Wheel("1", "uv-1.whl", "0", 1), [], lambda *_: None
            )
        server.shutdown()


def test_uv_s_own_settings_of_the_network_stay() -> None:
    given = {
        "PATH": "/bin", "HTTPS_PROXY": "p", "UV_DEFAULT_INDEX": "m", "UV_INDEX_MINE_PASSWORD": "x",
        "UV_PYTHON_INSTALL_MIRROR": "n", "UV_HTTP_TIMEOUT": "9", "UV_PYTHON": "2",
        "PIP_TARGET": "t", "PYTHONPATH": "q", "CONDA_PREFIX": "c", "VIRTUAL_ENV": "v",
        "UV_CACHE_DIR": "mine",
    }  # fmt: skip
    home = Home(Path("home"))
    kept = surroundings(given, home)
    for name in ("UV_PYTHON", "PIP_TARGET", "PYTHONPATH", "CONDA_PREFIX", "VIRTUAL_ENV"):
        assert name not in kept
    for name in list(given)[:6]:
        assert kept[name] == given[name]
    assert kept["UV_CACHE_DIR"] == str(home.tools / "cache")
