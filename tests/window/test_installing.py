"""The engine's installation by its buttons: with the real uv, and packages of one line each."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Blender, BlenderWindow
from zoom_tab import ZoomTab

from devtools.paths import manifest
from engine.contract.own_engine import Home
from engine.install import fetching
from tests.engine.install.wheels import lock_row, make_engine_wheels, make_wheel

_SIZES = {"download": 1000, "unpacked": 10000, "longest": 20}
_TASK = "_part('tasks.latest').installation"
_STATE = f"({_TASK}.state if {_TASK} else '')"
_ENGINE = "_part('settings.preferences').own_engine_state().value"
_ENDED = f"{_STATE} not in ('', 'running')"


@pytest.fixture(scope="module")
def opened(
    blender: Blender,
    installed: Path,
    engine_python: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BlenderWindow]:
    """A window whose extension has locks of tiny packages, which lie in ``wheels``."""
    if not engine_python.with_name("uv").exists():
        pytest.skip("the engine's environment has no uv")
    folder = tmp_path_factory.mktemp("installing") / "run"
    shutil.copytree(installed, folder / "user", symlinks=True)
    name = str(manifest()["id"])
    locks = folder / "user/extensions/user_default" / name / "engine/install/locks"
    make_engine_wheels(folder / "wheels", locks, "cpu", "2.0+cpu")
    make_engine_wheels(folder / "wheels", locks, "pypi", "3.0")
    more = make_wheel(folder / "wheels", "more", code=f"x = {'x' * 50_000!r}")
    with (locks / "pypi.txt").open("a") as lock:
        lock.write(lock_row(more))
    sizes = {name: dict.fromkeys(("linux", "darwin", "win32"), _SIZES) for name in ("cpu", "pypi")}
    (locks / "sizes.json").write_text(json.dumps(sizes))
    with BlenderWindow(blender, folder) as window:
        yield window


@pytest.fixture
def tab(opened: BlenderWindow, engine_python: Path) -> ZoomTab:
    """The tab where nothing is installed; only uv is there."""
    opened.factory_startup()
    home = home_in(opened.folder)
    shutil.rmtree(home.path, ignore_errors=True)
    place = fetching.program(home, fetching.wheel_for())
    place.parent.mkdir(parents=True)
    shutil.copy(engine_python.with_name("uv"), place)
    tab = ZoomTab(opened, engine_python)
    tab.use_python("")
    opened.do(
        "_part('tasks.latest').installation = None; prefs().backend = 'cpu'\n"
        "_part('settings.preferences').forget_engine()\n"
        f"prefs().wheels_folder = {str(opened.folder / 'wheels')!r}\n"
        "bpy.context.preferences.system.use_online_access = False"
    )
    return tab


def home_in(folder: Path) -> Home:
    return Home(folder / "user/extensions/.user/user_default" / str(manifest()["id"]))


def press(tab: ZoomTab, operator: str, answer: str = "Return", **options: bool) -> None:
    """As the button does; the question is answered by a key."""
    given = "".join(f", {name}={value}" for name, value in options.items())
    tab.window.do(
        f"with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.{operator}('INVOKE_DEFAULT'{given})"
    )
    tab.window.settle()
    tab.window.screen.key(answer)


def install(tab: ZoomTab, backend: str, again: bool = False) -> str:
    """Install by the button, to the end; the slot that the marker names."""
    tab.window.do(f"_part('tasks.latest').installation = None; prefs().backend = {backend!r}")
    press(tab, "install_engine", again=again)
    tab.window.wait_for(_ENDED, timeout=60)
    assert tab.window.ask(f"({_STATE}, str({_TASK}.error))") == ["finished", "None"]
    assert tab.window.ask(_ENGINE) == "ready"
    return str(json.loads(home_in(tab.window.folder).marker.read_text())["slot"])


def torch_in(folder: Path) -> list[str]:
    """The versions of torch in all environments."""
    return sorted(each.name.split("-")[1][:-5] for each in folder.glob("e?/lib/*/*/torch-*.dist*"))


def at_work(folder: Path) -> list[str]:
    """The command lines of the processes that install into a home."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended
        if str(home_in(folder).path) in line:
            found.append(line)
    return found


