"""Why an installation failed: from what uv 0.13 says, and from uv itself at a bad server."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import backends
from engine.contract.own_engine import Home
from engine.install import causes, commands
from engine.install.surroundings import surroundings
from tests.engine.install.wheels import lock_row, make_wheel

_LOG = Path("log")
_CONNECT = (
    "error: Failed to fetch: https://pypi.org/simple/idna/\n  cause: error sending request for "
)
_CONNECT += "url (https://pypi.org/simple/idna/)\n  cause: client error (Connect)\n  cause: "
_UNSOLVED = "error: No solution found when resolving dependencies\n  cause: Because "
_EXTRACT = (
    "error: Failed to download `huge==1.0`\n  cause: Failed to extract archive: huge-1.0.whl\n"
)

#: (what was said, what is shown): each text as a command has said it.
SAID = [
    (
        f"{_CONNECT}tcp connect error\n  cause: Connection refused (os error 111)",
        "pypi.org cannot be reached.",
    ),
    (
        f"{_CONNECT}dns error\n  cause: error resolving DNS\n  cause: failed to lookup address "
        "information: Name or service not known",
        "pypi.org cannot be reached.",
    ),
    (f"{_CONNECT}operation timed out", "pypi.org cannot be reached."),
    (
        "error: Failed to download `idna==3.10`\n  cause: Hash mismatch for `idna==3.10`\n\n"
        "         Expected:\n           sha256:00\n\n         Computed:\n           sha256:94",
        "idna==3.10 is not the file that it should be.",
    ),
    (
        f"{_EXTRACT}  cause: Invalid zip file structure\n  cause: Encountered an unexpected header "
        "(actual: 0x6d74683c, expected: 0x4034b50).",
        "huge==1.0 is not the file that it should be.",
    ),
    (
        f"{_EXTRACT}  cause: I/O operation failed during extraction\n  cause: failed to write to "
        "file `/t/c/huge.py`: No space left on device (os error 28)",
        "The disk is full.",
    ),
    (
        f"{_EXTRACT}  cause: I/O operation failed during extraction\n  cause: Failed to download "
        "distribution due to network timeout. Try increasing UV_HTTP_TIMEOUT (current value: 3s).",
        "The download from the network was interrupted.",
    ),
    (
        "error: Failed to download `demo==1.0`\n  cause: Failed to write to the distribution cache"
        "\n  cause: error decoding response body\n  cause: request or response body error\n"
        "  cause: error reading a body from connection\n"
        "  cause: end of file before message length reached",
        "The download from the network was interrupted.",
    ),
    (
        "error: Failed to initialize cache at `t/c`\n  cause: failed to create directory `/t/c`: "
        "Read-only file system (os error 30)",
        "The folder of the extension cannot be written to.",
    ),
    (
        "error: Failed to initialize cache at `t/c`\n  cause: failed to create directory `/t/c`: "
        "Permission denied (os error 13)",
        "The folder of the extension cannot be written to.",
    ),
    (
        "warning: Invalid `SSL_CERT_FILE`. Path does not exist: /no/such. No default certificates "
        f"will be trusted.\n{_CONNECT}invalid peer certificate: UnknownIssuer",
        "SSL_CERT_FILE names no certificates, so none is trusted.",
    ),
    (
        f"{_CONNECT}invalid peer certificate: UnknownIssuer",
        "The certificate of pypi.org is not trusted here.",
    ),
    (f"{_CONNECT}tunnel error: proxy authorization required", "The proxy asks for a login."),
    (f"{_CONNECT}tunnel error: unsuccessful", "The proxy does not let through to pypi.org."),
    (
        f"{_UNSOLVED}demo was not found in the package registry and you require demo==1.0, we can "
        "conclude that your requirements are unsatisfiable.\n\nhint: An index URL "
        "(https://a:b@mirror.example/simple) could not be queried due to a lack of valid "
        "authentication credentials (401 Unauthorized)",
        "mirror.example asks for a login.",
    ),
    (
        "error: Failed to fetch: http://mirror.example/simple/demo/\n  cause: HTTP status server "
        "error (503 Service Unavailable) for url (http://mirror.example/simple/demo/)",
        "mirror.example does not work at the moment.",
    ),
    (
        f"{_UNSOLVED}idna was not found in the cache and you require idna==3.10, we can conclude "
        "that your requirements are unsatisfiable.\n\nhint: Packages were unavailable because the "
        "network was disabled.",
        "idna is not in the package folder, and nothing may be downloaded.",
    ),
    (
        f"{_UNSOLVED}torch==2.13.0+rocm7.1 has no wheels with a matching Python ABI tag (e.g., "
        "`cp311`) and you require torch==2.13.0+rocm7.1, we can conclude that …",
        "torch==2.13.0+rocm7.1 has no build for this Python and this computer.",
    ),
    (
        f"{_UNSOLVED}numpy==1.26.4 has no usable wheels and you require numpy==1.26.4, we can",
        "numpy==1.26.4 has no build for this Python and this computer.",
    ),
    (
        f"{_UNSOLVED}there is no version of torch==2.13.0+cpu and you require torch==2.13.0+cpu, "
        "we can conclude that your requirements are unsatisfiable.",
        "torch==2.13.0+cpu was not found.",
    ),
    (
        "error: Failed to install cpython-3.12.16-linux-x86_64-gnu\n  cause: Failed to download "
        "`https://github.com/astral-sh/python-build-standalone/x.tar.gz`\n  cause: error sending "
        "request for url (https://github.com/astral-sh/python-build-standalone/x.tar.gz)\n"
        "  cause: client error (Connect)\n  cause: dns error",
        "github.com cannot be reached.",
    ),
    (
        "error: Failed to install cpython-3.12.16-linux-x86_64-gnu\n  cause: Failed to download "
        "`https://github.com/x.tar.gz`\n  cause: Network connectivity is disabled, but the "
        "requested data wasn't found in the cache: https://github.com/x.tar.gz",
        "Nothing may be downloaded.",
    ),
    (
        "Failed to fetch https://pypi.org/simple/: HTTP Error 401: Unauthorized",
        "pypi.org asks for a login.",
    ),
    (
        "Failed to fetch https://pypi.org/simple/: <urlopen error Tunnel connection failed: 407 "
        "Proxy Authentication Required>",
        "The proxy asks for a login.",
    ),
    (
        "Failed to fetch https://pypi.org/simple/: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)>",
        "The certificate of pypi.org is not trusted here.",
    ),
    (
        "Failed to fetch https://pypi.org/simple/: HTTP Error 503: Service Unavailable",
        "pypi.org does not work at the moment.",
    ),
    (
        "error: No interpreter found at path `/no/such`",
        "This Python cannot make environments.",
    ),
    (
        "The virtual environment was not created successfully because ensurepip is not available. "
        "On Debian/Ubuntu systems, you need to install the python3-venv package",
        "This Python cannot make environments.",
    ),
    (
        "ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found",
        "A part of the system that torch needs is missing or too old.",
    ),
    ("something else\ntook longer than 600 s", "It took longer than 600 s."),
    ("something else\nerror: 17", "The installation stopped at: trying the engine."),
]  # fmt: skip


@pytest.mark.parametrize(("said", "shown"), SAID)
def test_the_cause_is_found_wherever_it_stands(said: str, shown: str) -> None:
    whole = f"Using Python 3.11.7 environment at: e\n{said}\nand then\nsome more"
    error = causes.cause_of(whole, "Trying the engine", _LOG, "linux")
    assert error.text == shown
    assert error.hint.endswith(".")
    assert "{" not in str(error)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("no_space", "Es steht nicht genug Speicherplatz zur Verfügung. (os error 112)"),
        ("in_use", "failed to remove file `x.pyd`: Zugriff verweigert (os error 5)"),
        ("in_use", "[WinError 32] Der Prozess kann nicht zugreifen (os error 13)"),
        ("scanner", "failed to open file: Die Datei enthält einen Virus (os error 225)"),
        ("long_path", "Der Dateiname ist zu lang. (os error 206)"),
        ("interrupted", "Eine Verbindung wurde geschlossen. (os error 10054)"),
        ("old_system", "ImportError: DLL load failed while importing _C"),
    ],
)
def test_windows_says_it_by_numbers(code: str, said: str) -> None:
    assert causes.cause_of(said, "x", _LOG, "win32").code == code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("bad_disk", "failed to read `x`: Input/output error (os error 5)"),
        ("install_failed", "failed to remove directory `x`: Directory not empty (os error 39)"),
    ],
)
def test_elsewhere_the_numbers_mean_something_else(code: str, said: str) -> None:
    assert causes.cause_of(said, "x", _LOG, "linux").code == code


@pytest.fixture
def server(tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """An index that answers as ``server.mode`` says."""
    wheel = make_wheel(tmp_path, "demo", code=f"x = {os.urandom(50_000)!r}")
    (tmp_path / "lock.txt").write_text(lock_row(wheel))
    content = wheel.read_bytes()

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mode = server.mode  # type: ignore[attr-defined]
            body, length = b"<html>Please log in</html>", None
            if mode not in ("401", "503", "page") and self.path.endswith("/demo/"):
                body = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode()
            elif mode == "half":
                body, length = content[:1000], len(content)
            self.send_response(int(mode) if mode.isdigit() else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
        return number


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("401", "no_login"),
        ("503", "no_service"),
        ("page", "no_package"),
        ("half", "interrupted"),
        ("login", "bad_hash"),
        ("closed", "no_network"),
    ],
)
def test_uv_still_says_it_in_these_words(
    server: http.server.ThreadingHTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    code: str,
) -> None:
    server.mode = mode  # type: ignore[attr-defined]
    port = server.server_port if mode != "closed" else _closed_port()
    uv = Path(sys.executable).with_name("uv")
    monkeypatch.setattr(commands, "lock_of", lambda _: tmp_path / "lock.txt")
    index = f"http://127.0.0.1:{port}/simple"
    own = {"UV_DEFAULT_INDEX": index, "UV_HTTP_RETRIES": "0"}
    variables = surroundings({**os.environ, **own}, Home(tmp_path / "home"))
    command = commands.install_packages(uv, Path(sys.executable), backends.PYPI, [])
    command = [*command[:-1], "--target", tmp_path / "target", command[-1]]
    said = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    error = causes.cause_of(said.stderr, "x", _LOG)
    assert (error.code, said.returncode != 0) == (code, True), said.stderr
