"""The smallest packages that an installer takes."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

#: What an engine is tried with, as packages of one line each.
ENGINE = ("torch", "diffusers", "numpy", "peft", "PIL", "safetensors", "transformers")
_TORCH = """__version__ = {version!r}
class ones:
    def __init__(self, count): pass
    def sum(self): return self
    def item(self): return 2.0
"""


def make_wheel(folder: Path, name: str, version: str = "1.0", code: str = "") -> Path:
    """A wheel with one module."""
    info = f"{name}-{version}.dist-info"
    code = code or (_TORCH.format(version=version) if name == "torch" else "works = True\n")
    files = {
        f"{name}.py": code.encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel


def lock_row(wheel: Path) -> str:
    """A lock's row for a wheel; PyPI's torch is pinned as its lock does."""
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    equal = "===" if name == "torch" and "+" not in version else "=="
    return f"{name}{equal}{version} --hash=sha256:{digest}\n"


def make_engine_wheels(folder: Path, locks: Path, backend: str, torch: str) -> None:
    """Wheels of a whole engine, and the lock of a backend that names them."""
    folder.mkdir(exist_ok=True)
    locks.mkdir(exist_ok=True)
    wheels = [make_wheel(folder, name, torch if name == "torch" else "1.0") for name in ENGINE]
    (locks / f"{backend}.txt").write_text("".join(map(lock_row, wheels)), "utf-8")