def test_it_is_installed_repaired_changed_and_removed(tab: ZoomTab) -> None:
    window, home = tab.window, home_in(tab.window.folder)
    press(tab, "install_engine", "Escape")  # the question is answered by no
    assert window.ask(f"({_STATE}, {_ENGINE})") == ["", "none"]
    assert install(tab, "cpu") == "e1"
    window.settle()
    window.picture("installed")
    (home.slot("e1") / "pyvenv.cfg").write_text("")
    assert install(tab, "cpu", again=True) == "e2"
    assert torch_in(home.path) == ["2.0+cpu"]
    assert install(tab, "pypi", again=True) == "e1"
    assert torch_in(home.path) == ["3.0"]
    window.do("_part('tasks.latest').installation = None")
    press(tab, "remove_engine", "Escape")
    assert window.ask(f"({_STATE}, {_ENGINE})") == ["", "ready"]
    press(tab, "remove_engine")
    window.wait_for(_ENDED)
    assert window.ask(f"({_STATE}, {_ENGINE})") == ["finished", "none"]
    left = {each.name for each in home.path.iterdir()}
    assert left <= {"install.lock", "install.log", "logs"}
    assert "Traceback" not in window.log


@pytest.mark.look_ahead
def test_a_download_is_cancelled_whole(tab: ZoomTab) -> None:
    window, home = tab.window, home_in(tab.window.folder)
    in_folder = next((window.folder / "wheels").glob("more-*.whl"))
    slow = in_folder.replace(window.folder / in_folder.name)
    asked, let_go = threading.Event(), threading.Event()

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = f'<a href="/{slow.name}">{slow.name}</a>'.encode()
            if self.path.startswith("/python"):
                self.send_error(404)
                return
            content = slow.read_bytes() if self.path.endswith(".whl") else page
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if content is page:
                self.wfile.write(page)
            else:
                self.wfile.write(content[:100])
                asked.set()
                let_go.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        own = {"UV_DEFAULT_INDEX": address, "UV_PYTHON_INSTALL_MIRROR": f"{address}/python"}
        window.do(f"import os; os.environ.update({own!r}, UV_HTTP_RETRIES='0')")
        window.do("bpy.context.preferences.system.use_online_access = True")
        window.do("prefs().backend = 'pypi'")
        try:
            press(tab, "install_engine")
            assert asked.wait(60)
            window.wait_for(f"{_TASK}.stage == 'Downloading packages'")
            assert any("/uv pip sync" in line for line in at_work(window.folder))
            assert window.ask("_part('tasks.start').why_not_generate(bpy.context)") == (
                "The engine is being installed"
            )
            window.settle()
            window.picture("downloading")
            began = time.monotonic()
            window.do("with override('VIEW_3D', 'UI'): bpy.ops.zoom_stack.cancel_installation()")
            while at_work(window.folder):
                assert time.monotonic() - began < 2.0, at_work(window.folder)
                time.sleep(0.02)
        finally:
            slow.replace(in_folder)
            let_go.set()
            server.shutdown()
    window.wait_for(_ENDED)
    assert window.ask(f"({_STATE}, {_ENGINE})") == ["cancelled", "none"]
    assert not window.ask("_part('settings.preferences').engine_is_configured()")
    window.settle()
    window.picture("cancelled")
    window.do("bpy.context.preferences.system.use_online_access = False")
    assert install(tab, "cpu") == "e1"
    assert torch_in(home.path) == ["2.0+cpu"]
    assert "Traceback" not in window.log


def test_a_failure_names_its_cause(tab: ZoomTab) -> None:
    window = tab.window
    (hidden := next((window.folder / "wheels").glob("peft-*"))).rename(window.folder / "peft.away")
    try:
        press(tab, "install_engine")
        window.wait_for(_ENDED, timeout=60)
    finally:
        (window.folder / "peft.away").rename(hidden)
    assert window.ask(f"({_STATE}, {_TASK}.error.text)") == [
        "failed", "peft is not in the package folder, and nothing may be downloaded.",
    ]  # fmt: skip
    window.settle()
    window.picture("failed")
