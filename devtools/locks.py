"""``dev.py lock``: the engine's packages, with hashes, for each kind of torch.

Resolved by uv from ``engine/requirements.txt`` and PyPI. PyPI has one torch; the other ones come
from an index of torch's own, which gives hashes for a part of its files alone. What is known of
them stands in ``torch_wheels.json``, so a lock can be made without that index. (The size of ROCm's
is that of its neighbour, 7.2.)

Beside the locks, ``sizes.json`` says what each takes: bytes to download, bytes on the disk, and the
longest path below ``site-packages``. All but torch's own files is read from the wheels themselves.

Runs in the environment ``lint``, which has uv and packaging.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

REPO = Path(__file__).resolve().parent.parent
LOCKS = REPO / "engine" / "install" / "locks"
REQUIREMENTS = REPO / "engine" / "requirements.txt"
TORCH_WHEELS = REPO / "devtools" / "torch_wheels.json"
INDEX = "https://pypi.org/simple/"
LOWEST_PYTHON = "3.11"
#: The Python whose wheels are measured: the one that the engine gets where it can be had.
MEASURED_PYTHON = "3.12"

#: What each torch needs besides, instead of what PyPI's needs.
BESIDES = {
    "cpu": (),
    "cu126": (
        "cuda-toolkit[cublas,cudart,cufft,cufile,cupti,curand,cusolver,cusparse,nvjitlink,nvrtc,"
        "nvtx]==12.6.3",
        "cuda-bindings>=12.6.3,<13",
        "nvidia-cudnn-cu12==9.10.2.21",
        "nvidia-cusparselt-cu12==0.7.1",
        "nvidia-nccl-cu12==2.29.3",
        "nvidia-nvshmem-cu12==3.4.5",
        "triton==3.7.1",
    ),
    "cu130": (
        "cuda-toolkit[cublas,cudart,cufft,cufile,cupti,curand,cusolver,cusparse,nvjitlink,nvrtc,"
        "nvtx]==13.0.3",
        "cuda-bindings>=13.0.3,<14",
        "nvidia-cudnn-cu13==9.20.0.48",
        "nvidia-cusparselt-cu13==0.8.1",
        "nvidia-nccl-cu13==2.29.7",
        "nvidia-nvshmem-cu13==3.4.5",
        "triton==3.7.1",
    ),
    "rocm7.1": (),
}
#: How code for graphics cards grows on unpacking: by this much in NVIDIA's wheels on PyPI.
UNPACKING = 1.7
_OF_TORCH = re.compile(r"(nvidia|cuda|triton)\b")
_NOT_ON_MACS = "sys_platform != 'darwin'"
#: By the names that sizes.json uses: the markers' values, and how its wheels are called.
PLATFORMS = {
    "linux": (
        {"sys_platform": "linux", "platform_machine": "x86_64"},
        r"(many)?linux\w*_x86_64",
    ),
    "win32": (
        {"sys_platform": "win32", "platform_machine": "AMD64"},
        r"win_amd64",
    ),
    "darwin": (
        {"sys_platform": "darwin", "platform_machine": "arm64"},
        r"macosx\w*_(arm64|universal2)",
    ),
}
#: How much longer the path of a Python file is once it is compiled.
_COMPILED = len("__pycache__/.cpython-312.pyc") - len(".py")
_ELSEWHERE = {"pypi": PLATFORMS, "rocm7.1": ("linux",)}


def main() -> int:
    """Write all locks and their sizes."""
    LOCKS.mkdir(exist_ok=True)
    requirements = REQUIREMENTS.read_text("utf-8")
    pypi = compiled(requirements)
    torch = next(row for row in rows(pypi) if name_of(row) == "torch")
    version = re.match(r"torch==([\w.]+)", torch)
    assert version is not None
    # By "===" uv takes no torch of another kind, such as 2.0+cpu in a folder, for that of PyPI.
    locks = {"pypi": pypi.replace(torch, torch.replace("==", "===", 1))}
    for backend, besides in BESIDES.items():
        kept = [row for row in rows(pypi) if not _OF_TORCH.match(name_of(row)) and row != torch]
        needed = "\n".join(f"{each} ; sys_platform == 'linux'" for each in besides)
        kept += [*rows(compiled(needed) if needed else ""), *torch_rows(backend, version[1])]
        locks[backend] = "".join(sorted(kept, key=name_of))
    sizes = {}
    for backend, text in locks.items():
        (LOCKS / f"{backend}.txt").write_text(text, "utf-8", newline="\n")
        on = _ELSEWHERE.get(backend, ("linux", "win32"))
        sizes[backend] = {platform: size_of(backend, text, platform) for platform in on}
        print(backend, sizes[backend], flush=True)
    (LOCKS / "sizes.json").write_text(json.dumps(sizes, indent=1) + "\n", "utf-8", newline="\n")
    return 0


def compiled(requirements: str) -> str:
    """The lock of some requirements, from PyPI, for every system and Python."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "-", "--universal"]
    command += ["--python-version", LOWEST_PYTHON, "--generate-hashes", "--only-binary", ":all:"]
    command += ["--no-header", "--no-annotate", "--no-config", "--default-index", INDEX, "--quiet"]
    result = subprocess.run(command, input=requirements, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(result.stderr)
    return result.stdout


def rows(lock: str) -> list[str]:
    """A lock's packages, each with its hashes."""
    return re.findall(r"^[a-zA-Z].*(?:\n +--hash.*)*\n", lock, re.MULTILINE)


def name_of(row: str) -> str:
    return re.split(r"[=<>\[ ]", row, maxsplit=1)[0]


def torch_rows(backend: str, version: str) -> Iterator[str]:
    """The rows of what only torch's own index has."""
    by_name: dict[str, list[str]] = {}
    for wheel in torch_wheels()[backend]:
        name, found, _, _ = parse_wheel_filename(wheel["file"])
        if name != "torch" or str(found).partition("+")[0] == version:
            by_name.setdefault(f"{name}=={found}", []).append(wheel["sha256"])
    if not by_name:
        raise SystemExit(f"torch_wheels.json has no torch {version} for {backend}")
    for pin, hashes in by_name.items():
        yield (
            " \\\n".join([f"{pin} ; {_NOT_ON_MACS}", *(f"    --hash=sha256:{h}" for h in hashes)])
            + "\n"
        )


@cache
def torch_wheels() -> dict[str, list[dict[str, Any]]]:
    wheels: dict[str, list[dict[str, Any]]] = json.loads(TORCH_WHEELS.read_text("utf-8"))
    return wheels


def size_of(backend: str, lock: str, platform: str) -> dict[str, int]:
    """What a lock takes on a platform: ``download``, ``unpacked``, ``longest``."""
    found = [wheel for row in rows(lock) if (wheel := wheel_for(backend, row, platform))]
    with ThreadPoolExecutor(8) as pool:
        measured = list(pool.map(lambda wheel: measure(*wheel), found))
    return {
        "download": sum(size for _, _, size in found),
        "unpacked": sum(each[0] for each in measured),
        "longest": max(each[1] for each in measured),
    }


def wheel_for(backend: str, row: str, platform: str) -> tuple[str, str, int] | None:
    """(file, address, bytes) of the wheel that a row means on a platform; None for none."""
    values, tag = PLATFORMS[platform]
    environment = {**values, "python_version": MEASURED_PYTHON}
    environment |= {"python_full_version": MEASURED_PYTHON + ".0", "implementation_name": "cpython"}
    environment["platform_python_implementation"] = "CPython"
    marker = re.match(r"[^;\\\n]*;([^\\\n]*)", row)
    if marker and not Marker(marker[1].strip()).evaluate(environment):
        return None
    python = "cp" + MEASURED_PYTHON.replace(".", "")
    wanted = re.compile(rf"({python}-{python}|cp3\d+-abi3|py3-none)-({tag}|any)")
    hashes = set(re.findall(r"sha256:(\w+)", row))
    local = torch_wheels().get(backend, [])
    for wheel in local:
        if wheel["sha256"] in hashes and is_one(wheel["file"], wanted):
            return wheel["file"], "", wheel.get("size") or _size_of_sibling(local, wheel["file"])
    files = [
        each
        for each in index_of(name_of(row))
        if each["hashes"].get("sha256") in hashes and is_one(each["filename"], wanted)
    ]
    if not files:
        raise SystemExit(f"no wheel of {name_of(row)} for {platform}")
    best = max(files, key=lambda each: f"-{python}-" in each["filename"])
    return best["filename"], best["url"], best["size"]


def is_one(file: str, wanted: re.Pattern[str]) -> bool:
    """Whether a file is a wheel with a tag that matches as a whole."""
    if not file.endswith(".whl"):
        return False
    return any(wanted.fullmatch(str(tag)) for tag in parse_wheel_filename(file)[3])


def _size_of_sibling(wheels: list[dict[str, Any]], file: str) -> int:
    """That of the same wheel for another Python, where a file's own is not known."""
    python = re.compile(r"-cp3\d+-cp3\d+t?-")
    alike: list[int] = [
        w["size"] for w in wheels if "size" in w and python.split(w["file"]) == python.split(file)
    ]
    if not alike:
        raise SystemExit(f"torch_wheels.json has no size like that of {file}")
    return max(alike)


def measure(file: str, address: str, size: int) -> tuple[int, int]:
    """(bytes on the disk, longest path) of a wheel; torch's own are taken to be like PyPI's."""
    if not address:
        name, version, _, _ = parse_wheel_filename(file)
        public = str(version).partition("+")[0]
        system = next(tag for _, tag in PLATFORMS.values() if re.search(tag, file))
        python = "cp" + MEASURED_PYTHON.replace(".", "")
        wanted = re.compile(rf"{python}-{python}-({system})")
        like = [
            each
            for each in index_of("triton" if name == "triton-rocm" else name)
            if f"-{public}-" in each["filename"] and is_one(each["filename"], wanted)
        ]
        content, longest = measure(like[0]["filename"], like[0]["url"], like[0]["size"])
        in_name = len(str(version)) - len(public)  # of the folder that has the licences
        return content + round(UNPACKING * (size - like[0]["size"])), longest + in_name
    with zipfile.ZipFile(io.BufferedReader(Remote(address, size), 1 << 20)) as wheel:
        files = wheel.infolist()
    paths = [re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", each.filename) for each in files]
    longest = max(len(path) + _COMPILED * path.endswith(".py") for path in paths)
    return sum(each.file_size for each in files), longest


@cache
def index_of(name: str) -> list[dict[str, Any]]:
    """A package's files, as PyPI lists them."""
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{INDEX}{name}/", headers=accept)
    ) as answer:
        files: list[dict[str, Any]] = json.load(answer)["files"]
    return files


class Remote(io.RawIOBase):
    """A file on a server, read in parts.

    Args:
        size: in bytes.
    """

    def __init__(self, address: str, size: int) -> None:
        self._address = address
        self._size = size
        self._place = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {0: 0, 1: self._place, 2: self._size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._size - self._place)
        if count <= 0:
            return 0
        part = {"Range": f"bytes={self._place}-{self._place + count - 1}"}
        with urllib.request.urlopen(urllib.request.Request(self._address, headers=part)) as answer:
            content = answer.read()
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


if __name__ == "__main__":
    sys.exit(main())
