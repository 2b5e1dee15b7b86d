"""What an installation's programs really say when it fails, and what people are told of it.

The texts are those of uv 0.13.9, provoked one by one: a closed port, a name that nobody knows, a
server that refuses, breaks off or is slow, a full and a read-only disk, wrong hashes, strange
Pythons and systems.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.install.causes import cause_of

_SIX = (
    "error: No solution found when resolving dependencies\n  cause: Because six was not found in "
    "the package registry and you require six==1.17.0, we can conclude that your requirements are "
    "unsatisfiable.\n\n"
)
_FETCH = "error: Failed to fetch: https://pypi.org/simple/six/\n"
_SENDING = "  cause: error sending request for url (https://pypi.org/simple/six/)\n"
_CONNECT = _FETCH + _SENDING + "  cause: client error (Connect)\n"
_FILE = "http://127.0.0.1:8/x/six-1.17.0-py2.py3-none-any.whl"
_PYTHON = (
    "https://github.com/astral-sh/python-build-standalone/releases/download/20261110/cpython-3.12."
    "16%2B20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
)
_NO_PYTHON = (
    f"error: Failed to install cpython-3.12.16-linux-x86_64-gnu\n  cause: Failed to download "
    f"`{_PYTHON}`\n"
)
_NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: Because "
_SO = ", we can conclude that your requirements are unsatisfiable.\n"

SAID = {
    "a closed port": (
        _CONNECT + "  cause: tcp connect error\n  cause: Connection refused (os error 111)",
        "no_network",
        "pypi.org cannot be reached.",
    ),
    "no such name": (
        _CONNECT + "  cause: dns error\n  cause: error resolving DNS\n  cause: failed to lookup "
        "address information: Name or service not known",
        "no_network",
        "pypi.org cannot be reached.",
    ),
    "no Python to be had": (
        _NO_PYTHON + f"  cause: error sending request for url ({_PYTHON})\n  cause: client error "
        "(Connect)\n  cause: dns error",
        "no_network",
        "github.com cannot be reached.",
    ),
    "no Python offline": (
        _NO_PYTHON + "  cause: Network connectivity is disabled, but the requested data wasn't "
        f"found in the cache: {_PYTHON}",
        "offline",
        "Nothing may be downloaded.",
    ),
    "no package offline": (
        _NO_SOLUTION + "six was not found in the cache and you require six==1.17.0" + _SO +
        "\nhint: Packages were unavailable because the network was disabled. When the network is "
        "disabled, registry packages may only be read from the cache.",
        "offline",
        "six 1.17.0 is neither in the folder of packages nor downloaded before, and nothing may be "
        "downloaded.",
    ),
    "a wrong hash": (
        "Resolved 1 package in 86ms\nerror: Failed to download `six==1.17.0`\n  cause: Hash "
        "mismatch for `six==1.17.0`\n\n         Expected:\n           sha256:0000f391\n\n"
        "         Computed:\n           sha256:4721f391",
        "bad_hash",
        "What came as six 1.17.0 is not the file that it should be.",
    ),
    "no certificate": (
        "warning: No valid certificates found in `SSL_CERT_FILE`: /tmp/empty.pem. No default "
        "certificates will be trusted.\n" + _CONNECT +
        "  cause: invalid peer certificate: UnknownIssuer",
        "bad_certificate",
        "The certificate of pypi.org is not trusted here.",
    ),
    "a mirror that wants a login": (
        _SIX + "hint: An index URL (https://mirror.example/simple) could not be queried due to a "
        "lack of valid authentication credentials (401 Unauthorized)",
        "no_login",
        "mirror.example refuses access, or asks for a login.",
    ),
    "a mirror that refuses": (
        _SIX + "hint: An index (https://mirror.example/simple) returned a 403 Forbidden error. "
        "Check that the index URL is correct and the credentials are valid.",
        "no_login",
        "mirror.example refuses access, or asks for a login.",
    ),
    "a file that is refused": (
        f"error: Failed to download `six==1.17.0`\n  cause: Failed to fetch: {_FILE}\n  cause: "
        f"HTTP status client error (403 Forbidden) for url ({_FILE})",
        "no_login",
        "127.0.0.1 refuses access, or asks for a login.",
    ),
    "a proxy that wants a login": (
        "error: Request failed after 1 retry in 1.1s\n  cause: " + _FETCH[7:] + _SENDING +
        "  cause: client error (Connect)\n  cause: tunnel error: proxy authorization required",
        "no_login",
        "The proxy asks for a login.",
    ),
    "a proxy without encryption that wants a login": (
        "error: Failed to fetch: http://mirror.example/simple/six/\n  cause: HTTP status client "
        "error (407 Proxy Authentication Required) for url (http://mirror.example/simple/six/)",
        "no_login",
        "The proxy asks for a login.",
    ),
    "a proxy that is not there": (
        _CONNECT + "  cause: tunnel error: failed to create underlying connection\n  cause: tcp "
        "connect error\n  cause: Connection refused (os error 111)",
        "no_network",
        "pypi.org cannot be reached through the proxy.",
    ),
    "a server in trouble": (
        "error: Request failed after 1 retry in 1.3s\n  cause: Failed to fetch: "
        "https://mirror.example/simple/six/\n  cause: HTTP status server error (503 Service "
        "Unavailable) for url (https://mirror.example/simple/six/)",
        "server_trouble",
        "mirror.example is out of order at the moment.",
    ),
    "no such package": (_SIX, "not_there", "six 1.17.0 is not to be found."),
    "a page that is no index, as a hotel shows it": (
        _NO_SOLUTION + "there is no version of six==1.17.0 and you require six==1.17.0" + _SO,
        "not_there",
        "six 1.17.0 is not to be found.",
    ),
    "another torch than the index has": (
        _NO_SOLUTION + "there is no version of torch{sys_platform != 'darwin'}==2.13.0+cpu and you "
        "require torch{sys_platform != 'darwin'}==2.13.0+cpu" + _SO,
        "not_there",
        "torch 2.13.0+cpu is not to be found.",
    ),
    "a file that is gone": (
        f"error: Failed to download `six==1.17.0`\n  cause: Failed to fetch: {_FILE}\n  cause: "
        f"HTTP status client error (404 Not Found) for url ({_FILE})",
        "not_there",
        "six 1.17.0 is not to be found.",
    ),
    "a download that breaks off": (
        "error: Failed to download `six==1.17.0`\n  cause: Failed to write to the distribution "
        "cache\n  cause: error decoding response body\n  cause: request or response body error\n"
        "  cause: error reading a body from connection\n  cause: end of file before message length "
        "reached",
        "interrupted",
        "A download was interrupted.",
    ),
    "a server that falls silent": (
        "error: Failed to download `six==1.17.0`\n  cause: Failed to extract archive: six-1.17.0-"
        "py2.py3-none-any.whl\n  cause: I/O operation failed during extraction\n  cause: Failed to "
        "download distribution due to network timeout. Try increasing UV_HTTP_TIMEOUT (current "
        "value: 2s).",
        "interrupted",
        "A download was interrupted.",
    ),
    "a full disk": (
        "Downloading pillow (6.8MiB)\nerror: Failed to download `pillow==13.0.0`\n  cause: Failed "
        "to extract archive: pillow-13.0.0-cp311-cp311-manylinux_2_28_x86_64.whl\n  cause: I/O "
        "operation failed during extraction\n  cause: failed to write to file `/x/.tmptq6Dyw/PIL/"
        "_imaging.so`: No space left on device (os error 28)",
        "no_space",
        "The disk is full.",
    ),
    "a disk that is only read": (
        "error: Could not acquire lock\n  cause: Could not create temporary file\n  cause: "
        'Read-only file system (os error 30) at path "/x/.tmppKyuBc"',
        "unwritable",
        "The folder of the extension cannot be written to.",
    ),
    "a folder of somebody else": (
        "error: Failed to initialize cache at `den/x`\n  cause: failed to create directory "
        "`/tmp/den/x`: Permission denied (os error 13)",
        "unwritable",
        "The folder of the extension cannot be written to.",
    ),
    "a Python that is too old": (
        _NO_SOLUTION + "numpy{python_full_version < '3.12'}==2.4.6 has no usable wheels and you "
        "require numpy{python_full_version < '3.12'}==2.4.6" + _SO + "\nhint: Wheels are required "
        "for `numpy` because building from source is disabled for all packages",
        "no_build",
        "numpy 2.4.6 has no build for this Python and this computer.",
    ),
    "a Python that there is no torch for": (
        _NO_SOLUTION + "torch==2.13.0 has no wheels with a matching Python implementation tag "
        "(e.g., `cp39`) and you require torch==2.13.0" + _SO,
        "no_build",
        "torch 2.13.0 has no build for this Python and this computer.",
    ),
    "a computer that there is no torch for": (
        _NO_SOLUTION + "torch==2.13.0 has no wheels with a matching platform tag (e.g., "
        "`macosx_13_0_x86_64`) and you require torch==2.13.0" + _SO,
        "no_build",
        "torch 2.13.0 has no build for this Python and this computer.",
    ),
    "a Python that is gone": (
        "error: No interpreter found at path `/no/such/python`",
        "no_venv",
        "The Python that the engine was to be made on cannot make environments.",
    ),
    "a Python that does not start": (
        "error: Failed to inspect Python interpreter from provided path at `badpy`\n  cause: "
        "Querying Python at `/x/badpy` failed with exit status exit status: 3",
        "no_venv",
        "The Python that the engine was to be made on cannot make environments.",
    ),
    # What cannot be provoked here: the words of other systems, of Python and of its own parts.
    "a Windows disk that is full": (
        "x\n There is not enough space on the disk. (os error 112)\nmore", "no_space",
        "The disk is full.",
    ),
    "a virus scanner": (
        "failed to remove file `x.pyd`: Access is denied. (os error 5)", "in_use",
        "A file of the engine is in use, or kept by a virus scanner.",
    ),
    "a virus scanner that has found something": (
        "Operation did not complete successfully because the file contains a virus or potentially "
        "unwanted software. (os error 225)", "in_use",
        "A file of the engine is in use, or kept by a virus scanner.",
    ),
    "a path that is too long": (
        "failed to open `x`: The filename or extension is too long. (os error 206)", "long_path",
        "A path is longer than Windows takes.",
    ),
    "Debian's Python": (
        "The virtual environment was not created: install the python3-venv package", "no_venv",
        "The Python that the engine was to be made on cannot make environments.",
    ),
    "an old Linux": (
        "ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found", "old_system",
        "A part of the system that torch needs is missing or too old.",
    ),
    "an old Windows": (
        "ImportError: DLL load failed while importing _C", "old_system",
        "A part of the system that torch needs is missing or too old.",
    ),
    "an import that does not end": (
        "timed out after 600 s", "too_slow", "The engine did not start in ten minutes.",
    ),
    "a proxy of urllib's": (
        "Failed to fetch https://pypi.org/simple/: <urlopen error Tunnel connection failed: 407 "
        "Proxy Authentication Required>", "no_login", "The proxy asks for a login.",
    ),
    "a mirror of urllib's": (
        "Failed to fetch https://mirror.example/: HTTP Error 401: Unauthorized", "no_login",
        "mirror.example refuses access, or asks for a login.",
    ),
    "something else": (
        "something else\nerror: 17", "install_failed", "The installation stopped at: downloading.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_the_cause_is_found_wherever_it_stands(name: str) -> None:
    said, code, text = SAID[name]
    before = "Using Python 3.14.10 environment at: e1\nResolved 76 packages in 489ms\n"
    for whole in (said, before + said, f"{said}\nand then\nsome more"):
        error = cause_of(whole, "Downloading", Path("log"))
        assert (error.code, error.text) == (code, text)
        assert error.hint
        assert "{" not in error.text + error.hint


def test_without_a_host_or_a_package_the_sentence_is_whole() -> None:
    assert cause_of("dns error", "x", Path("log")).text == "The network cannot be reached."
    assert cause_of("Hash mismatch", "x", Path("log")).text.startswith("What came as a package ")
    assert cause_of("no usable wheels", "x", Path("log")).text.startswith("A package has no build")
